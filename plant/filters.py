"""What can be asked of the plant's rows, in lists, side lists and the API."""

from __future__ import annotations

from typing import Any

from clients.filters import ClientFilterSet, YesNoFilter
from plant.models import (
    CalendarDay,
    Employee,
    Job,
    Line,
    LineAssignment,
    LineShift,
    Operation,
    OrderTransition,
    Part,
    Shift,
    ShiftBreak,
    Shipment,
    Standard,
    Style,
    StyleOperation,
    WorkOrder,
)
from plant.order_status import OPEN


class LineFilter(ClientFilterSet):
    class Meta:
        model = Line
        fields = ("code", "line_type", "parent", "department", "active")


class ShiftFilter(ClientFilterSet):
    class Meta:
        model = Shift
        fields = ("code", "line", "kind", "crosses_midnight", "active")


class ShiftBreakFilter(ClientFilterSet):
    class Meta:
        model = ShiftBreak
        fields = ("shift", "line", "paid")


class CalendarDayFilter(ClientFilterSet):
    class Meta:
        model = CalendarDay
        fields = ("date", "line", "kind")


class LineShiftFilter(ClientFilterSet):
    class Meta:
        model = LineShift
        fields = ("shift_date", "line", "shift", "shift_kind", "state")


class OperationFilter(ClientFilterSet):
    class Meta:
        model = Operation
        fields = ("code", "counts_output")


class StyleFilter(ClientFilterSet):
    class Meta:
        model = Style
        fields = ("code", "family", "active")


class StyleOperationFilter(ClientFilterSet):
    class Meta:
        model = StyleOperation
        fields = ("style", "operation")


class PartFilter(ClientFilterSet):
    without_opportunities = YesNoFilter(field_name="opportunities_per_unit", lookup_expr="isnull")

    class Meta:
        model = Part
        fields = ("code", "style", "category", "active")


class StandardFilter(ClientFilterSet):
    class Meta:
        model = Standard
        fields = ("part", "style", "line", "shift", "operation", "valid", "source", "kind")


class WorkOrderFilter(ClientFilterSet):
    open = YesNoFilter(method="filter_open", label="Still being made.")

    class Meta:
        model = WorkOrder
        fields = (
            "number", "customer_po", "style", "line", "status", "priority",
            "delay_class", "delay_reason",
            "received_date", "promised_date", "required_date", "inferred_promise_date",
            "delivered_date",
        )  # fmt: skip

    def filter_open(self, rows: Any, name: str, value: bool | None) -> Any:
        if value is None:
            return rows
        return rows.filter(status__in=OPEN) if value else rows.exclude(status__in=OPEN)


class JobFilter(ClientFilterSet):
    class Meta:
        model = Job
        fields = ("code", "work_order", "part", "customer_job_number", "replaces")


class ShipmentFilter(ClientFilterSet):
    class Meta:
        model = Shipment
        fields = ("work_order", "job", "shipped_date", "received_date", "reference")


class OrderTransitionFilter(ClientFilterSet):
    class Meta:
        model = OrderTransition
        fields = ("work_order", "from_status", "to_status", "at", "source")


class EmployeeFilter(ClientFilterSet):
    pool = YesNoFilter(field_name="client", lookup_expr="isnull")

    class Meta:
        model = Employee
        fields = ("code", "department", "position", "labour_class", "active")


class LineAssignmentFilter(ClientFilterSet):
    class Meta:
        model = LineAssignment
        fields = ("employee", "line", "shift", "is_primary", "valid")
