"""Two clients with the same codes on the shop floor, and orders of their own."""

from __future__ import annotations

from decimal import Decimal

from clients.models import Client
from clients.scope import client_scope
from tests.plant.factories import (
    make_break,
    make_job,
    make_line,
    make_order,
    make_part,
    make_shift,
    make_standard,
)
from tests.production.factories import make_machine
from tests.standing import standing


def furnish(client: Client, order: str) -> Client:
    """Line L1 of ten stations, shift 1ST 07:00–17:00, night shift 2ND, one order with one job."""
    with client_scope([client]):
        line = make_line(client, code="L1", stations=10, standard_crew=10)
        make_break(make_shift(client, code="1ST"))
        make_shift(client, "21:00", "06:00", code="2ND")
        part = make_part(client, code="BOOT", opportunities_per_unit=47)
        make_standard(
            client,
            part=part,
            labour_hours_per_unit=Decimal("0.25"),
            cycle_hours_per_unit=Decimal("0.025"),
        )
        make_job(make_order(client, number=order, line=line), code=f"{order}-L1", part=part)
        make_machine(client, code="M1", line=line)
    return client


@standing
def boots(acme: Client) -> Client:
    return furnish(acme, "WO-1")


@standing
def socks(acme_2: Client) -> Client:
    return furnish(acme_2, "SOCK-77")
