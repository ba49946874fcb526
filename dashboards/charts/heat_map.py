"""Rows by columns: each cell has figure, band colour and mark; nothing has three looks."""

from collections.abc import Sequence

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from dashboards.charts.axes import bucket_labels
from dashboards.charts.figures import (
    BANDS,
    COUNT,
    Band,
    HeatRow,
    Number,
    Point,
    State,
    Unit,
    written,
)
from dashboards.charts.svg import (
    box,
    clipped,
    drawing,
    hatch,
    label,
    legend,
    linked,
    mark,
    rule,
    text_width,
)

CELL, NARROWEST, WIDEST = 38, 38, 76


def heat_map(
    rows: Sequence[HeatRow],
    columns: Sequence[str],
    *,
    title: str,
    unit: Unit = COUNT,
    finding: str = "",
    decimals: int = 0,
    width: float = 720,
) -> SafeString:
    """Cells never get too narrow for their figure: many columns make a wider drawing."""
    names = min(max((text_width(r.label) for r in rows), default=0) + 14, 170)
    count = max(len(columns), 1)
    cell = min(max((width - names - 2) / count, NARROWEST), WIDEST)
    width = max(width, names + cell * count + 2)
    top, height = 26, 26 + CELL * len(rows) + 40
    parts = [bucket_labels(columns, names, cell, top - 8, width)]
    for r, row in enumerate(rows):
        y = top + r * CELL
        name = label(0, y + CELL / 2 + 4.5, clipped(row.label, names - 10), "ch-name", "start")
        parts.append(linked(row.href, row.label, name))
        for c, point in enumerate(row.cells[: len(columns)]):
            words = f"{row.label}, {point.name or columns[c]}: {point.words(unit)}"
            body = _cell(point, names + c * cell, y, cell, decimals)
            parts.append(linked(point.href, words, body))
    if not rows:
        parts.append(label(width / 2, 40, _("No values"), "ch-empty"))
    parts.append(_legend(rows, names, height - 10))
    return drawing("heat", width, height, title, finding, parts)


def _cell(point: Point, x: float, y: float, cell: float, decimals: int) -> str:
    left, top, wide, high = x + 1.5, y + 1.5, cell - 3, CELL - 3
    middle = x + cell / 2
    if point.y is None:
        return _nothing(point, left, top, wide, high)
    band = point.band if point.band in BANDS else ""
    css = f"ch-cell ch-{BANDS[band].css}" if band and band != Band.NONE else "ch-cell"
    if point.state == State.IN_PROGRESS:
        css += " ch-open"
    text = short(point.value if point.value is not None else 0, decimals)
    parts = [box(left, top, wide, high, css, 3)]
    if band:
        parts.append(mark(middle, top + 9, band, 3.6))
    ink = f"ch-cell-text ch-{BANDS[band].css}" if band else "ch-cell-text"
    parts.append(label(middle, top + (28 if band else high / 2 + 4.5), text, ink))
    return "".join(parts)


def _nothing(point: Point, x: float, y: float, wide: float, high: float) -> str:
    if point.absence == State.NONE_RECORDED:
        return box(x, y, wide, high, "ch-frame", 3) + hatch(x, y, wide, high)
    if point.absence == State.NOT_PLANNED:
        middle = y + high / 2
        body = rule(x + wide / 2 - 5, middle, x + wide / 2 + 5, middle, "ch-dash")
        return box(x, y, wide, high, "ch-blank") + body
    text = label(x + wide / 2, y + high / 2 + 4.5, _("n/a"), "ch-none-text")
    return box(x, y, wide, high, "ch-missing", 3) + text


def short(value: Number, decimals: int) -> str:
    """At most five characters: 84, 98.5, 12.4k, 1.2M."""
    size = abs(float(value))
    for limit, letter in ((1e9, "G"), (1e6, "M"), (1e4, "k")):
        if size >= limit:
            return (
                written(float(value) / limit * (10 if limit == 1e4 else 1), 1, trim=True) + letter
            )
    return written(value, decimals)


def _legend(rows: Sequence[HeatRow], x: float, y: float) -> str:
    cells = [c for row in rows for c in row.cells]
    bands = {c.band for c in cells if c.y is not None}
    absences = {c.absence for c in cells}
    entries = [
        (band, str(look.word)) for band, look in BANDS.items() if band in bands and band != "none"
    ]
    looks = (
        (State.NONE_RECORDED, "hatch", _("none recorded")),
        (State.NOT_PLANNED, "dash", _("not planned")),
        (State.MISSING, "missing", _("n/a")),
    )
    entries += [(look, words) for state, look, words in looks if state in absences]
    return legend(x, y, entries)
