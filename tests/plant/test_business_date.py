"""Which day an instant belongs to: the local day on which its shift starts."""

from __future__ import annotations

import datetime
from datetime import UTC, date
from zoneinfo import ZoneInfo

import pytest

from plant.models import CalendarDay
from plant.shifts import PlantCalendar, business_date, proposed_shift
from tests.plant.factories import make_line, make_shift

MATAMOROS = ZoneInfo("America/Matamoros")


def local(text: str) -> datetime.datetime:
    return datetime.datetime.fromisoformat(text).replace(tzinfo=MATAMOROS)


@pytest.fixture
def calendar(in_acme):
    """First shift 07:00–17:00 and a night 21:00–06:00, Monday to Friday; Saturday 07:00–15:00."""
    make_shift(in_acme, "07:00", "17:00", code="1ST")
    make_shift(in_acme, "21:00", "06:00", code="2ND", weekdays=[1, 2, 3, 4, 5, 6])
    make_shift(in_acme, "07:00", "15:00", code="SAT", weekdays=[6])
    return PlantCalendar.of(in_acme, date(2025, 1, 1), date(2027, 1, 1))


@pytest.mark.parametrize(
    ("captured", "code", "on"),
    [
        ("2026-02-01T03:15", "2ND", date(2026, 1, 31)),  # counted in January
        ("2025-12-02T23:58", "2ND", date(2025, 12, 2)),
        ("2025-12-03T00:02", "2ND", date(2025, 12, 2)),
        ("2025-12-03T05:59", "2ND", date(2025, 12, 2)),
        ("2025-12-31T23:58", "2ND", date(2025, 12, 31)),  # the end of month and year
        ("2026-01-01T00:02", "2ND", date(2025, 12, 31)),
        ("2026-03-08T03:30", "2ND", date(2026, 3, 7)),  # the night of 8 h
        ("2026-11-01T05:59", "2ND", date(2026, 10, 31)),  # the night of 10 h
        ("2025-12-03T07:00", "1ST", date(2025, 12, 3)),  # half-open: the start belongs to it
        ("2025-12-03T06:00", "2ND", date(2025, 12, 2)),  # between shifts: the one that ended last
        ("2025-12-03T06:59", "2ND", date(2025, 12, 2)),
        ("2025-12-03T17:00", "1ST", date(2025, 12, 3)),
        ("2025-12-08T06:30", "2ND", date(2025, 12, 6)),  # Monday, before the first shift
    ],
)
def test_an_instant_belongs_to_the_shift_that_contains_it_or_ended_last(
    calendar, captured, code, on
):
    shift, day = proposed_shift(calendar, local(captured), MATAMOROS)

    assert (shift.code, day) == (code, on)
    assert business_date(calendar, local(captured), MATAMOROS) == on


def test_the_instant_in_utc_gives_the_same_business_date(calendar):
    captured = datetime.datetime(2026, 2, 1, 9, 15, tzinfo=UTC)

    assert business_date(calendar, captured, MATAMOROS) == date(2026, 1, 31)


def test_without_any_shift_the_local_day_remains(in_acme):
    empty = PlantCalendar.of(in_acme, date(2026, 1, 1), date(2026, 12, 31))

    assert proposed_shift(empty, local("2026-02-01T23:58"), MATAMOROS) is None
    assert business_date(empty, local("2026-02-01T23:58"), MATAMOROS) == date(2026, 2, 1)


def test_a_holiday_proposes_the_last_shift_that_ran(in_acme, calendar):
    CalendarDay.objects.create(client=in_acme, date=date(2025, 12, 3), kind="HOLIDAY")
    calendar = PlantCalendar.of(in_acme, date(2025, 1, 1), date(2027, 1, 1))

    assert proposed_shift(calendar, local("2025-12-03T10:00"), MATAMOROS)[1] == date(2025, 12, 2)


def test_of_two_windows_the_one_that_started_later_is_proposed(in_acme, calendar):
    make_shift(in_acme, "15:00", "20:00", code="LATE")
    calendar = PlantCalendar.of(in_acme, date(2025, 1, 1), date(2027, 1, 1))

    assert proposed_shift(calendar, local("2025-12-02T16:00"), MATAMOROS)[0].code == "LATE"


def test_the_shift_of_another_line_is_not_proposed(in_acme, calendar):
    first, second = make_line(in_acme), make_line(in_acme)
    make_shift(in_acme, "12:00", "14:00", code="ONLY-2", line=second)
    calendar = PlantCalendar.of(in_acme, date(2025, 1, 1), date(2027, 1, 1))
    noon = local("2025-12-02T12:30")

    assert proposed_shift(calendar, noon, MATAMOROS, second.pk)[0].code == "ONLY-2"
    assert proposed_shift(calendar, noon, MATAMOROS, first.pk)[0].code == "1ST"


def test_a_short_shift_inside_a_long_one_gives_way_at_its_end(in_acme):
    make_shift(in_acme, "06:00", "20:00", code="LONG")
    make_shift(in_acme, "12:00", "14:00", code="SHORT")
    calendar = PlantCalendar.of(in_acme, date(2025, 12, 1), date(2025, 12, 5))
    times = ("2025-12-02T13:59", "2025-12-02T14:00", "2025-12-02T20:30")

    codes = [proposed_shift(calendar, local(text), MATAMOROS)[0].code for text in times]

    # At 14:00 SHORT is over; at 20:30 the one that ended last is not the one that began last.
    assert codes == ["SHORT", "LONG", "LONG"]
