"""The plant's rows as the API gives and takes them."""

from __future__ import annotations

from rest_framework import serializers

from clients.roles import Action
from clients.serializers import ClientSerializer
from plant.models import (
    CalendarDay,
    Employee,
    Line,
    LineAssignment,
    LineShift,
    Operation,
    Part,
    Shift,
    ShiftBreak,
    Standard,
    Style,
    StyleOperation,
)


class LineSerializer(ClientSerializer):
    class Meta:
        model = Line
        fields = (
            "code", "name", "line_type", "parent", "department", "stations", "standard_crew",
            "max_operators", "active",
        )  # fmt: skip


class ShiftSerializer(ClientSerializer):
    class Meta:
        model = Shift
        fields = (
            "line", "code", "name", "start_time", "end_time", "crosses_midnight", "kind",
            "weekdays", "active",
        )  # fmt: skip


class ShiftBreakSerializer(ClientSerializer):
    class Meta:
        model = ShiftBreak
        fields = ("shift", "line", "name", "start_offset_minutes", "duration_minutes", "paid")


class CalendarDaySerializer(ClientSerializer):
    class Meta:
        model = CalendarDay
        fields = ("line", "date", "kind", "shifts", "name")


class LineShiftSerializer(ClientSerializer):
    restated = serializers.BooleanField(
        source="is_restated", read_only=True, help_text="Rows changed after it was closed."
    )

    class Meta:
        model = LineShift
        fields = (
            "line", "shift", "shift_date", "shift_kind", "starts_at", "ends_at",
            "planned_minutes", "stations", "planned_units", "state", "state_reason",
            "no_downtime", "no_inspection", "no_new_hold", "closed_at", "restated", "handoff_note",
        )  # fmt: skip


class OperationSerializer(ClientSerializer):
    class Meta:
        model = Operation
        fields = ("code", "name", "sequence", "counts_output")


class StyleSerializer(ClientSerializer):
    class Meta:
        model = Style
        fields = ("code", "name", "family", "active")


class StyleOperationSerializer(ClientSerializer):
    class Meta:
        model = StyleOperation
        fields = ("style", "operation", "sequence")


class PartSerializer(ClientSerializer):
    class Meta:
        model = Part
        fields = (
            "code", "style", "description", "category", "opportunities_per_unit",
            "unit_of_measure", "active",
        )  # fmt: skip


class StandardSerializer(ClientSerializer):
    class Meta:
        model = Standard
        fields = (
            "part", "style", "line", "shift", "operation", "labour_hours_per_unit",
            "cycle_hours_per_unit", "valid", "source", "kind", "reason",
        )  # fmt: skip


class EmployeeSerializer(ClientSerializer):
    class Meta:
        model = Employee
        fields = (
            "code", "full_name", "department", "position", "labour_class", "is_support_billed",
            "is_support_included", "active", *Employee.protected_fields,
        )  # fmt: skip
        restricted = dict.fromkeys(Employee.protected_fields, Action.EMPLOYEES_PROTECTED)


class LineAssignmentSerializer(ClientSerializer):
    class Meta:
        model = LineAssignment
        fields = ("employee", "line", "shift", "allocation_pct", "is_primary", "valid")
