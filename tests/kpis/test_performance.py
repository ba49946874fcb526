"""The worked examples of speed, and of what lacks a standard: every number by hand."""

from __future__ import annotations

from decimal import Decimal

from kpis.periods import Period
from plant.models import Operation
from tests.kpis.factories import (
    eight_hours,
    figure,
    make_inspection,
    make_stop,
    tick_no_downtime,
    value,
)
from tests.plant.factories import make_job, make_part, make_standard
from tests.production.factories import DAY, Floor, make_entry

D = Decimal


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
