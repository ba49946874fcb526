"""Stops and inspections of the floor that production's factories make."""

from __future__ import annotations

import datetime
from decimal import Decimal
from itertools import count
from typing import Any

from clients.models import Client
from downtime.models import DowntimeEvent, DowntimeReason
from kpis.engine import evaluate
from kpis.figures import Figure
from kpis.models import Assumption, Target
from kpis.periods import Period
from plant.models import LineShift
from quality.models import QualityInspection
from tests.plant.factories import make_break, make_shift
from tests.production.factories import DAY, Floor, saved

_numbers = count(1)


def reason(client: Client, code: str) -> DowntimeReason:
    return DowntimeReason.objects.get(client=client, code=code)


def make_stop(floor: Floor, minutes: int | None, code: str | None = None, **fields: Any) -> Any:
    defaults = {
        "shift_date": DAY,
        "shift": floor.shift,
        "line": floor.line,
        "minutes": minutes,
        "reason": reason(floor.client, code) if code else None,
    }
    return saved(DowntimeEvent(client=floor.client, **{**defaults, **fields}))


def make_inspection(
    floor: Floor, inspected: int, passed: int | None, defective: int, **fields: Any
) -> Any:
    defaults = {
        "shift_date": DAY,
        "shift": floor.shift,
        "line": floor.line,
        "work_order": floor.order,
        "job": floor.job,
        "units_inspected": inspected,
        "units_passed": passed,
        "units_defective": defective,
    }
    return saved(QualityInspection(client=floor.client, **{**defaults, **fields}))


def tick_no_downtime(floor: Floor, day: datetime.date = DAY) -> None:
    LineShift.objects.filter(line=floor.line, shift_date=day).update(no_downtime=True)


def make_target(client: Client | None, key: str, *values: str, first: str = "2025-01-01") -> Target:
    target, warning, critical = map(Decimal, values)
    row = Target(
        client=client, kpi_key=key, target=target, warning=warning, critical=critical,
        valid=(datetime.date.fromisoformat(first), None),
    )  # fmt: skip
    row.full_clean()
    return saved(row)


def agreed(client: Client, key: str, value: Any, first: str = "2025-01-01", **fields: Any) -> Any:
    """A rule that was approved in the past."""
    when = datetime.datetime.fromisoformat(f"{first}T12:00:00+00:00")
    return Assumption.objects.create(
        client=client, key=key, value=value, rationale="as agreed",
        valid=(datetime.date.fromisoformat(first), None),
        status=Assumption.Status.APPROVED, approved_at=when, **fields,
    )  # fmt: skip


def figure(key: str, client: Client, day: datetime.date = DAY, **question: Any) -> Figure:
    period = question.pop("period", Period.days(day, day))
    (found,) = evaluate([key], [client.pk], period, **question)
    return found


def value(key: str, client: Client, places: int = 2, **question: Any) -> Decimal | None:
    """As people read it: half-up at so many places."""
    exact = figure(key, client, **question).value
    return None if exact is None else exact.quantize(Decimal(1).scaleb(-places), "ROUND_HALF_UP")


def eight_hours(floor: Floor) -> None:
    """480 planned minutes: 07:00 to 16:00 with an hour's break."""
    floor.shift = make_shift(floor.client, "07:00", "16:00")
    make_break(floor.shift)
