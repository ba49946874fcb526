"""The people of the shop floor. They are data subjects, not users."""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, ClassVar, Self

from django.contrib.postgres.fields import RangeOperators
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.backends.postgresql.psycopg_any import DateRange
from django.db.models import F, Q
from django.db.models.functions import Cast

from clients import periods
from clients.constraints import LIVE, Rule, no_overlap, unique_live
from clients.fields import ClientForeignKey, CodeField
from clients.managers import ClientManager, SharedManager
from clients.models import ClientModel, ClientQuerySet, SharedClientModel
from clients.periods import PeriodField
from clients.roles import Action
from clients.scope import Scope, current_scope
from plant.constraints import Guard, StoredExclusion, period_rule
from plant.models.lines import ActiveQuerySet
from plant.related import shift_refusal

BELONGS_TO_POOL = "This code belongs to the shared pool."
BELONGS_TO_CLIENT = "This code belongs to an employee of a client."
SAME_LINE = "This person is assigned to this line in that period already."
TWO_PRIMARY = "This person has a primary line in that period already."
TOO_MUCH = "Allocation would exceed 100 %."
TOO_MANY_LINES = "A person works on at most two lines at a time."


class LabourClass(models.TextChoices):
    DIRECT = "DIRECT", "Direct"
    INDIRECT = "INDIRECT", "Indirect"


class EmployeeQuerySet(ActiveQuerySet):
    def pool(self) -> Self:
        """Floaters, shared by all clients."""
        return self.filter(client__isnull=True)

    def own(self) -> Self:
        return self.filter(client__isnull=False)

    def with_names(self) -> Self:
        """Those whom the user may know by name: the pool, and people of clients where his role
        says so."""
        return self.filter(Q(client__isnull=True) | Q(client__in=clients_with_names()))


class Employee(SharedClientModel):
    """An employee of a client or, without a client, of the shared pool."""

    code = CodeField(max_length=50)
    full_name = models.CharField(max_length=255)
    department = models.CharField(max_length=50, blank=True)
    position = models.CharField(max_length=50, blank=True)
    labour_class = models.CharField(max_length=8, choices=LabourClass, blank=True)
    is_support_billed = models.BooleanField("support, billed", default=False)
    is_support_included = models.BooleanField("support, included", default=False)
    active = models.BooleanField(default=True)
    hire_date = models.DateField(null=True, blank=True)
    phone = models.CharField(max_length=50, blank=True)
    email = models.EmailField(max_length=255, blank=True)
    hourly_rate = models.DecimalField(
        max_digits=10,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(Decimal(0))],
    )

    objects = SharedManager.from_queryset(EmployeeQuerySet)()

    natural_key: ClassVar[tuple[str, ...]] = ("code",)
    edit_action: ClassVar[Action] = Action.EMPLOYEES
    pool_conflict = False
    # Shown to people with the hr flag only, in lists, exports, filters, orderings and history.
    protected_fields: ClassVar[tuple[str, ...]] = ("hire_date", "phone", "email", "hourly_rate")

    class Meta(SharedClientModel.Meta):
        verbose_name = "employee"
        ordering: ClassVar[list[str]] = ["code"]
        constraints: ClassVar[list[Any]] = [
            *SharedClientModel.Meta.constraints,
            unique_live(
                "code", name="plant_employee_code", message="This employee code exists already."
            ),
            Rule(
                Q(hourly_rate__isnull=True) | Q(hourly_rate__gte=0),
                name="plant_employee_rate",
                message="The hourly rate cannot be negative.",
                field="hourly_rate",
            ),
            # Equal codes, of which one is of the pool and the other is not. The index answers
            # for all clients with yes or no; no query of a user could.
            StoredExclusion(
                name="plant_employee_pool_or_client",
                expressions=[
                    (F("code"), RangeOperators.EQUAL),
                    (
                        Cast(Q(client__isnull=True), models.IntegerField()),  # type: ignore[arg-type]
                        RangeOperators.NOT_EQUAL,
                    ),
                ],
                condition=LIVE,
                violation_error_message=BELONGS_TO_POOL,
            ),
        ]

    def __str__(self) -> str:
        return self.code

    @classmethod
    def prepare(cls, rows: list[Self]) -> None:
        super().prepare(rows)
        codes = {row._code for row in rows}
        stored = cls.objects.filter(code__in=codes).exclude(
            pk__in=[row.pk for row in rows if row.pk]
        )
        known = list(stored.values_list("code", "client_id"))
        for row in rows:
            row.pool_conflict = any(
                code == row._code and (client is None) != (row.client_id is None)
                for code, client in known
            )

    def clean(self) -> None:
        super().clean()
        if self.pool_conflict:
            text = BELONGS_TO_CLIENT if self.client_id is None else BELONGS_TO_POOL
            raise ValidationError({"code": ValidationError(text, code="inconsistent")})

    @property
    def _code(self) -> str:
        """As it will be stored: `prepare` runs before the fields are cleaned."""
        return str(self.code).strip().upper()

    def hidden_fields(self) -> set[str]:
        scope = current_scope()
        nameless = not (self.is_pool or scope.may(Action.SEE_NAMES, self.client_id))
        protected = set() if may_see_protected(self) else set(self.protected_fields)
        return protected | ({"full_name"} if nameless else set())

    @property
    def is_pool(self) -> bool:
        return self.client_id is None

    def refusal_to_edit(self, scope: Scope) -> str:
        if self.is_pool and not scope.reaches_all:
            return "Employees of the shared pool are kept by platform admins."
        return super().refusal_to_edit(scope)


def clients_with_names() -> list[int]:
    scope = current_scope()
    return [each for each in sorted(scope.ids) if scope.may(Action.SEE_NAMES, each)]


def may_see_protected(employee: Employee | None = None) -> bool:
    """By the role in the employee's client; for a new one, in every client it could belong to.

    Protected data of pool employees are the platform admin's alone.
    """
    scope = current_scope()
    if employee is not None and employee.pk:
        if employee.client_id is None:
            return scope.reaches_all
        return scope.may(Action.EMPLOYEES_PROTECTED, employee.client_id)
    return all(scope.may(Action.EMPLOYEES_PROTECTED, each) for each in scope.ids)


class LineAssignmentQuerySet(ClientQuerySet):
    def valid_on(self, day: datetime.date) -> Self:
        return self.filter(valid__contains=day)

    def valid_between(self, first: datetime.date, last: datetime.date) -> Self:
        """Valid on at least one of these days, both included."""
        return self.filter(valid__overlap=DateRange(first, last, "[]"))


class LineAssignment(ClientModel):
    """On which line a person of the client normally works."""

    # Composite like every reference: a person of the pool has no client and so never fits.
    employee = ClientForeignKey("plant.Employee", related_name="assignments")
    line = ClientForeignKey("plant.Line", related_name="assignments")
    shift = ClientForeignKey(
        "plant.Shift", null=True, blank=True, related_name="+", help_text="Empty: any shift."
    )
    allocation_pct = models.DecimalField(
        "allocation, %",
        max_digits=5,
        decimal_places=2,
        default=100,
        validators=[MinValueValidator(Decimal("0.01")), MaxValueValidator(100)],
    )
    is_primary = models.BooleanField(
        "primary line", default=False, help_text="The first line of a person is the primary one."
    )
    valid = PeriodField()

    objects = ClientManager.from_queryset(LineAssignmentQuerySet)()

    natural_key: ClassVar[tuple[str, ...]] = ("employee", "line", "shift", "valid")
    edit_action: ClassVar[Action] = Action.MASTERS
    others: Sequence[LineAssignment] = ()

    class Meta(ClientModel.Meta):
        verbose_name = "line assignment"
        ordering: ClassVar[list[str]] = ["employee", "line", "-valid"]
        constraints: ClassVar[list[Any]] = [
            *ClientModel.Meta.constraints,
            Rule(
                Q(allocation_pct__gt=0, allocation_pct__lte=100),
                name="plant_lineassignment_pct",
                message="An allocation is above 0 and at most 100 %%.",
                field="allocation_pct",
            ),
            period_rule("valid", name="plant_lineassignment_valid"),
            no_overlap(
                "valid",
                "employee",
                "line",
                name="plant_lineassignment_once",
                message=SAME_LINE,
            ),
            no_overlap(
                "valid",
                "employee",
                name="plant_lineassignment_one_primary",
                message=TWO_PRIMARY,
                condition=Q(is_primary=True),
            ),
            Guard(
                name="plant_lineassignment_within_100",
                lock="NEW.client_id || ':' || NEW.employee_id",
                refuses="""EXISTS (
                    SELECT FROM plant_lineassignment start, LATERAL (
                        SELECT sum(allocation_pct) AS pct
                          FROM plant_lineassignment
                         WHERE client_id = NEW.client_id AND employee_id = NEW.employee_id
                           AND voided_at IS NULL
                           AND valid @> greatest(lower(start.valid), lower(NEW.valid))) AS at
                     WHERE start.client_id = NEW.client_id
                       AND start.employee_id = NEW.employee_id
                       AND start.voided_at IS NULL AND start.valid && NEW.valid
                       AND at.pct > 100)""",
                message=TOO_MUCH,
            ),
            Guard(
                name="plant_lineassignment_two_lines",
                lock="NEW.client_id || ':' || NEW.employee_id",
                refuses="""EXISTS (
                    SELECT FROM plant_lineassignment start, LATERAL (
                        SELECT count(DISTINCT line_id) AS lines
                          FROM plant_lineassignment
                         WHERE client_id = NEW.client_id AND employee_id = NEW.employee_id
                           AND voided_at IS NULL
                           AND valid @> greatest(lower(start.valid), lower(NEW.valid))) AS at
                     WHERE start.client_id = NEW.client_id
                       AND start.employee_id = NEW.employee_id
                       AND start.voided_at IS NULL AND start.valid && NEW.valid
                       AND at.lines > 2)""",
                message=TOO_MANY_LINES,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.employee} · {self.line}"

    @classmethod
    def prepare(cls, rows: list[Self]) -> None:
        super().prepare(rows)
        for row in rows:
            row.valid = periods.as_period(row.valid)
        people = {row.employee_id for row in rows if row.employee_id}
        stored = cls.objects.filter(employee__in=people).exclude(
            pk__in=[row.pk for row in rows if row.pk]
        )
        of_person: dict[int, list[Self]] = defaultdict(list)
        for each in [*(stored if people else []), *rows]:
            of_person[each.employee_id].append(each)
        for row in rows:
            row.others = [
                other
                for other in of_person[row.employee_id]
                if other is not row and periods.overlap(other.valid, row.valid)
            ]
            if row._state.adding and not any(other.is_primary for other in row.others):
                row.is_primary = True

    def clean(self) -> None:
        super().clean()
        if refusal := shift_refusal(self):
            raise ValidationError({"shift": refusal})
        others = self.others
        if any(other.line_id == self.line_id for other in others):
            raise ValidationError({"valid": SAME_LINE})
        if self.is_primary and any(other.is_primary for other in others):
            raise ValidationError({"is_primary": TWO_PRIMARY})
        if others:
            self._refuse_too_much(others)

    def _refuse_too_much(self, others: Sequence[LineAssignment]) -> None:
        for day in periods.starts_within([self.valid, *(o.valid for o in others)], self.valid):
            at_once = [self, *(other for other in others if periods.covers(other.valid, day))]
            if sum(each.allocation_pct or 0 for each in at_once) > 100:
                raise ValidationError({"allocation_pct": TOO_MUCH})
            if len({each.line_id for each in at_once}) > 2:
                raise ValidationError({"line": TOO_MANY_LINES})
