"""Production rows from files."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import Sum

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
            yield f"Without a standard: {len(without)}. Efficiency leaves these rows out."
        yield from _crowded_lines(rows)
        yield from _orders_above_plan(rows)
        said = (row.work_order.oddity_of_a_row(row.client) for row in rows if row.work_order)
        yield from dict.fromkeys(filter(None, said))


def _crowded_lines(rows: list[ProductionEntry]) -> Iterable[str]:
    for row in rows:
        people, most = row.operators_assigned, row.line.max_operators if row.line else None
        if people and most and people > most:
            yield f"{row}: {people} people on a line for {most}."


def _orders_above_plan(rows: list[ProductionEntry]) -> Iterable[str]:
    orders = {row.work_order_id: row.work_order for row in rows if row.work_order}
    others = ProductionEntry.objects.output().filter(work_order__in=orders)
    others = others.exclude(pk__in=[row.pk for row in rows if row.pk])
    made = dict(others.order_by().values_list("work_order").annotate(Sum("total_units")))
    for row in rows:
        if row.work_order_id and (row.operation is None or row.operation.counts_output):
            made[row.work_order_id] = made.get(row.work_order_id, 0) + row.total_units
    for pk, order in orders.items():
        if made.get(pk, 0) > order.planned_quantity:
            yield f"Order {order.number}: {made[pk]:,} made, {order.planned_quantity:,} planned."
