"""Efficiency on the hours that were at the line's disposal: every number by hand."""

from __future__ import annotations

import datetime
from decimal import Decimal

import pytest

from kpis.periods import Period
from plant.models import Line
from tests.kpis.factories import figure, make_stop, value
from tests.kpis.people import (
    DAYS,
    all_present,
    hours,
    make_crew,
    make_floaters,
    make_work,
    mark,
    send,
    words,
)
from tests.plant.factories import make_job, make_order, make_part
from tests.production.factories import DAY, Floor, make_entry

D = Decimal


# -- everyone at the line's disposal -----------------------------------------------------------


@pytest.mark.parametrize(
    ("absent", "covering", "idle", "available", "efficiency", "said"),
    [
        (0, 0, 2, "108", "74.07", "108 h = 10 × 9 + 2 idle floaters × 9"),
        (1, 1, 1, "99", "80.81", "99 h = 9 × 9 + 1 idle floater × 9 + 1 covering floater × 9"),
        (1, 1, 0, "90", "88.89", "90 h = 9 × 9 + 1 covering floater × 9"),
        (1, 0, 2, "99", "80.81", "99 h = 9 × 9 + 2 idle floaters × 9"),
        (1, 0, 0, "81", "98.77", "81 h = 9 × 9"),
    ],
)
def test_hours_at_the_lines_disposal(
    floor: Floor,
    absent: int,
    covering: int,
    idle: int,
    available: str,
    efficiency: str,
    said: str,
) -> None:
    crew, floaters = make_crew(floor), make_floaters(covering + idle)
    all_present(floor, crew[absent:])
    gone = [mark(floor, person, "ABSENT") for person in crew[:absent]]
    for number, floater in enumerate(floaters):
        send(floor, floater, covers=gone[number] if number < covering else None)
    make_entry(floor, total_units=320)

    assert hours(floor) == D(available)
    assert value("efficiency", floor.client) == D(efficiency)
    assert words(floor) == [said]


@pytest.mark.parametrize(
    ("units", "labour", "heads", "efficiency", "flags"),
    [
        (100, "0.25", 12, "23.15", ("investigate",)),
        (80, "0.1", 1, "88.89", ()),
        (6000, "0.01", 5, "133.33", ("verify_standard",)),
        (1125, "0.01", 5, "25.00", ("investigate",)),
    ],
)
def test_efficiency_is_never_capped(
    floor: Floor, units: int, labour: str, heads: int, efficiency: str, flags: tuple[str, ...]
) -> None:
    all_present(floor, make_crew(floor, heads))
    make_work(floor, units, labour)

    assert value("efficiency", floor.client) == D(efficiency)
    assert figure("efficiency", floor.client).flags == flags


def test_a_crew_is_counted_once_however_many_orders_run(floor: Floor) -> None:
    all_present(floor, make_crew(floor))
    for number in range(4):
        order = make_order(floor.client, line=floor.line, number=f"WO-X{number}")
        job = make_job(order, part=floor.part)
        make_entry(floor, work_order=order, job=job, total_units=80)

    assert hours(floor) == 90
    assert value("efficiency", floor.client) == D("88.89")


def test_downtime_does_not_reduce_the_hours(floor: Floor) -> None:
    all_present(floor, make_crew(floor))
    make_entry(floor, total_units=320)
    make_stop(floor, 54, "EQUIPMENT_FAILURE")

    assert hours(floor) == 90
    assert value("run_person_hours", floor.client) == 81


def test_people_of_a_line_without_output_or_stop_are_nobodys_hours(floor: Floor) -> None:
    all_present(floor, make_crew(floor))

    found = figure("efficiency", floor.client)

    assert hours(floor, "present_hours") == 90
    assert (found.value, found.reason) == (None, "No production was recorded.")
    assert hours(floor) is None


def test_a_floater_marked_absent_brings_no_hours(floor: Floor) -> None:
    crew, (floater,) = make_crew(floor), make_floaters(1)
    all_present(floor, crew[1:])
    gone = mark(floor, crew[0], "ABSENT")
    send(floor, floater, covers=gone)
    mark(floor, floater, "ABSENT")
    make_entry(floor, total_units=320)

    assert hours(floor) == 81
    assert value("absenteeism_net", floor.client) == 10
    assert words(floor) == ["81 h = 9 × 9"]


def test_hours_that_differ_are_counted_by_kind(floor: Floor) -> None:
    crew = make_crew(floor)
    all_present(floor, crew[2:])
    mark(floor, crew[0], "PARTIAL")
    mark(floor, crew[1], actual_hours=D("10.5"))
    make_entry(floor, total_units=320)

    assert words(floor) == ["87 h = 8 × 9 + 1 × 10.5 + 1 × 4.5"]


# -- where nobody was marked -------------------------------------------------------------------


def test_without_attendance_the_heads_of_the_rows_stand_in(floor: Floor) -> None:
    """AC-13: ten assigned, nine hours."""
    make_entry(floor, total_units=180, operators_assigned=10)
    make_entry(floor, total_units=140, operators_assigned=8)

    found = figure("efficiency", floor.client)

    assert (found.denominator, found.estimated, found.confidence) == (90, True, D("0.8"))
    assert (found.estimated_share, value("efficiency", floor.client)) == (1, D("88.89"))
    assert words(floor) == ["90 h = 10 heads on the rows × 9"]


def test_then_the_mean_of_thirty_days_then_the_standard_crew(floor: Floor) -> None:
    for number, heads in ((1, 7), (2, 9)):
        day = DAY - datetime.timedelta(days=number)
        make_entry(floor, shift_date=day, operators_present=heads, operators_assigned=10)
    make_entry(floor, shift_date=DAY - datetime.timedelta(days=31), operators_assigned=99)
    make_entry(floor)
    mean = figure("efficiency", floor.client)

    by_crew = figure("efficiency", floor.client, DAY - datetime.timedelta(days=32))
    before = DAY - datetime.timedelta(days=62)
    make_entry(floor, shift_date=before)
    crew = figure("efficiency", floor.client, before)

    assert (mean.denominator, mean.confidence) == (72, D("0.5"))
    assert by_crew.reason == "No production was recorded."
    assert (crew.denominator, crew.confidence) == (90, D("0.3"))
    assert "low_confidence" in crew.flags


def test_rows_of_nobody_knows_whom_leave_both_sums(floor: Floor) -> None:
    Line.objects.filter(pk=floor.line.pk).update(standard_crew=None)
    make_entry(floor, total_units=320)
    alone = figure("efficiency", floor.client)
    all_present(floor, make_crew(floor), DAYS[1])
    make_entry(floor, total_units=320, shift_date=DAYS[1])

    both = figure("efficiency", floor.client, period=Period.days(DAY, DAYS[1]))

    assert (alone.value, alone.reason) == (None, "Nobody is known to have been at the line.")
    assert (both.numerator, both.denominator) == (80, 90)
    assert [each.reason for each in both.excluded] == [
        "1 of 2 line-shifts has neither attendance nor a head count."
    ]
    assert (both.estimated, both.confidence) == (False, 1)


def test_the_estimated_share_is_that_of_line_shifts(floor: Floor) -> None:
    crew = make_crew(floor)
    all_present(floor, crew, DAYS[0])
    all_present(floor, crew, DAYS[1])
    for day in DAYS:
        make_entry(floor, total_units=320, shift_date=day, operators_assigned=10)

    found = figure("efficiency", floor.client, period=Period.days(DAYS[0], DAYS[2]))

    assert (found.denominator, found.confidence) == (270, D("0.8"))
    assert found.estimated_share.quantize(D("0.0001")) == D("0.3333")


def test_floaters_known_to_be_there_are_a_part_of_the_heads(floor: Floor) -> None:
    for floater in make_floaters(2):
        send(floor, floater)
    make_entry(floor, total_units=320, operators_assigned=10)

    found = figure("efficiency", floor.client)

    assert (found.denominator, found.confidence) == (90, D("0.8"))


def test_a_row_without_line_has_its_own_heads(floor: Floor) -> None:
    order = make_order(floor.client, style=None)
    job = make_job(order, part=floor.part)
    make_entry(floor, line=None, work_order=order, job=job, total_units=80, operators_assigned=3)

    found = figure("efficiency", floor.client)

    assert (found.numerator, found.denominator, found.confidence) == (20, 27, D("0.8"))


def test_a_row_without_standard_leaves_with_its_share_of_the_people(floor: Floor) -> None:
    """Three heads for 300 minutes and one for 100: nine tenths and one tenth of 90 h."""
    all_present(floor, make_crew(floor))
    plain = make_job(floor.order, part=make_part(floor.client), code="PLAIN")
    make_entry(floor, total_units=320, run_minutes=300, operators_assigned=3)
    make_entry(floor, total_units=99, run_minutes=100, operators_assigned=1, job=plain)

    found = figure("efficiency", floor.client)

    assert (found.numerator, found.denominator) == (80, 81)
    assert [each.reason for each in found.excluded] == ["1 of 2 production rows has no standard."]
    assert words(floor) == ["81 h = 10 × 9 − 9 left out"]
