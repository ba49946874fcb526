"""The shared pool in one shift: who is free, where the others are, as far as one may know."""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import Q

from attendance.marks import Presence
from attendance.models import AttendanceRecord
from clients.models import Client
from clients.roles import Action
from clients.scope import Scope, own_clients
from plant import clock
from plant.models import Employee, Line, Shift
from staffing.availability import Wanted, taken
from staffing.models import ShiftCoverage


@dataclass(frozen=True)
class Place:
    """Where a floater is in this shift; of the user's own clients only."""

    row: ShiftCoverage
    is_here: bool
    covers: str

    @property
    def pk(self) -> int:
        return self.row.pk

    @property
    def has_ended(self) -> bool:
        return self.row.has_ended


@dataclass
class Floater:
    person: Employee
    is_taken: bool
    places: list[Place] = field(default_factory=list)

    @property
    def code(self) -> str:
        return self.person.code

    @property
    def name(self) -> str:
        return self.person.full_name


def floaters_of(client: Client, on: datetime.date, shift: Shift) -> list[Floater]:
    """Everybody of the pool, by code; whether they are free in the window of this shift."""
    window = clock.window(shift, on, client.zone)
    places = _places(client, window)
    known = Q(active=True) | Q(pk__in=places.keys())
    people = list(Employee.objects.pool().filter(known).order_by("code"))
    answers = taken([Wanted(each.pk, *window) for each in people])
    return [
        Floater(person, is_taken, places.get(person.pk, []))
        for person, is_taken in zip(people, answers, strict=True)
    ]


def _places(client: Client, window: clock.Window) -> dict[int, list[Place]]:
    """By all memberships of the user, also while the page is narrowed to one client."""
    with own_clients() as scope:
        rows = (
            ShiftCoverage.objects.filter(during__overlap=DateTimeTZRange(*window, "[)"))
            .select_related("client", "line", "shift", "employee", "covers__employee")
            .order_by("during")
        )
        places: dict[int, list[Place]] = defaultdict(list)
        for row in rows:
            is_here = row.client_id == client.pk
            places[row.employee_id].append(Place(row, is_here, _covered(row, scope)))
    return dict(places)


def _covered(row: ShiftCoverage, scope: Scope) -> str:
    """The code of the covered person, where the role in that client opens names."""
    if row.covers is None or not scope.may(Action.SEE_NAMES, row.client_id):
        return ""
    return str(row.covers.employee.code)


def lines_for(client: Client, shift: Shift) -> list[Line]:
    lines = Line.objects.filter(client=client).offered().order_by("code")
    return [line for line in lines if shift.serves(line.pk)]


def to_cover(client: Client, on: datetime.date, shift: Shift) -> Sequence[AttendanceRecord]:
    """Absences of this shift for which nobody stands in yet."""
    absences = AttendanceRecord.objects.filter(client=client).of_shift(on, shift).assigned()
    covered = ShiftCoverage.objects.filter(client=client, shift_date=on, covers__isnull=False)
    return list(
        absences.filter(presence__in=(Presence.ABSENT, Presence.PARTIAL))
        .exclude(pk__in=covered.values("covers"))
        .select_related("employee", "line")
        .order_by("employee__code")
    )
