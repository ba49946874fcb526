"""Who a session belongs to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from itertools import islice
from typing import Any, NamedTuple

from django.contrib.auth.backends import ModelBackend
from django.contrib.postgres.expressions import ArraySubquery
from django.db import connection
from django.db.models import Case, FilteredRelation, Model, Q, When

from clients.models import Client, Membership, User

PLACE = -1  # of the id in the statement; nobody has it


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


def _person(user_id: int) -> Iterator[Found]:
    with connection.cursor() as cursor:
        sql, parameters = _statement()
        cursor.execute(sql, [user_id if each == PLACE else each for each in parameters])
        rows = cursor.fetchall()
    for row in rows:
        values = iter(row)
        user, membership, client = (
            _made(model, names, values, connection.alias) for model, names in _columns().items()
        )
        yield Found(user, membership, client, next(values))


@cache
def _statement() -> tuple[str, tuple[Any, ...]]:
    """Its text is the same for everybody; to make it took as long as to run it."""
    return _people().filter(pk=PLACE).query.sql_with_params()  # type: ignore[no-any-return]


def _people() -> Any:
    """Active users, each beside the active memberships or beside none."""
    people = User.objects.filter(is_active=True).annotate(
        each=FilteredRelation("memberships", condition=Q(memberships__active=True)),
        every_id=Case(
            When(is_superuser=True, then=ArraySubquery(Client.unscoped.order_by().values("pk")))
        ),
    )
    paths = {User: "", Membership: "each__", Client: "each__client__"}
    columns = [f"{paths[model]}{name}" for model, names in _columns().items() for name in names]
    return people.order_by("each__client__code").values_list(*columns, "every_id")


@cache
def _columns() -> dict[type[Model], list[str]]:
    models: tuple[type[Model], ...] = (User, Membership, Client)
    return {each: [field.attname for field in each._meta.concrete_fields] for each in models}


def _made(model: Any, names: Sequence[str], values: Iterator[Any], using: str) -> Any:
    """A row as the database gave it; none where the join found none."""
    own = list(islice(values, len(names)))
    return None if own[0] is None else model.from_db(using, names, own)
