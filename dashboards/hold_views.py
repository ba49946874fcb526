"""Pages of holds and of work in process, and the steps that people take there."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _

from clients.permissions import NOT_HERE
from clients.roles import Action
from clients.scope import current_scope
from dashboards.context import back_or
from dashboards.holds_page import holds as holds_of
from dashboards.order_views import needs
from dashboards.views import page, page_of_client
from dashboards.wip_page import wip as wip_of
from holds import flow, moves
from holds.flow import HoldAction
from holds.models import WIPHold

LONGEST_NOTE = 500
TOO_LONG = "A note has at most 500 characters."
BIGGEST = 2**63


@page(Action.VIEW)
def holds(request: HttpRequest) -> HttpResponseBase:
    return page_of_client(request, "holds", lambda its, client: holds_of(its, client, request.GET))


@page(Action.VIEW)
def wip(request: HttpRequest) -> HttpResponseBase:
    return page_of_client(request, "wip", lambda its, client: wip_of(its, client, request.GET))


@needs(Action.HOLD_REQUEST)
def step(request: HttpRequest, pk: int, action: str) -> HttpResponse:
    """Takes one step of one hold; who may take it is judged in the client of the hold."""
    chosen = HoldAction(action)
    if not current_scope().may(flow.WHO[chosen]):
        raise PermissionDenied
    hold = WIPHold.objects.select_related("client").filter(pk=pk if pk < BIGGEST else 0).first()
    if hold is None:
        raise Http404
    if not current_scope().may(flow.WHO[chosen], hold.client_id):
        raise PermissionDenied(NOT_HERE)
    if chosen is HoldAction.CANCEL and not flow.is_requesters(hold, request.user):
        raise PermissionDenied(flow.ONLY_THE_REQUESTER)
    note = request.POST.get("note", "")
    try:
        with transaction.atomic():
            if len(note) > LONGEST_NOTE:
                raise ValidationError(TOO_LONG)
            counted = moves.move(hold, chosen, by=request.user, note=note.replace("\x00", ""))
    except ValidationError as error:
        messages.error(request, f"{hold}: {' '.join(error.messages)}")
    else:
        words: dict[str, Any] = {"hold": str(hold), "state": hold.get_state_display().lower()}
        messages.success(request, _("%(hold)s is now: %(state)s.") % words)
        if counted:
            messages.warning(request, flow.NEW_JOB_OR_SAME)
    return HttpResponseRedirect(_back(request, hold))


def _back(request: HttpRequest, hold: WIPHold) -> str:
    """To the list as it was narrowed."""
    own = f"{reverse('dashboards:holds')}?client={hold.client.code}"
    return back_or(request.POST.get("back", ""), own, request)
