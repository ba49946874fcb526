"""Who may call what: by the role matrix, in the client of the row."""

from __future__ import annotations

from typing import Any

from rest_framework.exceptions import PermissionDenied
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request

from clients.roles import Action
from clients.scope import current_scope

NO_CLIENT = "You belong to no client at present."
NEVER = "Your role does not allow this."
NOT_HERE = "Your role in this client does not allow this change."


def may(action: Action, client_id: int | None) -> bool:
    """As `Scope.may` for one client; rows without a client are the platform admins' to write."""
    scope = current_scope()
    if client_id is None and action is not Action.VIEW:
        return scope.reaches_all and scope.may(action)
    return scope.may(action, client_id)


def clients_where(action: Action) -> list[int]:
    """The clients in scope in which the caller may do this."""
    scope = current_scope()
    return [each for each in sorted(scope.ids) if scope.may(action, each)]


class BelongsToSomeClient(IsAuthenticated):
    """Refuses people without a client; enough for what holds no client's rows."""

    def has_permission(self, request: Request, view: Any) -> bool:
        if not super().has_permission(request, view):
            return False
        scope = current_scope()
        if not scope.ids and not scope.is_platform:
            raise PermissionDenied(NO_CLIENT)
        return True


class MayInSomeClient(BelongsToSomeClient):
    """Refuses what no role of the caller allows in any client, before anything is looked up.

    The role in the client of the row is judged after the look-up: 404 comes before it.
    """

    def has_permission(self, request: Request, view: Any) -> bool:
        if not super().has_permission(request, view):
            return False
        if not current_scope().may(view.required_action()):
            raise PermissionDenied(NEVER)
        return True
