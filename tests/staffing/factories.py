"""Floaters, and a line of two clients to which they can be sent."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Any

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from attendance.marks import Presence
from attendance.models import AttendanceRecord
from clients.models import Client
from clients.scope import client_scope, every_client
from plant.models import Employee, Line, Shift
from staffing.models import ShiftCoverage
from tests.plant.factories import make_break, make_employee, make_line, make_shift

DAY = datetime.date(2025, 12, 3)
ALL = "the pool is shared by all clients"


@dataclass
class Plant:
    """One line; 07:00–17:00 with an unpaid hour from 12:00, and 21:00–06:00; one person."""

    client: Client
    line: Line
    first: Shift
    second: Shift
    person: Employee


def make_plant(client: Client, line: str = "L1", person: str = "EMP-003") -> Plant:
    with client_scope([client]):
        first = make_shift(client, code="1ST")
        make_break(first)
        return Plant(
            client=client,
            line=make_line(client, code=line),
            first=first,
            second=make_shift(client, "21:00", "06:00", code="2ND"),
            person=make_employee(client, code=person),
        )


def make_floater(code: str = "EMP-015", **fields: Any) -> Employee:
    with every_client(ALL):
        return make_employee(None, code=code, **fields)


def coverage(plant: Plant, floater: Employee, **fields: Any) -> ShiftCoverage:
    """An assignment as it is typed, not saved: the whole first shift."""
    place = {"line": plant.line, "shift": plant.first, "shift_date": DAY, "employee": floater}
    return ShiftCoverage(client=plant.client, **{**place, **fields})


def make_coverage(plant: Plant, floater: Employee, **fields: Any) -> ShiftCoverage:
    with client_scope([plant.client]):
        return saved(coverage(plant, floater, **fields))


def make_absence(plant: Plant, **fields: Any) -> AttendanceRecord:
    given = {
        "employee": plant.person,
        "line": plant.line,
        "shift": plant.first,
        "shift_date": DAY,
        "presence": Presence.ABSENT,
    }
    with client_scope([plant.client]):
        return saved(AttendanceRecord(client=plant.client, **{**given, **fields}))


def saved(row: Any) -> Any:
    row.full_clean()
    row.save()
    return row


def at(clock: str, day: datetime.date = DAY) -> datetime.datetime:
    """An instant of a December day in America/Matamoros, six hours behind UTC."""
    zone = datetime.timezone(datetime.timedelta(hours=-6))
    return datetime.datetime.combine(day, datetime.time.fromisoformat(clock), zone)


def span(start: str, end: str, day: datetime.date = DAY) -> Any:
    return DateTimeTZRange(at(start, day), at(end, day), "[)")
