"""Which target holds for a KPI of a client on a day.

A client's own target beats the global one, and that beats the default of the catalogue. The
target of a product is the product of its factors' targets unless the client sets its own.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from django.apps import apps

from clients.periods import covers
from kpis.declarations import Defaults, Kpi, Product
from kpis.figures import TargetValues
from kpis.registry import catalogue

HUNDRED = Decimal(100)


class Goal(NamedTuple):
    """A target as a book reads it; without client it holds for all."""

    client_id: int | None
    kpi_key: str
    target: Decimal
    warning: Decimal
    critical: Decimal
    valid: Any


class TargetBook:
    """The targets of some clients, read once."""

    def __init__(self, rows: Iterable[Any] = ()) -> None:
        self._rows: dict[tuple[int | None, str], list[Any]] = {}
        self._found: dict[tuple[tuple[int, ...], str, date], TargetValues | None] = {}
        for row in rows:
            self._rows.setdefault((row.client_id, row.kpi_key), []).append(row)

    @classmethod
    def load(cls, client_ids: Iterable[int], keys: Iterable[str] | None = None) -> TargetBook:
        ids = set(client_ids)
        rows = apps.get_model("kpis.Target").objects.all()
        if keys is not None:
            rows = rows.filter(kpi_key__in=_with_factors(keys))
        return cls(row for row in rows if row.client_id is None or row.client_id in ids)

    def target(self, client_ids: Iterable[int], key: str, on: date) -> TargetValues | None:
        """Of several clients only when they have the same one: nobody is judged by another's."""
        asked = tuple(client_ids), key, on
        if asked not in self._found:
            self._found[asked] = self._shared(*asked)
        return self._found[asked]

    def _shared(self, client_ids: tuple[int, ...], key: str, on: date) -> TargetValues | None:
        found = [self._of_client(each, key, on) for each in client_ids]
        first = found[0] if found else None
        if first is None or any(_values(each) != _values(first) for each in found):
            return None
        return first

    def _of_client(self, client_id: int, key: str, on: date) -> TargetValues | None:
        kpi = catalogue.kpi(key)
        own = self._row(client_id, key, on)
        if own:
            return _stored(own, "client")
        shared = self._row(None, key, on)
        if isinstance(kpi, Product):
            return self._of_product(client_id, kpi, on, shared)
        if shared:
            return _stored(shared, "global")
        return _default(kpi)

    def _of_product(
        self, client_id: int, kpi: Product, on: date, shared: Any
    ) -> TargetValues | None:
        """Its warning and critical stay those of the whole; only the target follows the factors."""
        factors = [self._of_client(client_id, factor, on) for factor in kpi.factors]
        base = _stored(shared, "global") if shared else _default(kpi)
        if shared and not any(each and each.source == "client" for each in factors):
            return base
        product = HUNDRED
        for each in factors:
            if each is None:
                return base
            product = product * each.target / HUNDRED
        since = [each.valid_from for each in factors if each and each.valid_from]
        return TargetValues(
            product,
            base.warning if base else None,
            base.critical if base else None,
            "factors",
            max(since, default=None),
        )

    def _row(self, client_id: int | None, key: str, on: date) -> Any:
        rows = self._rows.get((client_id, key), ())
        return next((row for row in rows if covers(row.valid, on)), None)


def _with_factors(keys: Iterable[str]) -> set[str]:
    wanted = set(keys)
    for key in keys:
        kpi = catalogue.find(key)
        wanted |= set(kpi.factors) if isinstance(kpi, Product) else set()
    return wanted


def _stored(row: Any, source: str) -> TargetValues:
    return TargetValues(row.target, row.warning, row.critical, source, row.valid.lower)


def _default(kpi: Kpi) -> TargetValues | None:
    values: Defaults | None = kpi.defaults
    return TargetValues(*values, source="default") if values else None


def _values(each: TargetValues | None) -> Any:
    return each and (each.target, each.warning, each.critical)
