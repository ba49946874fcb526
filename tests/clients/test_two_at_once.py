"""Two people of two clients at the same moment, each on a connection of their own."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, connections
from django.test import Client as Browser

from clients.models import Client
from clients.scope import client_scope, has_scope
from plant.models import Line

pytestmark = pytest.mark.django_db(transaction=True)
ROUNDS = 6


@pytest.fixture
def plants() -> list[Client]:
    return [Client.open(code=code, name=code) for code in ("ALPHA", "BETA")]


def working(client: Client, member: Any, signed_in: Any) -> Browser:
    return signed_in(member(client, role="SUPERVISOR"))


def at_once(*calls: Callable[[], Any]) -> None:
    gate, failed = threading.Barrier(len(calls), timeout=20), []

    def run(call: Callable[[], Any]) -> None:
        try:
            gate.wait()
            call()
        except BaseException as error:
            failed.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=[each]) for each in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert failed == []


def test_iso_056_two_clients_at_once_do_not_mix(
    plants: list[Client], member: Any, signed_in: Any
) -> None:
    """Reads, writes and refusals by turns, in lists, in a file and in the pages of data entry."""
    seen: dict[str, set[str]] = {each.code: set() for each in plants}

    def work(client: Client, browser: Browser) -> Callable[[], None]:
        def run() -> None:
            for number in range(ROUNDS):
                row = {"code": f"{client.code}-{number}", "name": client.code}
                row |= {"stations": 1, "standard_crew": 1}
                kind = "application/json"
                assert browser.post("/api/v1/lines/", row, kind).status_code == 201
                assert browser.post("/api/v1/lines/", row, kind).status_code == 400
                found = browser.get("/api/v1/lines/", {"page_size": 200}).json()["results"]
                seen[client.code] |= {each["code"] for each in found}
                assert len(found) == number + 1
                file = b"".join(browser.get("/admin/plant/line/export.csv").streaming_content)
                other = "BETA" if client.code == "ALPHA" else "ALPHA"
                assert (other in file.decode(), row["code"] in file.decode()) == (False, True)
                assert has_scope() is False

        return run

    at_once(*(work(each, working(each, member, signed_in)) for each in plants))
    for each in plants:
        assert seen[each.code] == {f"{each.code}-{number}" for number in range(ROUNDS)}
        with client_scope([each]):
            assert Line.objects.count() == ROUNDS


def test_iso_052_iso_056_one_connection_serves_one_client_after_the_other(
    plants: list[Client], member: Any, signed_in: Any
) -> None:
    browsers = [working(each, member, signed_in) for each in plants]
    for client in plants:
        with client_scope([client]):
            Line.objects.create(client=client, code=f"{client.code}-L", name="x")
    backends = set()
    for _ in range(2):
        for client, browser in zip(plants, browsers, strict=True):
            codes = [row["code"] for row in browser.get("/api/v1/lines/").json()["results"]]
            assert codes == [f"{client.code}-L"]
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT pg_backend_pid(), coalesce(current_setting('kpi.clients', true), '')"
                )
                pid, scope = cursor.fetchone()
            backends.add(pid)
            assert scope == ""
    assert len(backends) == 1


def test_auth_004_attempts_at_the_same_moment_are_counted_one_by_one(
    plants: list[Client], member: Any
) -> None:
    """Eight at once are not eight that each find fewer than five before them."""
    member(plants[0], username="maria")
    typed = {"username": "maria", "password": "Secret-Word-2"}
    statuses: list[int] = []

    def attempt() -> None:
        statuses.append(Browser().post("/accounts/login/", typed).status_code)

    at_once(*[attempt] * 8)
    assert sorted(statuses) == [200] * 5 + [429] * 3
