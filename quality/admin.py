from __future__ import annotations

from django.contrib import admin

from clients.admin import ClientModelAdmin, ClientTabularInline
from plant.shopfloor_admin import ShopFloorAdmin
from plant.standards import StandardSource
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


@admin.register(QualityInspection)
class QualityInspectionAdmin(ShopFloorAdmin):
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
        label = str(StandardSource(row.cycle_source).label).lower()
        return f"{row.cycle_hours_per_unit.normalize():f} h, {label}"


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
