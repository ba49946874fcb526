"""Work that takes long: the scope stays what it was at the start, and access that was taken away
meanwhile ends it. Nothing more is sent, and nothing is saved.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import batched

from django.core.exceptions import PermissionDenied

from clients.backends import MemberBackend
from clients.models import ApiToken, User
from clients.scope import Scope, current_scope, scope_of

# Within this time a change of access counts as one that came after the work, and is not asked for.
SHORT_SECONDS = 1.0
CHANGED = "Your access was changed meanwhile. Nothing was saved."
AT_ONCE = 2000


def still_holds(scope: Scope) -> bool:
    """Whether the person has the same role in each of these clients as when the work began.

    Asked of the database: it tells what others have committed since.
    """
    if scope.user is None:
        return True  # work of the system
    user = _person_of(scope)
    if user is None:
        return False
    now = scope_of(user)
    if scope.is_platform or now.is_platform:
        return scope.is_platform and now.is_platform
    return all(_role(scope, each) == _role(now, each) for each in scope.ids)


def _person_of(scope: Scope) -> User | None:
    """The person as they are now; nobody for a token that is over or a user who is not active."""
    assert scope.user is not None
    if scope.token is not None:
        token = ApiToken.objects.select_related("user").filter(pk=scope.token).first()
        if token is None or not token.is_usable():
            return None
    return MemberBackend().get_user(scope.user.pk)


def _role(scope: Scope, client_id: int) -> tuple[str, bool, bool] | None:
    held = scope.memberships.get(client_id)
    return None if held is None else (held.role, held.quality, held.hr)


def while_access_lasts[T](rows: Iterable[T]) -> Iterator[T]:
    """These rows, for a file that is written for long; raises once the person may not go on.

    A part that was read is sent only if the person could still have asked for it.
    """
    for part in batched(rows, AT_ONCE):
        if not still_holds(current_scope()):
            raise PermissionDenied(CHANGED)
        yield from part
