"""Stops on the line of `tests.production.factories.make_floor`."""

from __future__ import annotations

from typing import Any

from downtime.models import DowntimeEvent, DowntimeReason
from tests.production.factories import DAY, Floor, saved


def stop(floor: Floor, **fields: Any) -> DowntimeEvent:
    """A stop of half an hour as it is typed, not saved."""
    defaults = {
        "shift_date": DAY,
        "shift": floor.shift,
        "line": floor.line,
        "reason": reason("EQUIPMENT_FAILURE"),
    }
    if "started_at" not in fields:
        defaults["minutes"] = 30
    return DowntimeEvent(client=floor.client, **{**defaults, **fields})


def make_stop(floor: Floor, **fields: Any) -> DowntimeEvent:
    return saved(stop(floor, **fields))


def reason(code: str) -> DowntimeReason:
    return DowntimeReason.objects.get(code=code)
