"""The table behind every chart: the same figures for keyboard, screen reader and copying."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from dashboards.charts.figures import BANDS, COUNT, PERCENT, Band, Cause, HeatRow, Point, Unit
from dashboards.charts.pareto import cumulative


@dataclass(frozen=True, slots=True)
class TableRow:
    """`figures` stand right-aligned under the heads given to the partial; `words` is the rest."""

    label: str
    figures: tuple[str, ...]
    words: str = ""
    href: str = ""
    band: str = ""


def point_rows(
    points: Sequence[Point], unit: Unit = COUNT, decimals: int | None = None
) -> list[TableRow]:
    """Columns: value, target where any point has one."""
    targets = any(p.target is not None for p in points)
    return [
        TableRow(
            p.name,
            (_figure(p, unit, decimals), *([_target(p, unit, decimals)] if targets else [])),
            p.words(unit, decimals).partition(", ")[2] if p.absence is None else p.note,
            p.href,
            p.band if p.band in BANDS and p.absence is None else "",
        )
        for p in points
    ]


def _figure(point: Point, unit: Unit, decimals: int | None) -> str:
    return (
        unit.show(point.value, decimals)
        if point.absence is None
        else point.words(unit).split(", ")[0]
    )


def _target(point: Point, unit: Unit, decimals: int | None) -> str:
    return "" if point.target is None else unit.show(point.target, decimals)


def cause_rows(
    causes: Sequence[Cause], unit: Unit = COUNT, decimals: int | None = None
) -> list[TableRow]:
    """Columns: value, share, cumulative share. Give the ranked causes of the drawing."""
    total = sum(float(c.value) for c in causes)
    return [
        TableRow(
            cause.label,
            (
                unit.show(cause.value, decimals),
                PERCENT.show(100 * float(cause.value) / total, 1),
                PERCENT.show(share, 1),
            ),
            cause.note,
            cause.href,
        )
        for cause, share in zip(causes, cumulative(causes), strict=True)
    ]


def heat_rows(rows: Sequence[HeatRow], unit: Unit = COUNT) -> list[TableRow]:
    """One row a line, one column a day; band and kind of nothing in words."""
    return [
        TableRow(row.label, tuple(_cell(c, unit) for c in row.cells), "", row.href) for row in rows
    ]


def _cell(point: Point, unit: Unit) -> str:
    text = _figure(point, unit, None)
    if point.absence is None and point.band in BANDS and point.band != Band.NONE:
        return _("%(value)s (%(band)s)") % {"value": text, "band": BANDS[point.band].word}
    return text
