"""Holds as the API gives and takes them, and what its verbs take and answer."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from clients.serializers import ClientSerializer
from holds.flow import GIVE_A_NOTE
from holds.models import PEOPLE, HoldReason, HoldTransition, WIPHold


def username(name: str) -> serializers.CharField:
    return serializers.CharField(source=f"{name}.username", default=None, read_only=True)


class HoldReasonSerializer(ClientSerializer):
    class Meta:
        model = HoldReason
        fields = ("code", "name", "sort_order", "active")


class WIPHoldSerializer(ClientSerializer):
    requested_by = username("requested_by")
    hold_decided_by = username("hold_decided_by")
    resume_requested_by = username("resume_requested_by")
    resume_decided_by = username("resume_decided_by")
    covers = serializers.ChoiceField(
        ["ORDER", "JOB", "QUANTITY"],
        read_only=True,
        help_text="Only a hold of the whole order stops the order; others hold it partly.",
    )

    class Meta:
        model = WIPHold
        fields = (
            "work_order", "job", "quantity", "covers", "line", "location", "hold_reason",
            "reason_detail", "state", "held_at", "shift_date", "shift", "requested_by",
            "hold_decided_by", "hold_decided_at", "resume_requested_by", "resume_requested_at",
            "resume_decided_by", "resume_decided_at", "ended_at", "hold_hours",
            "expected_resolution_date", "notes",
        )  # fmt: skip

    @classmethod
    def references(cls) -> list[str]:
        return [name for name in super().references() if name not in PEOPLE]


class HoldTransitionSerializer(ClientSerializer):
    """Read only, and never changed: it has no version."""

    by = username("by")

    class Meta:
        model = HoldTransition
        fields: Any = ("hold", "from_state", "to_state", "at", "by", "note")
        read_only_fields = fields

    def get_field_names(self, declared_fields: Any, info: Any) -> list[str]:
        return ["id", "client", *self.listed()]

    @classmethod
    def references(cls) -> list[str]:
        return [name for name in super().references() if name != "by"]


# -- verbs ---------------------------------------------------------------------------------------


class StepRequest(serializers.Serializer[Any]):
    note = serializers.CharField(
        max_length=500,
        required=False,
        allow_blank=True,
        default="",
        help_text="Kept in the course.",
    )
    version = serializers.IntegerField(required=False, help_text="As on a change; optional here.")


class StepWithNote(StepRequest):
    note = serializers.CharField(
        max_length=500, error_messages={"required": GIVE_A_NOTE, "blank": GIVE_A_NOTE}
    )


class ScrappedHold(WIPHoldSerializer):
    """The hold, the re-inspection that counts its scrap, and the question that is left."""

    def to_representation(self, instance: Any) -> dict[str, Any]:
        counted = self.context["counted"]
        return {
            **super().to_representation(instance),
            "quality_inspection": counted.pk if counted else None,
            "question": self.context["question"],
        }
