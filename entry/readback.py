"""What is read back before anything is saved: counts, sums, and every exception as a sentence."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from attendance import hours
from attendance.marks import Mark
from attendance.models import AbsenceType
from entry.saving import Entry, Result
from entry.sheet import HOURS, MORE, TIERS, categories, keys


@dataclass(frozen=True)
class Sentence:
    """One exception: who, and what is said of them; `key` finds the row again."""

    number: int
    key: int
    code: str
    name: str
    text: str


@dataclass(frozen=True)
class ReadBack:
    total: int
    counts: list[tuple[str, int]]
    sums: list[tuple[str, str]]
    sentences: list[Sentence]
    new: int
    changed: int


def labels() -> dict[str, str]:
    """What each cell is called."""
    return {
        "mark": _("mark"),
        "actual_hours": _("hours worked"),
        "absence_type": _("absence type"),
        "covered_by": _("covered by"),
        "scheduled_hours": _("scheduled hours"),
        "arrival_time": _("in"),
        "departure_time": _("out"),
        "is_early_departure": _("left early"),
        "normal_hours": _("normal hours"),
        "double_hours": _("double hours"),
        "triple_hours": _("triple hours"),
        "notes": _("note"),
        **dict(categories()),
    }


def read_back(result: Result) -> ReadBack:
    words = Words.load()
    accepted = [each for each in result.accepted if each.row.is_accepted]
    counts = Counter(each.row.row.mark for each in accepted)
    language = get_language() or "en"
    told = [each for each in accepted if not _is_plain(each)]
    return ReadBack(
        total=len(accepted),
        counts=[(mark.label(language[:2]), counts[mark]) for mark in Mark if counts[mark]],
        sums=_sums(accepted),
        sentences=[
            Sentence(
                number,
                each.person.key,
                each.person.employee.code,
                each.person.employee.full_name,
                words.sentence(each),
            )
            for number, each in enumerate(told, start=1)
        ],
        new=sum(1 for each in accepted if each.person.record is None),
        changed=sum(1 for each in accepted if each.person.record is not None),
    )


def _is_plain(entry: Entry) -> bool:
    return (
        entry.person.record is None
        and set(entry.typed.cells) == {"mark"}
        and (entry.typed.cells["mark"] == Mark.PRESENT.name)
    )


def _sums(accepted: list[Entry]) -> list[tuple[str, str]]:
    rows = [each.row.row for each in accepted]
    sums = [
        (_("Scheduled"), sum((row.scheduled_hours for row in rows), Decimal(0))),
        (_("Worked"), sum((row.actual_hours for row in rows), Decimal(0))),
        (
            _("Absent"),
            sum(
                (max(row.scheduled_hours - row.actual_hours, Decimal(0)) for row in rows),
                Decimal(0),
            ),
        ),
    ]
    for name, label in zip(TIERS, (_("Normal"), _("Double"), _("Triple")), strict=True):
        given = [value for row in rows if (value := getattr(row, name)) is not None]
        if given:
            sums.append((label, sum(given, Decimal(0))))
    return [(label, f"{hours.shown(total)} h") for label, total in sums]


@dataclass(frozen=True)
class Words:
    """How cells are said: marks and absence types by their names, hours with their unit."""

    marks: dict[str, str]
    types: dict[str, str]
    labels: dict[str, str]

    @classmethod
    def load(cls) -> Words:
        types = dict(AbsenceType.objects.values_list("code", "name"))
        return cls({each.name: each.label for each in keys()}, types, labels())

    def sentence(self, entry: Entry) -> str:
        if entry.person.record is None:
            return " · ".join(self._new(entry))
        return " · ".join(self._changed(entry))

    def of(self, name: str, text: str) -> str:
        if not text:
            return "–"
        if name == "mark":
            return self.marks.get(text, text)
        if name == "absence_type":
            return self.types.get(text, text)
        if name in HOURS:
            return f"{text} h"
        return _("yes") if name == "is_early_departure" else text

    def _new(self, entry: Entry) -> list[str]:
        row, cells = entry.row.row, entry.typed.cells
        parts = [row.mark.label((get_language() or "en")[:2])]
        if row.absence_type and parts[0] != row.absence_type.name:
            parts.append(row.absence_type.name)
        usual = row.scheduled_hours * row.mark.share in (0, row.scheduled_hours)
        if not usual or {"actual_hours", "scheduled_hours"} & cells.keys():
            worked, of = hours.shown(row.actual_hours), hours.shown(row.scheduled_hours)
            parts.append(_("%(worked)s of %(of)s h") % {"worked": worked, "of": of})
        for name in ("covered_by", *MORE):
            if name in cells and name != "scheduled_hours":
                parts.append(self._named(name, cells[name]))
        return parts

    def _named(self, name: str, text: str) -> str:
        if name == "is_early_departure":
            return self.labels[name]
        return f"{self.labels[name]} {self.of(name, text)}"

    def _changed(self, entry: Entry) -> list[str]:
        stored, cells = entry.person.stored, entry.typed.cells
        parts = []
        for name in self.labels:
            was, now = stored.get(name, ""), cells.get(name, "")
            if name == "actual_hours":
                now = hours.shown(entry.row.row.actual_hours)
            if name == "covered_by" and now:
                parts.append(self._named(name, now))
            elif was != now:
                parts.append(f"{self.labels[name]} {self.of(name, was)} → {self.of(name, now)}")
        return parts


def two_versions(entry: Entry) -> tuple[str, str]:
    """What is stored now, and what was typed, of a row that somebody else changed meanwhile."""
    words = Words.load()
    stored, typed = entry.person.stored, entry.typed.cells
    differing = [name for name in words.labels if stored.get(name, "") != typed.get(name, "")]

    def said(cells: dict[str, str]) -> str:
        return ", ".join(
            f"{words.labels[name]} {words.of(name, cells.get(name, ''))}" for name in differing
        )

    return said(stored), said(typed)
