"""The business date and shift of each hold: that of the instant from which it counts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.utils import timezone

from plant.related import known
from plant.shifts import LOOK_BACK, PlantCalendar, proposed_shift

if TYPE_CHECKING:
    from holds.models import WIPHold


def this_second() -> datetime:
    """Whole seconds, so that a form gives back the instant that it showed."""
    return timezone.now().replace(microsecond=0)


def place_in_shifts(rows: Sequence[WIPHold]) -> None:
    """Two queries per client, however many rows; a calendar without shifts leaves the day."""
    of_client: dict[int, list[WIPHold]] = defaultdict(list)
    for row in rows:
        of_client[row.client_id].append(row)
    for own in of_client.values():
        _place(own)


def _place(rows: Sequence[WIPHold]) -> None:
    client = rows[0].client
    days = [client.local_day(row.held_at) for row in rows]
    calendar = PlantCalendar.of(client, min(days) - LOOK_BACK, max(days))
    found: dict[Any, Any] = {}
    for row, day in zip(rows, days, strict=True):
        order = known(row, "work_order")
        line_id = row.line_id or (order.line_id if order else None)
        asked = line_id, row.held_at
        if asked not in found:
            found[asked] = proposed_shift(calendar, row.held_at, client.zone, line_id)
        row.shift, row.shift_date = found[asked] or (None, day)
