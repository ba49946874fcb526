"""What figures are judged by: the agreed rules and the targets, in one query."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.apps import apps
from django.db.models import DecimalField, JSONField, Value

from kpis.contract import Agreed, ContractBook
from kpis.targets import Goal, TargetBook

NO_NUMBER = Value(None, output_field=DecimalField())
NO_VALUE = Value(None, output_field=JSONField())


def books_of(client_ids: Iterable[int]) -> tuple[ContractBook, TargetBook]:
    """A page of figures needs both."""
    ids = set(client_ids)
    targets = apps.get_model("kpis.Target").objects.order_by()
    rules = apps.get_model("kpis.Assumption").objects.filter(client_id__in=ids).order_by()
    rows = targets.values_list(
        "client_id", "kpi_key", "valid", "target", "warning", "critical", NO_VALUE
    ).union(
        rules.ever_in_force().values_list(
            "client_id", "key", "valid", NO_NUMBER, NO_NUMBER, NO_NUMBER, "value"
        ),
        all=True,
    )
    goals, agreed = [], []
    for client, key, valid, target, warning, critical, value in rows:
        if target is None:
            agreed.append(Agreed(client, key, value, valid.lower, valid.upper))
        elif client is None or client in ids:
            goals.append(Goal(client, key, target, warning, critical, valid))
    return ContractBook(sorted(agreed, key=_newest_first)), TargetBook(goals)


def _newest_first(rule: Agreed) -> Any:
    return rule.key, -rule.first.toordinal(), -(rule.end or date.max).toordinal()
