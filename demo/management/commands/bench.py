from __future__ import annotations

import logging
import os
import platform
import time
import warnings
from argparse import ArgumentParser
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.test.utils import override_settings

from clients.garbage import collect_as_usual, collect_seldom
from clients.models import Client
from demo.bench.cases import cases, set_stage
from demo.bench.database import own_database
from demo.bench.measuring import Measured, measure
from demo.bench.walls import price_of_security
from demo.seeding import refresh_statistics, seed

LARGEST_FILE, LARGEST_ROSTER = 10_000, 3_000
COLUMNS = (
    "", "p50 ms", "target", "queries", "target", "× floor", "target", "floor ms", "Python ms",
    "turns",
)  # fmt: skip


class Command(BaseCommand):
    help = "Measures pages, lists, writing and files beside hand-written SQL, on its own data."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--clients", type=int, default=10)
        parser.add_argument("--days", type=int, default=90)
        parser.add_argument("--only", metavar="WORD", default="", help="cases with this word")

    def handle(self, *args: Any, clients: int, days: int, only: str, **options: Any) -> None:
        if clients < 1 or not 30 <= days <= 1100:
            raise CommandError("Give at least one client and 30 to 1,100 days.")
        # As on a server: DEBUG keeps every statement and reads every template anew.
        with override_settings(DEBUG=False), quiet(), own_database():
            self._seed(clients, days)
            collect_seldom()
            try:
                self._price(days)
                self._measure(only)
            finally:
                collect_as_usual()

    def _seed(self, clients: int, days: int) -> None:
        started = time.monotonic()
        rows = seed(clients=clients, days=days)
        refresh_statistics()
        seconds = time.monotonic() - started
        with connection.cursor() as cursor:
            cursor.execute("SHOW server_version")
            (version,) = cursor.fetchone()
        self.stdout.write(
            f"{clients} clients × {days} days, {rows.total():,} rows made in {seconds:.0f} s"
            f" ({rows.total() / seconds:,.0f} rows/s) · PostgreSQL {version.split()[0]},"
            f" Python {platform.python_version()}, {os.cpu_count()} cores,"
            f" load {os.getloadavg()[0]:.1f}"
        )

    def _measure(self, only: str) -> None:
        stage = set_stage(LARGEST_FILE, LARGEST_ROSTER)
        chosen = [case for case in cases(stage) if only in case.name]
        self.stdout.write("Page and floor take turns; median of warm turns. ! = over its target.\n")
        self._line(COLUMNS)
        for case in chosen:
            self._line(cells(measure(case)))
            self.stdout.flush()

    def _price(self, days: int) -> None:
        price = price_of_security(Client.unscoped.order_by("pk")[0], days)
        self.stdout.write(
            f"Row-level security, sums of one client over {days} days:"
            f" {price.with_policy_ms:.1f} ms with, {price.without_ms:.1f} ms without"
            f" ({price.percent:+.0f} %)"
        )

    def _line(self, texts: Sequence[str]) -> None:
        name, *numbers = texts
        self.stdout.write(f"{name:<42}" + "".join(f"{text:>10}" for text in numbers))


@contextmanager
def quiet() -> Iterator[None]:
    """Sign-ins are no news here, and nobody asks for static files, so their folder may miss."""
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "No directory at")
            yield
    finally:
        logging.disable(logging.NOTSET)


def cells(found: Measured) -> list[str]:
    target = found.case.target
    return [
        found.case.name,
        judged(found.ms, target.ms, ",.1f" if found.ms < 100 else ",.0f"),
        f"≤ {target.ms:,}",
        judged(found.queries, target.queries, "d"),
        f"≤ {target.queries}" if target.queries else "",
        judged(found.times_floor, target.times_floor, ".1f"),
        f"≤ {target.times_floor:g}" if target.times_floor else "",
        f"{found.floor_ms:,.1f}",
        f"{found.python_ms:,.1f}",
        str(found.turns),
    ]


def judged(value: float, limit: float | None, form: str) -> str:
    over = limit is not None and value > limit
    return f"{value:{form}}{' !' if over else '  '}"
