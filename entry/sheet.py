"""What people typed into a roster, row by row, and how it travels from page to page.

No row is stored before it is confirmed. Until then everything typed travels with the form: the
rows on the screen as fields, those of other pages as one field, so that a sheet of 3,000 people
needs no more fields than its exceptions. A copy is kept as a draft (`entry.drafts`).
"""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.utils.translation import get_language

from attendance.hours import shown
from attendance.imports import COLUMN_OF
from attendance.marks import Mark
from attendance.models import AttendanceRecord, Category
from plant.models import Employee, Line

TIERS = ("normal_hours", "double_hours", "triple_hours")
ALLOCATIONS = tuple(COLUMN_OF.values())
HOURS = ("actual_hours", "scheduled_hours", *TIERS, *ALLOCATIONS)
CELLS = (
    "mark",
    "actual_hours",
    "absence_type",
    "covered_by",
    "scheduled_hours",
    "arrival_time",
    "departure_time",
    "is_early_departure",
    *TIERS,
    *ALLOCATIONS,
    "notes",
)
# Cells inside the disclosure of a row.
MORE = CELLS[4:]
LONGEST = 600
CLEARED = "NULL"
# What becomes of reading a text that this page never sent.
MALFORMED = (
    ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError,
)  # fmt: skip
COMMA = re.compile(r"\d*,\d+")


class Unreadable(ValueError):
    """The form was not made by this page."""


type Cells = dict[str, str]


@dataclass(frozen=True)
class Typed:
    """A row as it was sent, all its filled cells, and the version of the record it was made of."""

    version: int
    cells: Cells


# What “all present” types.
PRESENT = Typed(0, {"mark": Mark.PRESENT.name})


@dataclass
class Draft:
    """Rows by employee; everybody: those of the own crew without a mark are to be present."""

    rows: dict[int, Typed] = field(default_factory=dict)
    everybody: bool = False

    def as_json(self) -> str:
        kept = self.rows
        plain = [key for key, each in kept.items() if each == PRESENT]
        others = {
            str(key): [each.version, each.cells] for key, each in kept.items() if each != PRESENT
        }
        content = {"present": plain, "rows": others}
        return json.dumps(content, separators=(",", ":"), ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> Draft:
        if not text:
            return cls()
        try:
            content = json.loads(text)
            draft = cls()
            for key in content["present"]:
                draft.rows[_whole(key)] = PRESENT
            for key, (version, cells) in content["rows"].items():
                draft.rows[_whole(key)] = Typed(_whole(version), _cells(cells))
        except MALFORMED as error:
            raise Unreadable from error
        return draft


def _whole(value: Any) -> int:
    number = int(value)
    if not 0 <= number < 2**63:
        raise ValueError
    return number


def _cells(given: Mapping[str, Any]) -> Cells:
    return {name: text for name in CELLS if (text := _text(given.get(name, "")))}


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    # PostgreSQL has no place for a zero byte, nor for half a letter.
    return value.replace("\x00", "").encode(errors="ignore").decode().strip()[:LONGEST]


# -- the rows on the screen ----------------------------------------------------------------------


@dataclass
class Person:
    """One row of the sheet: somebody, where they work, and what is recorded of them."""

    employee: Employee
    line: Line | None
    record: AttendanceRecord | None = None
    is_floater: bool = False
    # What is scheduled when nobody types it; None where the shift has no net hours.
    scheduled: Decimal | None = None
    # Assignments of the floaters who stand in for this person, and of this floater for others.
    coverers: list[Any] = field(default_factory=list)
    covers: list[Any] = field(default_factory=list)
    allocated: dict[str, Decimal] = field(default_factory=dict)

    @property
    def key(self) -> int:
        return self.employee.pk

    @property
    def version(self) -> int:
        return self.record.version if self.record else 0

    @property
    def stored(self) -> Cells:
        """The cells of what is recorded; nothing for somebody without a mark."""
        record = self.record
        if record is None:
            return {}
        kind = record.absence_type if record.may_see_type() else None
        texts: dict[str, Any] = {
            "mark": record.mark.name,
            "absence_type": kind.code if kind else "",
            "arrival_time": f"{record.arrival_time:%H:%M}" if record.arrival_time else "",
            "departure_time": f"{record.departure_time:%H:%M}" if record.departure_time else "",
            "is_early_departure": "yes" if record.is_early_departure else "",
            "notes": " ".join(record.notes.split()),
        }
        for name in ("actual_hours", "scheduled_hours", *TIERS):
            value = getattr(record, name)
            texts[name] = "" if value is None else shown(value)
        for category, name in COLUMN_OF.items():
            value = self.allocated.get(category)
            texts[name] = "" if value is None else shown(value)
        return {name: text for name in CELLS if (text := texts.get(name, ""))}


def sign(cells: Cells) -> int:
    """Tells whether a row was touched, without sending its old values along."""
    return zlib.crc32("\x1f".join(cells.get(name, "") for name in CELLS).encode())


def seen(people: Iterable[Person], versions: Mapping[int, int]) -> str:
    """The rows that a page shows, each with its version and the sign of its stored cells.

    `versions`: of the records that rows were made of which somebody typed earlier.
    """
    return " ".join(
        f"{each.key}:{versions.get(each.key, each.version)}:{sign(each.stored)}" for each in people
    )


def posted(form: Mapping[str, str]) -> Draft:
    """What a page of the sheet sends: the rows on it, and those kept from other pages."""
    draft = Draft.from_json(form.get("kept", ""))
    draft.everybody = form.get("everybody") == "1"
    for mention in form.get("seen", "").split():
        try:
            key, version, signed = (_whole(part) for part in mention.split(":"))
        except ValueError as error:
            raise Unreadable from error
        draft.rows.pop(key, None)
        cells = {
            name: text
            for name in CELLS
            if (text := _text(form.get(f"{key}-{name}", "").replace("\r\n", "\n")))
        }
        # An unmarked row on the screen was left so on purpose, whatever is said of everybody.
        if sign(cells) != signed or (draft.everybody and "mark" not in cells):
            draft.rows[key] = Typed(version, cells)
    return draft


# -- from the sheet to the rules of the write ----------------------------------------------------


def changes(person: Person, typed: Typed) -> Cells:
    """The cells that differ from what is recorded, as the rules of the write read them."""
    stored, cells = person.stored, typed.cells
    differing = [name for name in CELLS if cells.get(name, "") != stored.get(name, "")]
    given = {name: _readable(name, cells.get(name, "")) for name in differing}
    if person.record is not None:
        _clear(given, differing, cells)
    if any(name in ALLOCATIONS for name in differing):
        # The parts change as a set; an empty one leaves.
        given |= {name: _readable(name, cells.get(name, "")) or "0" for name in ALLOCATIONS}
    return {name: text for name, text in given.items() if text}


def _readable(name: str, text: str) -> str:
    """Hours may be typed with a comma."""
    return text.replace(",", ".") if name in HOURS and COMMA.fullmatch(text) else text


def _clear(given: Cells, differing: Iterable[str], cells: Cells) -> None:
    for name in differing:
        if cells.get(name):
            continue
        if name == "is_early_departure":
            given[name] = "no"
        elif name not in ("mark", "actual_hours", "scheduled_hours", "covered_by"):
            given[name] = CLEARED


# -- marks ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Key:
    """A mark, its word, and the letter that sets it."""

    mark: Mark
    letter: str
    label: str

    @property
    def name(self) -> str:
        return self.mark.name

    @property
    def look(self) -> str:
        return self.mark.presence.lower()

    @property
    def is_away(self) -> bool:
        """Somebody may have to be found for this person."""
        return self.mark.share < 1


def keys(language: str | None = None) -> list[Key]:
    """One letter per mark: the first of its word that no mark before it has taken."""
    language = (language or get_language() or "en")[:2]
    found: list[Key] = []
    for mark in Mark:
        label, taken = mark.label(language), {each.letter for each in found}
        letter = next(each for each in label.upper() if each.isalpha() and each not in taken)
        found.append(Key(mark, letter, label))
    return found


def categories() -> list[tuple[str, str]]:
    """(cell, label) of each part of the hours worked."""
    return [(COLUMN_OF[each], str(each.label)) for each in Category]
