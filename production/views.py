from __future__ import annotations

from clients.views import VerifiedViewSet
from production.filters import ProductionEntryFilter
from production.models import ProductionEntry
from production.serializers import ProductionEntrySerializer


class ProductionEntryViewSet(VerifiedViewSet):
    queryset = ProductionEntry.objects.all()
    serializer_class = ProductionEntrySerializer
    filterset_class = ProductionEntryFilter
    ordering = "-shift_date"
    ordering_fields = ("shift_date", "created_at", "total_units")
    example = {"shift_date": "2025-12-02", "shift": "1ST", "line": "L1", "total_units": 180}
