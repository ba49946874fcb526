"""Admin pages of the plant's masters, calendar and people."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin, messages
from django.db.models import Q
from django.http import HttpRequest

from clients import periods
from clients.admin import ClientTabularInline
from plant import line_shift_admin, order_admin, restamping
from plant.admin_base import PlantAdmin
from plant.models import (
    CalendarDay,
    Employee,
    Line,
    LineAssignment,
    Operation,
    Part,
    Shift,
    ShiftBreak,
    Standard,
    Style,
    StyleOperation,
)
from plant.models.people import clients_with_names, may_see_protected
from plant.shifts import overlapping_shifts

__all__ = ["line_shift_admin", "order_admin"]

SHORT_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
PROTECTED = "Protected (HR)"


@admin.register(Line)
class LineAdmin(PlantAdmin):
    list_display = [
        "code", "name", "line_type", "parent", "department", "stations", "standard_crew", "active",
    ]  # fmt: skip
    list_select_related = ["parent"]
    list_filter = ["active", "line_type", "department"]
    search_fields = ["code", "name"]
    fieldsets = [
        (None, {"fields": [("code", "name", "active"), ("line_type", "parent", "department")]}),
        ("People and stations", {"fields": [("stations", "standard_crew", "max_operators")]}),
    ]


class ShiftBreakInline(ClientTabularInline):
    model = ShiftBreak
    fields = ["name", "line", "start_offset_minutes", "duration_minutes", "paid"]


@admin.register(Shift)
class ShiftAdmin(PlantAdmin):
    list_display = ["code", "name", "line", "start_time", "end_time", "days", "kind", "active"]
    list_select_related = ["line"]
    list_filter = ["active", "kind", "crosses_midnight"]
    search_fields = ["code", "name"]
    readonly_fields = ["crosses_midnight"]
    fieldsets = [
        (None, {"fields": [("code", "name", "active"), ("line", "kind")]}),
        ("When", {"fields": [("start_time", "end_time", "crosses_midnight"), "weekdays"]}),
    ]
    inlines = [ShiftBreakInline]

    @admin.display(description="weekdays")
    def days(self, shift: Shift) -> str:
        return " ".join(SHORT_WEEKDAYS[day - 1] for day in shift.weekdays)

    def save_related(self, request: Any, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        own = form.instance
        for one, other in overlapping_shifts(Shift.objects.filter(client=own.client_id).offered()):
            if own.pk in (one.pk, other.pk):
                messages.warning(request, f"Shifts {one.code} and {other.code} overlap.")


@admin.register(ShiftBreak)
class ShiftBreakAdmin(PlantAdmin):
    list_display = ["shift", "name", "line", "start_offset_minutes", "duration_minutes", "paid"]
    list_select_related = ["shift", "line"]
    list_filter = ["paid"]
    search_fields = ["name", "shift__code"]
    fields = [("shift", "line", "name"), ("start_offset_minutes", "duration_minutes", "paid")]


@admin.register(CalendarDay)
class CalendarDayAdmin(PlantAdmin):
    list_display = ["date", "kind", "name", "line", "shifts"]
    list_select_related = ["line"]
    list_filter = ["kind"]
    search_fields = ["name"]
    date_hierarchy = "date"
    fields = [("date", "kind", "name"), ("line", "shifts")]


@admin.register(Operation)
class OperationAdmin(PlantAdmin):
    list_display = ["code", "name", "sequence", "counts_output"]
    list_filter = ["counts_output"]
    search_fields = ["code", "name"]
    fields = [("code", "name"), ("sequence", "counts_output")]


class StyleOperationInline(ClientTabularInline):
    model = StyleOperation
    fields = ["sequence", "operation"]


@admin.register(Style)
class StyleAdmin(PlantAdmin):
    list_display = ["code", "name", "family", "active"]
    list_filter = ["active", "family"]
    search_fields = ["code", "name"]
    fields = [("code", "name"), ("family", "active")]
    inlines = [StyleOperationInline]


@admin.register(StyleOperation)
class StyleOperationAdmin(PlantAdmin):
    list_display = ["style", "sequence", "operation"]
    list_select_related = ["style", "operation"]
    search_fields = ["style__code", "operation__code"]
    fields = [("style", "operation", "sequence")]


@admin.register(Part)
class PartAdmin(PlantAdmin):
    list_display = [
        "code", "style", "description", "category", "opportunities_per_unit", "active",
    ]  # fmt: skip
    list_select_related = ["style"]
    list_filter = ["active", "category"]
    search_fields = ["code", "description"]
    fieldsets = [
        (None, {"fields": [("code", "style", "active"), "description"]}),
        (None, {"fields": [("category", "unit_of_measure", "opportunities_per_unit")]}),
    ]


@admin.register(Standard)
class StandardAdmin(PlantAdmin):
    list_display = [
        "part", "style", "line", "shift", "operation", "labour_hours_per_unit",
        "cycle_hours_per_unit", "period", "source", "kind",
    ]  # fmt: skip
    list_select_related = ["part", "style", "line", "shift", "operation"]
    list_filter = ["source", "kind"]
    search_fields = ["part__code", "style__code", "line__code", "operation__code"]
    readonly_fields = ["owner"]
    fieldsets = [
        ("Of", {"fields": [("part", "style"), ("line", "shift", "operation")]}),
        (
            "Hours per unit",
            {"fields": [("labour_hours_per_unit", "cycle_hours_per_unit"), "valid"]},
        ),
        ("Why", {"fields": [("source", "kind", "owner"), "reason"]}),
    ]

    actions: ClassVar[Any] = [*PlantAdmin.actions, "act_on_open_jobs"]

    @admin.display(description="valid", ordering="valid")
    def period(self, standard: Standard) -> str:
        return periods.shown(standard.valid)

    @admin.action(description="Let them act on the rows of open jobs, too", permissions=["change"])
    def act_on_open_jobs(self, request: HttpRequest, queryset: Any) -> None:
        for standard in queryset:
            if refusal := self.refusal(standard):
                messages.error(request, f"{standard}: {refusal}")
                continue
            jobs = restamping.open_jobs_of(standard)
            rows = restamping.restamp(standard, jobs, by=request.user)
            messages.success(request, f"{standard}: rows of open jobs that follow it: {rows}.")


def known_by_name(row: Any) -> Any:
    """The row of a person, where the role in its client opens the names of people."""
    is_open = row is None or row.client_id in (None, *clients_with_names())
    return row if is_open else None


class LineAssignmentInline(ClientTabularInline):
    model = LineAssignment
    fields = ["line", "shift", "allocation_pct", "is_primary", "valid"]


@admin.register(Employee)
class EmployeeAdmin(PlantAdmin):
    list_display = [
        "code",
        "full_name",
        "whose",
        "department",
        "position",
        "labour_class",
        "active",
    ]
    list_filter = ["active", "labour_class", "department"]
    search_fields = ["code", "full_name"]
    fieldsets = [
        (
            None,
            {
                "fields": [
                    ("code", "full_name", "active"),
                    ("department", "position", "labour_class"),
                    ("is_support_billed", "is_support_included"),
                ]
            },
        ),
        (PROTECTED, {"fields": [Employee.protected_fields]}),
    ]
    inlines = [LineAssignmentInline]

    @admin.display(description="belongs to", ordering="client")
    def whose(self, employee: Employee) -> str:
        return "shared pool" if employee.is_pool else "client"

    def get_queryset(self, request: HttpRequest) -> Any:
        known = Q(client__isnull=True) | Q(client__in=clients_with_names())
        return super().get_queryset(request).filter(known)

    def get_object(self, request: HttpRequest, object_id: str, from_field: Any = None) -> Any:
        return known_by_name(super().get_object(request, object_id, from_field))

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """What a filter finds would tell what the page does not show."""
        is_protected = lookup.split("__")[0] in Employee.protected_fields
        return not is_protected and super().lookup_allowed(lookup, value, request)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        fieldsets = super().get_fieldsets(request, obj)
        if may_see_protected(obj):
            return fieldsets
        return [each for each in fieldsets if each[0] != PROTECTED]

    def get_inlines(self, request: HttpRequest, obj: Any) -> Any:
        return [] if obj is not None and obj.is_pool else super().get_inlines(request, obj)


@admin.register(LineAssignment)
class LineAssignmentAdmin(PlantAdmin):
    list_display = ["employee", "name", "line", "shift", "allocation_pct", "is_primary", "period"]
    list_select_related = ["employee", "line", "shift"]
    list_filter = ["is_primary"]
    search_fields = ["employee__code", "employee__full_name", "line__code"]
    fields = [("employee", "line", "shift"), ("allocation_pct", "is_primary", "valid")]

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).filter(client__in=clients_with_names())

    def get_object(self, request: HttpRequest, object_id: str, from_field: Any = None) -> Any:
        return known_by_name(super().get_object(request, object_id, from_field))

    @admin.display(description="full name", ordering="employee__full_name")
    def name(self, assignment: LineAssignment) -> str:
        return assignment.employee.full_name

    @admin.display(description="valid", ordering="valid")
    def period(self, assignment: LineAssignment) -> str:
        return periods.shown(assignment.valid)
