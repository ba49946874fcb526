"""Which moves of an order there are: the flow as data.

Automatic moves (the first production row, the last shipment) are the database's, in
`plant.order_triggers`; holds call `WorkOrder.hold` and `WorkOrder.resume_from_hold`. What the
apps above know about orders they tell through `tells_output` and `follows`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from clients.models import Client
from plant.order_status import OPEN, OrderStatus

if TYPE_CHECKING:
    from plant.models import WorkOrder

MOST_AT_ONCE = 100

NO_OUTPUT = "No output is recorded for this order."
NO_APPROVAL = "QC approval is missing."
NO_SHIPMENT = "No shipment is recorded for this order."
NO_REASON = "Give a reason."

_EXCEPTIONS = frozenset({OrderStatus.ON_HOLD, OrderStatus.REJECTED, OrderStatus.CANCELLED})
# The states that orders of a client come to. What stops or ends an order happens in every flow.
FLOWS: dict[str, frozenset[OrderStatus]] = {
    Client.OrderFlow.STANDARD: frozenset(OrderStatus),
    Client.OrderFlow.SIMPLE: _EXCEPTIONS
    | {
        OrderStatus.RECEIVED,
        OrderStatus.IN_PROGRESS,
        OrderStatus.COMPLETED,
        OrderStatus.CLOSED,
    },
    Client.OrderFlow.EXPRESS: _EXCEPTIONS | {OrderStatus.RECEIVED, OrderStatus.COMPLETED},
}


@dataclass(frozen=True)
class Facts:
    """What the guards ask about one order beside the order itself."""

    output: int = 0  # finished units, defective ones included
    shipments: int = 0
    note: str = ""


Guard = Callable[["WorkOrder", Facts], str]


def has_output(order: WorkOrder, facts: Facts) -> str:
    return "" if facts.output > 0 else NO_OUTPUT


def is_approved(order: WorkOrder, facts: Facts) -> str:
    return "" if order.qc_approved_at else NO_APPROVAL


def is_shipped(order: WorkOrder, facts: Facts) -> str:
    return "" if facts.shipments else NO_SHIPMENT


def has_reason(order: WorkOrder, facts: Facts) -> str:
    return "" if facts.note else NO_REASON


def is_all_made(order: WorkOrder, facts: Facts) -> str:
    if facts.output >= order.planned_quantity:
        return ""
    return f"Less than planned: {facts.output:,} of {order.planned_quantity:,} units."


@dataclass(frozen=True)
class Move:
    """A move that a person may ask for; `flow` narrows it to one flow. What `odd` says does not
    stop it."""

    origin: OrderStatus
    to: OrderStatus
    guards: tuple[Guard, ...] = ()
    flow: str = ""
    odd: tuple[Guard, ...] = ()


def _moves() -> Iterable[Move]:
    yield Move(OrderStatus.RECEIVED, OrderStatus.RELEASED)
    yield Move(OrderStatus.DEMOTED, OrderStatus.RELEASED)
    yield Move(OrderStatus.RELEASED, OrderStatus.DEMOTED)
    yield Move(OrderStatus.RELEASED, OrderStatus.IN_PROGRESS)
    yield Move(OrderStatus.RECEIVED, OrderStatus.IN_PROGRESS, flow=Client.OrderFlow.SIMPLE)
    completed = OrderStatus.COMPLETED
    yield Move(OrderStatus.IN_PROGRESS, completed, (has_output,), odd=(is_all_made,))
    express = Client.OrderFlow.EXPRESS
    yield Move(OrderStatus.RECEIVED, completed, (has_output,), express, (is_all_made,))
    yield Move(OrderStatus.COMPLETED, OrderStatus.SHIPPED, (is_approved, is_shipped))
    yield Move(OrderStatus.SHIPPED, OrderStatus.CLOSED)
    yield Move(OrderStatus.COMPLETED, OrderStatus.CLOSED)
    yield Move(OrderStatus.IN_PROGRESS, OrderStatus.REJECTED, (has_reason,))
    yield Move(OrderStatus.COMPLETED, OrderStatus.REJECTED, (has_reason,))
    for origin in OPEN:
        yield Move(origin, OrderStatus.CANCELLED, (has_reason,))


MOVES: dict[tuple[str, str], Move] = {(each.origin, each.to): each for each in _moves()}
# Nobody asks for the state of a hold; it comes and goes with the hold.
MOVABLE_TO = tuple(each for each in OrderStatus if any(key[1] == each for key in MOVES))


def offered(flow: str) -> list[OrderStatus]:
    """Where people may move orders of a client with this flow."""
    return [
        to
        for to in MOVABLE_TO
        if to in FLOWS[flow]
        and any(key[1] == to and move.flow in ("", flow) for key, move in MOVES.items())
    ]


def needs_reason(to: str) -> bool:
    return any(has_reason in move.guards for key, move in MOVES.items() if key[1] == to)


def never(origin: str, to: str) -> str:
    return f"{OrderStatus(origin).label} cannot become {OrderStatus(to).label}."


def refusal(order: WorkOrder, to: str, facts: Facts) -> str:
    """Why the order cannot move there now; empty when it can."""
    move, flow = MOVES.get((order.status, to)), order.client.order_flow
    if move is None or move.flow not in ("", flow) or move.to not in FLOWS[flow]:
        return never(order.status, to)
    return next((said for guard in move.guards if (said := guard(order, facts))), "")


def oddities(order: WorkOrder, to: str, facts: Facts) -> list[str]:
    """What is strange about a move that is made all the same."""
    return [said for each in MOVES[order.status, to].odd if (said := each(order, facts))]


# -- told by the apps above ----------------------------------------------------------------------

OutputOf = Callable[[Collection[int]], dict[int, int]]
Follower = Callable[[list["WorkOrder"], str], None]

_tellers: list[OutputOf] = []
_followers: dict[str, list[Follower]] = {}


def tells_output(teller: OutputOf) -> None:
    """`teller(order ids)` gives the finished units of those orders that have any."""
    if teller not in _tellers:
        _tellers.append(teller)


def output_of(orders: Collection[int]) -> dict[int, int]:
    """Finished units by order; one query per teller, whatever the number of orders."""
    made: dict[int, int] = {}
    for teller in _tellers:
        for pk, units in teller(orders).items():
            made[pk] = made.get(pk, 0) + units
    return made


def follows(status: str, follower: Follower) -> None:
    """`follower(orders, note)` runs in the transaction of a move by a person to this status,
    after the orders are stored there."""
    own = _followers.setdefault(status, [])
    if follower not in own:
        own.append(follower)


def tell_followers(status: str, orders: list[WorkOrder], note: str) -> None:
    for follower in _followers.get(status, []) if orders else []:
        follower(orders, note)
