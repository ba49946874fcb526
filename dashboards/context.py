"""What the head of every page needs: the user's clients, the chosen one, and where to go."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from clients.models import Client
from clients.roles import Action
from clients.scope import Scope


def clients_of(request: HttpRequest) -> list[Client]:
    """The user's own clients by code, also while the page is narrowed to one of them."""
    known: list[Client] | None = getattr(request, "clients_of_user", None)
    if known is None:
        known = sorted(_clients(_scope_of(request)), key=lambda client: client.code)
        request.clients_of_user = known  # type: ignore[attr-defined]
    return known


def _scope_of(request: HttpRequest) -> Scope | None:
    return getattr(request, "scope_of_user", None)


def _clients(scope: Scope | None) -> list[Client]:
    if scope is None or not scope.ids:
        return []
    if scope.is_platform:
        return list(Client.unscoped.filter(pk__in=scope.ids))
    return [each.client for key, each in scope.memberships.items() if key in scope.ids]


def head(request: HttpRequest) -> dict[str, Any]:
    """Context processor. Lazy: a page without the head costs no query."""

    def own() -> list[Client]:
        return clients_of(request)

    def current() -> Client | None:
        client: Client | None = getattr(request, "client", None)
        return client or (own()[0] if len(own()) == 1 else None)

    scope = _scope_of(request)
    return {
        "own_clients": SimpleLazyObject(own),
        "current_client": SimpleLazyObject(current),
        "may_use_admin": bool(scope and scope.ids and scope.may(Action.USE_ADMIN)),
    }
