"""Sums of rows, and the trail they leave: rows, estimates, confidence, what was left out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Context, Decimal
from typing import NamedTuple

from kpis.declarations import Combined, Kpi, Measure
from kpis.figures import Excluded, Input
from kpis.queries import STANDARD, Question
from kpis.registry import catalogue
from kpis.sheets import FULL, PRECISION, ZERO, Amount, Cell

# Of what leaves the engine: the precision everybody's decimals have by default, in which the
# shares of a line-shift add up again.
GIVEN_OUT = Context(prec=28)


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
        for kind, parts in self._cell.parts(key).items():
            if self._takes(kind):
                for part, amount in parts.items():
                    total.setdefault(part, Amount()).add(amount)
        return total

    def other_kinds(self, key: str) -> bool:
        """Whether rows exist that this figure leaves to overtime and special shifts."""
        if not self._standard:
            return False
        for measure, _sign in catalogue.base_terms(key):
            for kind, amount in self._cell.amounts(measure.key).items():
                if kind != STANDARD and amount.rows:
                    return True
        return False

    def _takes(self, kind: str) -> bool:
        return not self._standard or kind == STANDARD

    def _base(self, key: str) -> Amount:
        kinds = self._cell.amounts(key)
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


class Trail(NamedTuple):
    """Where a figure comes from: estimates, what was left out, and how many rows."""

    estimated: bool
    # The largest share of estimated rows among its sums.
    share: Decimal
    # The lowest of its sums.
    confidence: Decimal
    excluded: tuple[Excluded, ...]


def trail_of(sums: Sums, keys: tuple[str, ...]) -> Trail:
    share, confidence, leaving_out = ZERO, FULL, False
    for measure in catalogue.sums_of(keys):
        amount = sums.amount(measure.key)
        if amount.estimated and amount.rows:
            share = max(share, Decimal(amount.estimated) / amount.rows)
        if amount.confidence < confidence:
            confidence = amount.confidence
        leaving_out = leaving_out or any(amount.excluded)
    excluded = excluded_rows(sums, keys) if leaving_out else ()
    return Trail(share > 0 or confidence < FULL, share, confidence, excluded)


def excluded_rows(sums: Sums, keys: tuple[str, ...]) -> tuple[Excluded, ...]:
    """What was left out, once per reason and table."""
    found: dict[tuple[str, str], Excluded] = {}
    for measure in dict.fromkeys(catalogue.sums_of(keys)):
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


def remarks_of(sums: Sums, keys: Iterable[str]) -> tuple[str, ...]:
    """What has to be said of where the rows' values come from, once."""
    said = (
        measure.remarks.get(amount.confidence)
        for measure in catalogue.sums_of(tuple(keys))
        if measure.remarks and (amount := sums.amount(measure.key)).rows
    )
    return tuple(dict.fromkeys(each for each in said if each))


def rows_behind(sums: Sums, keys: tuple[str, ...], *, any_kind: bool = False) -> int:
    """How many rows; with `any_kind`, those of overtime and special shifts count as one each."""
    return sum(_rows_behind(sums, keys, any_kind=any_kind))


def has_rows(sums: Sums, keys: tuple[str, ...]) -> bool:
    """Whether any row stands behind, of whichever shift."""
    return any(_rows_behind(sums, keys, any_kind=True))


def _rows_behind(sums: Sums, keys: tuple[str, ...], *, any_kind: bool) -> Iterator[int]:
    for measure in catalogue.sums_of(keys):
        yield sums.amount(measure.key).rows
        if any_kind and sums.other_kinds(measure.key):
            yield 1


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


def is_kpi(key: str) -> bool:
    return isinstance(catalogue.find(key), Kpi)


__all__ = [
    "GIVEN_OUT",
    "PRECISION",
    "ZERO",
    "Amount",
    "Cell",
    "Sums",
    "Trail",
    "excluded_rows",
    "has_rows",
    "inputs_of",
    "is_kpi",
    "remarks_of",
    "rows_behind",
    "trail_of",
]
