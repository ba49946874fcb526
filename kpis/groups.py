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
    """Codes and labels of group keys, with one query per dimension, and of several clients two."""

    def __init__(self, cells: Iterable[GroupKey], question: Question) -> None:
        self._question = question
        self._labels: dict[str, dict[Any, tuple[str, str]]] = {}
        # Whose a line or a shift is, where clients that use the same codes stand side by side.
        self._clients: dict[str, dict[Any, str]] = {}
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
            if known.kind == "row" and name != "client" and len(question.clients) > 1:
                self._clients[name] = clients_of(name, set(self._labels[name]) - {None})

    def alike(self, cells: Mapping[GroupKey, Cell]) -> Mapping[GroupKey, Cell]:
        """Rows of one code inside a client as one: a plant calls the Saturday of each line by one
        name, or voids a line and makes it anew. Who follows it comes to the rows of all of them.
        """
        by = self._question.by
        one_of = [self._one_of_each_code(name) for name in by]
        if not any(one_of):
            return cells
        together: dict[GroupKey, list[Cell]] = defaultdict(list)
        for key, cell in cells.items():
            # Zipped without marks: they follow the dimensions in the key.
            group = tuple(one.get(each, each) for one, each in zip(one_of, key, strict=False))
            named = CODE in self._question.marks
            marks = self._labels[by[0]][group[0]] if named else key[len(by) :]
            together[(*group, *marks)].append(cell)
        return {key: Cell(same) if len(same) > 1 else same[0] for key, same in together.items()}

    def _one_of_each_code(self, dimension: str) -> dict[Any, Any]:
        """Of each row the one that stands for all with its code: the youngest, which is not void
        if any is not. Empty where every row has a code of its own."""
        if DIMENSIONS[dimension].kind != "row":
            return {}
        clients, labels = self._clients.get(dimension, {}), self._labels[dimension]
        names = {pk: (clients.get(pk), code) for pk, (code, _) in labels.items() if pk is not None}
        if len(set(names.values())) == len(names):
            return {}
        one: dict[Any, Any] = {names[pk]: pk for pk in sorted(names)}
        return {pk: one[name] for pk, name in names.items()}

    def groups(self, key: GroupKey) -> tuple[Group, ...]:
        return tuple(
            self._group(name, value) for name, value in zip(self._question.by, key, strict=False)
        )

    def _group(self, name: str, value: Any) -> Group:
        if value is None or value == "":
            return Group(name, None, "", DIMENSIONS[name].nothing)
        if name in DATES:
            return Group(name, value, value.isoformat(), value.isoformat())
        code, label = self._labels.get(name, {}).get(value, (str(value), str(value)))
        client = self._clients.get(name, {}).get(value, "")
        return Group(name, value, code, _joined(name, code, label), client)


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
