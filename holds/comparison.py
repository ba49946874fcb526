"""Whether the status of orders and their holds say the same."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import Exists, OuterRef, Q

from holds.models import WIPHold
from plant.models import WorkOrder
from plant.order_status import OrderStatus


def disagreements() -> Iterator[str]:
    """A sentence per order of the clients in scope; one query."""
    standing = WIPHold.objects.open().whole_order().filter(work_order=OuterRef("pk"))
    rows = WorkOrder.objects.annotate(is_held=Exists(standing))
    strange = Q(status=OrderStatus.ON_HOLD, is_held=False) | (
        ~Q(status=OrderStatus.ON_HOLD) & Q(is_held=True)
    )
    for order in rows.filter(strange).order_by("number"):
        status = order.get_status_display().lower()
        holds = "an open hold" if order.is_held else "no open hold"
        yield f"Order {order.number} is {status} and has {holds} of the whole order."
