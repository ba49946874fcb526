from __future__ import annotations

from typing import Any

from django_filters import rest_framework as filters

from clients.filters import ClientFilterSet, YesNoFilter
from holds.models import HoldReason, HoldTransition, WIPHold
from holds.states import OPEN, PENDING


class HoldReasonFilter(ClientFilterSet):
    class Meta:
        model = HoldReason
        fields = ("code", "active")


class StateFilter(YesNoFilter):
    """Whether the state is one of a set."""

    def __init__(self, states: Any, **kwargs: Any) -> None:
        self.states = states
        super().__init__(field_name="state", **kwargs)

    def filter(self, rows: Any, value: Any) -> Any:
        if value in (None, ""):
            return rows
        named = rows.filter if value else rows.exclude
        return named(state__in=self.states)


class WIPHoldFilter(ClientFilterSet):
    is_open = StateFilter(OPEN, label="Material that stands.")
    is_pending = StateFilter(PENDING, label="Waiting for a decision.")

    class Meta:
        model = WIPHold
        fields = (
            "work_order", "job", "line", "hold_reason", "state", "held_at", "ended_at",
            "shift_date", "shift", "expected_resolution_date", "entry_method",
        )  # fmt: skip


class HoldTransitionFilter(ClientFilterSet):
    state = filters.CharFilter(field_name="to_state")

    class Meta:
        model = HoldTransition
        fields = ("hold", "from_state", "to_state", "at")
