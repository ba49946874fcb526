"""Why there is nothing: was no work planned, or did nobody record it?"""

from __future__ import annotations

from datetime import date, timedelta
from functools import cached_property

from django.db.models import DateField, Value
from django.db.models.functions import Cast
from django.utils.translation import gettext as _

from clients.models import Client
from dashboards.charts import State
from kpis.periods import Period
from plant.models import CalendarDay, LineShift, Shift
from plant.models.calendar import LineShiftState
from plant.shifts import PlantCalendar

NOT_RUN, WEEKLY = "NOT_RUN", "WEEKLY"
"""Beside the kinds of calendar days: a line-shift that was planned and then called off, and a
shift with its weekdays."""


class Absences:
    """The plan of one client for a period: one query whatever its length, once asked for."""

    def __init__(self, client: Client, period: Period, today: date) -> None:
        self._client, self._period, self.today = client, period, today

    @cached_property
    def _plan(self) -> list[tuple[int | None, date | None, str, str, list[str]]]:
        """Line, day, kind, words and shifts of each day that is not like its weekday; the shifts
        themselves without a day, and with their weekdays in the last place."""
        period = self._period
        days = CalendarDay.objects.filter(
            client=self._client, date__gte=period.first, date__lt=period.end
        )
        called_off = LineShift.objects.filter(
            client=self._client,
            shift_date__gte=period.first,
            shift_date__lt=period.end,
            state=LineShiftState.NOT_PLANNED,
        )
        shifts = Shift.objects.filter(client=self._client).offered()
        codes = CalendarDay._meta.get_field("shifts")
        return list(
            days.order_by()
            .values_list("line_id", "date", "kind", "name", "shifts")
            .union(
                called_off.order_by().values_list(
                    "line_id", "shift_date", Value(NOT_RUN), "state_reason",
                    Value([], output_field=codes),
                ),
                shifts.order_by().values_list(
                    "line_id", Value(None, output_field=DateField()), Value(WEEKLY), "code",
                    Cast("weekdays", codes),
                ),
                all=True,
            )
        )  # fmt: skip

    @cached_property
    def _calendar(self) -> PlantCalendar:
        shifts, days = [], {}
        for line, day, kind, words, listed in self._plan:
            if kind == WEEKLY:
                shifts.append(Shift(line_id=line, code=words, weekdays=[int(n) for n in listed]))
            elif day and kind != NOT_RUN:
                days[line, day] = CalendarDay(
                    line_id=line, date=day, kind=kind, name=words, shifts=listed
                )
        return PlantCalendar(shifts, days)

    @cached_property
    def _called_off(self) -> dict[tuple[int, date], str]:
        called_off = sorted(
            (line or 0, day, reason)
            for line, day, kind, reason, _shifts in self._plan
            if day and kind == NOT_RUN
        )
        return {(line, day): reason for line, day, reason in called_off}

    def of_day(self, day: date, line_id: int | None = None) -> tuple[State, str]:
        """The state of a day without rows, and the words for it."""
        if day > self.today:
            return State.NOT_PLANNED, _("not yet")
        reason = self._called_off.get((line_id, day), "") if line_id else ""
        reason = reason or self._calendar.reason_without_work(line_id, day)
        return (State.NOT_PLANNED, reason) if reason else (State.NONE_RECORDED, "")

    def between(self, start: date, end: date, line_id: int | None = None) -> tuple[State, str]:
        """Of a stretch of time: not planned only when no day of it was."""
        days = [start + timedelta(days=each) for each in range((end - start).days)]
        found = [self.of_day(day, line_id) for day in days]
        planned = next((each for each in found if each[0] == State.NONE_RECORDED), None)
        return planned or found[0]
