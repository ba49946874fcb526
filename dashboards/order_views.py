"""Pages of orders: the lists, one order, and the moves that people make there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from clients.constraints import sentence_for
from clients.forms import changed_by
from clients.permissions import NOT_HERE
from clients.roles import Action
from clients.scope import current_scope
from dashboards import order_sheet
from dashboards.context import back_or, chosen_client
from dashboards.delivery_page import delivery_page
from dashboards.order_page import ApprovalForm, DelayForm, MoveForm, order_of, order_page
from dashboards.orders import orders as orders_of
from dashboards.selection import read
from dashboards.views import choose_client, frame, page, page_of_client
from plant.models import WorkOrder
from plant.order_status import OrderStatus

type View = Callable[..., HttpResponse]


@page(Action.VIEW)
def orders(request: HttpRequest) -> HttpResponseBase:
    return page_of_client(
        request, "orders", lambda its, client: orders_of(its, client, request.GET)
    )


@page(Action.VIEW)
def deliveries(request: HttpRequest) -> HttpResponseBase:
    return page_of_client(request, "delivery", delivery_page)


@page(Action.VIEW)
def order(request: HttpRequest, pk: int) -> HttpResponseBase:
    found = order_of(pk)
    if found is None:
        raise Http404
    selection = replace(read(request), client=found.client)
    crumbs = [
        {"label": found.client.name, "href": selection.link("overview")},
        {"label": _("Orders"), "href": selection.link("orders")},
        {"label": found.number, "href": ""},
    ]
    framed = frame(request, selection, "orders", crumbs)
    # The course of an order is told to the end, whatever day was looked at before.
    return render(request, "dashboards/order.html", {**framed, "filters": [], **order_page(found)})


# -- moves ---------------------------------------------------------------------------------------


def needs(action: Action) -> Callable[[View], View]:
    """Only by a form that was sent. Refuses what no role of the user allows in any client before
    anything is looked up."""

    def decorate(view: View) -> View:
        @require_POST
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not current_scope().may(action):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        guarded.action = action  # type: ignore[attr-defined]
        return guarded

    return decorate


@needs(Action.ORDERS)
def move(request: HttpRequest, pk: int) -> HttpResponse:
    def verb(row: WorkOrder, answer: dict[str, Any]) -> str:
        for odd in row.move(answer["to"], by=request.user, note=answer["note"]):
            messages.warning(request, odd)
        row.refresh_from_db(fields=["status"])
        words = {"number": row.number, "status": OrderStatus(row.status).label.lower()}
        return _("Order %(number)s is %(status)s.") % words

    return _change(request, pk, Action.ORDERS, MoveForm(request.POST), verb)


@page(Action.ORDERS)
def move_sheet(request: HttpRequest) -> HttpResponseBase:
    """What a move of the ticked orders would do, before it is done."""
    selection = read(request)
    client = chosen_client(request)
    if client is None:
        return choose_client(request, selection, "orders")
    back = back_or(request.GET.get("back", ""), selection.link("orders"), request)
    try:
        shown = order_sheet.sheet(order_sheet.Asked.of(request.GET), client)
    except order_sheet.Refused as error:
        messages.error(request, str(error))
        return HttpResponseRedirect(back)
    crumbs = [
        {"label": client.name, "href": selection.link("overview")},
        {"label": _("Orders"), "href": back},
        {"label": _("Move"), "href": ""},
    ]
    framed = frame(request, selection, "orders", crumbs)
    return render(request, "dashboards/order_sheet.html", {**framed, **shown, "back": back})


@needs(Action.ORDERS)
def move_many(request: HttpRequest) -> HttpResponse:
    """The confirmed sheet: each order on its own, all in one save."""
    back = back_or(request.POST.get("back", ""), reverse("dashboards:orders"), request)
    try:
        asked = order_sheet.Asked.of(request.POST)
    except order_sheet.Refused as error:
        messages.error(request, str(error))
        return HttpResponseRedirect(back)
    rows, done = order_sheet.moved(asked, request.user)
    for row in rows:
        for odd in done.warnings.get(row.pk, []):
            messages.warning(request, f"{row}: {odd}")
        if row.pk in done.refused:
            messages.error(request, f"{row}: {done.refused[row.pk]}")
    if done.moved:
        messages.success(request, order_sheet.words(asked.to, len(done.moved)))
    return HttpResponseRedirect(back)


@needs(Action.QC_APPROVE)
def approve(request: HttpRequest, pk: int) -> HttpResponse:
    def verb(row: WorkOrder, answer: dict[str, Any]) -> str:
        row.approve_quality(by=request.user)
        return _("The quality of order %(number)s is approved.") % {"number": row.number}

    return _change(request, pk, Action.QC_APPROVE, ApprovalForm(request.POST), verb)


@needs(Action.CLASSIFY_DELAY)
def classify(request: HttpRequest, pk: int) -> HttpResponse:
    def verb(row: WorkOrder, answer: dict[str, Any]) -> str:
        row.classify_delay(
            answer["delay_class"], reason=answer["delay_reason"], note=answer["delay_note"]
        )
        words = {"number": row.number}
        if not row.delay_class:
            return _("The delay of order %(number)s is no longer classified.") % words
        return _("The delay of order %(number)s is classified.") % words

    return _change(request, pk, Action.CLASSIFY_DELAY, DelayForm(request.POST), verb)


def _change(
    request: HttpRequest,
    pk: int,
    action: Action,
    form: forms.Form,
    verb: Callable[[WorkOrder, dict[str, Any]], str],
) -> HttpResponse:
    """Locks the order, judges the role in its client and the version that was read, then acts."""
    row = WorkOrder.objects.filter(pk=pk if pk < 2**63 else 0).locked().first()
    if row is None:
        raise Http404
    if not current_scope().may(action, row.client_id):
        raise PermissionDenied(NOT_HERE)
    try:
        with transaction.atomic():
            if not form.is_valid():
                raise ValidationError([each for own in form.errors.values() for each in own])
            if form.cleaned_data["version"] != row.version:
                raise ValidationError(changed_by(row))
            messages.success(request, verb(row, form.cleaned_data))
    except IntegrityError as error:
        messages.error(request, " ".join(sentence_for(error).messages))
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    address = reverse("dashboards:order", args=[row.pk])
    return HttpResponseRedirect(f"{address}?{urlencode({'client': row.client.code})}")
