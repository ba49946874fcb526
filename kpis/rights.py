"""Figures and groupings that not everybody who sees figures may see."""

from __future__ import annotations

from clients.roles import Action
from clients.scope import current_scope, has_scope


def permitted(right: Action | None) -> bool:
    """Whether the person asking has the right in every client of the scope.

    In the union of several clients the weakest role decides; narrowed to one client, the role
    in that client does. Without a scope nobody is asking: no row can be read either.
    """
    if right is None or not has_scope():
        return True
    scope = current_scope()
    return all(scope.may(right, each) for each in scope.ids)


__all__ = ["permitted"]
