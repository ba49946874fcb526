"""The demo sign-ins: one per role."""

from __future__ import annotations

import datetime
from collections.abc import Sequence

from django.db.backends.postgresql.psycopg_any import DateRange

from clients.models import Client, Membership, User
from clients.roles import Role

ADMIN = "admin"
NAMES = {
    Role.VIEWER: "Vera Ibarra",
    Role.OPERATOR: "Omar Treviño",
    Role.SUPERVISOR: "Silvia Garza",
    Role.MANAGER: "Mateo Cantú",
    Role.ENGINEER: "Elena Rocha",
}
FLAGS = {
    Role.OPERATOR: {},
    Role.SUPERVISOR: {"hr": True},
    Role.MANAGER: {"hr": True},
    Role.ENGINEER: {"quality": True},
}
# How many of the first clients a role is a member of.
CLIENTS_OF = {Role.MANAGER: 2}


def sign_in_names() -> list[str]:
    return [*(role.value.lower() for role in NAMES), ADMIN]


def password(username: str) -> str:
    return f"demo{username}"


def make_users() -> dict[str, User]:
    people = {role.value.lower(): name for role, name in NAMES.items()} | {ADMIN: "Ada Nava"}
    users = {name: _user(name, full_name) for name, full_name in people.items()}
    return {user.username: user for user in User.objects.bulk_create(users.values())}


def _user(username: str, full_name: str) -> User:
    user = User(
        username=username,
        email=f"{username}@example.com",
        full_name=full_name,
        language="en",
        is_superuser=username == ADMIN,
    )
    user.set_password(password(username))
    user.full_clean(validate_unique=False, validate_constraints=False)
    return user


def make_memberships(
    users: dict[str, User], clients: Sequence[Client], since: datetime.date
) -> list[Membership]:
    rows = [
        Membership(
            user=users[role.value.lower()],
            client=client,
            role=role,
            valid=DateRange(since, None, "[)"),
            **FLAGS.get(role, {}),
        )
        for role in NAMES
        for client in clients[: CLIENTS_OF.get(role, 1)]
    ]
    return Membership.objects.bulk_create(rows)
