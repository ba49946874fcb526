"""A new password by mail, which tells nobody whether there is an account."""

from __future__ import annotations

import datetime
import re
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.core.management import call_command
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext

from clients.models import ApiToken, PasswordRequest, User

pytestmark = pytest.mark.django_db
NEW = {"new_password1": "Another-Word-2", "new_password2": "Another-Word-2"}
MORNING = datetime.datetime(2026, 3, 2, 6, 0, tzinfo=datetime.UTC)
TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="[^"]*"')


@pytest.fixture
def maria(acme: Any, member: Any, settings: Any) -> Any:
    settings.MAILERS = {"default": {"BACKEND": "django.core.mail.backends.locmem.EmailBackend"}}
    return member(acme, username="maria")


def ask(email: str, address: str = "10.0.0.1", **more: Any) -> Any:
    return Browser().post("/accounts/reset/", {"email": email}, REMOTE_ADDR=address, **more)


def after(**delta: float) -> Any:
    return time_machine.travel(MORNING + datetime.timedelta(**delta), tick=False)


def mailed(email: str = "maria@example.com") -> str:
    """The path in the mail that the job has sent."""
    ask(email)
    call_command("send_password_links")
    (found,) = re.findall(r"^http://testserver(/\S+)$", mail.outbox[-1].body, re.MULTILINE)
    return str(found)


def opened(link: str) -> tuple[Browser, Any]:
    browser = Browser()
    return browser, browser.get(link, follow=True)


def test_auth_003_asking_tells_nothing_about_the_account(
    maria: Any, acme: Any, member: Any
) -> None:
    """Known, unknown and inactive: the same answer, after the same statements, without a mail."""
    User.objects.filter(pk=member(acme, username="paulo").pk).update(is_active=False)
    found = []
    for number, name in enumerate(["maria", "paulo", "nadie"]):
        with CaptureQueriesContext(connection) as asked:
            answer = ask(f"{name}@example.com", address=f"10.0.1.{number}")
        shapes = [re.sub(r"'[^']*'|\d+", "?", each["sql"]) for each in asked]
        found.append((answer.status_code, answer["Location"], answer.content, shapes))
    assert found[0][:2] == (302, "/accounts/reset/sent/")
    assert found[0] == found[1] == found[2]
    assert mail.outbox == []


def test_auth_003_iso_047_only_an_active_account_is_mailed(
    maria: Any, acme: Any, member: Any
) -> None:
    User.objects.filter(pk=member(acme, username="paulo").pk).update(is_active=False)
    for name in ("MARIA", "paulo", "nadie"):
        ask(f"{name}@example.com")
    call_command("send_password_links")
    assert [(each.to, each.subject) for each in mail.outbox] == [
        (["maria@example.com"], "A new password for KPI Ops")
    ]
    assert "ACME" not in mail.outbox[0].body
    assert PasswordRequest.objects.filter(done_at=None).count() == 0


def test_auth_006_a_new_password_ends_sessions_and_tokens_and_the_link(
    maria: Any, signed_in: Any
) -> None:
    elsewhere, (token, _) = signed_in(maria), ApiToken.issue(maria, "integrator")
    link = mailed()
    browser, page = opened(link)
    assert browser.post(page.request["PATH_INFO"], NEW).status_code == 302
    maria.refresh_from_db()
    assert maria.check_password("Another-Word-2")
    assert elsewhere.get("/accounts/password/").status_code == 302
    assert ApiToken.objects.get(pk=token.pk).is_usable() is False
    assert "This link is not good any more." in opened(link)[1].content.decode()


def test_iso_047_a_mailed_link_does_nothing_for_an_account_that_was_closed_since(
    maria: Any,
) -> None:
    asked_before, opened_before = mailed(), opened(mailed())
    User.objects.filter(pk=maria.pk).update(is_active=False)
    assert "This link is not good any more." in opened(asked_before)[1].content.decode()
    browser, page = opened_before
    answer = browser.post(page.request["PATH_INFO"], NEW)
    assert "This link is not good any more." in answer.content.decode()
    maria.refresh_from_db()
    assert maria.check_password("Secret-Word-1")


def test_auth_002_the_rules_of_passwords_hold_here_too(maria: Any) -> None:
    browser, page = opened(mailed())
    weak = {"new_password1": "short", "new_password2": "short"}
    answer = browser.post(page.request["PATH_INFO"], weak)
    assert "This password has no digit." in answer.content.decode()
    maria.refresh_from_db()
    assert maria.check_password("Secret-Word-1")


def test_auth_003_a_link_to_nobody_is_like_one_that_is_over(maria: Any) -> None:
    with after():
        link = mailed()
    with after(hours=1, seconds=1):
        known = opened(link)[1]
    unknown = opened("/accounts/reset/OTk5OTk5/abc-def/")[1]
    texts = [TOKEN.sub("", each.content.decode()) for each in (known, unknown)]
    assert texts[0] == texts[1]
    assert "This link is not good any more." in texts[0]


def test_a_link_is_good_for_an_hour(maria: Any) -> None:
    with after():
        link = mailed()
    with after(minutes=59):
        assert "new_password1" in opened(link)[1].content.decode()


def test_the_link_stays_out_of_what_the_browser_tells_others(maria: Any) -> None:
    _browser, page = opened(mailed())
    assert page.request["PATH_INFO"].endswith("/set-password/")
    assert page.headers["Referrer-Policy"] == "same-origin"
    assert "no-store" in page.headers["Cache-Control"]


def test_auth_004_an_address_asks_ten_times_a_minute(maria: Any) -> None:
    with after():
        for number in range(10):
            assert ask(f"person{number}@example.com").status_code == 302
        assert ask("maria@example.com").status_code == 429
        typed = {"username": "maria", "password": "Secret-Word-1"}
        here = Browser().post("/accounts/login/", typed, REMOTE_ADDR="10.0.0.1")
        assert here.status_code == 429
    assert PasswordRequest.objects.count() == 10


def test_who_asks_again_at_once_gets_one_mail(maria: Any) -> None:
    for minutes in (0, 1, 6):
        with after(minutes=minutes):
            ask("maria@example.com")
            call_command("send_password_links")
    assert len(mail.outbox) == 2


def test_without_a_mail_server_the_page_says_so_and_takes_nothing_down(
    maria: Any, settings: Any
) -> None:
    settings.MAILERS = {}
    for answer in (Browser().get("/accounts/reset/"), ask("maria@example.com")):
        assert "No mail server is set up here." in answer.content.decode()
        assert 'name="email"' not in answer.content.decode()
    assert PasswordRequest.objects.count() == 0


def test_a_server_that_takes_no_mail_is_logged_and_asked_once(
    maria: Any, settings: Any, caplog: Any
) -> None:
    closed = {"host": "127.0.0.1", "port": 9, "timeout": 2}
    backend = "django.core.mail.backends.smtp.EmailBackend"
    settings.MAILERS = {"default": {"BACKEND": backend, "OPTIONS": closed}}
    ask("maria@example.com")
    call_command("send_password_links")
    assert "A password link could not be mailed." in caplog.text
    asked = PasswordRequest.objects.get()
    assert (asked.was_sent, asked.done_at is None) == (False, False)


def test_the_link_names_no_host_that_is_not_ours(maria: Any, settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["testserver"]
    assert ask("maria@example.com", headers={"host": "evil.example"}).status_code == 400
    assert PasswordRequest.objects.count() == 0
