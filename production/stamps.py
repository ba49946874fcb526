"""The standard of each row, written on the row: figures use what was valid when it was made."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from decimal import Decimal
from functools import cache, partial
from typing import TYPE_CHECKING, Any

from kpis.contract import ContractBook
from plant import history
from plant.products_made import stored_parts
from plant.standards import (
    ACTUAL,
    History,
    Hours,
    IndustryDefault,
    Resolved,
    StandardSource,
    Work,
    resolve_standards,
)

if TYPE_CHECKING:
    from production.models import ProductionEntry

STAMPS = (
    "labour_hours_per_unit", "labour_source", "labour_confidence",
    "cycle_hours_per_unit", "cycle_source", "cycle_confidence", "standard",
)  # fmt: skip


def stamp(rows: Sequence[ProductionEntry]) -> None:
    rows = [row for row in rows if isinstance(row.shift_date, datetime.date)]
    # Stored rows that are moved must not be the history of their new place.
    moved = {row.pk for row in rows if row.pk}
    looking_back = partial(history.took, without=moved)
    for row, resolved in zip(rows, resolved_for(rows, looking_back=looking_back), strict=True):
        put(row, resolved)


def resolved_for(
    rows: Sequence[ProductionEntry],
    *,
    not_before: datetime.date = datetime.date.min,
    looking_back: History | None = None,
) -> list[Resolved]:
    if not rows:
        return []
    works = [work_of(row, on=max(row.shift_date, not_before)) for row in rows]
    return resolve_standards(
        works, stored=stored_parts(rows), industry=hours_of_the_trade(rows), history=looking_back
    )


def work_of(row: ProductionEntry, *, on: datetime.date) -> Work:
    return Work(
        client_id=row.client_id,
        on=on,
        line_id=row.line_id,
        shift_id=row.shift_id,
        operation_id=row.operation_id,
        work_order_id=row.work_order_id,
        job_id=row.job_id,
        line=row.line,
        work_order=row.work_order,
        job=row.job,
        machine_cycle_hours=row.machine.ideal_cycle_hours_per_unit if row.machine else None,
    )


def hours_of_the_trade(rows: Sequence[Any]) -> IndustryDefault:
    """Labour hours per unit that the contract agrees for a family of styles; read when asked."""

    @cache
    def book() -> ContractBook:
        return ContractBook.load({row.client_id for row in rows})

    def look_up(client_id: int, family: str, on: datetime.date) -> Decimal | None:
        if book().value(client_id, "standard_inference", on) == "STANDARDS_ONLY":
            return None
        agreed: dict[str, Any] = book().value(client_id, "industry_default_hours", on)
        return Decimal(str(agreed[family])) if family in agreed else None

    return look_up


def put(row: ProductionEntry, resolved: Resolved) -> None:
    labour, cycle = resolved.labour, resolved.cycle
    if row.job and row.job.frozen_at:
        labour = frozen(labour, row.job.frozen_labour_hours_per_unit)
        cycle = frozen(cycle, row.job.frozen_cycle_hours_per_unit)
    row.standard_id = labour.standard_id or cycle.standard_id
    put_labour(row, labour)
    put_cycle(row, cycle)


def frozen(hours: Hours, kept: Decimal | None) -> Hours:
    """A completed job keeps its values, also for rows that are written later."""
    if kept is None:
        return hours
    if hours.hours is None:
        return Hours(kept, StandardSource.PART, ACTUAL)
    return Hours(kept, hours.source, hours.confidence, hours.standard_id)


def put_labour(row: ProductionEntry, labour: Hours) -> None:
    row.labour_hours_per_unit, row.labour_source = labour.hours, labour.source
    row.labour_confidence = labour.confidence


def put_cycle(row: ProductionEntry, cycle: Hours) -> None:
    row.cycle_hours_per_unit, row.cycle_source = cycle.hours, cycle.source
    row.cycle_confidence = cycle.confidence
