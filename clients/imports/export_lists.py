"""What a person has on the screen, as a file: a change list of the admin, or a list of the API."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.http import Http404, HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse

from clients.imports.entities import registry
from clients.imports.errors import Refused
from clients.imports.exports import FORMS, VOIDED, Export, Words
from clients.models import Client
from clients.scope import current_scope

CHOOSE_A_CLIENT = "Choose a client."
# What a change list says about its pages, not about its rows.
OF_THE_PAGE = ("p", "e", "all")


def the_only_client() -> Client:
    """A file holds rows of one client, as the import wants them. Raises `Refused`."""
    clients = list(Client.objects.filter(pk__in=current_scope().ids)[:2])
    if len(clients) != 1:
        raise Refused(CHOOSE_A_CLIENT, "client")
    return clients[0]


def export_change_list(model_admin: Any, request: HttpRequest, form: str) -> HttpResponseBase:
    """The rows that the change list would show on all its pages, found anew in the scope."""
    entity = registry.of(model_admin.model)
    if entity is None or form not in FORMS:
        raise Http404
    request.GET = _without_pages(request.GET)  # type: ignore[assignment]
    try:
        if "voided" in request.GET:
            raise Refused(VOIDED, "voided")
        client = the_only_client()
        shown = model_admin.get_changelist_instance(request)
        words = _words(shown, request)
        return Export(entity, client, shown.queryset, request.GET, words).answer(form)
    except IncorrectLookupParameters:
        return HttpResponseRedirect(f"{_address(model_admin)}?e=1")
    except Refused as refusal:
        messages.error(request, str(refusal))
        query = urlencode(list(request.GET.lists()), doseq=True)
        return HttpResponseRedirect(f"{_address(model_admin)}?{query}".rstrip("?"))


def _without_pages(query: Any) -> Any:
    kept = query.copy()
    for name in OF_THE_PAGE:
        kept.pop(name, None)
    return kept


def _address(model_admin: Any) -> str:
    opts = model_admin.opts
    return reverse(f"admin:{opts.app_label}_{opts.model_name}_changelist")


def _words(shown: Any, request: HttpRequest) -> Words:
    """The side list as it stands, the search, and what the address says beside them."""
    words, told = [], {"q", "o", "client"}
    for spec in shown.filter_specs:
        names = set(spec.expected_parameters())
        if names & set(request.GET):
            chosen = [str(each["display"]) for each in spec.choices(shown) if each["selected"]]
            words.append((str(spec.title), ", ".join(chosen)))
            told |= names
    if shown.query:
        words.append(("search", str(shown.query)))
    others = [(name, str(text)) for name, text in request.GET.items() if name not in told]
    return [*words, *((name.replace("_", " ").replace("  ", " "), text) for name, text in others)]
