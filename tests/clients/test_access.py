"""Who gets in, and what the scope of a request is."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client as Browser
from django.urls import reverse

from clients.models import ApiToken, Client, ImportBatch, Membership, User
from clients.roles import Action, Role, is_granted
from clients.scope import client_scope, scope_of
from tests.standing import standing

BATCHES = "/admin/clients/importbatch/"


@standing
def batches(acme: Client, acme_2: Client) -> dict[str, ImportBatch]:
    made = {}
    for client, name in ((acme, "boots.csv"), (acme_2, "zebra-socks.csv")):
        with client_scope([client]):
            made[client.code] = ImportBatch.objects.create(
                client=client, kind="FILE", entity="production_entry", file_name=name
            )
    return made


def page(browser: Browser, path: str, status: int = 200) -> str:
    response = browser.get(path)
    assert response.status_code == status
    return response.content.decode()


def test_a_list_shows_own_rows_only(
    batches: Any, acme: Client, member: Any, signed_in: Any
) -> None:
    text = page(signed_in(member(acme)), BATCHES)
    assert "boots.csv" in text
    assert "zebra-socks.csv" not in text
    assert "ACME-2" not in text


def test_a_member_of_two_clients_sees_both_and_can_narrow(
    batches: Any, acme: Client, acme_2: Client, member: Any, signed_in: Any
) -> None:
    browser = signed_in(member(acme, acme_2))
    text = page(browser, BATCHES)
    assert "boots.csv" in text
    assert "zebra-socks.csv" in text
    text = page(browser, f"{BATCHES}?client=ACME")
    assert "boots.csv" in text
    assert "zebra-socks.csv" not in text


@pytest.mark.parametrize(
    "code", ["ACME-2", "NOBODY", "acme", "ACM%", "ACME_2", "", "ACME' OR 1=1 --"]
)
def test_a_client_that_is_not_ones_own_is_not_found(
    batches: Any, acme: Client, member: Any, signed_in: Any, code: str
) -> None:
    assert "boots.csv" not in page(signed_in(member(acme)), f"{BATCHES}?client={code}", 404)


def test_repeated_client_parameters_are_refused(acme: Client, member: Any, signed_in: Any) -> None:
    browser = signed_in(member(acme))
    assert page(browser, f"{BATCHES}?client=ACME&client=ACME-2", 400) == "Name one client only."


def test_foreign_and_unknown_rows_answer_alike(
    batches: Any, acme: Client, member: Any, signed_in: Any
) -> None:
    browser = signed_in(member(acme))
    foreign = page(browser, f"{BATCHES}{batches['ACME-2'].pk}/change/", 404)
    unknown = page(browser, f"{BATCHES}{batches['ACME-2'].pk + 999}/change/", 404)
    assert foreign == unknown
    assert page(browser, f"{BATCHES}{batches['ACME-2'].pk}/history/", 404) == unknown


def test_anonymous_people_are_sent_to_the_sign_in(db: None) -> None:
    response = Browser().get(BATCHES)
    assert response.status_code == 302
    assert response.headers["Location"].startswith(reverse("login"))


def test_a_viewer_may_not_open_the_admin(acme: Client, member: Any, signed_in: Any) -> None:
    page(signed_in(member(acme, role="VIEWER")), BATCHES, 403)


def test_a_user_without_membership_is_refused(db: None, signed_in: Any) -> None:
    user = User.objects.create_user("nobody", "nobody@example.com", "Secret-Word-1")
    user.refresh_from_db()
    page(signed_in(user), BATCHES, 403)


def test_a_membership_that_has_ended_opens_nothing(acme: Client, signed_in: Any) -> None:
    user = User.objects.create_user("former", "former@example.com", "Secret-Word-1")
    past = (datetime.date(2020, 1, 1), datetime.date(2021, 1, 1))
    Membership.objects.create(user=user, client=acme, role=Role.MANAGER, valid=past)
    user.refresh_from_db()
    page(signed_in(user), BATCHES, 403)


def test_iso_058_an_inactive_client_locks_its_members_out(
    acme: Client, acme_2: Client, member: Any, signed_in: Any
) -> None:
    user = member(acme)
    browser, of_both = signed_in(user), signed_in(member(acme, acme_2))
    _, key = ApiToken.issue(user, "integration")
    api = Browser(headers={"Authorization": f"Token {key}"})
    page(browser, BATCHES)
    page(api, "/api/v1/lines/")
    Client.unscoped.filter(pk=acme.pk).update(active=False)
    page(browser, BATCHES, 403)
    page(api, "/api/v1/lines/", 403)
    page(of_both, f"{BATCHES}?client=ACME", 404)
    page(of_both, f"{BATCHES}?client=ACME-2")


def test_role_006_auth_006_a_changed_role_acts_on_the_next_request(
    acme: Client, member: Any, signed_in: Any
) -> None:
    user = member(acme)
    browser = signed_in(user)
    page(browser, BATCHES)
    Membership.objects.filter(user=user).update(role=Role.VIEWER)
    page(browser, BATCHES, 302)
    user.refresh_from_db()
    page(signed_in(user), BATCHES, 403)


def test_pages_of_members_are_never_stored_by_the_browser(
    acme: Client, member: Any, signed_in: Any
) -> None:
    response = signed_in(member(acme)).get(BATCHES)
    assert response.headers["Cache-Control"] == "private, no-store"
    assert "Cookie" in response.headers["Vary"]


def test_two_roles_at_once_in_one_client_are_refused(acme: Client, member: Any) -> None:
    user = member(acme)
    second = Membership(user=user, client=acme, role=Role.VIEWER, valid=(None, None))
    with pytest.raises(ValidationError, match="already has a role in this client in that period"):
        second.full_clean()


def test_a_viewer_carries_no_flags(acme: Client, member: Any) -> None:
    user = User.objects.create_user("viewing", "viewing@example.com", "Secret-Word-1")
    flagged = Membership(user=user, client=acme, role=Role.VIEWER, hr=True, valid=(None, None))
    with pytest.raises(ValidationError, match="A viewer carries no flags"):
        flagged.full_clean()


def test_a_platform_admin_belongs_to_no_client(acme: Client, platform_admin: User) -> None:
    with pytest.raises(ValidationError, match="belongs to no client"):
        Membership(user=platform_admin, client=acme, role=Role.MANAGER, valid=(None, None)).clean()


def test_the_role_in_the_rows_client_decides(acme: Client, acme_2: Client, member: Any) -> None:
    user = member(acme, role="MANAGER")
    Membership.objects.create(user=user, client=acme_2, role=Role.VIEWER, valid=(None, None))
    scope = scope_of(user)
    assert scope.may(Action.MASTERS, acme.pk) is True
    assert scope.may(Action.MASTERS, acme_2.pk) is False
    assert scope.may(Action.MASTERS) is True


@pytest.mark.parametrize(
    ("action", "letters"),
    [
        (Action.VIEW, "VOSME"),
        (Action.ENTRY, "OSME"),
        (Action.EDIT_ANY, "SME"),
        (Action.EDIT_VERIFIED, "SM"),
        (Action.VERIFY, "SM"),
        (Action.UNDO_ANY_IMPORT, "M"),
        (Action.MASTERS, "SME"),
        (Action.ORDERS, "SME"),
        (Action.STANDARDS, "E"),
        (Action.TARGETS, "ME"),
        (Action.CLIENT_SETTINGS, "ME"),
        (Action.PROPOSE_ASSUMPTION, "E"),
        (Action.APPROVE_ASSUMPTION, "M"),
        (Action.EMPLOYEES_PROTECTED, ""),
        (Action.PLATFORM, ""),
    ],
)
def test_the_role_matrix(action: Action, letters: str) -> None:
    assert "".join(role[0] for role in Role.values if is_granted(action, Role(role))) == letters


@pytest.mark.parametrize(
    ("action", "flag", "letters"),
    [
        (Action.VERIFY_QUALITY, "quality", "OSME"),
        (Action.EMPLOYEES_PROTECTED, "hr", "SME"),
        (Action.STANDARDS, "quality", "E"),
    ],
)
def test_flags_add_to_the_role(action: Action, flag: str, letters: str) -> None:
    may = [role for role in Role if is_granted(action, role, **{flag: True})]
    assert "".join(role.value[0] for role in may) == letters


# -- what platform admins do ----------------------------------------------------------------


def test_a_platform_admin_opens_a_client_with_its_catalogues(
    platform_admin: User, signed_in: Any
) -> None:
    values = {
        "code": "NEW-ONE",
        "name": "New one",
        "client_type": "PIECE",
        "timezone": "America/Matamoros",
        "currency": "MXN",
        "language": "es",
        "date_format": "YMD",
        "week_start": "1",
        "otd_mode": "BOTH",
        "downtime_entry": "EITHER",
        "closure_trigger": "AT_SHIPMENT",
        "order_flow": "STANDARD",
        "balance_tolerance_pct": "5",
        "defect_template": "GENERAL",
        "active": "on",
    }
    response = signed_in(platform_admin).post("/admin/clients/client/add/", values)
    assert response.status_code == 302
    assert Client.unscoped.get(code="NEW-ONE").name == "New one"


def test_a_manager_edits_the_settings_of_the_own_client_only(
    acme: Client, acme_2: Client, member: Any, signed_in: Any
) -> None:
    browser = signed_in(member(acme, role="MANAGER"))
    page(browser, f"/admin/clients/client/{acme.pk}/change/")
    page(browser, f"/admin/clients/client/{acme_2.pk}/change/", 404)
    page(browser, "/admin/clients/client/add/", 403)
    page(browser, "/admin/clients/user/", 403)
    page(browser, "/admin/clients/auditentry/", 403)


def test_auth_002_a_new_user_needs_a_strong_first_password(
    platform_admin: User, signed_in: Any
) -> None:
    browser = signed_in(platform_admin)
    values = {
        "username": "newcomer",
        "email": "new@example.com",
        "is_active": "on",
        "password": "short",
        "memberships-TOTAL_FORMS": "0",
        "memberships-INITIAL_FORMS": "0",
    }
    assert browser.post("/admin/clients/user/add/", values).status_code == 200
    values["password"] = "Fine-Words-7"
    assert browser.post("/admin/clients/user/add/", values).status_code == 302
    user = User.objects.get(username="newcomer")
    assert user.check_password("Fine-Words-7")


def test_auth_008_the_key_of_a_token_is_shown_once_and_stored_hashed(
    acme: Client, member: Any
) -> None:
    token, key = ApiToken.issue(member(acme), "line terminal")
    assert token.digest == ApiToken.digest_of(key)
    assert key not in str(token.__dict__)


def test_auth_008_a_token_lives_a_year_at_most(acme: Client, member: Callable[..., User]) -> None:
    late = datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=400)
    with pytest.raises(ValidationError, match="expires within a year"):
        ApiToken.issue(member(acme), "for ever", expires_at=late)
