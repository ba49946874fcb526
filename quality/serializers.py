from __future__ import annotations

from clients.serializers import ClientSerializer
from quality.models import Defect, DefectType, QualityInspection


class DefectTypeSerializer(ClientSerializer):
    class Meta:
        model = DefectType
        fields = (
            "code", "name", "description", "category", "severity", "standard_code",
            "sort_order", "active",
        )  # fmt: skip


class QualityInspectionSerializer(ClientSerializer):
    class Meta:
        model = QualityInspection
        fields = (
            "shift_date", "shift", "line", "work_order", "job", "operation", "stage",
            "is_first_pass", "reinspects", "units_inspected", "units_passed",
            "units_defective", "units_rework", "units_repair", "units_scrapped",
            "defects_total", "defects_from_units", "method", "sample_size_percent",
            "inspector", "inspection_no", "opportunities_per_unit", "opportunities_source",
            "cycle_hours_per_unit", "cycle_source", "cycle_confidence", "captured_at", "notes",
        )  # fmt: skip


class DefectSerializer(ClientSerializer):
    class Meta:
        model = Defect
        fields = (
            "inspection", "defect_type", "quantity", "severity", "disposition", "operation",
            "root_cause", "unit_serial", "comment",
        )  # fmt: skip
