"""Who a session belongs to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any, NamedTuple

from django.contrib.auth.backends import ModelBackend
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Case, F, FilteredRelation, Model, Q, When

from clients.models import Client, Membership, User


class MemberBackend(ModelBackend):
    """Reads a user, in one statement, together with what every request asks for next: the
    memberships of a member, the clients that there are for a platform admin."""

    def get_user(self, user_id: Any) -> User | None:
        found = list(_person(user_id))
        if not found:
            return None
        user, every_id = found[0].user, found[0].every_id
        if user.is_superuser:
            user.every_client_id = frozenset(every_id or ())
        user.held = []
        for _, membership, client, _ in found:
            if membership is not None and client is not None and client.active:
                membership.user, membership.client = user, client
                user.held.append(membership)
        return user


class Found(NamedTuple):
    user: User
    membership: Membership | None
    client: Client | None
    every_id: list[int] | None


def _names(model: type[Model], path: str = "") -> list[str]:
    return [f"{path}{field.attname}" for field in model._meta.concrete_fields]


def _person(user_id: Any) -> Iterator[Found]:
    """The active user beside each active membership, or beside none."""
    people = User.objects.filter(pk=user_id, is_active=True)
    people = people.annotate(
        each=FilteredRelation("memberships", condition=Q(memberships__active=True)),
        every_id=Case(
            When(is_superuser=True, then=ArraySubquery(Client.unscoped.order_by().values("pk")))
        ),
    )
    own, held, theirs = _names(User), _names(Membership), _names(Client)
    rows = people.order_by("each__client__code").values_list(
        *own, *(f"each__{name}" for name in held),
        *(f"each__client__{name}" for name in theirs), F("every_id"),
    )  # fmt: skip
    for row in rows:
        values = iter(row)
        yield Found(
            _made(User, own, values, rows.db),
            _made(Membership, held, values, rows.db),
            _made(Client, theirs, values, rows.db),
            next(values),
        )


def _made(model: Any, names: Sequence[str], values: Iterator[Any], using: str) -> Any:
    """A row as the database gave it; none where the join found none."""
    own = list(islice(values, len(names)))
    return None if own[0] is None else model.from_db(using, names, own)
