from __future__ import annotations

from clients.filters import ClientFilterSet
from production.models import ProductionEntry


class ProductionEntryFilter(ClientFilterSet):
    class Meta:
        model = ProductionEntry
        fields = (
            "shift_date", "shift", "line", "machine", "work_order", "job", "operation",
            "labour_source", "cycle_source", "entry_method",
        )  # fmt: skip
