"""What is measured of inspections: yields, defects and scrap."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from kpis.declarations import Answer, Iso, Need, Other, Ratio, Unit, defaults
from kpis.registry import catalogue
from kpis.statistics import MILLION, sigma_level
from kpis.sums import Amount, Sums
from plant.models import Operation
from quality.measures import FINAL_STEP

SIX = Decimal(6)


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
    product = Decimal(100)
    for name in sorted(steps):
        product = product * good.get(name, Amount()).value / steps[name].value
    return Answer(product, notes=lambda: _steps_in_words(sums, good, steps))


def _steps_in_words(
    sums: Sums, good: Mapping[str, Amount], steps: Mapping[str, Amount]
) -> tuple[str, ...]:
    names, words = _step_names(sums), []
    for name in sorted(steps, key=lambda each: list(names).index(each) if each in names else 0):
        share = 100 * good.get(name, Amount()).value / steps[name].value
        words.append(f"{names.get(name, name)}: {share:.2f} %")
    return (*words, *_steps_left_out(names, steps))


def _step_names(sums: Sums) -> dict[str, str]:
    """Asked for once per question, not once per point of its trend."""
    question = sums.question
    known = question.book.memo
    if ("steps", question.clients) not in known:
        operations = Operation.objects.filter(client_id__in=question.clients)
        ordered = operations.order_by("sequence", "code").values_list("pk", "name")
        names = {str(pk): name for pk, name in ordered} | {FINAL_STEP: "Final inspection"}
        known["steps", question.clients] = names
    return known["steps", question.clients]  # type: ignore[no-any-return]


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
        iso=Iso("ideal_hours_passed", "ideal_hours_inspected", iso_yield, ("units_rework",)),
        rules=("yield_rule",),
    ),
    Ratio(
        key="fpy", label="First-pass yield", unit=Unit.PERCENT, direction="up",
        formula="units passed ÷ units inspected", iso_formula="GP ÷ IP (first pass yield)",
        help="Units good at the first time. Repair and rework do not help it; a re-inspection"
        " does not change it.",
        defaults=defaults("95", "90", "85"), proportion=True,
        numerator="good_units", denominator="units_inspected", needs=(INSPECTED,),
        iso=Iso("units_passed", "units_inspected", iso_yield, ("units_rework",)),
        rules=("yield_rule",),
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
        needs=(Need("units_inspected_in_process", "Nothing was inspected in process."),),
        zero="No defective unit was found.",
    ),
)  # fmt: skip
