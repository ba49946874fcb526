"""Sub-queries that depend on the question alone: a statement works each of them out once.

The same look-up stands in many conditions of a statement, and deep inside its sub-queries.
PostgreSQL gathers it anew for each of them; named in front of the statement, it is gathered once.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.db.models import Subquery


class Once(Subquery):
    """A sub-query of one column that no row is needed for.

    Two of them are the same when they are `of` the same, so that equal sums stay one column.
    """

    # In front, each row once. Not in the sub-query itself: there, the planner would walk over the
    # rows of all days in the order of an index.
    front = "SELECT DISTINCT * FROM {} each"

    def __init__(self, rows: Any, of: Hashable, **more: Any) -> None:
        super().__init__(rows, **more)
        self.of = of

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self.of == other.of  # type: ignore[attr-defined]

    def __hash__(self) -> int:
        return hash((type(self), self.of))

    def as_sql(self, compiler: Any, connection: Any, **more: Any) -> Any:
        sql, values = super().as_sql(compiler, connection, **more)
        front = _front.get()
        if front is None:
            return sql, values
        name = front.name(self.front.format(sql), values)
        return f"(SELECT * FROM {name})", ()  # noqa: S608 (a name made here)


class Front:
    """What stands in front of a statement, in the order in which one needs the other."""

    def __init__(self) -> None:
        self._known: dict[Hashable, str] = {}
        self._parts: list[str] = []
        self._values: list[Any] = []

    def name(self, sql: str, values: Any) -> str:
        # Values may be lists; blanks are told apart by what they show.
        key = (sql, *map(repr, values))
        if key not in self._known:
            self._known[key] = name = f"once_{len(self._known)}"
            self._parts.append(f"{name} AS MATERIALIZED ({sql})")
            self._values += values
        return self._known[key]

    def before(self, sql: str, values: Any) -> tuple[str, list[Any]]:
        named = f"WITH {', '.join(self._parts)} " if self._parts else ""
        return named + sql, [*self._values, *values]


_front: ContextVar[Front | None] = ContextVar("kpi_front_of_statement", default=None)


@contextmanager
def gathered_in_front() -> Iterator[Front]:
    """Of the statement that is made meanwhile."""
    front = Front()
    token = _front.set(front)
    try:
        yield front
    finally:
        _front.reset(token)
