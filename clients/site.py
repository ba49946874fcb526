"""The admin as the second entry tool: who may come in, and through which door."""

from __future__ import annotations

from collections.abc import Hashable
from functools import wraps
from typing import Any

from django.contrib.admin import AdminSite
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver, get_script_prefix
from django.utils.translation import get_language

from clients.roles import Action
from clients.scope import current_scope
from clients.signing import SignOut


class OpsAdminSite(AdminSite):
    site_header = "kpi_ops"
    site_title = "kpi_ops"
    index_title = "Data entry"
    enable_nav_sidebar = True
    empty_value_display = "–"

    def __init__(self, name: str = "admin") -> None:
        super().__init__(name)
        self._app_lists: dict[Hashable, list[dict[str, Any]]] = {}

    def has_permission(self, request: HttpRequest) -> bool:
        return request.user.is_authenticated and current_scope().may(Action.USE_ADMIN)

    def get_urls(self) -> list[URLPattern | URLResolver]:
        """Without “view on site”: nothing here has such a page, and that door looks rows up by
        type and id without a scope, and tells which ones exist."""
        return [each for each in super().get_urls() if getattr(each, "name", "") != "view_on_site"]

    def logout(self, request: HttpRequest, extra_context: Any = None) -> Any:
        """One way out, as there is one way in."""
        return SignOut.as_view()(request)

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """Made once for each set of rights, not again for every page with its forty addresses."""
        pages = self._registry.items()
        rights = tuple((model, *page.get_model_perms(request).values()) for model, page in pages)
        modules = tuple(page.has_module_permission(request) for _, page in pages)
        key = (app_label, get_language(), get_script_prefix(), rights, modules)
        if key not in self._app_lists:
            self._app_lists[key] = super().get_app_list(request, app_label)
        return [
            {**app, "models": [dict(each) for each in app["models"]]}
            for app in self._app_lists[key]
        ]

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        """Sign in first; whoever is signed in and may not come in is refused, not asked again."""
        opened = super().admin_view(view, cacheable)

        @wraps(opened)
        def gate(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if request.user.is_authenticated and not self.has_permission(request):
                raise PermissionDenied("Your role does not open the data entry pages.")
            return opened(request, *args, **kwargs)

        return gate
