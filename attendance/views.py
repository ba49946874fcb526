from __future__ import annotations

from typing import Any

from attendance.filters import AbsenceTypeFilter, AttendanceRecordFilter
from attendance.models import AbsenceType, AttendanceRecord
from attendance.serializers import AbsenceTypeSerializer, AttendanceRecordSerializer
from clients.views import READING, ClientViewSet, VerifiedViewSet


class AbsenceTypeViewSet(ClientViewSet):
    queryset = AbsenceType.objects.all()
    serializer_class = AbsenceTypeSerializer
    filterset_class = AbsenceTypeFilter
    ordering_fields = ("code", "name")
    example = {"code": "JURY_DUTY", "name": "Jury duty", "counts_in_bradford": False}


class AttendanceRecordViewSet(VerifiedViewSet):
    queryset = AttendanceRecord.objects.all()
    serializer_class = AttendanceRecordSerializer
    filterset_class = AttendanceRecordFilter
    ordering = "-shift_date"
    ordering_fields = ("shift_date", "created_at", "actual_hours")
    example = {"employee": "EMP-001", "shift_date": "2025-12-02", "shift": "1ST", "mark": "PRESENT"}

    def get_queryset(self) -> Any:
        rows = super().get_queryset()
        if self.action in READING:
            return rows.select_related("line_shift", "absence_type").prefetch_related("allocations")
        return rows.select_related("line_shift")
