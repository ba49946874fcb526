from __future__ import annotations

from django_filters import rest_framework as filters

from clients.filters import ClientFilterSet, CodeFilter
from quality.models import Defect, DefectType, QualityInspection


class DefectTypeFilter(ClientFilterSet):
    class Meta:
        model = DefectType
        fields = ("code", "category", "severity", "active")


class QualityInspectionFilter(ClientFilterSet):
    class Meta:
        model = QualityInspection
        fields = (
            "shift_date", "shift", "line", "work_order", "job", "operation", "stage",
            "is_first_pass", "reinspects", "method", "inspector", "opportunities_source",
            "entry_method",
        )  # fmt: skip


class DefectFilter(ClientFilterSet):
    line = CodeFilter(field_name="inspection__line__code", label="Code of the line.")
    work_order = CodeFilter(field_name="inspection__work_order__number", label="Order number.")
    shift_date = filters.DateFilter(field_name="inspection__shift_date")
    shift_date_from = filters.DateFilter(
        field_name="inspection__shift_date", lookup_expr="gte", label="First day, included."
    )
    shift_date_to = filters.DateFilter(
        field_name="inspection__shift_date", lookup_expr="lte", label="Last day, included."
    )

    class Meta:
        model = Defect
        fields = (
            "inspection", "defect_type", "severity", "disposition", "operation", "root_cause",
        )  # fmt: skip
