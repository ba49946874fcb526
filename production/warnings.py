"""What looks odd about production rows but is written all the same.

Many rows cost as many queries as one. Rows are prepared; they may be stored or not.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from django.db.models import Sum

from plant.models import WorkOrder
from plant.standards import StandardSource
from production.models import ProductionEntry


def warnings(rows: Sequence[ProductionEntry]) -> list[list[str]]:
    """The sentences about each row, in the order of the rows."""
    twins = _twins(rows)
    beyond = _orders_beyond_plan(rows)
    return [list(_about(row, twins, beyond)) for row in rows]


def _about(
    row: ProductionEntry, twins: Counter[tuple[object, ...]], beyond: dict[int, str]
) -> Iterator[str]:
    if twins[_twin_key(row)] > 1:
        yield (
            f"Likely a duplicate: another row of the same place and shift has "
            f"{row.total_units:,} units."
        )
    yield from _standard(row)
    if row.line_shift and row.line_shift.state == "NOT_PLANNED":
        yield "This shift is set to not planned on this line: figures leave the row out."
    if row.work_order and (sentence := row.work_order.oddity_of_a_row(row.client)):
        yield sentence
    if row.work_order_id in beyond and row.counts_output:
        yield beyond[row.work_order_id]


def _standard(row: ProductionEntry) -> Iterator[str]:
    if row.labour_hours_per_unit is None:
        yield "No standard. Efficiency leaves this row out."
    elif row.labour_source == StandardSource.HISTORY:
        yield (
            f"No standard. {row.labour_hours_per_unit.normalize():f} h per unit are the mean of "
            "the last 30 days: efficiency is estimated, self-referenced."
        )
    if row.cycle_hours_per_unit is None:
        yield "No cycle time. Performance leaves this row out."
        return
    if row.cycle_source == StandardSource.HISTORY:
        yield (
            f"No cycle time. {row.cycle_hours_per_unit.normalize():f} h per unit are the mean of "
            "the last 30 days: performance is estimated, self-referenced."
        )
    if row.performance_percent is not None and row.performance_percent > 100:
        yield (
            f"Above capacity: {row.performance_percent:.0f} % of what the cycle time allows. "
            "Verify the count or the standard."
        )


def _twin_key(row: ProductionEntry) -> tuple[object, ...]:
    return *row.key_without_number(), row.total_units


def _twins(rows: Sequence[ProductionEntry]) -> Counter[tuple[object, ...]]:
    """How often each key with its units occurs, among these rows and the stored ones."""
    own = [row.pk for row in rows if row.pk]
    names = (*ProductionEntry.key_names(), "total_units")
    stored = ProductionEntry.objects.filter(
        client_id__in={row.client_id for row in rows},
        shift_date__in={row.shift_date for row in rows},
        shift_id__in={row.shift_id for row in rows},
    ).exclude(pk__in=own)
    counted = Counter(stored.values_list(*names))
    counted.update(_twin_key(row) for row in rows)
    return counted


def _orders_beyond_plan(rows: Sequence[ProductionEntry]) -> dict[int, str]:
    orders = {row.work_order_id for row in rows if row.work_order_id}
    if not orders:
        return {}
    made = _made_for(orders, rows)
    planned = WorkOrder.objects.filter(pk__in=orders)
    return {
        order.pk: (
            f"Order {order.number} is above plan: {made[order.pk]:,} of "
            f"{order.planned_quantity:,} units."
        )
        for order in planned
        if made[order.pk] > order.planned_quantity
    }


def _made_for(orders: set[int], rows: Sequence[ProductionEntry]) -> Counter[int]:
    """Output of the orders: what is stored elsewhere, and what these rows say."""
    stored = ProductionEntry.objects.output().filter(work_order__in=orders)
    stored = stored.exclude(pk__in=[row.pk for row in rows if row.pk]).order_by()
    made = Counter(dict(stored.values_list("work_order").annotate(Sum("total_units"))))
    for row in rows:
        if row.work_order_id and row.counts_output:
            made[row.work_order_id] += row.total_units
    return made
