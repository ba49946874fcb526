"""Lists of the admin as files, with the filters on screen, in the user's own scope."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from clients.imports import exports, registry
from clients.models import Client
from clients.scope import current_scope

CSV = "text/csv; charset=utf-8"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class Exported:
    """Adds the files to the actions of a list whose rows come from files as well."""

    model: Any
    opts: Any

    @admin.action(description="Export as CSV")
    def export_csv(self, request: HttpRequest, queryset: Any) -> HttpResponse:
        language = language_of(request)
        return self._file(exports.as_csv(self._lines(queryset, language), language), "csv", CSV)

    @admin.action(description="Export as XLSX")
    def export_xlsx(self, request: HttpRequest, queryset: Any) -> HttpResponse:
        about = {
            "client": self._name(),
            "rows": str(self.opts.verbose_name_plural),
            "user": request.user.get_username(),
            "time": timezone.now().isoformat(timespec="minutes"),
            "zone": "UTC",
        }
        lines = self._lines(queryset, language_of(request))
        return self._file(exports.as_xlsx(lines, about), "xlsx", XLSX)

    def _lines(self, rows: Any, language: str) -> Any:
        entity = registry.of(self.model)
        assert entity is not None
        several = len(current_scope().ids) > 1
        return exports.lines_of(entity, rows, language, with_client=several)

    def _name(self) -> str:
        """The code of the one client; nothing tells which ones where there are several."""
        ids = current_scope().ids
        return Client.objects.get(pk__in=ids).code if len(ids) == 1 else "several"

    def _file(self, content: bytes, form: str, kind: str) -> HttpResponse:
        name = f"kpi_ops_{self._name()}_{self.opts.model_name}_{timezone.now():%Y-%m-%d}.{form}"
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return HttpResponse(content, content_type=kind, headers=headers)


def language_of(request: HttpRequest) -> str:
    return "es" if getattr(request.user, "language", "") == "es" else "en"
