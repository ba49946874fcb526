"""A plant of its own for the largest roster: thousands of people, marked in one save."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.core.management import CommandError
from django.db.backends.postgresql.psycopg_any import DateRange

from attendance.models import AttendanceRecord
from clients import periods
from clients.models import Client, Membership, User
from clients.roles import Role
from clients.scope import client_scope
from demo.bench import floors
from demo.bench.measuring import Case, Target
from demo.calendar import nth_working_day_before
from demo.masters import write
from demo.plants import DAY
from plant.models import Employee, Line, LineAssignment, Shift, ShiftBreak

CODE, ON_A_LINE, SINCE = "CREWS", 100, datetime.date(2020, 1, 1)
TURNS = 3
ADDRESS = "/entry/roster/"
HIDDEN = re.compile(r'<input type="hidden" name="(kept|later|submit_key)" value="([^"]*)"')
EVERYBODY = {"client": CODE, "seen": "", "kept": "", "everybody": "1"}


@dataclass
class Crews:
    client: Client
    shift: Shift
    leader: User
    people: int


def make_crews(people: int) -> Crews:
    """People on lines of a hundred, all of one shift; nobody is marked on any day yet."""
    client = Client.open(code=CODE, name="Crews of the benchmark", language="en")
    leader = User.objects.create_user("crew-leader", "crew-leader@example.com")
    Membership.objects.create(
        user=leader, client=client, role=Role.SUPERVISOR, valid=DateRange(SINCE, None, "[)")
    )
    with client_scope([client], user=leader):
        shift = _shift(client)
        numbers = range(1, -(-people // ON_A_LINE) + 1)
        lines = write([Line(client=client, code=f"L{n}", name=f"Line {n}") for n in numbers])
        _assign(client, lines, people)
    return Crews(client, shift, leader, people)


def _shift(client: Client) -> Shift:
    (shift,) = write(
        [
            Shift(
                client=client, code=DAY.code, name=DAY.name, start_time=DAY.start,
                end_time=DAY.end, weekdays=list(DAY.weekdays),
            )
        ]
    )  # fmt: skip
    write(
        [
            ShiftBreak(
                client=client, shift=shift, name=name, start_offset_minutes=offset,
                duration_minutes=minutes, paid=paid,
            )
            for name, offset, minutes, paid in DAY.breaks
        ]
    )  # fmt: skip
    return shift  # type: ignore[no-any-return]


def _assign(client: Client, lines: list[Line], people: int) -> None:
    rows = write(
        [
            Employee(client=client, code=f"CREW-{n:05}", full_name=f"Person {n}")
            for n in range(people)
        ]
    )
    write(
        [
            LineAssignment(
                client=client, employee=person, line=lines[n // ON_A_LINE],
                valid=periods.from_day_on(SINCE),
            )
            for n, person in enumerate(rows)
        ]
    )  # fmt: skip


def roster_case(crews: Crews, reader: Any) -> Case:
    """Page and floor mark days of their own, one after the other."""
    today = crews.client.today()
    days = _days(today)
    ours, bare = [], []
    for _ in range(TURNS + 1):
        ours.append(next(days))
        bare.append(next(days))

    def page(turn: int) -> None:
        _mark(reader, f"{ADDRESS}?client={CODE}&shift={DAY.code}&date={ours[turn]}")

    def floor(turn: int) -> None:
        floors.mark_everybody(reader.visitor, crews.shift.pk, bare[turn])

    return Case(
        f"roster of {crews.people:,} people, one save",
        page,
        floor,
        Target(5_000),
        turns=TURNS,
        seconds=30,
        check=partial(_expect_everybody, crews, ours[0]),
    )


def _days(today: datetime.date) -> Iterator[datetime.date]:
    for back in range(1, 100):
        yield nth_working_day_before(today, back)


def _mark(reader: Any, address: str) -> None:
    """All present, read back, confirmed: what a supervisor sends to mark a whole plant."""
    answer = reader.post(address, {**EVERYBODY, "act": "read-back"}, 200)
    hidden = dict(HIDDEN.findall(answer.content.decode()))
    values = {name: value.replace("&quot;", '"') for name, value in hidden.items()}
    reader.post(address, {"client": CODE, **values, "act": "confirm"}, 302)


def _expect_everybody(crews: Crews, day: datetime.date) -> None:
    with client_scope([crews.client]):
        rows = AttendanceRecord.objects.filter(client=crews.client, shift_date=day)
        marked = rows.filter(line_shift__isnull=False).count()
    if marked != crews.people:
        raise CommandError(f"{marked:,} of {crews.people:,} people of the roster were marked.")
