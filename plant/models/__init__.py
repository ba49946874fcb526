"""The plant: where, when, what, for which order, by whom."""

from plant.models.calendar import CalendarDay, LineShift
from plant.models.lines import Line, Shift, ShiftBreak
from plant.models.orders import Job, WorkOrder
from plant.models.people import Employee, LineAssignment
from plant.models.products import Operation, Part, Standard, Style, StyleOperation

__all__ = [
    "CalendarDay",
    "Employee",
    "Job",
    "Line",
    "LineAssignment",
    "LineShift",
    "Operation",
    "Part",
    "Shift",
    "ShiftBreak",
    "Standard",
    "Style",
    "StyleOperation",
    "WorkOrder",
]
