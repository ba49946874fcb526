"""When somebody last entered something, by client."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.apps import apps
from django.db.models import OuterRef, Subquery
from django.db.models.functions import Greatest

from clients.models import Client
from kpis.registry import catalogue


def last_entries(ids: Iterable[int]) -> dict[int, datetime | None]:
    """The newest row of each client's newest day: one query, whatever the number of rows."""
    newest = [
        Subquery(
            apps.get_model(each.model)
            ._default_manager.filter(client=OuterRef("pk"))
            .order_by("-shift_date", "-created_at")
            .values("created_at")[:1]
        )
        for each in catalogue.activities.values()
    ]
    last = Greatest(*newest) if len(newest) > 1 else newest[0]
    return dict(Client.objects.filter(pk__in=list(ids)).values_list("pk", last))
