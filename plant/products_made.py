"""Which part a shop-floor row is about.

That of its job, else of the order's only job, else the only part made on that line-shift;
without any of them the order's style is all that is known.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import NamedTuple

from plant.models import Job, Part
from plant.shopfloor import ShopFloorRow

# What a line-shift made is known by the app that records output, which registers its answer:
# line-shifts → the parts of each. Inspections ask as well and may not look into that app.
PartsMade = Callable[[set[int]], dict[int, set[int]]]
_finders: list[PartsMade] = []


class Product(NamedTuple):
    part: Part | None
    style_id: int | None

    @property
    def part_id(self) -> int | None:
        return self.part.pk if self.part else None


def register(finder: PartsMade) -> None:
    if finder not in _finders:
        _finders.append(finder)


def products_of(rows: Sequence[ShopFloorRow], *, made_here: bool = False) -> list[Product]:
    """One product per row, in a constant number of queries.

    `made_here`: these rows are output themselves, so each tells what its line-shift made.
    """
    by_order = _only_parts_of_orders(rows)
    named = [row.job.part_id if row.job else by_order.get(row.work_order_id or 0) for row in rows]
    made = _only_parts_made(rows, named, made_here=made_here)
    ids = [
        part_id or made.get(row.line_shift_id or 0)
        for row, part_id in zip(rows, named, strict=True)
    ]
    parts = Part.objects.in_bulk({part_id for part_id in ids if part_id})
    return [
        _product(row, parts.get(part_id or 0)) for row, part_id in zip(rows, ids, strict=True)
    ]


def _product(row: ShopFloorRow, part: Part | None) -> Product:
    style_of_order = row.work_order.style_id if row.work_order else None
    own = part.style_id if part else None
    return Product(part, style_of_order if own is None else own)


def _only_parts_of_orders(rows: Sequence[ShopFloorRow]) -> dict[int, int | None]:
    orders = {row.work_order_id for row in rows if row.work_order_id and not row.job_id}
    if not orders:
        return {}
    parts: dict[int, list[int | None]] = defaultdict(list)
    pairs = Job.objects.filter(work_order__in=orders).values_list("work_order_id", "part_id")
    for order, part in pairs:
        parts[order].append(part)
    return {order: of_jobs[0] for order, of_jobs in parts.items() if len(of_jobs) == 1}


def _only_parts_made(
    rows: Sequence[ShopFloorRow], named: Sequence[int | None], *, made_here: bool
) -> dict[int, int]:
    unclear = {
        row.line_shift_id
        for row, part in zip(rows, named, strict=True)
        if part is None and row.line_shift_id
    }
    if not unclear:
        return {}
    made: dict[int, set[int]] = defaultdict(set)
    for finder in _finders:
        for line_shift, parts in finder(unclear).items():
            made[line_shift] |= parts
    for row, part in zip(rows, named, strict=True) if made_here else ():
        if part and row.line_shift_id in unclear:
            made[row.line_shift_id].add(part)
    return {line_shift: parts.pop() for line_shift, parts in made.items() if len(parts) == 1}
