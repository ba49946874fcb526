"""Pages of figures: portfolio, overview, KPI, how a figure comes about, and its rows."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from clients.models import Client
from clients.own import clients_of
from clients.roles import Action
from clients.scope import current_scope
from dashboards import overview as overviews
from dashboards.context import chosen_client
from dashboards.explanation import explained
from dashboards.exports import csv_of
from dashboards.kpi_page import combined, kpi_page
from dashboards.portfolio import portfolio as portfolio_of
from dashboards.restated import corrections
from dashboards.row_lists import RowList, listed
from dashboards.row_page import RowPage
from dashboards.selection import Selection, Unreadable, read
from dashboards.words import day_of
from kpis.contract import ContractBook
from kpis.engine import NotOffered, evaluate, window_of
from kpis.periods import PeriodError
from kpis.registry import UnknownKey, catalogue
from kpis.words import in_words

log = logging.getLogger(__name__)

type View = Callable[..., HttpResponseBase]


def page(action: Action) -> Callable[[View], View]:
    """A page of figures: who may open it, and what is said when it cannot be shown.

    A failure is shown as a failure, with a number by which it is found in the log: no page falls
    back to zeros.
    """

    def decorate(view: View) -> View:
        @require_safe
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not current_scope().may(action):
                raise PermissionDenied
            # Read before anything can fail: the page of an error has the same head.
            clients_of(request)
            try:
                return view(request, *args, **kwargs)
            except (Unreadable, PeriodError, NotOffered) as error:
                return render(
                    request, "dashboards/unreadable.html", {"sentence": str(error)}, status=400
                )
            except UnknownKey as error:
                raise Http404 from error
            except (Http404, PermissionDenied):
                raise
            except Exception:
                reference = secrets.token_hex(4)
                log.exception("Reference %s: %s", reference, request.get_full_path())
                context = {"reference": reference, "at": timezone.now()}
                return render(request, "dashboards/failed.html", context, status=500)

        guarded.action = action  # type: ignore[attr-defined]
        return guarded

    return decorate


# -- pages ---------------------------------------------------------------------------------------


@page(Action.VIEW)
def portfolio(request: HttpRequest) -> HttpResponseBase:
    selection = read(request)
    if selection.client:
        return redirect(selection.link("overview"))
    shown = portfolio_of(selection, request.GET.get("sort") or "critical")
    return render(
        request, "dashboards/portfolio.html", {**frame(request, selection, "portfolio"), **shown}
    )


@page(Action.VIEW)
def overview(request: HttpRequest) -> HttpResponseBase:
    return page_of_client(request, "overview", overviews.overview)


@page(Action.VIEW)
def kpi_list(request: HttpRequest) -> HttpResponseBase:
    selection = read(request)
    groups = [
        (
            label,
            [
                (kpi, selection.link("kpi", kpi.key))
                for kpi in catalogue.kpis()
                if kpi.question == name
            ],
        )
        for name, label in overviews.QUESTIONS.items()
    ]
    context = {"groups": [group for group in groups if group[1]]}
    return render(
        request, "dashboards/kpi_list.html", {**frame(request, selection, "kpis"), **context}
    )


@page(Action.VIEW)
def kpi(request: HttpRequest, key: str) -> HttpResponseBase:
    catalogue.find(key)
    selection = read(request)
    client = chosen_client(request)
    if client is None:
        return choose_client(request, selection, "kpi", key)
    shown = kpi_page(
        selection,
        client,
        key,
        by=request.GET.get("by", ""),
        cause=request.GET.get("cause", ""),
        count=request.GET.get("count") == "1",
    )
    crumbs = drill(selection, key)
    return render(
        request,
        "dashboards/kpi.html",
        {**frame(request, selection, "kpis", crumbs), **shown},
    )


@page(Action.VIEW)
def explain(request: HttpRequest, key: str) -> HttpResponseBase:
    known = catalogue.dimensions_of(catalogue.find(key).key)
    selection = read(request)
    client = chosen_client(request)
    if client is None:
        return choose_client(request, selection, "kpi-explain", key)
    filters = combined(key, selection)
    book = ContractBook.load([client.pk])
    asked: dict[str, Any] = {"filters": filters, "as_of": selection.as_of, "book": book}
    (figure,) = evaluate([key], [client.pk], selection.period, **asked)
    sums = in_words(figure, [client.pk], selection.period, **asked)
    context = {
        "explained": explained(figure, selection, sums),
        "corrections": corrections(key, client.pk, selection.period, filters),
        "left_out_filters": selection.unknown_to(known),
        "client": client,
        "selection": selection,
        "period_words": period_words(selection),
    }
    if request.headers.get("HX-Request") == "true":
        return render(request, "dashboards/_explanation.html", context)
    crumbs = drill(selection, key, _("How it comes about"))
    return render(
        request,
        "dashboards/explain.html",
        {**frame(request, selection, "kpis", crumbs), **context},
    )


@page(Action.VIEW)
def rows(request: HttpRequest, key: str) -> HttpResponseBase:
    known = catalogue.dimensions_of(catalogue.find(key).key)
    selection = read(request)
    client = chosen_client(request)
    if client is None:
        return choose_client(request, selection, "kpi-rows", key)
    filters = combined(key, selection)
    book = ContractBook.load([client.pk])
    found = RowList.of(key, client, selection, filters, request.GET.dict(), book)
    if request.GET.get("format") == "csv":
        days = selection.period.ending(window_of(key))
        first, last = days.first, days.last
        name = f"kpi_ops_{client.code}_{found.entity}_{first}_{last}"
        return csv_of(
            found.rows,
            found.columns,
            measure="" if found.left_out else found.part.measure,
            file_name=name,
        )
    (figure,) = evaluate(
        [key], [client.pk], selection.period, filters=filters, as_of=selection.as_of, book=book
    )
    context = {
        "kpi": catalogue.find(key),
        "explained": explained(figure, selection),
        "left_out_filters": selection.unknown_to(known),
        **listed(found, figure, client, selection, request.GET.dict()),
    }
    crumbs = drill(selection, key, _("Rows"))
    return render(
        request, "dashboards/rows.html", {**frame(request, selection, "kpis", crumbs), **context}
    )


@page(Action.VIEW)
def row(request: HttpRequest, entity: str, pk: int) -> HttpResponseBase:
    found = RowPage.of(request, entity, pk)
    selection = replace(read(request), client=found.client)
    context = {"found": found, "filters": []}
    framed = frame(request, selection, "kpis", way_to_row(request, selection, found.title))
    return render(request, "dashboards/row.html", {**framed, **context})


def way_to_row(request: HttpRequest, selection: Selection, title: str) -> list[dict[str, str]]:
    """Back to the rows from which somebody came, of the figure that the address names."""
    key, measure = request.GET.get("of", ""), request.GET.get("measure", "")
    if not key:
        name = selection.client.name if selection.client else _("Portfolio")
        return [{"label": name, "href": selection.link("overview")}, {"label": title, "href": ""}]
    *crumbs, rows_crumb = drill(selection, catalogue.find(key).key, _("Rows"))
    rows_crumb["href"] = selection.link("kpi-rows", key, measure=measure)
    return [*crumbs, rows_crumb, {"label": title, "href": ""}]


# -- what all of them share ----------------------------------------------------------------------


def page_of_client(
    request: HttpRequest, name: str, shown: Callable[[Selection, Client], dict[str, Any]]
) -> HttpResponse:
    """The page of this name, of the chosen client; or the question which one."""
    selection = read(request)
    client = chosen_client(request)
    if client is None:
        return choose_client(request, selection, name)
    parts = {**frame(request, selection, name), **shown(selection, client)}
    return render(request, f"dashboards/{name}.html", parts)


def choose_client(
    request: HttpRequest, selection: Selection, name: str, *args: str
) -> HttpResponse:
    """Several clients are never mixed into one figure: the person says whose it shall be."""
    choices = [(client, selection.link(name, *args, client=client)) for client in selection.clients]
    here = "kpis" if name.startswith("kpi") else name
    context = {**frame(request, selection, here), "choices": choices}
    return render(request, "dashboards/choose_client.html", context)


def frame(
    request: HttpRequest,
    selection: Selection,
    here: str,
    crumbs: list[dict[str, str]] | None = None,
) -> dict[str, Any]:
    """Head, period, filters and freshness of a page."""
    client = selection.client
    return {
        "selection": selection,
        "client": client,
        "period_words": period_words(selection),
        "nav_here": here,
        "period": period_picker(selection, request),
        "filters": [
            *as_of_chip(selection),
            *({"label": chosen.text, "href": chosen.without} for chosen in selection.chosen()),
        ],
        "crumbs": crumbs,
        "now": timezone.now(),
        "as_of": as_of_words(selection),
        "last_entry_at": None,
        "print_facts": print_facts(request, selection, client),
    }


def period_picker(selection: Selection, request: HttpRequest) -> dict[str, Any]:
    return {
        "label": selection.period_label or period_words(selection),
        "against": period_words(selection) if selection.period_label else "",
        "previous": selection.earlier(),
        "next": selection.later(),
        "choices": [
            {"label": label, "href": href, "current": word == selection.preset}
            for word, label, href in selection.presets()
        ],
        "start": selection.period.first.isoformat(),
        "end": selection.period.last.isoformat(),
        "hidden": selection.hidden("period", "from", "to"),
    }


def as_of_chip(selection: Selection) -> list[dict[str, str]]:
    """Shown beside the filters, and taken off like one."""
    if selection.as_of is None:
        return []
    words = _("As of %(day)s") % {"day": as_of_words(selection)}
    return [{"label": words, "href": "?" + selection.query(as_of=None)}]


def as_of_words(selection: Selection) -> str:
    return day_of(selection.as_of, selection.client_format) if selection.as_of else ""


def period_words(selection: Selection) -> str:
    order = selection.client_format
    first, last = selection.period.first, selection.period.last
    if first == last:
        return day_of(first, order)
    return f"{day_of(first, order)} – {day_of(last, order)}"


def drill(selection: Selection, key: str, here: str = "") -> list[dict[str, str]]:
    """Portfolio, client, KPI, and the page that is open."""
    crumbs = []
    if len(selection.clients) > 1:
        everybody = selection.link("portfolio", everybody=True)
        crumbs.append({"label": _("Portfolio"), "href": everybody})
    name = selection.client.name if selection.client else ""
    crumbs.append({"label": name, "href": selection.link("overview")})
    label = catalogue.find(key).label
    crumbs.append({"label": label, "href": selection.link("kpi", key) if here else ""})
    if here:
        crumbs.append({"label": here, "href": ""})
    return crumbs


def print_facts(
    request: HttpRequest, selection: Selection, client: Client | None
) -> list[tuple[str, str]]:
    facts = [
        (_("Client"), client.name if client else _("All mine")),
        (_("Period"), period_words(selection)),
        (_("User"), request.user.get_username()),
    ]
    if client:
        facts.insert(2, (_("Time zone"), client.timezone))
    if selection.as_of:
        facts.append((_("As of"), as_of_words(selection)))
    if selection.codes:
        facts.append((_("Filters"), ", ".join(each.text for each in selection.chosen())))
    return facts
