"""What is measured of inspections: yields, defects and scrap."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from weakref import WeakKeyDictionary

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

from kpis.contract import ContractBook
from kpis.declarations import (
    Answer,
    Combined,
    Exclusion,
    Fact,
    Iso,
    Measure,
    Need,
    Other,
    Ratio,
    Unit,
    defaults,
)
from kpis.queries import Question, exact
from kpis.registry import catalogue
from kpis.statistics import MILLION, sigma_level
from kpis.sums import Amount, Sums
from plant.models import Job, Operation
from quality.models import OpportunitiesSource, QualityInspection, Stage

FIRM = Decimal(1)
OPPORTUNITIES_GUESSED = Decimal("0.5")
DEFECTS_FROM_UNITS = Decimal("0.8")
SIX = Decimal(6)

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
            "shift_kind": Coalesce(
                "inspection__line_shift__shift_kind", "inspection__shift__kind"
            ),
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
        estimated=Q(cycle_confidence__lt=FIRM), confidence="cycle_confidence",
        exclusions=(NO_CYCLE,),
    ),
    Measure(
        "ideal_hours_passed", "Ideal hours passed", Unit.HOURS, "inspection",
        exact(F("units_passed") * F("cycle_hours_per_unit")),
        where=WITH_CYCLE, only={"class": (COUNTED,)},
        estimated=Q(cycle_confidence__lt=FIRM), confidence="cycle_confidence",
        exclusions=(NO_CYCLE,),
    ),
    Measure(
        "ideal_hours_good", "Ideal hours of good units by contract", Unit.HOURS, "inspection",
        _good(per_hour=True), where=WITH_CYCLE, only={"class": (COUNTED,)},
        estimated=Q(cycle_confidence__lt=FIRM), confidence="cycle_confidence",
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


# -- figures -----------------------------------------------------------------------------------


def sigma(sums: Sums) -> Answer:
    """Long-term data with the usual shift of 1.5."""
    opportunities, defects = sums.value("opportunities"), sums.value("rated_defects")
    if opportunities <= 0:
        return Answer(None, "Nothing was inspected.")
    note = ("Long-term data, 1.5 shift.",)
    if defects == 0:
        return Answer(SIX, notes=note, flags=("over_six",))
    dpmo = MILLION * defects / opportunities
    level = sigma_level(dpmo)
    if level is None:
        return Answer(None, "There are as many defects as opportunities.")
    return Answer(level, notes=note, numerator=defects, denominator=opportunities)


def rolled_yield(sums: Sums) -> Answer:
    """The product of the first-pass yields of the steps that were inspected."""
    inspected, good = sums.parts("step_inspected"), sums.parts("step_good")
    steps = {name: each for name, each in inspected.items() if each.rows and each.value > 0}
    if not steps:
        return Answer(None, "No step was inspected.")
    product, words = Decimal(100), []
    names = _step_names(sums)
    for name in sorted(steps, key=lambda each: list(names).index(each) if each in names else 0):
        passed = good.get(name, Amount()).value
        product = product * passed / steps[name].value
        share = 100 * passed / steps[name].value
        words.append(f"{names.get(name, name)}: {share:.2f} %")
    return Answer(product, notes=(*words, *_steps_left_out(names, steps)))


# Asked for once per question, and not once per point of its trend; gone with the question.
_NAMES: WeakKeyDictionary[ContractBook, dict[str, str]] = WeakKeyDictionary()


def _step_names(sums: Sums) -> dict[str, str]:
    names = _NAMES.get(sums.question.book)
    if names is None:
        operations = Operation.objects.filter(client_id__in=sums.question.clients)
        ordered = operations.order_by("sequence", "code").values_list("pk", "name")
        names = {str(pk): name for pk, name in ordered} | {FINAL_STEP: "Final inspection"}
        _NAMES[sums.question.book] = names
    return names


def _steps_left_out(names: Mapping[str, str], steps: Mapping[str, Any]) -> tuple[str, ...]:
    missing = [name for key, name in names.items() if key not in steps and key != FINAL_STEP]
    return (f"Not inspected: {', '.join(missing)}.",) if missing else ()


def iso_yield(sums: Sums) -> str:
    reworked = sums.value("units_rework")
    return (
        f"By contract {reworked:,.0f} reworked units count as good, wholly or by half;"
        " by ISO 22400-2 only units good at the first time do."
    )


INSPECTED = Need("units_inspected", "Nothing was inspected.")
PRODUCED = Need("total_units", "No production was recorded.")

catalogue.register(
    Ratio(
        key="quality_ratio", label="Quality ratio (OEE)", unit=Unit.PERCENT, direction="up",
        formula="ideal hours of good units ÷ ideal hours of units inspected, STANDARD shifts",
        iso_formula="GQ ÷ PQ",
        help="First-pass yield weighted with cycle times, so that OEE adds up over parts.",
        defaults=defaults("95", "90", "85"), standard_shifts=True,
        numerator="ideal_hours_good", denominator="ideal_hours_inspected",
        needs=(INSPECTED, Need("ideal_hours_inspected", "Nothing was inspected.")),
        iso=Iso("ideal_hours_passed", "ideal_hours_inspected", iso_yield),
        rules=("yield_rule",),
    ),
    Ratio(
        key="fpy", label="First-pass yield", unit=Unit.PERCENT, direction="up",
        formula="units passed ÷ units inspected", iso_formula="GP ÷ IP (first pass yield)",
        help="Units good at the first time. Repair and rework do not help it; a re-inspection"
        " does not change it.",
        defaults=defaults("95", "90", "85"), proportion=True,
        numerator="good_units", denominator="units_inspected", needs=(INSPECTED,),
        iso=Iso("units_passed", "units_inspected", iso_yield), rules=("yield_rule",),
    ),
    Other(
        key="rty", label="Rolled throughput yield", unit=Unit.PERCENT, direction="up",
        formula="product of the first-pass yields of the operations",
        help="The chance that a unit passes every step at the first time. Steps without"
        " inspection are left out and listed.",
        uses=("step_good", "step_inspected"), compute=rolled_yield,
    ),
    Ratio(
        key="final_yield", label="Final yield", unit=Unit.PERCENT, direction="up",
        formula="1 − units scrapped ÷ units produced",
        help="Repaired and reworked units pass. Of open orders it is the yield so far.",
        numerator="units_kept", denominator="total_units", proportion=True,
        needs=(PRODUCED, INSPECTED), zero="No unit was produced.",
    ),
    Ratio(
        key="ppm", label="PPM (inspected)", unit=Unit.PPM, direction="down",
        formula="10⁶ × defective units ÷ units inspected",
        help="Counts defective units; DPMO counts defects.",
        defaults=defaults("10000", "15000", "20000"), proportion=True, scale=(1_000_000, 1),
        numerator="units_defective", denominator="ppm_units", needs=(INSPECTED,),
        zero="No unit was produced.", rules=("ppm_base",),
    ),
    Ratio(
        key="dpmo", label="DPMO", unit=Unit.DPMO, direction="down",
        formula="10⁶ × defects ÷ opportunities", scale=(1_000_000, 1),
        help="Defects per million opportunities: units inspected × opportunities per unit.",
        numerator="rated_defects", denominator="opportunities",
        needs=(INSPECTED, Need("opportunities", "Nothing was inspected.")),
        rules=("default_opportunities",),
    ),
    Other(
        key="sigma", label="Sigma level", unit=Unit.SIGMA, direction="up",
        formula="Φ⁻¹(1 − DPMO ÷ 10⁶) + 1.5",
        help="Long-term data, 1.5 shift. Without any defect it is above 6.",
        uses=("rated_defects", "opportunities"), compute=sigma,
    ),
    Ratio(
        key="dhu", label="DHU", unit=Unit.PER_HUNDRED, direction="down",
        formula="100 × defects ÷ units inspected",
        help="Defects per hundred units.",
        numerator="defects", denominator="units_inspected", needs=(INSPECTED,),
    ),
    Ratio(
        key="scrap_rate", label="Scrap ratio", unit=Unit.PERCENT, direction="down",
        formula="units scrapped ÷ units produced", iso_formula="SQ ÷ PQ",
        help="Scrap at counted inspections and at re-inspections.",
        numerator="units_scrapped", denominator="total_units", proportion=True,
        needs=(PRODUCED, INSPECTED), zero="No unit was produced.",
    ),
    Ratio(
        key="rework_rate", label="Rework ratio", unit=Unit.PERCENT, direction="down",
        formula="units to rework ÷ units inspected", iso_formula="RQ ÷ PQ",
        help="Units sent back for rework at the first inspection.",
        numerator="units_rework", denominator="units_inspected", proportion=True,
        needs=(INSPECTED,),
    ),
    Ratio(
        key="recovery_rate", label="Recovery rate", unit=Unit.PERCENT, direction="up",
        formula="(rework + repair) ÷ (rework + repair + scrapped)",
        help="Defective units that were saved.",
        numerator="units_saved", denominator="units_disposed", proportion=True,
        needs=(INSPECTED,), zero="No unit was reworked, repaired or scrapped.",
    ),
    Ratio(
        key="escape_rate", label="Internal escape rate", unit=Unit.PERCENT, direction="down",
        formula="defective at FINAL ÷ defective at IN_PROCESS and FINAL",
        help="Defective units that the steps before the final inspection let through.",
        numerator="defective_final", denominator="defective_found", proportion=True,
        needs=(Need("defective_found", "Nothing was inspected in process or finally."),),
        zero="No defective unit was found.",
    ),
)  # fmt: skip
