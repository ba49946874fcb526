from __future__ import annotations

from clients.models import Client
from plant.models import Employee
from tests.staffing.factories import Plant, make_floater, make_plant
from tests.standing import standing


@standing
def boots(acme: Client) -> Plant:
    """Line L1 of ACME, with EMP-003."""
    return make_plant(acme)


@standing
def socks(acme_2: Client) -> Plant:
    """Line S1 of ACME-2, with EMP-103."""
    return make_plant(acme_2, line="S1", person="EMP-103")


@standing
def floater() -> Employee:
    return make_floater()
