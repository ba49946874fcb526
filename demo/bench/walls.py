"""The price of row-level security: the same sums with and without the policy."""

from __future__ import annotations

import datetime
import statistics
import time
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction

from clients.models import Client
from clients.postgresql.base import as_owner
from clients.scope import client_scope
from demo.bench.floors import SUMS, between

TABLES = (
    "plant_lineshift", "production_productionentry", "downtime_downtimeevent",
    "quality_qualityinspection",
)  # fmt: skip
TURNS = 25


@dataclass(frozen=True)
class Price:
    with_policy_ms: float
    without_ms: float

    @property
    def percent(self) -> float:
        return 100 * (self.with_policy_ms / self.without_ms - 1)


def price_of_security(client: Client, days: int) -> Price:
    """Both roles take turns in one transaction of the owner, who is let past the policy in it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        (web,) = cursor.fetchone()
    with as_owner(), client_scope([client]):
        price = _compare(client, days, web)
        transaction.set_rollback(True)
    return price


def _compare(client: Client, days: int, web: str) -> Price:
    last = client.today()
    values = between([client.pk], last - datetime.timedelta(days=days - 1), last)
    behind: list[float] = []
    bare: list[float] = []
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        (owner,) = cursor.fetchone()
        for table in TABLES:
            cursor.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
        for turn in range(TURNS + 1):
            for role, took in ((web, behind), (owner, bare)):
                cursor.execute(f'SET LOCAL ROLE "{role}"')
                ms = _sums(cursor, values)
                # The first turn of each warms up.
                took += [ms] if turn else []
    return Price(statistics.median(behind), statistics.median(bare))


def _sums(cursor: Any, values: dict[str, Any]) -> float:
    started = time.perf_counter()
    for sums in SUMS:
        cursor.execute(sums.format(by="line_id, shift_date"), values)
        cursor.fetchall()
    return (time.perf_counter() - started) * 1000
