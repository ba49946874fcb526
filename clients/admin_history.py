"""The history of a row as a page of the admin."""

from __future__ import annotations

import datetime
from typing import Any

from django.contrib.admin import ModelAdmin
from django.http import HttpRequest
from django.template.response import TemplateResponse

from clients.history import history_of, page_asked


def history_page(
    page: ModelAdmin[Any],
    request: HttpRequest,
    past: Any,
    title: str,
    hidden: set[str],
    zone: datetime.tzinfo,
    **more: Any,
) -> TemplateResponse:
    """From the audit: the admin's own log is not kept. `past`: the row, or what is left of it."""
    history = history_of(past, hidden, zone=zone, before=page_asked(request.GET.get("before")))
    context = {
        **page.admin_site.each_context(request),
        "title": title,
        "opts": page.opts,
        "zone": zone,
        "history": history,
        **more,
    }
    return TemplateResponse(request, "admin/client_history.html", context)
