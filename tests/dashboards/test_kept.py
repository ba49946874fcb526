"""Figures that are kept are always those of the rows as they are now, and of whoever asks."""

from __future__ import annotations

import datetime
import re
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import time_machine
from django.db import connection, connections, transaction
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.utils.translation import override

from clients.models import Client, User
from clients.scope import client_scope
from dashboards.board import Board
from kpis import remembered
from kpis.models import Target
from kpis.periods import Period
from tests.plant.factories import make_shift
from tests.production.factories import Floor, make_entry, make_floor, saved
from tests.staffing.factories import make_floater

DAY = datetime.date(2025, 12, 2)
PERIOD = Period.days(DAY, DAY)
UNITS = "total_units"
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def nothing_kept() -> Iterator[None]:
    remembered.forget()
    yield
    remembered.forget()


@pytest.fixture
def boots() -> Floor:
    return plant("ACME", 320)


@pytest.fixture
def socks() -> Floor:
    return plant("ACME-2", 111)


def plant(code: str, units: int) -> Floor:
    client = Client.open(code=code, name=code.title())
    with client_scope([client]):
        floor = make_floor(client)
        make_entry(floor, shift_date=DAY, total_units=units)
    return floor


def produce(floor: Floor, units: int, **fields: Any) -> None:
    with client_scope([floor.client]):
        make_entry(floor, shift_date=DAY, total_units=units, **fields)


def units_of(*floors: Floor) -> Any:
    clients = [floor.client for floor in floors]
    with client_scope(clients):
        return Board([UNITS], [each.pk for each in clients], PERIOD).figure(UNITS).value


def is_kept(*floors: Floor) -> bool:
    """Whether the figure is given without a look at the rows."""
    with CaptureQueriesContext(connection) as asked:
        units_of(*floors)
    return not any("production_productionentry" in each["sql"] for each in asked)


def test_a_figure_is_kept_until_a_row_changes(boots: Floor) -> None:
    assert (is_kept(boots), is_kept(boots), units_of(boots)) == (False, True, 320)
    produce(boots, 7)
    assert (units_of(boots), is_kept(boots)) == (327, True)


def test_iso_044_a_write_in_one_client_leaves_what_is_kept_of_another(
    boots: Floor, socks: Floor
) -> None:
    assert (units_of(boots), units_of(socks)) == (320, 111)
    produce(boots, 7)
    assert (is_kept(socks), is_kept(boots)) == (True, False)


def test_iso_044_each_scope_keeps_its_own(boots: Floor, socks: Floor) -> None:
    with client_scope([boots.client, socks.client]):
        wide = Board([UNITS], [boots.client.pk], PERIOD).figure(UNITS)
    assert wide.value == 320
    assert (is_kept(boots), is_kept(boots)) == (False, True)
    scopes = sorted(sorted(rights[0]) for rights, *_rest in remembered._kept)  # type: ignore[misc]
    assert scopes == [[boots.client.pk], [boots.client.pk, socks.client.pk]]


def test_others_rights_are_given_nothing_that_was_kept(
    boots: Floor, member: Callable[..., User], signed_in: Callable[[User], Browser]
) -> None:
    """Some words beside a figure are told to those with the hr flag only."""

    def cold(browser: Browser) -> bool:
        with CaptureQueriesContext(connection) as asked:
            assert (
                browser.get("/overview/?client=ACME&from=2025-12-01&to=2025-12-04").status_code
                == 200
            )
        return any('FROM "production_productionentry"' in each["sql"] for each in asked)

    plain, same, trusted = (
        signed_in(member(boots.client, role="MANAGER", hr=hr)) for hr in (False, False, True)
    )
    assert [cold(plain), cold(same), cold(trusted), cold(plain)] == [True, False, True, False]


def test_a_client_outside_the_scope_is_given_nothing_that_was_kept(
    boots: Floor, socks: Floor
) -> None:
    assert units_of(boots) == 320
    with client_scope([socks.client]):
        assert Board([UNITS], [boots.client.pk], PERIOD).figure(UNITS).value is None


def test_both_clients_together_change_with_either(boots: Floor, socks: Floor) -> None:
    assert (units_of(boots, socks), is_kept(boots, socks)) == (431, True)
    produce(socks, 9)
    assert units_of(boots, socks) == 440


def test_what_is_taken_back_was_never_kept(boots: Floor) -> None:
    assert units_of(boots) == 320
    with client_scope([boots.client]):
        make_entry(boots, shift_date=DAY, total_units=7)
        assert Board([UNITS], [boots.client.pk], PERIOD).figure(UNITS).value == 327
        transaction.set_rollback(True)
    assert (units_of(boots), len(remembered._kept)) == (320, 1)


class Elsewhere:
    """Writes over a connection of its own, and commits when it is told to."""

    def __init__(self, write: Callable[[], None]) -> None:
        self._written, self._commit = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, args=(write,))
        self._thread.start()
        assert self._written.wait(timeout=20)

    def _run(self, write: Callable[[], None]) -> None:
        try:
            with transaction.atomic():
                write()
                self._written.set()
                self._commit.wait(timeout=20)
        finally:
            connections.close_all()

    def commits(self) -> None:
        self._commit.set()
        self._thread.join(timeout=20)


def test_a_change_counts_from_its_commit(boots: Floor) -> None:
    assert units_of(boots) == 320
    other = Elsewhere(lambda: produce(boots, 7))
    assert (units_of(boots), is_kept(boots)) == (320, True)
    other.commits()
    assert units_of(boots) == 327


def test_what_began_earlier_may_be_committed_later(boots: Floor) -> None:
    assert units_of(boots) == 320
    earlier = Elsewhere(lambda: produce(boots, 7))
    produce(boots, 1000, job=None)
    assert (units_of(boots), is_kept(boots)) == (1320, True)
    earlier.commits()
    assert units_of(boots) == 1327


def test_a_shift_that_ends_is_no_longer_running(boots: Floor) -> None:
    with client_scope([boots.client]):
        late = make_shift(boots.client, "18:00", "21:07")
        make_entry(boots, shift=late, shift_date=DAY, total_units=5)

    with time_machine.travel("2025-12-02 21:05:00-06:00", tick=False):
        assert (is_kept(boots), is_kept(boots)) == (False, True)
    with time_machine.travel("2025-12-02 21:09:00-06:00", tick=False):
        assert is_kept(boots) is False


def test_what_all_clients_share_changes_for_all(boots: Floor, socks: Floor) -> None:
    assert (units_of(boots), is_kept(boots), units_of(socks)) == (320, True, 111)
    with client_scope([boots.client]):
        make_floater()
    assert (is_kept(boots), is_kept(socks)) == (False, False)


def test_a_new_target_judges_on_the_next_page(boots: Floor) -> None:
    def target() -> Any:
        with client_scope([boots.client]):
            found = Board(["fpy", "performance"], [boots.client.pk], PERIOD).figure("performance")
        return found.target.target if found.target else None

    first = target()
    with client_scope([boots.client]):
        saved(Target(
            client=boots.client, kpi_key="performance", target=61, warning=51, critical=41,
            valid=(datetime.date(2025, 1, 1), None),
        ))  # fmt: skip
    assert first != 61
    assert target() == 61


def test_words_are_kept_by_language(boots: Floor) -> None:
    assert units_of(boots) == 320
    with override("es"):
        assert is_kept(boots) is False


def test_no_more_is_kept_than_fits(boots: Floor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remembered, "MOST", 2)
    with client_scope([boots.client]):
        for back in range(5):
            day = DAY - datetime.timedelta(days=back)
            make_entry(boots, shift_date=day, total_units=back + 1)
    with client_scope([boots.client]):
        for back in range(5):
            day = DAY - datetime.timedelta(days=back)
            Board([UNITS], [boots.client.pk], Period.days(day, day), previous=False)
    assert len(remembered._kept) == 2


def test_every_table_behind_a_kept_figure_is_watched(
    boots: Floor, member: Callable[..., User], signed_in: Callable[[User], Browser]
) -> None:
    """A change that writes no audit entry would go unseen."""
    browser = signed_in(member(boots.client, role="MANAGER"))
    read: set[str] = set()
    for address in ("/overview/", "/people/", "/kpi/oee/", "/kpi/otd/", "/kpi/wip_age/"):
        with CaptureQueriesContext(connection) as asked:
            assert browser.get(f"{address}?client=ACME&period=30d").status_code == 200
        for each in asked:
            read |= set(re.findall(r'(?:FROM|JOIN) "(\w+)"', each["sql"]))
    with connection.cursor() as cursor:
        cursor.execute("SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname = 'kpi_audit'")
        watched = {table for (table,) in cursor.fetchall()}
    aside = {name for name in read if name.startswith(("django_", "once_"))}
    # Moves of orders and holds, which the database writes with the row that moves.
    moves = {"plant_ordertransition", "holds_holdtransition"}
    assert "production_productionentry" in read & watched
    assert read - watched - aside <= moves
