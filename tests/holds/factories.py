"""Holds of a made order, on the way that every writer takes."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import time_machine

from holds import moves
from holds.flow import HoldAction
from holds.models import HoldReason, WIPHold
from plant.models import WorkOrder

ZONE = datetime.timezone(datetime.timedelta(hours=-6))  # America/Matamoros in December


def at(day: int, clock: str = "08:00", month: int = 12, year: int = 2025) -> datetime.datetime:
    return datetime.datetime.combine(
        datetime.date(year, month, day), datetime.time.fromisoformat(clock), ZONE
    )


def reason(code: str) -> HoldReason:
    return HoldReason.objects.get(code=code)


def hold(order: WorkOrder, why: str = "QUALITY_ISSUE", **fields: Any) -> WIPHold:
    return WIPHold(
        client=order.client, work_order=order, hold_reason=reason(why) if why else None, **fields
    )


def make_hold(order: WorkOrder, why: str = "QUALITY_ISSUE", **fields: Any) -> WIPHold:
    row = hold(order, why, **fields)
    row.full_clean()
    row.save()
    return row


def take(row: WIPHold, action: str, by: Any = None, note: str = "") -> Any:
    return moves.move(row, HoldAction(action), by=by, note=note)


@contextmanager
def clock(instant: datetime.datetime) -> Iterator[None]:
    with time_machine.travel(instant, tick=False):
        yield
