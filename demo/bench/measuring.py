"""Times one page and its floor side by side, so that a busy machine slows both."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db import connection

# One turn of something that is measured; its number makes the rows that it writes its own.
Turn = Callable[[int], None]


@dataclass(frozen=True)
class Target:
    ms: int
    queries: int | None = None
    times_floor: float | None = None


@dataclass(frozen=True)
class Case:
    name: str
    page: Turn
    floor: Turn
    target: Target
    turns: int = 15
    seconds: float = 12
    # Off for what is long and whose code is warm already: its first turn counts.
    warm_up: bool = True
    check: Callable[[], None] | None = None


@dataclass(frozen=True)
class Measured:
    case: Case
    ms: float
    # Without the database and without waiting: what stays the same on a busy machine.
    python_ms: float
    floor_ms: float
    queries: int
    turns: int

    @property
    def times_floor(self) -> float:
        return self.ms / self.floor_ms


class Counting:
    """Statements sent to the database, those that open and end transactions included."""

    def __init__(self) -> None:
        self.statements = 0

    def __call__(self, execute: Any, *args: Any) -> Any:
        self.statements += 1
        return execute(*args)


def measure(case: Case) -> Measured:
    """The statements of the first turn are counted, the time of the warm ones is taken."""
    counting = Counting()
    with connection.execute_wrapper(counting):
        pages = [timed(case.page, 0)]
    floors = [timed(case.floor, 0)]
    if case.warm_up:
        pages, floors = [], []
    until = time.monotonic() + case.seconds
    while len(pages) < case.turns and (not pages or time.monotonic() < until):
        turn = len(pages) + 1
        pages.append(timed(case.page, turn))
        floors.append(timed(case.floor, turn))
    if case.check:
        case.check()
    return Measured(
        case,
        ms=statistics.median(ms for ms, _ in pages),
        python_ms=statistics.median(python_ms for _, python_ms in pages),
        floor_ms=statistics.median(ms for ms, _ in floors),
        queries=counting.statements,
        turns=len(pages),
    )


def timed(work: Turn, turn: int) -> tuple[float, float]:
    """Milliseconds of the clock, and of this process on a processor."""
    started, worked = time.perf_counter(), time.process_time()
    work(turn)
    return (time.perf_counter() - started) * 1000, (time.process_time() - worked) * 1000
