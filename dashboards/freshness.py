"""When somebody last entered something, by client."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.apps import apps
from django.db.models import OuterRef, Subquery
from django.db.models.functions import Greatest

from clients.models import Client
from kpis.registry import catalogue


def last_entry(client: int | OuterRef) -> Any:
    """The newest row of the client's newest day: found by index, however many rows there are."""
    newest = [
        Subquery(
            apps.get_model(each.model)
            ._default_manager.filter(client=client)
            .order_by("-shift_date", "-created_at")
            .values("created_at")[:1]
        )
        for each in catalogue.activities.values()
    ]
    return Greatest(*newest) if len(newest) > 1 else newest[0]


def last_entries(ids: Iterable[int]) -> dict[int, datetime | None]:
    rows = Client.objects.filter(pk__in=list(ids))
    return dict(rows.values_list("pk", last_entry(OuterRef("pk"))))
