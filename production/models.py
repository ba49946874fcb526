"""What was made."""

from __future__ import annotations

from decimal import Decimal
from typing import ClassVar, Self

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q

from clients.constraints import Rule, unique_live
from clients.fields import ClientForeignKey
from clients.managers import ClientManager, ClientQuerySet
from machines.shopfloor import MachineRow
from plant import clock
from plant.standards import StandardSource
from production import stamps

WHOLE_UNITS = "Units must be a whole number from 0 to 1,000,000."


# A machine and a crew tell the clock, not the work of people.
LABOUR_SOURCES = tuple(
    each for each in StandardSource if each not in (StandardSource.MACHINE, StandardSource.CREW)
)


class ProductionQuerySet(ClientQuerySet):
    def output(self) -> Self:
        """Rows that count finished output: of the whole unit, or at a step that counts it."""
        return self.filter(Q(operation__isnull=True) | Q(operation__counts_output=True))


class ProductionEntry(MachineRow):
    """Units made on a line or machine, for an order, in one shift."""

    operation = ClientForeignKey(
        "plant.Operation", null=True, blank=True, verbose_name="operation",
        help_text="Empty: finished units.",
    )  # fmt: skip
    capture_no = models.SmallIntegerField(
        "capture number", blank=True, default=None,
        validators=[MinValueValidator(1), MaxValueValidator(99)],
        help_text="Empty: the next free number.",
    )  # fmt: skip
    total_units = models.IntegerField(
        "total units",
        validators=[MinValueValidator(0, WHOLE_UNITS), MaxValueValidator(1_000_000, WHOLE_UNITS)],
        error_messages={"invalid": WHOLE_UNITS},
        help_text="Defective units included.",
    )
    run_minutes = models.SmallIntegerField(
        "run minutes", null=True, blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(1440)],
        help_text="Follow from start and end when empty.",
    )  # fmt: skip
    operators_assigned = models.SmallIntegerField(
        "operators assigned", null=True, blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(100)],
    )  # fmt: skip
    operators_present = models.SmallIntegerField(
        "operators present", null=True, blank=True, validators=[MaxValueValidator(100)]
    )
    labour_hours_per_unit = models.DecimalField(
        "labour hours per unit", max_digits=12, decimal_places=6, null=True, editable=False
    )
    cycle_hours_per_unit = models.DecimalField(
        "cycle hours per unit", max_digits=12, decimal_places=6, null=True, editable=False
    )
    standard = ClientForeignKey(
        "plant.Standard", null=True, editable=False, related_name="production_entries"
    )
    labour_source = models.CharField(
        "source of labour hours", max_length=8, editable=False,
        choices=[(each.value, each.label) for each in LABOUR_SOURCES],
        default=StandardSource.MISSING,
    )  # fmt: skip
    cycle_source = models.CharField(
        "source of cycle hours", max_length=8, editable=False,
        choices=StandardSource, default=StandardSource.MISSING,
    )  # fmt: skip
    labour_confidence = models.DecimalField(
        "confidence of labour hours", max_digits=3, decimal_places=2, null=True, editable=False
    )
    cycle_confidence = models.DecimalField(
        "confidence of cycle hours", max_digits=3, decimal_places=2, null=True, editable=False
    )

    objects = ClientManager.from_queryset(ProductionQuerySet)()

    natural_key: ClassVar[tuple[str, ...]] = (
        "line", "machine", "work_order", "job", "operation", "shift_date", "shift", "capture_no",
    )  # fmt: skip
    number_field: ClassVar[str] = "capture_no"
    moved_by: ClassVar[tuple[str, ...]] = (*MachineRow.moved_by, "operation_id")
    related: ClassVar[tuple[str, ...]] = (*MachineRow.related, "operation")

    class Meta(MachineRow.Meta):
        verbose_name = "production entry"
        verbose_name_plural = "production entries"
        constraints = [
            *MachineRow.Meta.constraints,
            unique_live(
                "line",
                "machine",
                "work_order",
                "job",
                "operation",
                "shift_date",
                "shift",
                "capture_no",
                name="productionentry_natural_key",
                message="This row is already recorded. Give it another capture number.",
            ),
            Rule(
                Q(total_units__range=(0, 1_000_000)),
                name="productionentry_total_units",
                message=WHOLE_UNITS,
                field="total_units",
            ),
            Rule(
                Q(capture_no__range=(1, 99)),
                name="productionentry_capture_no",
                message="The capture number must be from 1 to 99.",
                field="capture_no",
            ),
            Rule(
                Q(run_minutes__range=(1, 1440)),
                name="productionentry_run_minutes",
                message="Run minutes must be a whole number from 1 to 1,440.",
                field="run_minutes",
            ),
            Rule(
                Q(ended_at__gt=F("started_at")),
                name="productionentry_end_after_start",
                message="The end must be after the start.",
                field="ended_at",
            ),
            Rule(
                Q(operators_assigned__range=(1, 100)),
                name="productionentry_operators_assigned",
                message="Operators assigned must be from 1 to 100.",
                field="operators_assigned",
            ),
            Rule(
                Q(operators_present__range=(0, 100)),
                name="productionentry_operators_present",
                message="Operators present must be from 0 to 100.",
                field="operators_present",
            ),
            Rule(
                Q(operators_present__lte=F("operators_assigned")),
                name="productionentry_present_of_assigned",
                message="More people are present than assigned.",
                field="operators_present",
            ),
            Rule(
                Q(labour_source__in=[each.value for each in LABOUR_SOURCES]),
                name="productionentry_labour_source",
                message="Machine and crew give a cycle time only.",
            ),
            Rule(
                Q(labour_hours_per_unit__gt=0) & Q(cycle_hours_per_unit__gt=0),
                name="productionentry_hours_above_zero",
                message="Hours per unit must be above zero.",
            ),
        ]

    @classmethod
    def prepare(cls, rows: list[Self]) -> None:
        rows = cls.with_client(rows)
        for row in rows:
            row.fill_run_minutes()
        super().prepare(rows)
        stamps.stamp([row for row in rows if row.moved])
        cls.number(rows)

    def fill_run_minutes(self) -> None:
        if self.run_minutes is not None or not (self.started_at and self.ended_at):
            return
        if self.ended_at > self.started_at:
            self.run_minutes = clock.elapsed_minutes((self.started_at, self.ended_at))

    @property
    def counts_output(self) -> bool:
        return self.operation is None or self.operation.counts_output

    @property
    def performance_percent(self) -> Decimal | None:
        """Of this row alone: ideal time over its own run time, else over the planned time."""
        planned = self.line_shift.planned_minutes if self.line_shift else None
        minutes = planned if self.run_minutes is None else self.run_minutes
        if not minutes or self.cycle_hours_per_unit is None or not self.counts_output:
            return None
        return 6000 * self.total_units * self.cycle_hours_per_unit / minutes
