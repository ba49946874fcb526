"""Floater assignments and required heads from files; and the column `covered_by` of attendance."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from operator import attrgetter
from typing import Any

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import OuterRef, Subquery

from attendance.models import AttendanceRecord
from clients.imports import Column, Companion, EntityImport, extend, register
from clients.imports.entities import with_validity
from clients.imports.rows import FileRow
from clients.imports.values import CLEAR, Instant, Lookup, Text, Whole
from clients.roles import Action
from clients.scope import current_scope
from plant import clock
from plant.importing import (
    LINE,
    SHIFT,
    SHIFT_DATE,
    VALID_FROM,
    VALID_TO,
    ShopFloorImport,
    required,
)
from plant.models import Employee, Shift
from staffing.models import ShiftCoverage, StaffingRequirement
from staffing.models.staffing import WHOLE_HEADS

MAY_NOT_ASSIGN = "Your role in this client does not allow you to assign floaters."
PERSON = ("employee_code", "employee_id")
PERSON_ES = ("empleado", "codigo", "no_empleado")


class FloaterLookup(Lookup):
    """The code of a person of the shared pool; any other one is as unknown as none."""

    what = "floating employee"

    def __init__(self) -> None:
        super().__init__("plant.Employee", shared=True)

    def choose(self, candidates: list[Any], values: dict[str, Any]) -> Any:
        return next((each for each in candidates if each.is_pool), None)

    def among(self, rows: Any) -> Any:
        return rows.filter(client__isnull=True, active=True)


COVERS = Column(
    "covers", Lookup("plant.Employee", shared=True), field=None, reads=("covers__employee__code",),
    en=("covered_employee",), es=("cubre_a",),
)  # fmt: skip


@register
class ShiftCoverageImport(ShopFloorImport):
    model = ShiftCoverage
    any_of = ()
    instants = ("from", "to")
    # What is free is the database's to say, also of two rows of one file.
    on_trial = True
    shown_in = {"during": "from", "covers": "covers", "hours": "from"}
    columns = (
        Column("employee", FloaterLookup(), required=True, en=PERSON, es=PERSON_ES),
        required(SHIFT_DATE),
        required(LINE),
        required(SHIFT),
        Column(
            "from",
            Instant(),
            en=("start", "started_at"),
            es=("desde", "inicio"),
            field=None,
            reads=("during",),
            stated=attrgetter("lower"),
        ),
        Column(
            "to",
            Instant(),
            en=("end", "ended_at"),
            es=("hasta", "fin"),
            field=None,
            reads=("during",),
            stated=attrgetter("upper"),
        ),
        COVERS,
        Column("note", Text(), en=("notes", "remarks"), es=("notas", "comentario")),
    )

    def complete(self, rows: Sequence[FileRow]) -> None:
        """The records of the covered people, of all rows at once."""
        naming = [row for row in rows if isinstance(row.values.get("covers"), Employee)]
        if not naming:
            return
        records = AttendanceRecord.objects.filter(
            employee__in={row.values["covers"].pk for row in naming},
            shift_date__in={
                row.values["shift_date"] for row in naming if "shift_date" in row.values
            },
        )
        found = {
            (each.client_id, each.employee_id, each.shift_date, each.shift_id): each
            for each in records
        }
        for row in naming:
            self._take_record(row, found)

    def _take_record(self, row: FileRow, found: dict[Any, AttendanceRecord]) -> None:
        shift, floater = row.values.get("shift"), row.values.get("employee")
        if not isinstance(shift, Shift) or not isinstance(floater, Employee):
            return
        person = row.values["covers"]
        record = found.get((shift.client_id, person.pk, row.values.get("shift_date"), shift.pk))
        if record is not None:
            row.values["record"] = record
        elif person.pk == floater.pk:
            row.fault("covers", "inconsistent", "A person cannot cover themselves.")
        else:
            row.fault("covers", "inconsistent", f"{floater.code} cannot cover this record.")

    def fields_of(self, row: FileRow) -> dict[str, Any]:
        given = super().fields_of(row)
        if "record" in row.values:
            given["covers"] = row.values["record"]
        elif row.values.get("covers") is CLEAR:
            given["covers"] = CLEAR
        if interval := _interval(row):
            given["during"] = interval
        return given

    def differs(self, stored: Any, name: str, value: Any, row: FileRow) -> bool:
        if name == "during" and value is not None:
            return (stored.starts_at, stored.ends_at) != (value.lower, value.upper)
        return super().differs(stored, name, value, row)

    def stored_like(self, rows: Sequence[Any], client: Any) -> Any:
        return super().stored_like([row for row in rows if row.during], client)


def _interval(row: FileRow) -> DateTimeTZRange | None:
    """From and to, each of them the shift's where the file says nothing."""
    shift, on = row.values.get("shift"), row.values.get("shift_date")
    if not isinstance(shift, Shift) or not isinstance(on, datetime.date):
        return None
    start, end = (row.values.get(name) for name in ("from", "to"))
    ends = [each if isinstance(each, datetime.datetime) else None for each in (start, end)]
    window = clock.window(shift, on, shift.client.zone)
    start, end = ends[0] or window[0], ends[1] or window[1]
    if end <= start:
        row.fault("to", "inconsistent", "The end must be after the start.")
        return None
    return DateTimeTZRange(start, end, "[)")


@register
class StaffingRequirementImport(EntityImport):
    model = StaffingRequirement
    columns = (
        required(LINE),
        required(SHIFT),
        Column(
            "required_headcount", Whole(WHOLE_HEADS),
            required=True, en=("required_employees",), es=("personal_requerido",), sum=True,
        ),
        required(VALID_FROM),
        VALID_TO,
    )  # fmt: skip

    def fields_of(self, row: FileRow) -> dict[str, Any]:
        return with_validity(super().fields_of(row), row)


class CoverageBesideAttendance(ShiftCoverageImport):
    """The coverage of a record that may itself be new, and without a key until it is stored."""

    def differs(self, stored: Any, name: str, value: Any, row: FileRow) -> bool:
        if name == "covers" and value is None:
            return True
        return super().differs(stored, name, value, row)


def _who_covers() -> Subquery:
    """The first of those who stand in for the person."""
    coverages = ShiftCoverage.objects.filter(covers=OuterRef("pk")).order_by("during", "pk")
    return Subquery(coverages.values("employee__code")[:1])


@extend
class CoveredBy(Companion):
    """Who stands in for an absent person is a coverage of the whole shift."""

    extends = "attendance_record"
    columns = (
        Column(
            "covered_by", FloaterLookup(), field=None, companion=True, reads=(_who_covers(),),
            en=("covered_by_employee_id",), es=("cubierto_por",),
        ),
    )  # fmt: skip
    shown_in = {
        "employee": "covered_by",
        "covers": "covered_by",
        "during": "covered_by",
        "from": "covered_by",
        "hours": "covered_by",
        "": "covered_by",
    }

    def entity(self) -> EntityImport:
        return CoverageBesideAttendance()

    def complete(self, rows: Sequence[FileRow]) -> None:
        """Who covers this record already, for however long, need not be sent again."""
        naming = [
            row for row in rows if row.row.pk and isinstance(row.values.get("covered_by"), Employee)
        ]
        if not naming:
            return
        stored = ShiftCoverage.objects.filter(covers__in={row.row.pk for row in naming})
        known = set(stored.order_by().values_list("covers_id", "employee_id"))
        for row in naming:
            if (row.row.pk, row.values["covered_by"].pk) in known:
                del row.values["covered_by"]

    def fields_of(self, row: FileRow) -> dict[str, Any] | None:
        floater, record = row.values.get("covered_by"), row.row
        if not isinstance(floater, Employee):
            return None
        if not current_scope().may(Action.ASSIGN_FLOATERS, record.client_id):
            row.fault("covered_by", "locked", MAY_NOT_ASSIGN)
            return None
        if record.line is None:
            row.fault("covered_by", "required", "Give the line on which the floater works.")
            return None
        given: dict[str, Any] = {
            "employee": floater,
            "shift_date": record.shift_date,
            "shift": record.shift,
            "line": record.line,
            "covers": record,
        }
        window = record.window()
        return {**given, "during": DateTimeTZRange(*window, "[)")} if window else given
