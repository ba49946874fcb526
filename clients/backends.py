"""Who a session belongs to."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.backends import ModelBackend

from clients.models import Membership, User


class MemberBackend(ModelBackend):
    """Reads a member together with the memberships, which every request asks for next."""

    def get_user(self, user_id: Any) -> User | None:
        held = list(
            Membership.objects.in_force().filter(user_id=user_id).select_related("user", "client")
        )
        if not held:
            return super().get_user(user_id)  # type: ignore[return-value]
        user: User = held[0].user
        user.held = held
        return user
