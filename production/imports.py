"""Production rows from files."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from clients.imports import Column, register
from clients.imports.values import Hours, Whole
from machines.imports import MACHINE
from plant.importing import (
    ENDED_AT,
    JOB,
    LINE,
    NOTES,
    OPERATION,
    SHIFT,
    SHIFT_DATE,
    STARTED_AT,
    WORK_ORDER,
    ShopFloorImport,
    required,
    to_minutes,
)
from production.models import WHOLE_UNITS, ProductionEntry


@register
class ProductionEntryImport(ShopFloorImport):
    model = ProductionEntry
    # Without a number every row of a file is the first capture: only so is a second upload seen.
    defaults = {"capture_no": 1}
    instants = ("started_at", "ended_at")
    figure = "total_units"
    columns = (
        required(SHIFT_DATE),
        LINE,
        WORK_ORDER,
        JOB,
        OPERATION,
        MACHINE,
        required(SHIFT),
        Column("capture_no", Whole(), en=("capture",), es=("captura",)),
        Column(
            "total_units", Whole(WHOLE_UNITS), required=True,
            en=("units", "units_produced", "quantity"), es=("unidades", "cantidad", "piezas"),
            sum=True,
        ),
        Column(
            "run_minutes", Whole(), en=("run_time_minutes",), es=("minutos_trabajados",), sum=True
        ),
        Column(
            "run_hours", Hours(), en=("run_time_hours",), es=("horas_trabajo",),
            field="run_minutes", convert=to_minutes, sum=True,
        ),
        STARTED_AT,
        ENDED_AT,
        Column(
            "operators_assigned", Whole(), en=("employees", "employees_assigned"),
            es=("empleados", "operadores"),
        ),
        Column("operators_present", Whole(), en=("employees_present",), es=("presentes",)),
        NOTES,
    )  # fmt: skip

    def warnings(self, rows: list[Any]) -> Iterable[str]:
        yield from super().warnings(rows)
        without = [row for row in rows if row.labour_hours_per_unit is None]
        if without:
            yield f"{len(without)} rows have no standard: efficiency leaves them out."
