"""The pool page: free or taken per shift, and the three things a supervisor does about it."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from clients.constraints import sentence_for
from clients.models import Client, EntryMethod
from clients.roles import Action
from clients.scope import current_scope
from plant.models import Employee, Shift
from plant.shifts import LOOK_BACK, PlantCalendar, proposed_shift, window
from staffing.fields import unknown_floater
from staffing.models import ShiftCoverage
from staffing.pool import floaters_of, lines_for, to_cover

MAY_NOT = "Your role in this client does not allow you to assign floaters."
YEARS = (2000, 2100)
DAY = datetime.timedelta(days=1)

type View = Callable[..., HttpResponse]


def needs(action: Action) -> Callable[[View], View]:
    """Refuse what no role of the user allows in any client, before anything is looked up."""

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not current_scope().may(action):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        guarded.action = action  # type: ignore[attr-defined]
        return guarded

    return decorate


class Asked(forms.Form):
    """The day and the shift of the page."""

    date = forms.DateField(
        input_formats=["%Y-%m-%d"],
        error_messages={"invalid": "Not a date in the form YYYY-MM-DD."},
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
    )

    def clean_date(self) -> datetime.date:
        """Where the calendar ends there is no day before, and none after."""
        day: datetime.date = self.cleaned_data["date"]
        if not YEARS[0] <= day.year <= YEARS[1]:
            raise ValidationError(f"Choose a day between {YEARS[0]} and {YEARS[1]}.")
        return day


class Assignment(forms.Form):
    """What is typed to send somebody; the row itself judges it."""

    employee = forms.CharField(max_length=50)
    line = forms.IntegerField(min_value=1, error_messages={"required": "Choose a line."})
    covers = forms.IntegerField(min_value=1, required=False)


@require_safe
@needs(Action.SEE_NAMES)
def pool(request: HttpRequest) -> HttpResponse:
    clients = list(Client.objects.order_by("code"))
    if len(clients) != 1:
        choices = [(each, _address(each)) for each in clients]
        chosen = {"choices": choices, "nav_here": "pool"}
        return render(request, "staffing/choose_client.html", chosen)
    (client,) = clients
    asked = request.GET.get("date")
    form = Asked({"date": asked or client.today().isoformat()})
    if not form.is_valid():
        context: dict[str, Any] = {"form": form, "client": client, "nav_here": "pool"}
        return render(request, "staffing/pool.html", context, status=400)
    on = form.cleaned_data["date"]
    calendar = PlantCalendar.of(client, on - LOOK_BACK - DAY, on + DAY)
    now = _now(client, calendar, on) if on == client.today() else None
    if now and not asked:
        on = now[1]
        form = Asked({"date": on.isoformat()})
    shift = _shift(request, client, calendar, on, now)
    context = {
        "form": form,
        "client": client,
        "nav_here": "pool",
        "on": on,
        "shift": shift,
        "runs": _runs(calendar, shift, on),
        "shifts": [(each, _address(client, on, each)) for each in _offered(calendar, on, shift)],
        "earlier": _beside(client, calendar, on - DAY, shift),
        "later": _beside(client, calendar, on + DAY, shift),
        **(_shown(client, on, shift) if shift else {}),
    }
    return render(request, "staffing/pool.html", context)


def _shown(client: Client, on: datetime.date, shift: Shift) -> dict[str, Any]:
    floaters = floaters_of(client, on, shift)
    may_assign = current_scope().may(Action.ASSIGN_FLOATERS, client.pk)
    return {
        "floaters": floaters,
        "free": sum(not each.is_taken for each in floaters),
        "may_assign": may_assign,
        "lines": lines_for(client, shift) if may_assign else [],
        "absences": to_cover(client, on, shift) if may_assign else [],
        "here": urlencode([("client", client.code), ("date", on), ("shift", shift.pk)]),
    }


def _now(
    client: Client, calendar: PlantCalendar, today: datetime.date
) -> tuple[Shift, datetime.date] | None:
    """The shift that runs, after midnight that of the day before; else the next one of today,
    for which people are sent, and the one that ended last where none is ahead."""
    instant = timezone.now()
    proposed = proposed_shift(calendar, instant, client.zone)
    if proposed and window(*proposed, client.zone)[1] > instant:
        return proposed
    offered = _offered(calendar, today, None)
    ahead = [each for each in offered if window(each, today, client.zone)[0] > instant]
    return (ahead[0], today) if ahead else proposed


def _beside(client: Client, calendar: PlantCalendar, on: datetime.date, shift: Shift | None) -> str:
    """The same shift on another day; where it does not run, what runs first."""
    return _address(client, on, shift if _runs(calendar, shift, on) else None)


def _runs(calendar: PlantCalendar, shift: Shift | None, on: datetime.date) -> bool:
    return shift is not None and calendar.runs(shift, shift.line_id, on)


def _offered(calendar: PlantCalendar, on: datetime.date, chosen: Shift | None) -> list[Shift]:
    """The shifts that run on some line that day, and the one that was asked for."""
    running = [each for each in calendar.shifts if _runs(calendar, each, on)]
    if chosen and chosen not in running:
        running.append(chosen)
    return sorted(running, key=lambda each: (each.start_time, each.code))


def _shift(
    request: HttpRequest,
    client: Client,
    calendar: PlantCalendar,
    on: datetime.date,
    now: tuple[Shift, datetime.date] | None,
) -> Shift | None:
    if asked := request.GET.get("shift", ""):
        return _shift_of(client, asked)
    if now and now[1] == on:
        return now[0]
    return next(iter(_offered(calendar, on, None)), None)


def _shift_of(client: Client, text: str) -> Shift:
    found = Shift.objects.filter(client=client, pk=_number(text)).first()
    if found is None:
        raise Http404
    found.client = client
    return found


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 19 else 0


def _address(client: Client, on: datetime.date | None = None, shift: Shift | None = None) -> str:
    pairs: list[tuple[str, Any]] = [("client", client.code)]
    pairs += [("date", on)] if on else []
    pairs += [("shift", shift.pk)] if shift else []
    return f"{reverse('coverage:pool')}?{urlencode(pairs)}"


# -- what a supervisor does ----------------------------------------------------------------------


@require_POST
@needs(Action.ASSIGN_FLOATERS)
def assign(request: HttpRequest) -> HttpResponse:
    client, on, shift = _place(request)
    if not current_scope().may(Action.ASSIGN_FLOATERS, client.pk):
        raise PermissionDenied(MAY_NOT)
    form = Assignment(request.POST)
    if form.is_valid():
        _try(request, lambda: _assign(client, on, shift, form.cleaned_data))
    else:
        sentences = [str(each) for errors in form.errors.values() for each in errors]
        messages.error(request, " ".join(sentences))
    return HttpResponseRedirect(_address(client, on, shift))


def _place(request: HttpRequest) -> tuple[Client, datetime.date, Shift]:
    """The client, day and shift that the form was opened with; they stand in its address."""
    client = Client.objects.filter(code=request.GET.get("client", "")).first()
    form = Asked(request.GET)
    if client is None or not form.is_valid():
        raise Http404
    return client, form.cleaned_data["date"], _shift_of(client, request.GET.get("shift", ""))


def _assign(client: Client, on: datetime.date, shift: Shift, asked: dict[str, Any]) -> str:
    code = asked["employee"].strip().upper()
    person = Employee.objects.pool().filter(code=code).first()
    if person is None:
        raise unknown_floater(code)
    row = ShiftCoverage(
        client=client,
        employee=person,
        line_id=asked["line"],
        shift=shift,
        shift_date=on,
        covers_id=asked["covers"],
        entry_method=EntryMethod.MANUAL,
    )
    row.full_clean()
    row.save()
    return _("%(code)s is assigned to %(line)s.") % {"code": code, "line": row.line.code}


@require_POST
@needs(Action.ASSIGN_FLOATERS)
def confirm(request: HttpRequest, pk: int) -> HttpResponse:
    def verb(row: ShiftCoverage) -> str:
        row.confirm(by=request.user)
        return _("The assignment of %(code)s is confirmed.") % {"code": row.employee.code}

    return _change(request, pk, verb)


@require_POST
@needs(Action.ASSIGN_FLOATERS)
def unassign(request: HttpRequest, pk: int) -> HttpResponse:
    def verb(row: ShiftCoverage) -> str:
        row.unassign(by=request.user)
        return _("%(code)s is free again.") % {"code": row.employee.code}

    return _change(request, pk, verb)


def _change(request: HttpRequest, pk: int, verb: Callable[[ShiftCoverage], str]) -> HttpResponse:
    rows = ShiftCoverage.objects.select_related("client", "line", "shift", "employee", "line_shift")
    row = rows.select_for_update(of=("self",)).filter(pk=pk if pk < 2**63 else 0).first()
    if row is None:
        raise Http404
    if refusal := row.refusal_to_edit(current_scope()):
        raise PermissionDenied(refusal)
    _try(request, lambda: verb(row))
    return HttpResponseRedirect(_address(row.client, row.shift_date, row.shift))


def _try(request: HttpRequest, act: Callable[[], str]) -> None:
    """What is refused is said in one sentence, and nothing of it stays."""
    try:
        with transaction.atomic():
            messages.success(request, act())
    except IntegrityError as error:
        messages.error(request, " ".join(sentence_for(error).messages))
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
