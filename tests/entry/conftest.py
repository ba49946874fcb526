from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from django.test import Client as Browser

from clients.models import Client, User
from clients.scope import client_scope
from plant.models import Employee, Line, Shift
from tests.entry.browser import Sheet
from tests.plant.factories import make_assignment, make_break, make_employee, make_line, make_shift
from tests.staffing.factories import DAY, make_floater
from tests.standing import standing


@dataclass
class Plant:
    """Three people on a line; 07:00–17:00 with an unpaid hour (9 h), and 21:00–06:00 (9 h)."""

    client: Client
    line: Line
    first: Shift
    second: Shift
    crew: list[Employee]

    @property
    def person(self) -> Employee:
        return self.crew[2]


def make_plant(client: Client, line: str, codes: list[str]) -> Plant:
    with client_scope([client]):
        first = make_shift(client, code="1ST")
        make_break(first)
        plant = Plant(
            client=client,
            line=make_line(client, code=line, name=f"Line {line}"),
            first=first,
            second=make_shift(client, "21:00", "06:00", code="2ND"),
            crew=[
                make_employee(client, code=code, full_name=f"Person {code}", department="Sewing")
                for code in codes
            ],
        )
        for person in plant.crew:
            make_assignment(person, plant.line)
        return plant


@standing
def boots(acme: Client) -> Plant:
    return make_plant(acme, "L1", ["EMP-001", "EMP-002", "EMP-003"])


@standing
def socks(acme_2: Client) -> Plant:
    return make_plant(acme_2, "S1", ["EMP-101", "EMP-102", "EMP-103"])


@standing
def floater() -> Employee:
    return make_floater(full_name="Person EMP-015")


@pytest.fixture
def supervisor(boots: Plant, member: Callable[..., User], signed_in: Callable[..., Browser]) -> Any:
    return signed_in(member(boots.client, role="SUPERVISOR", username="sonia"))


@pytest.fixture
def sheet(boots: Plant, supervisor: Browser) -> Sheet:
    """The roster of L1, 1ST, Wednesday 2025-12-03, nobody marked."""
    return opened(supervisor, boots)


def opened(browser: Browser, plant: Plant, shift: str = "1ST", **query: str) -> Sheet:
    place = {"client": plant.client.code, "date": DAY.isoformat(), "shift": shift}
    return Sheet.open(browser, **{**place, **query})
