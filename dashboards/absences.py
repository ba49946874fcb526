"""Why there is nothing: was no work planned, or did nobody record it?"""

from __future__ import annotations

from datetime import date, timedelta
from functools import cached_property

from django.db.models import Value
from django.utils.translation import gettext as _

from clients.models import Client
from dashboards.charts import State
from kpis.periods import Period
from plant.models import CalendarDay, LineShift, Shift
from plant.models.calendar import LineShiftState
from plant.shifts import PlantCalendar

NOT_RUN = "NOT_RUN"
"""Beside the kinds of calendar days: a line-shift that was planned and then called off."""


class Absences:
    """The plan of one client for a period: two queries whatever its length, once asked for."""

    def __init__(self, client: Client, period: Period, today: date) -> None:
        self._client, self._period, self.today = client, period, today

    @cached_property
    def _exceptions(self) -> list[tuple[int | None, date, str, str, list[str]]]:
        """Line, day, kind, reason and shifts of each day that is not like its weekday."""
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
        columns = ("line_id", "date", "kind", "name", "shifts")
        nothing = Value([], output_field=CalendarDay._meta.get_field("shifts"))
        both = (
            days.order_by()
            .values_list(*columns)
            .union(
                called_off.order_by().values_list(
                    "line_id", "shift_date", Value(NOT_RUN), "state_reason", nothing
                ),
                all=True,
            )
        )
        return list(both)

    @cached_property
    def _calendar(self) -> PlantCalendar:
        days = [
            CalendarDay(line_id=line, date=day, kind=kind, name=name, shifts=shifts)
            for line, day, kind, name, shifts in self._exceptions
            if kind != NOT_RUN
        ]
        return PlantCalendar(
            list(Shift.objects.filter(client=self._client).offered()),
            {(day.line_id, day.date): day for day in days},
        )

    @cached_property
    def _called_off(self) -> dict[tuple[int, date], str]:
        called_off = sorted(
            (line or 0, day, reason)
            for line, day, kind, reason, _shifts in self._exceptions
            if kind == NOT_RUN
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
