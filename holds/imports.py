"""Holds, and the reasons for them, from files."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

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
NAMES_OF_START = {"held_at", "held_date", "held_time"}
NO_RESUME = "Your role does not resume holds. Leave the resume out."
NOT_TAKEN_BACK = "A resume is not taken back by a file."


class DayOrInstant(Kind):
    """A day alone, or a day with its hour."""

    hint = "YYYY-MM-DD HH:MM"

    def parse(self, text: str, cell: Any, reading: Reading) -> Any:
        if ":" not in text:
            return Date().parse(text, cell, reading)
        found = Instant().parse(text, cell, reading)
        if isinstance(found, datetime.time):
            raise Unreadable("time_format", "Not a time in the form YYYY-MM-DD HH:MM.")
        return found

    def written(self, value: Any, zone: ZoneInfo) -> Any:
        return Instant().written(value, zone)


class Moment(DayOrInstant):
    """A day alone stands for its beginning, in the client's zone."""

    def parse(self, text: str, cell: Any, reading: Reading) -> datetime.datetime:
        return beginning(super().parse(text, cell, reading), datetime.time(), reading.zone)


def resumed(ended_at: datetime.datetime | None, state: str) -> datetime.datetime | None:
    """A scrapped or released hold has ended, but not by a resume."""
    return ended_at if state == HoldState.RESUMED else None


def beginning(found: Any, clock: datetime.time, zone: ZoneInfo) -> datetime.datetime:
    if isinstance(found, datetime.datetime):
        return found
    try:
        return local_instant(datetime.datetime.combine(found, clock), zone)
    except OverflowError:
        raise Unreadable("date_format", "Not a day of the calendar.") from None


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
        Column("held_at", Moment(), en=("held_since",), es=("retenido_desde",)),
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
        Column(
            "resumed_at", Moment(), en=("resume_date",), es=("fecha_liberacion",),
            reads=("ended_at", "state"), stated=resumed,
        ),
        NOTES,
    )  # fmt: skip
    shown_in = {"ended_at": "resumed_at", "state": "resumed_at"}

    def complete(self, rows: Sequence[FileRow]) -> None:
        for row in rows:
            order = row.values.get("work_order")
            if isinstance(order, WorkOrder):
                self._place(row, order.client)

    def _place(self, row: FileRow, client: Client) -> None:
        """Day and hour may stand in two columns."""
        values = row.values
        day, clock = values.get("held_date"), values.get("held_time")
        if values.get("held_at") is CLEAR:
            del values["held_at"]
        if "held_at" not in values and isinstance(day, datetime.date):
            clock = clock if isinstance(clock, datetime.time) else datetime.time()
            try:
                values["held_at"] = beginning(day, clock, client.zone)
            except Unreadable as error:
                row.unreadable("held_time" if "held_time" in values else "held_date", error)
        if "held_at" not in values and not NAMES_OF_START & row.faulty_columns:
            row.fault("held_at", "required", NEEDS_A_VALUE)
        if "resumed_at" in values:
            self._judge_resume(row, client)

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
