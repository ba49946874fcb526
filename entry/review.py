"""The review: what each line recorded in a shift, confirmed by a second person and closed."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from django import forms
from django.apps import apps
from django.contrib import messages
from django.core.exceptions import FieldDoesNotExist, PermissionDenied, ValidationError
from django.db.models import Count, Q, Sum
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods

from clients.models import Client, VerifiedModel
from clients.roles import Action
from clients.scope import current_scope
from clients.verification import verify_rows
from entry import place as places
from plant.models import LineShift

HERE = {"nav_here": "review"}
DAY = datetime.timedelta(days=1)
MOST_NAMED = 10
# What a kind of row is counted by, beside its number.
AMOUNTS = {
    "production.ProductionEntry": ("total_units", gettext_lazy("units")),
    "downtime.DowntimeEvent": ("minutes", gettext_lazy("min")),
    "quality.QualityInspection": ("units_inspected", gettext_lazy("inspected")),
    "attendance.AttendanceRecord": ("actual_hours", gettext_lazy("h")),
}


@dataclass(frozen=True)
class Kind:
    """The rows of one kind in a line-shift: how many, what they add up to, and not verified."""

    label: str
    rows: int
    amount: Any
    unit: str
    waiting: int
    href: str


@dataclass
class Reviewed:
    place: LineShift
    may_close: bool
    may_reopen: bool
    kinds: list[Kind] = field(default_factory=list)
    # Rows that this person may verify.
    mine: int = 0

    @property
    def waiting(self) -> int:
        return sum(each.waiting for each in self.kinds)

    @property
    def rows(self) -> int:
        return sum(each.rows for each in self.kinds)


class Asked(forms.Form):
    date = forms.DateField(
        input_formats=["%Y-%m-%d"],
        error_messages={"invalid": "Not a date in the form YYYY-MM-DD."},
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
    )

    def clean_date(self) -> datetime.date:
        day: datetime.date = self.cleaned_data["date"]
        if not 2000 <= day.year <= 2100:
            raise ValidationError("Choose a day between 2000 and 2100.")
        return day


@cache
def kinds_of_rows() -> tuple[type[VerifiedModel], ...]:
    """Every table of rows that are verified and belong to a line-shift."""
    return tuple(
        model
        for model in apps.get_models()
        if issubclass(model, VerifiedModel) and _has_line_shift(model)
    )


def _has_line_shift(model: Any) -> bool:
    try:
        return bool(model._meta.get_field("line_shift"))
    except FieldDoesNotExist:
        return False


@require_http_methods(["GET", "HEAD", "POST"])
def review(request: HttpRequest) -> HttpResponse:
    scope = current_scope()
    if not scope.may(Action.ENTRY):
        raise PermissionDenied
    client: Client | None = getattr(request, "client", None)
    if client is None:
        own = list(places.own_clients()[:2])
        client = own[0] if len(own) == 1 else None
    if client is None:
        choices = [(each, f"?client={each.code}") for each in places.own_clients()]
        return render(request, "entry/choose_client.html", {"choices": choices, **HERE})
    if not scope.may(Action.ENTRY, client.pk):
        raise PermissionDenied
    if request.method == "POST":
        return _act(request, client)
    form = Asked({"date": request.GET.get("date") or client.today().isoformat()})
    if not form.is_valid():
        context: dict[str, Any] = {"form": form, "client": client, **HERE}
        return render(request, "entry/review.html", context, status=400)
    on = form.cleaned_data["date"]
    following = on + DAY if on < client.today() else None
    context = {
        "form": form,
        "client": client,
        "on": on,
        "earlier": _address(client, on - DAY),
        "later": _address(client, following) if following else "",
        "shifts": reviewed(client, on),
        **HERE,
    }
    return render(request, "entry/review.html", context)


def _address(client: Client, on: datetime.date) -> str:
    query = urlencode([("client", client.code), ("date", on.isoformat())])
    return f"{reverse('entry:review')}?{query}"


# -- what is shown ---------------------------------------------------------------------------------


def reviewed(client: Client, on: datetime.date) -> list[Reviewed]:
    """The line-shifts of a day that were planned or have rows: one query a kind of row."""
    scope = current_scope()
    found = {
        place.pk: Reviewed(
            place,
            may_close=place.state == "PLANNED"
            and place.has_started
            and scope.may(Action.CLOSE_SHIFT, client.pk),
            may_reopen=place.is_closed and scope.may(Action.REOPEN_SHIFT, client.pk),
        )
        for place in LineShift.objects.filter(client=client, shift_date=on)
        .select_related("line", "shift", "closed_by")
        .order_by("shift__start_time", "line__code")
    }
    for model in kinds_of_rows():
        _count(model, client, found)
    return list(found.values())


def _count(model: Any, client: Client, found: dict[int, Reviewed]) -> None:
    scope = current_scope()
    waiting = Q(verified_at__isnull=True)
    sums: dict[str, Any] = {"rows": Count("pk"), "waiting": Count("pk", filter=waiting)}
    if scope.may(model.verify_action, client.pk) and scope.user is not None:
        others = waiting & (Q(created_by__isnull=True) | ~Q(created_by=scope.user))
        sums["mine"] = Count("pk", filter=others)
    amount, unit = AMOUNTS.get(model._meta.label, ("", ""))
    if amount:
        sums["amount"] = Sum(amount)
    counted = (
        model.objects.filter(client=client, line_shift__in=list(found))
        .order_by()
        .values("line_shift_id")
        .annotate(**sums)
    )
    for row in counted:
        at = found[row["line_shift_id"]]
        at.kinds.append(
            Kind(
                str(model._meta.verbose_name_plural),
                row["rows"],
                row.get("amount"),
                str(unit),
                row["waiting"],
                _list_of(model, at.place),
            )
        )
        at.mine += row.get("mine", 0)


def _list_of(model: Any, place: LineShift) -> str:
    try:
        address = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    except NoReverseMatch:
        return ""
    return f"{address}?line_shift__id__exact={place.pk}"


# -- what the buttons do ---------------------------------------------------------------------------


def _act(request: HttpRequest, client: Client) -> HttpResponse:
    act, _colon, key = request.POST.get("act", "").partition(":")
    verbs: dict[str, Callable[[HttpRequest, LineShift], None]] = {
        "verify": _verify,
        "close": _close,
        "reopen": _reopen,
    }
    if act not in verbs:
        raise Http404
    if not any(current_scope().may(each) for each in _needed(act)):
        raise PermissionDenied
    pk = int(key) if key.isdecimal() and len(key) < 19 else 0
    places_here = LineShift.objects.filter(client=client).select_related("line", "shift")
    place = places_here.select_for_update(of=("self",)).filter(pk=pk).first()
    if place is None:
        raise Http404
    if not any(current_scope().may(each, client.pk) for each in _needed(act)):
        raise PermissionDenied
    try:
        verbs[act](request, place)
    except ValidationError as error:
        messages.error(request, f"{place}: {' '.join(error.messages)}")
    return HttpResponseRedirect(_address(client, place.shift_date))


def _needed(act: str) -> set[Action]:
    if act == "verify":
        return {model.verify_action for model in kinds_of_rows()}
    return {Action.CLOSE_SHIFT if act == "close" else Action.REOPEN_SHIFT}


def _verify(request: HttpRequest, place: LineShift) -> None:
    verdict = verify_rows(_waiting(place), current_scope())
    if verdict.verified:
        n = len(verdict.verified)
        words = ngettext("%(n)d row is verified.", "%(n)d rows are verified.", n)
        messages.success(request, f"{place}: {words % {'n': n}}")
    refused: dict[str, int] = {}
    for _row, sentence in verdict.refused:
        refused[sentence] = refused.get(sentence, 0) + 1
    for sentence, n in refused.items():
        words = ngettext("%(n)d row is not verified.", "%(n)d rows are not verified.", n)
        messages.warning(request, f"{words % {'n': n}} {sentence}")


def _waiting(place: LineShift) -> Iterator[Any]:
    for model in kinds_of_rows():
        yield from (
            model.objects.filter(client=place.client_id, line_shift=place, verified_at__isnull=True)
            .order_by("pk")
            .select_for_update(of=("self",))
        )


def _close(request: HttpRequest, place: LineShift) -> None:
    place.close(by=request.user)
    messages.success(request, _("%(shift)s is closed.") % {"shift": place})


def _reopen(request: HttpRequest, place: LineShift) -> None:
    place.reopen(reason=request.POST.get("reason", "").replace("\x00", "")[:300])
    messages.success(request, _("%(shift)s is open again.") % {"shift": place})
