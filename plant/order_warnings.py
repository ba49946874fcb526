"""What does not add up about orders but is written all the same. Many cost as much as one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models import Sum

from plant.models import Job, Shipment, WorkOrder


def warnings(orders: Iterable[WorkOrder], *, beside: Sequence[Any] = ()) -> dict[int, list[str]]:
    """Sentences by order id, from what is stored and from the jobs or shipments `beside` it."""
    by_id = {order.pk: order for order in orders}
    said: dict[int, list[str]] = defaultdict(list)
    for pk, quantity in sums_of(Job, by_id, beside).items():
        planned = by_id[pk].planned_quantity
        if quantity != planned:
            said[pk].append(f"The jobs add up to {quantity:,}, the order is {planned:,}.")
    for pk, quantity in sums_of(Shipment, by_id, beside).items():
        planned = by_id[pk].planned_quantity
        if quantity > planned:
            said[pk].append(f"More is shipped than ordered: {quantity:,} of {planned:,}.")
    return said


def sums_of(model: Any, orders: Iterable[int], beside: Sequence[Any]) -> dict[int, int]:
    """Σ quantity by order: what is stored, and the rows at hand in place of their stored ones."""
    own = [row for row in beside if isinstance(row, model)]
    stored = model.objects.filter(work_order__in=orders).exclude(
        pk__in=[row.pk for row in own if row.pk]
    )
    sums: dict[int, int] = dict(
        stored.order_by().values_list("work_order").annotate(Sum("quantity"))
    )
    for row in own:
        if row.work_order_id:
            sums[row.work_order_id] = sums.get(row.work_order_id, 0) + (row.quantity or 0)
    return sums
