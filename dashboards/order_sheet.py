"""Many orders moved at once: what is asked for, and the sheet that is confirmed.

Each order is judged on its own by the rules of the move itself, so the sheet says beforehand what
the save will do. One order that is not there, or is somebody else's, and there is no sheet.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import Http404, QueryDict
from django.utils.translation import gettext as _

from clients.forms import changed_by
from clients.models import Client
from clients.permissions import NOT_HERE
from clients.roles import Action
from clients.scope import current_scope
from dashboards.order_page import SOME_NOTE
from plant import order_flow, order_moves
from plant.models import WorkOrder
from plant.order_flow import MOST_AT_ONCE
from plant.order_status import MoveSource, OrderStatus

BIGGEST, LONGEST_KEY = 2**63, 19
LONGEST_NOTE = 500
NONE_CHOSEN = "Tick at least one order."
NO_MOVE = "Say where the orders are to go."
TOO_MANY = f"Move at most {MOST_AT_ONCE} orders at once."
TOO_LONG = f"A note has at most {LONGEST_NOTE} characters."


class Refused(ValueError):
    """A sentence for the person who sent the form."""


@dataclass(frozen=True)
class Asked:
    """Orders by their keys, each with the version that was read where the form tells it."""

    orders: Mapping[int, str]
    to: OrderStatus
    note: str

    # Names of its own: in an address, "order" is a filter and "to" the end of the period.
    @classmethod
    def of(cls, said: QueryDict) -> Asked:
        given = dict.fromkeys(said.getlist("pick"))
        to, note = said.get("become", ""), said.get("note", "").replace("\x00", "").strip()
        if not given:
            raise Refused(NONE_CHOSEN)
        if len(given) > MOST_AT_ONCE:
            raise Refused(TOO_MANY)
        if to not in order_flow.MOVABLE_TO:
            raise Refused(NO_MOVE)
        if len(note) > LONGEST_NOTE:
            raise Refused(TOO_LONG)
        keys = {_key(each): said.get(f"version-{each}", "") for each in given}
        return cls(keys, OrderStatus(to), note)

    def found(self, rows: Any) -> list[WorkOrder]:
        """All of them, or none: what is not there and what is foreign is answered alike."""
        found: list[WorkOrder] = list(rows.filter(pk__in=self.orders))
        if len(found) < len(self.orders):
            raise Http404
        return found


def _key(text: str) -> int:
    # What is no key is the key of nothing.
    is_key = text.isascii() and text.isdecimal() and len(text) <= LONGEST_KEY
    if not is_key or not 0 < int(text) < BIGGEST:
        raise Http404
    return int(text)


@dataclass(frozen=True)
class Line:
    """One order on the sheet; `refusal` is why it stays where it is."""

    order: WorkOrder
    refusal: str
    odd: Sequence[str]

    @property
    def status(self) -> str:
        return str(OrderStatus(self.order.status).label)


def sheet(asked: Asked, client: Client) -> dict[str, Any]:
    """For somebody who may move orders of this client."""
    rows = asked.found(WorkOrder.objects.filter(client=client).select_related("client"))
    # The reason is asked for on the sheet.
    done = order_moves.judged(rows, asked.to, SOME_NOTE)
    lines = [
        Line(row, done.refused.get(row.pk, ""), done.warnings.get(row.pk, ()))
        for row in sorted(rows, key=lambda each: each.number)
    ]
    return {
        "to": asked.to,
        "needs_note": order_flow.needs_reason(asked.to),
        "moving": [line for line in lines if not line.refusal],
        "staying": [line for line in lines if line.refusal],
        "longest_note": LONGEST_NOTE,
    }


def moved(asked: Asked, by: Any) -> tuple[list[WorkOrder], order_moves.Moved]:
    """Those asked for and what became of each, in the transaction of the request."""
    rows = asked.found(WorkOrder.objects.locked())
    stale = {
        row.pk: changed_by(row)
        for row in rows
        if asked.orders[row.pk] and asked.orders[row.pk] != str(row.version)
    }
    may_move = {row.pk for row in rows if current_scope().may(Action.ORDERS, row.client_id)}
    allowed = [row for row in rows if row.pk in may_move and row.pk not in stale]
    done = order_moves.move(allowed, asked.to, by=by, note=asked.note, source=MoveSource.BULK)
    done.refused |= stale | {row.pk: NOT_HERE for row in rows if row.pk not in may_move}
    return rows, done


def words(to: OrderStatus, count: int) -> str:
    return _("Orders moved to “%(status)s”: %(n)s.") % {"status": to.label, "n": count}
