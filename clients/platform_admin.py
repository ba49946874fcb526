"""The base of admin pages that are open to platform admins only."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest
from django.utils import timezone

from clients.admin_history import history_page
from clients.scope import current_scope


class PlatformAdmin(admin.ModelAdmin):
    """Pages for platform admins only."""

    list_per_page = 100
    show_full_result_count = False

    def has_module_permission(self, request: HttpRequest) -> bool:
        return current_scope().reaches_all

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return current_scope().reaches_all

    has_add_permission = has_view_permission
    has_change_permission = has_view_permission
    has_delete_permission = has_view_permission

    def _get_obj_does_not_exist_redirect(self, request: Any, opts: Any, object_id: str) -> Any:
        raise Http404

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> Any:
        """From the audit, as for every other row: the admin's own log is not kept."""
        if not self.has_view_permission(request):
            raise PermissionDenied  # whether or not there is such a row
        row = self.get_object(request, unquote(object_id))
        if row is None:
            raise Http404
        if not self.has_view_permission(request, row):
            raise PermissionDenied
        zone = timezone.get_default_timezone()
        return history_page(self, request, row, f"History: {row}", set(), zone, object=row)

    def log_addition(self, *args: Any) -> None: ...
    def log_change(self, *args: Any) -> None: ...
    def log_deletions(self, *args: Any) -> None: ...
