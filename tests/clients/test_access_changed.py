"""Access that is taken away while something long is under way: nothing is saved, nothing sent."""

from __future__ import annotations

import datetime
import threading
import time
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection, connections, transaction
from django.test import Client as Browser
from django.utils import timezone

from clients import access
from clients.access import still_holds
from clients.models import ApiToken, Client, ImportBatch, Membership, User
from clients.scope import client_scope, has_scope, scope_of
from plant.models import Line
from tests.plant.factories import make_line

LINES = "code,name,stations,standard_crew\nL71,One,1,1\nL72,Two,1,1\n"
TAKEN: dict[str, Callable[[User], Any]] = {
    "membership": lambda user: user.memberships.update(active=False),
    "role": lambda user: user.memberships.update(role="VIEWER"),
    "flag": lambda user: user.memberships.update(hr=True),
    "person": lambda user: User.objects.filter(pk=user.pk).update(is_active=False),
    "client": lambda user: Client.unscoped.update(active=False),
}


@pytest.fixture(autouse=True)
def everything_takes_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(access, "SHORT_SECONDS", 0.0)


# -- a long import ----------------------------------------------------------------------------


def slowly(call: Callable[[], Any], meanwhile: Callable[[], Any]) -> Any:
    """The call comes as far as its first row, and is held up there while something else is done
    and committed."""
    answers: list[Any] = []

    def run() -> None:
        try:
            answers.append(call())
        finally:
            connections.close_all()

    thread = threading.Thread(target=run)
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("LOCK TABLE clients_importbatch IN SHARE ROW EXCLUSIVE MODE")
            thread.start()
            wait_for_a_waiting_one(cursor)
        meanwhile()
    thread.join(timeout=30)
    return answers[0]


def wait_for_a_waiting_one(cursor: Any) -> None:
    for _ in range(400):
        cursor.execute(
            "SELECT count(*) FROM pg_locks WHERE NOT granted"
            " AND relation = 'clients_importbatch'::regclass"
        )
        if cursor.fetchone() == (1,):
            return
        time.sleep(0.02)
    raise AssertionError("Nobody waits.")


@pytest.fixture
def plant(transactional_db: None) -> Client:
    return Client.open(code="ACME", name="Acme Boots")


def lines_of(plant: Client) -> list[str]:
    Client.unscoped.update(active=True)
    with client_scope([plant]):
        return list(Line.objects.values_list("code", flat=True))


def uploading(plant: Client, browser: Browser) -> Callable[[], Any]:
    values = {"client": plant.code, "entity": "line", "text": LINES}
    page = browser.post("/admin/clients/importbatch/add/", values).headers["Location"]
    return lambda: browser.post(page, {"act": "confirm"})


@pytest.mark.parametrize("what", TAKEN)
def test_iso_057_role_006_a_long_import_without_access_at_its_end_saves_nothing(
    plant: Client, member: Any, signed_in: Any, what: str
) -> None:
    user = member(plant, role="SUPERVISOR")
    confirm = uploading(plant, signed_in(user))
    answer = slowly(confirm, lambda: TAKEN[what](user))
    assert answer.status_code == 403
    assert lines_of(plant) == []
    with client_scope([plant]):
        assert ImportBatch.objects.get().state == "PREVIEW"


def test_iso_057_a_long_import_goes_on_when_other_things_change(
    plant: Client, member: Any, signed_in: Any
) -> None:
    """Somebody else's membership, and one more of the own: neither concerns it."""
    user, other = member(plant, role="SUPERVISOR"), member(plant)
    second = Client.open(code="ACME-2", name="Zebra Socks Ltd")

    def meanwhile() -> None:
        TAKEN["membership"](other)
        valid = (datetime.date(2020, 1, 1), None)
        Membership.objects.create(user=user, client=second, role="VIEWER", valid=valid)

    answer = slowly(uploading(plant, signed_in(user)), meanwhile)
    assert answer.status_code == 302
    assert lines_of(plant) == ["L71", "L72"]


@pytest.mark.parametrize("what", ["membership", "token"])
def test_iso_057_a_long_call_without_access_at_its_end_saves_nothing(
    plant: Client, member: Any, what: str
) -> None:
    user = member(plant, role="SUPERVISOR")
    token, key = ApiToken.issue(user, "terminal")

    def call() -> Any:
        rows = [{"code": "L71", "name": "One", "stations": 1, "standard_crew": 1}]
        headers = {"Authorization": f"Token {key}", "Idempotency-Key": str(uuid.uuid4())}
        return Browser().post(
            "/api/v1/lines/bulk/", {"rows": rows}, "application/json", headers=headers
        )

    def meanwhile() -> None:
        if what == "token":
            ApiToken.objects.filter(pk=token.pk).update(revoked_at=timezone.now())
        else:
            TAKEN[what](user)

    answer = slowly(call, meanwhile)
    told = {"detail": "Your access was changed meanwhile. Nothing was saved."}
    assert (answer.status_code, answer.json()) == (403, told)
    assert lines_of(plant) == []


# -- a file that is sent while it is read -------------------------------------------------------

LIST = "/admin/plant/line/export.csv"
AUDIT = "/admin/clients/auditentry/export.csv"
FILES = (LIST, "/api/v1/lines/export/")


@pytest.fixture
def five_lines(acme: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(access, "AT_ONCE", 2)
    with client_scope([acme]):
        for number in range(5):
            make_line(acme, code=f"L{number}")


@pytest.mark.parametrize("path", FILES)
@pytest.mark.parametrize("what", TAKEN)
def test_iso_057_iso_061_a_file_ends_where_access_ends(
    five_lines: None, acme: Client, member: Any, signed_in: Any, what: str, path: str
) -> None:
    user = member(acme)
    sent = iter(signed_in(user).get(path).streaming_content)
    begun = [next(sent), next(sent)]
    TAKEN[what](user)
    with pytest.raises(PermissionDenied, match="Your access was changed meanwhile"):
        list(sent)
    assert b"L0" in begun[1]
    assert has_scope() is False


def test_iso_057_the_file_of_the_audit_ends_with_the_platform_admin(
    five_lines: None, platform_admin: Any, signed_in: Any
) -> None:
    sent = iter(signed_in(platform_admin).get(AUDIT).streaming_content)
    begun = [next(sent), next(sent)]
    User.objects.filter(pk=platform_admin.pk).update(is_superuser=False)
    with pytest.raises(PermissionDenied, match="Your access was changed meanwhile"):
        list(sent)
    assert b"," in begun[1]
    assert has_scope() is False


def test_iso_057_a_file_is_sent_whole_to_who_keeps_the_access(
    five_lines: None, acme: Client, member: Any, signed_in: Any
) -> None:
    content = b"".join(signed_in(member(acme)).get(LIST).streaming_content)
    assert [each.split(b",")[0] for each in content.splitlines()[1:]] == [
        b"L0", b"L1", b"L2", b"L3", b"L4",
    ]  # fmt: skip


def test_auth_008_iso_057_a_file_ends_with_the_token(
    five_lines: None, acme: Client, member: Any
) -> None:
    token, key = ApiToken.issue(member(acme), "terminal")
    answer = Browser().get(FILES[1], headers={"Authorization": f"Token {key}"})
    ApiToken.objects.filter(pk=token.pk).update(expires_at=timezone.now())
    with pytest.raises(PermissionDenied):
        list(answer.streaming_content)


def test_iso_045_iso_061_a_file_that_nobody_reads_to_its_end_leaves_no_scope(
    five_lines: None, acme: Client, member: Any, signed_in: Any
) -> None:
    answer = signed_in(member(acme)).get(LIST)
    next(iter(answer.streaming_content))
    answer._iterator.close()  # as it is when the browser goes away
    assert has_scope() is False


# -- what is compared ---------------------------------------------------------------------------


def test_work_of_the_system_is_nobodys_to_lose(acme: Client) -> None:
    with client_scope([acme]) as scope:
        assert still_holds(scope) is True


def test_role_007_a_platform_admin_who_is_none_any_more_saves_nothing(
    acme: Client, platform_admin: User
) -> None:
    scope = scope_of(platform_admin)
    assert still_holds(scope) is True
    User.objects.filter(pk=platform_admin.pk).update(is_superuser=False)
    assert still_holds(scope) is False


def test_only_the_clients_of_the_work_matter(acme: Client, acme_2: Client, member: Any) -> None:
    user = member(acme, acme_2)
    narrowed = scope_of(user).narrowed_to(acme.pk)
    Membership.objects.filter(user=user, client=acme_2).update(active=False)
    assert still_holds(narrowed) is True
    assert still_holds(narrowed.widened()) is False
