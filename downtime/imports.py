"""Stops, and the reasons for them, from files."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from clients.imports import Column, EntityImport, register
from clients.imports.values import Choice, Code, Hours, Lookup, Whole, YesNo
from downtime.models import DowntimeEvent, DowntimeReason
from machines.imports import MACHINE
from plant.importing import (
    ENDED_AT,
    JOB,
    LINE,
    NOTES,
    SHIFT,
    SHIFT_DATE,
    STARTED_AT,
    WORK_ORDER,
    ShopFloorImport,
    required,
    to_minutes,
)

REASON_WORDS = {
    "SETUP": "SETUP_CHANGEOVER",
    "CHANGEOVER": "SETUP_CHANGEOVER",
    "CHANGEOVER_SETUP": "SETUP_CHANGEOVER",
    "CAMBIO": "SETUP_CHANGEOVER",
    "QC_HOLD": "QUALITY_HOLD",
    "MAINTENANCE_SCHEDULED": "MAINTENANCE",
    "MANTENIMIENTO": "MAINTENANCE",
}


@register
class DowntimeReasonImport(EntityImport):
    model = DowntimeReason
    columns = (
        Column(
            "code", Code(), required=True, en=("reason", "downtime_reason"), es=("codigo", "motivo")
        ),
        Column("name", required=True, es=("nombre",)),
        Column("parent", Lookup("downtime.DowntimeReason"), en=("group",), es=("grupo",)),
        Column("loss_class", Choice(), es=("clase_perdida",)),
        Column("planned", YesNo(), es=("planeado",)),
        Column("counts_in_availability", YesNo(), es=("cuenta_disponibilidad",)),
        Column("root_cause", Choice(), es=("causa_raiz", "causa")),
        Column("sort_order", Whole(), en=("order",), es=("posicion",)),
        Column("active", YesNo(), es=("activo",)),
    )


@register
class DowntimeEventImport(ShopFloorImport):
    model = DowntimeEvent
    defaults = {"event_no": 1}
    instants = ("started_at", "ended_at")
    any_of = (("line", "work_order", "machine"), ("minutes", "hours", "started_at"))
    columns = (
        required(SHIFT_DATE),
        LINE,
        WORK_ORDER,
        JOB,
        MACHINE,
        required(SHIFT),
        Column(
            "minutes", Whole(), en=("duration", "downtime_duration_minutes"),
            es=("duracion", "minutos"), sum=True,
        ),
        Column(
            "hours", Hours(), en=("duration_hours",), es=("horas",), field="minutes",
            convert=to_minutes, sum=True,
        ),
        STARTED_AT,
        ENDED_AT,
        Column(
            "reason", Lookup("downtime.DowntimeReason", words=REASON_WORDS),
            en=("downtime_reason", "downtime_category"), es=("motivo", "razon"),
        ),
        Column("reason_detail", en=("detail",), es=("detalle", "descripcion")),
        Column("scope", Choice(), es=("alcance",)),
        Column("stations_affected", Whole(), en=("stations",), es=("estaciones",)),
        Column("event_no", Whole(), en=("event",), es=("evento",)),
        Column(
            "responsible", Lookup("plant.Employee", shared=True), en=("responsible_person",),
            es=("responsable",),
        ),
        Column("resolved", YesNo(), en=("is_resolved",), es=("resuelto",)),
        Column("root_cause", Choice(), en=("root_cause_category", "cause"),
               es=("causa", "causa_raiz")),
        Column(
            "corrective_action", en=("action", "resolution_notes"),
            es=("accion", "accion_correctiva"),
        ),
        NOTES,
    )  # fmt: skip

    def warnings(self, rows: list[Any]) -> Iterable[str]:
        yield from super().warnings(rows)
        without = [row for row in rows if row.reason_id is None]
        if without:
            yield f"Without a reason: {len(without)}. These stops count as unassigned."
