"""Figures over time: the tile, the period before, and the points of the trend, at one asking."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from typing import Any, Literal

from kpis.answers import Judge
from kpis.declarations import Kpi
from kpis.engine import answer, ask, refuse_unknown
from kpis.figures import Figure, Group
from kpis.groups import GroupKey, Naming, in_order
from kpis.periods import Bucket, Period, bucket_end
from kpis.queries import Question
from kpis.registry import catalogue
from kpis.sums import Cell
from kpis.targets import TargetBook

State = Literal["closed", "in_progress", "none"]


class Point:
    """One bucket: a value, a value that still grows, or a gap.

    Its figure is made when somebody looks: a page of tiles draws far fewer points than it holds.
    """

    def __init__(
        self, start: date, end: date, state: State, make: Callable[[], Figure],
        target: Callable[[], Decimal | None],
    ) -> None:  # fmt: skip
        self.start = start
        self.end = end
        self.state = state
        self._make = make
        self._target = target

    @cached_property
    def figure(self) -> Figure | None:
        return None if self.state == "none" else self._make()

    @cached_property
    def target(self) -> Decimal | None:
        return self._target()

    @property
    def value(self) -> Decimal | None:
        return self.figure.value if self.figure else None


@dataclass(frozen=True)
class Trend:
    figure: Figure
    previous: Figure | None
    points: tuple[Point, ...]

    @property
    def change(self) -> Decimal | None:
        """Against the period before, in the unit of the figure."""
        if self.previous is None or self.previous.value is None or self.figure.value is None:
            return None
        return self.figure.value - self.previous.value

    @property
    def improving(self) -> bool | None:
        """By the direction of the KPI; none when nothing changed or nothing is known."""
        kpi = self.figure.kpi
        if not self.change or not isinstance(kpi, Kpi):
            return None
        return (self.change > 0) is (kpi.direction == "up")

    def closed(self) -> list[Point]:
        """Without what is still running."""
        return [point for point in self.points if point.state != "in_progress"]

    def sparkline(self, buckets: int = 14) -> list[Decimal | None]:
        return [point.value for point in self.closed()[-buckets:]]


@dataclass(frozen=True)
class HeatRow:
    group: Group
    points: tuple[Point, ...]


def trends(
    keys: Sequence[str],
    clients: Iterable[Any],
    period: Period,
    *,
    bucket: str | None = None,
    filters: Mapping[str, Iterable[Any]] | None = None,
    previous: bool = True,
    now: datetime | None = None,
    as_of: date | None = None,
) -> dict[str, Trend]:
    """Each key's figure of the period, of the period before, and per bucket."""
    chosen = Bucket(bucket or period.bucket())
    question = ask(
        clients,
        period.with_previous() if previous else period,
        filters=filters,
        by=(chosen.value,),
        now=now,
        as_of=as_of,
        marks=("running", "current"),
        since=period.first,
    )
    refuse_unknown(keys, question)
    cells = answer(keys, question)
    targets = TargetBook.load(question.clients)
    total = _Totals(cells, question, period, targets)
    return {
        key: Trend(
            total.figure(key, current=True, period=period),
            total.figure(key, current=False, period=period.previous()) if previous else None,
            total.points(key, chosen),
        )
        for key in keys
    }


def heat(
    key: str,
    clients: Iterable[Any],
    period: Period,
    *,
    row: str = "line",
    bucket: str | None = None,
    filters: Mapping[str, Iterable[Any]] | None = None,
    now: datetime | None = None,
    as_of: date | None = None,
) -> list[HeatRow]:
    """One row per line, shift or whatever else the KPI is known by, and a point per bucket."""
    chosen = Bucket(bucket or period.bucket())
    question = ask(
        clients, period, filters=filters, by=(row, chosen.value), now=now, as_of=as_of,
        marks=("running", "current"), since=period.first,
    )  # fmt: skip
    refuse_unknown([key], question)
    cells = answer([key], question)
    naming = Naming(cells, question)
    rows: dict[Group, dict[GroupKey, Cell]] = defaultdict(dict)
    for group, cell in naming.alike(cells).items():
        rows[naming.groups(group)[0]][group[1:]] = cell
    targets = TargetBook.load(question.clients)
    return [
        HeatRow(group, _Totals(rows[group], question, period, targets).points(key, chosen))
        for group in sorted(rows, key=in_order)
    ]


class _Totals:
    """The cells of a trend, added up to whatever is shown."""

    def __init__(
        self,
        cells: Mapping[GroupKey, Cell],
        question: Question,
        period: Period,
        targets: TargetBook,
    ) -> None:
        self._cells = cells
        self._question = question
        self._period = period
        self._targets = targets

    def figure(self, key: str, *, current: bool, period: Period) -> Figure:
        return self._judge(period).figure(key, (), self._sides[current])

    @cached_property
    def _sides(self) -> dict[bool, Cell]:
        return {
            chosen: Cell(
                cell for (_start, _runs, current), cell in self._cells.items() if current is chosen
            )
            for chosen in (True, False)
        }

    @cached_property
    def _by_start(self) -> dict[date, tuple[Cell, bool]]:
        """Per bucket its sums, and whether a shift in it is still running."""
        found: dict[date, dict[bool, Cell]] = defaultdict(dict)
        for (start, runs, current), cell in self._cells.items():
            if current:
                found[start][runs] = cell
        return {
            start: (Cell(cells.values()), _recorded(cells.get(True)))
            for start, cells in found.items()
        }

    def points(self, key: str, bucket: Bucket) -> tuple[Point, ...]:
        starts = self._period.buckets(bucket, self._question.week_start)
        return tuple(self._point(key, bucket, start) for start in starts)

    def _point(self, key: str, bucket: Bucket, start: date) -> Point:
        end = bucket_end(start, bucket)
        span = Period(max(start, self._period.first), min(end, self._period.end))
        group = Group(bucket.value, start, start.isoformat(), start.isoformat())
        cell, runs = self._by_start.get(start, (Cell(), False))
        state: State = "in_progress" if runs else "closed"
        if not _touches(key, cell):
            state = "none"
        return Point(
            start, end, state,
            lambda: self._judge(span).figure(key, (group,), cell),
            lambda: self._target(key, span),
        )  # fmt: skip

    def _judge(self, period: Period) -> Judge:
        return Judge(replace(self._question, period=period), (), self._targets)

    def _target(self, key: str, span: Period) -> Decimal | None:
        if not isinstance(catalogue.find(key), Kpi):
            return None
        found = self._targets.target(self._question.clients, key, span.last)
        return found.target if found else None


def _touches(key: str, cell: Cell) -> bool:
    """Whether anything was recorded that the figure looks at."""
    return cell.touches(measure.key for measure in catalogue.needed(key))


def _recorded(cell: Cell | None) -> bool:
    return cell is not None and not cell.is_empty
