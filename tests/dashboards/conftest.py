"""Two clients with three known days each, and people who look at them."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from django.test import Client as Browser

from clients.models import Client
from clients.scope import client_scope
from quality.models import Defect, DefectType
from tests.kpis.factories import make_inspection, make_stop
from tests.plant.factories import make_line
from tests.production.factories import Floor, make_entry, make_floor, saved
from tests.standing import standing

DAYS = [datetime.date(2025, 12, 2), datetime.date(2025, 12, 3), datetime.date(2025, 12, 4)]
PERIOD = "from=2025-12-02&to=2025-12-04"


def fill(client: Client) -> Floor:
    """320 units, 54 lost minutes and 16 defective units a day: OEE 84.44 %, FPY 95 %."""
    floor = make_floor(client)
    kind = saved(DefectType(client=client, code=f"{client.code}-SEAM", name=f"{client.code} seam"))
    for day in DAYS:
        make_entry(floor, shift_date=day, total_units=320)
        make_stop(floor, 24, "SETUP_CHANGEOVER", shift_date=day)
        make_stop(floor, 30, "EQUIPMENT_FAILURE", shift_date=day)
        inspection = make_inspection(
            floor, 320, 304, 16, shift_date=day,
            units_rework=10, units_repair=2, units_scrapped=4, defects_total=20,
        )  # fmt: skip
        saved(Defect(client=client, inspection=inspection, defect_type=kind, quantity=20))
    return floor


@dataclass
class Plant:
    """What a test needs of a filled client."""

    client: Client
    floor: Floor

    @property
    def address(self) -> str:
        return f"client={self.client.code}&{PERIOD}"


@standing
def plant(acme: Client) -> Plant:
    with client_scope([acme]):
        floor = fill(acme)
        make_line(acme, code="SILENT", name="Spare line")
    return Plant(acme, floor)


@standing
def other(acme_2: Client) -> Plant:
    with client_scope([acme_2]):
        return Plant(acme_2, fill(acme_2))


@pytest.fixture
def viewer(
    plant: Plant, member: Callable[..., Any], signed_in: Callable[[Any], Browser]
) -> Browser:
    """A viewer of ACME."""
    return signed_in(member(plant.client, role="VIEWER", username="viewer"))


@pytest.fixture
def manager_of_both(
    plant: Plant, other: Plant, member: Callable[..., Any], signed_in: Callable[[Any], Browser]
) -> Browser:
    return signed_in(member(plant.client, other.client, role="MANAGER", username="bothmanager"))


def text(browser: Browser, address: str, status: int = 200) -> str:
    """What the page says, without the spaces that do not break."""
    response = browser.get(address)
    assert response.status_code == status, (address, response.status_code)
    return response.content.decode().replace("\u00a0", " ")
