"""The history of one row, as people read it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.core.exceptions import FieldDoesNotExist

from clients.models import AuditEntry

MASKED = "•••"


@dataclass(frozen=True)
class Change:
    label: str
    old: str
    new: str


@dataclass(frozen=True)
class Entry:
    occurred_at: Any
    actor: str
    action: str
    reason: str
    source: str
    changes: list[Change]


def history_of(row: Any, hidden: set[str]) -> list[Entry]:
    """Newest first, at most 200 entries; values of hidden fields are masked."""
    entries = AuditEntry.objects.filter(
        client_id=row.client_id, table_name=row._meta.db_table, row_id=row.pk
    ).order_by("-occurred_at", "-pk")[:200]
    return [
        Entry(
            occurred_at=entry.occurred_at,
            actor=entry.actor_name or "system",
            action=entry.get_action_display(),
            reason=entry.reason,
            source=entry.source,
            changes=_changes(row, entry.changes, hidden),
        )
        for entry in entries
    ]


def changed_set(before: Any, after: Any, hidden: set[str]) -> list[Change]:
    """What a save changed in the fields that people fill, old and new."""
    return [
        Change(str(field.verbose_name), *_both(before, after, field, field.name in hidden))
        for field in after._meta.concrete_fields
        if field.editable and getattr(before, field.attname) != getattr(after, field.attname)
    ]


def _both(before: Any, after: Any, field: Any, is_hidden: bool) -> tuple[str, str]:
    if is_hidden:
        return MASKED, MASKED
    if field.is_relation:
        return tuple(_text(None, getattr(row, field.name)) for row in (before, after))  # type: ignore[return-value]
    return _text(field, getattr(before, field.attname)), _text(field, getattr(after, field.attname))


def _changes(row: Any, changes: dict[str, list[Any]], hidden: set[str]) -> list[Change]:
    shown = []
    for column, (old, new) in sorted(changes.items()):
        field = _field(row, column)
        if field is not None and field.name in hidden:
            old = new = MASKED
        label = str(field.verbose_name) if field is not None else column
        shown.append(Change(label, _text(field, old), _text(field, new)))
    return shown


def _field(row: Any, column: str) -> Any:
    for name in (column, column.removesuffix("_id")):
        try:
            return row._meta.get_field(name)
        except FieldDoesNotExist:
            continue
    return None


def _text(field: Any, value: Any) -> str:
    if value is None or value == "":
        return "–"
    if isinstance(value, list | dict) or field is None or not field.choices:
        return str(value)
    return str(dict(field.flatchoices).get(value, value))
