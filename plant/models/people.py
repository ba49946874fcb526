"""The people of the shop floor. They are data subjects, not users."""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Any, ClassVar, Self

from django.contrib.postgres.fields import RangeOperators
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Cast

from clients.constraints import LIVE, Rule, no_overlap, unique_live
from clients.fields import ClientForeignKey, CodeField
from clients.managers import ClientManager, SharedManager
from clients.models import ClientModel, ClientQuerySet, SharedClientModel
from clients.roles import Action
from clients.scope import current_scope
from plant import periods
from plant.constraints import Guard, StoredExclusion
from plant.models.lines import ActiveQuerySet
from plant.periods import PeriodField, period_rule

BELONGS_TO_POOL = "This code belongs to the shared pool."
BELONGS_TO_CLIENT = "This code belongs to an employee of a client."
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
                        Cast(Q(client__isnull=True), models.IntegerField()),
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
        codes = {row.code for row in rows if row.code}
        stored = cls.objects.filter(code__in=codes).exclude(
            pk__in=[row.pk for row in rows if row.pk]
        )
        known = list(stored.values_list("code", "client_id")) if codes else []
        for row in rows:
            row._pool_conflict = any(
                code == row.code and (client is None) != (row.client_id is None)
                for code, client in known
            )

    def clean(self) -> None:
        super().clean()
        if getattr(self, "_pool_conflict", False):
            text = BELONGS_TO_CLIENT if self.client_id is None else BELONGS_TO_POOL
            raise ValidationError({"code": ValidationError(text, code="inconsistent")})

    @property
    def is_pool(self) -> bool:
        return self.client_id is None


def may_see_protected(employee: Employee | None = None) -> bool:
    """Protected data of pool employees are the platform admin's alone."""
    scope = current_scope()
    if employee is not None and employee.pk and employee.is_pool:
        return scope.is_platform
    client_id = employee.client_id if employee is not None else None
    return scope.may(Action.EMPLOYEES_PROTECTED, client_id)


class LineAssignmentQuerySet(ClientQuerySet):
    def valid_on(self, day: datetime.date) -> Self:
        return self.filter(valid__contains=day)


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

    class Meta(ClientModel.Meta):
        verbose_name = "line assignment"
        ordering: ClassVar[list[str]] = ["employee", "line", "-valid"]
        constraints: ClassVar[list[Any]] = [
            *ClientModel.Meta.constraints,
            Rule(
                Q(allocation_pct__gt=0, allocation_pct__lte=100),
                name="plant_lineassignment_pct",
                message="An allocation is above 0 and at most 100 %.",
                field="allocation_pct",
            ),
            period_rule("valid", name="plant_lineassignment_valid"),
            no_overlap(
                "valid",
                "employee",
                "line",
                name="plant_lineassignment_once",
                message="This person is assigned to this line in that period already.",
            ),
            no_overlap(
                "valid",
                "employee",
                name="plant_lineassignment_one_primary",
                message="This person has a primary line in that period already.",
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
        people = {row.employee_id for row in rows if row.employee_id}
        stored = cls.objects.filter(employee__in=people).exclude(
            pk__in=[row.pk for row in rows if row.pk]
        )
        everything = [*(stored if people else []), *(row for row in rows if row.valid)]
        for row in rows:
            row._others = [
                other
                for other in everything
                if other is not row and other.employee_id == row.employee_id and row.valid
                if periods.overlap(other.valid, row.valid)
            ]
        for row in rows:
            if row._state.adding and not any(other.is_primary for other in row._others):
                row.is_primary = True

    def clean(self) -> None:
        super().clean()
        if not self.valid or self.valid.lower is None:
            return
        if self.shift_id and self.line_id and not self.shift.serves(self.line_id):
            raise ValidationError(
                {"shift": f"Shift {self.shift.code} does not run on line {self.line.code}."}
            )
        others = getattr(self, "_others", [])
        for day in periods.starts_within([self.valid, *(o.valid for o in others)], self.valid):
            at_once = [self, *(other for other in others if periods.covers(other.valid, day))]
            if sum(each.allocation_pct or 0 for each in at_once) > 100:
                raise ValidationError({"allocation_pct": TOO_MUCH})
            if len({each.line_id for each in at_once}) > 2:
                raise ValidationError({"line": TOO_MANY_LINES})
