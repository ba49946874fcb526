"""The admin as the second entry tool: who may come in, and through which door."""

from __future__ import annotations

from functools import wraps
from typing import Any

from django.contrib.admin import AdminSite
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver

from clients.roles import Action
from clients.scope import current_scope


class OpsAdminSite(AdminSite):
    site_header = "kpi_ops"
    site_title = "kpi_ops"
    index_title = "Data entry"
    enable_nav_sidebar = True
    empty_value_display = "–"

    def has_permission(self, request: HttpRequest) -> bool:
        return request.user.is_authenticated and current_scope().may(Action.USE_ADMIN)

    def get_urls(self) -> list[URLPattern | URLResolver]:
        """Without “view on site”: nothing here has such a page, and that door looks rows up by
        type and id without a scope, and tells which ones exist."""
        return [each for each in super().get_urls() if getattr(each, "name", "") != "view_on_site"]

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        """Sign in first; whoever is signed in and may not come in is refused, not asked again."""
        opened = super().admin_view(view, cacheable)

        @wraps(opened)
        def gate(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if request.user.is_authenticated and not self.has_permission(request):
                raise PermissionDenied("Your role does not open the data entry pages.")
            return opened(request, *args, **kwargs)

        return gate
