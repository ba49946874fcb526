"""Orders as the API gives and takes them, and what its verbs take and answer."""

from __future__ import annotations

import datetime
from typing import Any

from rest_framework import serializers

from clients.serializers import ClientSerializer
from plant.models import Job, OrderTransition, Shipment, WorkOrder
from plant.models.orders import DelayClass, DelayReason
from plant.order_flow import MOST_AT_ONCE
from plant.order_status import OrderStatus

LARGEST_ID = 2**63 - 1


class WorkOrderSerializer(ClientSerializer):
    class Meta:
        model = WorkOrder
        fields = (
            "number", "customer_po", "style", "line", "planned_quantity", "priority", "status",
            "status_before_hold", "received_date", "acknowledged_date", "planned_start_date",
            "required_date", "promised_date", "original_promised_date", "inferred_promise_date",
            "delivered_date",
            "actual_start_date", "last_output_date", "completed_date", "closed_date",
            "qc_approved_at", "rejection_reason", "delay_class", "delay_reason", "delay_note",
            "notes", "internal_notes",
        )  # fmt: skip


class JobSerializer(ClientSerializer):
    class Meta:
        model = Job
        fields = (
            "work_order", "code", "customer_job_number", "part", "quantity", "replaces",
            "completed_at", "frozen_at", "frozen_labour_hours_per_unit",
            "frozen_cycle_hours_per_unit", "notes",
        )  # fmt: skip


class ShipmentSerializer(ClientSerializer):
    class Meta:
        model = Shipment
        fields = (
            "work_order", "job", "shipped_date", "quantity", "reference", "received_date", "notes",
        )  # fmt: skip


class OrderTransitionSerializer(ClientSerializer):
    """Read only, and never changed: it has no version."""

    by = serializers.CharField(source="by.username", default=None, read_only=True)
    hours_since_received = serializers.SerializerMethodField(
        help_text="Hours since the first move of the order."
    )
    hours_since_previous = serializers.SerializerMethodField(
        help_text="Hours since the move before this one."
    )

    class Meta:
        model = OrderTransition
        fields: Any = (
            "work_order", "from_status", "to_status", "at", "by", "note", "source",
            "hours_since_received", "hours_since_previous",
        )  # fmt: skip
        read_only_fields = fields

    def get_field_names(self, declared_fields: Any, info: Any) -> list[str]:
        return ["id", "client", *self.listed()]

    @classmethod
    def references(cls) -> list[str]:
        return [name for name in super().references() if name != "by"]

    def get_hours_since_received(self, row: Any) -> float:
        return hours(row.since_received)

    def get_hours_since_previous(self, row: Any) -> float:
        return hours(row.since_previous)


def hours(span: datetime.timedelta) -> float:
    return round(span / datetime.timedelta(hours=1), 4)


# -- verbs ---------------------------------------------------------------------------------------


class MoveRequest(serializers.Serializer[Any]):
    to = serializers.ChoiceField(
        OrderStatus.choices,
        error_messages={
            "required": "Say where the order is to go.",
            "invalid_choice": "Unknown status “{input}”.",
        },
    )
    note = serializers.CharField(
        max_length=500,
        required=False,
        allow_blank=True,
        default="",
        help_text="The reason; a rejection and a cancellation need one.",
    )
    version = serializers.IntegerField(required=False, help_text="As on a change; optional here.")


class MovedOrder(WorkOrderSerializer):
    """The order after the move, and what is strange about it."""

    def to_representation(self, instance: Any) -> dict[str, Any]:
        return {**super().to_representation(instance), "warnings": self.context["warnings"]}


class BulkMoveRequest(serializers.Serializer[Any]):
    orders = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=LARGEST_ID),
        allow_empty=False,
        max_length=MOST_AT_ONCE,
        error_messages={
            "max_length": f"Move at most {MOST_AT_ONCE} orders at once.",
            "empty": "Name at least one order.",
            "required": "Name the orders.",
        },
        help_text="Ids of the orders. One unknown id, and nothing is moved.",
    )
    to = MoveRequest().fields["to"]
    note = MoveRequest().fields["note"]


class OrderNamed(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    number = serializers.CharField()
    status = serializers.CharField()


class OrderRefused(OrderNamed):
    reason = serializers.CharField()


class OrderWarned(OrderNamed):
    warning = serializers.CharField()


class BulkMoveAnswer(serializers.Serializer[Any]):
    moved = OrderNamed(many=True)
    failed = OrderRefused(many=True)
    warnings = OrderWarned(many=True)


class DelayRequest(serializers.Serializer[Any]):
    delay_class = serializers.ChoiceField(
        DelayClass.choices,
        allow_blank=True,
        error_messages={
            "required": "Give the class, or an empty one to take it back.",
            "invalid_choice": "Unknown value “{input}”. Choose among JUSTIFIED, UNJUSTIFIED.",
        },
    )
    delay_reason = serializers.ChoiceField(
        DelayReason.choices, required=False, allow_blank=True, default=""
    )
    delay_note = serializers.CharField(
        max_length=1000, required=False, allow_blank=True, default=""
    )
    version = serializers.IntegerField(required=False)
