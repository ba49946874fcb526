"""A roster through the rules of the write: on trial for the read-back, then for good."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field

from django.db import transaction

from attendance import roster
from clients.imports.entities import EntityImport, registry
from clients.imports.errors import Fault
from clients.imports.pipeline import take
from clients.imports.rows import FileRow, Intake
from clients.imports.values import Reading
from clients.models import EntryMethod, ImportBatch
from clients.scope import current_scope
from entry.people import Crew
from entry.sheet import Draft, Person, Typed, changes
from staffing.models import ShiftCoverage


@dataclass
class Entry:
    """One row that somebody touched, and what became of it."""

    person: Person
    typed: Typed
    row: FileRow
    is_stale: bool = False

    @property
    def faults(self) -> dict[str, list[str]]:
        """Sentences by cell; those of no cell stand at the mark."""
        found: dict[str, list[str]] = {}
        for each in self.row.faults:
            name = SHOWN_AT.get(each.column, each.column) or "mark"
            sentence = each.reason
            if name == "mark" and each.code == "required":
                sentence = "Choose a mark."
            if each.suggestion:
                sentence = f"{sentence} {each.suggestion}"
            found.setdefault(name, []).append(sentence)
        return found

    @property
    def is_wrong(self) -> bool:
        return bool(self.row.faults) or self.is_stale


# Columns without a cell of their own.
SHOWN_AT = {"employee": "mark", "is_late": "mark", "shift": "mark", "shift_date": "mark",
            "line": "mark", "presence": "mark", "": "mark"}  # fmt: skip


@dataclass
class Result:
    """What the touched rows bring, or brought."""

    entries: list[Entry]
    batch: ImportBatch | None = None
    repeated: bool = False
    by_key: dict[int, Entry] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.by_key = {each.person.key: each for each in self.entries}

    @property
    def wrong(self) -> list[Entry]:
        return [each for each in self.entries if each.is_wrong]

    @property
    def in_need_of_reason(self) -> int:
        """How many accepted rows change with a reason only."""
        return sum(1 for each in self.accepted if each.row.why)

    @property
    def accepted(self) -> list[Entry]:
        return [each for each in self.entries if each.row.is_accepted and not each.is_wrong]


def entity() -> EntityImport:
    return registry.get("attendance_record")


def entries_of(crew: Crew, draft: Draft) -> list[Entry]:
    """The touched rows in the order of the sheet, with the cells that each of them changes."""
    crew.add(draft.rows)
    found: list[Entry] = []
    for person in crew.people:
        typed = draft.rows.get(person.key)
        if typed is None:
            continue
        cells = changes(person, typed)
        if not cells:
            continue
        row = FileRow(len(found) + 1, {**_key_cells(crew, person), **cells})
        found.append(Entry(person, typed, row, is_stale=typed.version != person.version))
    return found


def _key_cells(crew: Crew, person: Person) -> dict[str, object]:
    cells: dict[str, object] = {
        "employee": person.key,
        "shift_date": crew.place.shift_date.isoformat(),
        "shift": crew.place.shift.pk,
    }
    if person.record is None and person.line:
        cells["line"] = person.line.pk
    return cells


def on_trial(crew: Crew, draft: Draft) -> Result:
    """What the sheet would bring. Line-shifts made on the way are taken back."""
    entries = entries_of(crew, draft)
    reading = Reading(crew.place.client.zone, from_export=False)
    intake = Intake(
        entity(), crew.place.client, reading, current_scope(), is_final=False, reason=None
    )
    for each in entries:
        if not each.is_stale:
            intake.read(each.row)
    with transaction.atomic():
        take(intake, None, EntryMethod.MANUAL, update=True, store=False)
        transaction.set_rollback(True)
    return Result(entries)


def save(crew: Crew, draft: Draft, key: uuid.UUID, reason: str = "") -> Result:
    """Write what is right in one transaction and one batch; what is wrong is told row by row.

    The same key again writes nothing and gives the first batch. `reason`: of changes that need
    one, of verified rows and of a closed shift.
    """
    place = crew.place
    earlier = ImportBatch.objects.filter(client=place.client, idempotency_key=key).first()
    if earlier is not None:
        return Result([], earlier, repeated=True)
    entries = entries_of(crew, draft)
    fresh = [each for each in entries if not each.is_stale]
    rows = [each.row.cells for each in fresh]
    done = roster.save(place.client, place.shift_date, place.shift, rows, key=key, reason=reason)
    for each, state in zip(fresh, done.states, strict=True):
        each.row.state = state
    for told in done.errors:
        fresh[told["row"] - 1].row.faults.append(Fault(**told))
    return Result(entries, done.batch, repeated=done.repeated)


def coverages_of(result: Result) -> list[ShiftCoverage]:
    """Floaters that the accepted rows send here."""
    return [
        child.row
        for each in result.accepted
        for _intake, child in each.row.companions
        if isinstance(child.row, ShiftCoverage)
    ]
