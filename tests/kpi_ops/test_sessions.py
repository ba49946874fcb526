import datetime

import pytest
import time_machine
from django.contrib.auth import SESSION_KEY
from django.contrib.auth.hashers import make_password
from django.test import Client as Browser

from clients.models import ApiToken, Membership, User
from kpi_ops.sessions import RENEWED_AT, SIGNED_IN_AT

pytestmark = pytest.mark.django_db
MORNING = datetime.datetime(2026, 3, 2, 6, 0, tzinfo=datetime.UTC)


def is_signed_in(browser):
    return browser.get("/accounts/password/").status_code == 200


@pytest.fixture
def browser(acme, member, signed_in):
    with time_machine.travel(MORNING, tick=False):
        browser = signed_in(member(acme))
        assert is_signed_in(browser)
    return browser


def after(**delta):
    return time_machine.travel(MORNING + datetime.timedelta(**delta), tick=False)


def test_auth_005_idle_session_ends_after_two_hours(browser):
    with after(hours=1, minutes=59):
        assert is_signed_in(browser)
    with after(hours=4):
        assert not is_signed_in(browser)


def test_auth_005_busy_session_ends_after_twelve_hours(browser):
    for hour in range(1, 13):
        with after(hours=hour):
            assert is_signed_in(browser)
    with after(hours=12, seconds=1):
        assert not is_signed_in(browser)


def test_auth_006_password_change_ends_the_other_sessions(browser, acme, member, signed_in):
    user = member(acme, username="two-screens")
    here, there = signed_in(user), signed_in(user)
    here.post(
        "/accounts/password/",
        {
            "old_password": "Secret-Word-1",
            "new_password1": "Another-Word-2",
            "new_password2": "Another-Word-2",
        },
    )
    assert is_signed_in(here)
    assert not is_signed_in(there)


def test_auth_005_a_session_in_use_is_renewed_every_five_minutes(browser):
    with after(minutes=4):
        assert "sessionid" not in browser.get("/accounts/password/").cookies
    with after(minutes=6):
        assert "sessionid" in browser.get("/accounts/password/").cookies


# -- what ends sessions and tokens ---------------------------------------------------------------


@pytest.fixture
def maria(acme, member):
    return member(acme, role="MANAGER", username="maria", hr=True)


@pytest.fixture
def screens(maria, signed_in):
    """Two sessions and a token of the same person."""
    _, key = ApiToken.issue(maria, "integrator")
    return signed_in(maria), signed_in(maria), {"Authorization": f"Token {key}"}


def alive(screens):
    """Statuses of both sessions and of the token, as any worker would give them."""
    here, there, header = screens
    found = [each.get("/accounts/password/").status_code for each in (here, there)]
    return [*found, Browser().get("/api/v1/clients/", headers=header).status_code]


def in_admin(page, **values):
    """As a platform admin changes it, with the form."""

    def change(maria, admin):
        key = maria.pk if "user" in page else maria.memberships.get().pk
        answer = admin.post(f"/admin/clients/{page}/{key}/change/", values)
        assert answer.status_code == 302, answer.context_data["errors"]

    return change


PERSON = {"username": "maria", "email": "maria@example.com"} | {
    f"memberships-{name}_FORMS": "0" for name in ("TOTAL", "INITIAL")
}


@pytest.mark.parametrize(
    "end",
    [
        in_admin("user", **PERSON),
        in_admin("user", **PERSON, is_active="on", password="Another-Word-2"),
        lambda maria, admin: User.objects.filter(pk=maria.pk).update(is_active=False),
        lambda maria, admin: User.objects.filter(pk=maria.pk).update(is_superuser=True),
        lambda maria, admin: Membership.objects.filter(user=maria).update(role="OPERATOR"),
        lambda maria, admin: Membership.objects.filter(user=maria).update(hr=False),
        lambda maria, admin: Membership.objects.filter(user=maria).update(quality=True),
        lambda maria, admin: Membership.objects.filter(user=maria).update(active=False),
        lambda maria, admin: Membership.objects.filter(user=maria).delete(),
    ],
    ids=[
        "deactivated", "new password", "deactivated in bulk", "made platform admin", "role",
        "hr flag", "quality flag", "membership inactive", "membership deleted",
    ],
)  # fmt: skip
def test_auth_006_role_006_what_ends_all_sessions_and_tokens(
    maria, screens, platform_admin, signed_in, end
):
    assert alive(screens) == [200, 200, 200]
    end(maria, signed_in(platform_admin))
    assert alive(screens) == [302, 302, 401]


def test_auth_006_signing_out_ends_every_session(screens):
    """A stolen copy of the cookie as well; an integrator's key goes on."""
    here, _there, _header = screens
    copied = Browser()
    copied.cookies["sessionid"] = here.cookies["sessionid"].value
    assert here.post("/accounts/logout/").status_code == 200
    assert copied.get("/accounts/password/").status_code == 302
    assert alive(screens) == [302, 302, 200]


def test_auth_008_a_token_signs_nobody_out(screens):
    _, _, header = screens
    Browser().post("/accounts/logout/", headers=header)
    assert alive(screens) == [200, 200, 200]


def test_auth_006_the_admin_has_no_other_way_out(maria, screens):
    here, _, _ = screens
    assert here.post("/admin/logout/").status_code == 200
    assert alive(screens) == [302, 302, 200]


def test_auth_006_own_password_change_keeps_this_session_alone(screens):
    here, _, _ = screens
    here.post(
        "/accounts/password/",
        {
            "old_password": "Secret-Word-1",
            "new_password1": "Another-Word-2",
            "new_password2": "Another-Word-2",
        },
    )
    assert alive(screens) == [200, 302, 401]


@pytest.mark.parametrize("flag", ["is_active", "role"])
def test_auth_006_what_has_ended_does_not_come_back(maria, screens, flag):
    """Neither when the change is taken back, nor when an older copy of the row is saved."""
    older = User.objects.get(pk=maria.pk)
    if flag == "role":
        Membership.objects.filter(user=maria).update(role="VIEWER", hr=False)
        Membership.objects.filter(user=maria).update(role="MANAGER", hr=True)
    else:
        User.objects.filter(pk=maria.pk).update(is_active=False)
        User.objects.filter(pk=maria.pk).update(is_active=True)
    older.save()
    assert alive(screens) == [302, 302, 401]


def test_auth_006_what_changes_no_right_ends_nothing(maria, screens, platform_admin):
    User.objects.filter(pk=maria.pk).update(full_name="María", language="es", email="m@x.mx")
    Membership.objects.filter(user=maria).update(valid=(datetime.date(2020, 1, 1), None))
    assert alive(screens) == [200, 200, 200]


def test_auth_006_a_password_that_is_hashed_anew_ends_no_token(maria, client):
    """Signing in renews hashes that were made the old way."""
    token, _key = ApiToken.issue(maria, "integrator")
    old = make_password("Secret-Word-1", hasher="pbkdf2_sha256")
    User.objects.filter(pk=maria.pk).update(password=old)
    typed = {"username": "maria", "password": "Secret-Word-1"}
    assert client.post("/accounts/login/", typed).status_code == 302
    maria.refresh_from_db()
    assert maria.password.startswith("md5$")  # the hasher of tests
    token.refresh_from_db()
    assert token.is_usable() is True


# -- AUTH-007 ------------------------------------------------------------------------------------


def lines_seen(browser):
    return [row["code"] for row in browser.get("/api/v1/clients/").json()["results"]]


def test_auth_007_neither_cookie_nor_session_says_whose_rows(acme, acme_2, maria, signed_in):
    browser = signed_in(maria)
    assert lines_seen(browser) == ["ACME"]
    kept = {key for key, _ in browser.session.items() if not key.startswith("_auth_user_")}
    assert kept == {SIGNED_IN_AT, RENEWED_AT}
    session = browser.session
    session.update({"client": "ACME-2", "clients": [acme_2.pk], "scope": [acme_2.pk]})
    session.save()
    for name in ("client", "clients", "kpi.clients"):
        browser.cookies[name] = str(acme_2.pk)
    assert lines_seen(browser) == ["ACME"]
    assert session[SESSION_KEY] == str(maria.pk)


def test_auth_007_a_new_membership_shows_on_the_next_request(acme_2, maria, signed_in, screens):
    """… also to a token: the clients are read again each time."""
    here, _, header = screens
    token = Browser(headers=header)
    # Read once before: what is remembered from then on would show here.
    assert (lines_seen(here), lines_seen(token)) == (["ACME"], ["ACME"])
    since = (datetime.date(2020, 1, 1), None)
    Membership.objects.create(user=maria, client=acme_2, role="VIEWER", valid=since)
    assert lines_seen(here) == ["ACME", "ACME-2"]
    assert lines_seen(token) == ["ACME", "ACME-2"]
