"""What files may bring about the plant: lines, shifts, products, orders and people."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from clients.imports import Column, EntityImport, register
from clients.imports.entities import with_validity
from clients.imports.rows import FileRow
from clients.imports.values import (
    Choice,
    Code,
    Date,
    Lookup,
    Number,
    Time,
    Whole,
    Words,
    YesNo,
)
from clients.roles import Action
from plant.importing import (
    JOB,
    LINE,
    NOTES,
    OPERATION,
    PART,
    SHIFT,
    SHIFT_DATE,
    STYLE,
    VALID_FROM,
    VALID_TO,
    WORK_ORDER,
    from_minutes,
    from_seconds,
    required,
)
from plant.models import (
    CalendarDay,
    Employee,
    Job,
    Line,
    LineAssignment,
    LineShift,
    Operation,
    Part,
    Shift,
    ShiftBreak,
    Shipment,
    Standard,
    Style,
    StyleOperation,
    WorkOrder,
)
from plant.order_warnings import warnings

CODE = Column("code", Code(), required=True, es=("codigo",))
NAME = Column("name", required=True, es=("nombre",))
ACTIVE = Column("active", YesNo(), es=("activo",))
SEQUENCE = Column("sequence", Whole(), es=("secuencia",))


@register
class LineImport(EntityImport):
    model = Line
    columns = (
        Column("code", Code(), required=True, en=("line", "line_code"), es=("codigo", "linea")),
        NAME,
        Column("line_type", Choice(), en=("type",), es=("tipo",)),
        Column("parent", Lookup("plant.Line"), en=("parent_line",), es=("linea_padre",)),
        Column("department", es=("departamento",)),
        Column("stations", Whole(), es=("estaciones",)),
        Column("standard_crew", Whole(), en=("crew",), es=("personal_estandar",)),
        Column("max_operators", Whole(), es=("operadores_maximos",)),
        ACTIVE,
    )


@register
class ShiftImport(EntityImport):
    model = Shift
    columns = (
        LINE,
        Column("code", Code(), required=True, en=("shift", "shift_code"), es=("codigo", "turno")),
        NAME,
        Column("start_time", Time(), required=True, en=("start",), es=("inicio", "hora_inicio")),
        Column("end_time", Time(), required=True, en=("end",), es=("fin", "hora_fin")),
        Column("kind", Choice(), es=("tipo",)),
        Column("weekdays", Words(), en=("days",), es=("dias",)),
        ACTIVE,
    )


@register
class ShiftBreakImport(EntityImport):
    model = ShiftBreak
    columns = (
        required(SHIFT),
        LINE,
        Column("name", es=("nombre",)),
        Column(
            "start_offset_minutes", Whole(), required=True, en=("start_offset",), es=("inicio",)
        ),
        Column(
            "duration_minutes", Whole(), required=True, en=("duration", "minutes"), es=("duracion",)
        ),
        Column("paid", YesNo(), es=("pagado",)),
    )


@register
class CalendarDayImport(EntityImport):
    model = CalendarDay
    columns = (
        LINE,
        Column("date", Date(), required=True, en=("day",), es=("fecha",)),
        Column("kind", Choice(), es=("tipo",)),
        Column("shifts", Words(), es=("turnos",)),
        Column("name", es=("nombre",)),
    )


@register
class LineShiftImport(EntityImport):
    model = LineShift
    day = "shift_date"
    columns = (
        required(LINE),
        required(SHIFT),
        required(SHIFT_DATE),
        Column("planned_minutes", Whole(), es=("minutos_planeados",), sum=True),
        Column("planned_units", Whole(), es=("unidades_planeadas",), sum=True),
        Column("no_downtime", YesNo()),
        Column("no_inspection", YesNo()),
        Column("no_new_hold", YesNo()),
        Column("handoff_note", es=("nota_entrega",)),
    )


@register
class OperationImport(EntityImport):
    model = Operation
    columns = (
        Column("code", Code(), required=True, en=("operation",), es=("codigo", "operacion")),
        NAME,
        SEQUENCE,
        Column("counts_output", YesNo(), es=("cuenta_produccion",)),
    )


@register
class StyleImport(EntityImport):
    model = Style
    columns = (
        Column("code", Code(), required=True, en=("style", "model"), es=("codigo", "estilo")),
        NAME,
        Column("family", es=("familia",)),
        ACTIVE,
    )


@register
class StyleOperationImport(EntityImport):
    model = StyleOperation
    columns = (required(STYLE), required(OPERATION), SEQUENCE)


@register
class PartImport(EntityImport):
    model = Part
    columns = (
        Column(
            "code", Code(), required=True,
            en=("part", "part_number", "part_code"), es=("numero_parte", "parte", "codigo"),
        ),
        STYLE,
        Column("description", es=("descripcion",)),
        Column("category", es=("categoria",)),
        Column("opportunities_per_unit", Whole(), en=("opportunities",), es=("oportunidades",)),
        Column("unit_of_measure", en=("uom", "unit"), es=("unidad",)),
        ACTIVE,
    )  # fmt: skip


@register
class StandardImport(EntityImport):
    model = Standard
    columns = (
        PART,
        STYLE,
        LINE,
        SHIFT,
        OPERATION,
        Column(
            "labour_hours_per_unit", Number(),
            en=("labor_hours_per_unit", "standard_hours"), es=("horas_estandar",),
        ),
        Column(
            "sam_minutes", Number(), en=("sam",), es=("sam_minutos",),
            field="labour_hours_per_unit", convert=from_minutes,
        ),
        Column("cycle_hours_per_unit", Number(), es=("horas_ciclo",)),
        Column(
            "cycle_seconds", Number(), en=("cycle",), es=("ciclo",),
            field="cycle_hours_per_unit", convert=from_seconds,
        ),
        required(VALID_FROM),
        VALID_TO,
        Column("source", Choice(), es=("origen",)),
        Column("kind", Choice(), es=("tipo",)),
        Column("reason", es=("motivo", "razon")),
    )  # fmt: skip
    any_of = (
        ("part", "style", "line", "shift"),
        ("labour_hours_per_unit", "sam_minutes", "cycle_hours_per_unit", "cycle_seconds"),
    )

    def fields_of(self, row: FileRow) -> dict[str, Any]:
        return with_validity(super().fields_of(row), row)


@register
class WorkOrderImport(EntityImport):
    model = WorkOrder
    columns = (
        Column(
            "number", Code(), required=True,
            en=("work_order", "order", "wo", "work_order_id", "work_order_number", "code"),
            es=("orden", "orden_trabajo", "orden_de_trabajo", "ot"),
        ),
        Column(
            "planned_quantity", Whole(), required=True, en=("quantity", "qty", "count"),
            es=("cantidad",), sum=True,
        ),
        STYLE,
        LINE,
        Column("customer_po", en=("customer_po_number", "po"), es=("oc_cliente",)),
        Column("received_date", Date(), en=("receipt_date",), es=("fecha_recepcion",)),
        Column("acknowledged_date", Date(), es=("fecha_acuse",)),
        Column("planned_start_date", Date(), en=("start_date",), es=("fecha_inicio",)),
        Column("promised_date", Date(), en=("planned_ship_date",), es=("fecha_compromiso",)),
        Column("required_date", Date(), en=("due_date",), es=("fecha_requerida",)),
        Column("delivered_date", Date(), en=("actual_delivery_date",), es=("fecha_entrega",)),
        Column(
            "priority",
            Choice(words={"RUSH": "URGENT", "STANDARD": "NORMAL", "MEDIUM": "NORMAL"}),
            es=("prioridad",),
        ),
        Column("internal_notes", es=("notas_internas",)),
        NOTES,
    )  # fmt: skip


@register
class JobImport(EntityImport):
    model = Job
    columns = (
        required(WORK_ORDER),
        Column(
            "code", Code(), required=True,
            en=("job", "job_code", "job_id", "line_item"), es=("partida", "trabajo"),
        ),
        PART,
        Column("quantity", Whole(), required=True, en=("qty", "count"), es=("cantidad",), sum=True),
        Column("customer_job_number", en=("job_number",), es=("trabajo_cliente",)),
        NOTES,
    )  # fmt: skip

    def warnings(self, rows: list[Any]) -> Iterable[str]:
        return about_orders(rows)


@register
class ShipmentImport(EntityImport):
    model = Shipment
    columns = (
        required(WORK_ORDER),
        JOB,
        Column(
            "shipped_date", Date(), required=True,
            en=("ship_date", "date"), es=("fecha_embarque", "fecha"),
        ),
        Column("quantity", Whole(), required=True, en=("qty", "count"), es=("cantidad",), sum=True),
        Column("reference", en=("shipment_number",), es=("embarque",)),
        Column("received_date", Date(), en=("receipt_date",), es=("fecha_recepcion",)),
        NOTES,
    )  # fmt: skip

    def warnings(self, rows: list[Any]) -> Iterable[str]:
        return about_orders(rows)


def about_orders(rows: list[Any]) -> Iterable[str]:
    """What the orders of jobs or shipments will look like with them."""
    orders = {row.work_order_id: row.work_order for row in rows if row.work_order_id}
    for pk, sentences in warnings(orders.values(), beside=rows).items():
        for sentence in sentences:
            yield f"Order {orders[pk].number}: {sentence}"


@register
class EmployeeImport(EntityImport):
    model = Employee
    action = Action.EMPLOYEES_PROTECTED
    may_be_shared = True
    columns = (
        Column(
            "code", Code(), required=True,
            en=("employee", "employee_code", "employee_id"),
            es=("empleado", "codigo", "no_empleado"),
        ),
        Column("full_name", required=True, en=("employee_name", "name"), es=("nombre",)),
        Column("department", es=("departamento",)),
        Column("position", es=("puesto",)),
        Column("labour_class", Choice(), en=("labor_class",), es=("clase",)),
        Column("is_support_billed", YesNo(), en=("support_billed",), es=("apoyo_facturado",)),
        Column("is_support_included", YesNo(), en=("support_included",), es=("apoyo_incluido",)),
        ACTIVE,
        *(
            replace(each, shown_to=Action.EMPLOYEES_PROTECTED)
            for each in (
                Column("hire_date", Date(), es=("fecha_ingreso",)),
                Column("phone", es=("telefono",)),
                Column("email", es=("correo",)),
                Column("hourly_rate", Number(), es=("tarifa_hora",)),
            )
        ),
    )  # fmt: skip


@register
class LineAssignmentImport(EntityImport):
    model = LineAssignment
    columns = (
        Column(
            "employee", Lookup("plant.Employee"), required=True,
            en=("employee_code", "employee_id"), es=("empleado", "no_empleado"),
        ),
        required(LINE),
        SHIFT,
        Column("allocation_pct", Number(), en=("allocation",), es=("asignacion",)),
        Column("is_primary", YesNo(), en=("primary",), es=("principal",)),
        required(VALID_FROM),
        VALID_TO,
    )  # fmt: skip

    def fields_of(self, row: FileRow) -> dict[str, Any]:
        return with_validity(super().fields_of(row), row)
