from attendance.models.absences import AbsenceType
from attendance.models.allocations import BILLABLE, PRODUCTIVE, SETTLED, Category, HourAllocation
from attendance.models.records import AttendanceRecord, Engagement

__all__ = [
    "BILLABLE",
    "PRODUCTIVE",
    "SETTLED",
    "AbsenceType",
    "AttendanceRecord",
    "Category",
    "Engagement",
    "HourAllocation",
]
