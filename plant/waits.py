"""How long orders of a client wait from their receipt to their start."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.db.models import Avg, F, Func, IntegerField

from plant.models import WorkOrder


def mean_waits() -> Any:
    """By `client`, the `mean` number of days, as far as both days were recorded; a client without
    such orders has none, which counts as no wait."""
    wait = Func(
        F("actual_start_date"), F("received_date"), arg_joiner=" - ", template="(%(expressions)s)",
        output_field=IntegerField(),
    )  # fmt: skip
    recorded = WorkOrder.objects.filter(actual_start_date__gte=F("received_date"))
    return recorded.order_by().values("client").annotate(mean=Avg(wait))


def whole_days(mean: Any) -> int:
    """As the database rounds."""
    return int(Decimal(str(mean)).quantize(Decimal(1), ROUND_HALF_UP))
