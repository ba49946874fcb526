from __future__ import annotations

from clients.views import ClientViewSet, VerifiedViewSet
from downtime.filters import DowntimeEventFilter, DowntimeReasonFilter
from downtime.models import DowntimeEvent, DowntimeReason
from downtime.serializers import DowntimeEventSerializer, DowntimeReasonSerializer


class DowntimeReasonViewSet(ClientViewSet):
    queryset = DowntimeReason.objects.all()
    serializer_class = DowntimeReasonSerializer
    filterset_class = DowntimeReasonFilter
    ordering_fields = ("sort_order", "code", "name")
    example = {"code": "NEEDLE", "name": "Broken needle", "loss_class": "BREAKDOWN"}


class DowntimeEventViewSet(VerifiedViewSet):
    queryset = DowntimeEvent.objects.all()
    serializer_class = DowntimeEventSerializer
    filterset_class = DowntimeEventFilter
    ordering = "-shift_date"
    ordering_fields = ("shift_date", "created_at", "minutes", "started_at")
    example = {"shift_date": "2025-12-02", "shift": "1ST", "line": "L1", "minutes": 30}
