"""What the head of every page needs: the user's clients, the chosen one, and where to go."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import SimpleLazyObject
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from clients.models import Client
from clients.own import clients_of
from clients.roles import Action
from clients.scope import Scope

# The pages that show one client and can show another one the same way.
SWITCHABLE = (
    "dashboards:overview",
    "dashboards:kpi",
    "dashboards:kpi-list",
    "dashboards:people",
    "dashboards:orders",
    "dashboards:delivery",
    "dashboards:holds",
    "dashboards:wip",
    "coverage:pool",
    "entry:roster",
)


def chosen_client(request: HttpRequest) -> Client | None:
    client: Client | None = getattr(request, "client", None)
    own = clients_of(request)
    return client or (own[0] if len(own) == 1 else None)


def head(request: HttpRequest) -> dict[str, Any]:
    """Context processor. Lazy: a page without the head costs no query."""
    scope: Scope | None = getattr(request, "scope_of_user", None)
    return {
        "switcher": _lazily(_switcher, request),
        "nav_query": _lazily(_nav_query, request),
        "nav_hides_portfolio": _lazily(lambda each: len(clients_of(each)) == 1, request),
        "may_use_admin": bool(scope and scope.ids and scope.may(Action.USE_ADMIN)),
        "may_enter": bool(scope and scope.ids and scope.may(Action.ENTRY)),
    }


def _lazily(make: Callable[[HttpRequest], Any], request: HttpRequest) -> Any:
    return SimpleLazyObject(lambda: make(request))


def _switcher(request: HttpRequest) -> dict[str, Any]:
    own, current = clients_of(request), chosen_client(request)
    match = request.resolver_match
    stays = match is not None and match.view_name in SWITCHABLE
    page = request.path if stays else reverse("dashboards:overview")
    choices = [
        {
            "label": client.name,
            "code": client.code,
            "href": f"{page}?{urlencode([('client', client.code), *_period_of(request)])}",
            "current": client == current,
        }
        for client in own
    ]
    if len(own) > 1:
        everything = reverse("dashboards:portfolio") + _question(_period_of(request))
        choices.insert(
            0, {"label": _("All mine"), "code": "", "href": everything, "current": current is None}
        )
    name = current.name if current else _("All mine") if own else ""
    return {"current": name, "choices": choices}


def back_or(address: str, otherwise: str, request: HttpRequest) -> str:
    """Where a form asks to go back to; never away from here."""
    here = url_has_allowed_host_and_scheme(address, {request.get_host()}, request.is_secure())
    return address if here else otherwise


def _nav_query(request: HttpRequest) -> str:
    current = chosen_client(request)
    pairs = [("client", current.code)] if current else []
    return _question([*pairs, *_period_of(request)])


def _period_of(request: HttpRequest) -> list[tuple[str, str]]:
    return [(name, request.GET[name]) for name in ("period", "from", "to") if name in request.GET]


def _question(pairs: list[tuple[str, str]]) -> str:
    return f"?{urlencode(pairs)}" if pairs else ""
