"""Why there is nothing: was no work planned, or did nobody record it?"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta

from django.utils.translation import gettext as _

from clients.models import Client
from dashboards.charts import State
from kpis.periods import Period
from plant.models import LineShift
from plant.models.calendar import LineShiftState
from plant.shifts import PlantCalendar


@dataclass
class Absences:
    """The plan of one client for a period: three queries, whatever its length."""

    calendar: PlantCalendar | None
    today: date
    cancelled: dict[tuple[int, date], str] = field(default_factory=dict)

    @classmethod
    def of(cls, client: Client | None, period: Period, today: date) -> Absences:
        if client is None:
            return cls(None, today)
        cancelled = LineShift.objects.filter(
            client=client,
            shift_date__gte=period.first,
            shift_date__lt=period.end,
            state=LineShiftState.NOT_PLANNED,
        ).values_list("line_id", "shift_date", "state_reason")
        return cls(
            PlantCalendar.of(client, period.first, period.last),
            today,
            {(line, day): reason for line, day, reason in cancelled},
        )

    def of_day(self, day: date, line_id: int | None = None) -> tuple[State, str]:
        """The state of a day without rows, and the words for it."""
        if day > self.today:
            return State.NOT_PLANNED, _("not yet")
        if self.calendar is None:
            return State.NONE_RECORDED, ""
        reason = self.cancelled.get((line_id, day), "") if line_id else ""
        reason = reason or self.calendar.reason_without_work(line_id, day)
        return (State.NOT_PLANNED, reason) if reason else (State.NONE_RECORDED, "")

    def between(self, start: date, end: date, line_id: int | None = None) -> tuple[State, str]:
        """Of a stretch of time: not planned only when no day of it was."""
        days = [start + timedelta(days=each) for each in range((end - start).days)]
        found = [self.of_day(day, line_id) for day in days]
        planned = next((each for each in found if each[0] == State.NONE_RECORDED), None)
        return planned or found[0]
