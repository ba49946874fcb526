"""What a session is good for, and when it is good for nothing any more."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client as Browser

from clients.models import Client, User


def test_auth_006_a_deactivated_user_is_signed_out_at_once(
    acme: Client, member: Callable[..., User], signed_in: Callable[[User], Browser]
) -> None:
    user = member(acme)
    browser = signed_in(user)
    assert browser.get("/overview/").status_code == 200
    User.objects.filter(pk=user.pk).update(is_active=False)
    assert browser.get("/overview/").status_code == 302
    assert browser.get("/api/v1/lines/").status_code == 401


def test_auth_006_a_session_of_an_inactive_user_opens_nothing(
    acme: Client, member: Callable[..., User], signed_in: Callable[[User], Browser]
) -> None:
    """Also one that began after the user was deactivated."""
    user = member(acme)
    User.objects.filter(pk=user.pk).update(is_active=False)
    user.refresh_from_db()
    assert signed_in(user).get("/overview/").status_code == 302


@pytest.mark.parametrize("path", ["/accounts/password/", "/admin/plant/line/add/"])
def test_auth_009_a_form_without_its_token_is_refused(
    acme: Client, member: Callable[..., User], path: str
) -> None:
    user, browsers = member(acme), []
    for strict in (True, False):
        browser = Browser(enforce_csrf_checks=strict)
        browser.force_login(user, backend="clients.backends.MemberBackend")
        browsers.append(browser)
    assert [each.post(path, {}).status_code for each in browsers] == [403, 200]
