"""Attendance and absence types from files, sheets and bulk requests."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from decimal import Decimal
from typing import Any

from django.db.models import Case, F, OuterRef, QuerySet, Subquery, When
from django.utils import timezone

from attendance import hours
from attendance.marks import Mark, Presence, mark_for
from attendance.models import AbsenceType, AttendanceRecord, Category, HourAllocation
from attendance.models.allocations import allocated_sentence
from attendance.models.records import type_is_open
from attendance.sets import REPLACED, settled
from clients.imports import Column, Companion, EntityImport, extend, register
from clients.imports.rows import FileRow, shown
from clients.imports.values import CLEAR, Choice, Code, Hours, Lookup, Time, YesNo
from clients.models import Client
from clients.roles import Action
from clients.scope import current_scope
from plant.importing import LINE, NOTES, SHIFT, SHIFT_DATE, ShopFloorImport, required

NOT_OPEN = "Your role does not open this field."
# Both languages, with and without the accent, and the word of the presence itself.
WORDS = {mark.label("es").upper(): mark.name for mark in Mark}
WORDS |= {"MEDIO DIA": "HALF_DAY", "MEDIO_DIA": "HALF_DAY", "PARTIAL": "HALF_DAY"}
MARKS = Choice([(mark.name, mark.label()) for mark in Mark], WORDS, "mark")


@register
class AbsenceTypeImport(EntityImport):
    model = AbsenceType
    columns = (
        Column("code", Code(), required=True, en=("absence_type",), es=("codigo", "tipo_ausencia")),
        Column("name", required=True, es=("nombre",)),
        Column("counts_in_absenteeism", YesNo(), es=("cuenta_en_ausentismo",)),
        Column("leaves_schedule", YesNo(), es=("sale_del_horario",)),
        Column("counts_in_bradford", YesNo(), es=("cuenta_en_bradford",)),
        Column("active", YesNo(), es=("activo",)),
    )


def two_places(value: Any) -> Any:
    return hours.rounded(value) if isinstance(value, Decimal) else value


def of_hours(name: str, en: tuple[str, ...] = (), es: tuple[str, ...] = ()) -> Column:
    return Column(name, Hours(), en=en, es=es, convert=two_places, sum=True)


def type_to_show() -> Case:
    """The code of the absence type where the user may know it; others read "absent"."""
    return Case(When(type_is_open(), then=F("absence_type__code")), default=None)


def marked(presence: str, is_late: bool, absence_type: str | None) -> str:
    return mark_for(presence, is_late=is_late, absence_type=absence_type or "").name


@register
class AttendanceRecordImport(ShopFloorImport):
    model = AttendanceRecord
    # Absence types of shifts that are closed by now stand in them.
    quoted_to = Action.SEE_ABSENCE_TYPES
    any_of = ()
    columns = (
        Column(
            "employee", Lookup("plant.Employee", shared=True), required=True,
            en=("employee_code", "employee_id"), es=("empleado", "codigo", "no_empleado"),
        ),
        required(SHIFT_DATE),
        LINE,
        required(SHIFT),
        Column(
            "mark", MARKS, en=("status", "attendance"), es=("estado", "asistencia"), field=None,
            reads=("presence", "is_late", type_to_show), stated=marked,
        ),
        of_hours("scheduled_hours", ("scheduled",), ("horas_programadas",)),
        of_hours("actual_hours", ("actual", "actual_hours_worked"), ("horas_trabajadas",)),
        Column(
            "absence_type", Lookup("attendance.AbsenceType"), en=("absence_reason",),
            es=("tipo_ausencia",), reads=(type_to_show,),
        ),
        Column("is_late", YesNo(), en=("late",), es=("retardo",)),
        Column("is_early_departure", YesNo(), en=("early",), es=("salida_temprana",)),
        Column("arrival_time", Time(), en=("in",), es=("entrada",)),
        Column("departure_time", Time(), en=("out",), es=("salida",)),
        of_hours("normal_hours", ("regular_hours",), ("horas_normales",)),
        of_hours("double_hours", ("overtime_2x",), ("horas_dobles",)),
        of_hours("triple_hours", ("overtime_3x",), ("horas_triples",)),
        Column(
            "labour_class", Choice(), en=("labor_class", "labor_class_override"), es=("clase",),
            field="labour_class_override",
        ),
        NOTES,
    )  # fmt: skip
    shown_in = {"presence": "mark"}

    def complete(self, rows: Sequence[FileRow]) -> None:
        """The absence types that marks name, of all rows at once."""
        naming = [row for row in rows if _named_type(row)]
        if not naming:
            return
        codes = {_named_type(row) for row in naming}
        known = {each.code: each for each in AbsenceType.objects.filter(code__in=codes)}
        for row in naming:
            code = _named_type(row)
            if code in known:
                row.values["absence_type"] = known[code]
            else:
                row.fault("mark", "unknown_code", f"Unknown absence type “{code}”.")

    def fields_of(self, row: FileRow) -> dict[str, Any]:
        given = super().fields_of(row)
        mark = row.values.get("mark")
        if isinstance(mark, str):
            given["presence"] = Mark[mark].presence
            given.setdefault("is_late", Mark[mark].is_late)
        return given

    def prepare(self, rows: list[Any]) -> list[Any]:
        """Without a mark, hours and absence type of a new row say who was there."""
        unsaid = [row for row in rows if not row.presence]
        for row in unsaid:
            if row.actual_hours:
                row.presence = Presence.PRESENT
            elif row.absence_type_id or row.actual_hours == 0:
                row.presence = Presence.ABSENT
        made = super().prepare(rows)
        for row in unsaid:
            if row.presence == Presence.PRESENT and row.actual_hours < (row.scheduled_hours or 0):
                row.presence = Presence.PARTIAL
        return made

    def differs(self, stored: Any, name: str, value: Any, row: FileRow) -> bool:
        """The type of a closed shift is neither changed nor compared for those who may not
        know it: "same" and "changed" would tell it."""
        if name != "absence_type" or stored.may_see_type() or stored.presence == Presence.PRESENT:
            return super().differs(stored, name, value, row)
        column = "absence_type" if "absence_type" in row.cells else "mark"
        row.fault(column, "locked", NOT_OPEN)
        return False

    def matched(self, row: FileRow) -> None:
        if _gives_allocation(row):
            # Judged together with the new set, not with the one that it replaces.
            row.row.allocated = Decimal(0)

    def twice(self, row: Any, number: int) -> str:
        return f"{row.employee.code} is already recorded in this shift."

    def writing(self) -> AbstractContextManager[None]:
        return settled()


def _named_type(row: FileRow) -> str:
    """The type that the mark names, unless the row has one of its own."""
    mark = row.values.get("mark")
    if not isinstance(mark, str) or row.values.get("absence_type") not in (None, CLEAR):
        return ""
    return Mark[mark].absence_type


class HourAllocationImport(EntityImport):
    """Parts of attendance records; they come in with their record only."""

    model = HourAllocation
    on_trial = False

    def key_of(self, row: Any) -> tuple[Any, ...]:
        return row.record_id or ("new", id(row.record)), row.category

    def stored_like(self, rows: Sequence[Any], client: Client | None) -> QuerySet[Any]:
        records = {row.record_id for row in rows if row.record_id}
        stored = HourAllocation.objects.filter(client=client, record__in=records)
        return stored.select_related("record__client").order_by("pk")

    def prepare(self, rows: list[Any]) -> list[Any]:
        for row in rows:
            if row.void_reason and row.voided_at is None:
                row.voided_at, row.voided_by = timezone.now(), current_scope().user
        return super().prepare(rows)


ALLOCATION = {
    Category.BILLED_PRODUCTION: ("billed_production_hours", ("billed_hours",), "horas_facturadas"),
    Category.UNBILLED_PRODUCTION: ("unbilled_production_hours", (), "horas_no_facturadas"),
    Category.TRAINING: ("training_hours", (), "capacitacion"),
    Category.MEETING: ("meeting_hours", (), "junta"),
    Category.IDLE_WAIT: ("idle_wait_hours", (), "espera"),
    Category.OTHER_NONPRODUCTIVE: ("other_nonproductive_hours", (), "otras_no_productivas"),
    Category.PAID_LEAVE: ("paid_leave_hours", (), "permiso_pagado"),
    Category.MEDICAL: ("medical_hours", (), "medico"),
}
COLUMN_OF = {category: name for category, (name, _en, _es) in ALLOCATION.items()}


def _gives_allocation(row: FileRow) -> bool:
    return any(isinstance(row.values.get(name), Decimal) for name in COLUMN_OF.values())


def _allocated_to(category: Category) -> Subquery:
    parts = HourAllocation.objects.filter(record=OuterRef("pk"), category=category)
    return Subquery(parts.order_by().values("hours")[:1])


@extend
class Allocation(Companion):
    """One column per category. A row that gives one of them gives the whole set."""

    extends = "attendance_record"
    is_part = True
    columns = tuple(
        Column(
            name, Hours(), en=en, es=(es,), field=None, sum=True, reads=(_allocated_to(category),)
        )
        for category, (name, en, es) in ALLOCATION.items()
    )

    def entity(self) -> EntityImport:
        return HourAllocationImport()

    def complete(self, rows: Sequence[FileRow]) -> None:
        records = {row.row.pk: row.row for row in rows if row.row.pk and _gives_allocation(row)}
        parts = HourAllocation.objects.filter(record__in=records) if records else ()
        for part in parts:
            records[part.record_id].allocated_to = {
                *records[part.record_id].allocated_to, part.category,
            }  # fmt: skip

    def fields_of(self, row: FileRow) -> list[dict[str, Any]] | None:
        if not _gives_allocation(row):
            return None
        record = row.row
        # An allocation of no hours is none.
        given = {
            category: two_places(value)
            for category, name in COLUMN_OF.items()
            if isinstance(value := row.values.get(name), Decimal) and value != 0
        }
        total = sum(given.values(), Decimal(0))
        if record.actual_hours is not None and total > record.actual_hours:
            first = next(COLUMN_OF[category] for category in given)
            row.fault(first, "inconsistent", allocated_sentence(total, record.actual_hours))
            return None
        kept = [
            {"record": record, "category": category, "hours": worked}
            for category, worked in given.items()
        ]
        left = [
            {"record": record, "category": category, "void_reason": REPLACED}
            for category in sorted(record.allocated_to)
            if category not in given
        ]
        return kept + left

    def columns_of(self, row: FileRow, child: FileRow) -> list[str]:
        return [COLUMN_OF[child.given["category"]]]

    def column_of(self, name: str, child: FileRow) -> str:
        return COLUMN_OF[child.given["category"]]

    def changes_of(self, child: FileRow) -> dict[str, tuple[str, str]]:
        if not child.changes:
            return {}
        was = shown(child.before["hours"])
        now = "" if child.row.voided_at else shown(child.row.hours)
        return {COLUMN_OF[child.given["category"]]: (was, now)}
