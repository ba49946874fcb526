"""A trend: gaps stay open, running buckets are lighter, the target is a stepped line."""

from collections.abc import Sequence

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from dashboards.charts.axes import (
    HEAD,
    Note,
    Plot,
    axis_width,
    bucket_labels,
    gutter_labels,
    gutter_width,
    legend_start,
    runs,
    target_steps,
    target_words,
    value_axis,
    value_ticks,
)
from dashboards.charts.figures import COUNT, Band, Number, Point, State, Unit, finite
from dashboards.charts.svg import (
    box,
    drawing,
    hatch,
    label,
    legend,
    linked,
    mark,
    n,
    rule,
)

MANY = 70
"""From this many points on only marked points get a dot."""

type Spot = tuple[float, float]


def line(
    points: Sequence[Point],
    *,
    title: str,
    unit: Unit = COUNT,
    finding: str = "",
    target: Number | None = None,
    interval: str = "",
    zero: bool = False,
    decimals: int | None = 1,
    width: float = 640,
    height: float = 306,
) -> SafeString:
    """`target` holds where a point has none of its own; `interval` names the low–high band."""
    targets = [finite(p.target if p.target is not None else target) for p in points]
    values = [p.y for p in points]
    if not any(v is not None for v in values):
        targets_only = [t for t in targets if t is not None]
        ticks = value_ticks(targets_only, zero=zero, percent=unit.symbol == "%")
    else:
        edges = [finite(e) for p in points for e in (p.low, p.high)]
        everything = [v for v in (*values, *targets, *edges) if v is not None]
        ticks = value_ticks(everything, zero=zero, percent=unit.symbol == "%")
    gutter = _gutter(points, targets, unit, decimals)
    plot = Plot(axis_width(ticks), 36, width - gutter_width(gutter), height - 30, ticks)
    slot = plot.width / max(len(points), 1)
    xs = [plot.left + (i + 0.5) * slot for i in range(len(points))]
    parts = [
        value_axis(plot, unit),
        _legend(points, interval, legend_start(plot, unit)),
        _interval(points, xs, plot),
        _absences(points, xs, slot, plot),
        target_steps(targets, slot, plot),
        _segments(points, xs, plot),
        _dots(points, xs, plot, unit, decimals),
        bucket_labels([p.label for p in points], plot.left, slot, height - 8, width),
        gutter_labels(gutter, plot),
    ]
    if not any(v is not None for v in values):
        middle = (plot.left + plot.right) / 2
        parts.append(label(middle, (plot.top + plot.bottom) / 2, _("No values"), "ch-empty"))
    return drawing("line", width, height, title, finding, parts)


def _segments(points: Sequence[Point], xs: Sequence[float], plot: Plot) -> str:
    """One path per unbroken stretch; the way to a running bucket is dashed."""
    parts: list[str] = []
    for start, end in runs([p.y is not None for p in points]):
        spots = [_spot(points[i], xs[i], plot) for i in range(start, end)]
        closed = [i for i in range(start, end) if points[i].state != State.IN_PROGRESS]
        solid = len(closed) if closed == list(range(start, start + len(closed))) else len(spots)
        if solid > 1:
            parts.append(_path(spots[:solid], "ch-line"))
        if solid < len(spots) and len(spots) > 1:
            parts.append(_path(spots[max(solid - 1, 0) :], "ch-line ch-open"))
    return "".join(parts)


def _spot(point: Point, x: float, plot: Plot) -> Spot:
    return x, plot.y(point.y if point.y is not None else 0.0)


def _path(spots: Sequence[Spot], css: str) -> str:
    return f'<path class="{css}" d="M{"L".join(f"{n(x)} {n(y)}" for x, y in spots)}"/>'


def _dots(
    points: Sequence[Point], xs: Sequence[float], plot: Plot, unit: Unit, decimals: int | None
) -> str:
    many = len(points) > MANY
    alone = {s for s, e in runs([p.y is not None for p in points]) if e - s == 1}
    parts: list[str] = []
    for i, point in enumerate(points):
        if point.y is None:
            continue
        x, y = _spot(point, xs[i], plot)
        shown = not many or i in alone or i == len(points) - 1
        shape = _dot(point, x, y, shown)
        if not shape and not point.href:
            continue
        hit = f'<circle cx="{n(x)}" cy="{n(y)}" r="10" class="ch-hit"/>' if point.href else ""
        parts.append(
            linked(point.href, f"{point.name}: {point.words(unit, decimals)}", shape + hit)
        )
    return "".join(parts)


def _dot(point: Point, x: float, y: float, shown: bool) -> str:
    if point.state == State.IN_PROGRESS:
        return f'<circle cx="{n(x)}" cy="{n(y)}" r="4" class="ch-dot ch-open"/>'
    if point.band in (Band.WARNING, Band.CRITICAL):
        return mark(x, y, point.band, 4.5)
    if not shown:
        return ""
    return f'<circle cx="{n(x)}" cy="{n(y)}" r="3" class="ch-dot"/>'


def _interval(points: Sequence[Point], xs: Sequence[float], plot: Plot) -> str:
    lows, highs = [finite(p.low) for p in points], [finite(p.high) for p in points]
    whole = [a is not None and b is not None for a, b in zip(lows, highs, strict=True)]
    parts: list[str] = []
    for start, end in runs(whole):
        over = [(xs[i], plot.y(highs[i] or 0.0)) for i in range(start, end)]
        under = [(xs[i], plot.y(lows[i] or 0.0)) for i in range(end - 1, start - 1, -1)]
        spots = "L".join(f"{n(x)} {n(y)}" for x, y in (*over, *under))
        parts.append(f'<path class="ch-interval" d="M{spots}z"/>')
    return "".join(parts)


def _absences(points: Sequence[Point], xs: Sequence[float], slot: float, plot: Plot) -> str:
    """What stands at the foot of a gap tells the three kinds of nothing apart."""
    parts: list[str] = []
    wide, foot = min(slot * 0.8, 22), plot.bottom - 12
    for i, point in enumerate(points):
        absence = point.absence
        foretold = point.low is not None and point.high is not None
        if absence is None or foretold:
            continue
        if absence == State.NONE_RECORDED:
            x = xs[i] - wide / 2
            shape = box(x, foot, wide, 10, "ch-frame") + hatch(x, foot, wide, 10, 4)
        elif absence == State.NOT_PLANNED:
            shape = rule(xs[i] - wide / 3, foot + 5, xs[i] + wide / 3, foot + 5, "ch-dash")
        else:
            shape = box(xs[i] - wide / 2, foot, wide, 10, "ch-missing", 2)
        parts.append(linked(point.href, f"{point.name}: {point.words(COUNT)}", shape))
    return "".join(parts)


def _legend(points: Sequence[Point], interval: str, x: float) -> str:
    """Only what is there to see."""
    absences = {p.absence for p in points if p.low is None}
    entries: list[tuple[str, str]] = []
    if interval and any(p.low is not None for p in points):
        entries.append(("interval", interval))
    if any(p.state == State.IN_PROGRESS and p.y is not None for p in points):
        entries.append(("open", _("in progress")))
    if State.NONE_RECORDED in absences:
        entries.append(("hatch", _("none recorded")))
    if State.NOT_PLANNED in absences:
        entries.append(("dash", _("not planned")))
    if State.MISSING in absences:
        entries.append(("missing", _("n/a")))
    for band in (Band.WARNING, Band.CRITICAL):
        if any(p.band == band and p.state == State.CLOSED and p.y is not None for p in points):
            entries.append((band, _("warning") if band == Band.WARNING else _("critical")))
    return legend(x, HEAD, entries)


def _gutter(
    points: Sequence[Point], targets: Sequence[float | None], unit: Unit, decimals: int | None
) -> list[Note]:
    """Labels right of the plot, where no line can run into them: last value and last target."""
    entries: list[Note] = []
    closed = [p for p in points if p.y is not None and p.state == State.CLOSED]
    if closed:
        last = closed[-1].y or 0.0
        entries.append((last, unit.show(closed[-1].value, decimals), "ch-last"))
    known = [t for t in targets if t is not None]
    if known:
        entries.append((known[-1], target_words(known[-1], unit), "ch-target-label"))
    return entries
