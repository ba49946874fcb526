"""What every kind of answer carries: pages, API, files, refusals, errors, what never signs in."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.test import Client as Browser

from tests.sweep.world import MARKS

pytestmark = pytest.mark.django_db
POLICY = {
    "default-src 'self'", "script-src 'self' 'nonce-…'", "style-src 'self' 'nonce-…'",
    "img-src 'self' data:", "object-src 'none'", "frame-ancestors 'none'", "form-action 'self'",
    "base-uri 'none'",
}  # fmt: skip
OPEN = ["/accounts/login/", "/accounts/reset/", "/accounts/reset/OTk/x-y/", "/healthz", "/readyz"]
ANSWERS = {
    "/overview/": 200,
    "/admin/": 200,
    "/admin/plant/line/": 200,
    "/admin/plant/line/export.csv?client=ACME": 200,
    "/admin/plant/line/99999/change/": 404,
    "/admin/clients/user/": 403,
    "/admin/jsi18n/": 200,
    "/accounts/password/": 200,
    "/api/v1/lines/": 200,
    "/api/v1/lines/99999/": 404,
    "/api/v1/lines/export/?client=ACME": 200,
    "/api/v1/lines/?nonsense=1": 400,
    "/api/v1/schema/": 200,
    "/api/v1/docs/": 200,
    "/no-such-page/": 404,
    "/overview/?client=NOBODY": 404,
    "/overview/?client=ACME&client=ACME": 400,
}


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    logging.disable(logging.ERROR)  # every refusal is expected
    yield
    logging.disable(logging.NOTSET)


@pytest.fixture
def browser(acme: Any, acme_2: Any, member: Any, signed_in: Any) -> Browser:
    return signed_in(member(acme))


def judge(answer: Any) -> None:
    found = answer.headers
    policy = re.sub(r"'nonce-[^']*'", "'nonce-…'", found["Content-Security-Policy"])
    # A page that uses no nonce needs none.
    wanted = {each if "nonce" in policy else each.replace(" 'nonce-…'", "") for each in POLICY}
    assert {each.strip() for each in policy.split(";")} == wanted
    assert found["X-Content-Type-Options"] == "nosniff"
    assert found["X-Frame-Options"] == "DENY"
    assert found["Referrer-Policy"] == "same-origin"
    assert found["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "camera=()" in found["Permissions-Policy"]
    assert "geolocation=()" in found["Permissions-Policy"]
    assert {"private", "no-store"} <= set(found["Cache-Control"].split(", "))
    assert "Cookie" in found["Vary"]


@pytest.mark.parametrize("path", ANSWERS)
def test_iso_044_every_answer_carries_the_headers(browser: Browser, path: str) -> None:
    answer = browser.get(path)
    assert answer.status_code == ANSWERS[path]
    judge(answer)
    assert {"Cookie", "Authorization"} <= set(answer.headers["Vary"].split(", "))
    assert answer.headers["Cache-Control"] == "private, no-store"


@pytest.mark.parametrize("path", [*OPEN, "/overview/", "/api/v1/lines/"])
def test_iso_044_iso_060_strangers_get_the_headers_and_no_name(
    acme: Any, acme_2: Any, path: str
) -> None:
    answer = Browser().get(path)
    judge(answer)
    assert MARKS.search(answer.content.decode()) is None
    assert "ACME" not in answer.content.decode()


@pytest.mark.parametrize("path", ["/admin/plant/line/", "/api/v1/lines/"])
def test_iso_060_a_failure_tells_nothing_and_carries_the_headers(
    browser: Browser, path: str
) -> None:
    """The table is not there any more, and what the database says of it names a client."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET LOCAL ROLE kpi_owner")
        cursor.execute("ALTER TABLE plant_line RENAME COLUMN code TO zebra_socks_code")
        cursor.execute("SET LOCAL ROLE kpi_app")
    browser.raise_request_exception = False
    answer = browser.get(path)
    assert answer.status_code == 500
    judge(answer)
    text = answer.content.decode()
    assert MARKS.search(text) is None
    assert "plant_line" not in text
    assert "<h1>Something went wrong on our side.</h1>" in text


@pytest.mark.parametrize("path", ["/api/v1/schema/?format=json", "/api/v1/docs/"])
def test_iso_060_the_schema_names_no_client(browser: Browser, path: str) -> None:
    text = browser.get(path).content.decode()
    assert MARKS.search(text) is None
    assert re.search(r"\bACME\b|Acme Boots", text) is None


@pytest.mark.parametrize("path", ["/overview/", "/admin/", "/no-such-page/", "/api/v1/docs/"])
def test_no_page_needs_what_the_policy_forbids(browser: Browser, path: str) -> None:
    text = browser.get(path).content.decode()
    assert (
        re.findall(r"<script(?![^>]*\bsrc=)(?![^>]*\btype=\"application/json\")[^>]*>", text) == []
    )
    assert re.findall(r"<style|\sstyle=\"|\son[a-z]+=\"|javascript:", text) == []


def test_auth_009_hsts_and_cookies_over_https(
    browser: Browser, settings: Any, member: Any, acme: Any
) -> None:
    """With HTTPS on: who comes by HTTP is sent on, and cookies never leave it."""
    settings.SECURE_SSL_REDIRECT = settings.SESSION_COOKIE_SECURE = True
    settings.CSRF_COOKIE_SECURE, settings.SECURE_HSTS_SECONDS = True, 31536000
    visitor = Browser()
    sent_on = visitor.get("/accounts/login/")
    assert sent_on.headers["Location"] == "https://testserver/accounts/login/"
    judge_bare(sent_on)
    page = visitor.get("/accounts/login/", secure=True)
    assert page.headers["Strict-Transport-Security"] == "max-age=31536000"
    typed = {"username": member(acme).username, "password": "Secret-Word-1"}
    answer = visitor.post("/accounts/login/", typed, secure=True)
    assert answer.status_code == 302
    for cookie in (answer.cookies["sessionid"], answer.cookies["csrftoken"]):
        assert (cookie["secure"], cookie["httponly"], cookie["samesite"]) == (True, True, "Lax")


def judge_bare(answer: Any) -> None:
    """An answer that the first middleware gave."""
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert "camera=()" in answer.headers["Permissions-Policy"]
