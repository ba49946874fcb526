"""A word-sized trend for a tile: no axis, no text, gaps open."""

from collections.abc import Sequence

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dashboards.charts.axes import Plot, Ticks, runs
from dashboards.charts.figures import BANDS, COUNT, Band, Number, Point, State, Unit, finite
from dashboards.charts.svg import drawing, mark, n, rule


def sparkline(
    points: Sequence[Point],
    *,
    title: str = "",
    unit: Unit = COUNT,
    target: Number | None = None,
    decimals: int | None = 1,
    width: float = 132,
    height: float = 36,
) -> SafeString:
    values = [p.y for p in points]
    known = [v for v in values if v is not None]
    goal = finite(target)
    seen = [*known, *([] if goal is None else [goal])] or [0.0]
    low, high = min(seen), max(seen)
    if low == high:
        low, high = low - 1, high + 1
    plot = Plot(5, 5, width - 7, height - 5, Ticks(low, high, high - low))
    slot = plot.width / max(len(points) - 1, 1)
    xs = [plot.left + i * slot for i in range(len(points))]
    parts = ["" if goal is None else rule(0, plot.y(goal), width, plot.y(goal), "ch-target")]
    for start, end in runs([v is not None for v in values]):
        spots = [f"{n(xs[i])} {n(plot.y(values[i] or 0.0))}" for i in range(start, end)]
        if len(spots) == 1:
            x, y = spots[0].split()
            parts.append(f'<circle cx="{x}" cy="{y}" r="1.8" class="ch-dot"/>')
        else:
            parts.append(f'<path class="ch-line" d="M{"L".join(spots)}"/>')
    parts += [_absent(p, xs[i], height) for i, p in enumerate(points) if p.y is None]
    parts.append(_end(points, xs, plot))
    return drawing("spark", width, height, title or spoken(points, unit, decimals), "", parts)


def _absent(point: Point, x: float, height: float) -> str:
    if point.absence == State.NOT_PLANNED:
        return ""
    return rule(x - 2, height - 2, x + 2, height - 2, "ch-dash")


def _end(points: Sequence[Point], xs: Sequence[float], plot: Plot) -> str:
    if not points or points[-1].y is None:
        return ""
    last, x = points[-1], xs[-1]
    y = plot.y(last.y or 0.0)
    if last.band in BANDS and last.band != Band.NONE:
        return mark(x, y, last.band, 4)
    return f'<circle cx="{n(x)}" cy="{n(y)}" r="3" class="ch-dot"/>'


def spoken(points: Sequence[Point], unit: Unit, decimals: int | None) -> str:
    """ "14 points, 71.2 % to 84.2 %, last 83.0 %, 2 without value" """
    known = [p for p in points if p.y is not None]
    if not known:
        return _("No values")
    ordered = sorted(known, key=lambda p: p.y or 0.0)
    text = ngettext(
        "%(n)d point, %(low)s to %(high)s, last %(last)s",
        "%(n)d points, %(low)s to %(high)s, last %(last)s",
        len(points),
    ) % {
        "n": len(points),
        "low": unit.show(ordered[0].value, decimals),
        "high": unit.show(ordered[-1].value, decimals),
        "last": unit.show(known[-1].value, decimals),
    }
    gaps = len(points) - len(known)
    return f"{text}, {_('%(n)d without value') % {'n': gaps}}" if gaps else text
