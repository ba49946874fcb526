from __future__ import annotations

from dataclasses import replace
from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.options import ActionLocation
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse

from clients.admin import ClientModelAdmin, ClientTabularInline
from clients.asking import answered, question
from clients.permissions import NOT_HERE, may
from clients.roles import Action
from clients.scope import current_scope
from plant.shopfloor_admin import ShopFloorAdmin
from plant.standards import origin_in_words
from quality import holding
from quality.models import Defect, DefectType, OpportunitiesSource, QualityInspection
from quality.warnings import warnings


@admin.register(DefectType)
class DefectTypeAdmin(ClientModelAdmin):
    list_display = ["code", "name", "category", "severity", "standard_code", "sort_order", "active"]
    list_filter = ["active", "severity", "category"]
    search_fields = ["code", "name"]
    fieldsets = [
        (None, {"fields": [("code", "name", "active"), ("severity", "category")]}),
        (None, {"fields": [("standard_code", "sort_order"), "description"]}),
    ]


class DefectInline(ClientTabularInline):
    model = Defect
    fields = ["defect_type", "quantity", "severity", "disposition", "operation", "root_cause"]


class HoldForm(forms.Form):
    quantity = forms.IntegerField(
        required=False,
        min_value=1,
        label="Quantity",
        help_text="Empty: the defective units of each inspection, or all inspected ones.",
        widget=forms.NumberInput(attrs={"autofocus": True}),
    )
    reason_detail = forms.CharField(
        required=False, max_length=500, widget=forms.TextInput(attrs={"class": "vTextField"})
    )


@admin.register(QualityInspection)
class QualityInspectionAdmin(ShopFloorAdmin):
    change_form_template = "admin/quality/inspection_change_form.html"
    warn = staticmethod(warnings)
    list_display = [
        "shift_date", "shift", "line", "work_order", "job", "stage", "is_first_pass",
        "units_inspected", "units_passed", "units_defective", "defects_total", "verified",
    ]  # fmt: skip
    list_select_related = ["shift", "line", "work_order", "job"]
    list_only = (
        "shift_date", "shift__code", "line__code", "work_order__number", "job__code", "stage",
        "is_first_pass", "units_inspected", "units_passed", "units_defective", "defects_total",
        "verified_at",
    )  # fmt: skip
    list_filter = [
        *ShopFloorAdmin.list_filter, "stage", "is_first_pass", "opportunities_source",
    ]  # fmt: skip
    search_fields = ["work_order__number", "job__code", "line__code", "notes"]
    readonly_fields = [
        "time_base", "opportunities_stamp", "cycle_stamp", "defects_from_units", "verified_by",
        "verified_at", "entry_method",
    ]  # fmt: skip
    fieldsets = [
        (
            "Where and when",
            {
                "fields": [
                    ("shift_date", "shift", "line"),
                    ("work_order", "job", "operation"),
                    ("stage", "is_first_pass", "reinspects"),
                ]
            },
        ),
        (
            "Units",
            {
                "fields": [
                    ("units_inspected", "units_passed", "units_defective"),
                    ("units_repair", "units_rework", "units_scrapped"),
                    "defects_total",
                ]
            },
        ),
        (
            "How",
            {"fields": [("method", "sample_size_percent"), ("inspector", "inspection_no")]},
        ),
        ("Notes", {"fields": ["notes", "captured_at"], "classes": ["collapse"]}),
    ]
    stamps = [
        "time_base", "opportunities_stamp", "cycle_stamp", "defects_from_units",
        ("verified_by", "verified_at", "entry_method"),
    ]  # fmt: skip
    inlines = [DefectInline]
    actions: ClassVar[Any] = ["put_on_hold", *ShopFloorAdmin.actions]

    def get_actions(
        self, request: HttpRequest, action_location: Any = ActionLocation.CHANGE_LIST
    ) -> dict[str, Any]:
        actions = super().get_actions(request, action_location)
        if not current_scope().may(Action.HOLD_REQUEST):
            actions.pop("put_on_hold", None)
        return actions

    def render_change_form(self, request: Any, context: Any, *args: Any, **kwargs: Any) -> Any:
        row = context.get("original")
        context["may_hold"] = (
            row is not None
            and not row.is_voided
            and row.work_order_id is not None
            and may(Action.HOLD_REQUEST, row.client_id)
        )
        return super().render_change_form(request, context, *args, **kwargs)

    @admin.action(description="Put on hold")
    def put_on_hold(self, request: HttpRequest, queryset: Any) -> HttpResponse | None:
        related = ("client", "shift", "line", "work_order", "job")
        rows, form = list(queryset.select_related(*related)), answered(HoldForm, request)
        if not form.is_valid():
            text = (
                "Order, job, line and quantity are those of the inspection, the reason is its "
                "quality issue. It stands at once where you may decide, else it is requested."
            )
            return question(self, request, form, rows, title="Put on hold", explanation=text)
        for row in rows:
            try:
                with transaction.atomic():
                    made = self._hold(row, form.cleaned_data)
            except ValidationError as error:
                messages.error(request, f"{row}: {' '.join(error.messages)}")
            else:
                messages.success(request, f"{made}: {made.get_state_display().lower()}.")
        return None

    def _hold(self, row: QualityInspection, answer: dict[str, Any]) -> Any:
        if not may(Action.HOLD_REQUEST, row.client_id):
            raise ValidationError(NOT_HERE)
        asked = holding.prefilled(row)
        units = replace(asked.material, quantity=answer["quantity"] or asked.material.quantity)
        return holding.put_on_hold(replace(asked, material=units, detail=answer["reason_detail"]))

    @admin.display(description="opportunities per unit")
    def opportunities_stamp(self, row: QualityInspection) -> str:
        if row.opportunities_per_unit is None:
            return "None."
        source = OpportunitiesSource(row.opportunities_source).label
        return f"{row.opportunities_per_unit}, by the {source}"

    @admin.display(description="cycle hours per unit")
    def cycle_stamp(self, row: QualityInspection) -> str:
        if row.cycle_hours_per_unit is None:
            return "No cycle time: the quality ratio leaves this inspection out."
        return f"{row.cycle_hours_per_unit.normalize():f} h, {origin_in_words(row.cycle_source)}"


@admin.register(Defect)
class DefectAdmin(ClientModelAdmin):
    list_display = [
        "inspection", "defect_type", "quantity", "severity", "disposition", "operation",
        "root_cause",
    ]  # fmt: skip
    list_select_related = [
        "inspection__shift", "inspection__line", "inspection__work_order", "defect_type",
        "operation",
    ]  # fmt: skip
    list_filter = ["inspection__shift_date", "severity", "disposition", "root_cause", "defect_type"]
    search_fields = ["defect_type__code", "defect_type__name", "unit_serial", "comment"]
    fieldsets = [
        (
            None,
            {
                "fields": [
                    ("inspection", "defect_type", "quantity"),
                    ("severity", "disposition", "operation"),
                    ("root_cause", "unit_serial"),
                    "comment",
                ]
            },
        ),
    ]
