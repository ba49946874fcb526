"""What a line-shift has made so far, told by the app that records output.

Inspections ask as well, and they may not look into production themselves. Which part a row is
about is decided by `plant.standards.parts_made`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from plant.shopfloor import ShopFloorRow
from plant.standards import PartsOfLineShift

PartsMade = Callable[[set[int]], PartsOfLineShift]
_finders: list[PartsMade] = []


def register(finder: PartsMade) -> None:
    if finder not in _finders:
        _finders.append(finder)


def stored_parts(rows: Sequence[ShopFloorRow]) -> PartsOfLineShift:
    """Needed for rows without a job only: the others name their part."""
    unclear = {row.line_shift_id for row in rows if row.line_shift_id and not row.job_id}
    if not unclear:
        return {}
    return {place: parts for find in _finders for place, parts in find(unclear).items()}
