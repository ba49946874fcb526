"""The worked examples: every number was worked out by hand."""

from __future__ import annotations

from decimal import Decimal

import pytest

from clients.models import Client, User
from clients.scope import client_scope
from kpis.engine import NotOffered, evaluate
from kpis.periods import Period
from plant.models import LineShift, Operation
from tests.kpis.factories import (
    agreed,
    figure,
    make_inspection,
    make_stop,
    reason,
    tick_no_downtime,
    value,
)
from tests.plant.factories import (
    make_break,
    make_job,
    make_operation,
    make_order,
    make_part,
    make_shift,
    make_standard,
)
from tests.production.factories import DAY, Floor, at, make_entry, make_machine

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


# -- availability ------------------------------------------------------------------------------


def test_one_of_ten_stations_counts_a_tenth(floor: Floor) -> None:
    make_entry(floor)
    make_stop(floor, 30, "EQUIPMENT_FAILURE", scope="STATIONS", stations_affected=1)

    assert value("availability", floor.client) == D("99.44")


def test_the_whole_line_counts_whole(floor: Floor) -> None:
    make_entry(floor)
    make_stop(floor, 30, "EQUIPMENT_FAILURE")

    found = figure("availability", floor.client)

    assert value("availability", floor.client) == D("94.44")
    assert (found.estimated, found.confidence) == (False, 1)


def test_set_up_and_failure_together(floor: Floor) -> None:
    make_stop(floor, 24, "SETUP_CHANGEOVER")
    make_stop(floor, 30, "EQUIPMENT_FAILURE")

    assert value("availability", floor.client) == D("90.00")


def test_production_without_stops_is_estimated(floor: Floor) -> None:
    make_entry(floor)

    found = figure("availability", floor.client)

    assert (found.value, found.estimated, found.confidence) == (100, True, D("0.5"))
    assert "low_confidence" in found.flags


def test_the_tick_no_downtime_makes_it_actual(floor: Floor) -> None:
    make_entry(floor)
    tick_no_downtime(floor)

    found = figure("availability", floor.client)

    assert (found.value, found.estimated, found.confidence) == (100, False, 1)


def test_neither_production_nor_stops_is_no_value(floor: Floor) -> None:

    found = figure("availability", floor.client)

    assert (found.value, found.reason) == (None, "No production and no stop was recorded.")


def eight_hours(floor: Floor) -> None:
    """480 planned minutes: 07:00 to 16:00 with an hour's break."""
    floor.shift = make_shift(floor.client, "07:00", "16:00")
    make_break(floor.shift)


@pytest.mark.parametrize(
    ("basis", "by_contract", "iso"),
    [("INCLUDE", "81.25", "92.86"), ("EXCLUDE_PLANNED_MAINTENANCE", "92.86", None)],
)
def test_maintenance_by_contract_and_by_iso(
    floor: Floor, basis: str, by_contract: str, iso: str | None
) -> None:
    agreed(floor.client, "planned_time_basis", basis)
    eight_hours(floor)
    make_stop(floor, 60, "MAINTENANCE")
    make_stop(floor, 30, "EQUIPMENT_FAILURE")

    found = figure("availability", floor.client)

    assert value("availability", floor.client) == D(by_contract)
    assert (found.iso.display if found.iso else None) == iso
    if found.iso:
        assert (found.iso.numerator, found.iso.denominator) == (390, 420)
        assert found.iso.explanation == (
            "By contract 0 min of stops leave planned time; by ISO 22400-2 planned stops leave it"
            " (60 min), set-up and lack of orders are losses."
        )


def test_thirty_minutes_of_an_eight_hour_shift(floor: Floor) -> None:
    eight_hours(floor)
    make_stop(floor, 30, "EQUIPMENT_FAILURE")

    assert value("availability", floor.client) == D("93.75")


def test_overtime_is_outside_planned_time_and_shown_under_its_own_kind(floor: Floor) -> None:
    saturday = make_shift(floor.client, "07:00", "15:00", kind="OVERTIME")
    make_stop(floor, 54, "EQUIPMENT_FAILURE")
    make_stop(floor, 240, "EQUIPMENT_FAILURE", shift=saturday)

    overtime = figure("availability", floor.client, filters={"shift_kind": ["OVERTIME"]})

    assert value("availability", floor.client) == D("90.00")
    assert overtime.value == 50


def test_only_overtime_says_so(floor: Floor) -> None:
    saturday = make_shift(floor.client, "07:00", "15:00", kind="OVERTIME")
    make_stop(floor, 240, "EQUIPMENT_FAILURE", shift=saturday)

    found = figure("availability", floor.client)

    assert (found.value, found.reason) == (
        None, "Only overtime or special shifts, which are shown by shift kind.",
    )  # fmt: skip


def test_a_stop_without_a_line_is_listed(floor: Floor) -> None:
    order = make_order(floor.client)
    make_entry(floor)
    make_stop(floor, 54, "EQUIPMENT_FAILURE")
    make_stop(floor, 100, "EQUIPMENT_FAILURE", line=None, work_order=order)

    found = figure("availability", floor.client)

    assert value("availability", floor.client) == D("90.00")
    assert [(each.reason, each.count) for each in found.excluded] == [
        ("1 of 2 stops has no line.", 1)
    ]


def test_a_day_that_is_all_stops_is_zero(floor: Floor) -> None:
    make_stop(floor, 540, "POWER_OUTAGE")

    assert figure("availability", floor.client).value == 0


def test_more_stops_than_plan_are_below_zero_and_flagged(floor: Floor) -> None:
    make_stop(floor, 540, "POWER_OUTAGE")
    make_stop(floor, 27, "EQUIPMENT_FAILURE")

    found = figure("availability", floor.client)

    assert value("availability", floor.client) == D("-5.00")
    assert "verify_downtime" in found.flags


def test_rows_of_a_shift_that_was_not_planned_enter_no_time(floor: Floor) -> None:
    make_entry(floor, total_units=320)
    make_stop(floor, 54, "EQUIPMENT_FAILURE")
    day = DAY.replace(day=3)
    make_entry(floor, total_units=320, shift_date=day)
    make_stop(floor, 540, "EQUIPMENT_FAILURE", shift_date=day)
    LineShift.objects.filter(shift_date=day).update(state="NOT_PLANNED", state_reason="holiday")
    both = Period.days(DAY, day)

    found = figure("availability", floor.client, period=both)

    assert (found.value, found.excluded[0].reason) == (
        90, "1 of 2 stops is in a shift that was not planned.",
    )  # fmt: skip
    assert value("performance", floor.client, period=both) == D("98.77")
    assert figure("total_units", floor.client, period=both).value == 640


def test_a_reason_may_not_count_in_availability(floor: Floor) -> None:
    other = reason(floor.client, "OTHER")
    other.counts_in_availability = False
    other.save()
    make_stop(floor, 54, "EQUIPMENT_FAILURE")
    make_stop(floor, 100, "OTHER")

    found = figure("availability", floor.client)

    assert value("availability", floor.client) == D("90.00")
    assert found.excluded[0].reason == (
        "1 of 2 stops has a reason that does not count in availability."
    )


def test_a_stop_that_still_goes_on_is_listed(floor: Floor) -> None:
    make_entry(floor)
    make_stop(floor, None, "EQUIPMENT_FAILURE", started_at=at("09:00"), resolved=False)

    found = figure("availability", floor.client)

    assert (found.value, found.excluded[0].reason) == (100, "1 of 1 stop is still going on.")


def test_voided_rows_leave_every_figure(floor: Floor, platform_admin: User) -> None:
    make_entry(floor, total_units=320)
    wrong = make_stop(floor, 540, "EQUIPMENT_FAILURE")
    make_stop(floor, 54, "EQUIPMENT_FAILURE")
    wrong.void(by=platform_admin, reason="typed twice")

    assert value("availability", floor.client) == D("90.00")


# -- performance and OEE -----------------------------------------------------------------------


def test_a_hundred_units_of_six_minutes_in_eight_hours_are_flagged(floor: Floor) -> None:
    part = make_part(floor.client)
    make_standard(floor.client, part=part, cycle_hours_per_unit=D("0.1"))
    eight_hours(floor)
    make_entry(floor, shift=floor.shift, job=make_job(floor.order, part=part), total_units=100)
    tick_no_downtime(floor)

    found = figure("performance", floor.client)

    assert (found.value, found.flags) == (125, ("verify_standard",))


def test_without_inspection_oee_names_the_missing_factor(floor: Floor) -> None:
    make_entry(floor, total_units=320)
    make_stop(floor, 54, "SETUP_CHANGEOVER")

    oee = figure("oee", floor.client)

    assert oee.value is None
    assert oee.reason == "Quality ratio (OEE): Nothing was inspected."
    assert [each.display for each in oee.factors] == ["90.00", "98.77", "n/a"]


def test_oee_equals_good_output_over_planned_time(floor: Floor) -> None:
    make_entry(floor, total_units=320)
    make_stop(floor, 54, "SETUP_CHANGEOVER")
    make_inspection(floor, 320, 304, 16)

    oee = figure("oee", floor.client)
    a, p, q = (each.value for each in oee.factors)

    assert oee.display == "84.44"
    assert oee.value == a * p / 100 * q / 100  # type: ignore[operator]
    assert abs(oee.value - D(304) * D("0.025") / 9 * 100) < D("1e-24")  # type: ignore[operator]


def test_units_before_the_last_operation_are_no_output(floor: Floor) -> None:
    sewing = Operation.objects.get(client=floor.client, code="SEWING")
    packing = Operation.objects.get(client=floor.client, code="PACKING")
    make_entry(floor, operation=sewing, total_units=500)
    make_entry(floor, operation=packing, total_units=320)

    assert figure("total_units", floor.client).value == 320


def test_a_line_without_output_has_no_performance(floor: Floor) -> None:
    sewing = Operation.objects.get(client=floor.client, code="SEWING")
    make_entry(floor, operation=sewing, total_units=500)

    found = figure("performance", floor.client)

    assert (found.value, found.reason) == (
        None, "1 of 1 production row is of an operation before the last one.",
    )  # fmt: skip


def test_a_line_without_output_takes_its_run_time_along(floor: Floor) -> None:
    sewing = Operation.objects.get(client=floor.client, code="SEWING")
    make_entry(floor, total_units=320)
    make_stop(floor, 54, "EQUIPMENT_FAILURE")
    make_entry(floor, operation=sewing, total_units=500, shift_date=DAY.replace(day=3))

    found = figure("performance", floor.client, period=Period.days(DAY, DAY.replace(day=3)))

    assert (found.numerator, found.denominator) == (8, 486)


# -- missing standards -------------------------------------------------------------------------


def test_a_line_standard_is_an_estimate(floor: Floor) -> None:
    part = make_part(floor.client)
    make_standard(floor.client, line=floor.line, labour_hours_per_unit=D("0.22"))
    make_entry(floor, job=make_job(floor.order, part=part), total_units=100)

    found = figure("earned_hours", floor.client)

    assert (found.value, found.estimated, found.confidence) == (22, True, D("0.9"))


def test_a_row_without_standard_leaves_the_sum_and_is_listed(floor: Floor) -> None:
    part = make_part(floor.client)
    make_entry(floor, total_units=100)
    make_entry(floor, total_units=100, job=make_job(floor.order, part=part))

    found = figure("earned_hours", floor.client)

    assert found.value == 25
    assert [(each.reason, each.count) for each in found.excluded] == [
        ("1 of 2 production rows has no standard.", 1)
    ]


def test_a_row_without_cycle_takes_its_share_of_the_run_time_along(floor: Floor) -> None:
    """486 run minutes; the unknown part ran 162 of 486, so 324 are compared with 5 hours."""
    unknown = make_job(floor.order, part=make_part(floor.client))
    floor.line.standard_crew = None
    floor.line.save()
    make_entry(floor, total_units=200, run_minutes=324)
    make_entry(floor, total_units=100, run_minutes=162, job=unknown)
    make_stop(floor, 54, "EQUIPMENT_FAILURE")

    found = figure("performance", floor.client)

    assert (found.numerator, found.denominator) == (5, 324)
    assert value("performance", floor.client) == D("92.59")
    assert [each.reason for each in found.excluded] == ["1 of 2 production rows has no cycle time."]
    assert found.estimated is False


def test_without_run_minutes_the_rows_share_equally_and_it_is_estimated(floor: Floor) -> None:
    unknown = make_job(floor.order, part=make_part(floor.client))
    make_entry(floor, total_units=200, run_minutes=324)
    make_entry(floor, total_units=100, job=unknown)
    make_stop(floor, 54, "EQUIPMENT_FAILURE")

    found = figure("performance", floor.client)

    assert (found.numerator, found.denominator) == (5, 243)
    assert found.estimated is True


def test_no_cycle_at_all_is_no_value_with_the_reason(floor: Floor) -> None:
    unknown = make_job(floor.order, part=make_part(floor.client))
    make_entry(floor, job=unknown)

    found = figure("performance", floor.client)

    assert (found.value, found.reason) == (None, "1 of 1 production row has no cycle time.")


def test_inspections_without_cycle_leave_both_sums(floor: Floor) -> None:
    unknown = make_job(floor.order, part=make_part(floor.client))
    make_inspection(floor, 100, 90, 10)
    make_inspection(floor, 100, 0, 100, job=unknown)

    found = figure("quality_ratio", floor.client)

    assert found.value == 90
    assert [each.reason for each in found.excluded] == ["1 of 2 inspections has no cycle time."]


# -- failures ----------------------------------------------------------------------------------


def test_three_failures_in_45_hours(floor: Floor) -> None:
    """Five shifts of nine hours; 1.5 h of breakdowns: 14.5 h between, 0.5 h to repair."""
    days = [DAY.replace(day=day) for day in range(1, 6)]
    for day in days:
        make_entry(floor, shift_date=day)
    for day in days[:3]:
        make_stop(floor, 30, "EQUIPMENT_FAILURE", shift_date=day)

    week = Period.days(days[0], days[-1])

    assert value("mtbf", floor.client, period=week) == D("14.50")
    assert value("mttr", floor.client, period=week) == D("0.50")


def test_no_failure_says_in_how_many_hours(floor: Floor) -> None:
    make_entry(floor)
    make_stop(floor, 24, "SETUP_CHANGEOVER")

    mtbf, mttr = figure("mtbf", floor.client), figure("mttr", floor.client)

    assert (mtbf.value, mtbf.reason) == (None, "No failure in 9 h.")
    assert (mttr.value, mttr.reason) == (None, "No failure was recorded.")


def test_mtbf_of_a_machine_takes_the_planned_time_of_its_line(floor: Floor) -> None:
    spare = make_machine(floor.client, line=floor.line)
    make_stop(floor, 30, "EQUIPMENT_FAILURE", machine=floor.machine)
    make_stop(floor, 30, "EQUIPMENT_FAILURE", machine=floor.machine)

    found = evaluate(["mtbf"], [floor.client.pk], Period.days(DAY, DAY), by="machine")

    assert [(each.by[0].code, each.value, each.reason) for each in found] == [
        (floor.machine.code, D(4), ""),
        (spare.code, None, "No failure in 9 h."),
    ]


# -- plan --------------------------------------------------------------------------------------


def test_plan_attainment(floor: Floor) -> None:
    make_entry(floor, total_units=2450)
    LineShift.objects.filter(line=floor.line).update(planned_units=3000)

    assert value("plan_attainment", floor.client) == D("81.67")


def test_unexplained_minutes(floor: Floor) -> None:
    make_entry(floor, total_units=320)
    make_stop(floor, 54, "SETUP_CHANGEOVER")

    assert figure("unexplained_minutes", floor.client).value == 6


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
