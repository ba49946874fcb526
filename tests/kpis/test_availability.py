"""The worked examples of time and failures: every number was worked out by hand."""

from __future__ import annotations

from decimal import Decimal

import pytest

from clients.models import User
from kpis.engine import evaluate
from kpis.periods import Period
from plant.models import LineShift
from tests.kpis.factories import (
    agreed,
    eight_hours,
    figure,
    make_stop,
    reason,
    tick_no_downtime,
    value,
)
from tests.plant.factories import make_order, make_shift
from tests.production.factories import DAY, Floor, at, make_entry, make_machine

D = Decimal


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
