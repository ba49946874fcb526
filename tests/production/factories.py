"""A line of ten stations in one shift of a day, and rows of production on it."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from decimal import Decimal
from itertools import count
from typing import Any

from clients.models import Client
from machines.models import Machine
from plant.models import Job, Line, Part, Shift, Standard, WorkOrder
from production.models import ProductionEntry
from tests.plant.factories import (
    make_break,
    make_job,
    make_line,
    make_order,
    make_part,
    make_shift,
    make_standard,
)

DAY = datetime.date(2025, 12, 2)
_numbers = count(1)


@dataclass
class Floor:
    client: Client
    line: Line
    shift: Shift
    part: Part
    standard: Standard
    order: WorkOrder
    job: Job
    machine: Machine


def make_floor(client: Client) -> Floor:
    """07:00–17:00 with an unpaid hour, ten stations, 0.25 labour h and 0.025 cycle h per unit."""
    line = make_line(client, stations=10, standard_crew=10)
    shift = make_shift(client)
    make_break(shift)
    part = make_part(client, opportunities_per_unit=47)
    order = make_order(client, line=line)
    order.move("RELEASED", by=None)
    return Floor(
        client=client,
        line=line,
        shift=shift,
        part=part,
        standard=make_standard(
            client,
            part=part,
            labour_hours_per_unit=Decimal("0.25"),
            cycle_hours_per_unit=Decimal("0.025"),
        ),
        order=order,
        job=make_job(order, part=part),
        machine=make_machine(client, line=line),
    )


def make_machine(client: Client, **fields: Any) -> Machine:
    number = next(_numbers)
    machine = Machine(
        client=client, **{"code": f"M{number}", "name": f"Machine {number}", **fields}
    )
    return saved(machine)


def entry(floor: Floor, **fields: Any) -> ProductionEntry:
    """A row as it is typed, not saved."""
    defaults = {
        "shift_date": DAY,
        "shift": floor.shift,
        "line": floor.line,
        "work_order": floor.order,
        "job": floor.job,
        "total_units": 180,
    }
    return ProductionEntry(client=floor.client, **{**defaults, **fields})


def make_entry(floor: Floor, **fields: Any) -> ProductionEntry:
    return saved(entry(floor, **fields))


def saved(row: Any) -> Any:
    """The way files take: prepare, validate, save; that it is the only one, the database says."""
    type(row).prepare([row])
    row.validate_row()
    row.save()
    return row


def at(clock: str, day: datetime.date = DAY) -> datetime.datetime:
    """An instant of a December day in America/Matamoros, six hours behind UTC."""
    zone = datetime.timezone(datetime.timedelta(hours=-6))
    return datetime.datetime.combine(day, datetime.time.fromisoformat(clock), zone)
