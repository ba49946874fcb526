"""Inspections, defects and defect types from files; the defective units of production rows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from django.db.models import F, Model, OuterRef, Q, Subquery
from django.db.models.lookups import IsNull

from clients.imports import Column, Companion, EntityImport, extend, register, registry
from clients.imports.rows import FileRow
from clients.imports.values import Choice, Code, Lookup, Number, Whole, YesNo
from plant.importing import (
    JOB,
    LINE,
    NOTES,
    OPERATION,
    SHIFT,
    SHIFT_DATE,
    WORK_ORDER,
    ShopFloorImport,
    required,
)
from plant.models import Shift
from quality.models import Defect, DefectType, QualityInspection, Stage

STAGE = Column("stage", Choice(), en=("inspection_stage",), es=("etapa",))
FIRST_PASS = Column("is_first_pass", YesNo(), en=("first_pass",), es=("primera_pasada",))
# References by which a defect names its inspection.
NAMED = ("line", "work_order", "job", "operation")
NUMBER = Column("inspection_no", Whole(), en=("inspection",), es=("inspeccion",))


@register
class DefectTypeImport(EntityImport):
    model = DefectType
    columns = (
        Column(
            "code", Code(), required=True, en=("defect_type", "defect_code"),
            es=("codigo", "tipo_defecto"),
        ),
        Column("name", required=True, es=("nombre",)),
        Column("description", es=("descripcion",)),
        Column("category", es=("categoria",)),
        Column("severity", Choice(), es=("severidad",)),
        Column("standard_code", es=("norma",)),
        Column("sort_order", Whole(), en=("order",), es=("posicion",)),
        Column("active", YesNo(), es=("activo",)),
    )  # fmt: skip


@register
class QualityInspectionImport(ShopFloorImport):
    model = QualityInspection
    defaults = {"inspection_no": 1}
    columns = (
        required(SHIFT_DATE),
        LINE,
        WORK_ORDER,
        JOB,
        OPERATION,
        required(SHIFT),
        STAGE,
        FIRST_PASS,
        NUMBER,
        Column(
            "units_inspected", Whole(), required=True, en=("inspected",), es=("inspeccionadas",),
            sum=True,
        ),
        Column("units_passed", Whole(), en=("passed",), es=("aprobadas",), sum=True),
        Column(
            "units_defective", Whole(),
            en=("defective_units", "defects", "defect_count", "defective", "defects_found"),
            es=("defectuosas", "defectos"), sum=True,
        ),
        Column(
            "defects_total", Whole(), en=("total_defects", "total_defects_count"),
            es=("total_defectos",), sum=True,
        ),
        Column(
            "units_rework", Whole(), en=("units_reworked", "rework_units", "rework_count"),
            es=("retrabajo",), sum=True,
        ),
        Column(
            "units_repair", Whole(), en=("units_requiring_repair",), es=("reparacion",), sum=True
        ),
        Column(
            "units_scrapped", Whole(), en=("scrap_units", "scrap", "scrap_count"),
            es=("desperdicio", "merma"), sum=True,
        ),
        Column("method", Choice(), en=("inspection_method",), es=("metodo",)),
        Column("sample_size_percent", Number(), en=("sample",), es=("muestra",)),
        Column("inspector", Lookup("plant.Employee", shared=True), es=("inspector",)),
        NOTES,
    )  # fmt: skip


def _of_inspection(column: Column) -> tuple[str, ...]:
    return tuple(f"inspection__{each}" for each in column.sources)


@register
class DefectImport(EntityImport):
    """A defect names its inspection by the columns of that inspection's key."""

    model = Defect
    day = "inspection__shift_date"
    any_of = (("line", "work_order"),)
    columns = (
        *(
            replace(each, field=None, reads=_of_inspection(each))
            for each in (
                required(SHIFT_DATE), LINE, WORK_ORDER, JOB, OPERATION, required(SHIFT), STAGE,
                FIRST_PASS, NUMBER,
            )
        ),
        Column(
            "defect_type", Lookup("quality.DefectType"), required=True,
            en=("defect", "defect_code"), es=("defecto", "tipo_defecto"),
        ),
        Column("quantity", Whole(), required=True, en=("qty", "count"), es=("cantidad",), sum=True),
        Column("severity", Choice(), es=("severidad",)),
        Column("disposition", Choice(), es=("disposicion",)),
        Column(
            "rework_operation", Lookup("plant.Operation"), es=("operacion_retrabajo",),
            field="operation",
        ),
        Column("defect_cause", Choice(), en=("root_cause", "cause"), es=("causa", "causa_raiz"),
               field="root_cause"),
        Column("unit_serial", en=("serial",), es=("serie",)),
        Column("comment", en=("notes", "remarks"), es=("comentario", "notas")),
    )  # fmt: skip

    shown_in = {"inspection": "inspection_no"}
    key_columns = {"shift_date", "shift", "line", "work_order", "defect_type"}

    def complete(self, rows: Sequence[FileRow]) -> None:
        """Find the inspections of all rows at once."""
        dates = {row.values["shift_date"] for row in rows if row.values.get("shift_date")}
        shifts = {each.pk for row in rows if isinstance(each := row.values.get("shift"), Shift)}
        found: dict[Any, list[QualityInspection]] = defaultdict(list)
        for each in QualityInspection.objects.filter(shift_date__in=dates, shift__in=shifts):
            found[each.client_id, each.shift_date, each.shift_id].append(each)
        for row in rows:
            shift = row.values.get("shift")
            if row.faults or not isinstance(shift, Shift):
                continue
            place = shift.client_id, row.values.get("shift_date"), shift.pk
            self._take(row, [each for each in found[place] if _is_meant(each, row.values)])

    def _take(self, row: FileRow, fitting: list[QualityInspection]) -> None:
        if len(fitting) > 1:
            # What is left empty is empty there: the inspection of the line, not that of an order.
            fitting = [each for each in fitting if _has_no_more(each, row.values)] or fitting
        if len(fitting) == 1:
            row.values["inspection"] = fitting[0]
        elif fitting:
            row.fault(
                "inspection_no", "inconsistent",
                f"{len(fitting)} inspections fit this row. Give stage, order or number.",
            )  # fmt: skip
        else:
            row.fault("inspection_no", "unknown_code", "No inspection fits this row.")

    def fields_of(self, row: FileRow) -> dict[str, Any]:
        given = super().fields_of(row)
        if "inspection" in row.values:
            given["inspection"] = row.values["inspection"]
        return given


def _has_no_more(inspection: QualityInspection, values: dict[str, Any]) -> bool:
    return all(
        isinstance(values.get(name), Model) or getattr(inspection, f"{name}_id") is None
        for name in NAMED
    )


def _is_meant(inspection: QualityInspection, values: dict[str, Any]) -> bool:
    for name in NAMED:
        given = values.get(name)
        if isinstance(given, Model) and getattr(inspection, f"{name}_id") != given.pk:
            return False
    return all(
        values.get(name) is None or getattr(inspection, name) == values[name]
        for name in ("stage", "is_first_pass", "inspection_no")
    )


def _counted(name: str) -> Subquery:
    """What the count on the line says, where it says no more than these two columns can."""
    same = {each: OuterRef(each) for each in ("client_id", "shift_date", "shift_id")}
    counts = QualityInspection.objects.line_counts().filter(
        **same,
        inspection_no=OuterRef("capture_no"),
        units_inspected=OuterRef("total_units"),
        units_passed=OuterRef("total_units") - F("units_defective"),
    )
    for each in NAMED:
        column = f"{each}_id"
        is_same = Q(**{column: OuterRef(column)})
        neither = Q(**{f"{column}__isnull": True}) & IsNull(OuterRef(column), True)
        counts = counts.filter(is_same | neither)
    return Subquery(counts.order_by().values(name)[:1])


@extend
class LineCount(Companion):
    """Defective and scrapped units of a production row are an inspection counted on the line."""

    extends = "production_entry"
    columns = (
        Column(
            "defective_units", Whole(), field=None, sum=True, companion=True,
            reads=(_counted("units_defective"),),
            en=("units_defective", "defects", "defect_count", "defective", "defects_found"),
            es=("defectos", "defectuosas"),
        ),
        Column(
            "scrap_units", Whole(), field=None, sum=True, companion=True,
            reads=(_counted("units_scrapped"),),
            en=("units_scrapped", "scrap", "scrap_count"), es=("desperdicio", "merma"),
        ),
    )  # fmt: skip
    shown_in = {
        "units_defective": "defective_units",
        "units_scrapped": "scrap_units",
        "units_inspected": "total_units",
    }

    def entity(self) -> EntityImport:
        return registry.get("quality_inspection")

    def fields_of(self, row: FileRow) -> dict[str, Any] | None:
        defective, scrapped = (_number(row, name) for name in ("defective_units", "scrap_units"))
        if defective is None and scrapped is None:
            return None
        if defective is None:
            row.fault("defective_units", "required", "Scrapped units are defective: give both.")
            return None
        total = row.row.total_units or 0
        if defective > total:
            row.fault("defective_units", "inconsistent", "Defective units exceed total units.")
            return None
        if total == 0:
            return None
        made = row.row
        fields: dict[str, Any] = {
            "shift_date": made.shift_date,
            "shift": made.shift,
            "line": made.line,
            "work_order": made.work_order,
            "job": made.job,
            "operation": made.operation,
            "stage": Stage.LINE_COUNT,
            "is_first_pass": True,
            "inspection_no": made.capture_no,
            "units_inspected": total,
            "units_passed": total - defective,
            "units_defective": defective,
        }
        return fields if scrapped is None else {**fields, "units_scrapped": scrapped}


def _number(row: FileRow, name: str) -> int | None:
    value = row.values.get(name)
    return value if isinstance(value, int) else None
