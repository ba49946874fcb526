"""Whose rows the running code may touch.

The scope is a set of client ids. Managers read it when their SQL is compiled (wall 1), and it is
written into the running transaction for row-level security (wall 3). There is no bypass: the
scope of a platform admin is the list of all clients.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from django.apps import apps
from django.db import connection, transaction

from clients.roles import Action, Role, is_granted

if TYPE_CHECKING:
    from clients.models import Client, Membership, User


class NoClientScope(RuntimeError):
    """A client row was asked for, and nobody had said for whom."""

    def __init__(self) -> None:
        super().__init__("No client scope: enter client_scope(…) before touching client rows.")


@dataclass(frozen=True)
class Scope:
    """The clients one piece of work may see, and on whose behalf."""

    ids: frozenset[int]
    user: User | None = None
    memberships: dict[int, Membership] = field(default_factory=dict)
    is_platform: bool = False
    read_only: bool = False
    source: str = "SYSTEM"
    # The most that this access may ever see, where it is less than the person may: a token's.
    widest: frozenset[int] | None = None
    # The key of the token by which the person came in.
    token: int | None = None

    @property
    def reaches_all(self) -> bool:
        """Whether what belongs to no client, or is shared by all, is within reach: users, the
        pool. A token for one client ends there, also a platform admin's."""
        return self.is_platform and self.widest is None

    def may(self, action: Action, client_id: int | None = None) -> bool:
        """Whether the user may do this in that client, or, without one, in any client."""
        if self.read_only and action is not Action.VIEW:
            return False
        if self.is_platform:
            return True
        if client_id is not None and client_id not in self.ids:
            return False
        return any(
            is_granted(action, Role(each.role), quality=each.quality, hr=each.hr)
            for key, each in self.memberships.items()
            if key in self.ids and client_id in (None, key)
        )

    @property
    def rights(self) -> Hashable:
        """Two scopes of equal rights may see and do the same."""
        own = [self.memberships[key] for key in sorted(self.ids & self.memberships.keys())]
        return (
            self.ids,
            self.is_platform,
            self.reaches_all,
            self.read_only,
            *((each.client_id, each.role, each.quality, each.hr) for each in own),
        )

    def narrowed_to(self, client_id: int) -> Scope:
        """The same person, looking at one client only."""
        return replace(self, ids=self.ids & {client_id})

    def widened(self) -> Scope:
        """The same person, looking at all clients that are theirs."""
        ids = self.widest
        if ids is None:
            ids = _all_client_ids() if self.is_platform else frozenset(self.memberships)
        return replace(self, ids=ids)


_current: ContextVar[Scope | None] = ContextVar("kpi_client_scope", default=None)


def current_scope() -> Scope:
    scope = _current.get()
    if scope is None:
        raise NoClientScope
    return scope


def has_scope() -> bool:
    return _current.get() is not None


@contextmanager
def entered(scope: Scope) -> Iterator[Scope]:
    """Run the block inside the scope, in a transaction of its own.

    The setting is transaction-local, and a rolled-back savepoint takes it away; so the scope
    encloses its savepoint, and the outer scope's setting is put back on leaving.
    """
    outer = _current.get()
    try:
        with transaction.atomic():
            _tell_database(scope)
            token = _current.set(scope)
            try:
                yield scope
            finally:
                # Reset before the commit: what runs on commit needs a scope of its own.
                _current.reset(token)
    finally:
        if connection.in_atomic_block and not connection.needs_rollback:
            _tell_database(outer)


@contextmanager
def blank_scope(ids: frozenset[int]) -> Iterator[None]:
    """Make SQL to be filled in later; the ids are nobody's, and hold the places of the scope's.

    The database is told nothing: what is run in the block in spite of that finds no row.
    """
    token = _current.set(Scope(ids=ids))
    try:
        yield
    finally:
        _current.reset(token)


def _tell_database(scope: Scope | None) -> None:
    """Set what policies and triggers read; without scope, a value that makes them raise."""
    user = scope.user if scope else None
    settings = {
        "kpi.clients": _array(scope.ids) if scope else "",
        "kpi.platform": "on" if scope and scope.reaches_all else "off",
        "kpi.actor": str(user.pk) if user else "",
        "kpi.actor_name": user.get_username() if user else "",
        "kpi.source": scope.source if scope else "",
        "kpi.reason": "",
    }
    calls = ", ".join("set_config(%s, %s, true)" for _ in settings)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {calls}", [part for pair in settings.items() for part in pair])


def _array(ids: Iterable[int]) -> str:
    """Ids as PostgreSQL writes an array."""
    return "{" + ",".join(map(str, sorted(ids))) + "}"


def because(reason: str) -> AbstractContextManager[None]:
    """Write this reason into the audit entries of the rows changed in the block.

    A verb that says a reason of its own does not take away the one around it.
    """
    return telling("kpi.reason", reason)


@contextmanager
def telling(setting: str, text: str) -> Iterator[None]:
    """Triggers read this text while the block runs; it is local to the transaction."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_setting(%s, true), set_config(%s, %s, true)", [setting, setting, text]
        )
        (outer, _text) = cursor.fetchone()
        yield
        if not connection.needs_rollback:
            cursor.execute("SELECT set_config(%s, %s, true)", [setting, outer or ""])


@contextmanager
def client_scope(
    clients: Iterable[Client | int], *, user: User | None = None, source: str = "SYSTEM"
) -> Iterator[Scope]:
    """Work for these clients, named by row or id; for a user, with that user's roles in them."""
    ids = frozenset(each if isinstance(each, int) else each.pk for each in clients)
    with entered(
        Scope(
            ids=ids,
            user=user,
            memberships=_memberships_of(user) if user and not user.is_superuser else {},
            is_platform=user is None or user.is_superuser,
            source=source,
        )
    ) as scope:
        yield scope


@contextmanager
def every_client(
    reason: str, *, user: User | None = None, source: str = "SYSTEM"
) -> Iterator[Scope]:
    """Work for all clients. Rare, visible, and its reason is true."""
    if not reason.strip():
        raise ValueError("every_client needs a reason.")
    with client_scope(_all_client_ids(), user=user, source=source) as scope:
        yield scope


@contextmanager
def own_clients() -> Iterator[Scope]:
    """All clients of the person, also while the page is narrowed to one of them."""
    scope = current_scope()
    widened = scope.widened()
    if widened.ids == scope.ids:
        yield scope
        return
    with entered(widened):
        yield widened


def scope_of(user: User, *, source: str = "MANUAL") -> Scope:
    """The clients in which the user has a role today; all clients for a platform admin."""
    if user.is_superuser:
        return Scope(ids=_every_id_for(user), user=user, is_platform=True, source=source)
    memberships = _memberships_of(user)
    return Scope(ids=frozenset(memberships), user=user, memberships=memberships, source=source)


def _every_id_for(admin: User) -> frozenset[int]:
    # Like memberships: read with the user of this request, and good for this one look only.
    ids = getattr(admin, "every_client_id", None)
    if ids is None:
        return _all_client_ids()
    del admin.every_client_id
    return ids


def _memberships_of(user: User) -> dict[int, Membership]:
    # Read with the user of this request, and good for this one look only.
    held = getattr(user, "held", None)
    if held is None:
        held = apps.get_model("clients.Membership").objects.held_by(user)
    else:
        del user.held
    return {each.client_id: each for each in held if each.valid_today()}


def _all_client_ids() -> frozenset[int]:
    clients = apps.get_model("clients.Client").unscoped
    return frozenset(clients.values_list("pk", flat=True))
