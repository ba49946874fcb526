from __future__ import annotations

from clients.views import ClientViewSet, VerifiedViewSet
from quality.filters import DefectFilter, DefectTypeFilter, QualityInspectionFilter
from quality.models import Defect, DefectType, QualityInspection
from quality.serializers import (
    DefectSerializer,
    DefectTypeSerializer,
    QualityInspectionSerializer,
)


class DefectTypeViewSet(ClientViewSet):
    queryset = DefectType.objects.all()
    serializer_class = DefectTypeSerializer
    filterset_class = DefectTypeFilter
    ordering_fields = ("sort_order", "code", "name")
    example = {"code": "LOOSE_THREAD", "name": "Loose thread", "severity": "MINOR"}


class QualityInspectionViewSet(VerifiedViewSet):
    queryset = QualityInspection.objects.all()
    serializer_class = QualityInspectionSerializer
    filterset_class = QualityInspectionFilter
    ordering = "-shift_date"
    ordering_fields = ("shift_date", "created_at", "units_inspected")
    example = {
        "shift_date": "2025-12-02",
        "shift": "1ST",
        "line": "L1",
        "units_inspected": 180,
        "units_defective": 9,
    }


class DefectViewSet(ClientViewSet):
    queryset = Defect.objects.all()
    serializer_class = DefectSerializer
    filterset_class = DefectFilter
    ordering_fields = ("id", "created_at", "quantity")
    example = {"inspection": 1, "defect_type": "STITCH", "quantity": 3}
