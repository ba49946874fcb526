from __future__ import annotations

from typing import Any

from rest_framework import serializers

from clients.serializers import ClientSerializer
from quality.holding import REASON
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


# -- put on hold from an inspection ----------------------------------------------------------------


class HoldRequest(serializers.Serializer[Any]):
    """Everything may be left out: the inspection knows it."""

    quantity = serializers.IntegerField(
        required=False,
        allow_null=True,
        help_text="Left out: the defective units, or all inspected ones. null: the whole order.",
    )
    hold_reason = serializers.CharField(required=False, default=REASON)
    reason_detail = serializers.CharField(
        max_length=500, required=False, allow_blank=True, default=""
    )
    location = serializers.CharField(max_length=100, required=False, allow_blank=True, default="")
    notes = serializers.CharField(max_length=500, required=False, allow_blank=True, default="")


class HoldMade(serializers.Serializer[Any]):
    """The hold, or the request for one; the whole row is at /wip-holds/{id}/."""

    id = serializers.IntegerField()
    state = serializers.CharField()
    work_order = serializers.CharField(source="work_order.number")
    job = serializers.CharField(source="job.code", default=None)
    line = serializers.CharField(source="line.code", default=None)
    quantity = serializers.IntegerField(allow_null=True)
    hold_reason = serializers.CharField(source="hold_reason.code")
    held_at = serializers.DateTimeField()
