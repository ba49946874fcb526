"""Writes what was accepted, in bulk; when the database refuses, finds the rows that it refuses."""

from __future__ import annotations

import datetime
import json
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import DatabaseError, IntegrityError, transaction
from django.db.backends.postgresql.psycopg_any import DateRange

from clients.constraints import sentence_for
from clients.imports.errors import told_by
from clients.imports.rows import CHANGED, NEW, REJECTED, FileRow, Intake
from clients.models import EntryMethod, ImportBatch

ROWS_PER_UPDATE = 500


def write(
    intake: Intake,
    rows: Sequence[FileRow],
    batch: ImportBatch | None,
    method: str = EntryMethod.FILE,
    *,
    update: bool,
) -> list[FileRow]:
    """Store the accepted rows and those beside them; returns the rows that were written."""
    chosen = [row for row in rows if row.state == NEW or (update and row.state == CHANGED)]
    if not chosen:
        return []
    try:
        with transaction.atomic(), intake.entity.writing():
            _store(intake, chosen, batch, method)
    except DatabaseError as error:
        _forget(chosen)
        if len(chosen) == 1:
            _refuse(chosen[0], intake, error)
            return []
        half = len(chosen) // 2
        first = write(intake, chosen[:half], batch, method, update=update)
        return first + write(intake, chosen[half:], batch, method, update=update)
    return chosen


def _store(intake: Intake, rows: Sequence[FileRow], batch: ImportBatch | None, method: str) -> None:
    _store_one_kind(intake, [row for row in rows if _touches(row)], batch, method)
    by_intake: dict[int, tuple[Intake, list[FileRow]]] = {}
    for row in rows:
        for child_intake, child in row.companions:
            if child.state in (NEW, CHANGED):
                by_intake.setdefault(id(child_intake), (child_intake, []))[1].append(child)
    for child_intake, children in by_intake.values():
        for child in children:
            _name_parent(child.row)
        _store_one_kind(child_intake, children, batch, method)


def _name_parent(row: Any) -> None:
    """A row that names one of this very file knows its key only now."""
    for each in row._meta.concrete_fields:
        if each.is_relation and getattr(row, each.attname) is None and each.is_cached(row):
            named = each.get_cached_value(row)
            setattr(row, each.attname, named.pk if named else None)


def _touches(row: FileRow) -> bool:
    """Whether the row itself is written, or only those that accompany it."""
    return row.row._state.adding or altered(row) != {}


def _store_one_kind(
    intake: Intake, rows: Sequence[FileRow], batch: ImportBatch | None, method: str
) -> None:
    new = [row.row for row in rows if row.state == NEW]
    for row in new:
        row.batch, row.entry_method = batch, method
    model = intake.entity.model
    if new:
        model.objects.bulk_create(new)
    changed = [row for row in rows if row.state == CHANGED]
    if changed:
        names = {"batch_id"}
        for row in changed:
            row.row.batch = batch
            names |= altered(row).keys()
        fields = [each.name for each in intake._fields if each.attname in names]
        model.objects.bulk_update([r.row for r in changed], fields, batch_size=ROWS_PER_UPDATE)


def altered(row: FileRow) -> dict[str, Any]:
    """The stored values that the row replaces, those that follow from others included."""
    return {
        name: old
        for name, old in row.before.items()
        if getattr(row.row, name) != old and name not in ("version", "updated_at")
    }


def _forget(rows: Sequence[FileRow]) -> None:
    """The database took nothing: the new rows are new again."""
    for row in rows:
        for each in (row, *(child for _, child in row.companions)):
            if each.state == NEW and each.row is not None:
                each.row.pk, each.row._state.adding = None, True


def _refuse(row: FileRow, intake: Intake, error: DatabaseError) -> None:
    if isinstance(error, IntegrityError) or getattr(error.__cause__, "sqlstate", "") == "P0001":
        told = sentence_for(error)  # type: ignore[arg-type]
    else:
        told = ValidationError("The database refused this row.", code="inconsistent")
    for name, code, sentence in told_by(told):
        row.fault(intake.entity.column_of_field.get(name, name), code, sentence)
    row.state = REJECTED


# Stored values as JSON, for the way back ------------------------------------------------


def as_json(value: Any) -> Any:
    if isinstance(value, DateRange):
        ends = [each.isoformat() if each else None for each in (value.lower, value.upper)]
        return {"range": ends}
    if isinstance(value, (datetime.date, datetime.time)):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value


def from_json(model_field: Any, value: Any) -> Any:
    if isinstance(value, dict) and set(value) == {"range"}:
        of_instants = model_field.get_internal_type() == "DateTimeRangeField"
        kind = datetime.datetime if of_instants else datetime.date
        ends = [kind.fromisoformat(each) if each else None for each in value["range"]]
        return DateRange(*ends, "[)")
    if model_field.get_internal_type() == "JSONField":
        return value
    return model_field.to_python(value)


def old_values(row: FileRow) -> dict[str, Any]:
    old = {name: as_json(value) for name, value in altered(row).items()}
    return json.loads(json.dumps(old, default=str))
