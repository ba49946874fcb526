from __future__ import annotations

from typing import Any

from clients.filters import ClientFilterSet, YesNoFilter
from staffing.models import ShiftCoverage, StaffingRequirement


class StaleFilter(YesNoFilter):
    """Not confirmed a day after the start."""

    def filter(self, rows: Any, value: Any) -> Any:
        if value in (None, ""):
            return rows
        stale = ShiftCoverage.objects.stale().values("pk")
        return rows.filter(pk__in=stale) if value else rows.exclude(pk__in=stale)


class ShiftCoverageFilter(ClientFilterSet):
    confirmed = YesNoFilter(field_name="confirmed_at", lookup_expr="isnull", exclude=True)
    covering = YesNoFilter(field_name="covers", lookup_expr="isnull", exclude=True)
    stale = StaleFilter()

    class Meta:
        model = ShiftCoverage
        fields = ("employee", "shift_date", "shift", "line", "entry_method")


class StaffingRequirementFilter(ClientFilterSet):
    class Meta:
        model = StaffingRequirement
        fields = ("line", "shift", "valid")
