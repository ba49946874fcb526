"""The sign-in: limits that hold for all workers, answers that tell nothing, and the audit."""

from __future__ import annotations

import datetime
import logging
import re
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from django.contrib.auth.hashers import Argon2PasswordHasher, MD5PasswordHasher, get_hasher
from django.core.management import call_command
from django.db import ProgrammingError, connection, transaction
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext

from clients.models import AuditEntry, SignInAttempt
from clients.scope import client_scope, every_client

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("quiet")]
RIGHT, WRONG = "Secret-Word-1", "Secret-Word-2"
MORNING = datetime.datetime(2026, 3, 2, 6, 0, tzinfo=datetime.UTC)
TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="[^"]*"')


@pytest.fixture
def quiet() -> Iterator[None]:
    logging.disable(logging.ERROR)  # every refusal is expected
    yield
    logging.disable(logging.NOTSET)


@pytest.fixture
def maria(acme: Any, member: Any) -> Any:
    return member(acme, username="maria")


def attempt(name: str, password: str = WRONG, address: str = "10.0.0.1", **headers: str) -> Any:
    typed = {"username": name, "password": password}
    return Browser().post("/accounts/login/", typed, REMOTE_ADDR=address, headers=headers)


def after(**delta: float) -> Any:
    return time_machine.travel(MORNING + datetime.timedelta(**delta), tick=False)


def fail(name: str = "maria", times: int = 5, at: Any = None, address: str = "10.0.0.1") -> None:
    for number in range(times):
        with after(minutes=at[number] if at else 0):
            assert attempt(name, address=address).status_code == 200


def told(answer: Any, name: str) -> tuple[Any, ...]:
    text = TOKEN.sub("", answer.content.decode()).replace(name, "…")
    # The second in which it was answered is the same only most of the time.
    headers = sorted((key, value) for key, value in answer.headers.items() if key != "Expires")
    return answer.status_code, text, headers


# -- passwords -----------------------------------------------------------------------------------


def test_auth_002_a_password_is_hashed_with_argon2id() -> None:
    hashed = Argon2PasswordHasher().encode(RIGHT, "a-salt-of-its-own")
    assert hashed.startswith("argon2$argon2id$v=19$m=102400,t=2,p=8$")
    assert get_hasher("argon2").verify(RIGHT, hashed) is True


# -- known and unknown ---------------------------------------------------------------------------


def test_auth_003_a_wrong_password_tells_nothing_about_the_name(
    maria: Any, acme: Any, member: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Known, unknown and inactive: the same page, after the same hashing and statements."""
    gone = member(acme, username="paulo")
    type(gone).objects.filter(pk=gone.pk).update(is_active=False)
    hashed: list[str] = []
    encode = MD5PasswordHasher.encode

    def counted(self: Any, password: str, salt: str) -> str:
        hashed.append(password)
        return str(encode(self, password, salt))

    monkeypatch.setattr(MD5PasswordHasher, "encode", counted)
    found = []
    for number, name in enumerate(["maria", "paulo", "nadie"]):
        hashed.clear()
        with CaptureQueriesContext(connection) as asked:
            answer = attempt(name, address=f"10.0.1.{number}")
        shapes = [re.sub(r"'[^']*'|\d+|NULL", "?", each["sql"]) for each in asked]
        found.append((told(answer, name), len(hashed), shapes))
    assert found[0][1] == 1
    assert len(found[0][2]) > 5
    assert found[0] == found[1] == found[2]
    assert "Please enter a correct username and password." in found[0][0][1]


def test_auth_003_auth_004_a_lock_tells_nothing_about_the_name(maria: Any) -> None:
    fail("maria")
    fail("nadie", address="10.0.0.2")
    with after(minutes=1):
        known, unknown = attempt("maria"), attempt("nadie", address="10.0.0.2")
    assert known.status_code == 429
    assert told(known, "maria") == told(unknown, "nadie")


# -- limits --------------------------------------------------------------------------------------


def test_auth_004_five_failures_lock_the_name_for_a_quarter_of_an_hour(maria: Any) -> None:
    """… from wherever, and also for the right password; other names stay open."""
    fail(at=[0, 1, 2, 3, 14])
    with after(minutes=28, seconds=59):
        assert attempt("maria", RIGHT, address="10.9.9.9").status_code == 429
        assert attempt("other").status_code == 200
    with after(minutes=29):
        assert attempt("maria", RIGHT).status_code == 302


def test_auth_004_failures_of_more_than_a_quarter_of_an_hour_do_not_add_up(maria: Any) -> None:
    fail(at=[0, 4, 8, 12, 15])
    with after(minutes=16):
        assert attempt("maria", RIGHT).status_code == 302


def test_auth_004_asking_while_locked_makes_the_lock_no_longer(maria: Any) -> None:
    fail()
    with after(minutes=14):
        assert attempt("maria").status_code == 429
    with after(minutes=15):
        assert attempt("maria", RIGHT).status_code == 302


def test_auth_004_after_a_success_the_count_begins_anew(maria: Any) -> None:
    fail(times=4)
    with after(minutes=1):
        assert attempt("maria", RIGHT).status_code == 302
    fail(times=4, at=[2, 2, 2, 2])
    with after(minutes=3):
        assert attempt("maria", RIGHT).status_code == 302


def test_auth_004_other_ways_to_write_a_name_are_no_way_around(maria: Any) -> None:
    with after():
        for name in ("maria", "MARIA", "Maria", " maria ", "\uff4daria"):
            assert attempt(name).status_code == 200
        assert attempt("mARIA", RIGHT).status_code == 429


def test_auth_004_an_address_has_ten_attempts_a_minute(maria: Any) -> None:
    with after():
        for number in range(10):
            assert attempt(f"person{number}").status_code == 200
        assert attempt("maria", RIGHT).status_code == 429
        assert attempt("maria", RIGHT, address="10.0.0.2").status_code == 302
    with after(minutes=1):
        assert attempt("maria", RIGHT).status_code == 302


def test_auth_004_what_a_visitor_says_about_the_address_does_not_count(
    maria: Any, settings: Any
) -> None:
    """One trusted proxy: the last entry is the address that it saw; the others are invented."""
    settings.TRUSTED_PROXIES = 1
    with after():
        for number in range(10):
            spoofed = f"9.9.9.{number}, 10.7.7.7"
            assert attempt(f"person{number}", **{"x-forwarded-for": spoofed}).status_code == 200
        spoofed = {"x-forwarded-for": "9.9.9.99, 10.7.7.7"}
        assert attempt("maria", RIGHT, **spoofed).status_code == 429
        assert attempt("maria", RIGHT, **{"x-forwarded-for": "10.7.7.8"}).status_code == 302


def test_auth_004_a_lock_is_lifted_by_command(maria: Any) -> None:
    fail()
    call_command("unlock", "Maria")
    with after(minutes=2):
        assert attempt("maria", RIGHT).status_code == 302


def test_attempts_are_forgotten_after_an_hour(maria: Any) -> None:
    fail(times=3)
    fail(times=1, at=[61])
    assert SignInAttempt.objects.count() == 1


# -- audit ---------------------------------------------------------------------------------------


def entries(**wanted: Any) -> list[tuple[Any, ...]]:
    with every_client("the audit list is read as a platform admin reads it"):
        found = AuditEntry.of_platform.filter(source="SIGN-IN", **wanted).order_by("id")
        return list(found.values_list("action", "actor_name", "row_id", "changes"))


def test_auth_010_signing_in_and_out_and_failures_are_audited(maria: Any) -> None:
    browser, here = Browser(), {"REMOTE_ADDR": "10.0.0.1"}
    for password in (WRONG, RIGHT):
        browser.post("/accounts/login/", {"username": "maria", "password": password}, **here)
    browser.post("/accounts/logout/", **here)
    who = {"address": [None, "10.0.0.1"], "username": [None, "maria"]}
    assert entries() == [
        ("FAILED", "", maria.pk, who),
        ("LOGIN", "maria", maria.pk, who),
        ("LOGOUT", "maria", maria.pk, who),
    ]


def test_auth_010_a_name_that_nobody_has_is_not_kept(maria: Any) -> None:
    attempt("My-Secret-Word-1")
    assert entries() == [("FAILED", "", 0, {"address": [None, "10.0.0.1"]})]


def test_auth_010_lockouts_of_names_and_addresses_are_audited_once(maria: Any) -> None:
    fail()
    with after(minutes=1):
        for number in range(12):
            attempt("maria", address="10.0.0.2")
            attempt(f"person{number}")
    here = {"address": [None, "10.0.0.1"]}
    assert entries(action="LOCKED") == [
        ("LOCKED", "", maria.pk, {**here, "username": [None, "maria"]}),
        ("LOCKED", "", 0, here),
    ]


def test_auth_010_memberships_and_roles_are_audited_with_who_changed_them(
    maria: Any, acme_2: Any, platform_admin: Any, signed_in: Any
) -> None:
    admin = signed_in(platform_admin)
    values = {"user": maria.pk, "client": acme_2.pk, "role": "VIEWER", "active": "on"}
    values |= {"valid_0": "2026-01-01", "valid_1": ""}
    assert admin.post("/admin/clients/membership/add/", values).status_code == 302
    own = maria.memberships.get(client=acme_2)
    values["role"] = "MANAGER"
    page = f"/admin/clients/membership/{own.pk}/change/"
    assert admin.post(page, values).status_code == 302
    with client_scope([acme_2]):
        found = AuditEntry.objects.filter(table_name="clients_membership", row_id=own.pk)
        made, changed = found.order_by("id")
    assert (made.action, made.actor_name, made.changes["role"]) == (
        "INSERT", "platform", [None, "VIEWER"],
    )  # fmt: skip
    assert (changed.action, changed.actor_name, changed.changes) == (
        "UPDATE", "platform", {"role": ["VIEWER", "MANAGER"]},
    )  # fmt: skip


def test_auth_010_nobody_but_the_database_writes_the_audit(maria: Any) -> None:
    with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
        AuditEntry.objects.create(
            occurred_at=MORNING, table_name="clients_user", row_id=1, action="LOGIN", changes={}
        )


def test_auth_010_entries_without_a_client_are_the_platform_admins_to_read(
    acme: Any, acme_2: Any, maria: Any, platform_admin: Any, signed_in: Any
) -> None:
    """The list shows whom nobody but they may see, and a member's scope holds none of it."""
    attempt("maria")
    page = signed_in(platform_admin).get("/admin/clients/auditentry/?source=SIGN-IN")
    assert [str(each["entry"]) for each in page.context_data["lines"]] == [
        f"clients_user {maria.pk} failed to sign in"
    ]
    with client_scope([acme, acme_2], user=maria):
        assert AuditEntry.of_platform.filter(client_id=None).count() == 0


def test_signing_in_makes_no_kept_figure_stale(maria: Any) -> None:
    """They are kept until something of the client was written, or of what all share."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_snapshot()::text")
        before = cursor.fetchone()[0]
        attempt("maria")
        cursor.execute("SELECT kpi_changed_since(%s, %s)", [0, before])
        assert cursor.fetchone() == (False,)
