"""All figures of a screen, of one or several clients, by one dimension and by time."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from dashboards.panel import Panel, Spot
from kpis.books import books_of
from kpis.engine import ask
from kpis.figures import Figure, Group
from kpis.periods import Period
from kpis.registry import catalogue
from kpis.remembered import MINUTE, QUARTER

MARKS = ("running", "current")


class Board:
    """Two panels: what is recorded shift by shift, which stays as it is until somebody writes and
    is kept so long; and what stands open, such as orders and holds, which grows by the minute."""

    def __init__(
        self,
        keys: Sequence[str],
        clients: Iterable[int],
        period: Period,
        *,
        filters: Mapping[str, Iterable[Any]] | None = None,
        by: str = "line",
        previous: bool = True,
        explained: bool = False,
        as_of: date | None = None,
    ) -> None:
        self.bucket = str(period.bucket().value)
        whole = period.with_previous() if previous else period
        books = books_of(clients)
        self.question = ask(
            books.fresh.ids, whole, filters=filters, by=(by, self.bucket), marks=MARKS,
            since=period.first, as_of=as_of, book=books.rules,
        )  # fmt: skip

        chosen = tuple(sorted(self.question.filters.items()))

        def panel(of: tuple[str, ...], within: timedelta) -> Panel:
            return books.fresh.kept(
                ("panel", of, whole, period, chosen, by, as_of, explained),
                lambda: Panel(of, self.question, period, books.targets, explained=explained),
                within,
            )

        floor = tuple(key for key in keys if is_of_the_floor(key))
        other = tuple(key for key in keys if key not in floor)
        panels = [panel(floor, QUARTER)] if floor else []
        panels += [panel(other, MINUTE)] if other or not floor else []
        self._main = panels[0]
        self._panels = {key: each for each in panels for key in each.keys}

    def kept[T](self, name: Hashable, make: Callable[[], T]) -> T:
        """What is made of what is recorded shift by shift, as long as it is as it was."""
        return self._main.kept(name, make)

    def _of(self, key: str) -> Panel:
        return self._panels.get(key, self._main)

    # -- figures ---------------------------------------------------------------------------------

    def figure(self, key: str) -> Figure:
        return self._of(key).figure(key)

    def previous(self, key: str) -> Figure:
        return self._of(key).previous(key)

    def before(self, key: str) -> Decimal | None:
        return self._of(key).before(key)

    def of(self, group: Group, key: str) -> Figure:
        """Of one line, or one client."""
        return self._of(key).of(group, key)

    def is_silent(self, value: Any) -> bool:
        """Whether nothing was recorded there: an order that waits for a line is no record."""
        return self._main.is_silent(value)

    @property
    def groups(self) -> list[Group]:
        """Who has any rows, in the order of the codes, with one query for the names."""
        return self._main.groups

    # -- trends ----------------------------------------------------------------------------------

    def spots(
        self, key: str, *, of: Group | None = None, bucket: str = "", last: int = 0
    ) -> list[Spot]:
        """One spot a bucket; with `last` only the newest buckets that are closed."""
        bucket = bucket or self.bucket
        running = self._main.running(of, bucket)
        return self._of(key).spots(key, of, bucket, last, running)

    def buckets(self, bucket: str = "") -> list[date]:
        return self._main.buckets(bucket)


def is_of_the_floor(key: str) -> bool:
    return all(
        catalogue.fact(measure.fact).is_of_the_floor
        for part in (catalogue.needed(key), catalogue.base_measures(key))
        for measure in part
    )
