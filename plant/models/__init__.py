"""The plant: where, when, what, for which order, by whom."""

from plant.models.calendar import CalendarDay, LineShift
from plant.models.jobs import Job
from plant.models.lines import Line, Shift, ShiftBreak
from plant.models.orders import WorkOrder
from plant.models.people import Employee, LineAssignment
from plant.models.products import Operation, Part, Standard, Style, StyleOperation
from plant.models.shipments import Shipment
from plant.models.transitions import OrderTransition

__all__ = [
    "CalendarDay",
    "Employee",
    "Job",
    "Line",
    "LineAssignment",
    "LineShift",
    "Operation",
    "OrderTransition",
    "Part",
    "Shift",
    "ShiftBreak",
    "Shipment",
    "Standard",
    "Style",
    "StyleOperation",
    "WorkOrder",
]
