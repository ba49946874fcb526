"""Hours of a shift: the net hours that a person is scheduled for, and times of day inside it."""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any

from plant import clock
from plant.models import Shift, ShiftBreak

if TYPE_CHECKING:
    from attendance.models import AttendanceRecord

CENT = Decimal("0.01")


def as_hours(minutes: int) -> Decimal:
    return rounded(Decimal(minutes) / 60)


def rounded(hours: Decimal) -> Decimal:
    """Half up, as people round: half of 8.25 h is 4.13 h."""
    return hours.quantize(CENT, ROUND_HALF_UP)


def fill_scheduled(rows: Sequence[AttendanceRecord]) -> None:
    """The net hours of each row's shift: its line-shift's planned ones, which are frozen, else
    the shift without its unpaid breaks."""
    waiting = [row for row in rows if row.scheduled_hours is None]
    for row in waiting:
        if row.line_shift:
            row.scheduled_hours = as_hours(row.line_shift.planned_minutes)
    rest = [row for row in waiting if row.scheduled_hours is None and row.has_key()]
    breaks = breaks_of({row.shift_id for row in rest})
    for row in rest:
        window = clock.window(row.shift, row.shift_date, row.client.zone)
        minutes = clock.net_minutes(window, breaks[row.shift_id], row.line_id)
        row.scheduled_hours = as_hours(minutes) if minutes > 0 else None


def breaks_of(shift_ids: set[int]) -> dict[int, list[ShiftBreak]]:
    found: dict[int, list[ShiftBreak]] = defaultdict(list)
    for each in ShiftBreak.objects.filter(shift__in=shift_ids) if shift_ids else ():
        found[each.shift_id].append(each)
    return found


def minutes_into(shift: Shift, came: Any, left: Any) -> tuple[int, int]:
    """Arrival and departure as minutes after the start of the shift.

    Times of day have no date: before noon of a night shift is the next day. Who comes at a time
    that the shift does not contain came before it began.
    """
    arrival, departure = _after(shift.start_time, came), _after(shift.start_time, left)
    if arrival >= clock.minutes_of_clock(shift):
        arrival -= clock.DAY_MINUTES
    return arrival, departure


def _after(start: datetime.time, moment: datetime.time) -> int:
    minutes = (moment.hour - start.hour) * 60 + moment.minute - start.minute
    return minutes % clock.DAY_MINUTES


def shown(hours: Decimal) -> str:
    """`9`, `8.5`: as people write them."""
    return f"{hours.normalize():f}"
