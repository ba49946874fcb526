"""The worked examples of quality: every number was worked out by hand."""

from __future__ import annotations

from decimal import Decimal

import pytest

from clients.models import Client
from clients.scope import client_scope
from kpis.engine import NotOffered, evaluate
from kpis.periods import Period
from plant.models import Operation
from tests.kpis.factories import agreed, figure, make_inspection, make_stop, value
from tests.plant.factories import make_job, make_operation, make_order, make_part
from tests.production.factories import DAY, Floor, make_entry

D = Decimal


# -- PPM, DPMO, sigma, DHU ---------------------------------------------------------------------


def test_five_defective_and_fifteen_defects_of_five_hundred(floor: Floor) -> None:
    make_inspection(floor, 500, 495, 5, defects_total=15)

    assert value("ppm", floor.client) == D("10000.00")
    assert value("dpmo", floor.client) == D("638.30")
    assert value("sigma", floor.client) == D("4.72")
    assert figure("dpmo", floor.client).estimated is False


def test_a_part_without_opportunities_is_estimated_with_the_contract_default(floor: Floor) -> None:
    plain = make_part(floor.client)
    job = make_job(floor.order, part=plain)
    make_inspection(floor, 500, 495, 5, job=job, defects_total=15)

    dpmo = figure("dpmo", floor.client)

    assert dpmo.value == 30_000
    assert value("sigma", floor.client) == D("3.38")
    assert (dpmo.estimated, dpmo.estimated_share, dpmo.confidence) == (True, 1, D("0.5"))
    assert (dpmo.grade, dpmo.grade_reason) == ("C", "Confidence 0.5 is below 0.7.")


@pytest.mark.parametrize(
    ("rows", "dpmo", "sigma"),
    [
        ([(1000, 5, 10)], "500.00", "4.79"),
        ([(100, 5, 47)], "1063.83", "4.57"),
        ([(320, 20, 47)], "1329.79", "4.50"),
        ([(100, 6, 47), (400, 4, 10)], "1149.43", "4.55"),
    ],
)
def test_dpmo_weights_each_part_with_its_opportunities(
    floor: Floor, rows: list[tuple[int, int, int]], dpmo: str, sigma: str
) -> None:
    for inspected, defects, opportunities in rows:
        part = make_part(floor.client, opportunities_per_unit=opportunities)
        job = make_job(floor.order, part=part, code=f"JOB-{opportunities}")
        make_inspection(
            floor, inspected, inspected - defects, defects, job=job, defects_total=defects
        )

    assert value("dpmo", floor.client) == D(dpmo)
    assert value("sigma", floor.client) == D(sigma)


def test_defects_taken_from_units_are_estimated(floor: Floor) -> None:
    make_inspection(floor, 320, 304, 16)

    dhu = figure("dhu", floor.client)

    assert (dhu.value, dhu.estimated, dhu.confidence) == (5, True, D("0.8"))


def test_sigma_without_defects_is_above_six(floor: Floor) -> None:
    make_inspection(floor, 500, 500, 0, defects_total=0)

    sigma = figure("sigma", floor.client)

    assert (sigma.value, sigma.display, sigma.flags) == (6, "> 6", ("over_six",))
    assert value("ppm", floor.client) == 0
    assert value("fpy", floor.client) == 100


def test_twenty_defects_on_320_units_are_6_25_per_hundred(floor: Floor) -> None:
    make_inspection(floor, 320, 304, 16, defects_total=20)

    assert value("dhu", floor.client) == D("6.25")


# -- yields ------------------------------------------------------------------------------------


def test_rework_fails_first_pass_and_passes_final_yield(floor: Floor) -> None:
    make_entry(floor, total_units=100)
    make_inspection(floor, 100, 88, 12, units_rework=10, units_scrapped=2)

    assert value("fpy", floor.client) == 88
    assert value("final_yield", floor.client) == 98
    assert value("scrap_rate", floor.client) == 2
    assert value("rework_rate", floor.client) == 10


def test_re_inspection_leaves_first_pass_yield(floor: Floor) -> None:
    make_entry(floor, total_units=100)
    make_inspection(floor, 100, 88, 12, units_rework=10, units_scrapped=2)
    make_inspection(floor, 10, 9, 1, is_first_pass=False, units_scrapped=1)

    assert value("fpy", floor.client) == 88
    # The unit scrapped at the second look is scrap all the same.
    assert value("final_yield", floor.client) == 97


def test_recovery_of_ten_rework_two_repair_four_scrap(floor: Floor) -> None:
    make_inspection(floor, 320, 304, 16, units_rework=10, units_repair=2, units_scrapped=4)

    assert value("recovery_rate", floor.client) == 75


def test_nothing_to_recover_is_no_value(floor: Floor) -> None:
    make_inspection(floor, 100, 100, 0)

    found = figure("recovery_rate", floor.client)

    assert (found.value, found.reason) == (
        None, "No unit was reworked, repaired or scrapped.",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("steps", "rty"),
    [
        ([98, 97, 99], "94.11"),
        ([95, 90, 98], "83.79"),
        ([95, 95, 95, 95, 95], "77.38"),
        ([98, 97, 95], "90.31"),
    ],
)
def test_rolled_yield_is_the_product_of_its_steps(floor: Floor, steps: list[int], rty: str) -> None:
    for number, passed in enumerate(steps):
        step = make_operation(floor.client, sequence=100 + number)
        make_inspection(floor, 100, passed, 100 - passed, stage="IN_PROCESS", operation=step)

    found = figure("rty", floor.client)

    assert value("rty", floor.client) == D(rty)
    assert found.value <= min(steps)  # type: ignore[operator]
    assert found.notes[-1].startswith("Not inspected: Cutting")


def test_a_final_inspection_without_operation_is_the_last_step(floor: Floor) -> None:
    sewing = Operation.objects.get(client=floor.client, code="SEWING")
    make_inspection(floor, 100, 90, 10, stage="IN_PROCESS", operation=sewing)
    make_inspection(floor, 100, 95, 5)

    found = figure("rty", floor.client)

    assert value("rty", floor.client) == D("85.50")
    assert found.notes[:2] == ("Sewing: 90.00 %", "Final inspection: 95.00 %")
    assert value("fpy", floor.client) == 95


def test_escape_rate_compares_final_with_everything_found(floor: Floor) -> None:
    sewing = Operation.objects.get(client=floor.client, code="SEWING")
    make_inspection(floor, 100, 85, 15, stage="IN_PROCESS", operation=sewing)
    make_inspection(floor, 100, 95, 5)

    assert value("escape_rate", floor.client) == 25


def test_no_inspection_in_process_lets_nothing_escape(floor: Floor) -> None:
    make_inspection(floor, 100, 95, 5)

    found = figure("escape_rate", floor.client)

    assert (found.value, found.reason) == (None, "Nothing was inspected in process.")


def test_equal_shares_are_an_estimate_of_parts_only(floor: Floor) -> None:
    other = make_job(floor.order, part=make_part(floor.client), code="OTHER")
    make_entry(floor, total_units=100)
    make_entry(floor, total_units=100, job=other)
    make_stop(floor, 54, "EQUIPMENT_FAILURE")

    parts = evaluate(["availability"], [floor.client.pk], Period.days(DAY, DAY), by="part")

    assert [(each.value, each.estimated, each.confidence) for each in parts] == [
        (90, True, 1), (90, True, 1),
    ]  # fmt: skip
    assert figure("availability", floor.client).estimated is False


def test_time_of_a_line_shift_goes_to_its_parts_by_run_minutes(floor: Floor) -> None:
    """540 planned and 54 lost minutes, shared 3 : 1."""
    other = make_job(floor.order, part=make_part(floor.client), code="OTHER")
    make_entry(floor, total_units=240, run_minutes=300)
    make_entry(floor, total_units=80, run_minutes=100, job=other)
    make_stop(floor, 54, "EQUIPMENT_FAILURE")

    planned = evaluate(
        ["planned_minutes", "lost_minutes"], [floor.client.pk], Period.days(DAY, DAY), by="job"
    )

    assert [(each.key, each.value) for each in planned] == [
        ("planned_minutes", D("135.0")), ("planned_minutes", D("405.0")),
        ("lost_minutes", D("13.5")), ("lost_minutes", D("40.5")),
    ]  # fmt: skip


def test_days_are_chosen_by_the_period_alone(floor: Floor) -> None:
    with pytest.raises(NotOffered, match="Choose days by the period."):
        figure("fpy", floor.client, filters={"day": [DAY]})
    with pytest.raises(NotOffered, match="Unknown filter “moon”."):
        figure("fpy", floor.client, filters={"moon": [1]})


def test_rows_without_a_reason_can_be_chosen(floor: Floor) -> None:
    make_stop(floor, 54, "EQUIPMENT_FAILURE")
    make_stop(floor, 20, None)

    assert figure("lost_minutes", floor.client, filters={"reason": [None]}).value == 20


def test_time_without_output_belongs_to_no_part(floor: Floor) -> None:
    make_entry(floor)
    make_stop(floor, 54, "EQUIPMENT_FAILURE", shift_date=DAY.replace(day=3))

    parts = evaluate(
        ["planned_minutes"], [floor.client.pk], Period.days(DAY, DAY.replace(day=3)), by="part"
    )

    assert [(each.by[0].label, each.value) for each in parts] == [
        (floor.part.code, 540), ("Without part", 540),
    ]  # fmt: skip


def test_a_line_count_counts_until_the_final_inspection_exists(floor: Floor) -> None:
    make_inspection(floor, 100, 90, 10, stage="LINE_COUNT")
    assert value("fpy", floor.client) == 90

    make_inspection(floor, 100, 95, 5)
    assert value("fpy", floor.client) == 95
    assert figure("units_inspected", floor.client).value == 100


def test_a_final_inspection_supersedes_only_its_own_order(floor: Floor) -> None:
    other = make_order(floor.client, line=floor.line)
    make_inspection(floor, 100, 90, 10, stage="LINE_COUNT", work_order=other, job=None)
    make_inspection(floor, 100, 95, 5)

    assert figure("units_inspected", floor.client).value == 200


def test_a_count_without_order_is_superseded_by_one_without_order(floor: Floor) -> None:
    make_inspection(floor, 100, 90, 10, stage="LINE_COUNT", work_order=None, job=None)
    make_inspection(floor, 50, 50, 0, work_order=None, job=None)

    assert figure("units_inspected", floor.client).value == 50


@pytest.mark.parametrize(
    ("rule", "fpy", "iso"),
    [("STRICT", 80, None), ("REWORK_AS_GOOD", 90, 80), ("PARTIAL_CREDIT", 85, 80)],
)
def test_yield_rule_of_the_contract_with_the_iso_value_beside_it(
    floor: Floor, rule: str, fpy: int, iso: int | None
) -> None:
    agreed(floor.client, "yield_rule", rule)
    make_inspection(floor, 100, 80, 20, units_rework=10)

    found, quality = figure("fpy", floor.client), figure("quality_ratio", floor.client)

    assert (found.value, quality.value) == (fpy, fpy)
    assert (found.iso and found.iso.value) == iso
    assert (quality.iso and quality.iso.value) == iso
    words = {each.iso.explanation.split(" count ")[0] for each in (found, quality) if each.iso}
    assert words == ({"By contract 10 reworked units"} if iso else set())


# -- ppm by contract ---------------------------------------------------------------------------


def test_ppm_of_produced_units_by_contract(floor: Floor) -> None:
    agreed(floor.client, "ppm_base", "PRODUCED")
    make_entry(floor, total_units=1000)
    make_inspection(floor, 500, 495, 5)

    found = figure("ppm", floor.client)

    assert (found.value, found.denominator) == (5000, 1000)
    assert found.rules == ("Base of PPM: units produced from 2025-01-01",)


def test_ppm_base_acts_from_its_first_day_only(floor: Floor) -> None:
    agreed(floor.client, "ppm_base", "PRODUCED", first="2025-12-03")
    for day in (DAY, DAY.replace(day=3)):
        make_entry(floor, shift_date=day, total_units=1000)
        make_inspection(floor, 500, 495, 5, shift_date=day)

    found = figure("ppm", floor.client, period=Period.days(DAY, DAY.replace(day=3)))

    assert found.denominator == 1500


def test_a_rule_of_another_client_changes_nothing(
    acme: Client, acme_2: Client, floor: Floor
) -> None:
    with client_scope([acme_2]):
        agreed(acme_2, "ppm_base", "PRODUCED")
        agreed(acme_2, "yield_rule", "REWORK_AS_GOOD")
    make_entry(floor, total_units=1000)
    make_inspection(floor, 500, 495, 5, units_rework=5)

    assert value("ppm", acme) == 10_000
    assert value("fpy", acme) == 99
