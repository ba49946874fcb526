from __future__ import annotations

from clients.serializers import ClientSerializer
from production.models import ProductionEntry


class ProductionEntrySerializer(ClientSerializer):
    class Meta:
        model = ProductionEntry
        fields = (
            "shift_date", "shift", "line", "machine", "work_order", "job", "operation",
            "capture_no", "total_units", "run_minutes", "started_at", "ended_at",
            "operators_assigned", "operators_present", "captured_at", "notes",
            "labour_hours_per_unit", "labour_source", "labour_confidence",
            "cycle_hours_per_unit", "cycle_source", "cycle_confidence",
        )  # fmt: skip
