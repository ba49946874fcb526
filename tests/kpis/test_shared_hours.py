"""Hours shared out to what they were spent on, and labour performance: every number by hand."""

from __future__ import annotations

from decimal import Decimal

import pytest

from kpis.engine import evaluate
from kpis.periods import Period
from kpis.rows import rows_of
from plant.models import Operation
from tests.kpis.factories import figure, make_stop, value
from tests.kpis.people import DAYS, all_present, hours, make_crew, mark, spend
from tests.plant.factories import (
    make_employee,
    make_job,
    make_order,
    make_part,
    make_shift,
    make_standard,
)
from tests.production.factories import DAY, Floor, make_entry

D = Decimal


# -- sharing the hours out ---------------------------------------------------------------------


def test_hours_are_shared_out_by_heads_and_run_minutes(floor: Floor) -> None:
    """6 × 400 and 4 × 150 of 3,000: four fifths and one fifth of 90 h."""
    all_present(floor, make_crew(floor))
    second = make_order(floor.client, line=floor.line)
    job = make_job(second, part=make_part(floor.client), code="SECOND")
    make_standard(floor.client, part=job.part, labour_hours_per_unit=D("0.1"))
    make_entry(floor, total_units=200, run_minutes=400, operators_assigned=6)
    make_entry(
        floor, total_units=90, run_minutes=150, operators_assigned=9, operators_present=4,
        work_order=second, job=job,
    )  # fmt: skip

    for dimension in ("work_order", "job", "part"):
        found = evaluate(["efficiency"], [floor.client.pk], Period.days(DAY, DAY), by=dimension)
        assert sorted(each.denominator or 0 for each in found) == [18, 72]
        assert sorted(each.numerator or 0 for each in found) == [9, 50]
        assert {each.estimated for each in found} == {False}
    listed = rows_of(
        "efficiency", [floor.client.pk], Period.days(DAY, DAY), filters={"job": [job.pk]}
    )
    assert sum(each.total() for each in listed if each.role == "denominator") == 18
    assert hours(floor) == 90


def test_rows_without_run_minutes_share_equally_and_say_so(floor: Floor) -> None:
    all_present(floor, make_crew(floor))
    second = make_order(floor.client, line=floor.line)
    make_entry(floor, total_units=200, run_minutes=400, operators_assigned=6)
    make_entry(floor, work_order=second, job=make_job(second, part=floor.part), total_units=90)

    found = evaluate(["efficiency"], [floor.client.pk], Period.days(DAY, DAY), by="work_order")

    assert [each.denominator for each in found] == [45, 45]
    assert [each.estimated for each in found] == [True, True]


def test_inferred_people_are_shared_out_with_their_confidence(floor: Floor) -> None:
    make_entry(floor, total_units=200, operators_assigned=10)

    (found,) = evaluate(["efficiency"], [floor.client.pk], Period.days(DAY, DAY), by="part")

    assert (found.denominator, found.estimated, found.confidence) == (90, True, D("0.8"))


def test_sewing_earns_fifty_hours_of_sixty_two_and_a_half(floor: Floor) -> None:
    """Ten people of 7.5 h; five heads at sewing and one at packing, equally long."""
    sewing = Operation.objects.get(client=floor.client, code="SEWING")
    packing = Operation.objects.get(client=floor.client, code="PACKING")
    for step, labour in ((sewing, "0.10"), (packing, "0.05")):
        make_standard(
            floor.client, part=floor.part, operation=step, labour_hours_per_unit=D(labour)
        )
    for person in make_crew(floor):
        mark(floor, person, actual_hours=D("7.5"))
    make_entry(floor, total_units=500, operation=sewing, run_minutes=480, operators_assigned=5)
    make_entry(floor, total_units=100, operation=packing, run_minutes=480, operators_assigned=1)

    found = evaluate(
        ["operation_efficiency"], [floor.client.pk], Period.days(DAY, DAY), by="operation"
    )
    shown = {each.by[0].code: (each.numerator, each.denominator, each.value) for each in found}

    assert shown["SEWING"] == (50, D("62.5"), 80)
    assert shown["PACKING"] == (5, D("12.5"), 40)
    assert value("operation_efficiency", floor.client) == D("73.33")
    assert {each.estimated for each in found} == {False}


def test_rows_without_operation_have_no_operation_efficiency(floor: Floor) -> None:
    all_present(floor, make_crew(floor))
    make_entry(floor)

    found = figure("operation_efficiency", floor.client)

    assert (found.value, found.reason) == (None, "No production row names an operation.")


# -- labour performance ------------------------------------------------------------------------


def test_labour_performance_counts_the_time_the_line_ran(floor: Floor) -> None:
    """80 / (8.1 × 9): nine people, 54 of 540 minutes lost."""
    all_present(floor, make_crew(floor, 9))
    make_entry(floor, total_units=320)
    make_stop(floor, 54, "EQUIPMENT_FAILURE")

    found = figure("labour_performance", floor.client)

    assert value("labour_performance", floor.client) == D("109.74")
    assert (found.flags, found.estimated) == (("verify_standard",), False)


def test_labour_performance_is_for_shifts_with_attendance_only(floor: Floor) -> None:
    all_present(floor, make_crew(floor))
    for day in DAYS[:2]:
        make_entry(floor, total_units=320, shift_date=day)
        make_stop(floor, 54, "EQUIPMENT_FAILURE", shift_date=day)

    found = figure("labour_performance", floor.client, period=Period.days(*DAYS[:2]))
    alone = figure("labour_performance", floor.client, DAYS[1])

    assert (found.numerator, found.denominator) == (80, 81)
    assert [each.reason for each in found.excluded] == ["1 of 2 production rows has no attendance."]
    assert (alone.value, alone.reason) == (None, "No attendance was recorded.")


def test_without_a_stop_recorded_labour_performance_is_estimated(floor: Floor) -> None:
    all_present(floor, make_crew(floor))
    make_entry(floor, total_units=320)

    found = figure("labour_performance", floor.client)

    assert (found.denominator, found.estimated, found.confidence) == (90, True, D("0.5"))


# -- labour hours ------------------------------------------------------------------------------


@pytest.fixture
def three_rows(floor: Floor) -> Floor:
    """AC-18: a direct person of ten hours, an indirect one, and the first again as indirect."""
    client = floor.client
    night = make_shift(client, "21:00", "06:00")
    direct = make_employee(client, labour_class="DIRECT")
    indirect = make_employee(client, labour_class="INDIRECT")
    first = mark(
        floor, direct, line=floor.line, scheduled_hours=8, actual_hours=10,
        normal_hours=8, double_hours=2, triple_hours=0,
    )  # fmt: skip
    spend(first, BILLED_PRODUCTION="7", TRAINING="1")
    second = mark(floor, indirect, line=floor.line, scheduled_hours=8, actual_hours=8)
    spend(second, BILLED_PRODUCTION="8")
    mark(
        floor, direct, line=floor.line, shift=night, scheduled_hours=8, actual_hours=8,
        normal_hours=8, double_hours=0, triple_hours=0, labour_class_override="INDIRECT",
    )  # fmt: skip
    return floor


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("scheduled_hours", 24), ("actual_hours", 26), ("normal_hours", 16),
        ("double_hours", 2), ("triple_hours", 0), ("unsplit_hours", 8), ("billed_hours", 15),
        ("hours_available", 25), ("allocated_hours", 16),
    ],
)  # fmt: skip
def test_labour_hours(three_rows: Floor, key: str, expected: int) -> None:
    assert (hours(three_rows, key) or 0) == expected


def test_labour_hours_by_class(three_rows: Floor) -> None:
    keys = ["actual_hours", "billed_hours", "hours_available"]
    found = evaluate(keys, [three_rows.client.pk], Period.days(DAY, DAY), by="labour_class")

    shown = {(each.key, each.by[0].code): each.value for each in found}
    assert [shown[key, "DIRECT"] for key in keys] == [10, 7, 9]
    assert [shown[key, "INDIRECT"] for key in keys] == [16, 8, 16]


def test_efficiency_on_available_and_on_billed_hours(three_rows: Floor) -> None:
    make_entry(three_rows, total_units=60)

    assert value("efficiency_available", three_rows.client) == 60
    assert value("efficiency_billed", three_rows.client) == 100


def test_no_hours_no_efficiency_on_them(floor: Floor) -> None:
    make_entry(floor, total_units=60)

    assert figure("efficiency_available", floor.client).reason == "No attendance was recorded."
    assert figure("efficiency_billed", floor.client).reason == "No hours were billed."
