"""What every list of client rows can be narrowed by."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from clients.own import clients_of
from clients.scope import current_scope


class VoidedFilter(admin.SimpleListFilter):
    """Voided rows on request only."""

    title = "voided"
    parameter_name = "voided"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "Voided rows")]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.filter(voided_at__isnull=False) if self.value() == "yes" else queryset


class ClientFilter(admin.SimpleListFilter):
    """The user's own clients, by code."""

    title = "client"
    parameter_name = "client"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        ids = current_scope().ids
        return [(each.code, each.code) for each in clients_of(request) if each.pk in ids]

    def has_output(self) -> bool:
        return len(self.lookup_choices) > 1 or self.value() is not None

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset  # the scope was narrowed before the page began
