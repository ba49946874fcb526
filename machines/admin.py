from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse

from clients.admin import ClientModelAdmin
from machines.models import Machine, MachineStatus


@admin.register(Machine)
class MachineAdmin(ClientModelAdmin):
    list_display = [
        "code", "name", "machine_type", "line", "status", "ideal_cycle_hours_per_unit",
        "next_maintenance_date",
    ]  # fmt: skip
    list_select_related = ["line"]
    list_filter = ["status", "machine_type"]
    search_fields = ["code", "name"]
    fieldsets = [
        (None, {"fields": [("code", "name", "status"), ("machine_type", "line")]}),
        ("Speed", {"fields": ["ideal_cycle_hours_per_unit"]}),
        ("Maintenance", {"fields": [("last_maintenance_date", "next_maintenance_date"), "notes"]}),
    ]

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> Any:
        rows, distinct = super().get_search_results(request, queryset, search_term)
        if request.path == reverse(f"{self.admin_site.name}:autocomplete"):
            rows = rows.exclude(status=MachineStatus.RETIRED)
        return rows, distinct
