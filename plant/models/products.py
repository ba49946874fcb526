"""What is made, by which steps, and how long one unit takes."""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, ClassVar, Self

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from clients import periods
from clients.constraints import Rule, no_overlap, unique_live
from clients.fields import ClientForeignKey, CodeField
from clients.managers import ClientManager, ClientQuerySet
from clients.models import ClientModel
from clients.periods import PeriodField
from clients.roles import Action
from clients.scope import current_scope
from plant.constraints import period_rule
from plant.models.lines import ActiveQuerySet
from plant.related import shift_refusal

ANOTHER_IS_VALID = "Another standard is valid in this period."
SMALLEST_HOURS = Decimal("0.000001")


class Operation(ClientModel):
    code = CodeField(max_length=20)
    name = models.CharField(max_length=100)
    sequence = models.PositiveSmallIntegerField(default=0)
    counts_output = models.BooleanField(
        default=False, help_text="Finished output is counted at this step."
    )

    natural_key: ClassVar[tuple[str, ...]] = ("code",)
    edit_action: ClassVar[Action] = Action.MASTERS

    class Meta(ClientModel.Meta):
        verbose_name = "operation"
        ordering: ClassVar[list[str]] = ["sequence", "code"]
        constraints: ClassVar[list[Any]] = [
            *ClientModel.Meta.constraints,
            unique_live(
                "code",
                name="plant_operation_code",
                message="This operation code exists already.",
            ),
        ]

    def __str__(self) -> str:
        return self.code


class Style(ClientModel):
    code = CodeField(max_length=50)
    name = models.CharField(max_length=100)
    family = models.CharField(max_length=50, blank=True)
    active = models.BooleanField(default=True)

    objects = ClientManager.from_queryset(ActiveQuerySet)()

    natural_key: ClassVar[tuple[str, ...]] = ("code",)
    edit_action: ClassVar[Action] = Action.MASTERS

    class Meta(ClientModel.Meta):
        verbose_name = "style"
        ordering: ClassVar[list[str]] = ["code"]
        constraints: ClassVar[list[Any]] = [
            *ClientModel.Meta.constraints,
            unique_live("code", name="plant_style_code", message="This style code exists already."),
        ]

    def __str__(self) -> str:
        return self.code

    def route(self) -> list[Operation]:
        """The steps of this style in order; without rows, all operations of the client."""
        steps = self.operations.select_related("operation").order_by("sequence")
        own = [step.operation for step in steps]
        return own or list(Operation.objects.filter(client=self.client_id))


class StyleOperation(ClientModel):
    """One step of a style's route."""

    style = ClientForeignKey("plant.Style", related_name="operations")
    operation = ClientForeignKey("plant.Operation", related_name="+")
    sequence = models.PositiveSmallIntegerField(default=0)

    natural_key: ClassVar[tuple[str, ...]] = ("style", "operation")
    edit_action: ClassVar[Action] = Action.MASTERS

    class Meta(ClientModel.Meta):
        verbose_name = "style operation"
        ordering: ClassVar[list[str]] = ["style", "sequence"]
        constraints: ClassVar[list[Any]] = [
            *ClientModel.Meta.constraints,
            unique_live(
                "style",
                "operation",
                name="plant_styleoperation_once",
                message="This style has that operation already.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.style} {self.sequence} {self.operation}"


class Part(ClientModel):
    code = CodeField(max_length=50)
    style = ClientForeignKey("plant.Style", null=True, blank=True, related_name="parts")
    description = models.CharField(max_length=500, blank=True)
    category = models.CharField(max_length=50, blank=True)
    opportunities_per_unit = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(10_000)],
        help_text="Chances for a defect on one unit: the base of DPMO.",
    )
    unit_of_measure = models.CharField(max_length=20, default="units")
    active = models.BooleanField(default=True)

    objects = ClientManager.from_queryset(ActiveQuerySet)()

    natural_key: ClassVar[tuple[str, ...]] = ("code",)
    edit_action: ClassVar[Action] = Action.MASTERS

    class Meta(ClientModel.Meta):
        verbose_name = "part"
        ordering: ClassVar[list[str]] = ["code"]
        constraints: ClassVar[list[Any]] = [
            *ClientModel.Meta.constraints,
            unique_live("code", name="plant_part_code", message="This part code exists already."),
            Rule(
                Q(opportunities_per_unit__isnull=True)
                | Q(opportunities_per_unit__range=(1, 10_000)),
                name="plant_part_opportunities",
                message="Opportunities are a whole number from 1 to 10,000.",
                field="opportunities_per_unit",
            ),
        ]

    def __str__(self) -> str:
        return self.code


class StandardOrigin(models.TextChoices):
    ENGINEERED = "ENGINEERED", "Engineered"
    MEASURED = "MEASURED", "Measured"
    CUSTOMER = "CUSTOMER", "Given by the customer"
    AGREED = "AGREED", "Agreed"


class StandardKind(models.TextChoices):
    BASE = "BASE", "Base"
    OVERRIDE = "OVERRIDE", "Override"


class StandardQuerySet(ClientQuerySet):
    def valid_on(self, day: datetime.date) -> Self:
        return self.filter(valid__contains=day)


class Standard(ClientModel):
    """How long one unit takes, from a day on.

    Labour hours count people (an operation of 3 people for 2 h is 6), cycle hours count the clock
    of the line or machine. They are never derived from one another here.
    """

    part = ClientForeignKey("plant.Part", null=True, blank=True, related_name="standards")
    style = ClientForeignKey("plant.Style", null=True, blank=True, related_name="standards")
    line = ClientForeignKey("plant.Line", null=True, blank=True, related_name="standards")
    shift = ClientForeignKey("plant.Shift", null=True, blank=True, related_name="standards")
    operation = ClientForeignKey(
        "plant.Operation",
        null=True,
        blank=True,
        related_name="standards",
        help_text="Empty: the whole unit.",
    )
    labour_hours_per_unit = models.DecimalField(
        max_digits=12,
        decimal_places=6,
        null=True,
        blank=True,
        validators=[MinValueValidator(SMALLEST_HOURS, "Hours per unit must be above zero.")],
    )
    cycle_hours_per_unit = models.DecimalField(
        max_digits=12,
        decimal_places=6,
        null=True,
        blank=True,
        validators=[MinValueValidator(SMALLEST_HOURS, "Hours per unit must be above zero.")],
    )
    valid = PeriodField()
    source = models.CharField(
        max_length=10, choices=StandardOrigin, default=StandardOrigin.ENGINEERED
    )
    kind = models.CharField(max_length=8, choices=StandardKind, default=StandardKind.BASE)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        editable=False,
        related_name="+",
        db_index=False,
    )
    reason = models.CharField(max_length=500)

    objects = ClientManager.from_queryset(StandardQuerySet)()

    natural_key: ClassVar[tuple[str, ...]] = (
        "part",
        "style",
        "line",
        "shift",
        "operation",
        "valid",
    )
    edit_action: ClassVar[Action] = Action.STANDARDS
    rivals: Sequence[Standard] = ()

    class Meta(ClientModel.Meta):
        verbose_name = "standard"
        ordering: ClassVar[list[str]] = ["part", "style", "line", "shift", "operation", "-valid"]
        indexes: ClassVar[list[Any]] = [
            models.Index(fields=["client", "part"], name="plant_standard_part"),
            models.Index(fields=["client", "style"], name="plant_standard_style"),
        ]
        constraints: ClassVar[list[Any]] = [
            *ClientModel.Meta.constraints,
            Rule(
                Q(part__isnull=True) | Q(style__isnull=True),
                name="plant_standard_part_or_style",
                message="Give a part or a style, not both.",
                field="style",
            ),
            Rule(
                Q(part__isnull=False)
                | Q(style__isnull=False)
                | Q(line__isnull=False)
                | Q(shift__isnull=False),
                name="plant_standard_of_something",
                message="Give a part, a style, a line or a shift.",
            ),
            Rule(
                Q(labour_hours_per_unit__isnull=False) | Q(cycle_hours_per_unit__isnull=False),
                name="plant_standard_has_hours",
                message="Give labour hours or cycle hours per unit.",
            ),
            Rule(
                Q(labour_hours_per_unit__isnull=True) | Q(labour_hours_per_unit__gt=0),
                name="plant_standard_labour_above_0",
                message="Hours per unit must be above zero.",
                field="labour_hours_per_unit",
            ),
            Rule(
                Q(cycle_hours_per_unit__isnull=True) | Q(cycle_hours_per_unit__gt=0),
                name="plant_standard_cycle_above_0",
                message="Hours per unit must be above zero.",
                field="cycle_hours_per_unit",
            ),
            period_rule("valid", name="plant_standard_valid"),
            no_overlap(
                "valid",
                nullable=("part", "style", "line", "shift", "operation"),
                name="plant_standard_one_at_a_time",
                message=ANOTHER_IS_VALID,
            ),
        ]

    def __str__(self) -> str:
        of = (self.part, self.style, self.line, self.shift, self.operation)
        return " ".join(str(each) for each in of if each)

    @classmethod
    def prepare(cls, rows: list[Self]) -> None:
        super().prepare(rows)
        user = current_scope().user
        for row in rows:
            row.valid = periods.as_period(row.valid)
            if row._state.adding and row.owner_id is None:
                row.owner = user
        cls._find_rivals(rows)

    @classmethod
    def _find_rivals(cls, rows: list[Self]) -> None:
        """Give each row the others of its key: the stored ones and those written with it."""
        written = {row.pk for row in rows if row.pk}
        of_key: dict[tuple[int | None, ...], list[Self]] = defaultdict(list)
        parts = {row.part_id for row in rows if row.part_id}
        stored = cls.objects.filter(client__in={row.client_id for row in rows}).filter(
            Q(part__isnull=True) | Q(part__in=parts)
        )
        for each in [*stored.exclude(pk__in=written), *rows]:
            of_key[each.key].append(each)
        for row in rows:
            row.rivals = [each for each in of_key[row.key] if each is not row]

    @property
    def key(self) -> tuple[int | None, ...]:
        ids = (self.part_id, self.style_id, self.line_id, self.shift_id, self.operation_id)
        return (self.client_id, *ids)

    def clean(self) -> None:
        super().clean()
        rivals = [each.valid for each in self.rivals]
        if any(periods.overlap(self.valid, each) for each in rivals):
            raise ValidationError({"valid": ANOTHER_IS_VALID})
        if refusal := shift_refusal(self):
            raise ValidationError({"shift": refusal})

    def end(self, *, on: datetime.date, by: Any) -> None:
        """Let the standard end before that day, so that another one can follow it.

        Rows stamped with it keep their stamps.
        """
        if self.kind == StandardKind.OVERRIDE and not (by.is_superuser or by.pk == self.owner_id):
            raise ValidationError(
                "This standard carries an override by another engineer. "
                "Ask the owner or a platform admin.",
                code="locked",
            )
        if on <= periods.first_day(self.valid) or on > periods.day_after(self.valid):
            raise ValidationError(
                "The standard is not valid on the day before.", code="inconsistent"
            )
        self.valid = periods.until(self.valid, on)
        self.save(update_fields=["valid"])
