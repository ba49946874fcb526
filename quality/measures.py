"""The sums over inspections that yields, defects and scrap are made of."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import (
    Case,
    CharField,
    Count,
    Exists,
    F,
    Min,
    OuterRef,
    Q,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Cast, Coalesce, NullIf
from django.db.models.lookups import IsNull

from kpis.contract import ContractBook, stamps_rows
from kpis.declarations import (
    Combined,
    Exclusion,
    Fact,
    Measure,
    Unit,
)
from kpis.queries import Question, exact
from kpis.registry import catalogue
from plant.models import Job
from plant.standards import REMARKS
from quality.models import OpportunitiesSource, QualityInspection, Stage

FIRM = Decimal(1)
OPPORTUNITIES_GUESSED = Decimal("0.5")
DEFECTS_FROM_UNITS = Decimal("0.8")

COUNTED, AGAIN, IN_PROCESS, SUPERSEDED, INCOMING = (
    "counted", "again", "in_process", "superseded", "incoming",
)  # fmt: skip
FINAL_STEP = "final"


def inspection_class(prefix: str = "") -> Any:
    """Which inspections count: the final one, or the count on the line while there is none."""
    final = QualityInspection.objects.filter(
        _same(prefix, "work_order_id"),
        client_id=OuterRef("client_id"),
        stage=Stage.FINAL,
        is_first_pass=True,
    )
    # The line-shift says line, day and shift at once; only rows without a line have none.
    here = final.filter(line_shift_id=OuterRef(f"{prefix}line_shift_id"))
    nowhere = final.filter(
        _same(prefix, "line_id"),
        shift_date=OuterRef(f"{prefix}shift_date"),
        shift_id=OuterRef(f"{prefix}shift_id"),
    )
    stage = f"{prefix}stage"
    return Case(
        When(**{f"{prefix}is_first_pass": False}, then=Value(AGAIN)),
        When(**{stage: Stage.FINAL}, then=Value(COUNTED)),
        When(**{stage: Stage.IN_PROCESS}, then=Value(IN_PROCESS)),
        When(**{stage: Stage.INCOMING}, then=Value(INCOMING)),
        When(Q(**{f"{prefix}line_shift__isnull": False}) & Exists(here), then=Value(SUPERSEDED)),
        When(Q(**{f"{prefix}line_shift__isnull": True}) & Exists(nowhere), then=Value(SUPERSEDED)),
        default=Value(COUNTED),
        output_field=CharField(),
    )


def _same(prefix: str, column: str) -> Q:
    """Equal, or both empty."""
    outer = OuterRef(f"{prefix}{column}")
    return Q(**{column: outer}) | (Q(**{f"{column}__isnull": True}) & Q(IsNull(outer, True)))


def part_made(question: Question) -> Any:
    """That of the job, else of the order's only job."""
    jobs = Job.objects.filter(work_order=OuterRef("work_order")).order_by().values("work_order")
    only = jobs.annotate(n=Count("pk"), only=Min("part")).filter(n=1).values("only")
    return Case(When(job__isnull=False, then=F("job__part_id")), default=Subquery(only))


def style_made(question: Question) -> Any:
    """That of the part, else of the order."""
    jobs = Job.objects.filter(work_order=OuterRef("work_order")).order_by().values("work_order")
    only = jobs.annotate(n=Count("pk"), only=Min("part__style")).filter(n=1).values("only")
    return Case(
        When(job__part__style__isnull=False, then=F("job__part__style_id")),
        default=Coalesce(
            Case(When(job__isnull=True, then=Subquery(only))), F("work_order__style_id")
        ),
    )


@stamps_rows
def restamp_opportunities(client_id: int, key: str, first: date) -> None:
    """Inspections of the day of approval, written before it."""
    if key != "default_opportunities":
        return
    book = ContractBook.load([client_id])
    inspections = QualityInspection.objects.filter(
        client_id=client_id,
        shift_date__gte=first,
        opportunities_source=OpportunitiesSource.CONTRACT,
    )
    changed = list(inspections)
    for each in changed:
        each.opportunities_per_unit = book.value(client_id, key, each.shift_date)
    QualityInspection.objects.bulk_update(changed, ["opportunities_per_unit"])


step = Case(
    When(operation__isnull=False, then=Cast("operation_id", CharField())),
    default=Value(FINAL_STEP),
    output_field=CharField(),
)

catalogue.register(
    Fact(
        "inspection",
        "Inspections",
        "quality.QualityInspection",
        {
            "line": "line_id",
            "shift": "shift_id",
            "shift_kind": Coalesce("line_shift__shift_kind", "shift__kind"),
            "work_order": "work_order_id",
            "job": "job_id",
            "part": part_made,
            "style": style_made,
            "operation": "operation_id",
            "stage": "stage",
        },
        splits={"class": inspection_class(), "step": step},
        one="inspection",
        many="inspections",
    ),
    Fact(
        "defect",
        "Defects in detail",
        "quality.Defect",
        {
            "line": "inspection__line_id",
            "shift": "inspection__shift_id",
            "shift_kind": Coalesce("inspection__line_shift__shift_kind", "inspection__shift__kind"),
            "work_order": "inspection__work_order_id",
            "job": "inspection__job_id",
            "stage": "inspection__stage",
            "defect_type": "defect_type_id",
            "severity": NullIf("severity", Value("")),
            "disposition": NullIf("disposition", Value("")),
        },
        date_field="inspection__shift_date",
        line_shift="inspection__line_shift",
        splits={"class": inspection_class("inspection__")},
        one="defect row",
        many="defect rows",
    ),
)

NO_CYCLE = Exclusion(
    "no_cycle", "has no cycle time", "have no cycle time", Q(cycle_hours_per_unit__isnull=True)
)
NO_OPPORTUNITIES = Exclusion(
    "no_opportunities",
    "has no opportunities per unit",
    "have no opportunities per unit",
    Q(opportunities_per_unit__isnull=True),
)
NO_OPERATION = Exclusion(
    "no_operation",
    "in process has no operation",
    "in process have no operation",
    Q(stage=Stage.IN_PROCESS, operation__isnull=True),
)
WITH_CYCLE = Q(cycle_hours_per_unit__isnull=False)
WITH_OPPORTUNITIES = Q(opportunities_per_unit__isnull=False)
OF_A_STEP = ~Q(stage=Stage.IN_PROCESS, operation__isnull=True)
FROM_UNITS = Q(defects_from_units=True)


def _good(per_hour: bool = False) -> Any:
    """Good units by the yield rule of the row's client on its day."""

    def amount(question: Question) -> Any:
        passed, rework = F("units_passed"), Coalesce("units_rework", Value(0))
        by_rule: Mapping[str, Any] = {
            "STRICT": exact(passed),
            "REWORK_AS_GOOD": exact(passed + rework),
            "PARTIAL_CREDIT": exact(passed + rework * Value(Decimal("0.5"))),
        }
        good = question.book.case("yield_rule", by_rule, question.period)
        return exact(good * F("cycle_hours_per_unit")) if per_hour else good

    return amount


def _produced(question: Question) -> bool:
    return bool(question.book.overrides("ppm_base", question.period))


def _ppm_base(value: str) -> Any:
    def where(question: Question) -> Q:
        return question.book.condition("ppm_base", value, question.period)

    return where


def _units(key: str, label: str, column: str, *classes: str, **more: Any) -> Measure:
    amount = Coalesce(column, Value(0)) if column in OPTIONAL else F(column)
    return Measure(
        key, label, more.pop("unit", Unit.UNITS), "inspection", amount,
        only={"class": classes or (COUNTED,)}, **more,
    )  # fmt: skip


OPTIONAL = ("units_rework", "units_repair", "units_scrapped")

catalogue.register(
    _units("units_inspected", "Units inspected", "units_inspected"),
    _units("units_passed", "Units passed", "units_passed"),
    _units("units_defective", "Defective units", "units_defective"),
    _units("units_rework", "Units to rework", "units_rework"),
    _units("units_repair", "Units repaired", "units_repair"),
    _units(
        "units_scrapped", "Units scrapped", "units_scrapped", COUNTED, AGAIN,
        help="At counted inspections and at re-inspections.",
    ),
    Measure(
        "good_units", "Good units by contract", Unit.UNITS, "inspection", _good(),
        only={"class": (COUNTED,)}, help="Units passed, and reworked ones as agreed.",
    ),
    _units(
        "defects", "Defects", "defects_total", unit=Unit.COUNT,
        estimated=FROM_UNITS, confidence=DEFECTS_FROM_UNITS,
        help="One unit may have several.",
    ),
    Measure(
        "rated_defects", "Defects on units with opportunities", Unit.COUNT, "inspection",
        F("defects_total"), where=WITH_OPPORTUNITIES, only={"class": (COUNTED,)},
        estimated=FROM_UNITS, confidence=DEFECTS_FROM_UNITS, exclusions=(NO_OPPORTUNITIES,),
    ),
    Measure(
        "opportunities", "Opportunities", Unit.COUNT, "inspection",
        exact(F("units_inspected") * F("opportunities_per_unit")),
        where=WITH_OPPORTUNITIES, only={"class": (COUNTED,)},
        estimated=Q(opportunities_source=OpportunitiesSource.CONTRACT),
        confidence=OPPORTUNITIES_GUESSED, exclusions=(NO_OPPORTUNITIES,),
        help="Units inspected × opportunities per unit.",
    ),
    Measure(
        "ideal_hours_inspected", "Ideal hours inspected", Unit.HOURS, "inspection",
        exact(F("units_inspected") * F("cycle_hours_per_unit")),
        where=WITH_CYCLE, only={"class": (COUNTED,)},
        estimated=Q(cycle_confidence__lt=FIRM), confidence="cycle_confidence", remarks=REMARKS,
        exclusions=(NO_CYCLE,),
    ),
    Measure(
        "ideal_hours_passed", "Ideal hours passed", Unit.HOURS, "inspection",
        exact(F("units_passed") * F("cycle_hours_per_unit")),
        where=WITH_CYCLE, only={"class": (COUNTED,)},
        estimated=Q(cycle_confidence__lt=FIRM), confidence="cycle_confidence", remarks=REMARKS,
        exclusions=(NO_CYCLE,),
    ),
    Measure(
        "ideal_hours_good", "Ideal hours of good units by contract", Unit.HOURS, "inspection",
        _good(per_hour=True), where=WITH_CYCLE, only={"class": (COUNTED,)},
        estimated=Q(cycle_confidence__lt=FIRM), confidence="cycle_confidence", remarks=REMARKS,
        exclusions=(NO_CYCLE,),
    ),
    Measure(
        "ppm_units_inspected", "Units inspected, by contract", Unit.UNITS, "inspection",
        F("units_inspected"), where=_ppm_base("INSPECTED"), only={"class": (COUNTED,)},
    ),
    Measure(
        "ppm_units_produced", "Units produced, by contract", Unit.UNITS, "production_entry",
        F("total_units"),
        where=lambda question: _ppm_base("PRODUCED")(question)
        & (Q(operation__isnull=True) | Q(operation__counts_output=True)),
        acts=_produced,
    ),
    Combined(
        "ppm_units", "Units that PPM is taken of", Unit.UNITS,
        {"ppm_units_inspected": 1, "ppm_units_produced": 1},
    ),
    Combined(
        "units_kept", "Units produced and not scrapped", Unit.UNITS,
        {"total_units": 1, "units_scrapped": -1},
    ),
    Combined(
        "units_saved", "Units reworked and repaired", Unit.UNITS,
        {"units_rework": 1, "units_repair": 1},
    ),
    Combined(
        "units_disposed", "Units reworked, repaired and scrapped", Unit.UNITS,
        {"units_rework": 1, "units_repair": 1, "units_scrapped": 1},
    ),
    Measure(
        "defective_final", "Defective at final inspection", Unit.UNITS, "inspection",
        F("units_defective"), where=Q(stage=Stage.FINAL), only={"class": (COUNTED,)},
    ),
    Measure(
        "defective_found", "Defective in process and at final inspection", Unit.UNITS,
        "inspection", F("units_defective"), where=~Q(stage=Stage.LINE_COUNT),
        only={"class": (COUNTED, IN_PROCESS)},
    ),
    Measure(
        "units_inspected_in_process", "Units inspected in process", Unit.UNITS, "inspection",
        F("units_inspected"), only={"class": (IN_PROCESS,)},
    ),
    Measure(
        "step_inspected", "Units inspected by step", Unit.UNITS, "inspection",
        F("units_inspected"), where=OF_A_STEP, only={"class": (COUNTED, IN_PROCESS)},
        apart="step", exclusions=(NO_OPERATION,),
    ),
    Measure(
        "step_good", "Good units by step", Unit.UNITS, "inspection",
        _good(), where=OF_A_STEP, only={"class": (COUNTED, IN_PROCESS)}, apart="step",
    ),
    Measure(
        "defect_quantity", "Defects in detail", Unit.COUNT, "defect", F("quantity"),
        only={"class": (COUNTED,)},
        help="The defects that were written down one by one.",
    ),
)  # fmt: skip
