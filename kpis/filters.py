from __future__ import annotations

from clients.filters import ClientFilterSet
from kpis.models import Assumption, Target


class TargetFilter(ClientFilterSet):
    class Meta:
        model = Target
        fields = ("kpi_key", "valid")


class AssumptionFilter(ClientFilterSet):
    class Meta:
        model = Assumption
        fields = ("key", "status", "valid")
