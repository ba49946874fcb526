"""Opportunities and cycle of each inspection, written on it when it is recorded."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Sequence
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Any

from kpis.contract import ContractBook
from plant import history
from plant.products_made import stored_parts
from plant.standards import (
    ACTUAL,
    History,
    Hours,
    IndustryDefault,
    Made,
    Resolved,
    StandardSource,
    Work,
    resolve_standards,
)

if TYPE_CHECKING:
    from quality.models import QualityInspection

PART, CONTRACT = "PART", "CONTRACT"

# What was agreed with the clients of some rows; read when it is asked for, and once.
Book = Callable[[], ContractBook]


def book_of(client_ids: set[int]) -> Book:
    return cache(lambda: ContractBook.load(client_ids))


def stamp(rows: Sequence[QualityInspection]) -> None:
    rows = [row for row in rows if isinstance(row.shift_date, datetime.date)]
    if not rows:
        return
    book = book_of({row.client_id for row in rows})
    found = resolved_for(rows, book, looking_back=history.took)
    for row, resolved in zip(rows, found, strict=True):
        put_cycle(row, kept_by_job(row, resolved.cycle))
        put_opportunities(row, resolved.made, book)


def resolved_for(
    rows: Sequence[QualityInspection],
    book: Book,
    *,
    not_before: datetime.date = datetime.date.min,
    looking_back: History | None = None,
) -> list[Resolved]:
    works = [work_of(row, on=max(row.shift_date, not_before)) for row in rows]
    return resolve_standards(
        works, stored=stored_parts(rows), industry=hours_of_the_trade(book), history=looking_back
    )


def work_of(row: QualityInspection, *, on: datetime.date) -> Work:
    return Work(
        client_id=row.client_id,
        on=on,
        line_id=row.line_id,
        shift_id=row.shift_id,
        operation_id=row.operation_id,
        work_order_id=row.work_order_id,
        job_id=row.job_id,
        asks_labour=False,
        line=row.line,
        work_order=row.work_order,
        job=row.job,
    )


def hours_of_the_trade(book: Book) -> IndustryDefault:
    """Labour hours per unit that the contract agrees for a family of styles."""

    def look_up(client_id: int, family: str, on: datetime.date) -> Decimal | None:
        if book().value(client_id, "standard_inference", on) == "STANDARDS_ONLY":
            return None
        agreed: dict[str, Any] = book().value(client_id, "industry_default_hours", on)
        return Decimal(str(agreed[family])) if family in agreed else None

    return look_up


def kept_by_job(row: QualityInspection, cycle: Hours) -> Hours:
    """A completed job keeps its cycle, also for inspections that are written later."""
    kept = row.job.frozen_cycle_hours_per_unit if row.job and row.job.frozen_at else None
    if kept is None:
        return cycle
    if cycle.hours is None:
        return Hours(kept, StandardSource.PART, ACTUAL)
    return Hours(kept, cycle.source, cycle.confidence, cycle.standard_id)


def put_cycle(row: QualityInspection, cycle: Hours) -> None:
    row.cycle_hours_per_unit, row.cycle_source = cycle.hours, cycle.source
    row.cycle_confidence = cycle.confidence


def put_opportunities(row: QualityInspection, made: Made, book: Book) -> None:
    of_part = made.opportunities_per_unit
    if of_part is not None:
        row.opportunities_per_unit, row.opportunities_source = of_part, PART
        return
    agreed = book().value(row.client_id, "default_opportunities", row.shift_date)
    row.opportunities_per_unit, row.opportunities_source = agreed, CONTRACT
