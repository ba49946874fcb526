from __future__ import annotations

from typing import Any

from attendance.models import AbsenceType, AttendanceRecord
from clients.filters import ClientFilterSet, CodeFilter


class AbsenceTypeFilter(ClientFilterSet):
    class Meta:
        model = AbsenceType
        fields = (
            "code", "counts_in_absenteeism", "leaves_schedule", "counts_in_bradford", "active",
        )  # fmt: skip


class OpenTypeFilter(CodeFilter):
    """By the code of an absence type, among rows whose type the caller may know."""

    def filter(self, rows: Any, value: Any) -> Any:
        return super().filter(rows.types_open(), value) if value else rows


class AttendanceRecordFilter(ClientFilterSet):
    absence_type = OpenTypeFilter(
        field_name="absence_type__code", label="Code of the absence type, where it may be known."
    )

    class Meta:
        model = AttendanceRecord
        fields = (
            "employee", "shift_date", "shift", "line", "engagement", "presence", "is_late",
            "entry_method",
        )  # fmt: skip
