"""The clients of the person who asks, read once for each request."""

from __future__ import annotations

from django.http import HttpRequest

from clients.models import Client
from clients.scope import Scope


def clients_of(request: HttpRequest) -> list[Client]:
    """The user's own clients by code, also while the page is narrowed to one of them."""
    known: list[Client] | None = getattr(request, "clients_of_user", None)
    if known is None:
        scope: Scope | None = getattr(request, "scope_of_user", None)
        known = sorted(_clients(scope), key=lambda client: client.code)
        request.clients_of_user = known  # type: ignore[attr-defined]
    return known


def _clients(scope: Scope | None) -> list[Client]:
    if scope is None or not scope.ids:
        return []
    if scope.is_platform:
        return list(Client.unscoped.filter(pk__in=scope.ids))
    return [each.client for key, each in scope.memberships.items() if key in scope.ids]
