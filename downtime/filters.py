from __future__ import annotations

from django_filters import rest_framework as filters

from clients.filters import ClientFilterSet, CodeFilter, YesNoFilter
from downtime.models import DowntimeEvent, DowntimeReason


class DowntimeReasonFilter(ClientFilterSet):
    is_group = YesNoFilter(field_name="parent", lookup_expr="isnull")

    class Meta:
        model = DowntimeReason
        fields = (
            "code", "parent", "loss_class", "planned", "counts_in_availability", "root_cause",
            "active",
        )  # fmt: skip


class DowntimeEventFilter(ClientFilterSet):
    loss_class = filters.CharFilter(field_name="reason__loss_class")
    group = CodeFilter(field_name="reason__parent__code", label="Code of the group of reasons.")
    unassigned = YesNoFilter(field_name="reason", lookup_expr="isnull")

    class Meta:
        model = DowntimeEvent
        fields = (
            "shift_date", "shift", "line", "machine", "work_order", "job", "reason", "scope",
            "resolved", "root_cause", "treatment", "responsible", "entry_method",
        )  # fmt: skip
