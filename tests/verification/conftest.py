"""A floor with rows of every kind that are verified, and the people who may touch them."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from clients.models import ApiToken, Client, User
from clients.scope import client_scope
from plant.models import LineShift
from tests.api.conftest import Caller
from tests.attendance.factories import make_record
from tests.downtime.factories import make_stop
from tests.filled import fill
from tests.plant.factories import make_employee
from tests.production.factories import Floor, make_entry
from tests.quality.factories import make_inspection
from tests.standing import standing

# The letters of the role matrix; O writes the rows, P is another operator.
ROLES = {"V": "VIEWER", "O": "OPERATOR", "P": "OPERATOR", "S": "SUPERVISOR", "M": "MANAGER",
         "E": "ENGINEER"}  # fmt: skip


@dataclass
class World:
    """Client ACME, its floor, and one user a letter (A: platform admin)."""

    floor: Floor
    people: dict[str, User]

    @property
    def client(self) -> Client:
        return self.floor.client

    def written(self, make: Callable[[Floor], Any], by: str = "O", state: str = "open") -> Any:
        """A row that this person wrote just now, brought into the state."""
        with client_scope([self.client], user=self.people[by]):
            row = make(self.floor)
        with client_scope([self.client], user=self.people["A"]):
            row = type(row).objects.get(pk=row.pk)
            if state == "verified":
                row.verify(by=self.people["A"])
            if state == "closed" and not row.line_shift.is_closed:
                row.line_shift.close(by=self.people["A"])
            return type(row).objects.select_related("line_shift").get(pk=row.pk)

    def stored(self, row: Any) -> Any:
        with client_scope([self.client]):
            related = ("client", "line", "shift", "line_shift", "verified_by")
            return type(row).with_voided.select_related(*related).get(pk=row.pk)

    def place(self) -> LineShift:
        with client_scope([self.client]):
            places = LineShift.objects.select_related("client", "line", "shift", "closed_by")
            return places.get(line=self.floor.line)

    def caller(self, letter: str) -> Caller:
        from django.test import Client as Browser

        _, key = ApiToken.issue(self.people[letter], "test")
        return Caller(Browser(), {"Authorization": f"Token {key}"})


@standing
def zebra(acme_2: Client) -> None:
    """The second client is filled: what is said of its rows is what is said of no row."""
    fill(acme_2, "ZEBRA", 777)


@pytest.fixture
def world(acme: Client, made_floor: Floor, zebra: None, member: Any, platform_admin: User) -> World:
    people = {
        letter: member(acme, role=role, username=f"{role.lower()}-{letter.lower()}")
        for letter, role in ROLES.items()
    }
    return World(made_floor, {**people, "A": platform_admin})


def make_attendance(floor: Floor) -> Any:
    person = make_employee(floor.client)
    return make_record(person, floor.shift, line=floor.line)


# Endpoint, how a row is made, what is changed in it: every kind that a second person confirms.
KINDS = {
    "production-entries": (make_entry, {"total_units": 181}),
    "downtime-events": (
        lambda floor: make_stop(floor, minutes=30, started_at=None, ended_at=None),
        {"minutes": 31},
    ),
    "quality-inspections": (make_inspection, {"notes": "seen again"}),
    "attendance-records": (make_attendance, {"notes": "seen again"}),
}


def tomorrow() -> Any:
    """The day after, at noon: the local day of every row written just now is over."""
    noon = timezone.now().replace(hour=18, minute=0) + datetime.timedelta(days=1)
    return time_machine.travel(noon, tick=False)
