"""Why there is nothing: was no work planned, or did nobody record it?"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef
from django.db.models.functions import JSONArray
from django.utils.translation import gettext as _

from clients.models import Client
from dashboards.charts import State
from kpis.periods import Period
from plant.models import Line, LineShift
from plant.models.calendar import LineShiftState
from plant.shifts import PlantCalendar


def with_cancelled(lines: Any, period: Period) -> Any:
    """Lines that know the days on which a shift of theirs was not planned, and why."""
    shifts = LineShift.objects.filter(
        client_id=OuterRef("client_id"),
        line_id=OuterRef("pk"),
        shift_date__gte=period.first,
        shift_date__lt=period.end,
        state=LineShiftState.NOT_PLANNED,
    ).order_by()
    return lines.annotate(
        cancelled=ArraySubquery(
            shifts.values_list(JSONArray("shift_date", "state_reason"), flat=True)
        )
    )


@dataclass
class Absences:
    """The plan of one client for a period: two queries, whatever its length, and a third one
    unless its lines were read `with_cancelled` shifts."""

    calendar: PlantCalendar | None
    today: date
    cancelled: dict[tuple[int, date], str] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        client: Client | None,
        period: Period,
        today: date,
        lines: Iterable[Any] | None = None,
    ) -> Absences:
        if client is None:
            return cls(None, today)
        if lines is None:
            lines = with_cancelled(Line.objects.filter(client=client), period)
        return cls(
            PlantCalendar.of(client, period.first, period.last),
            today,
            {
                (line.pk, date.fromisoformat(day)): reason
                for line in lines
                for day, reason in line.cancelled
            },
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
