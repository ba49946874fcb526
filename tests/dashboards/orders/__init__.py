"""A plant on Wednesday 10 December 2025 with orders in every situation that a page names."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Any

from clients.models import Client
from clients.scope import client_scope
from plant.models import WorkOrder
from tests.holds.factories import at, make_hold
from tests.plant.factories import make_job, make_order, make_shipment, make_style
from tests.production.factories import Floor, make_entry, make_floor

NOON = datetime.datetime(2025, 12, 10, 18, tzinfo=datetime.UTC)  # 12:00 in Matamoros
LISTS = {
    "late": ["LATE", "QUIET"],
    "rest": ["REST"],
    "due7": ["HELD", "PARTLY", "TODAY"],
    "due14": ["HELD", "IN-TWO-WEEKS", "PARTLY", "TODAY"],
    "held": ["HELD", "PARTLY"],
    "stalled": ["QUIET"],
}
EVERY = sorted({number for numbers in LISTS.values() for number in numbers} | {"DONE"})


def dec(day: int) -> datetime.date:
    return datetime.date(2025, 12, day)


@dataclass
class Orders:
    client: Client
    floor: Floor
    by_number: dict[str, WorkOrder]

    def __getitem__(self, number: str) -> WorkOrder:
        return self.by_number[number]

    def address(self, number: str, verb: str = "") -> str:
        tail = f"{verb}/" if verb else ""
        return f"/orders/{self[number].pk}/{tail}?client={self.client.code}"


def fill_orders(client: Client) -> Orders:
    """One order in each situation. The clock stands at `NOON`."""
    with client_scope([client]):
        floor = make_floor(client)
        style = make_style(client, code=f"{client.code}-BOOT")
        made: dict[str, WorkOrder] = {}

        def order(number: str, promised: int, **fields: Any) -> WorkOrder:
            given = {
                "number": number, "promised_date": dec(promised), "received_date": dec(1),
                "planned_start_date": dec(1), "line": floor.line, "style": style,
            }  # fmt: skip
            made[number] = make_order(client, **{**given, **fields})
            return made[number]

        order("LATE", 9, customer_po="PO-7 100%", priority="URGENT")
        rest = order("REST", 5)
        make_shipment(rest, shipped_date=dec(5), quantity=100)
        order("TODAY", 10)
        order("IN-TWO-WEEKS", 24)
        held = order("HELD", 12)
        make_hold(held, held_at=at(8, "10:00"), reason_detail="Colour off")
        partly = order("PARTLY", 13)
        job = make_job(partly, quantity=600)
        make_hold(partly, "MATERIAL_INSPECTION", job=job, held_at=at(9, "10:00"))
        quiet = order("QUIET", 8)
        make_entry(floor, work_order=quiet, job=None, shift_date=dec(2), total_units=320)
        done = order("DONE", 4)
        make_shipment(done, shipped_date=dec(3), quantity=600)
        WorkOrder.objects.filter(pk=done.pk).update(status="CLOSED", closed_date=dec(3))
        for row in made.values():
            row.refresh_from_db()
    return Orders(client, floor, made)
