"""The roster: choose a shift, mark who is there, read back, save."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from clients.imports.errors import Refused
from clients.imports.undo import undo
from clients.models import Client, ImportBatch
from clients.roles import Action
from clients.scope import current_scope, entered
from entry import place as places
from entry import saving, sheet
from entry.drafts import Kept
from entry.pages import Page, read_back_page, saved_note
from entry.people import Crew, crew_of
from entry.place import NoShifts, Place
from entry.sheet import Draft, Typed


@require_http_methods(["GET", "HEAD", "POST"])
def roster(request: HttpRequest) -> HttpResponse:
    scope = current_scope()
    if not scope.may(Action.ENTRY):
        raise PermissionDenied
    client = _chosen(request)
    if client is None:
        choices = [(each, f"?client={each.code}") for each in places.own_clients()]
        return render(request, "entry/choose_client.html", {"choices": choices, **HERE})
    if not scope.may(Action.ENTRY, client.pk):
        raise PermissionDenied
    if refusal := _wrong_client(request, client):
        return refusal
    try:
        place = places.read(request, client)
        if request.method == "POST":
            return _act(request, place)
        crew, kept = crew_of(place), Kept.of(place)
        return _sheet(request, crew, kept.draft(crew), page=request.GET.get("page", ""), kept=kept)
    except NoShifts:
        return render(request, "entry/no_shifts.html", {"client": client, **HERE})
    except places.Unreadable as error:
        return _unreadable(request, client, str(error))
    except sheet.Unreadable:
        return _unreadable(request, client, _("This form is not complete. Reload the page."))


HERE = {"nav_here": "roster"}


def _chosen(request: HttpRequest) -> Client | None:
    """The client of the address, or the only one in which the user may enter rows."""
    client: Client | None = getattr(request, "client", None)
    if client is None:
        own = list(places.own_clients()[:2])
        client = own[0] if len(own) == 1 else None
    return client


def _wrong_client(request: HttpRequest, client: Client) -> HttpResponse | None:
    """A form that was opened for another client stores nothing here."""
    if request.method != "POST" or request.POST.get("client") == client.code:
        return None
    code = request.POST.get("client", "").replace("\x00", "")
    with entered(current_scope().widened()):
        owner = Client.objects.filter(code=code).first()
    if owner is None:
        raise Http404
    sentence = _("This sheet belongs to %(client)s. Reload.") % {"client": owner.name}
    return _unreadable(request, owner, sentence, status=409)


def _unreadable(
    request: HttpRequest, client: Client, sentence: str, status: int = 400
) -> HttpResponse:
    context = {"sentence": sentence, "way_out": f"?client={client.code}", **HERE}
    return render(request, "entry/unreadable.html", context, status=status)


# -- what the buttons do -------------------------------------------------------------------------


def _act(request: HttpRequest, place: Place) -> HttpResponse:
    act, _colon, argument = request.POST.get("act", "read-back").partition(":")
    if act == "undo":
        return _undo(request, place)
    if act == "discard":
        Kept.of(place, for_update=True).put(Draft())
        return redirect(place.link())
    draft = sheet.posted(request.POST)
    if act == "confirm":
        return _confirm(request, place, draft)
    draft.rows |= Draft.from_json(request.POST.get("later", "")).rows
    crew, kept = crew_of(place), Kept.of(place, for_update=True)
    draft.everybody |= act == "all"
    crew.mark_everybody(draft)
    if act == "theirs":
        draft.rows.pop(_key(argument), None)
    kept.put(draft)
    if act == "keep":
        return _kept(kept)
    if act in ("read-back", "read-back-rest"):
        return _read_back(request, crew, draft, kept, only_right=act == "read-back-rest")
    if act == "find":
        return _find(request, crew, draft, kept)
    page = argument if act == "page" else ""
    focus = _key(argument) if act in ("edit", "theirs") else None
    page = page or (request.POST.get("page", "") if act in ("all", "cancel") else "")
    return _sheet(request, crew, draft, page=page, focus=focus, kept=kept)


def _kept(kept: Kept) -> HttpResponse:
    """For the script that sends the sheet while somebody types."""
    at = timezone.localtime(kept.at, kept.place.client.zone) if kept.at else None
    sentence = _("draft saved %(time)s") % {"time": f"{at:%H:%M}"} if at else ""
    return HttpResponse(sentence, content_type="text/plain; charset=utf-8")


def _key(text: str) -> int:
    if not text.isdecimal() or len(text) > 18:
        raise sheet.Unreadable
    return int(text)


def _sheet(
    request: HttpRequest, crew: Crew, draft: Draft, *, kept: Kept, **more: Any
) -> HttpResponse:
    page = Page(crew, draft, **more)
    context: dict[str, Any] = {
        "page": page, "place": crew.place, "client": crew.place.client, "kept": kept,
        "taken_up": request.method != "POST" and kept.at, **HERE,
    }  # fmt: skip
    if pk := request.GET.get("saved", ""):
        context["saved"] = saved_note(crew, _batch(crew.place, pk))
    if page.result is not None and page.result.batch is not None:
        context["saved"] = saved_note(crew, page.result.batch)
    return render(request, "entry/roster.html", context)


def _find(request: HttpRequest, crew: Crew, draft: Draft, kept: Kept) -> HttpResponse:
    code = request.POST.get("find", "").strip()[:50]
    person = crew.find(code) if code else None
    if person is None:
        sentence = _("Unknown employee “%(code)s”.") if code else _("Give a code.")
        again = {"not_found": sentence % {"code": code}, "sought": code}
        return _sheet(request, crew, draft, kept=kept, **again)
    if person not in crew.shown and not crew.bring(person):
        words = {"code": person.employee.code, "line": person.line.code if person.line else "–"}
        sentence = _("%(code)s is recorded on %(line)s in this shift.") % words
        return _sheet(request, crew, draft, kept=kept, not_found=sentence, sought=code)
    return _sheet(request, crew, draft, kept=kept, focus=person.key)


def _read_back(
    request: HttpRequest, crew: Crew, draft: Draft, kept: Kept, *, only_right: bool
) -> HttpResponse:
    later: dict[int, Typed] = {}
    if only_right:
        # Also those that were put right or seen since: the button says “without them”.
        named = {_key(each) for each in request.POST.get("wrong", "").split()}
        later = {key: draft.rows.pop(key) for key in named & draft.rows.keys()}
    result = saving.on_trial(crew, draft)
    if result.wrong and not only_right:
        return _sheet(request, crew, draft, kept=kept, result=result)
    if not result.accepted:
        draft.rows |= later
        messages.info(request, _("There is nothing to save: nothing was changed."))
        told = result if result.wrong else None
        return _sheet(request, crew, draft, kept=kept, result=told)
    context = read_back_page(crew, result, later, kept.key)
    return render(request, "entry/read_back.html", {**context, **HERE})


def _confirm(request: HttpRequest, place: Place, draft: Draft) -> HttpResponse:
    try:
        key = uuid.UUID(request.POST.get("submit_key", ""))
    except ValueError:
        raise sheet.Unreadable from None
    crew, kept = crew_of(place, for_update=True), Kept.of(place, for_update=True)
    reason = request.POST.get("change_reason", "").replace("\x00", "").strip()[:300]
    result = saving.save(crew, draft, key, reason)
    if result.repeated:
        assert result.batch is not None
        at = result.batch.confirmed_at or result.batch.created_at
        local = timezone.localtime(at, place.client.zone)
        messages.info(request, _("Already saved at %(time)s.") % {"time": f"{local:%H:%M}"})
        return redirect(place.link(saved=str(result.batch.pk)))
    later = Draft.from_json(request.POST.get("later", ""))
    left = {each.person.key: each.typed for each in result.wrong}
    draft = Draft(rows={**later.rows, **left})
    kept.settle(key, draft)
    if result.batch is not None and not draft.rows:
        return redirect(place.link(saved=str(result.batch.pk)))
    # What was not saved stays as it was typed, with its sentence.
    crew = crew_of(place)
    crew.add(draft.rows)
    again = saving.on_trial(crew, draft)
    again.batch = result.batch
    _keep_refusals(result, again)
    return _sheet(request, crew, draft, kept=kept, result=again)


def _keep_refusals(result: saving.Result, again: saving.Result) -> None:
    """What only the database refused is told as well."""
    for each in again.entries:
        was = result.by_key.get(each.person.key)
        if was is not None and not each.is_wrong:
            each.row.faults += was.row.faults


def _undo(request: HttpRequest, place: Place) -> HttpResponse:
    batch = _batch(place, request.POST.get("batch", ""))
    try:
        undo(batch)
        n = batch.result.get("written", 0)
        words = ngettext("%(n)d row was taken back.", "%(n)d rows were taken back.", n)
        messages.success(request, words % {"n": n})
    except Refused as refused:
        messages.error(request, str(refused))
        return redirect(place.link(saved=str(batch.pk)))
    return redirect(place.link())


def _batch(place: Place, pk: str) -> ImportBatch:
    """A submit of this page, of this client."""
    batches = ImportBatch.objects.filter(
        client=place.client, kind=ImportBatch.Kind.SHEET, entity=saving.entity().name
    )
    batch = batches.filter(pk=_key(pk)).first()
    if batch is None:
        raise Http404
    return batch
