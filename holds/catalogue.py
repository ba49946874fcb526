"""The hold reasons that every client starts with; from then on they are the client's own."""

from __future__ import annotations

from clients.models import Client
from holds.models import HoldReason

REASONS = {
    "MATERIAL_INSPECTION": "Material inspection",
    "MATERIAL_SHORTAGE": "Material shortage",
    "QUALITY_ISSUE": "Quality issue",
    "ENGINEERING_REVIEW": "Engineering review",
    "ENGINEERING_CHANGE": "Engineering change",
    "CUSTOMER_REQUEST": "Customer's request",
    "MISSING_SPECIFICATION": "Missing specification",
    "EQUIPMENT_UNAVAILABLE": "Equipment unavailable",
    "CAPACITY_CONSTRAINT": "Capacity constraint",
    "PENDING_APPROVAL": "Pending approval",
    "OTHER": "Other",
}


def copy_starter_reasons(client: Client) -> None:
    HoldReason.objects.bulk_create(
        HoldReason(client=client, code=code, name=name, sort_order=10 * n)
        for n, (code, name) in enumerate(REASONS.items(), start=1)
    )
