from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from attendance.forms import AllocationFormSet, AttendanceForm
from attendance.models import AbsenceType, AttendanceRecord, HourAllocation
from attendance.sets import settled
from clients.admin import ClientModelAdmin, ClientTabularInline
from clients.roles import Action
from clients.scope import current_scope
from plant.shopfloor_admin import ShopFloorAdmin


@admin.register(AbsenceType)
class AbsenceTypeAdmin(ClientModelAdmin):
    list_display = [
        "code", "name", "counts_in_absenteeism", "leaves_schedule", "counts_in_bradford", "active",
    ]  # fmt: skip
    list_filter = ["active", "counts_in_absenteeism", "leaves_schedule", "counts_in_bradford"]
    search_fields = ["code", "name"]
    fieldsets = [
        (None, {"fields": [("code", "name", "active")]}),
        (
            "What it counts in",
            {"fields": [("counts_in_absenteeism", "leaves_schedule", "counts_in_bradford")]},
        ),
    ]


class AbsenceTypeFilter(admin.SimpleListFilter):
    """Finds rows only whose absence type the user may know."""

    title = "absence type"
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        codes = AbsenceType.objects.order_by("code").values_list("code", flat=True).distinct()
        return [(code, code) for code in codes]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        if not self.value():
            return queryset
        return queryset.types_open().filter(absence_type__code=self.value())


class AllocationInline(ClientTabularInline):
    model = HourAllocation
    formset = AllocationFormSet
    fields = ["category", "hours"]
    verbose_name_plural = "What the hours were spent on"

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may(obj)


def nothing_odd(rows: Sequence[AttendanceRecord]) -> list[list[str]]:
    return [[] for _ in rows]


@admin.register(AttendanceRecord)
class AttendanceRecordAdmin(ShopFloorAdmin):
    form = AttendanceForm
    warn = staticmethod(nothing_odd)
    named_by = ("shift", "employee")
    list_display = [
        "shift_date", "shift", "line", "employee", "full_name", "presence", "shown_type",
        "is_late", "scheduled_hours", "actual_hours", "absence_hours", "verified",
    ]  # fmt: skip
    list_select_related = ["shift", "line", "employee", "absence_type", "line_shift"]
    list_filter = [
        *ShopFloorAdmin.list_filter, "presence", AbsenceTypeFilter, "engagement", "is_late",
    ]  # fmt: skip
    search_fields = ["employee__code", "employee__full_name", "line__code", "notes"]
    readonly_fields = [
        "time_base", "engagement", "absence_hours", "verified_by", "verified_at", "entry_method",
    ]  # fmt: skip
    fieldsets = [
        ("Who and when", {"fields": [("shift_date", "shift", "line"), "employee"]}),
        (
            "Presence",
            {
                "fields": [
                    ("mark", "presence", "absence_type"),
                    ("is_late", "is_early_departure"),
                    ("arrival_time", "departure_time"),
                ]
            },
        ),
        (
            "Hours",
            {
                "fields": [
                    ("scheduled_hours", "actual_hours"),
                    ("normal_hours", "double_hours", "triple_hours"),
                    "labour_class_override",
                ]
            },
        ),
        ("Notes", {"fields": ["notes"], "classes": ["collapse"]}),
    ]
    stamps = [
        "time_base", ("engagement", "absence_hours"),
        ("verified_by", "verified_at", "entry_method"),
    ]  # fmt: skip
    inlines = [AllocationInline]

    def changeform_view(self, *args: Any, **kwargs: Any) -> Any:
        with settled():
            return super().changeform_view(*args, **kwargs)

    # -- the absence type of a closed shift, for people with the hr flag only -----------------

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        fieldsets = super().get_fieldsets(request, obj)
        if obj is None or obj.may_see_type():
            return fieldsets
        return [_without(each, "absence_type") for each in fieldsets]

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest | None = None) -> bool:
        """No address asks for a type beside the filter, which knows whose to show."""
        if lookup.startswith("absence_type"):
            return False
        return super().lookup_allowed(lookup, value, request)  # type: ignore[arg-type]

    @admin.display(description="absence type", empty_value="")
    def shown_type(self, row: AttendanceRecord) -> Any:
        if row.absence_type is None or not row.may_see_type():
            return None
        return row.absence_type.code

    @admin.display(description="name", empty_value="")
    def full_name(self, row: AttendanceRecord) -> Any:
        known = current_scope().may(Action.SEE_NAMES, row.client_id)
        return row.employee.full_name if known else None


def _without(fieldset: Any, name: str) -> Any:
    title, options = fieldset
    rows = [
        tuple(each for each in row if each != name) if isinstance(row, tuple) else row
        for row in options["fields"]
        if row != name
    ]
    return title, {**options, "fields": rows}
