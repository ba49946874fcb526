"""Each request is one transaction, inside the scope of its user."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBadRequest, JsonResponse
from django.utils.cache import patch_vary_headers
from django.views.defaults import page_not_found, permission_denied

from clients import access
from clients.models import Client
from clients.scope import Scope, current_scope, entered, scope_of
from clients.tokens import token_of

NOBODY = Scope(ids=frozenset())
READING = ("GET", "HEAD", "OPTIONS", "TRACE")
ONE_CLIENT = "Name one client only."


def without_client(view: Any) -> Any:
    """Open this view also to people who belong to no client at present: their own profile."""
    view.without_client = True
    return view


class ScopeMiddleware:
    """Sets the scope from the user's memberships, never from what the request says.

    A `client=` parameter narrows the scope to one of the user's own clients, and can do no more.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if len(request.GET.getlist("client")) > 1:
            return HttpResponseBadRequest(ONE_CLIENT)
        scope = _scope_for(request)
        code = request.GET.get("client") if scope.ids else None
        request.client = client = _client_in(scope, code)  # type: ignore[attr-defined]
        with entered(scope.narrowed_to(client.pk) if client else scope):
            is_known = code is None or client is not None
            response = self._answer(request) if is_known else _not_found(request)
        if request.user.is_authenticated:
            response.headers["Cache-Control"] = "private, no-store"
            patch_vary_headers(response, ["Cookie", "Authorization"])
        return response

    def _answer(self, request: HttpRequest) -> HttpResponse:
        begun = time.monotonic()
        response = self.get_response(request)
        took_long = time.monotonic() - begun > access.SHORT_SECONDS
        if response.status_code >= 500 or getattr(request, "has_failed", False):
            transaction.set_rollback(True)
        elif (
            took_long and request.method not in READING and not access.still_holds(current_scope())
        ):
            # Whoever lost the access while this was being written has not written it.
            response = _refused(request)
            transaction.set_rollback(True)
        return response

    def process_view(
        self, request: HttpRequest, view: Any, args: Any, kwargs: Any
    ) -> HttpResponse | None:
        """Refuse people who belong to no client, but for what is open to them by name."""
        scope = current_scope()
        is_known = scope.ids or scope.is_platform or not request.user.is_authenticated
        # Signing in and out, and the own password, need no client.
        is_open = not getattr(view, "login_required", True) or getattr(
            view, "without_client", False
        )
        if not is_known and not is_open:
            raise PermissionDenied("You belong to no client at present.")
        # The body of a form was read for its token already; that of the API names a field once.
        if not getattr(view, "csrf_exempt", False) and len(request.POST.getlist("client")) > 1:
            return HttpResponseBadRequest(ONE_CLIENT)
        return None

    def process_exception(self, request: HttpRequest, exception: Exception) -> None:
        # Rolled back after the answer is made: an error page may still read from the database.
        request.has_failed = True  # type: ignore[attr-defined]


def _scope_for(request: HttpRequest) -> Scope:
    """The scope of the session's or token's user; a token may narrow it."""
    request.api_token = token = token_of(request)  # type: ignore[attr-defined]
    if token is not None:
        request.user = token.user
    user = request.user
    if isinstance(user, AnonymousUser) or not user.is_authenticated:
        request.scope_of_user = NOBODY  # type: ignore[attr-defined]
        return NOBODY
    scope = scope_of(user, source="API" if token else "MANUAL")
    if token is not None:
        scope = token.narrows(scope)
    request.scope_of_user = scope  # type: ignore[attr-defined]
    return scope


def _client_in(scope: Scope, code: str | None) -> Client | None:
    """The client with this code, if it is among those of the scope."""
    if code is None:
        return None
    if not scope.is_platform:
        own = (each.client for key, each in scope.memberships.items() if key in scope.ids)
        return next((client for client in own if client.code == code), None)
    # PostgreSQL has no text with a zero byte in it, so no client has such a code.
    found = Client.unscoped.filter(pk__in=scope.ids, code=code) if "\x00" not in code else None
    return found.first() if found is not None else None


def _refused(request: HttpRequest) -> HttpResponse:
    if request.path.startswith("/api/"):
        return JsonResponse({"detail": access.CHANGED}, status=403)
    return permission_denied(request, PermissionDenied(access.CHANGED))


def _not_found(request: HttpRequest) -> HttpResponse:
    if request.path.startswith("/api/"):
        return JsonResponse({"detail": "Not found."}, status=404)
    return page_not_found(request, Http404())
