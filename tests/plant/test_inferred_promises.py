"""The promise of an order without a date: start + ceil(quantity × hours ÷ (crew × net hours))."""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Any

import pytest

from clients.models import Client
from plant.models import Line, WorkOrder
from tests.plant.factories import make_break, make_line, make_order, make_shift, make_standard


def mar(day: int) -> datetime.date:
    return datetime.date(2026, 3, day)


@pytest.fixture
def line(in_acme: Client) -> Line:
    """A crew of ten in shifts of ten hours, one of them an unpaid break; 0.25 h a unit."""
    made = make_line(in_acme, standard_crew=10)
    make_break(make_shift(in_acme), minutes=60)
    make_standard(in_acme, line=made, labour_hours_per_unit=Decimal("0.25"))
    return made


def order(line: Line, **fields: Any) -> WorkOrder:
    given = {"line": line, "planned_quantity": 1000, "planned_start_date": mar(4)}
    return make_order(line.client, **{**given, **fields})


def test_the_worked_example(line: Line) -> None:
    made = order(line)
    assert made.promise == mar(9)
