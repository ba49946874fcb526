"""Groups of figures: their names, and the order in which people look for them."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from kpis.dimensions import DATES, DIMENSIONS
from kpis.figures import Group
from kpis.plans import CODE
from kpis.queries import Question, clients_of, labels_of
from kpis.sums import Cell

SHIFT = "shift"

type GroupKey = tuple[Any, ...]


def grouped(
    cells: Mapping[GroupKey, Cell], question: Question
) -> list[tuple[tuple[Group, ...], Cell]]:
    """Groups with their names, in the order in which people look for them."""
    if not question.by:
        return [((), cells.get((), Cell()))]
    naming = Naming(cells, question)
    cells = naming.alike(cells)
    named = [(naming.groups(key), cell) for key, cell in cells.items() if not cell.is_empty]
    return sorted(named, key=lambda pair: tuple(in_order(group) for group in pair[0]))


class Naming:
    """Codes and labels of group keys, with one query per dimension."""

    def __init__(self, cells: Iterable[GroupKey], question: Question) -> None:
        self._question = question
        self._labels: dict[str, dict[Any, tuple[str, str]]] = {}
        keys = list(cells)
        for place, name in enumerate(question.by):
            known = DIMENSIONS[name]
            if CODE in question.marks:
                self._labels[name] = {key[place]: key[-2:] for key in keys}
            elif known.kind == "row":
                ids = {key[place] for key in keys} - {None}
                self._labels[name] = labels_of(name, ids) if ids else {}
            elif known.kind == "choice":
                self._labels[name] = {
                    value: (str(value), label) for value, label in known.words().items()
                }

    def alike(self, cells: Mapping[GroupKey, Cell]) -> Mapping[GroupKey, Cell]:
        """Shifts of one code as one: a plant calls the Saturday of each line by one name, and
        whoever follows it comes to the rows of all of them."""
        by = self._question.by
        if SHIFT not in by:
            return cells
        place, first = by.index(SHIFT), self._first_of_each_code()
        together: dict[GroupKey, list[Cell]] = defaultdict(list)
        for key, cell in cells.items():
            one = first.get(key[place], key[place])
            marks = self._labels[SHIFT][one] if CODE in self._question.marks else key[len(by) :]
            together[(*key[:place], one, *key[place + 1 : len(by)], *marks)].append(cell)
        return {key: Cell(same) if len(same) > 1 else same[0] for key, same in together.items()}

    def _first_of_each_code(self) -> dict[Any, Any]:
        """Of each shift the one that stands for all with its code, inside its client."""
        labels = self._labels[SHIFT]
        several = len(self._question.clients) > 1 and len(labels) > 1
        clients = clients_of(SHIFT, set(labels)) if several else {}
        first: dict[Any, Any] = {}
        names = {shift: (clients.get(shift), code) for shift, (code, _name) in labels.items()}
        for shift in sorted(shift for shift in names if shift is not None):
            first.setdefault(names[shift], shift)
        return {shift: first.get(name, shift) for shift, name in names.items()}

    def groups(self, key: GroupKey) -> tuple[Group, ...]:
        # Zipped without marks: they follow the dimensions in the key.
        return tuple(
            self._group(name, value) for name, value in zip(self._question.by, key, strict=False)
        )

    def _group(self, name: str, value: Any) -> Group:
        if value is None or value == "":
            return Group(name, None, "", DIMENSIONS[name].nothing)
        if name in DATES:
            return Group(name, value, value.isoformat(), value.isoformat())
        code, label = self._labels.get(name, {}).get(value, (str(value), str(value)))
        return Group(name, value, code, _joined(name, code, label))


def _joined(name: str, code: str, label: str) -> str:
    if not label or label == code:
        return code
    known = DIMENSIONS[name]
    return label if known.by_name or known.kind == "choice" else f"{code} {label}"


def in_order(group: Group) -> tuple[bool, list[tuple[int, int, str]]]:
    """2 before 10, and what has no name last."""
    pieces = re.split(r"(\d+)", group.code)
    return group.value is None, [
        (0, int(piece), "") if piece.isdecimal() else (1, 0, piece) for piece in pieces if piece
    ]
