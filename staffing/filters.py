from __future__ import annotations

from typing import Any

from clients.filters import ClientFilterSet, YesNoFilter
from staffing.models import ShiftCoverage, StaffingRequirement


class ShiftCoverageFilter(ClientFilterSet):
    confirmed = YesNoFilter(field_name="confirmed_at", lookup_expr="isnull", exclude=True)
    covering = YesNoFilter(field_name="covers", lookup_expr="isnull", exclude=True)
    stale = YesNoFilter(method="filter_stale", label="Not confirmed a day after the start.")

    class Meta:
        model = ShiftCoverage
        fields = ("employee", "shift_date", "shift", "line", "entry_method")

    def filter_stale(self, rows: Any, name: str, value: bool | None) -> Any:
        if value is None:
            return rows
        stale = ShiftCoverage.objects.stale().values("pk")
        return rows.filter(pk__in=stale) if value else rows.exclude(pk__in=stale)


class StaffingRequirementFilter(ClientFilterSet):
    class Meta:
        model = StaffingRequirement
        fields = ("line", "shift", "valid")
