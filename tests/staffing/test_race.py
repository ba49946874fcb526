"""Two supervisors book one floater at the same instant, over two real connections."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection, connections
from django.test import Client as Browser

from clients.models import Client
from clients.scope import client_scope
from plant.models import Employee
from staffing import availability
from staffing.models import ShiftCoverage
from tests.api.conftest import Caller, caller
from tests.staffing.factories import Plant, coverage, make_floater, make_plant

__all__ = ["caller"]

SENTENCE = "EMP-015 is already assigned in this period."
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def boots() -> Plant:
    return make_plant(Client.open(code="ACME", name="Acme Boots"))


@pytest.fixture
def socks() -> Plant:
    return make_plant(Client.open(code="ACME-2", name="Zebra Socks Ltd"), line="S1", person="E-1")


@pytest.fixture
def floater() -> Employee:
    return make_floater()


def at_once(*calls: Callable[[], Any]) -> list[Any]:
    """Each call in a thread and on a connection of its own, released together."""
    start, answers = threading.Barrier(len(calls)), [None] * len(calls)

    def run(place: int) -> None:
        try:
            start.wait(timeout=20)
            answers[place] = calls[place]()
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(place,)) for place in range(len(calls))]
    for each in threads:
        each.start()
    for each in threads:
        each.join(timeout=60)
    return answers


def stored(*plants: Plant) -> int:
    with client_scope([plant.client for plant in plants]):
        return ShiftCoverage.objects.count()


def asked(plant: Plant) -> dict[str, str]:
    return {
        "employee": "EMP-015",
        "shift_date": "2025-12-03",
        "shift": "1ST",
        "line": plant.line.code,
    }


@pytest.mark.parametrize("attempt", range(5))
def test_ac_04_of_two_calls_at_once_exactly_one_succeeds(
    boots: Plant, socks: Plant, floater: Employee, member: Any, caller: Any, attempt: int
) -> None:
    callers = [(plant, caller(member(plant.client))) for plant in (boots, socks)]

    def post(plant: Plant, call: Caller) -> Any:
        return call.post("shift-coverages/", asked(plant))

    answers = at_once(*(lambda p=plant, c=call: post(p, c) for plant, call in callers))
    assert sorted(each.status_code for each in answers) == [201, 400]
    (refused,) = [each.json() for each in answers if each.status_code == 400]
    assert refused == {"employee": [SENTENCE]}
    assert stored(boots, socks) == 1


def test_ac_04_of_two_forms_at_once_exactly_one_succeeds(
    boots: Plant, socks: Plant, floater: Employee, member: Any
) -> None:
    def save(plant: Plant) -> Callable[[], Any]:
        browser = Browser()
        browser.force_login(member(plant.client), backend="clients.backends.MemberBackend")
        values = {
            "employee": floater.pk,
            "line": plant.line.pk,
            "shift": plant.first.pk,
            "shift_date": "2025-12-03",
            "during_0": "",
            "during_1": "",
            "covers": "",
            "note": "",
            "opened_for": plant.client.code,
        }
        return lambda: browser.post("/admin/coverage/shiftcoverage/add/", values)

    answers = at_once(save(boots), save(socks))
    assert sorted(each.status_code for each in answers) == [200, 302]
    (shown,) = [each.content.decode() for each in answers if each.status_code == 200]
    assert SENTENCE in shown
    assert stored(boots, socks) == 1


@contextmanager
def nobody_waits(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """As if a writer did not know that others write: only the constraint is left."""
    with monkeypatch.context() as patched:
        patched.setattr(availability, "wait_for", lambda people: None)
        patched.setattr(availability, "taken", lambda wanted: [False] * len(wanted))
        yield


def test_the_database_has_the_last_word(
    boots: Plant, socks: Plant, floater: Employee, member: Any, caller: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    with client_scope([boots.client]):
        row = coverage(boots, floater)
        row.full_clean()
        row.save()
    with nobody_waits(monkeypatch):
        answer = caller(member(socks.client)).post("shift-coverages/", asked(socks))
    assert answer.status_code == 400
    assert answer.json() == {
        "non_field_errors": ["This floater is already assigned in this period."]
    }
    assert stored(boots, socks) == 1


def test_a_writer_of_another_floater_does_not_wait(boots: Plant, floater: Employee) -> None:
    other = make_floater("EMP-016")
    with client_scope([boots.client]):
        availability.wait_for([floater.pk])

        def ask() -> Any:
            with client_scope([boots.client]), connection.cursor() as cursor:
                cursor.execute("SET LOCAL lock_timeout = '2s'")
                availability.wait_for([other.pk])
            return "went on"

        assert at_once(ask) == ["went on"]
