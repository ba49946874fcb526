"""Actions of admin lists that ask before they act: first the page with the form, then the deed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse


def answered(form_class: type[forms.Form], request: HttpRequest) -> forms.Form:
    """The form with its answers; empty when the action was only just chosen."""
    return form_class(request.POST if "answered" in request.POST else None)


def question(
    pages: Any,
    request: HttpRequest,
    form: forms.Form,
    rows: Sequence[Any],
    *,
    title: str,
    explanation: str,
) -> HttpResponse:
    """The page that asks; `pages` is the admin of the rows."""
    context = {
        **pages.admin_site.each_context(request),
        "title": title,
        "explanation": explanation,
        "opts": pages.opts,
        "form": form,
        "rows": rows,
        "action": request.POST.get("action", ""),
        "selected": request.POST.getlist(ACTION_CHECKBOX_NAME),
    }
    return TemplateResponse(request, "admin/asked_action.html", context)
