"""Material that an inspection stops, and scrap that comes out of a hold.

Holds are kept by an app beside this one; both are told through `plant.material`.
"""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError

from clients.models import EntryMethod
from plant import material
from plant.material import HoldAsked, Material, Scrapped
from plant.shifts import LOOK_BACK, PlantCalendar, proposed_shift
from quality.models import QualityInspection, Stage

REASON = "QUALITY_ISSUE"
NO_ORDER = "This inspection names no order: there is nothing to hold."


def prefilled(inspection: QualityInspection) -> HoldAsked:
    """What the inspection already knows: nobody types it a second time."""
    if inspection.work_order is None:
        raise ValidationError(NO_ORDER, code="inconsistent")
    units = Material(
        inspection.client,
        inspection.work_order,
        inspection.job,
        inspection.line,
        inspection.units_defective or inspection.units_inspected,
    )
    return HoldAsked(units, REASON)


def put_on_hold(asked: HoldAsked) -> Any:
    """The row of the hold, or of the request for it."""
    return material.hold(asked)


def count_scrap(scrapped: Scrapped) -> QualityInspection | None:
    """A re-inspection with that scrap; none where the client has no shift to count it in."""
    units, client = scrapped.material, scrapped.material.client
    line = units.line or units.work_order.line
    day = client.local_day(scrapped.at)
    calendar = PlantCalendar.of(client, day - LOOK_BACK, day)
    place = proposed_shift(calendar, scrapped.at, client.zone, line.pk if line else None)
    if place is None:
        return None
    shift, on = place
    row = QualityInspection(
        client=client,
        shift_date=on,
        shift=shift,
        line=line,
        work_order=units.work_order,
        job=units.job,
        stage=Stage.FINAL,
        is_first_pass=False,
        units_inspected=units.quantity,
        units_passed=0,
        units_defective=units.quantity,
        units_scrapped=units.quantity,
        notes=scrapped.note,
        entry_method=EntryMethod.SYSTEM,
    )
    row.full_clean()
    row.save()
    return row
