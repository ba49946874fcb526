"""What a membership can be, and that a platform admin has none."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from clients.models import Client, Membership, User


@pytest.mark.parametrize("role", ["", "KING", "viewer", "PLATFORM", None])
def test_role_005_no_other_role_is_stored(acme: Client, member: Any, role: str | None) -> None:
    user = member(acme)
    with pytest.raises(IntegrityError), transaction.atomic():
        Membership.objects.filter(user=user).update(role=role)
    with pytest.raises(ValidationError):
        Membership(user=user, client=acme, role=role, valid=(None, None)).full_clean()


def test_role_007_a_member_does_not_become_a_platform_admin_beside(
    acme: Client, member: Any, platform_admin: User, signed_in: Any
) -> None:
    user, browser = member(acme), signed_in(platform_admin)
    values = {
        "username": user.username, "email": user.email, "is_active": "on", "is_superuser": "on",
        "memberships-TOTAL_FORMS": "0", "memberships-INITIAL_FORMS": "0",
    }  # fmt: skip
    page = f"/admin/clients/user/{user.pk}/change/"
    refused = browser.post(page, values)
    assert "A platform admin belongs to no client." in refused.content.decode()
    assert User.objects.get(pk=user.pk).is_superuser is False
    Membership.objects.filter(user=user).update(active=False)
    assert browser.post(page, values).status_code == 302
    assert User.objects.get(pk=user.pk).is_superuser is True


def test_role_007_a_platform_admin_is_given_no_membership(
    acme: Client, platform_admin: User, signed_in: Any
) -> None:
    values = {"user": platform_admin.pk, "client": acme.pk, "role": "MANAGER", "active": "on",
              "valid_0": "2026-01-01", "valid_1": ""}  # fmt: skip
    refused = signed_in(platform_admin).post("/admin/clients/membership/add/", values)
    assert "A platform admin belongs to no client." in refused.content.decode()
    assert Membership.objects.count() == 0
