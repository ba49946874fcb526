"""Targets and the KPI contract on the data entry pages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ActionForm
from django.contrib.admin.options import ActionLocation
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from clients.admin import ClientModelAdmin
from clients.periods import shown
from clients.roles import Action
from clients.scope import current_scope
from kpis.models import Assumption, Target
from kpis.preview import preview


@admin.register(Target)
class TargetAdmin(ClientModelAdmin):
    list_display = ["kpi_key", "whose", "target", "warning", "critical", "period"]
    list_filter = ["kpi_key"]
    search_fields = ["kpi_key"]
    fieldsets = [
        (None, {"fields": ["kpi_key", ("target", "warning", "critical"), "valid"]}),
    ]

    @admin.display(description="for", ordering="client__code")
    def whose(self, target: Target) -> str:
        return target.client.code if target.client else "all clients"

    @admin.display(description="valid", ordering="valid")
    def period(self, target: Target) -> str:
        return shown(target.valid)


class WithReason(ActionForm):
    reason = forms.CharField(
        required=False, max_length=300, label="Reason of a refusal",
        widget=forms.TextInput(attrs={"placeholder": "Reason of a refusal"}),
    )  # fmt: skip


@admin.register(Assumption)
class AssumptionAdmin(ClientModelAdmin):
    list_display = ["key", "value", "status", "period", "proposed_by", "approved_by"]
    list_select_related = ["proposed_by", "approved_by"]
    list_filter = ["status", "key"]
    search_fields = ["key", "rationale"]
    readonly_fields = [
        "status", "effect", "proposed_by", "proposed_at", "approved_by", "approved_at",
        "retired_by", "retired_at",
    ]  # fmt: skip
    fieldsets = [
        (None, {"fields": [("key", "value"), "rationale", "finance_note", "valid"]}),
        ("Last 30 days under both rules", {"fields": ["effect"]}),
        (
            "Course",
            {
                "fields": [
                    "status", ("proposed_by", "proposed_at"), ("approved_by", "approved_at"),
                    ("retired_by", "retired_at"),
                ],
            },
        ),
    ]  # fmt: skip
    action_form = WithReason
    actions = ["approve", "refuse", "withdraw", "retire"]

    @admin.display(description="valid", ordering="valid")
    def period(self, row: Assumption) -> str:
        return shown(row.valid)

    @admin.display(description="effect")
    def effect(self, row: Assumption) -> str | SafeString:
        if row.pk is None:
            return "Shown once the proposal is saved."
        lines = preview(row)
        if not lines:
            return "No figure of the last 30 days would change."
        return format_html_join(
            "", "<div>{}: {} {} now, {} {} by the proposal</div>",
            ((each.label, each.now, each.unit, each.then, each.unit) for each in lines),
        )  # fmt: skip

    def get_actions(
        self, request: HttpRequest, action_location: Any = ActionLocation.CHANGE_LIST
    ) -> dict[str, Any]:
        actions = super().get_actions(request, action_location)
        scope = current_scope()
        if not scope.may(Action.APPROVE_ASSUMPTION):
            for name in ("approve", "refuse", "retire"):
                actions.pop(name, None)
        if not scope.may(Action.PROPOSE_ASSUMPTION):
            actions.pop("withdraw", None)
        return actions

    @admin.action(description="Approve the selected proposals")
    def approve(self, request: HttpRequest, rows: Any) -> None:
        self._each(request, rows, "is in force", lambda row: row.approve(by=request.user))

    @admin.action(description="Refuse the selected proposals, with a reason")
    def refuse(self, request: HttpRequest, rows: Any) -> None:
        reason = request.POST.get("reason", "")
        self._each(
            request, rows, "is refused", lambda row: row.refuse(by=request.user, reason=reason)
        )

    @admin.action(description="Withdraw your selected proposals")
    def withdraw(self, request: HttpRequest, rows: Any) -> None:
        self._each(request, rows, "is withdrawn", lambda row: row.withdraw(by=request.user))

    @admin.action(description="Retire the selected rules from tomorrow")
    def retire(self, request: HttpRequest, rows: Any) -> None:
        self._each(request, rows, "is retired", lambda row: row.retire(by=request.user))

    def _each(
        self, request: HttpRequest, rows: Any, done: str, verb: Callable[[Assumption], None]
    ) -> None:
        for row in rows:
            try:
                verb(row)
            except (ValidationError, PermissionDenied) as error:
                text = " ".join(getattr(error, "messages", [str(error)]))
                messages.error(request, f"{row}: {text}")
            else:
                messages.success(request, f"{row} {done}.")
