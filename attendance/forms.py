"""The form of an attendance record: a mark, or the presence that it stands for."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS
from django.forms import BaseInlineFormSet

from attendance.marks import Mark, Presence
from attendance.models import AbsenceType, AttendanceRecord
from attendance.models.allocations import allocated_sentence
from attendance.sets import REPLACED
from clients.forms import ClientModelForm
from clients.scope import current_scope

NOT_OPEN = "Your role does not open this field."
SAY_WHO_WAS_THERE = "Choose the mark or the presence."


class AttendanceForm(ClientModelForm):
    mark = forms.ChoiceField(
        required=False,
        choices=[("", "---------"), *((mark.name, mark.label()) for mark in Mark)],
        help_text="Fills presence, late and absence type.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "presence" in self.fields:
            self.fields["presence"].required = False
        self.stored_presence = self.instance.presence
        # The parts stand in the same form and are judged there, all together.
        self.instance.allocated = Decimal(0)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if cleaned.get("mark"):
            self._take(Mark[cleaned["mark"]], cleaned)
        elif not cleaned.get("presence"):
            self.add_error("presence", SAY_WHO_WAS_THERE)
        return cleaned

    def _take(self, mark: Mark, cleaned: dict[str, Any]) -> None:
        cleaned["presence"] = mark.presence
        cleaned["is_late"] = mark.is_late or bool(cleaned.get("is_late"))
        if not mark.absence_type or cleaned.get("absence_type"):
            return
        client = self.instance.client if self.instance.client_id else cleaned.get("client")
        kind = AbsenceType.objects.filter(client=client, code=mark.absence_type).first()
        if kind is None:
            self.add_error("mark", f"Unknown absence type “{mark.absence_type}”.")
        elif "absence_type" in self.fields:
            cleaned["absence_type"] = kind
        elif self.stored_presence == Presence.PRESENT:
            self.instance.absence_type = kind
        else:
            self.add_error("mark", NOT_OPEN)

    def _update_errors(self, errors: Any) -> None:
        """A sentence about a field that this person does not see stands above the form."""
        if hasattr(errors, "error_dict"):
            for name in [each for each in errors.error_dict if each not in self.fields]:
                found = errors.error_dict.pop(name)
                errors.error_dict.setdefault(NON_FIELD_ERRORS, []).extend(found)
        super()._update_errors(errors)  # type: ignore[misc]


class AllocationFormSet(BaseInlineFormSet):  # type: ignore[type-arg]
    """The parts of a record, as a set: one that is taken out is voided."""

    instance: AttendanceRecord

    def clean(self) -> None:
        super().clean()
        parts = [form for form in self.forms if form not in self.deleted_forms]
        hours = [form.cleaned_data.get("hours") for form in parts if hasattr(form, "cleaned_data")]
        total = sum((each for each in hours if each is not None), Decimal(0))
        worked = self.instance.actual_hours
        if isinstance(worked, Decimal) and total > worked:
            raise forms.ValidationError(allocated_sentence(total, worked), code="inconsistent")

    def delete_existing(self, obj: Any, commit: bool = True) -> None:
        obj.void(by=current_scope().user, reason=REPLACED)
