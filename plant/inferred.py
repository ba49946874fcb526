"""The promise of an order that nobody promised: what it consists of, and who works it out.

An order is promised for its promised date, else for the required one, else for an inferred day:
its start and as many working days as its labour hours take a crew. The inferred day is stamped on
the order with what it was worked out from, whenever the order is written; `plant.promises` does
it, and `plant.promise_triggers` dates it anew when production starts.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db.models.functions import Coalesce

if TYPE_CHECKING:
    from plant.models import WorkOrder

# How far the day of a promise is to be believed.
PROMISED, REQUIRED, INFERRED = Decimal(1), Decimal("0.8"), Decimal("0.5")

STAMPS = (
    "inferred_promise_date", "inferred_start_date", "inferred_days", "inferred_hours",
    "inferred_crew", "inferred_day_minutes",
)  # fmt: skip

type Stamp = Callable[[list["WorkOrder"]], None]
_stamps: list[Stamp] = []


def current() -> Any:
    """The day of the promise, as SQL. An index holds this very expression."""
    return Coalesce("promised_date", "required_date", "inferred_promise_date")


def stamped_by(stamp: Stamp) -> None:
    """`stamp(orders)` works out the promises of orders without a date, before they are written.

    Standards are read there, and standards know orders: it tells itself to the orders.
    """
    if stamp not in _stamps:
        _stamps.append(stamp)


def stamp(orders: Iterable[WorkOrder]) -> None:
    """Of orders that are to be written; no query where each has a date."""
    without_date = []
    for order in orders:
        if order.promised_date or order.required_date:
            clear(order)
        else:
            without_date.append(order)
    for each in _stamps if without_date else []:
        each(without_date)


def clear(order: WorkOrder) -> None:
    for name in STAMPS:
        setattr(order, name, None)


def start_of(order: WorkOrder) -> datetime.date | None:
    """Where the working days of an inferred promise are counted from."""
    return order.actual_start_date or order.inferred_start_date
