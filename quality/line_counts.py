"""The defective column of production rows, kept as inspections of stage LINE_COUNT."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from clients.models import EntryMethod
from plant.models import Job, Line, Operation, Shift, WorkOrder
from quality.models import QualityInspection, Stage

EXCEEDS = "Defective units exceed total units."
WRITTEN = (
    "units_inspected", "units_passed", "units_defective", "units_scrapped", "defects_total",
    "defects_from_units", "line_shift", "entry_method", "batch",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class LineCount:
    """What a production row says about quality. None: not counted; 0: counted, none found."""

    client: Any
    shift_date: datetime.date
    shift: Shift
    line: Line | None = None
    work_order: WorkOrder | None = None
    job: Job | None = None
    operation: Operation | None = None
    number: int = 1
    total_units: int = 0
    defective_units: int | None = None
    scrap_units: int | None = None

    @property
    def place(self) -> tuple[Any, ...]:
        return (
            self.client.pk, self.line and self.line.pk, self.work_order and self.work_order.pk,
            self.job and self.job.pk, self.operation and self.operation.pk,
            self.shift_date, self.shift.pk, self.number,
        )  # fmt: skip

    @property
    def counted(self) -> bool:
        given = self.defective_units is not None or self.scrap_units is not None
        return given and self.total_units > 0

    @property
    def refusal(self) -> str:
        """Why this count cannot be kept; empty when it can."""
        defective = self.defective_units if self.defective_units is not None else self.scrap_units
        if defective is not None and defective > self.total_units:
            return EXCEEDS
        if self.scrap_units is not None and self.scrap_units > (defective or 0):
            return "Dispositions exceed defective units."
        return ""


def write_line_counts(
    counts: Iterable[LineCount],
    *,
    entry_method: str = EntryMethod.MANUAL,
    batch: Any = None,
) -> list[QualityInspection]:
    """One inspection per order, line, shift and capture number; rows of several machines of one
    order are one count. Repeating a call changes nothing. Same number of queries for any number
    of rows.
    """
    counts = list(counts)
    for count in counts:
        if count.refusal:
            raise ValidationError({"defective_units": count.refusal}, code="inconsistent")
    merged = _merged(count for count in counts if count.counted)
    with transaction.atomic():
        stored = stored_line_counts(merged)
        rows = [stored.get(count.place) or _new(count) for count in merged]
        changed = [
            _take(row, count, entry_method, batch)
            for row, count in zip(rows, merged, strict=True)
            if not _says(row, count)
        ]
        _save(changed)
    return rows


def stored_line_counts(counts: Sequence[LineCount]) -> dict[tuple[Any, ...], QualityInspection]:
    """The inspections that these rows have written before, by place."""
    if not counts:
        return {}
    rows = QualityInspection.objects.line_counts().filter(
        client_id__in={count.client.pk for count in counts},
        shift_date__in={count.shift_date for count in counts},
        shift_id__in={count.shift.pk for count in counts},
    )
    return {_place_of(row): row for row in rows}


def _place_of(row: QualityInspection) -> tuple[Any, ...]:
    return (
        row.client_id, row.line_id, row.work_order_id, row.job_id, row.operation_id,
        row.shift_date, row.shift_id, row.inspection_no,
    )  # fmt: skip


def _merged(counts: Iterable[LineCount]) -> list[LineCount]:
    by_place: dict[tuple[Any, ...], LineCount] = {}
    for count in counts:
        before = by_place.get(count.place)
        by_place[count.place] = _sum(before, count) if before else count
    return list(by_place.values())


def _sum(one: LineCount, other: LineCount) -> LineCount:
    return replace(
        one,
        total_units=one.total_units + other.total_units,
        defective_units=_defective(one) + _defective(other),
        scrap_units=_plus(one.scrap_units, other.scrap_units),
    )


def _defective(count: LineCount) -> int:
    """Scrap alone says that these units at least were defective."""
    if count.defective_units is not None:
        return count.defective_units
    return count.scrap_units if count.scrap_units is not None else 0


def _plus(one: int | None, other: int | None) -> int | None:
    if one is None:
        return other
    return one if other is None else one + other


def _says(row: QualityInspection, count: LineCount) -> bool:
    return (
        row.pk is not None
        and row.units_inspected == count.total_units
        and row.units_defective == _defective(count)
        and count.scrap_units in (None, row.units_scrapped)
    )


def _new(count: LineCount) -> QualityInspection:
    return QualityInspection(
        client=count.client,
        shift_date=count.shift_date,
        shift=count.shift,
        line=count.line,
        work_order=count.work_order,
        job=count.job,
        operation=count.operation,
        stage=Stage.LINE_COUNT,
        inspection_no=count.number,
    )


def _take(row: QualityInspection, count: LineCount, entry_method: str, batch: Any) -> Any:
    defective = _defective(count)
    row.units_inspected, row.units_defective = count.total_units, defective
    row.units_passed = count.total_units - defective
    row.defects_total = row.defects_guessed = defective
    row.defects_from_units = True
    if count.scrap_units is not None:
        row.units_scrapped = count.scrap_units
    row.entry_method, row.batch = entry_method, batch
    return row


def _save(rows: list[QualityInspection]) -> None:
    QualityInspection.prepare(rows)
    changed = [row for row in rows if row.pk is not None]
    QualityInspection.objects.bulk_create([row for row in rows if row.pk is None])
    QualityInspection.objects.bulk_update(changed, WRITTEN)
