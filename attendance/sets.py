"""The allocation of a record's hours changes as a set: what is not in the new one leaves."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from decimal import Decimal
from typing import Any

from attendance.models import SETTLED, AttendanceRecord, HourAllocation
from plant.constraints import settled_together

REPLACED = "Allocation replaced"


def settled() -> AbstractContextManager[None]:
    """Put around the writing of records together with their parts."""
    return settled_together(*SETTLED)


def replace(record: AttendanceRecord, parts: Mapping[str, Decimal], *, by: Any) -> None:
    """Make the record's allocation these hours by category. The record is stored already."""
    stored = {part.category: part for part in HourAllocation.objects.filter(record=record)}
    for category, part in stored.items():
        if category not in parts:
            part.void(by=by, reason=REPLACED)
        elif part.hours != parts[category]:
            part.hours = parts[category]
            part.save(update_fields=["hours"])
    HourAllocation.objects.bulk_create(
        HourAllocation(
            client_id=record.client_id,
            record=record,
            category=category,
            hours=worked,
            entry_method=record.entry_method,
        )
        for category, worked in parts.items()
        if category not in stored
    )
