"""The admin as the second entry tool: who may come in, and through which door."""

from __future__ import annotations

from typing import Any

from django.contrib.admin import AdminSite
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

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

    def login(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """One sign-in page for everything; a viewer who is signed in is refused, not asked."""
        if request.user.is_authenticated and not self.has_permission(request):
            raise PermissionDenied("Your role does not open the data entry pages.")
        return redirect_to_login(request.GET.get("next", reverse("admin:index")), reverse("login"))
