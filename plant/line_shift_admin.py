"""The admin page of line-shifts: closed, reopened, replanned, or not planned at all."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.options import ActionLocation
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse

from clients.admin import ClientModelAdmin
from clients.asking import answered, question
from clients.roles import Action
from clients.scope import current_scope
from plant.models import LineShift


class NotPlannedForm(forms.Form):
    reason = forms.CharField(
        max_length=300,
        error_messages={"required": "Say why the shift was not planned."},
        widget=forms.TextInput(attrs={"autofocus": True, "class": "vTextField"}),
    )


class ReopenForm(forms.Form):
    reason = forms.CharField(
        max_length=300,
        error_messages={"required": "Give a reason for the reopening."},
        widget=forms.TextInput(attrs={"autofocus": True, "class": "vTextField"}),
    )


class ReplanForm(forms.Form):
    planned_minutes = forms.IntegerField(
        min_value=1, max_value=1500, widget=forms.NumberInput(attrs={"autofocus": True})
    )
    reason = forms.CharField(
        max_length=300,
        error_messages={"required": "Give a reason for the change."},
        widget=forms.TextInput(attrs={"class": "vTextField"}),
    )


@admin.register(LineShift)
class LineShiftAdmin(ClientModelAdmin):
    list_display = [
        "shift_date", "line", "shift", "shift_kind", "starts_at", "ends_at", "planned_minutes",
        "planned_units", "state", "is_restated",
    ]  # fmt: skip
    list_select_related = ["line", "shift"]
    list_filter = ["state", "shift_kind"]
    search_fields = ["line__code", "shift__code"]
    date_hierarchy = "shift_date"
    readonly_fields = [
        "shift_kind", "starts_at", "ends_at", "stations", "state", "state_reason", "closed_at",
        "closed_by", "received_at", "received_by", "is_restated",
    ]  # fmt: skip
    fieldsets = [
        (None, {"fields": [("line", "shift", "shift_date")]}),
        ("Plan", {"fields": [("planned_minutes", "planned_units")]}),
        ("None today", {"fields": [("no_downtime", "no_inspection", "no_new_hold")]}),
        (
            "State",
            {
                "fields": [
                    ("state", "state_reason"),
                    ("shift_kind", "stations"),
                    ("starts_at", "ends_at"),
                    ("closed_at", "closed_by", "is_restated"),
                    ("received_at", "received_by"),
                    "handoff_note",
                ]
            },
        ),
    ]
    actions = ["close", "reopen", "not_planned", "replan", *ClientModelAdmin.actions]
    needed = (
        ("close", Action.CLOSE_SHIFT),
        ("reopen", Action.REOPEN_SHIFT),
        ("not_planned", Action.CLOSE_SHIFT),
        ("replan", Action.CHANGE_PLAN),
    )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        fixed = super().get_readonly_fields(request, obj)
        if obj is None:
            return fixed
        # A line-shift stays what it is; its plan is frozen when it starts.
        frozen = ["planned_minutes"] if obj.has_started else []
        return [*fixed, "line", "shift", "shift_date", *frozen]

    def get_actions(
        self, request: HttpRequest, action_location: Any = ActionLocation.CHANGE_LIST
    ) -> dict[str, Any]:
        actions = super().get_actions(request, action_location)
        for name, needed in self.needed:
            if not current_scope().may(needed):
                actions.pop(name, None)
        return actions

    @admin.action(description="Close the selected line-shifts")
    def close(self, request: HttpRequest, queryset: Any) -> None:
        self._change_all(request, list(queryset), lambda row, _: row.close(by=request.user), {})

    @admin.action(description="Reopen the selected line-shifts, with a reason")
    def reopen(self, request: HttpRequest, queryset: Any) -> HttpResponse | None:
        def change(row: LineShift, answer: dict[str, Any]) -> None:
            row.reopen(reason=answer["reason"])

        text = "Figures of the shift that change from now on are marked restated."
        return self._asked(request, queryset, ReopenForm, change, "Reopen", text)

    @admin.display(description="restated", boolean=True)
    def is_restated(self, row: LineShift) -> bool:
        return row.is_restated

    @admin.action(description="Set not planned, with a reason")
    def not_planned(self, request: HttpRequest, queryset: Any) -> HttpResponse | None:
        def change(row: LineShift, answer: dict[str, Any]) -> None:
            row.set_not_planned(reason=answer["reason"])

        text = "A line-shift that was not planned leaves planned time. Refused while rows exist."
        return self._asked(request, queryset, NotPlannedForm, change, "Set not planned", text)

    @admin.action(description="Change the planned minutes, with a reason")
    def replan(self, request: HttpRequest, queryset: Any) -> HttpResponse | None:
        def change(row: LineShift, answer: dict[str, Any]) -> None:
            row.replan(minutes=answer["planned_minutes"], reason=answer["reason"])

        text = "Every figure that rests on these minutes follows the change."
        return self._asked(request, queryset, ReplanForm, change, "Change planned minutes", text)

    def _asked(
        self,
        request: HttpRequest,
        queryset: Any,
        form_class: type[forms.Form],
        change: Callable[[LineShift, dict[str, Any]], None],
        title: str,
        explanation: str,
    ) -> HttpResponse | None:
        """First the question, then the change; of several rows all or none."""
        rows, form = list(queryset), answered(form_class, request)
        if form.is_valid():
            self._change_all(request, rows, change, form.cleaned_data)
            return None
        return question(self, request, form, rows, title=title, explanation=explanation)

    def _change_all(
        self,
        request: HttpRequest,
        rows: list[LineShift],
        change: Callable[[LineShift, dict[str, Any]], None],
        answer: dict[str, Any],
    ) -> None:
        at = None
        try:
            with transaction.atomic():
                for at in rows:
                    if refusal := self.refusal(at):
                        raise ValidationError(refusal)
                    change(at, answer)
        except ValidationError as error:
            messages.error(request, f"Nothing was changed. {at}: {' '.join(error.messages)}")
        else:
            messages.success(request, f"{len(rows)} line-shifts are changed.")
