"""Who calls: tokens, sessions and nobody."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client as Browser
from django.utils import timezone

from clients.models import ApiToken, Client, Membership
from tests.api.conftest import Caller

LINE = {"code": "NEW", "name": "New line"}


def codes(answer: Any) -> list[str]:
    return [row["code"] for row in answer.json()["results"]]


def test_auth_009_nobody_is_asked_who_they_are(db: None) -> None:
    answer = Browser().get("/api/v1/lines/")
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Token"
    assert answer.json() == {"detail": "Authentication credentials were not provided."}


@pytest.mark.parametrize(
    "header", ["Token nonsense", "Token ", "Token", "token {key}", "Bearer {key}", "Token {key}x"]
)
def test_auth_008_any_other_key_opens_nothing(
    own: Any, acme: Any, member: Any, header: str
) -> None:
    _, key = ApiToken.issue(member(acme), "test")
    answer = Browser().get("/api/v1/lines/", headers={"Authorization": header.format(key=key)})
    assert answer.status_code == 401


def test_auth_008_a_token_opens_the_clients_of_its_user(
    own: Any, foreign: Any, supervisor: Caller
) -> None:
    assert codes(supervisor.get("lines/")) == ["OWN-L1"]


def test_auth_008_a_token_of_two_clients_can_be_narrowed_to_one(
    own: Any, foreign: Any, acme: Client, acme_2: Client, member: Any, caller: Any
) -> None:
    user = member(acme, acme_2)
    assert codes(caller(user).get("lines/")) == ["OWN-L1", "ZEBRA-L1"]
    narrowed = caller(user, client=acme)
    assert codes(narrowed.get("lines/")) == ["OWN-L1"]
    assert narrowed.get("lines/?client=ACME-2").status_code == 404
    assert narrowed.get(f"lines/{foreign['Line'].pk}/").status_code == 404
    answer = narrowed.post("lines/", {**LINE, "client": "ACME-2"})
    assert answer.json() == {"client": ["Unknown client “ACME-2”."]}


def test_auth_007_auth_008_a_token_narrowed_to_a_client_that_was_left_opens_nothing(
    own: Any, acme: Client, acme_2: Client, member: Any, caller: Any
) -> None:
    user = member(acme_2)
    answer = caller(user, client=acme).get("lines/")
    assert answer.status_code == 403
    assert answer.json() == {"detail": "You belong to no client at present."}


def test_auth_008_a_read_only_token_reads_and_never_writes(
    own: Any, acme: Client, member: Any, caller: Any
) -> None:
    reader = caller(member(acme, role="MANAGER"), read_only=True)
    line = own["Line"]
    assert codes(reader.get("lines/")) == ["OWN-L1"]
    assert reader.get(f"lines/{line.pk}/").status_code == 200
    for answer in (
        reader.post("lines/", LINE),
        reader.patch(f"lines/{line.pk}/", {"name": "x", "version": 1}),
        reader.put(f"lines/{line.pk}/", {**LINE, "version": 1}),
        reader.post(f"lines/{line.pk}/void/", {"reason": "x"}),
        reader.post("lines/bulk/", {"rows": [LINE]}),
        reader.post(f"production-entries/{own['ProductionEntry'].pk}/verify/"),
        reader.delete(f"lines/{line.pk}/"),
    ):
        assert answer.status_code == 403
        assert answer.json() == {"detail": "Your role does not allow this."}
    assert codes(reader.get("lines/")) == ["OWN-L1"]


def test_auth_008_a_read_only_token_of_a_platform_admin_never_writes(
    acme: Client, platform_admin: Any, caller: Any
) -> None:
    reader = caller(platform_admin, read_only=True)
    assert reader.post("lines/", {**LINE, "client": "ACME"}).status_code == 403
    assert reader.post("employees/", {"client": None, "code": "F1"}).status_code == 403


@pytest.mark.parametrize(
    "spoil",
    [
        lambda token: ApiToken.objects.update(expires_at=timezone.now()),
        lambda token: ApiToken.objects.update(revoked_at=timezone.now()),
        lambda token: type(token.user).objects.update(is_active=False),
        lambda token: ApiToken.objects.all().delete(),
    ],
    ids=["expired", "revoked", "inactive user", "deleted"],
)
def test_auth_006_auth_008_a_token_that_is_over_opens_nothing(
    acme: Client, member: Any, caller: Any, spoil: Any
) -> None:
    call = caller(member(acme))
    assert call.get("lines/").status_code == 200
    spoil(ApiToken.objects.get())
    answer = call.get("lines/")
    assert answer.status_code == 401
    assert answer.json() == {"detail": "This token is unknown, expired or revoked."}
    for path in ("lines/export/", "lines/export/?form=xlsx", "kpis/oee/?client=ACME", "schema/"):
        assert call.get(path).status_code == 401


def test_role_006_auth_006_a_membership_that_ends_acts_on_the_next_call(
    own: Any, acme: Client, member: Any, caller: Any
) -> None:
    """… and ends the token; with a new one there is nothing to see either."""
    user = member(acme)
    call = caller(user)
    assert codes(call.get("lines/")) == ["OWN-L1"]
    Membership.objects.update(active=False)
    assert call.get("lines/").status_code == 401
    assert caller(user).get("lines/").status_code == 403


def test_role_006_auth_006_a_role_that_changes_acts_on_the_next_call(
    acme: Client, member: Any, caller: Any
) -> None:
    user = member(acme, role="SUPERVISOR")
    call, second = caller(user), {**LINE, "code": "NEW2"}
    assert call.post("lines/", LINE).status_code == 201
    Membership.objects.update(role="VIEWER")
    assert call.post("lines/", second).status_code == 401
    assert caller(user).post("lines/", second).status_code == 403


def test_iso_058_an_inactive_client_locks_its_members_out(acme: Client, supervisor: Caller) -> None:
    Client.unscoped.filter(pk=acme.pk).update(active=False)
    assert supervisor.get("lines/").status_code == 403


def test_auth_008_the_key_is_stored_hashed_and_its_use_is_noted(
    acme: Client, member: Any, caller: Any
) -> None:
    token, key = ApiToken.issue(member(acme), "test")
    assert key not in str(ApiToken.objects.values().get())
    Browser().get("/api/v1/lines/", headers={"Authorization": f"Token {key}"})
    token.refresh_from_db()
    assert token.last_used_at is not None
    assert (timezone.now() - token.last_used_at).total_seconds() < 60


def test_auth_008_a_token_expires_within_a_year(acme: Client, member: Any) -> None:
    late = timezone.now() + datetime.timedelta(days=400)
    with pytest.raises(ValidationError, match="expires within a year"):
        ApiToken.issue(member(acme), "test", expires_at=late)


def test_auth_008_a_token_narrowed_and_read_only_has_no_wider_ways(
    own: Any, foreign: Any, acme: Client, acme_2: Client, member: Any, caller: Any
) -> None:
    """Neither a parameter nor a page of the admin, nor the session beside it, gives more."""
    user = member(acme, acme_2, role="MANAGER")
    call = caller(user, client=acme, read_only=True)
    header, pk = call.headers, own["Line"].pk
    for tail in ("", "add/", f"{pk}/change/", f"{pk}/void/"):
        answer = Browser().post(f"/admin/plant/line/{tail}", {"code": "X"}, headers=header)
        assert answer.status_code == 403
    assert call.get("lines/?client=ACME-2").status_code == 404
    file = call.get("lines/export/?client=ACME")
    assert b"ZEBRA" not in b"".join(file.streaming_content)


def test_auth_009_a_session_reads_and_writes_with_the_csrf_token(
    own: Any, acme: Client, member: Any
) -> None:
    browser = Browser(enforce_csrf_checks=True)
    browser.force_login(member(acme), backend="clients.backends.MemberBackend")
    assert codes(browser.get("/api/v1/lines/")) == ["OWN-L1"]
    refused = browser.post("/api/v1/lines/", LINE, content_type="application/json")
    assert refused.status_code == 403
    assert refused.json()["detail"].startswith("CSRF Failed")
    browser.cookies["csrftoken"] = secret = "a" * 32
    accepted = browser.post(
        "/api/v1/lines/", LINE, content_type="application/json", headers={"X-CSRFToken": secret}
    )
    assert accepted.status_code == 201


def test_answers_are_private(supervisor: Caller) -> None:
    answer = supervisor.get("lines/")
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert {"Cookie", "Authorization"} <= set(answer.headers["Vary"].split(", "))
