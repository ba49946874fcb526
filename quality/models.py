"""Inspections of what was made, and the defects they found."""

from __future__ import annotations

from typing import Any, ClassVar, Self

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models, transaction
from django.db.models import F, Q, Value, prefetch_related_objects
from django.db.models.functions import Coalesce

from clients.constraints import Rule, unique_live
from clients.fields import ClientForeignKey, CodeField, EmployeeForeignKey
from clients.managers import ClientManager, ClientQuerySet
from clients.models import ClientModel, PartModel
from clients.roles import Action
from plant.corrections import PartOf
from plant.shopfloor import ShopFloorRow
from plant.ticks import Withdraws
from quality import stamps

ZERO = Value(0)


class Severity(models.TextChoices):
    CRITICAL = "CRITICAL", "Critical"
    MAJOR = "MAJOR", "Major"
    MINOR = "MINOR", "Minor"


class Stage(models.TextChoices):
    INCOMING = "INCOMING", "Incoming"
    IN_PROCESS = "IN_PROCESS", "In process"
    FINAL = "FINAL", "Final"
    LINE_COUNT = "LINE_COUNT", "Counted on the line"


class Method(models.TextChoices):
    VISUAL = "VISUAL", "Visual"
    MEASUREMENT = "MEASUREMENT", "Measurement"
    FUNCTIONAL = "FUNCTIONAL", "Functional test"
    SAMPLE = "SAMPLE", "Sample"
    FULL = "FULL", "Every unit"
    OTHER = "OTHER", "Other"


class OpportunitiesSource(models.TextChoices):
    PART = "PART", "Part"
    CONTRACT = "CONTRACT", "KPI contract"


class Disposition(models.TextChoices):
    USE_AS_IS = "USE_AS_IS", "Use as is"
    REPAIR = "REPAIR", "Repair"
    REWORK = "REWORK", "Rework"
    SCRAP = "SCRAP", "Scrap"


class DefectCause(models.TextChoices):
    OPERATOR = "OPERATOR", "Operator"
    MATERIAL = "MATERIAL", "Material"
    EQUIPMENT = "EQUIPMENT", "Equipment"
    PROCESS = "PROCESS", "Process"
    DESIGN = "DESIGN", "Design"
    UNKNOWN = "UNKNOWN", "Unknown"


class DefectTypeQuerySet(ClientQuerySet):
    def offered(self) -> Self:
        return self.filter(active=True)


class DefectType(ClientModel):
    code = CodeField("code", max_length=20)
    name = models.CharField("name", max_length=100)
    description = models.TextField("description", max_length=500, blank=True, default="")
    category = models.CharField("category", max_length=50, blank=True, default="")
    severity = models.CharField("severity", max_length=8, choices=Severity, default=Severity.MAJOR)
    standard_code = models.CharField("standard", max_length=50, blank=True, default="")
    sort_order = models.SmallIntegerField("order", default=0)
    active = models.BooleanField("active", default=True)

    objects = ClientManager.from_queryset(DefectTypeQuerySet)()

    natural_key: ClassVar[tuple[str, ...]] = ("code",)
    edit_action: ClassVar[Action] = Action.MASTERS

    class Meta(ClientModel.Meta):
        verbose_name = "defect type"
        ordering: ClassVar[list[str]] = ["sort_order", "code"]
        constraints: ClassVar[list[Any]] = [
            *ClientModel.Meta.constraints,
            unique_live("code", name="defecttype_code", message="This code is already in use."),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


def not_negative(name: str) -> Rule:
    return Rule(
        Q(**{f"{name}__gte": 0}),
        name=f"qualityinspection_{name}_from_zero",
        message="Units must be a whole number from 0 on.",
        field=name,
    )


class InspectionQuerySet(ClientQuerySet):
    def first_pass(self) -> Self:
        return self.filter(is_first_pass=True)

    def line_counts(self) -> Self:
        """What the defective column of the shift sheet wrote."""
        return self.first_pass().filter(stage=Stage.LINE_COUNT)


class QualityInspection(ShopFloorRow):
    """A first inspection of units, or the re-inspection of those that came back."""

    operation = ClientForeignKey(
        "plant.Operation", null=True, blank=True, verbose_name="operation",
        help_text="The step that was inspected; empty for finished units.",
    )  # fmt: skip
    stage = models.CharField("stage", max_length=10, choices=Stage, default=Stage.FINAL)
    is_first_pass = models.BooleanField(
        "first inspection", default=True, help_text="Off: a re-inspection; it never changes FPY."
    )
    reinspects = ClientForeignKey(
        "quality.QualityInspection", null=True, blank=True, related_name="reinspections",
        verbose_name="re-inspects",
    )  # fmt: skip
    units_inspected = models.IntegerField(
        "inspected",
        validators=[MinValueValidator(1, "Inspected units must be above zero.")],
    )
    units_passed = models.IntegerField(
        "passed", blank=True, default=None,
        help_text="At the first time, without repair or rework. Empty: inspected − defective.",
    )  # fmt: skip
    units_defective = models.IntegerField(
        "defective", help_text="0 when all were good; repaired and reworked units count here."
    )
    units_rework = models.IntegerField("to rework", null=True, blank=True)
    units_repair = models.IntegerField("repaired", null=True, blank=True)
    units_scrapped = models.IntegerField("scrapped", null=True, blank=True)
    defects_total = models.IntegerField(
        "defects", blank=True, default=None,
        help_text="One unit may have several. Empty: one per defective unit.",
    )  # fmt: skip
    # Told apart from a count because figures built on it are estimates.
    defects_from_units = models.BooleanField(
        "defects taken from units", default=False, editable=False
    )
    method = models.CharField("method", max_length=11, choices=Method, blank=True, default="")
    sample_size_percent = models.DecimalField(
        "sample, %", max_digits=5, decimal_places=2, null=True, blank=True,
        validators=[MinValueValidator(0), MaxValueValidator(100)],
    )  # fmt: skip
    inspector = EmployeeForeignKey(
        null=True, blank=True, related_name="+", verbose_name="inspector"
    )
    inspection_no = models.SmallIntegerField(
        "number", blank=True, default=None,
        validators=[MinValueValidator(1), MaxValueValidator(99)],
        help_text="Empty: the next free number.",
    )  # fmt: skip
    opportunities_per_unit = models.SmallIntegerField(
        "opportunities per unit", null=True, editable=False
    )
    opportunities_source = models.CharField(
        "source of opportunities", max_length=8, choices=OpportunitiesSource, blank=True,
        default="", editable=False,
    )  # fmt: skip
    cycle_hours_per_unit = models.DecimalField(
        "cycle hours per unit", max_digits=12, decimal_places=6, null=True, editable=False
    )
    cycle_source = models.CharField(
        "source of cycle hours", max_length=8, default="MISSING", editable=False
    )
    cycle_confidence = models.DecimalField(
        "confidence of cycle hours", max_digits=3, decimal_places=2, null=True, editable=False
    )

    objects = ClientManager.from_queryset(InspectionQuerySet)()

    natural_key: ClassVar[tuple[str, ...]] = (
        "line", "work_order", "job", "operation", "stage", "shift_date", "shift",
        "is_first_pass", "inspection_no",
    )  # fmt: skip
    verify_action: ClassVar[Action] = Action.VERIFY_QUALITY
    number_field: ClassVar[str] = "inspection_no"
    moved_by: ClassVar[tuple[str, ...]] = (*ShopFloorRow.moved_by, "operation_id")
    remembered: ClassVar[tuple[str, ...]] = ("defects_total",)
    related: ClassVar[tuple[str, ...]] = (*ShopFloorRow.related, "operation", "inspector")
    defects_guessed: int | None = None

    class Meta(ShopFloorRow.Meta):
        verbose_name = "quality inspection"
        constraints: ClassVar[list[Any]] = [
            *ShopFloorRow.Meta.constraints,
            unique_live(
                "line",
                "work_order",
                "job",
                "operation",
                "stage",
                "shift_date",
                "shift",
                "is_first_pass",
                "inspection_no",
                name="qualityinspection_natural_key",
                message="This inspection is already recorded. Give it another number.",
            ),
            Rule(
                Q(units_inspected__gt=0),
                name="qualityinspection_inspected",
                message="Inspected units must be above zero.",
                field="units_inspected",
            ),
            not_negative("units_passed"),
            not_negative("units_defective"),
            not_negative("units_rework"),
            not_negative("units_repair"),
            not_negative("units_scrapped"),
            Rule(
                Q(units_inspected__gte=F("units_passed") + F("units_defective")),
                name="qualityinspection_passed_and_defective",
                message="Passed and defective exceed inspected.",
                field="units_defective",
            ),
            Rule(
                Q(
                    units_defective__gte=Coalesce(F("units_rework"), ZERO)
                    + Coalesce(F("units_repair"), ZERO)
                    + Coalesce(F("units_scrapped"), ZERO)
                ),
                name="qualityinspection_dispositions",
                message="Dispositions exceed defective units.",
                field="units_defective",
            ),
            Rule(
                Q(defects_total__gte=F("units_defective")),
                name="qualityinspection_defects",
                message="A defective unit has at least one defect.",
                field="defects_total",
            ),
            Rule(
                Q(reinspects__isnull=True) | Q(is_first_pass=False),
                name="qualityinspection_reinspects",
                message="Only a re-inspection refers to another inspection.",
                field="reinspects",
            ),
            Rule(
                Q(sample_size_percent__gt=0, sample_size_percent__lte=100),
                name="qualityinspection_sample",
                message="The sample must be above 0 and at most 100 %%.",
                field="sample_size_percent",
            ),
            Rule(
                Q(inspection_no__range=(1, 99)),
                name="qualityinspection_number",
                message="The number must be from 1 to 99.",
                field="inspection_no",
            ),
            Withdraws(tick="no_inspection", name="qualityinspection_withdraws_tick"),
        ]

    @classmethod
    def prepare(cls, rows: list[Self]) -> None:
        rows = cls.with_client(rows)
        super().prepare(rows)
        for row in rows:
            row.fill_passed()
            row.fill_defects()
        stamps.stamp([row for row in rows if row.moved])
        cls.number(rows)

    def fill_passed(self) -> None:
        if self.units_passed is None and None not in (self.units_inspected, self.units_defective):
            # A negative rest is refused as "defective exceed inspected", not as a bad number.
            self.units_passed = max(self.units_inspected - self.units_defective, 0)

    def fill_defects(self) -> None:
        """Taken from the units while nobody counts them, and again when the units change."""
        if self.defects_total is None or self._defects_not_counted():
            self.defects_total = self.defects_guessed = self.units_defective
            self.defects_from_units = True
        elif self.changed("defects_total"):
            self.defects_from_units = False

    def _defects_not_counted(self) -> bool:
        guess = self.defects_guessed
        if guess is None and self.stored:
            guess = self.stored["defects_total"]
        return self.defects_from_units and self.defects_total == guess

    def void(self, *, by: Any, reason: str) -> None:
        """The defects of an inspection leave with it."""
        with transaction.atomic():
            super().void(by=by, reason=reason)
            for defect in Defect.objects.filter(inspection=self):
                defect.void(by=by, reason=reason)


class Defect(PartModel):
    """A kind of defect found in an inspection, and what became of the units."""

    inspection = ClientForeignKey(
        "quality.QualityInspection", related_name="defects", verbose_name="inspection"
    )
    defect_type = ClientForeignKey(
        "quality.DefectType", related_name="defects", verbose_name="defect type"
    )
    quantity = models.IntegerField(
        "quantity", validators=[MinValueValidator(1, "The quantity must be above zero.")]
    )
    severity = models.CharField(
        "severity", max_length=8, choices=Severity, blank=True, default="",
        help_text="Empty: that of the type.",
    )  # fmt: skip
    disposition = models.CharField(
        "disposition", max_length=9, choices=Disposition, blank=True, default=""
    )
    operation = ClientForeignKey(
        "plant.Operation", null=True, blank=True, related_name="defects",
        verbose_name="operation", help_text="For rework: the earlier operation it goes back to.",
    )  # fmt: skip
    root_cause = models.CharField(
        "root cause", max_length=9, choices=DefectCause, default=DefectCause.UNKNOWN
    )
    unit_serial = models.CharField("serial number", max_length=50, blank=True, default="")
    comment = models.TextField("comment", max_length=500, blank=True, default="")

    natural_key: ClassVar[tuple[str, ...]] = (
        "inspection", "defect_type", "disposition", "operation",
    )  # fmt: skip
    edit_action: ClassVar[Action] = Action.ENTRY
    part_of: ClassVar[str] = "inspection"
    judged_by: ClassVar[tuple[str, ...]] = ("inspection__line_shift", "inspection__shift")

    class Meta(ClientModel.Meta):
        verbose_name = "defect"
        ordering: ClassVar[list[str]] = ["-id"]
        indexes: ClassVar[list[Any]] = [
            models.Index(fields=["client", "inspection"], name="defect_inspection")
        ]
        constraints: ClassVar[list[Any]] = [
            *ClientModel.Meta.constraints,
            unique_live(
                "inspection",
                "defect_type",
                "disposition",
                "operation",
                name="defect_natural_key",
                message="This defect is already recorded on the inspection. "
                "Change its quantity instead.",
            ),
            Rule(
                Q(quantity__gt=0),
                name="defect_quantity",
                message="The quantity must be above zero.",
                field="quantity",
            ),
            Rule(
                Q(severity__in=Severity.values),
                name="defect_severity",
                message="Give the severity.",
                field="severity",
            ),
            PartOf(whole="inspection", name="defect_part_of_inspection"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.defect_type}"

    @classmethod
    def prepare(cls, rows: list[Self]) -> None:
        super().prepare(rows)
        prefetch_related_objects(list(rows), "defect_type")
        for row in rows:
            if not row.severity and getattr(row, "defect_type", None):
                row.severity = row.defect_type.severity
