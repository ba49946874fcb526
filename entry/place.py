"""Which sheet an address asks for: client, business date, shift and line, each with a default."""

from __future__ import annotations

import datetime
import re
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from clients.models import Client
from clients.roles import Action
from clients.scope import current_scope
from plant import clock
from plant.models import Line, Shift
from plant.shifts import PlantCalendar, proposed_shift

DAY = datetime.timedelta(days=1)
# Long enough for a shift of one weekday to come round.
LOOK_BACK = 9


class Unreadable(ValueError):
    """A sentence for the person who typed the address."""


class NoShifts(Exception):
    """The client has no shift yet, so there is no sheet either."""


@dataclass(frozen=True)
class Place:
    """One sheet. Without a line it is that of all lines."""

    client: Client
    shift_date: datetime.date
    shift: Shift
    line: Line | None
    lines: tuple[Line, ...]
    calendar: PlantCalendar

    @cached_property
    def window(self) -> clock.Window:
        return clock.window(self.shift, self.shift_date, self.client.zone)

    @property
    def span(self) -> str:
        starts, ends = (each.astimezone(self.client.zone) for each in self.window)
        return f"{starts:%H:%M}–{ends:%H:%M}"

    @property
    def state(self) -> str:
        now = timezone.now()
        if now < self.window[0]:
            return _("not begun")
        return _("running") if now < self.window[1] else _("ended")

    def query(self, **more: str) -> str:
        pairs = [
            ("client", self.client.code),
            ("date", self.shift_date.isoformat()),
            ("shift", self.shift.code),
        ]
        pairs += [("line", self.line.code)] if self.line else []
        return urlencode([*pairs, *more.items()])

    def link(self, **more: str) -> str:
        return f"{reverse('entry:roster')}?{self.query(**more)}"

    def on(self, shift_date: datetime.date, shift: Shift) -> str:
        return replace(self, shift_date=shift_date, shift=shift).link()

    # Neighbours. What lies ahead of today cannot be recorded, so there is no way to it.

    @property
    def day_before(self) -> str:
        return self.on(self.shift_date - DAY, self.shift)

    @property
    def day_after(self) -> str:
        following = self.shift_date + DAY
        return self.on(following, self.shift) if following <= self.client.today() else ""

    @property
    def shifts(self) -> list[Shift]:
        """The shifts that can be chosen on this day, the earliest first."""
        line_id = self.line.pk if self.line else None
        running = self.calendar.running(line_id, self.shift_date)
        if self.line is None:
            running = [
                shift
                for shift in self.calendar.shifts
                if self.calendar.runs(shift, shift.line_id, self.shift_date)
            ]
        known = {each.pk: each for each in [*running, self.shift]}
        return sorted(known.values(), key=lambda each: (each.start_time, each.code, each.pk))

    @property
    def shift_before(self) -> str:
        place = self._at()
        if place > 0:
            return self.on(self.shift_date, self.shifts[place - 1])
        day = replace(self, shift_date=self.shift_date - DAY)
        return self.on(day.shift_date, day.shifts[-1])

    @property
    def shift_after(self) -> str:
        place, shifts = self._at(), self.shifts
        if place + 1 < len(shifts):
            return self.on(self.shift_date, shifts[place + 1])
        if self.shift_date >= self.client.today():
            return ""
        day = replace(self, shift_date=self.shift_date + DAY)
        return self.on(day.shift_date, day.shifts[0])

    def _at(self) -> int:
        return [each.pk for each in self.shifts].index(self.shift.pk)


def own_clients() -> QuerySet[Client]:
    """The clients in scope for which the user may enter rows."""
    scope = current_scope()
    allowed = [each for each in scope.ids if scope.may(Action.ENTRY, each)]
    return Client.objects.filter(pk__in=allowed).order_by("code")


def read(request: HttpRequest, client: Client) -> Place:
    lines = tuple(Line.objects.filter(client=client).offered().order_by("code"))
    line = _line(request, lines)
    today = client.today()
    on = _date(request, today)
    calendar = PlantCalendar.of(client, min(on or today, today) - DAY * LOOK_BACK, today + DAY)
    if not calendar.shifts:
        raise NoShifts
    line_id = line.pk if line else None
    proposed = proposed_shift(calendar, timezone.now(), client.zone, line_id)
    code = request.GET.get("shift", "").strip().upper()
    shift = _shift(calendar, code, line) if code else None
    if shift is None:
        shift, last = _default(calendar, proposed, on, today, line)
        on = on or last
    elif on is None:
        on = proposed[1] if proposed else today
    if shift.line_id and line is None:
        line = next((each for each in lines if each.pk == shift.line_id), None)
    return Place(client, on, shift, line, lines, calendar)


def _line(request: HttpRequest, lines: tuple[Line, ...]) -> Line | None:
    code = request.GET.get("line", "").strip().upper()
    found = next((each for each in lines if each.code == code), None)
    if code and found is None:
        raise Unreadable(_("Unknown line “%(code)s”.") % {"code": code[:50]})
    return found


def _date(request: HttpRequest, today: datetime.date) -> datetime.date | None:
    text = request.GET.get("date", "").strip()
    if not text:
        return None
    try:
        if not re.fullmatch(r"\d{4}-\d\d-\d\d", text):
            raise ValueError
        day = datetime.date.fromisoformat(text)
    except ValueError:
        sentence = _("“%(text)s” is not a date. Write it as 2025-12-31.")
        raise Unreadable(sentence % {"text": text[:50]}) from None
    if day > today:
        raise Unreadable(_("A future date cannot be recorded."))
    if day.year < 2000:
        raise Unreadable(_("Choose a day since 2000."))
    return day


def _shift(calendar: PlantCalendar, code: str, line: Line | None) -> Shift:
    """Two lines may call their own shifts alike; that of the line comes before that of all."""
    fitting = [each for each in calendar.shifts if each.code == code]
    if line:
        fitting = [each for each in fitting if each.serves(line.pk)]
        fitting.sort(key=lambda each: each.line_id is None)
    else:
        fitting.sort(key=lambda each: each.line_id is not None)
    if not fitting:
        raise Unreadable(_("Unknown shift “%(code)s”.") % {"code": code[:50]})
    return fitting[0]


def _default(
    calendar: PlantCalendar,
    proposed: tuple[Shift, datetime.date] | None,
    on: datetime.date | None,
    today: datetime.date,
    line: Line | None,
) -> tuple[Shift, datetime.date]:
    """The shift that runs or ended last; on a chosen day the same one, or the day's first."""
    serving = [each for each in calendar.shifts if line is None or each.serves(line.pk)]
    if not serving:
        raise NoShifts
    if on is None:
        return proposed or (serving[0], today)
    running = [each for each in serving if calendar.runs(each, each.line_id, on)]
    if proposed and proposed[0] in running:
        return proposed[0], on
    return min(running or serving, key=lambda each: (each.start_time, each.code)), on
