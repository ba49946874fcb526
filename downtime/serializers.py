from __future__ import annotations

from clients.serializers import ClientSerializer
from downtime.models import DowntimeEvent, DowntimeReason


class DowntimeReasonSerializer(ClientSerializer):
    class Meta:
        model = DowntimeReason
        fields = (
            "code", "name", "parent", "loss_class", "planned", "counts_in_availability",
            "root_cause", "sort_order", "active",
        )  # fmt: skip


class DowntimeEventSerializer(ClientSerializer):
    class Meta:
        model = DowntimeEvent
        fields = (
            "shift_date", "shift", "line", "machine", "work_order", "job", "reason",
            "reason_detail", "scope", "stations_affected", "stations_total", "started_at",
            "ended_at", "minutes", "event_no", "lost_line_minutes", "responsible", "resolved",
            "corrective_action", "root_cause", "treatment", "captured_at", "notes",
        )  # fmt: skip
