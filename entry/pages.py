"""What the templates of the roster show."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from attendance import hours
from attendance.marks import Mark
from attendance.models import AbsenceType
from clients.imports.undo import refusal
from clients.models import ImportBatch
from clients.roles import Action
from clients.scope import current_scope
from entry import readback
from entry.people import Crew, free_floaters
from entry.saving import Entry, Result
from entry.sheet import ALLOCATIONS, MORE, Cells, Draft, Key, Person, Typed, keys, seen
from entry.warnings import warnings
from plant.models import Line

# A page stays below 300 kB.
PER_PAGE = 75
MOST_NAMED = 12


@dataclass
class Cell:
    """One field of a row: its name in the form, what stands in it, and what is wrong with it."""

    name: str
    input: str
    label: str
    value: str = ""
    errors: list[str] = field(default_factory=list)


@dataclass
class Row:
    person: Person
    cells: dict[str, Cell]
    number: int
    expected: str
    is_typed: bool
    # The cell that gets the focus when the page opens.
    focus: str = ""
    theirs: str = ""
    mine: str = ""
    head: Line | None = None
    begins: bool = False
    heads: int = 0

    @property
    def key(self) -> int:
        return self.person.key

    @property
    def mark(self) -> str:
        return self.cells["mark"].value

    @property
    def usual(self) -> str:
        """What the mark writes when nobody types hours."""
        scheduled, mark = self.person.scheduled, self.mark
        if scheduled is None or mark not in Mark.__members__:
            return self.expected
        return hours.shown(hours.rounded(scheduled * Mark[mark].share))

    @property
    def errors(self) -> list[tuple[str, str]]:
        return [(cell.label, text) for cell in self.cells.values() for text in cell.errors]

    @property
    def is_open(self) -> bool:
        """The disclosure opens by itself where something inside it is wrong or gets the focus."""
        return any(self.cells[name].errors or self.focus == name for name in MORE)

    @property
    def more(self) -> str:
        """What stands in the closed disclosure, in a few words."""
        filled = [name for name in MORE if name != "scheduled_hours" and self.cells[name].value]
        return ", ".join(dict.fromkeys(_group(name) for name in filled))

    @property
    def tiers(self) -> list[Cell]:
        return [self.cells[name] for name in ("normal_hours", "double_hours", "triple_hours")]

    @property
    def allocation(self) -> list[Cell]:
        return [self.cells[name] for name in ALLOCATIONS]


def _group(name: str) -> str:
    if name in ALLOCATIONS:
        return _("allocation")
    if name in ("normal_hours", "double_hours", "triple_hours"):
        return _("tiers")
    return readback.labels()[name]


@dataclass
class Page:
    """The rows of one page of the sheet. Rows of other pages travel in one field."""

    crew: Crew
    draft: Draft
    page: str = ""
    focus: int | None = None
    result: Result | None = None
    not_found: str = ""
    sought: str = ""

    @cached_property
    def number(self) -> int:
        wanted = self.focus
        if wanted is None and self.result and self.result.wrong:
            wanted = self.result.wrong[0].person.key
        places = [each.key for each in self.people]
        if wanted in places:
            return places.index(wanted) // PER_PAGE + 1
        number = int(self.page) if self.page.isdecimal() and len(self.page) < 6 else 1
        return max(1, min(number, self.pages))

    @cached_property
    def people(self) -> list[Person]:
        return self.crew.shown

    @property
    def pages(self) -> int:
        return max(1, -(-len(self.people) // PER_PAGE))

    @property
    def page_choices(self) -> list[int]:
        return list(range(1, self.pages + 1))

    @cached_property
    def on_page(self) -> list[Person]:
        start = (self.number - 1) * PER_PAGE
        return self.people[start : start + PER_PAGE]

    @cached_property
    def rows(self) -> list[Row]:
        return list(self._rows())

    def _rows(self) -> Iterator[Row]:
        wrong = self.result.by_key if self.result else {}
        labels = readback.labels()
        heads = self._heads()
        before: Any = ()
        for place, person in enumerate(self.on_page):
            entry = wrong.get(person.key)
            cells, is_typed = self._cells(person)
            row = Row(
                person=person,
                cells={
                    name: Cell(name, f"{person.key}-{name}", label, cells.get(name, ""))
                    for name, label in labels.items()
                },
                number=place,
                expected="" if person.scheduled is None else hours.shown(person.scheduled),
                is_typed=is_typed,
                head=person.line,
                begins=before == () or before != person.line,
                heads=heads.get(person.line, 0),
            )
            before = person.line
            if entry is not None:
                self._add_faults(row, entry)
            if person.key == self.focus and not row.focus:
                row.focus = "covered_by" if self._asks_for_cover(person, row) else "mark"
            yield row

    def _cells(self, person: Person) -> tuple[Cells, bool]:
        typed = self.draft.rows.get(person.key)
        if typed is None:
            return person.stored, False
        return typed.cells, typed.cells != person.stored

    def _add_faults(self, row: Row, entry: Entry) -> None:
        for name, sentences in entry.faults.items():
            row.cells.get(name, row.cells["mark"]).errors += sentences
        if entry.is_stale:
            row.cells["mark"].errors.append(_stale_sentence(entry))
            row.theirs, row.mine = readback.two_versions(entry)
        faulty = [name for name, cell in row.cells.items() if cell.errors]
        first = self.result.wrong[0] if self.result and self.result.wrong else None
        if first is entry and self.focus is None and faulty:
            row.focus = faulty[0]

    def _asks_for_cover(self, person: Person, row: Row) -> bool:
        return self.may_assign and bool(person.coverers) and row.mark in self.away

    def _heads(self) -> dict[Any, int]:
        found: dict[Any, int] = {}
        for each in self.people:
            found[each.line] = found.get(each.line, 0) + 1
        return found

    # Counts and choices --------------------------------------------------------------------

    @property
    def own(self) -> int:
        return sum(1 for each in self.people if not each.is_floater)

    @property
    def floaters(self) -> int:
        return len(self.people) - self.own

    @cached_property
    def without_mark(self) -> list[Person]:
        """Neither recorded nor marked in what was typed."""
        typed = {key for key, each in self.draft.rows.items() if "mark" in each.cells}
        return [each for each in self.crew.unmarked if each.key not in typed]

    @property
    def unmarked(self) -> int:
        return len(self.without_mark)

    @property
    def unmarked_own(self) -> int:
        return sum(1 for each in self.without_mark if not each.is_floater)

    @cached_property
    def _elsewhere(self) -> list[Person]:
        shown = {each.key for each in self.on_page}
        return [each for each in self.without_mark if each.key not in shown]

    @property
    def elsewhere(self) -> int:
        """People without a mark on other pages; the script counts those on this one."""
        return len(self._elsewhere)

    @property
    def floaters_elsewhere(self) -> int:
        return sum(1 for each in self._elsewhere if each.is_floater)

    @property
    def typed(self) -> int:
        return sum(1 for row in self.rows if row.is_typed)

    @cached_property
    def keys(self) -> list[Key]:
        return keys()

    @cached_property
    def away(self) -> set[str]:
        return {each.name for each in self.keys if each.is_away}

    @cached_property
    def absence_types(self) -> list[tuple[str, str]]:
        types = AbsenceType.objects.filter(client=self.crew.place.client).offered()
        return list(types.order_by("name").values_list("code", "name"))

    @cached_property
    def may_assign(self) -> bool:
        return current_scope().may(Action.ASSIGN_FLOATERS, self.crew.place.client.pk)

    @cached_property
    def free_floaters(self) -> list[Any]:
        return free_floaters(self.crew.place)

    # What the form carries -----------------------------------------------------------------

    @property
    def seen(self) -> str:
        """What somebody else has changed since a row was typed is told once: then it is known."""
        told = (
            {each.person.key for each in self.result.wrong if each.is_stale} if self.result else ()
        )
        versions = {key: each.version for key, each in self.draft.rows.items() if key not in told}
        return seen(self.on_page, versions)

    @property
    def kept(self) -> str:
        shown = {each.key for each in self.on_page}
        return Draft(
            {key: each for key, each in self.draft.rows.items() if key not in shown}
        ).as_json()

    @property
    def wrong(self) -> list[tuple[Person, str]]:
        """Every sentence with the row that it stands in, for the list above the rows."""
        if self.result is None:
            return []
        found = []
        for entry in self.result.wrong:
            sentences = [text for each in entry.faults.values() for text in each]
            if entry.is_stale:
                sentences.append(_stale_sentence(entry))
            found += [(entry.person, text) for text in sentences]
        return found

    @property
    def wrong_keys(self) -> str:
        return " ".join(str(each.person.key) for each in self.result.wrong) if self.result else ""

    @property
    def right(self) -> int:
        return len(self.result.accepted) if self.result else 0


def _stale_sentence(entry: Entry) -> str:
    record = entry.person.record
    if record is None:
        return _("This row was taken back meanwhile. Compare and save again.")
    user = record.updated_by.get_username() if record.updated_by else _("the system")
    at = record.updated_at.astimezone(record.client.zone)
    words = {"user": user, "time": f"{at:%H:%M}"}
    return _("This row was changed by %(user)s at %(time)s. Compare and save again.") % words


def read_back_page(
    crew: Crew, result: Result, later: dict[int, Typed], key: uuid.UUID
) -> dict[str, Any]:
    """`later`: rows that stay in the sheet, beside those that are wrong."""
    right = {each.person.key: each.typed for each in result.accepted}
    later = {**later, **{each.person.key: each.typed for each in result.wrong}}
    return {
        "place": crew.place,
        "client": crew.place.client,
        "read_back": readback.read_back(result),
        "warnings": warnings(crew, result),
        "in_need_of_reason": result.in_need_of_reason,
        "left": len(later),
        "kept": Draft(right).as_json(),
        "later": Draft(later).as_json(),
        "submit_key": key,
    }


@dataclass(frozen=True)
class Saved:
    """What a submit wrote, and what is still missing in this shift."""

    batch: ImportBatch
    rows: int
    missing: list[Person]
    more: int
    other_lines: list[tuple[Line, int, str]]
    may_undo: bool


def saved_note(crew: Crew, batch: ImportBatch) -> Saved:
    unmarked = crew.unmarked
    other: dict[Line, int] = {}
    for each in crew.people:
        if each.record is None and each.line and crew.place.line not in (None, each.line):
            other[each.line] = other.get(each.line, 0) + 1
    confirmed = batch.state == ImportBatch.State.CONFIRMED
    return Saved(
        batch=batch,
        rows=batch.result.get("written", 0),
        missing=unmarked[:MOST_NAMED],
        more=max(0, len(unmarked) - MOST_NAMED),
        other_lines=[
            (line, n, replace(crew.place, line=line).link())
            for line, n in sorted(other.items(), key=lambda pair: pair[0].code)
        ],
        may_undo=confirmed and not refusal(batch, current_scope()),
    )
