from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError as ModelError
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.utils import timezone
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from attendance.models import AttendanceRecord
from clients.permissions import may
from clients.roles import Action
from clients.serializers import ClientSerializer, Instant
from staffing.models import ShiftCoverage, StaffingRequirement

CODE_OF_COVERED = "code_of_covered"


class IntervalEnd(Instant):
    """From or to; without it the start or the end of the shift."""

    def __init__(self, end: str, **kwargs: Any) -> None:
        self.end = end
        super().__init__(source="during", required=False, allow_null=True, **kwargs)

    def get_attribute(self, instance: Any) -> Any:
        return getattr(instance.during, self.end)


@extend_schema_field({"type": "string", "examples": ["EMP-003"]})
class CoveredPerson(serializers.CharField):
    """The absent person, by code: with date and shift it names one record."""

    def get_attribute(self, instance: ShiftCoverage) -> Any:
        if instance.covers_id is None or not may(Action.SEE_NAMES, instance.client_id):
            return None
        if CODE_OF_COVERED in instance.__dict__:
            return instance.__dict__[CODE_OF_COVERED]
        return instance.covers.employee.code if instance.covers else None


class ShiftCoverageSerializer(ClientSerializer):
    covers = CoveredPerson(
        required=False, allow_null=True, max_length=50,
        help_text="Code of the absent person of the same date and shift.",
    )  # fmt: skip
    is_stale = serializers.BooleanField(
        read_only=True, help_text="Not confirmed a day after its start."
    )

    class Meta:
        model = ShiftCoverage
        fields = (
            "employee", "shift_date", "shift", "line", "covers", "hours", "note", "confirmed_at",
            "is_stale",
        )  # fmt: skip

    def get_fields(self) -> dict[str, Any]:
        fields = super().get_fields()
        texts = {"from": "Empty: the start of the shift.", "to": "Empty: the end of the shift."}
        ends = {"from": "lower", "to": "upper"}
        own: dict[str, Any] = {
            name: IntervalEnd(end, help_text=texts[name]) for name, end in ends.items()
        }
        return {**fields, **own}

    @classmethod
    def references(cls) -> list[str]:
        return [name for name in super().references() if name != "covers"]

    def to_internal_value(self, data: Any) -> Any:
        # Both ends have one source; they are put together once the row is known.
        values = super().to_internal_value(data)
        values.pop("during", None)
        self.ends = {}
        for name in ("from", "to"):
            if name in data:
                self.ends[name] = self.fields[name].run_validation(data[name])
        return values

    def _fill(self, attrs: dict[str, Any]) -> None:
        given, covered = "covers" in attrs, attrs.pop("covers", None)
        super()._fill(attrs)
        self._fill_interval()
        if given:
            self._fill_covers(covered)

    def _fill_interval(self) -> None:
        if not self.ends:
            return
        errors: dict[str, list[str]] = {}
        stored = self.row.during
        ends = [stored.lower, stored.upper] if stored else [None, None]
        for place, name in enumerate(("from", "to")):
            if name in self.ends:
                value = self.ends[name]
                if value is not None and timezone.is_naive(value):
                    value = self._localised(value, name, errors)
                ends[place] = value
        if errors:
            raise serializers.ValidationError(errors)
        start, end = ends
        if start and end and end <= start:
            raise serializers.ValidationError({"to": ["The end must be after the start."]})
        self.row.during = DateTimeTZRange(start, end, "[)")

    def _fill_covers(self, code: str | None) -> None:
        row = self.row
        if code is None:
            row.covers = None
            return
        code = code.upper()
        records = AttendanceRecord.objects.filter(
            client=row.client, employee__code=code, shift_date=row.shift_date, shift=row.shift_id
        )
        row.covers = records.select_related("employee").first()
        if row.covers is not None:
            return
        person = row.employee.code if row.employee_id else ""
        sentence = (
            "A person cannot cover themselves."
            if person == code
            else f"{person} cannot cover this record."
        )
        raise serializers.ValidationError({"covers": [sentence]})

    def said(self, error: ModelError) -> dict[str, list[str]]:
        said = super().said(error)
        if "during" in said:
            said["from"] = said.pop("during")
        return said


class StaffingRequirementSerializer(ClientSerializer):
    class Meta:
        model = StaffingRequirement
        fields = ("line", "shift", "required_headcount", "valid")
