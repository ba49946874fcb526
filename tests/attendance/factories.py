"""Attendance rows. Each is valid by itself and holds nothing surprising."""

from __future__ import annotations

import datetime
from typing import Any

from attendance.models import AbsenceType, AttendanceRecord, HourAllocation
from plant.models import Employee, Shift

DAY = datetime.date(2025, 12, 2)  # a Tuesday


def record(person: Employee, shift: Shift, **fields: Any) -> AttendanceRecord:
    """Not stored yet."""
    defaults = {"shift_date": DAY, "presence": "PRESENT"}
    return AttendanceRecord(
        client=shift.client, employee=person, shift=shift, **{**defaults, **fields}
    )


def make_record(person: Employee, shift: Shift, **fields: Any) -> AttendanceRecord:
    row = record(person, shift, **fields)
    row.full_clean()
    row.save()
    return AttendanceRecord.objects.get(pk=row.pk)


def make_allocation(row: AttendanceRecord, hours: Any, category: str) -> HourAllocation:
    return HourAllocation.objects.create(
        client=row.client, record=row, hours=hours, category=category
    )


def absence_type(code: str) -> AbsenceType:
    return AbsenceType.objects.get(code=code)
