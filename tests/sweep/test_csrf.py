"""No form is accepted that our own page did not make, and nothing opens to strangers (AUTH-009)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.test import Client as Browser
from django.urls import get_resolver

from tests.sweep.walk import calls, page
from tests.sweep.world import World, addresses, sent, unrendered, walked

DOORS = ("/accounts/login/?next=", "/admin/login/?next=")  # the second one leads to the first
OPEN = {
    "healthz", "readyz", "login", "admin:login", "admin-login-redirect", "set_language",
    "password_reset", "password_reset_done", "password_reset_confirm", "password_reset_complete",
}  # fmt: skip


def test_auth_009_every_form_of_every_address_needs_its_token(world: World) -> None:
    """As a manager with all flags, with a session, as another site would have the browser send."""
    browser = Browser(enforce_csrf_checks=True, raise_request_exception=False)
    browser.cookies["sessionid"] = world.browser("H").cookies["sessionid"].value
    accepted, asked = [], 0
    for method, path in writings(world):
        with unrendered():
            status = sent(browser, method, path, {"client": "ACME"}).status_code
        asked += 1
        if status != 403:
            accepted.append(f"{method} {path}: {status}")
    assert accepted == []
    assert asked > 200


def writings(world: World) -> Iterator[tuple[str, str]]:
    for address in addresses():
        if address.model is None:
            yield "post", page(world, address)
        for method, path, _ in calls(world, address):
            if method != "get":
                yield method, path


def test_auth_009_no_page_is_excused_from_the_token() -> None:
    excused = {
        pattern
        for entry, pattern, _ in walked(get_resolver())
        if getattr(entry.callback, "csrf_exempt", False) and not pattern.startswith("api/v1/")
    }
    assert excused == set()


def test_auth_001_auth_009_strangers_are_sent_to_the_sign_in_or_refused(world: World) -> None:
    """No page opens without a sign-in but these, and none of them makes an account."""
    browser, found = world.browser("X"), set()
    for address in addresses():
        if address.model is None:
            with unrendered():
                answer = sent(browser, "get", page(world, address))
            if address.is_api:
                assert answer.status_code == 401
            elif not answer.headers.get("Location", "").startswith(DOORS):
                found.add(address.name)
    assert found == OPEN


@pytest.mark.parametrize("letter", "VOSMEH")
def test_auth_001_only_platform_admins_make_accounts(world: World, letter: str) -> None:
    """Also not a manager with all flags; a role or client of one's own is nowhere to be set."""
    browser = world.browser(letter)
    values = {"username": "newcomer", "email": "new@example.com", "password": "Fine-Words-7"}
    for model in ("user", "membership", "apitoken"):
        assert browser.post(f"/admin/clients/{model}/add/", values).status_code == 403
    assert browser.post("/api/v1/users/", values).status_code == 404
    user = world.users[letter]
    mine = {
        "old_password": "Secret-Word-1", "new_password1": "Fine-Words-7",
        "new_password2": "Fine-Words-7", "is_superuser": "on", "role": "MANAGER",
        "client": "ACME-2",
    }  # fmt: skip
    before = list(user.memberships.values_list("client", "role", "quality", "hr"))
    assert browser.post("/accounts/password/", mine).status_code == 302
    user.refresh_from_db()
    assert (user.is_superuser, user.is_active) == (False, True)
    assert list(user.memberships.values_list("client", "role", "quality", "hr")) == before
