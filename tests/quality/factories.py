"""Inspections of the floor of `tests.production.factories.make_floor`."""

from __future__ import annotations

from typing import Any

from quality.models import Defect, DefectType, QualityInspection
from tests.production.factories import DAY, Floor, saved


def inspection(floor: Floor, **fields: Any) -> QualityInspection:
    """An inspection as it is typed, not saved: 180 inspected, 9 defective."""
    defaults = {
        "shift_date": DAY,
        "shift": floor.shift,
        "line": floor.line,
        "work_order": floor.order,
        "job": floor.job,
        "units_inspected": 180,
        "units_defective": 9,
    }
    return QualityInspection(client=floor.client, **{**defaults, **fields})


def make_inspection(floor: Floor, **fields: Any) -> QualityInspection:
    return saved(inspection(floor, **fields))


def defect(of: QualityInspection, **fields: Any) -> Defect:
    defaults = {"defect_type": defect_type("BURR"), "quantity": 3}
    return Defect(client=of.client, inspection=of, **{**defaults, **fields})


def make_defect(of: QualityInspection, **fields: Any) -> Defect:
    return saved(defect(of, **fields))


def defect_type(code: str) -> DefectType:
    return DefectType.objects.get(code=code)
