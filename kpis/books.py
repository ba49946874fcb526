"""What figures are judged by: the agreed rules and the targets, and whether anything changed, in
one query."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any, NamedTuple

from django.apps import apps
from django.contrib.postgres.fields import DateRangeField
from django.db.models import DecimalField, JSONField, Value

from kpis.contract import Agreed, ContractBook
from kpis.remembered import Freshness
from kpis.targets import Goal, TargetBook

NO_NUMBER = Value(None, output_field=DecimalField())
NO_DAYS = Value(None, output_field=DateRangeField())
NO_VALUE = Value(None, output_field=JSONField())
# Where a rule has its key.
FRESH = "*"


class Books(NamedTuple):
    rules: ContractBook
    targets: TargetBook
    fresh: Freshness


def books_of(client_ids: Iterable[int]) -> Books:
    """A page of figures needs all of it, and whether what is kept of them still holds."""
    ids = set(client_ids)
    fresh = Freshness(ids)
    targets = apps.get_model("kpis.Target").objects.order_by()
    rules = apps.get_model("kpis.Assumption").objects.filter(client_id__in=ids).order_by()
    clients = apps.get_model("clients.Client").objects.filter(pk__in=ids).order_by()
    numbers = NO_NUMBER, NO_NUMBER, NO_NUMBER
    rows = targets.values_list(
        "client_id", "kpi_key", "valid", "target", "warning", "critical", NO_VALUE
    ).union(
        rules.ever_in_force().values_list("client_id", "key", "valid", *numbers, "value"),
        clients.values_list("pk", Value(FRESH), NO_DAYS, *numbers, fresh.expression()),
        all=True,
    )
    goals, agreed, looked = [], [], {}
    for client, key, valid, target, warning, critical, value in rows:
        if key == FRESH:
            looked[client] = value
        elif target is None:
            agreed.append(Agreed(client, key, value, valid.lower, valid.upper))
        elif client is None or client in ids:
            goals.append(Goal(client, key, target, warning, critical, valid))
    fresh.told(looked)
    return Books(ContractBook(sorted(agreed, key=_newest_first)), TargetBook(goals), fresh)


def _newest_first(rule: Agreed) -> Any:
    return rule.key, -rule.first.toordinal(), -(rule.end or date.max).toordinal()
