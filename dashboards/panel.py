"""Figures of a screen that are asked for together, from one set of grouped queries.

Sums are additive: total, prior period, trend, lines and heat map are the same sums put together
in different ways. They are fetched once, by the finest groups that the screen shows, and each
figure is judged when it is asked for.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any, NamedTuple

from kpis.answers import Judge
from kpis.engine import answer
from kpis.figures import Figure, Group
from kpis.groups import Naming, in_order
from kpis.periods import Period, bucket_end, bucket_start
from kpis.queries import Question
from kpis.registry import catalogue
from kpis.sheets import Cell
from kpis.sums import is_kpi
from kpis.targets import TargetBook

SPARKS = 14
MOST_DAYS = 35
EVERYBODY = object()
NO_ROWS = Cell()


@dataclass(frozen=True)
class Buckets:
    """Sums by the first day of their bucket, and the buckets with a shift still running."""

    cells: Mapping[date, Cell]
    running: frozenset[date]


class Span(NamedTuple):
    """One bucket of time, cut to the period, and who judges the figures in it."""

    start: date
    end: date
    last: date
    judge: Judge


class Spot:
    """One bucket of a trend. Without a figure nothing was recorded.

    A sparkline asks for the value alone; the figure is judged when somebody looks at it.
    """

    def __init__(
        self, start: date, end: date, *, running: bool, target: Decimal | None,
        cell: Cell | None, judge: Judge, key: str, group: tuple[Group, ...],
    ) -> None:  # fmt: skip
        self.start, self.end = start, end
        self.running, self.target = running, target
        self._cell, self._judge, self._key, self._group = cell, judge, key, group

    @cached_property
    def figure(self) -> Figure | None:
        if self._cell is None:
            return None
        figure = self._judge.figure(self._key, self._group, self._cell)
        return figure if figure.rows or figure.excluded else None

    @cached_property
    def value(self) -> Decimal | None:
        return None if self._cell is None else self._judge.value(self._key, self._cell)


type Key = tuple[Any, date, bool, bool]
"""Group, first day of the bucket, whether a shift is still running, whether it is this period."""


class Panel:
    """Figures by one dimension and by time. It may be kept, and read by several threads: what is
    added to it later is put together first, and always comes out the same."""

    def __init__(
        self, keys: Sequence[str], question: Question, period: Period, targets: TargetBook,
        *, explained: bool,
    ) -> None:  # fmt: skip
        self.keys, self.period, self.question = tuple(keys), period, question
        self.by, self.bucket = question.by
        self._targets = targets
        # Whether the figures are asked how they come about, or only shown.
        self._explained = explained
        self.cells: dict[Key, Cell] = answer(self.keys, question)  # type: ignore[assignment]
        self._judges: dict[tuple[Period, bool], Judge] = {}
        self._figures: dict[tuple[str, Any], Figure] = {}
        self._previous: dict[str, Decimal | None] = {}
        self._buckets: dict[tuple[str, Any], Buckets] = {}
        self._spots: dict[tuple[Any, ...], list[Spot]] = {}
        self._spans: dict[str, list[Span]] = {}
        self._made: dict[Hashable, Any] = {}
        self._needs = {
            key: frozenset(measure.key for measure in catalogue.needed(key)) for key in self.keys
        }
        # What is recorded shift by shift; a page without any of it asks for all it has.
        self._floor = frozenset(
            measure.key
            for key in self.keys
            for measure in catalogue.needed(key)
            if catalogue.fact(measure.fact).is_of_the_floor
        )

    def kept[T](self, name: Hashable, make: Callable[[], T]) -> T:
        """What is made of these figures, as long as they are kept themselves."""
        if name not in self._made:
            self._made[name] = make()
        return self._made[name]  # type: ignore[no-any-return]

    @property
    def weight(self) -> int:
        return len(self.cells)

    # -- figures ---------------------------------------------------------------------------------

    def figure(self, key: str) -> Figure:
        if (key, EVERYBODY) not in self._figures:
            figure = self._judge(self.period).figure(key, (), self._current)
            self._figures[key, EVERYBODY] = figure
        return self._figures[key, EVERYBODY]

    def previous(self, key: str) -> Figure:
        return self._judge(self.period.previous()).figure(key, (), self._before)

    def before(self, key: str) -> Decimal | None:
        """The value of the period before; what stands at one instant has none."""
        if key not in self._previous:
            self._previous[key] = self._before_that(key)
        return self._previous[key]

    def _before_that(self, key: str) -> Decimal | None:
        if any(catalogue.fact(each.fact).standing for each in catalogue.base_measures(key)):
            return None
        if not is_kpi(key):
            return self.previous(key).value
        return self._judge(self.period.previous()).value(key, self._before)

    def of(self, group: Group, key: str) -> Figure:
        """Of one line, or one client."""
        if (key, group.value) not in self._figures:
            cell = self._by_group.get(group.value, NO_ROWS)
            figure = self._judge(self.period).figure(key, (group,), cell)
            self._figures[key, group.value] = figure
        return self._figures[key, group.value]

    def is_silent(self, value: Any) -> bool:
        """Whether nothing was recorded there: an order that waits for a line is no record."""
        cell = self._by_group.get(value, NO_ROWS)
        return not cell.touches(self._floor) if self._floor else cell.is_empty

    @cached_property
    def groups(self) -> list[Group]:
        """Who has any rows, in the order of the codes, with one query for the names."""
        keys = [(value,) for value in self._by_group if not self.is_silent(value)]
        naming = Naming(keys, replace(self.question, by=(self.by,)))
        return sorted((naming.groups(key)[0] for key in keys), key=in_order)

    # -- trends ----------------------------------------------------------------------------------

    def running(self, of: Group | None, bucket: str) -> frozenset[date]:
        """The buckets in which a shift is still running."""
        return self._in_buckets(bucket, of.value if of else EVERYBODY).running

    def spots(
        self, key: str, of: Group | None, bucket: str, last: int, running: frozenset[date]
    ) -> list[Spot]:
        """One spot a bucket; with `last` only the newest buckets that are closed."""
        asked = key, of, bucket, last, running
        if asked not in self._spots:
            self._spots[asked] = self._spots_of(*asked)
        return self._spots[asked]

    def _spots_of(
        self, key: str, of: Group | None, bucket: str, last: int, running: frozenset[date]
    ) -> list[Spot]:
        cells = self._in_buckets(bucket, of.value if of else EVERYBODY).cells
        spans = self._spans_of(bucket)
        if last:
            spans = [each for each in spans if each.start not in running][-last:]
        return [self._spot(key, span, cells, of, span.start in running) for span in spans]

    def buckets(self, bucket: str = "") -> list[date]:
        return [span.start for span in self._spans_of(bucket or self.bucket)]

    def _spans_of(self, bucket: str) -> list[Span]:
        if bucket not in self._spans:
            starts = self.period.buckets(bucket, self.question.week_start)
            self._spans[bucket] = [self._span(start, bucket_end(start, bucket)) for start in starts]
        return self._spans[bucket]

    def _span(self, start: date, end: date) -> Span:
        inside = Period(max(start, self.period.first), min(end, self.period.end))
        return Span(start, end, inside.last, self._judge(inside, brief=True))

    def _spot(
        self, key: str, span: Span, cells: Mapping[date, Cell], of: Group | None, running: bool
    ) -> Spot:
        cell = cells.get(span.start, NO_ROWS)
        return Spot(
            span.start,
            span.end,
            running=running,
            target=self._target(key, span.last, of),
            cell=cell if cell.touches(self._needs[key]) else None,
            judge=span.judge,
            key=key,
            group=(of,) if of else (),
        )

    def _in_buckets(self, bucket: str, value: Any) -> Buckets:
        if (bucket, value) not in self._buckets:
            cells: dict[date, list[Cell]] = defaultdict(list)
            running: set[date] = set()
            for day, runs, cell in self._cells_of.get(value, ()):
                start = bucket_start(day, bucket, self.question.week_start)
                cells[start].append(cell)
                if runs:
                    running.add(start)
            self._buckets[bucket, value] = Buckets(
                {start: together(same) for start, same in cells.items()}, frozenset(running)
            )
        return self._buckets[bucket, value]

    def _target(self, key: str, on: date, of: Group | None) -> Decimal | None:
        if not is_kpi(key):
            return None
        own = (of.value,) if of and of.dimension == "client" else self.question.clients
        found = self._targets.target(own, key, on)
        return found.target if found else None

    def _judge(self, period: Period, *, brief: bool = False) -> Judge:
        if (period, brief) not in self._judges:
            question = replace(self.question, period=period, marks=(), since=None)
            judge = Judge(
                question, self.keys, self._targets,
                brief=brief or not self._explained, graded=not brief,
            )  # fmt: skip
            self._judges[period, brief] = judge
        return self._judges[period, brief]

    # -- the same sums, put together -------------------------------------------------------------

    @cached_property
    def _current(self) -> Cell:
        return Cell(self._by_group.values())

    @cached_property
    def _before(self) -> Cell:
        return Cell(cell for key, cell in self.cells.items() if not key[3])

    @cached_property
    def _by_group(self) -> dict[Any, Cell]:
        # By way of the buckets of the heat map, which are wanted anyway.
        bucket = heat_bucket(self.period)
        return {
            group: together(list(self._in_buckets(bucket, group).cells.values()))
            for group in self._cells_of
            if group is not EVERYBODY
        }

    @cached_property
    def _cells_of(self) -> dict[Any, list[tuple[date, bool, Cell]]]:
        """Day, whether a shift still runs, and sums: of each group, and of everybody."""
        found: dict[Any, list[tuple[date, bool, Cell]]] = defaultdict(list)
        for (group, day, runs, current), cell in self.cells.items():
            if current:
                found[group].append((day, runs, cell))
                found[EVERYBODY].append((day, runs, cell))
        return found


def together(cells: Sequence[Cell]) -> Cell:
    """One alone is taken as it is: most lines have one cell a day."""
    return cells[0] if len(cells) == 1 else Cell(cells)


def heat_bucket(period: Period) -> str:
    """As many columns as a person can follow, and no finer than the board has them."""
    return "day" if period.length <= MOST_DAYS else "week" if period.length <= 366 else "month"
