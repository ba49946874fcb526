"""What looks odd about inspections but is written all the same.

Many rows cost as many queries as one. Rows are prepared; they may be stored or not.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from django.db.models import Sum

from quality.models import Defect, OpportunitiesSource, QualityInspection


def warnings(rows: Sequence[QualityInspection]) -> list[list[str]]:
    """The sentences about each row, in the order of the rows."""
    detailed = _detailed(rows)
    return [list(_about(row, detailed)) for row in rows]


def _about(row: QualityInspection, detailed: dict[int, int]) -> Iterator[str]:
    details = detailed.get(row.pk or 0)
    if details is not None and details != row.defects_total:
        yield (
            f"The details add up to {details:,} defects, the inspection says {row.defects_total:,}."
        )
    if row.opportunities_source == OpportunitiesSource.CONTRACT:
        yield (
            f"No opportunities per unit on the part: {row.opportunities_per_unit} by the KPI "
            "contract, DPMO is estimated."
        )
    if row.line_shift and row.line_shift.state == "NOT_PLANNED":
        yield "This shift is set to not planned on this line: figures leave the row out."


def _detailed(rows: Sequence[QualityInspection]) -> dict[int, int]:
    stored = [row.pk for row in rows if row.pk]
    if not stored:
        return {}
    sums = Defect.objects.filter(inspection__in=stored).order_by().values_list("inspection")
    return dict(sums.annotate(Sum("quantity")))
