"""A line with two people and one shift of nine net hours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from clients.models import Client
from clients.scope import client_scope
from plant.models import Employee, Line, Shift
from tests.plant.factories import (
    make_assignment,
    make_break,
    make_employee,
    make_line,
    make_shift,
)
from tests.standing import standing


@dataclass
class Floor:
    client: Client
    line: Line
    shift: Shift
    ana: Employee
    luis: Employee


def furnish(client: Client) -> Floor:
    """L1, shift 1ST 07:00–17:00 without an hour's break, EMP-001 and EMP-002 on L1."""
    with client_scope([client]):
        line = make_line(client, code="L1")
        shift = make_shift(client, code="1ST")
        make_break(shift)
        people = [make_employee(client, code=f"EMP-00{n}") for n in (1, 2)]
        for person in people:
            make_assignment(person, line)
    return Floor(client, line, shift, *people)


@standing
def floor(acme: Client) -> Floor:
    return furnish(acme)


@pytest.fixture
def inside(floor: Floor) -> Any:
    """The test runs in the scope of the floor's client."""
    with client_scope([floor.client]):
        yield floor


@standing
def floater() -> Employee:
    with client_scope([]):
        return make_employee(None, code="EMP-015")
