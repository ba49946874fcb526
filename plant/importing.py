"""Columns that several entities share, and what rows of the shop floor have in common in files."""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal
from operator import attrgetter
from typing import Any, ClassVar

from clients.imports import Column, EntityImport
from clients.imports.errors import Unreadable
from clients.imports.rows import FileRow
from clients.imports.values import Date, Instant, Lookup, Text, Whole, local_instant
from clients.periods import first_day, last_day
from plant.models import LineShift, Shift


class ShiftLookup(Lookup):
    """A code may stand for a shift of one line and for another one of all lines."""

    def __init__(self) -> None:
        super().__init__("plant.Shift")

    def choose(self, candidates: list[Any], values: dict[str, Any]) -> Any:
        line_id = line_of(values)
        own = [each for each in candidates if each.line_id == line_id]
        of_all = [each for each in candidates if each.line_id is None]
        return (own or of_all or candidates)[0]


def line_of(values: dict[str, Any]) -> int | None:
    """The line of a row as its model will find it: given, else of the machine, else planned."""
    if hasattr(values.get("line"), "pk"):
        return int(values["line"].pk)
    for name in ("machine", "work_order"):
        line_id = getattr(values.get(name), "line_id", None)
        if line_id:
            return int(line_id)
    return None


def from_minutes(minutes: Any) -> Any:
    return _six_places(minutes / 60) if isinstance(minutes, Decimal) else minutes


def from_seconds(seconds: Any) -> Any:
    return _six_places(seconds / 3600) if isinstance(seconds, Decimal) else seconds


def to_minutes(hours: Any) -> Any:
    if not isinstance(hours, Decimal):
        return hours
    return int((hours * 60).quantize(Decimal(1), ROUND_HALF_UP))


def _six_places(hours: Decimal) -> Decimal:
    return hours.quantize(Decimal("0.000001"), ROUND_HALF_UP)


def required(column: Column) -> Column:
    return replace(column, required=True)


# The line before the shift: the code of a shift is looked up for its line.
LINE = Column("line", Lookup("plant.Line"), en=("line_code", "production_line"), es=("linea",))
SHIFT = Column("shift", ShiftLookup(), en=("shift_code", "shift_name"), es=("turno",))
SHIFT_DATE = Column(
    "shift_date", Date(),
    en=("date", "production_date", "attendance_date", "inspection_date"),
    es=("fecha", "fecha_turno", "fecha_produccion"),
)  # fmt: skip
WORK_ORDER = Column(
    "work_order", Lookup("plant.WorkOrder", "number"),
    en=("order", "wo", "work_order_id", "work_order_number"),
    es=("orden", "orden_trabajo", "orden_de_trabajo", "ot"),
)  # fmt: skip
JOB = Column(
    "job", Lookup("plant.Job"), en=("job_code", "job_id", "line_item"), es=("partida", "trabajo")
)
PART = Column("part", Lookup("plant.Part"), en=("part_number", "part_code"),
              es=("numero_parte", "parte"))  # fmt: skip
STYLE = Column("style", Lookup("plant.Style"), en=("style_model", "model", "family"),
               es=("estilo", "modelo"))  # fmt: skip
OPERATION = Column(
    "operation", Lookup("plant.Operation"),
    en=("operation_checked", "process_step", "process"), es=("operacion", "proceso"),
)  # fmt: skip
STARTED_AT = Column("started_at", Instant(), en=("start", "from"), es=("inicio", "desde"))
ENDED_AT = Column("ended_at", Instant(), en=("end", "to"), es=("fin", "hasta"))
NOTES = Column("notes", Text(), en=("remarks",), es=("notas", "comentario"))
# Filled by `with_validity`.
VALID_FROM = Column(
    "valid_from", Date(), en=("effective_date",), es=("vigente_desde",), field=None,
    reads=("valid",), stated=first_day,
)  # fmt: skip
VALID_TO = Column(
    "valid_to", Date(), es=("vigente_hasta",), field=None, reads=("valid",), stated=last_day
)


def number_column(name: str, en: tuple[str, ...], es: tuple[str, ...]) -> Column:
    return Column(name, Whole(), en=en, es=es)


class ShopFloorImport(EntityImport):
    """Rows with a business date and a shift: times of day fall into the shift's window, and the
    line-shifts that the rows make are taken back with them."""

    any_of: ClassVar[tuple[tuple[str, ...], ...]] = (("line", "work_order"),)
    instants: ClassVar[tuple[str, ...]] = ()
    day: ClassVar[str] = "shift_date"
    # Breaks make the planned minutes of a line-shift; assignments say where a person works.
    rests_on: ClassVar[tuple[str, ...]] = (
        "plant.ShiftBreak", "plant.CalendarDay", "plant.Standard", "plant.LineAssignment",
    )  # fmt: skip
    # Its models say in Python all that the database would say: a preview need not try.
    on_trial = False

    def fields_of(self, row: FileRow) -> dict[str, Any]:
        for name in self.instants:
            self._place(row, name)
        return super().fields_of(row)

    def _place(self, row: FileRow, name: str) -> None:
        clock, shift, on = (row.values.get(each) for each in (name, "shift", "shift_date"))
        if not isinstance(clock, datetime.time):
            return
        del row.values[name]
        if not isinstance(shift, Shift) or not isinstance(on, datetime.date):
            if not row.faults:
                row.fault(name, "time_format", "A time of day needs the shift and its date.")
            return
        day = on
        if shift.end_time < shift.start_time and clock < shift.start_time:
            day = on + datetime.timedelta(days=1)
        try:
            naive = datetime.datetime.combine(day, clock)
            row.values[name] = local_instant(naive, shift.client.zone)
        except Unreadable as error:
            row.unreadable(name, error)

    def prepare(self, rows: list[Any]) -> list[Any]:
        dates = {row.shift_date for row in rows if isinstance(row.shift_date, datetime.date)}
        stored = LineShift.objects.filter(shift_date__in=dates).order_by()
        before = set(stored.values_list("pk", flat=True))
        super().prepare(rows)
        made = {row.line_shift_id: row.line_shift for row in rows if row.line_shift_id}
        return [made[pk] for pk in made if pk not in before]

    def warnings(self, rows: list[Any]) -> Iterable[str]:
        yield from self.likely_duplicates(rows)

    # The figure in which two captures of the same work would agree by mistake.
    figure: ClassVar[str] = ""

    def likely_duplicates(self, rows: list[Any]) -> Iterable[str]:
        """Same key but for the number, and the same figure."""
        if not self.figure:
            return
        alike_in = attrgetter(*self.model.key_names(), self.figure)
        alike: dict[Any, list[Any]] = defaultdict(list)
        for row in rows:
            alike[alike_in(row)].append(row)
        for same in alike.values():
            if len(same) > 1:
                yield f"{same[0]}: {len(same)} rows with the same {self.figure.replace('_', ' ')}."
