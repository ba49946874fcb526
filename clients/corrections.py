"""Corrections on the data entry pages: the changed set read back, and rows confirmed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from clients.forms import changed_by
from clients.history import changed_set
from clients.scope import current_scope
from clients.verification import verify_rows

MOST_NAMED = 10


def read_back(request: HttpRequest, form: Any, formsets: Any, hidden: set[str]) -> None:
    """Says what a save changed, old and new, in the row and in the rows that hang on it."""
    if getattr(form, "stored", None) is None:
        return
    lines = [
        f"{each.label}: {each.old} → {each.new}"
        for each in changed_set(form.stored, form.instance, hidden)
    ]
    for formset in formsets or ():
        lines += _parts(formset)
    if lines:
        messages.info(request, f"Changed: {'; '.join(lines)}.")
    if lines and getattr(form.stored, "verified_at", None):
        messages.warning(request, "The row changed: a second person has to verify it again.")


def _parts(formset: Any) -> Iterator[str]:
    name = str(formset.model._meta.verbose_name)
    for row in formset.new_objects:
        yield f"new {name} {row}"
    for row, names in formset.changed_objects:
        form = next(each for each in formset.forms if each.instance is row)
        for each in names:
            old, new = form[each].initial, form.cleaned_data.get(each)
            yield f"{name} {row}, {form.fields[each].label}: {old} → {new}"
    for row in formset.deleted_objects:
        yield f"{name} {row} taken out"


def verify_one(pages: Any, request: HttpRequest, object_id: str) -> HttpResponse:
    """The button on the page of one row; `pages` is the admin of its kind."""
    if not current_scope().may(pages.model.verify_action):
        raise PermissionDenied
    row = pages.get_object(request, object_id)
    if row is None:
        raise Http404
    if not current_scope().may(row.verify_action, row.client_id):
        raise PermissionDenied
    if request.POST.get("version", str(row.version)) == str(row.version):
        verify(request, pages.model.with_voided.filter(pk=row.pk))
    else:
        # What is confirmed is what the person has seen.
        messages.error(request, f"{row} is not verified. {changed_by(row)}")
    name = f"admin:{pages.opts.app_label}_{pages.opts.model_name}_change"
    return HttpResponseRedirect(reverse(name, args=[row.pk]))


def verify(request: HttpRequest, queryset: Any) -> None:
    """Each row is judged by itself; those that stay unverified are named with the reason."""
    rows = list(queryset.order_by("pk").select_for_update(of=("self",)))
    verdict = verify_rows(rows, current_scope())
    for row, sentence in verdict.refused[:MOST_NAMED]:
        messages.error(request, f"{row}: {sentence}")
    if (more := len(verdict.refused) - MOST_NAMED) > 0:
        messages.error(request, f"{more} more rows are not verified.")
    if len(verdict.verified) == 1:
        messages.success(request, f"{verdict.verified[0]} is verified.")
    elif verdict.verified:
        messages.success(request, f"{len(verdict.verified)} rows are verified.")
