"""Windows of shifts in America/Matamoros, where the clocks change."""

from __future__ import annotations

import datetime
from datetime import UTC, date, time
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest

from plant.clock import elapsed_minutes, minutes_of_clock, net_minutes, unpaid_minutes, window

MATAMOROS = ZoneInfo("America/Matamoros")
NIGHT = SimpleNamespace(start_time=time(21), end_time=time(6))
DAY = SimpleNamespace(start_time=time(7), end_time=time(17))


def pause(after: int, minutes: int, *, line: int | None = None, paid: bool = False):
    return SimpleNamespace(
        start_offset_minutes=after, duration_minutes=minutes, line_id=line, paid=paid
    )


@pytest.mark.parametrize(
    ("on", "minutes"),
    [
        (date(2026, 1, 15), 540),  # an ordinary night
        (date(2026, 3, 7), 480),  # the clocks go forward: 8 h
        (date(2026, 10, 31), 600),  # the clocks go back: 10 h
        (date(2026, 3, 8), 540),  # the night after each change is ordinary again
        (date(2026, 11, 1), 540),
    ],
)
def test_a_night_lasts_as_long_as_it_really_lasts(on, minutes):
    assert elapsed_minutes(window(NIGHT, on, MATAMOROS)) == minutes


def test_a_window_is_made_of_instants():
    assert window(NIGHT, date(2026, 1, 31), MATAMOROS) == (
        datetime.datetime(2026, 2, 1, 3, 0, tzinfo=UTC),
        datetime.datetime(2026, 2, 1, 12, 0, tzinfo=UTC),
    )


def test_a_day_shift_ends_on_its_own_day():
    assert window(DAY, date(2026, 7, 15), MATAMOROS) == (
        datetime.datetime(2026, 7, 15, 12, 0, tzinfo=UTC),
        datetime.datetime(2026, 7, 15, 22, 0, tzinfo=UTC),
    )


@pytest.mark.parametrize("at", [time(1, 30), time(2, 30)])
@pytest.mark.parametrize("on", [date(2026, 3, 7), date(2026, 10, 31)])
def test_shifts_that_meet_in_the_changing_hour_leave_neither_gap_nor_overlap(at, on):
    before = SimpleNamespace(start_time=time(18), end_time=at)
    after = SimpleNamespace(start_time=at, end_time=time(9))

    ends = window(before, on, MATAMOROS)[1]
    starts = window(after, on + datetime.timedelta(days=1), MATAMOROS)[0]

    assert ends == starts


def test_clock_minutes_of_a_shift_over_midnight():
    assert (minutes_of_clock(NIGHT), minutes_of_clock(DAY)) == (540, 600)


def test_unpaid_breaks_leave_the_net_minutes():
    span = window(DAY, date(2025, 12, 2), MATAMOROS)

    assert net_minutes(span, [pause(300, 60)], line_id=1) == 540


def test_paid_breaks_stay():
    span = window(DAY, date(2025, 12, 2), MATAMOROS)

    assert net_minutes(span, [pause(300, 60, paid=True)], line_id=1) == 600


def test_a_break_of_one_line_is_not_a_break_of_another():
    breaks = [pause(120, 15), pause(300, 60, line=1)]

    assert [unpaid_minutes(breaks, line, 600) for line in (1, 2, None)] == [75, 15, 15]


def test_overlapping_breaks_count_once():
    assert unpaid_minutes([pause(100, 30), pause(110, 10), pause(120, 30)], 1, 600) == 50


def test_a_break_counts_only_inside_the_shift():
    # A break that starts 510 min after the start of a night of 480 min never happens.
    assert unpaid_minutes([pause(450, 60), pause(530, 30)], 1, 480) == 30


def test_the_short_night_loses_its_break_too():
    span = window(NIGHT, date(2026, 3, 7), MATAMOROS)

    assert net_minutes(span, [pause(240, 30)], line_id=1) == 450
