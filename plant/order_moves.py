"""Moves orders: one or many, each judged on its own, in one transaction."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.db.models import Count

from clients.scope import because, telling
from plant import order_flow
from plant.order_flow import Facts
from plant.order_status import MoveSource, OrderStatus

if TYPE_CHECKING:
    from plant.models import WorkOrder

AUDIT_REASON = 300
# What a move may change on the order.
MOVED_FIELDS = (
    "status", "status_before_hold", "completed_date", "closed_date", "rejection_reason",
)  # fmt: skip


@dataclass
class Moved:
    """What became of the orders of one request."""

    moved: list[WorkOrder] = field(default_factory=list)
    refused: dict[int, str] = field(default_factory=dict)
    warnings: dict[int, list[str]] = field(default_factory=dict)


def moving(source: str, *, by: Any = None, note: str = "") -> AbstractContextManager[None]:
    """What the database writes into the transitions of the block.

    Automatic moves leave the version of the row alone: nobody's work was overtaken.
    """
    told = {"source": str(source), "note": note, "by": by.pk if by else None}
    return telling("kpi.move", json.dumps(told))


def move(
    orders: Sequence[WorkOrder], to: str, *, by: Any, note: str = "", source: str = "MANUAL"
) -> Moved:
    """Moves those that may move. The orders are locked, with their clients at hand."""
    note = note.strip()
    result = judged(orders, to, note)
    for order in result.moved:
        arrive(order, to, note)
    if result.moved:
        with moving(source, by=by, note=note), because(note[:AUDIT_REASON]):
            type(result.moved[0]).objects.bulk_update(result.moved, MOVED_FIELDS)
        order_flow.tell_followers(to, result.moved, note)
    return result


def judged(orders: Sequence[WorkOrder], to: str, note: str) -> Moved:
    """What a move would do, each order on its own; nothing is changed."""
    result = Moved()
    for order, facts in zip(orders, _facts(orders, to, note), strict=True):
        if sentence := order_flow.refusal(order, to, facts):
            result.refused[order.pk] = sentence
            continue
        if odd := order_flow.oddities(order, to, facts):
            result.warnings[order.pk] = odd
        result.moved.append(order)
    return result


def _facts(orders: Sequence[WorkOrder], to: str, note: str) -> list[Facts]:
    """Asked only for the moves whose guards look at them."""
    ids = [order.pk for order in orders]
    output = order_flow.output_of(ids) if to == OrderStatus.COMPLETED else {}
    shipments: dict[int, int] = {}
    if to == OrderStatus.SHIPPED and orders:
        rows: Any = orders[0].shipments.model.objects.filter(work_order__in=ids).order_by()
        shipments = dict(rows.values_list("work_order").annotate(Count("pk")))
    return [Facts(output.get(pk, 0), shipments.get(pk, 0), note) for pk in ids]


def arrive(order: WorkOrder, to: str, note: str = "") -> None:
    """The order as it stands after the move."""
    order.status, order.status_before_hold = OrderStatus(to), ""
    if to == OrderStatus.COMPLETED:
        order.completed_date = order.client.today()
    if to == OrderStatus.CLOSED:
        order.closed_date = order.client.today()
    if to == OrderStatus.REJECTED:
        order.rejection_reason = note


def set_hold(orders: Sequence[WorkOrder], *, held: bool, note: str, by: Any) -> None:
    """Stops locked orders and remembers where they stood, or lets them go on from there."""
    if not orders:
        return
    for order in orders:
        if held:
            order.status_before_hold, order.status = order.status, OrderStatus.ON_HOLD
        else:
            order.status, order.status_before_hold = OrderStatus(order.status_before_hold), ""
    with moving(MoveSource.AUTOMATIC, by=by, note=note):
        type(orders[0]).objects.bulk_update(orders, ["status", "status_before_hold"])
