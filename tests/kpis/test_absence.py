"""Absenteeism and staffing: every number by hand."""

from __future__ import annotations

import datetime
from decimal import Decimal

import pytest

from attendance.chronic import chronic
from kpis.periods import Period
from kpis.registry import catalogue
from kpis.rows import rows_of
from tests.kpis.factories import figure, value
from tests.kpis.people import all_present, hours, make_crew, make_floaters, mark, require, send
from tests.plant.factories import make_shift
from tests.production.factories import DAY, Floor, make_entry

D = Decimal


# -- absenteeism -------------------------------------------------------------------------------


def test_covered_absence_counts_gross_and_not_net(floor: Floor) -> None:
    crew, (floater,) = make_crew(floor), make_floaters(1)
    all_present(floor, crew[1:])
    gone = mark(floor, crew[0], "ABSENT")
    uncovered = value("absenteeism_net", floor.client)
    send(floor, floater, covers=gone)

    assert (value("absenteeism_gross", floor.client), uncovered) == (10, 10)
    assert value("absenteeism_net", floor.client) == 0


def test_a_coverer_covers_no_more_than_the_absence(floor: Floor) -> None:
    crew, (floater,) = make_crew(floor), make_floaters(1)
    all_present(floor, crew[2:])
    half = mark(floor, crew[0], "PARTIAL")
    mark(floor, crew[1], "ABSENT")
    send(floor, floater, covers=half)

    assert hours(floor, "absence_hours") == D("13.5")
    assert hours(floor, "covered_hours") == D("4.5")
    assert value("absenteeism_net", floor.client) == 10


@pytest.mark.parametrize(
    ("heads", "scheduled", "missed", "expected"),
    [(40, "8", ["8", "8"], "5.00"), (20, "8", ["8", "4"], "7.50"), (20, "8", ["5"], "3.13")],
)
def test_late_and_partial_hours_count(
    floor: Floor, heads: int, scheduled: str, missed: list[str], expected: str
) -> None:
    crew = make_crew(floor, heads)
    for number, person in enumerate(crew):
        gone = D(missed[number]) if number < len(missed) else D(0)
        presence = "ABSENT" if gone == D(scheduled) else "PARTIAL" if gone else "PRESENT"
        mark(
            floor, person, presence, scheduled_hours=D(scheduled), actual_hours=D(scheduled) - gone
        )

    assert value("absenteeism_gross", floor.client) == D(expected)


def test_overtime_never_offsets_absence_and_vacation_leaves_both_sides(floor: Floor) -> None:
    crew = make_crew(floor, 11)
    mark(floor, crew[0], actual_hours=D(18))
    mark(floor, crew[1], "ABSENT")
    mark(floor, crew[2], "ABSENT", absence="VACATION")
    all_present(floor, crew[3:])

    assert (hours(floor, "scheduled_hours"), hours(floor, "absence_hours")) == (90, 9)
    assert value("absenteeism_gross", floor.client) == 10
    assert value("attendance_rate", floor.client) == 90


def test_a_half_day_is_attended(floor: Floor) -> None:
    crew = make_crew(floor, 2)
    mark(floor, crew[0], "PARTIAL")
    mark(floor, crew[1], "PRESENT", is_late=True)

    assert value("attendance_rate", floor.client) == 100
    assert value("absenteeism_gross", floor.client) == 25


@pytest.mark.parametrize("key", ["absenteeism_gross", "absenteeism_net"])
def test_production_without_attendance_is_no_absence_estimated(floor: Floor, key: str) -> None:
    """AC-13."""
    make_entry(floor, operators_assigned=10)

    found = figure(key, floor.client)

    assert (found.value, found.estimated, found.confidence) == (0, True, D("0.5"))
    assert found.notes == (
        "There was production but no attendance was recorded: nobody is taken to be absent.",
    )
    assert figure("attendance_rate", floor.client).reason == "No attendance was recorded."


def test_neither_production_nor_attendance_is_no_value(floor: Floor) -> None:
    found = figure("absenteeism_gross", floor.client)

    assert (found.value, found.reason) == (None, "No attendance was recorded.")


def test_everybody_on_vacation_is_no_value(floor: Floor) -> None:
    make_entry(floor)
    mark(floor, make_crew(floor, 1)[0], "ABSENT", absence="VACATION")

    assert figure("absenteeism_gross", floor.client).reason == "Nothing was scheduled."


def test_chronic_is_above_ten_percent_of_thirty_days(floor: Floor) -> None:
    often, sometimes = make_crew(floor, 2)
    for number in range(10):
        day = datetime.date(2025, 12, 1) + datetime.timedelta(days=number)
        if day.isoweekday() > 5:
            continue
        mark(floor, often, "ABSENT" if number == 1 else "PRESENT", shift_date=day)
        gone = {"scheduled_hours": D(10), "actual_hours": D(2) if number == 1 else D(10)}
        mark(floor, sometimes, "PARTIAL" if number == 1 else "PRESENT", shift_date=day, **gone)

    found = chronic(floor.client.pk, datetime.date(2025, 12, 10))

    assert [(each.by[0].code, each.value) for each in found] == [(often.code, D("12.5"))]


# -- staffing ----------------------------------------------------------------------------------


def test_staffing_is_heads_against_the_requirement(floor: Floor) -> None:
    require(floor, 12)
    crew, (floater,) = make_crew(floor), make_floaters(1)
    all_present(floor, crew[2:])
    for person in crew[:2]:
        mark(floor, person, "ABSENT")
    send(floor, floater)

    found = figure("staffing", floor.client)

    assert (found.numerator, found.denominator, found.value) == (9, 12, 75)


def test_a_shift_without_attendance_is_not_an_empty_one(floor: Floor) -> None:
    require(floor, 12)
    make_entry(floor)

    found = figure("staffing", floor.client)

    assert (found.value, found.reason) == (None, "1 of 1 line-shift has no attendance.")


def test_no_requirement_no_staffing(floor: Floor) -> None:
    all_present(floor, make_crew(floor))

    assert figure("staffing", floor.client).reason == "No head count is required."


# -- rows, clients -----------------------------------------------------------------------------


def test_the_rows_listed_make_up_the_hours(floor: Floor) -> None:
    crew, floaters = make_crew(floor), make_floaters(2)
    all_present(floor, crew)
    for floater in floaters:
        send(floor, floater)
    make_entry(floor, total_units=320)

    listed = rows_of("efficiency", [floor.client.pk], Period.days(DAY, DAY))

    counted = {each.measure: (each.rows.count(), each.total()) for each in listed}
    assert counted["line_present_hours"] == (10, 90)
    assert counted["line_floater_hours"] == (2, 18)
    assert counted["inferred_person_hours"] == (1, 0)


def test_people_of_another_client_are_in_no_figure(both: tuple[Floor, Floor]) -> None:
    mine, theirs = both
    (floater,) = make_floaters(1)
    for floor in both:
        all_present(floor, make_crew(floor))
        make_entry(floor, total_units=320)
    send(theirs, floater)

    assert hours(theirs) == 99
    assert hours(mine) == 90


def test_overtime_counts_in_efficiency(floor: Floor) -> None:
    saturday = datetime.date(2025, 12, 6)
    overtime = make_shift(floor.client, "07:00", "15:00", kind="OVERTIME", weekdays=[6])
    for person in make_crew(floor, 2):
        mark(floor, person, shift=overtime, shift_date=saturday, line=floor.line)
    make_entry(floor, shift=overtime, shift_date=saturday, total_units=40)

    assert value("efficiency", floor.client, day=saturday) == D("62.50")


def test_the_help_says_what_an_uncovered_absence_does() -> None:
    text = catalogue.kpi("efficiency").help

    assert "uncovered absence raises this ratio" in text
    assert "cost shows in absenteeism and in the output" in text
