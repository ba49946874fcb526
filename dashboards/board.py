"""All figures of a screen from one set of grouped queries.

Sums are additive: total, prior period, trend, lines and heat map are the same sums put together
in different ways. They are fetched once, by the finest groups that the screen shows, and each
figure is judged when it is asked for.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any

from kpis.answers import Judge
from kpis.engine import answer, ask
from kpis.figures import Figure, Group, TargetValues
from kpis.groups import Naming
from kpis.periods import Period, PeriodError, bucket_end, bucket_start
from kpis.sums import Cell, is_kpi
from kpis.targets import TargetBook

SPARKS = 14
MOST_DAYS = 35
MARKS = ("running", "current")
EVERYONE = object()


@dataclass(frozen=True)
class Spot:
    """One bucket of a trend. Without a figure nothing was recorded."""

    start: date
    end: date
    figure: Figure | None
    running: bool = False
    target: Decimal | None = None


@dataclass
class Trend:
    """Sums by the first day of their bucket, and the buckets with a shift still running."""

    bucket: str
    cells: dict[date, Cell] = field(default_factory=lambda: defaultdict(Cell))
    running: set[date] = field(default_factory=set)


class Board:
    """Figures of one or several clients, by one dimension and by time."""

    def __init__(
        self,
        keys: Sequence[str],
        clients: Iterable[int],
        period: Period,
        *,
        filters: Mapping[str, Iterable[Any]] | None = None,
        by: str = "line",
        previous: bool = True,
    ) -> None:
        self.keys, self.period, self.by = tuple(keys), period, by
        self.bucket = bucket = str(period.bucket().value)
        whole = _with_previous(period) if previous else period
        self.question = ask(
            clients, whole, filters=filters, by=(by, bucket), marks=MARKS, since=period.first
        )
        self.cells = answer(self.keys, self.question)
        kpis = [key for key in self.keys if is_kpi(key)]
        self._targets = TargetBook.load(self.question.clients, kpis)
        self._judges: dict[Period, Judge] = {}
        self._trends: dict[str, dict[Any, Trend]] = {}
        self._figures: dict[str, Figure] = {}

    # -- figures ---------------------------------------------------------------------------------

    def figure(self, key: str) -> Figure:
        if key not in self._figures:
            self._figures[key] = self._judge(self.period).figure(key, (), self._current)
        return self._figures[key]

    def previous(self, key: str) -> Figure:
        before = self.period.previous()
        return self._judge(before).figure(key, (), self._before)

    def of(self, group: Group, key: str) -> Figure:
        """Of one line, or one client."""
        cell = self._by_group.get(group.value, Cell())
        return self._judge(self.period).figure(key, (group,), cell)

    def previous_of(self, group: Group, key: str) -> Figure:
        cell = self._before_by_group.get(group.value, Cell())
        return self._judge(self.period.previous()).figure(key, (group,), cell)

    def is_silent(self, value: Any) -> bool:
        return value not in self._by_group or self._by_group[value].is_empty

    @cached_property
    def groups(self) -> list[Group]:
        """Who has any rows, in the order of the codes, with one query for the names."""
        keys = [(value,) for value, cell in self._by_group.items() if not cell.is_empty]
        naming = Naming(keys, replace(self.question, by=(self.by,)))
        return sorted((naming.groups(key)[0] for key in keys), key=lambda group: group.code)

    # -- trends ----------------------------------------------------------------------------------

    def spots(
        self, key: str, *, of: Group | None = None, bucket: str = "", last: int = 0
    ) -> list[Spot]:
        """One spot a bucket; with `last` only the newest buckets that are closed."""
        trend = self._trend(bucket or self.bucket, of.value if of else EVERYONE)
        starts = self.buckets(bucket)
        if last:
            starts = [each for each in starts if each not in trend.running][-last:]
        return [self._spot(key, start, trend, of) for start in starts]

    def buckets(self, bucket: str = "") -> list[date]:
        return list(self.period.buckets(bucket or self.bucket, self.question.week_start))

    def _spot(self, key: str, start: date, trend: Trend, of: Group | None) -> Spot:
        end = bucket_end(start, trend.bucket)
        inside = Period(max(start, self.period.first), min(end, self.period.end))
        found = self._target(key, inside.last, of)
        target = found.target if found else None
        running = start in trend.running
        cell = trend.cells.get(start)
        if cell is None or cell.is_empty:
            return Spot(start, end, None, running, target)
        figure = self._judge(inside).figure(key, (of,) if of else (), cell)
        if not figure.rows and not figure.excluded:
            return Spot(start, end, None, running, target)
        return Spot(start, end, figure, running, target)

    def _trend(self, bucket: str, value: Any) -> Trend:
        if bucket not in self._trends:
            self._trends[bucket] = self._trends_by(bucket)
        return self._trends[bucket].get(value) or Trend(bucket)

    def _trends_by(self, bucket: str) -> dict[Any, Trend]:
        """The sums of each group, and of everybody, by bucket."""
        trends: dict[Any, Trend] = defaultdict(lambda: Trend(bucket))
        for (group, day, running, current), cell in self.cells.items():
            if not current:
                continue
            start = bucket_start(day, bucket, self.question.week_start)
            for trend in (trends[EVERYONE], trends[group]):
                trend.cells[start].add(cell)
                if running:
                    trend.running.add(start)
        return dict(trends)

    def _target(self, key: str, on: date, of: Group | None) -> TargetValues | None:
        if not is_kpi(key):
            return None
        own = [of.value] if of and of.dimension == "client" else self.question.clients
        return self._targets.target(own, key, on)

    def _judge(self, period: Period) -> Judge:
        if period not in self._judges:
            question = replace(self.question, period=period, marks=(), since=None)
            self._judges[period] = Judge(question, self.keys, self._targets)
        return self._judges[period]

    # -- the same sums, put together ---------------------------------------------------------------

    @cached_property
    def _current(self) -> Cell:
        return self._added(lambda key: () if key[3] else None).get((), Cell())

    @cached_property
    def _before(self) -> Cell:
        return self._added(lambda key: None if key[3] else ()).get((), Cell())

    @cached_property
    def _by_group(self) -> dict[Any, Cell]:
        return self._added(lambda key: (key[0],) if key[3] else None, unpack=True)

    @cached_property
    def _before_by_group(self) -> dict[Any, Cell]:
        return self._added(lambda key: None if key[3] else (key[0],), unpack=True)

    def _added(
        self, place: Callable[[tuple[Any, ...]], tuple[Any, ...] | None], *, unpack: bool = False
    ) -> dict[Any, Cell]:
        total: dict[Any, Cell] = defaultdict(Cell)
        for key, cell in self.cells.items():
            where = place(key)
            if where is not None:
                total[where[0] if unpack else where].add(cell)
        return dict(total)


def _with_previous(period: Period) -> Period:
    """A very long period is shown without the one before it."""
    try:
        return period.with_previous()
    except PeriodError:
        return period


def heat_bucket(period: Period) -> str:
    """As many columns as a person can follow, and no finer than the board has them."""
    return "day" if period.length <= MOST_DAYS else "week" if period.length <= 366 else "month"
