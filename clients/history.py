"""The history of one row, as people read it."""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db.models import DateTimeField, QuerySet

from clients.models import AuditEntry
from clients.references import code_name
from clients.roles import Action
from clients.rows import ClientRow
from clients.scope import current_scope

MASKED = "•••"
NOTHING = "–"
AT_ONCE = 100
# What came in by which way; the words of the audit.
SOURCES = {
    "MANUAL": "page",
    "FILE": "file",
    "SHEET": "sheet",
    "BULK": "sheet",
    "API": "API",
    "SYSTEM": "system",
    "SIGN-IN": "sign-in page",
}
# The page says of which row and client it tells, and each entry who wrote it.
NEVER_SHOWN = {"id", "client", "created_by", "updated_by", "version"}

# What became of a row, beside what the row itself tells.
TOLD = {"voided_at", "voided_by", "void_reason", "verified_at", "verified_by"}

Names = dict[tuple[Any, int], str]


@dataclass(frozen=True)
class Change:
    label: str
    old: str
    new: str
    name: str = ""


@dataclass(frozen=True)
class Words:
    """How kept values are told: codes in the place of ids, instants in a zone."""

    names: Names = field(default_factory=dict)
    zone: datetime.tzinfo | None = None

    def of(self, column: Any, value: Any) -> str:
        target = _target(column)
        if target is not None and isinstance(value, int) and (target, value) in self.names:
            return self.names[target, value]
        if self.zone and isinstance(column, DateTimeField) and isinstance(value, str):
            instant = datetime.datetime.fromisoformat(value).astimezone(self.zone)
            return f"{instant:%Y-%m-%d %H:%M}"
        return _text(column, value)


@dataclass(frozen=True)
class Entry:
    id: int
    occurred_at: datetime.datetime
    actor: str
    action: str
    reason: str
    source: str
    changes: list[Change]


@dataclass(frozen=True)
class History:
    """One page of entries, newest first; `older` is where the next page goes on, or None."""

    entries: list[Entry]
    older: int | None = None


def history_of(
    row: Any,
    hidden: set[str],
    *,
    shown: Collection[str] | None = None,
    zone: datetime.tzinfo | None = None,
    before: int | None = None,
) -> History:
    """At most a hundred entries; values of hidden fields are masked, and of fields that are not
    among `shown` nothing is said. Instants are told in the zone, without one as they are kept.
    `before` is the `older` of the page above."""
    kept = _entries(type(row), row.pk)
    if isinstance(row, ClientRow):
        kept = kept.filter(client_id=row.client_id)
    if before is not None:
        kept = kept.filter(pk__lt=before)
    found = list(kept.order_by("-pk")[: AT_ONCE + 1])
    page = found[:AT_ONCE]
    words = Words(names_of(type(row), [entry.changes for entry in page]), zone)
    entries = [_read(row, entry, hidden, shown, words) for entry in page]
    return History(entries, page[-1].pk if len(found) > AT_ONCE else None)


def told_by(serializer: Any) -> set[str]:
    """Fields that a history says something of: what the row itself tells this caller, and what
    became of it."""
    told = set(serializer.data)
    return TOLD | {field.source for name, field in serializer.fields.items() if name in told}


def gone(model: Any, key: int) -> Any:
    """A row that was deleted, with its id and its client alone, for whoever wrote rows beside it.

    None for a row that is there, and where the role in its client opens no history of it.
    """
    last = _entries(model, key).order_by("-pk").first()
    if last is None or last.action != AuditEntry.Kind.DELETE:
        return None
    if not current_scope().may(Action.USE_ADMIN, last.client_id):
        return None
    return model(pk=key, client_id=last.client_id)


def page_asked(text: str | None) -> int | None:
    """The number of an entry as an address names it; anything else begins at the newest."""
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) < 19 else None


def _entries(model: Any, key: int) -> QuerySet[AuditEntry]:
    return AuditEntry.of_platform.filter(table_name=model._meta.db_table, row_id=key)


def _read(
    row: Any, entry: AuditEntry, hidden: set[str], shown: Collection[str] | None, words: Words
) -> Entry:
    return Entry(
        id=entry.pk,
        occurred_at=entry.occurred_at,
        actor=entry.actor_name or "system",
        action=entry.get_action_display(),
        reason=entry.reason,
        source=SOURCES.get(entry.source, entry.source.lower()),
        changes=changes_of(type(row), entry.changes, words, hidden, shown),
    )


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


def changes_of(
    model: Any,
    changes: dict[str, list[Any]],
    words: Words,
    hidden: Collection[str] = (),
    shown: Collection[str] | None = None,
) -> list[Change]:
    """What one entry says of the columns of a model, in the words of its forms."""
    said = []
    for column, (old, new) in sorted(changes.items()):
        field = _field(model, column)
        name = field.name if field is not None else column
        if name in NEVER_SHOWN or (shown is not None and name not in shown):
            continue
        label = str(field.verbose_name) if field is not None else column
        if name in hidden:
            said.append(Change(label, MASKED, MASKED, name))
            continue
        was, becomes = (words.of(field, value) for value in (old, new))
        if (was, becomes) != (NOTHING, NOTHING):  # no value and an empty text are told alike
            said.append(Change(label, was, becomes, name))
    return said


def names_of(model: Any, changes: Iterable[dict[str, list[Any]]]) -> Names:
    """The codes of the rows that entries refer to, read inside the scope: one query per kind."""
    wanted: dict[Any, set[int]] = defaultdict(set)
    for each in changes:
        for column, values in each.items():
            target = _target(_field(model, column))
            if target is not None:
                wanted[target] |= {value for value in values if isinstance(value, int)}
    found: Names = {}
    for target, keys in wanted.items():
        name = _called(target)
        rows = getattr(target, "with_voided", target._default_manager)
        read = rows.filter(pk__in=keys).values_list("pk", name) if keys and name else []
        found |= {(target, key): str(text) for key, text in read}
    return found


def _target(field: Any) -> Any:
    """The model whose code stands for a reference; none for one that people have no word for."""
    if field is None or not field.is_relation or field.name in NEVER_SHOWN:
        return None
    return field.related_model if _called(field.related_model) else None


def _called(model: Any) -> str:
    if issubclass(model, ClientRow):
        return code_name(model)
    return str(getattr(model, "USERNAME_FIELD", "")) or code_name(model)


def _field(model: Any, column: str) -> Any:
    for name in (column, column.removesuffix("_id")):
        try:
            return model._meta.get_field(name)
        except FieldDoesNotExist:
            continue
    return None


def _text(field: Any, value: Any) -> str:
    if value is None or value == "":
        return NOTHING
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | dict) or field is None or not getattr(field, "choices", None):
        return str(value)
    return str(dict(field.flatchoices).get(value, value))
