"""Causes in falling order, with what they add up to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, localcontext
from typing import Any

from kpis.contract import ContractBook
from kpis.dimensions import DIMENSIONS
from kpis.engine import answer, answer_all, ask, evaluate, refuse_unknown
from kpis.figures import Group, rounded
from kpis.groups import GroupKey, grouped
from kpis.periods import Period
from kpis.plans import NAMES, names_ride_along
from kpis.queries import Question
from kpis.registry import catalogue
from kpis.sheets import Cell
from kpis.sums import PRECISION, Sums

HUNDRED = Decimal(100)
VITAL_UP_TO = Decimal(80)
# Defects are counted at the inspection and detailed under it; a cause is known of details only.
DETAILS = {"defects": "defect_quantity"}


@dataclass(frozen=True)
class Bar:
    group: Group
    value: Decimal
    rows: int
    share: Decimal
    cumulative: Decimal
    # One of the causes that make up 80 %.
    vital: bool


@dataclass(frozen=True)
class Pareto:
    measure: str
    label: str
    unit: str
    bars: tuple[Bar, ...]
    total: Decimal

    @property
    def sentence(self) -> str:
        if not self.bars:
            return "Nothing was recorded."
        first = self.bars[0]
        return (
            f"{first.group.label} is the largest cause: {rounded(first.value, 0)} of"
            f" {rounded(self.total, 0)} {self.unit} ({rounded(first.share, 0)} %)."
        )


def pareto(
    measure: str,
    clients: Iterable[Any],
    period: Period,
    *,
    by: str,
    filters: Mapping[str, Iterable[Any]] | None = None,
    count: bool = False,
    as_of: date | None = None,
    book: ContractBook | None = None,
) -> Pareto:
    """A measure by one dimension; with `count` by the number of its rows.

    What has no cause yet is a bar of its own, never a part of "Other".
    """
    clients = list(clients)
    key = _source(measure, by)
    question = _question(key, by, clients, period, filters=filters, as_of=as_of, book=book)
    sizes = _sizes(key, question, answer([key], question), count=count)
    if key != measure and not count:
        sizes += _not_detailed(measure, clients, period, by, filters, sizes)
    return _named(measure, sizes, count=count)


def paretos(
    asked: Mapping[str, str], clients: Iterable[Any], period: Period, **more: Any
) -> list[Pareto]:
    """Several measures, each by its own dimension, at one asking: {measure: by}."""
    ids = list(clients)
    questions = [(key, _question(key, by, ids, period, **more)) for key, by in asked.items()]
    return [
        _named(key, _sizes(key, question, cells))
        for (key, question), cells in zip(questions, answer_all(questions), strict=True)
    ]


def _source(measure: str, by: str) -> str:
    """What is detailed is known from its details."""
    source = DETAILS.get(measure, measure)
    return source if by in ("defect_type", "severity", "disposition") else measure


def _question(key: str, by: str, clients: Iterable[Any], period: Period, **more: Any) -> Question:
    marks = NAMES if names_ride_along(key, by) else ()
    question = ask(clients, period, by=by, marks=marks, **more)
    refuse_unknown([key], question)
    return question


def _sizes(
    key: str, question: Question, cells: Mapping[GroupKey, Cell], *, count: bool = False
) -> list[tuple[Group, Decimal, int]]:
    sizes: list[tuple[Group, Decimal, int]] = []
    for (group,), cell in grouped(cells, question):
        amount = Sums(cell, question).amount(key)
        size = Decimal(amount.rows) if count else amount.value
        if size > 0:
            sizes.append((group, size, amount.rows))
    return sizes


def _named(measure: str, sizes: list[tuple[Group, Decimal, int]], *, count: bool = False) -> Pareto:
    each = catalogue.measure(measure)
    unit = "stops" if count and each.key == "lost_minutes" else str(each.unit)
    return _drawn(measure, each.label, "rows" if count and unit != "stops" else unit, sizes)


def _not_detailed(
    measure: str,
    clients: Iterable[Any],
    period: Period,
    by: str,
    filters: Mapping[str, Iterable[Any]] | None,
    sizes: Iterable[tuple[Group, Decimal, int]],
) -> list[tuple[Group, Decimal, int]]:
    (figure,) = evaluate([measure], clients, period, filters=filters)
    rest = (figure.value or Decimal(0)) - sum(size for _group, size, _rows in sizes)
    if rest <= 0:
        return []
    return [(Group(by, None, "", DIMENSIONS[by].nothing), rest, 0)]


def _drawn(measure: str, label: str, unit: str, sizes: list[tuple[Group, Decimal, int]]) -> Pareto:
    with localcontext(PRECISION):
        total = sum((size for _group, size, _rows in sizes), Decimal(0))
        bars, so_far = [], Decimal(0)
        for group, size, rows in sorted(sizes, key=lambda each: (-each[1], each[0].code)):
            vital = so_far * HUNDRED < VITAL_UP_TO * total
            so_far += size
            bars.append(
                Bar(group, size, rows, HUNDRED * size / total, HUNDRED * so_far / total, vital)
            )
    return Pareto(measure, label, unit, tuple(bars), total)
