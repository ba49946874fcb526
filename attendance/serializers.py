from __future__ import annotations

from decimal import Decimal
from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from attendance import sets
from attendance.marks import Mark, Presence
from attendance.models import AbsenceType, AttendanceRecord, Category
from attendance.models.allocations import BETWEEN_0_AND_24, allocated_sentence
from clients.scope import current_scope
from clients.serializers import ClientSerializer

NOT_OPEN = "Your role does not open this field."
TWO_PRESENCES = "The mark and the presence contradict each other. Give one of them."


class AbsenceTypeSerializer(ClientSerializer):
    class Meta:
        model = AbsenceType
        fields = (
            "code", "name", "counts_in_absenteeism", "leaves_schedule", "counts_in_bradford",
            "active",
        )  # fmt: skip


class AllocationSerializer(serializers.Serializer[Any]):
    category = serializers.ChoiceField(choices=Category.choices)
    hours = serializers.DecimalField(
        max_digits=5,
        decimal_places=2,
        min_value=Decimal("0.01"),
        max_value=Decimal(24),
        error_messages={"min_value": BETWEEN_0_AND_24, "max_value": BETWEEN_0_AND_24},
    )


class MarkField(serializers.ChoiceField):
    def __init__(self, **kwargs: Any) -> None:
        kwargs["choices"] = [(mark.name, mark.label()) for mark in Mark]
        super().__init__(**kwargs)

    def to_representation(self, value: Mark) -> str:
        return value.name


class AttendanceRecordSerializer(ClientSerializer):
    mark = MarkField(required=False, help_text="Instead of presence, is_late and absence_type.")
    allocations = AllocationSerializer(
        many=True, required=False, help_text="Replaced as a set; left out: they stay as they are."
    )
    parts: dict[str, Decimal] | None = None

    class Meta:
        model = AttendanceRecord
        fields = (
            "employee", "shift_date", "shift", "line", "engagement", "mark", "presence",
            "scheduled_hours", "actual_hours", "absence_hours", "absence_type", "is_late",
            "is_early_departure", "arrival_time", "departure_time", "normal_hours",
            "double_hours", "triple_hours", "labour_class_override", "allocations", "notes",
        )  # fmt: skip

    def get_fields(self) -> dict[str, Any]:
        fields = super().get_fields()
        fields["presence"].required = False
        return fields

    def to_representation(self, instance: Any) -> dict[str, Any]:
        """The absence type of a closed shift is not there for those who may not know it."""
        shown = super().to_representation(instance)
        if not instance.may_see_type():
            del shown["absence_type"]
        return shown

    def validate_allocations(self, parts: list[dict[str, Any]]) -> list[dict[str, Any]]:
        categories = [part["category"] for part in parts]
        if len(set(categories)) < len(categories):
            raise ValidationError("This category is given twice.")
        return parts

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        attrs = dict(attrs)
        mark = attrs.pop("mark", None)
        if mark:
            self._take(Mark[mark], attrs)
        elif self.instance is None and "presence" not in attrs:
            raise ValidationError({"presence": ["Give the presence or a mark."]})
        given = attrs.pop("allocations", None)
        self.parts = None if given is None else {p["category"]: p["hours"] for p in given}
        attrs = super().validate(attrs)
        self._refuse_too_much()
        return attrs

    def _take(self, mark: Mark, attrs: dict[str, Any]) -> None:
        if attrs.setdefault("presence", mark.presence) != mark.presence:
            raise ValidationError({"mark": [TWO_PRESENCES]})
        attrs.setdefault("is_late", mark.is_late)
        if mark.absence_type:
            attrs.setdefault("absence_type", mark.absence_type)

    def _fill(self, attrs: dict[str, Any]) -> None:
        row = self.row
        hidden = not row._state.adding and not row.may_see_type()
        if hidden and attrs.get("absence_type") and row.presence != Presence.PRESENT:
            raise ValidationError({"absence_type": [NOT_OPEN]})
        if self.parts is not None:
            # Judged with the new set, not with the one that it replaces.
            row.allocated = Decimal(0)
        super()._fill(attrs)

    def _refuse_too_much(self) -> None:
        total = sum((self.parts or {}).values(), Decimal(0))
        if total > self.row.actual_hours:
            sentence = allocated_sentence(total, self.row.actual_hours)
            raise ValidationError({"allocations": [sentence]})

    def _written(self) -> Any:
        with sets.settled():
            row = super()._written()
            if self.parts is not None:
                sets.replace(row, self.parts, by=current_scope().user)
        # What was fetched before is no longer what there is.
        getattr(row, "_prefetched_objects_cache", {}).clear()
        return row
