"""Floater assignments and required heads on the data entry pages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.options import ActionLocation
from django.contrib.postgres.forms import RangeWidget
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from clients.admin import ClientModelAdmin
from clients.periods import shown
from clients.scope import current_scope
from plant.shopfloor_admin import ShopFloorAdmin
from staffing.models import ShiftCoverage, StaffingRequirement


class StateFilter(admin.SimpleListFilter):
    title = "confirmation"
    parameter_name = "confirmation"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("confirmed", "Confirmed"), ("open", "Not confirmed"), ("stale", "Stale")]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        if self.value() == "confirmed":
            return queryset.filter(confirmed_at__isnull=False)
        if self.value() == "stale":
            return queryset.stale()
        return queryset.unconfirmed() if self.value() == "open" else queryset


def interval_widget() -> RangeWidget:
    kind = {"type": "datetime-local"}
    return RangeWidget(forms.DateTimeInput(format="%Y-%m-%dT%H:%M", attrs=kind))


def nothing_odd(rows: list[ShiftCoverage]) -> list[list[str]]:
    return [[] for _ in rows]


@admin.register(ShiftCoverage)
class ShiftCoverageAdmin(ShopFloorAdmin):
    warn = staticmethod(nothing_odd)
    named_by = ("shift", "line", "employee")
    list_display = [
        "shift_date", "shift", "line", "employee", "time", "hours", "covered", "state",
    ]  # fmt: skip
    list_select_related = ["client", "shift", "line", "employee", "covers__employee"]
    list_filter = ["shift_date", "shift", "line", StateFilter, "entry_method"]
    search_fields = ["employee__code", "employee__full_name", "line__code", "note"]
    readonly_fields = ["time_base", "hours", "confirmed_by", "confirmed_at", "entry_method"]
    fieldsets = [
        ("Who and where", {"fields": [("employee", "line"), ("shift_date", "shift"), "during"]}),
        ("For whom", {"fields": ["covers", "note"]}),
    ]
    stamps = ["time_base", "hours", ("confirmed_by", "confirmed_at", "entry_method")]
    actions = ["confirm_selected", "unassign_selected", *ShopFloorAdmin.actions]

    def formfield_for_dbfield(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        if db_field.name == "during":
            kwargs["widget"] = interval_widget()
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    @admin.display(description="from–to", ordering="during")
    def time(self, row: ShiftCoverage) -> str:
        return row.span(row.starts_at, row.ends_at)

    @admin.display(description="covers")
    def covered(self, row: ShiftCoverage) -> str:
        return row.covers.employee.code if row.covers else "–"

    @admin.display(description="state")
    def state(self, row: ShiftCoverage) -> str:
        if row.confirmed_at:
            return "Confirmed"
        return "Stale" if row.is_stale else "Not confirmed"

    # -- what is on the list of actions ----------------------------------------------------

    def get_actions(
        self, request: HttpRequest, action_location: Any = ActionLocation.CHANGE_LIST
    ) -> dict[str, Any]:
        actions = super().get_actions(request, action_location)
        if not current_scope().may(self.model.edit_action):
            for name in ("confirm_selected", "unassign_selected"):
                actions.pop(name, None)
        return actions

    @admin.action(description="Confirm the selected assignments")
    def confirm_selected(self, request: HttpRequest, queryset: Any) -> None:
        self._each(request, queryset, "is confirmed", lambda row: row.confirm(by=request.user))

    @admin.action(description="Unassign the selected floaters now")
    def unassign_selected(self, request: HttpRequest, queryset: Any) -> None:
        self._each(request, queryset, "is free again", lambda row: row.unassign(by=request.user))

    def _each(
        self, request: HttpRequest, rows: Any, done: str, verb: Callable[[ShiftCoverage], None]
    ) -> None:
        for row in rows:
            try:
                if refusal := self.refusal(row):
                    raise ValidationError(refusal)
                with transaction.atomic():
                    verb(row)
            except ValidationError as error:
                messages.error(request, f"{row}: {' '.join(error.messages)}")
            else:
                messages.success(request, f"{row} {done}.")

    # -- an assignment on which attendance rests stays --------------------------------------

    def void_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        try:
            with transaction.atomic():
                return super().void_view(request, object_id)
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
            address = reverse("admin:coverage_shiftcoverage_change", args=[object_id])
            return HttpResponseRedirect(address)

    @admin.action(description="Void the selected rows, with a reason")
    def void_selected(self, request: HttpRequest, queryset: Any) -> HttpResponse | None:
        try:
            with transaction.atomic():
                return super().void_selected(request, queryset)
        except ValidationError as error:
            messages.error(request, "Nothing was voided. " + " ".join(error.messages))
            return None

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        rests = obj is not None and obj.attendance_of_floater().exists()
        return super().has_delete_permission(request, obj) and not rests


@admin.register(StaffingRequirement)
class StaffingRequirementAdmin(ClientModelAdmin):
    list_display = ["line", "shift", "required_headcount", "period"]
    list_select_related = ["line", "shift"]
    list_filter = ["line", "shift"]
    search_fields = ["line__code", "shift__code"]
    fieldsets = [(None, {"fields": [("line", "shift"), ("required_headcount", "valid")]})]

    @admin.display(description="valid", ordering="valid")
    def period(self, row: StaffingRequirement) -> str:
        return shown(row.valid)
