from __future__ import annotations

from decimal import Decimal

from django.contrib import admin

from plant.shopfloor_admin import ShopFloorAdmin
from plant.standards import origin_in_words
from production.models import ProductionEntry
from production.warnings import warnings


@admin.register(ProductionEntry)
class ProductionEntryAdmin(ShopFloorAdmin):
    warn = staticmethod(warnings)
    list_display = [
        "shift_date", "shift", "line", "machine", "work_order", "job", "operation",
        "total_units", "run_minutes", "verified",
    ]  # fmt: skip
    list_select_related = ["shift", "line", "machine", "work_order", "job", "operation"]
    list_only = (
        "shift_date", "shift__code", "line__code", "machine__code", "work_order__number",
        "job__code", "operation__code", "total_units", "run_minutes", "verified_at",
    )  # fmt: skip
    list_filter = [*ShopFloorAdmin.list_filter, "labour_source", "cycle_source"]
    search_fields = ["work_order__number", "job__code", "line__code", "machine__code", "notes"]
    readonly_fields = [
        "time_base", "labour_stamp", "cycle_stamp", "standard", "verified_by", "verified_at",
        "entry_method",
    ]  # fmt: skip
    fieldsets = [
        (
            "Where and when",
            {
                "fields": [
                    ("shift_date", "shift", "line"),
                    ("work_order", "job"),
                    ("machine", "operation", "capture_no"),
                ]
            },
        ),
        ("Output", {"fields": [("total_units", "run_minutes"), ("started_at", "ended_at")]}),
        ("People", {"fields": [("operators_assigned", "operators_present")]}),
        ("Notes", {"fields": ["notes", "captured_at"], "classes": ["collapse"]}),
    ]
    stamps = [
        "time_base", "labour_stamp", "cycle_stamp", "standard",
        ("verified_by", "verified_at", "entry_method"),
    ]  # fmt: skip

    @admin.display(description="labour hours per unit")
    def labour_stamp(self, row: ProductionEntry) -> str:
        return stamp_in_words(
            row.labour_hours_per_unit,
            row.labour_source,
            row.labour_confidence,
            "No standard: efficiency leaves this row out.",
        )

    @admin.display(description="cycle hours per unit")
    def cycle_stamp(self, row: ProductionEntry) -> str:
        return stamp_in_words(
            row.cycle_hours_per_unit,
            row.cycle_source,
            row.cycle_confidence,
            "No cycle time: performance leaves this row out.",
        )


def stamp_in_words(
    hours: Decimal | None, source: str, confidence: Decimal | None, missing: str
) -> str:
    if hours is None:
        return missing
    return f"{hours.normalize():f} h, {origin_in_words(source)}, confidence {confidence}"
