"""Sums of rows, and the trail they leave: rows, estimates, confidence, what was left out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Context, Decimal
from typing import Any

from kpis.declarations import Combined, Kpi, Measure
from kpis.figures import Excluded, Input
from kpis.queries import STANDARD, Question, Taken
from kpis.registry import catalogue

# Wide enough that nothing a person can see is ever rounded in between.
PRECISION = Context(prec=60)
# Of what leaves the engine: the precision everybody's decimals have by default, in which the
# shares of a line-shift add up again.
GIVEN_OUT = Context(prec=28)
ZERO = Decimal(0)
FULL = Decimal(1)
NOTHING: Mapping[str, Any] = {}


@dataclass(slots=True)
class Amount:
    """A measure over some rows, with where it comes from."""

    value: Decimal = ZERO
    rows: int = 0
    estimated: int = 0
    confidence: Decimal = FULL
    excluded: tuple[int, ...] = ()

    def add(self, other: Amount) -> None:
        # Whatever context the caller computes in: a page adds up cells in its own.
        self.value = PRECISION.add(self.value, other.value)
        self.rows += other.rows
        self.estimated += other.estimated
        if other.confidence < self.confidence:
            self.confidence = other.confidence
        if other.excluded:
            mine = self.excluded or (0,) * len(other.excluded)
            self.excluded = tuple(a + b for a, b in zip(mine, other.excluded, strict=True))

    @property
    def left_out(self) -> int:
        return sum(self.excluded)


type ByKind[T] = dict[str, T]


@dataclass
class Cell:
    """All sums of one group: by measure, and within it by shift kind."""

    amounts: dict[str, ByKind[Amount]] = field(default_factory=dict)
    parts: dict[str, ByKind[dict[str, Amount]]] = field(default_factory=dict)

    def take(self, taken: Taken, kind: str, splits: Mapping[str, Any]) -> None:
        measure, amount = taken.measure, _amount(taken)
        if measure.apart:
            self._add_part(measure.key, kind, str(splits[measure.apart]), amount)
        self._add(measure.key, kind, amount)

    def add(self, other: Cell) -> None:
        for key in other.amounts:
            self.add_measure(key, (other,))

    def add_measure(self, key: str, cells: Iterable[Cell]) -> None:
        mine = self.amounts.setdefault(key, {})
        for cell in cells:
            kinds = cell.amounts.get(key)
            if kinds is None:
                continue
            for kind, amount in kinds.items():
                _add_to(mine, kind, amount)
            for kind, parts in cell.parts.get(key, NOTHING).items():
                for name, amount in parts.items():
                    self._add_part(key, kind, name, amount)

    def touches(self, keys: Iterable[str]) -> bool:
        """Whether anything was recorded, or left out, of these measures."""
        return any(
            amount.rows or amount.left_out
            for key in keys
            for amount in self.amounts.get(key, NOTHING).values()
        )

    def _add(self, key: str, kind: str, amount: Amount) -> None:
        _add_to(self.amounts.setdefault(key, {}), kind, amount)

    def _add_part(self, key: str, kind: str, name: str, amount: Amount) -> None:
        _add_to(self.parts.setdefault(key, {}).setdefault(kind, {}), name, amount)

    @property
    def is_empty(self) -> bool:
        return not self.touches(self.amounts)


@dataclass(slots=True)
class Joint:
    """Several cells as one: a measure is added up when the first figure needs it, and once."""

    cells: list[Cell] = field(default_factory=list)
    _total: Cell = field(default_factory=Cell)
    _known: set[str] = field(default_factory=set)

    def of(self, keys: Iterable[str]) -> Cell:
        """A cell with at least these measures in it."""
        for key in keys:
            if key not in self._known:
                self._known.add(key)
                self._total.add_measure(key, self.cells)
        return self._total


def _add_to(amounts: dict[str, Amount], name: str, amount: Amount) -> None:
    known = amounts.get(name)
    if known is None:
        # A copy of its own: what is added to it later must not change the other cell.
        amounts[name] = Amount(
            amount.value, amount.rows, amount.estimated, amount.confidence, amount.excluded
        )
    else:
        known.add(amount)


def _amount(taken: Taken) -> Amount:
    measure = taken.measure
    confidence = FULL
    if taken.rows and taken.confidence is not None:
        confidence = taken.confidence
    elif taken.doubtful and isinstance(measure.confidence, Decimal):
        confidence = measure.confidence
    value = ZERO if taken.sum is None else Decimal(taken.sum)
    return Amount(value, taken.rows, taken.estimated, confidence, taken.excluded)


class Sums:
    """The sums of one group as a KPI sees them."""

    def __init__(self, cell: Cell, question: Question, *, standard: bool = False) -> None:
        self._cell = cell
        self.question = question
        self._standard = standard and not question.by_shift_kind
        self._known: dict[str, Amount] = {}

    def amount(self, key: str) -> Amount:
        if key not in self._known:
            measure = catalogue.measure(key)
            self._known[key] = (
                self._base(key) if isinstance(measure, Measure) else self._combined(measure)
            )
        return self._known[key]

    def value(self, key: str) -> Decimal:
        return self.amount(key).value

    def rows(self, key: str) -> int:
        return self.amount(key).rows

    def parts(self, key: str) -> dict[str, Amount]:
        total: dict[str, Amount] = {}
        for kind, parts in self._cell.parts.get(key, {}).items():
            if self._takes(kind):
                for part, amount in parts.items():
                    total.setdefault(part, Amount()).add(amount)
        return total

    def other_kinds(self, key: str) -> bool:
        """Whether rows exist that this figure leaves to overtime and special shifts."""
        if not self._standard:
            return False
        for measure, _sign in catalogue.base_terms(key):
            for kind, amount in self._cell.amounts.get(measure.key, NOTHING).items():
                if kind != STANDARD and amount.rows:
                    return True
        return False

    def _takes(self, kind: str) -> bool:
        return not self._standard or kind == STANDARD

    def _base(self, key: str) -> Amount:
        kinds = self._cell.amounts.get(key, NOTHING)
        taken = [amount for kind, amount in kinds.items() if self._takes(kind)]
        if len(taken) == 1:
            return taken[0]
        total = Amount()
        for amount in taken:
            total.add(amount)
        return total

    def _combined(self, measure: Combined) -> Amount:
        """Rows and estimates of the leading part; the lowest confidence of all."""
        parts = [(self.amount(key), sign) for key, sign in measure.terms.items()]
        lead = parts[0][0]
        total = ZERO
        for part, sign in parts:
            total = PRECISION.fma(sign, part.value, total)
        return Amount(
            total,
            lead.rows,
            lead.estimated,
            min(part.confidence for part, _sign in parts),
        )


def excluded_rows(sums: Sums, keys: Iterable[str]) -> tuple[Excluded, ...]:
    """What was left out, once per reason and table."""
    found: dict[tuple[str, str], Excluded] = {}
    for measure in _bases(keys):
        amount = sums.amount(measure.key)
        if not any(amount.excluded):
            continue
        fact = catalogue.fact(measure.fact)
        for exclusion, count in zip(measure.exclusions, amount.excluded, strict=False):
            if count:
                sentence = exclusion.sentence(count, amount.rows + amount.left_out, fact)
                found.setdefault(
                    (fact.key, exclusion.code),
                    Excluded(sentence, count, measure.key, exclusion.code),
                )
    return tuple(found.values())


def provenance(sums: Sums, keys: Iterable[str]) -> tuple[bool, Decimal, Decimal]:
    """Estimated or not, the largest share of estimated rows, the lowest confidence."""
    share, confidence = ZERO, FULL
    for measure in _bases(keys):
        amount = sums.amount(measure.key)
        if amount.estimated and amount.rows:
            share = max(share, Decimal(amount.estimated) / amount.rows)
        if amount.confidence < confidence:
            confidence = amount.confidence
    return share > 0 or confidence < FULL, share, confidence


def inputs_of(sums: Sums, keys: Iterable[tuple[str, str]]) -> tuple[Input, ...]:
    """The named measures, and under a measure of measures its parts."""
    found: list[Input] = []
    for key, role in keys:
        found.append(_input(sums, key, 1, role))
        measure = catalogue.measure(key)
        if isinstance(measure, Combined):
            found += [_input(sums, each.key, sign, "part") for each, sign in _acting(key, sums)]
    return tuple(found)


def _acting(key: str, sums: Sums) -> Iterator[tuple[Measure, int]]:
    for measure, sign in catalogue.base_terms(key):
        if measure.acts(sums.question):
            yield measure, sign


def _input(sums: Sums, key: str, sign: int, role: str) -> Input:
    measure, amount = catalogue.measure(key), sums.amount(key)
    return Input(
        key,
        measure.label,
        GIVEN_OUT.plus(amount.value),
        str(measure.unit),
        amount.rows,
        amount.estimated,
        amount.confidence,
        sign,
        role,
    )


def _bases(keys: Iterable[str]) -> list[Measure]:
    found: dict[str, Measure] = {}
    for key in keys:
        for measure, _sign in catalogue.base_terms(key):
            found[measure.key] = measure
    return list(found.values())


def is_kpi(key: str) -> bool:
    return isinstance(catalogue.find(key), Kpi)
