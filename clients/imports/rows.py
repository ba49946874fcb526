"""One path for every file, preview and confirm alike: read, look up, match, check, write.

A preview runs it to the end and rolls it back, so that what the database alone can judge is
judged before anybody confirms.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db.backends.postgresql.psycopg_any import DateRange
from django.db.models import Model, TextField

from clients.constraints import broken_rules
from clients.imports.columns import Column
from clients.imports.drafts import Drafts
from clients.imports.entities import Companion, EntityImport
from clients.imports.errors import NEEDS_A_VALUE, Fault, Unreadable, told_by
from clients.imports.lookups import CodeBook
from clients.imports.values import CLEAR, Lookup, Reading, storable, text_of
from clients.models import Client, ClientModel, PartModel
from clients.rows import GIVE_A_REASON
from clients.scope import Scope
from clients.sound import Sound

NEW, CHANGED, SAME, REJECTED, DUPLICATE = "new", "changed", "same", "rejected", "duplicate"
LONGEST_QUOTED = 200


@dataclass(eq=False)
class FileRow:
    """A row of the file, and what became of it."""

    number: int
    cells: dict[str, Any] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    values: dict[str, Any] = field(default_factory=dict)
    given: dict[str, Any] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    row: Any = None
    state: str = NEW
    changes: dict[str, tuple[str, str]] = field(default_factory=dict)
    before: dict[str, Any] = field(default_factory=dict)
    companions: list[tuple[Intake, FileRow]] = field(default_factory=list)
    # Why the change needs a reason, where it does.
    why: str = ""

    def fault(self, column: str, code: str, reason: str, suggestion: str = "") -> None:
        if any(each.column == column and each.reason == reason for each in self.faults):
            return
        value = storable(text_of(self.cells.get(column), Reading(from_export=False)))
        header = self.headers.get(column, "")
        self.faults.append(
            Fault(self.number, column, value[:LONGEST_QUOTED], code, reason, suggestion, header)
        )
        self.state = REJECTED

    def unreadable(self, column: str, error: Unreadable) -> None:
        self.fault(column, error.code, error.reason, error.suggestion)

    @property
    def faulty_columns(self) -> set[str]:
        return {each.column for each in self.faults}

    @property
    def is_accepted(self) -> bool:
        return self.state in (NEW, CHANGED)


class Intake:
    """The rows of one file for one entity and one client (None: shared by all)."""

    def __init__(
        self,
        entity: EntityImport,
        client: Client | None,
        reading: Reading,
        scope: Scope,
        *,
        is_final: bool = True,
        reason: str | None = "",
    ) -> None:
        """`reason`: of the changes; None while the person has not been asked yet."""
        self.reason = reason
        self.entity, self.client, self.reading, self.scope = entity, client, reading, scope
        self.is_final = is_final
        self.book = CodeBook(client)
        self.rows: list[FileRow] = []
        self.beside: list[Any] = []
        self._seen: dict[Any, int] = {}
        self._read_once: dict[tuple[str, type, Any], Any] = {}
        self._companions = [
            (each, Intake(each.entity(), client, reading, scope, is_final=is_final, reason=reason))
            for each in entity.companions
        ]
        self._sound = Sound(entity.model, entity.model.system_fields())
        self._drafts = Drafts(entity.model, client, entity.defaults)
        # Django checks the length of a long text in forms only.
        self._long_texts = {
            each.name: each.max_length
            for each in entity.model._meta.concrete_fields
            if isinstance(each, TextField) and each.max_length
        }
        self._fields = [
            each
            for each in entity.model._meta.concrete_fields
            if not each.generated and not each.primary_key and each.attname != "client_id"
        ]

    def read(self, row: FileRow) -> None:
        self.rows.append(row)
        if all(row.cells.get(name) in (None, "") for name in self.entity.key_columns):
            row.fault("", "no_key", "The row names nothing: its key cells are empty.")
            return
        for column in self.entity.all_columns:
            if column.name in row.cells or column.required:
                self._read_cell(row, column)

    def _read_cell(self, row: FileRow, column: Column) -> None:
        value = self._value_of(column, row.cells.get(column.name))
        if isinstance(value, Unreadable):
            row.unreadable(column.name, value)
            return
        if value is not None and not (value is CLEAR and column.required):
            row.values[column.name] = value
        elif column.required:
            row.fault(column.name, "required", NEEDS_A_VALUE)

    def _value_of(self, column: Column, cell: Any) -> Any:
        """A file says the same thing many times; what a cell means is worked out once."""
        if not isinstance(cell, (str, int, type(None))):
            return _read(column, cell, self.reading)
        place = column.name, type(cell), cell
        if place not in self._read_once:
            self._read_once[place] = _read(column, cell, self.reading)
        return self._read_once[place]

    # Rows that name rows of the same file come after those that they name.

    def waves(self) -> Iterator[list[FileRow]]:
        waiting = [row for row in self.rows if row.values]
        own = [
            name
            for name, lookup in self.entity.lookups.items()
            if lookup.target == self.entity.model._meta.label
        ]
        while own and waiting:
            key = self.entity.lookups[own[0]].by
            codes = {row.values.get(key) for row in waiting}
            names_one_of = [
                row
                for row in waiting
                if any(
                    row.values.get(name) in codes and row.values[name] != row.values.get(key)
                    for name in own
                    if isinstance(row.values.get(name), str)
                )
            ]
            if not names_one_of or len(names_one_of) == len(waiting):
                break
            later = set(names_one_of)
            yield [row for row in waiting if row not in later]
            waiting = names_one_of
        if waiting:
            yield waiting

    def look_up(self, rows: Sequence[FileRow]) -> None:
        lookups = self.entity.lookups
        self.book.load(
            (lookup, row.values[name])
            for row in rows
            for name, lookup in lookups.items()
            if row.values.get(name) not in (None, CLEAR) and not isinstance(row.values[name], Model)
        )
        for row in rows:
            for name, lookup in lookups.items():
                self._look_up_cell(row, name, lookup)

    def _look_up_cell(self, row: FileRow, name: str, lookup: Lookup) -> None:
        code = row.values.get(name)
        if code is None or code is CLEAR or isinstance(code, Model):
            return
        found = self.book.find(lookup, code, row.values)
        if found is not None:
            row.values[name] = found
            return
        del row.values[name]
        shown = text_of(row.cells.get(name), self.reading) or code
        suggestion = self.book.suggestion(lookup, code)
        row.fault(name, "unknown_code", self.book.sentence(lookup, shown), suggestion)

    def draft(self, rows: Sequence[FileRow]) -> None:
        """A model row of each, as if none were stored yet."""
        for row in rows:
            if not row.given:
                row.given = self._lists_read(row, self.entity.fields_of(row))
            row.row = self._drafts.one(row.given)
        self.beside += self.entity.prepare([row.row for row in rows])

    def _lists_read(self, row: FileRow, given: dict[str, Any]) -> dict[str, Any]:
        """Several words in one cell become what their field holds."""
        for name in [name for name, value in given.items() if isinstance(value, list)]:
            try:
                given[name] = self.entity.model._meta.get_field(name).to_python(given[name])
            except ValidationError as error:
                del given[name]
                column = self.entity.column_of_field.get(name, name)
                row.fault(column, "choice", " ".join(error.messages))
        return given

    def match(self, rows: Sequence[FileRow]) -> None:
        """Which rows are stored already, and what they would change."""
        sound = [row for row in rows if not row.faults]
        keyed = []
        for row in sound:
            key = self.entity.key_of(row.row)
            if key in self._seen:
                sentence = self.entity.twice(row.row, self._seen[key])
                row.fault("", "duplicate_in_file", sentence)
                row.state = DUPLICATE
                continue
            self._seen[key] = row.number
            keyed.append((key, row))
        if not keyed:
            return
        stored = self._stored({key: row.row for key, row in keyed})
        known = [(row, stored[key]) for key, row in keyed if key in stored]
        for row, found in known:
            self._compare(row, found)
        changed = [row.row for row, _ in known if row.changes]
        if changed:
            self.beside += self.entity.prepare(changed)

    def _stored(self, wanted: dict[Any, Any]) -> dict[Any, Any]:
        """The stored rows with these keys: found by their keys alone, then read in full."""
        like = self.entity.stored_like(list(wanted.values()), self.client)
        keys = self.entity.keys_in(like)
        ids = [pk for pk, key in keys if key in wanted]
        if not ids:
            return {}
        found = self.entity.model.objects.filter(client=self.client, pk__in=ids).order_by("pk")
        if judged_by := getattr(self.entity.model, "judged_by", ()):
            found = found.select_related(*judged_by)
        if self.is_final:
            # Nobody else changes between our look and our writing what we are about to change.
            found = found.select_for_update(of=("self",))
        return {self.entity.key_of(each): each for each in found}

    def _compare(self, row: FileRow, found: Any) -> None:
        if self.client is not None:
            found.client = self.client
        refusal, why = found.refusal_to_edit(self.scope), found.why_reason()
        row.before = {each.attname: getattr(found, each.attname) for each in self._fields}
        for name, value in row.given.items():
            self._compare_field(row, found, name, value)
        row.row = found
        self.entity.matched(row)
        if not row.faults:
            row.state = CHANGED if row.changes else SAME
        if row.changes and refusal:
            row.fault("", "locked", refusal)
        elif row.changes and getattr(found, "verified_at", None):
            # A corrected row asks for a second person again.
            found.verified_at = found.verified_by = None
        if row.changes and not refusal:
            self._ask_for_reason(row, why)

    def _ask_for_reason(self, row: FileRow, why: str) -> None:
        row.why = row.why or why
        if why and self.reason is not None and not self.reason:
            row.fault("", "locked", f"{why} {GIVE_A_REASON}")

    def _compare_field(self, row: FileRow, found: Any, name: str, value: Any) -> None:
        model_field = self.entity.model._meta.get_field(name)
        if value is CLEAR:
            value = None if model_field.null else "" if model_field.blank else CLEAR
        column = self.entity.column_of_field.get(name, name)
        if value is CLEAR:
            row.fault(column, "required", NEEDS_A_VALUE)
            return
        plain = value.pk if isinstance(value, Model) else value
        if self.entity.differs(found, name, plain, row):
            zone = self.reading.zone
            row.changes[column] = shown(getattr(found, name), zone), shown(value, zone)
            setattr(found, name, value)

    def check(self, rows: Sequence[FileRow]) -> None:
        for row in rows:
            if row.state in (SAME, DUPLICATE) or row.row is None:
                continue
            self._check_correction(row)
            faulty = row.faulty_columns
            columns = self.entity.columns if faulty else ()
            left_out = {c.field for c in columns if c.name in faulty and c.field}
            for name, code, sentence in self._told(row.row, left_out):
                column = self.entity.column_of_field.get(name, name)
                if name not in left_out and column not in faulty:
                    row.fault(column, self._code(row, column, code), sentence)

    def _check_correction(self, row: FileRow) -> None:
        """A row may have moved into a closed shift, and a new one may be part of a verified one."""
        if not isinstance(row.row, ClientModel):
            return
        if row.state == CHANGED and not row.why:
            self._ask_for_reason(row, row.row.why_reason())
        elif row.state == NEW and isinstance(row.row, PartModel):
            if refusal := row.row.refusal_to_add(self.scope):
                row.fault("", "locked", refusal)
            else:
                self._ask_for_reason(row, row.row.why_reason_to_add())

    def _told(self, row: Any, left_out: set[str]) -> Iterator[tuple[str, str, str]]:
        try:
            row.clean_fields(exclude=left_out, sound=self._sound)
        except ValidationError as error:
            yield from told_by(error)
        try:
            row.clean()
        except ValidationError as error:
            yield from told_by(error)
        for name, longest in self._long_texts.items():
            if len(getattr(row, name) or "") > longest:
                yield name, "too_long", f"At most {longest:,} characters."
        for error in broken_rules(row):
            yield from told_by(error)

    def _code(self, row: FileRow, column: str, code: str) -> str:
        """A rule about one number is a limit; a rule about several is an inconsistency."""
        known = self.entity.by_name.get(column)
        if code == "inconsistent" and known and known.sum and _is_negative(row.values.get(column)):
            return "out_of_range"
        return code

    def accompany(self, rows: Sequence[FileRow]) -> None:
        """Rows of other apps that stand in the same line of the file."""
        for companion, intake in self._companions:
            pairs = []
            companion.complete([row for row in rows if not row.faults])
            for row in rows:
                fields = companion.fields_of(row) if not row.faults else None
                for each in [fields] if isinstance(fields, dict) else fields or ():
                    child = FileRow(row.number, row.cells, row.headers, given=each)
                    pairs.append((row, child))
                    row.companions.append((intake, child))
            children = [child for _, child in pairs]
            if not children:
                continue
            intake.draft(children)
            intake.match(children)
            intake.check(children)
            self.beside += intake.beside
            for row, child in pairs:
                self._merge(companion, row, child)

    def _merge(self, companion: Companion, row: FileRow, child: FileRow) -> None:
        row.why = row.why or child.why
        for each in child.faults:
            column = companion.column_of(each.column, child)
            row.fault(column, each.code, each.reason)
        if row.state == SAME and child.state in (NEW, CHANGED):
            row.state = CHANGED
            if companion.is_part:
                self._change_by_part(row)
        if row.state == CHANGED and child.state == NEW:
            given = companion.columns_of(row, child)
            row.changes |= {name: ("", shown(row.values[name])) for name in given}
        row.changes |= companion.changes_of(child)

    def _change_by_part(self, row: FileRow) -> None:
        """The row's own values stay, but it is changed all the same."""
        if refusal := row.row.refusal_to_edit(self.scope):
            row.fault("", "locked", refusal)
            return
        self._ask_for_reason(row, row.row.why_reason())
        if getattr(row.row, "verified_at", None):
            row.row.verified_at = row.row.verified_by = None


def _read(column: Column, cell: Any, reading: Reading) -> Any:
    try:
        return column.kind.read(cell, reading)
    except Unreadable as error:
        return error


def _is_negative(value: Any) -> bool:
    return isinstance(value, int) and value < 0


def shown(value: Any, zone: tzinfo = UTC) -> str:
    """A value as the preview prints it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    if isinstance(value, datetime):
        return f"{value.astimezone(zone):%Y-%m-%d %H:%M}"
    if isinstance(value, DateRange) and isinstance(value.lower, datetime):
        return f"{shown(value.lower, zone)} – {shown(value.upper, zone)}"
    if isinstance(value, DateRange):
        last = value.upper - timedelta(days=1) if value.upper else ""
        return f"{value.lower} – {last}"
    if isinstance(value, (list, tuple)):
        return ", ".join(map(str, value))
    return str(value)
