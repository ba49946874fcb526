"""Windows of shifts: from wall-clock times in the client's zone, measured in elapsed time.

A night in which the clocks change is an hour longer or shorter than its times say, and the
planned minutes are those that really pass.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Protocol

Window = tuple[datetime, datetime]
DAY_MINUTES = 24 * 60


class Times(Protocol):
    start_time: time
    end_time: time


class Break(Protocol):
    line_id: int | None
    start_offset_minutes: int
    duration_minutes: int
    paid: bool


def window(shift: Times, on: date, zone: tzinfo) -> Window:
    """The half-open window `[starts_at, ends_at)` of the shift that starts on that local day."""
    last = on + timedelta(days=1) if shift.end_time < shift.start_time else on
    # Leave the zone before anything is subtracted: Python measures two instants of one zone by
    # their clock faces. An hour that exists twice means its first pass, at both ends alike, so
    # that shifts which touch neither overlap nor leave a gap.
    return (
        datetime.combine(on, shift.start_time, zone).astimezone(UTC),
        datetime.combine(last, shift.end_time, zone).astimezone(UTC),
    )


def elapsed_minutes(span: Window) -> int:
    return int((span[1] - span[0]).total_seconds() // 60)


def minutes_of_clock(shift: Times) -> int:
    """The length of the shift on a day without a change of clocks."""
    start = shift.start_time.hour * 60 + shift.start_time.minute
    end = shift.end_time.hour * 60 + shift.end_time.minute
    return (end - start) % DAY_MINUTES


def unpaid_minutes(breaks: Iterable[Break], line_id: int | None, elapsed: int) -> int:
    """Minutes inside the shift that are unpaid break of that line; overlaps count once."""
    spans = sorted(
        (each.start_offset_minutes, each.start_offset_minutes + each.duration_minutes)
        for each in breaks
        if not each.paid and each.line_id in (None, line_id)
    )
    total = reached = 0
    for start, end in spans:
        start, end = max(start, reached), min(end, elapsed)
        total += max(end - start, 0)
        reached = max(reached, end)
    return total


def net_minutes(span: Window, breaks: Iterable[Break], line_id: int | None) -> int:
    """Planned minutes: elapsed − unpaid breaks."""
    elapsed = elapsed_minutes(span)
    return elapsed - unpaid_minutes(breaks, line_id, elapsed)
