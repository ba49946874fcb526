"""Holds, and the reasons for them, from files."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import Any

from django.utils import timezone

from clients.imports import Column, EntityImport, register
from clients.imports.errors import NEEDS_A_VALUE, Unreadable
from clients.imports.rows import FileRow
from clients.imports.values import (
    CLEAR,
    Code,
    Date,
    Instant,
    Kind,
    Lookup,
    Reading,
    Time,
    Whole,
    YesNo,
    local_instant,
)
from clients.models import Client
from clients.permissions import may
from clients.roles import Action
from holds import flow
from holds.models import HoldReason, HoldState, WIPHold
from plant.importing import JOB, LINE, NOTES, WORK_ORDER, required
from plant.models import WorkOrder

REASON_WORDS = {
    "MATERIAL": "MATERIAL_INSPECTION",
    "QUALITY": "QUALITY_ISSUE",
    "ENGINEERING": "ENGINEERING_REVIEW",
    "CUSTOMER": "CUSTOMER_REQUEST",
    "MISSING_SPEC": "MISSING_SPECIFICATION",
    "EQUIPMENT": "EQUIPMENT_UNAVAILABLE",
    "CAPACITY": "CAPACITY_CONSTRAINT",
}
NO_RESUME = "Your role does not resume holds. Leave the resume out."
NOT_TAKEN_BACK = "A resume is not taken back by a file."


class DayOrInstant(Kind):
    """A day alone stands for its beginning, in the client's zone."""

    hint = "YYYY-MM-DD HH:MM"

    def parse(self, text: str, cell: Any, reading: Reading) -> Any:
        if ":" not in text:
            return Date().parse(text, cell, reading)
        found = Instant().parse(text, cell, reading)
        if isinstance(found, datetime.time):
            raise Unreadable("time_format", "Not a time in the form YYYY-MM-DD HH:MM.")
        return found


@register
class HoldReasonImport(EntityImport):
    model = HoldReason
    columns = (
        Column("code", Code(), required=True, en=("hold_reason", "reason"),
               es=("codigo", "motivo")),
        Column("name", required=True, es=("nombre",)),
        Column("sort_order", Whole(), en=("order",), es=("posicion",)),
        Column("active", YesNo(), es=("activo",)),
    )  # fmt: skip


@register
class WIPHoldImport(EntityImport):
    """A row stands at once where its writer may decide, and asks for it otherwise."""

    model = WIPHold
    any_of = (("held_at", "held_date"),)
    columns = (
        required(WORK_ORDER),
        JOB,
        Column("held_at", DayOrInstant(), en=("held_since",), es=("retenido_desde",)),
        Column("held_date", DayOrInstant(), en=("hold_date",), es=("fecha_retencion",), field=None),
        Column("held_time", Time(), en=("hold_time",), es=("hora_retencion",), field=None),
        Column(
            "hold_reason", Lookup("holds.HoldReason", words=REASON_WORDS),
            en=("reason", "hold_category", "hold_reason_category"), es=("motivo", "razon"),
        ),
        Column("reason_detail", en=("detail", "hold_reason_description"),
               es=("detalle", "descripcion")),
        Column("quantity", Whole(), en=("qty", "count"), es=("cantidad",), sum=True),
        LINE,
        Column("location", es=("ubicacion",)),
        Column("expected_resolution_date", Date(), en=("expected",), es=("fecha_esperada",)),
        Column("resumed_at", DayOrInstant(), en=("resume_date",), es=("fecha_liberacion",)),
        NOTES,
    )  # fmt: skip
    shown_in = {"ended_at": "resumed_at", "state": "resumed_at"}

    def complete(self, rows: Sequence[FileRow]) -> None:
        for row in rows:
            order = row.values.get("work_order")
            if isinstance(order, WorkOrder):
                self._place(row, order.client)

    def _place(self, row: FileRow, client: Client) -> None:
        """Days become instants of the client's zone; day and hour may stand in two columns."""
        values = row.values
        if "held_at" not in values and "held_date" in values:
            values["held_at"] = values["held_date"]
        self._instant(row, "held_at", client, values.get("held_time"))
        self._instant(row, "resumed_at", client, None)
        if "held_at" not in values and not {"held_at", "held_date"} & row.faulty_columns:
            row.fault("held_at", "required", NEEDS_A_VALUE)
        if "resumed_at" in values:
            self._judge_resume(row, client)

    def _instant(self, row: FileRow, name: str, client: Client, at: Any) -> None:
        value = row.values.get(name)
        if value is CLEAR and name == "held_at":
            del row.values[name]
        if not isinstance(value, datetime.date) or isinstance(value, datetime.datetime):
            return
        clock = at if isinstance(at, datetime.time) else datetime.time()
        try:
            row.values[name] = local_instant(datetime.datetime.combine(value, clock), client.zone)
        except Unreadable as error:
            del row.values[name]
            row.unreadable("held_time" if at else name, error)

    def _judge_resume(self, row: FileRow, client: Client) -> None:
        start, end = row.values.get("held_at"), row.values["resumed_at"]
        if end is CLEAR:
            row.fault("resumed_at", "inconsistent", NOT_TAKEN_BACK)
        elif not may(Action.HOLD_DECIDE, client.pk):
            row.fault("resumed_at", "locked", NO_RESUME)
        elif isinstance(start, datetime.datetime) and end < start:
            row.fault("resumed_at", "inconsistent", flow.ENDS_BEFORE)
        elif end > timezone.now():
            row.fault("resumed_at", "future_date", flow.ENDS_IN_THE_FUTURE)

    def fields_of(self, row: FileRow) -> dict[str, Any]:
        given = super().fields_of(row)
        ends = given.pop("resumed_at", None)
        if isinstance(ends, datetime.datetime) and not row.faults:
            given |= {"ended_at": ends, "state": HoldState.RESUMED}
        return given

    def prepare(self, rows: list[Any]) -> list[Any]:
        # The orders before their holds, as everybody who touches both locks them.
        orders = {row.work_order_id for row in rows if row.work_order_id}
        list(WorkOrder.objects.filter(pk__in=orders).locked().values_list("pk"))
        return super().prepare(rows)
