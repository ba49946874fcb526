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
from demo.bench.floors import SUMS

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
    """The web role reads behind the policy; the owner, for one transaction, without it."""
    with client_scope([client]):
        behind = _median(client, days)
    with as_owner(), transaction.atomic():
        with connection.cursor() as cursor:
            for table in TABLES:
                cursor.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
        bare = _median(client, days)
        transaction.set_rollback(True)
    return Price(behind, bare)


def _median(client: Client, days: int) -> float:
    last = client.today()
    values: list[Any] = [[client.pk], last - datetime.timedelta(days=days - 1), last]
    took = []
    with connection.cursor() as cursor:
        for _ in range(TURNS):
            started = time.perf_counter()
            for sums in SUMS:
                cursor.execute(sums.format(by="line_id, shift_date"), values)
                cursor.fetchall()
            took.append((time.perf_counter() - started) * 1000)
    return statistics.median(took)
