"""Which shift an instant belongs to, which shifts run on a day, and the line-shifts they make."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, tzinfo
from typing import Any, NamedTuple

from django.utils import timezone

from clients.models import Client, EntryMethod
from plant.clock import elapsed_minutes, minutes_of_clock, net_minutes, unpaid_minutes, window
from plant.models import CalendarDay, Line, LineShift, Shift, ShiftBreak
from plant.models.calendar import NO_WORK, LineShiftState

__all__ = [
    "LineShiftKey",
    "PlantCalendar",
    "business_date",
    "elapsed_minutes",
    "ensure_line_shifts",
    "minutes_of_clock",
    "net_minutes",
    "overlapping_shifts",
    "plan_line_shifts",
    "proposed_shift",
    "unpaid_minutes",
    "window",
]

# A shift of one weekday comes back after seven days.
LOOK_BACK = timedelta(days=8)


class LineShiftKey(NamedTuple):
    client_id: int
    line_id: int
    shift_id: int
    shift_date: date


@dataclass
class PlantCalendar:
    """The shifts of one client and the days on which they run, loaded in two queries."""

    shifts: Sequence[Shift]
    days: dict[tuple[int | None, date], CalendarDay] = field(default_factory=dict)

    @classmethod
    def of(cls, client: Client, first: date, last: date) -> PlantCalendar:
        days = CalendarDay.objects.filter(client=client, date__range=(first, last))
        return cls(
            shifts=list(Shift.objects.filter(client=client).offered()),
            days={(day.line_id, day.date): day for day in days},
        )

    def day(self, line_id: int | None, on: date) -> CalendarDay | None:
        """The exception of that day, if there is one; that of the line beats that of all."""
        return self.days.get((line_id, on)) or self.days.get((None, on))

    def runs(self, shift: Shift, line_id: int | None, on: date) -> bool:
        exception = self.day(line_id, on)
        if exception:
            return exception.runs(shift)
        return on.isoweekday() in shift.weekdays

    def running(self, line_id: int | None, on: date) -> list[Shift]:
        return [
            shift
            for shift in self.shifts
            if shift.serves(line_id) and self.runs(shift, line_id, on)
        ]

    def reason_without_work(self, line_id: int | None, on: date) -> str:
        """Why nothing is planned, in words: `holiday: Independence Day`; empty when it is."""
        exception = self.day(line_id, on)
        if exception and exception.kind in NO_WORK:
            kind = exception.get_kind_display().lower()
            return f"{kind}: {exception.name}" if exception.name else kind
        return "" if self.running(line_id, on) else "no shift on this day"


def proposed_shift(
    calendar: PlantCalendar, instant: datetime, zone: tzinfo, line_id: int | None = None
) -> tuple[Shift, date] | None:
    """The shift whose window contains the instant; between shifts, the one that ended last.

    Of two windows that contain it, the one that started later.
    """
    windows = list(_windows(calendar, instant, zone, line_id))
    inside = [each for each in windows if each[0] <= instant < each[1]]
    if inside:
        _, _, shift, on = max(inside, key=lambda each: each[0])
        return shift, on
    ended = [each for each in windows if each[1] <= instant]
    if ended:
        _, _, shift, on = max(ended, key=lambda each: each[1])
        return shift, on
    return None


def business_date(
    calendar: PlantCalendar, instant: datetime, zone: tzinfo, line_id: int | None = None
) -> date:
    """The local day on which the window of the instant's shift starts; never the day of capture."""
    proposed = proposed_shift(calendar, instant, zone, line_id)
    return proposed[1] if proposed else instant.astimezone(zone).date()


def _windows(
    calendar: PlantCalendar, instant: datetime, zone: tzinfo, line_id: int | None
) -> Iterator[tuple[datetime, datetime, Shift, date]]:
    today = instant.astimezone(zone).date()
    for back in range(LOOK_BACK.days + 1):
        on = today - timedelta(days=back)
        for shift in calendar.running(line_id, on):
            yield (*window(shift, on, zone), shift, on)


def overlapping_shifts(shifts: Iterable[Shift]) -> list[tuple[Shift, Shift]]:
    """Pairs of active shifts that can run on one line at one time: worth a warning."""
    spans = []
    for shift in shifts:
        length = minutes_of_clock(shift)
        for weekday in shift.weekdays if shift.active else ():
            start = weekday * 1440 + shift.start_time.hour * 60 + shift.start_time.minute
            spans.append((start, start + length, shift))
    # Sunday night reaches into the next Monday.
    week = 7 * 1440
    spans += [(start + week, end + week, shift) for start, end, shift in spans]
    spans.sort(key=lambda span: (span[0], span[1]))
    return _distinct_pairs(
        (one, other)
        for at, (_, end, one) in enumerate(spans)
        for start, _, other in spans[at + 1 :]
        if start < end and one is not other and one.serves(other.line_id)
    )


def _distinct_pairs(pairs: Iterable[tuple[Shift, Shift]]) -> list[tuple[Shift, Shift]]:
    return list({frozenset((one.code, other.code)): (one, other) for one, other in pairs}.values())


def ensure_line_shifts(
    keys: Iterable[tuple[int, int, int, date]],
) -> dict[LineShiftKey, LineShift]:
    """The line-shift of each key, made where it is missing; the same few queries for any number.

    A key whose shift does not run on its line, or whose line or shift is not in scope, is left
    out: the row that asked for it is refused by its own rules.
    """
    wanted = {LineShiftKey(*key) for key in keys}
    found = _line_shifts(wanted)
    missing = wanted - found.keys()
    if missing and (new := _planned(missing)):
        # Somebody else may be making the same ones: theirs stay, and we read them back.
        LineShift.objects.bulk_create(new, ignore_conflicts=True)
        found |= _line_shifts(missing)
    return found


def _line_shifts(keys: set[LineShiftKey]) -> dict[LineShiftKey, LineShift]:
    if not keys:
        return {}
    rows = LineShift.objects.filter(
        line__in={key.line_id for key in keys},
        shift__in={key.shift_id for key in keys},
        shift_date__in={key.shift_date for key in keys},
    )
    found = {LineShiftKey(r.client_id, r.line_id, r.shift_id, r.shift_date): r for r in rows}
    return {key: found[key] for key in keys if key in found}


def _planned(keys: set[LineShiftKey]) -> list[LineShift]:
    lines = Line.objects.select_related("client").in_bulk({key.line_id for key in keys})
    shifts = Shift.objects.in_bulk({key.shift_id for key in keys})
    fitting = [
        key
        for key in sorted(keys)
        if (line := lines.get(key.line_id)) and (shift := shifts.get(key.shift_id))
        if line.client_id == shift.client_id == key.client_id and shift.serves(line.pk)
    ]
    rows = [
        LineShift(
            client=lines[key.line_id].client,
            line=lines[key.line_id],
            shift=shifts[key.shift_id],
            shift_date=key.shift_date,
            entry_method=EntryMethod.SYSTEM,
        )
        for key in fitting
    ]
    LineShift.prepare(rows)
    return [row for row in rows if row.planned_minutes]


def plan_line_shifts(client: Client, *, days: int = 7, now: datetime | None = None) -> int:
    """Make the line-shifts of the coming days, today included; returns how many are new.

    Planned ones that have not started follow changes of their shift, breaks and stations; those
    that began are frozen. Runs inside the client's scope.
    """
    now = now or timezone.now()
    first = client.local_day(now)
    dates = [first + timedelta(days=ahead) for ahead in range(days + 1)]
    calendar = PlantCalendar.of(client, dates[0], dates[-1])
    lines = list(Line.objects.filter(client=client).offered())
    wanted = {
        LineShiftKey(client.pk, line.pk, shift.pk, on)
        for line in lines
        for on in dates
        for shift in calendar.running(line.pk, on)
    }
    before = _line_shifts(wanted)
    _refresh(client, now)
    return len(ensure_line_shifts(wanted)) - len(before)


COPIED = ("shift_kind", "starts_at", "ends_at", "planned_minutes", "stations")


def _refresh(client: Client, now: datetime) -> None:
    rows = list(
        LineShift.objects.filter(client=client, state=LineShiftState.PLANNED)
        .not_started(now)
        .filter(entry_method=EntryMethod.SYSTEM)
        .select_related("client", "line", "shift")
    )
    breaks = defaultdict(list)
    for each in ShiftBreak.objects.filter(client=client):
        breaks[each.shift_id].append(each)
    changed = []
    for row in rows:
        was = _copied(row)
        row.planned_minutes = None
        row.take_plan(breaks[row.shift_id])
        if _copied(row) != was and row.planned_minutes:
            changed.append(row)
    LineShift.objects.bulk_update(changed, COPIED)


def _copied(row: LineShift) -> list[Any]:
    return [getattr(row, name) for name in COPIED]
