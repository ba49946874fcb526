from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest
from django.urls import reverse

from clients.admin import ClientModelAdmin
from downtime.models import DowntimeEvent, DowntimeReason
from downtime.warnings import too_many_reasons, warnings
from plant.shopfloor_admin import ShopFloorAdmin


@admin.register(DowntimeReason)
class DowntimeReasonAdmin(ClientModelAdmin):
    list_display = [
        "code", "name", "parent", "loss_class", "planned", "counts_in_availability",
        "root_cause", "sort_order", "active",
    ]  # fmt: skip
    list_select_related = ["parent"]
    list_filter = ["active", "loss_class", "planned", ("parent", admin.EmptyFieldListFilter)]
    search_fields = ["code", "name"]
    fieldsets = [
        (None, {"fields": [("code", "name", "active"), ("parent", "sort_order")]}),
        (
            "Loss",
            {
                "fields": [
                    ("loss_class", "root_cause"),
                    ("planned", "counts_in_availability"),
                ]
            },
        ),
    ]

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> Any:
        """Stops are offered reasons, reasons are offered groups."""
        rows, distinct = super().get_search_results(request, queryset, search_term)
        if request.path == reverse(f"{self.admin_site.name}:autocomplete"):
            of_groups = request.GET.get("field_name") == "parent"
            rows = rows.filter(parent__isnull=of_groups)
        return rows, distinct

    def save_related(self, request: Any, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        for sentence in too_many_reasons([form.instance]):
            messages.warning(request, sentence)


@admin.register(DowntimeEvent)
class DowntimeEventAdmin(ShopFloorAdmin):
    warn = staticmethod(warnings)
    list_display = [
        "shift_date", "shift", "line", "machine", "reason", "scope", "time", "minutes",
        "lost_line_minutes", "resolved", "verified",
    ]  # fmt: skip
    list_select_related = ["client", "shift", "line", "machine", "reason"]
    list_only = (
        "client__code", "client__timezone", "shift_date", "shift__code", "line__code",
        "machine__code", "work_order__number", "reason__code", "reason__name", "scope",
        "started_at", "ended_at", "minutes", "lost_line_minutes", "resolved", "verified_at",
    )  # fmt: skip
    list_filter = [
        *ShopFloorAdmin.list_filter, "scope", "resolved", "treatment", "reason__loss_class",
        ("reason", admin.EmptyFieldListFilter),
    ]  # fmt: skip
    search_fields = [
        "reason__code", "reason__name", "reason_detail", "work_order__number", "line__code",
        "machine__code",
    ]  # fmt: skip
    readonly_fields = [
        "time_base", "stations_total", "lost_line_minutes", "treatment", "verified_by",
        "verified_at", "entry_method",
    ]  # fmt: skip
    fieldsets = [
        (
            "Where and when",
            {
                "fields": [
                    ("shift_date", "shift", "line"),
                    ("machine", "work_order", "job"),
                    ("started_at", "ended_at"),
                    ("minutes", "resolved", "event_no"),
                ]
            },
        ),
        (
            "What",
            {
                "fields": [
                    ("reason", "root_cause"),
                    "reason_detail",
                    ("scope", "stations_affected"),
                ]
            },
        ),
        ("Then", {"fields": ["responsible", "corrective_action"]}),
        ("Notes", {"fields": ["notes", "captured_at"], "classes": ["collapse"]}),
    ]
    stamps = [
        "time_base", ("stations_total", "lost_line_minutes", "treatment"),
        ("verified_by", "verified_at", "entry_method"),
    ]  # fmt: skip

    @admin.display(description="from–to", ordering="started_at")
    def time(self, row: DowntimeEvent) -> str:
        if row.started_at is None:
            return "–"
        if row.ended_at is None:
            return f"{row.clock(row.started_at)}–…"
        return row.span(row.started_at, row.ended_at)
