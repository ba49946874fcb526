"""Bars, upright for buckets and lying for names. The baseline is always zero."""

from collections.abc import Sequence

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from dashboards.charts.axes import (
    HEAD,
    Plot,
    axis_width,
    bucket_labels,
    gutter_labels,
    gutter_width,
    target_steps,
    target_words,
    tick_text,
    value_axis,
    value_ticks,
)
from dashboards.charts.figures import BANDS, COUNT, Band, Number, Point, State, Unit, finite
from dashboards.charts.svg import (
    SMALL,
    box,
    clipped,
    drawing,
    hatch,
    label,
    linked,
    mark,
    n,
    rule,
    text_width,
    wrapped,
)

ROW = 32
WRAP_FROM = 56
"""Slots at least this wide carry their whole label, wrapped to two lines."""


def bars(
    points: Sequence[Point],
    *,
    title: str,
    unit: Unit = COUNT,
    finding: str = "",
    target: Number | None = None,
    decimals: int | None = 1,
    width: float = 640,
    height: float = 306,
) -> SafeString:
    targets = [finite(p.target if p.target is not None else target) for p in points]
    seen = [v for v in (*(p.y for p in points), *targets) if v is not None]
    ticks = value_ticks(seen, zero=True)
    left = axis_width(ticks)
    goal = next((t for t in reversed(targets) if t is not None), None)
    notes = [] if goal is None else [(goal, target_words(goal, unit), "ch-target-label")]
    right = width - gutter_width(notes)
    slot = (right - left) / max(len(points), 1)
    wrap = slot >= WRAP_FROM
    below = (46 if wrap else 30) + (14 if ticks.low < 0 else 0)
    plot = Plot(left, 40, right, height - below, ticks)
    texts = [unit.number(p.value, decimals) if p.y is not None else "" for p in points]
    labelled = all(text_width(t, SMALL) <= slot - 2 for t in texts)
    parts = [value_axis(plot, unit)]
    for i, point in enumerate(points):
        x = plot.left + i * slot
        body = _upright(point, x, slot, plot, texts[i] if labelled else "")
        parts.append(linked(point.href, f"{point.name}: {point.words(unit, decimals)}", body))
    parts.append(target_steps(targets, slot, plot))
    parts.append(gutter_labels(notes, plot))
    parts.append(rule(plot.left, plot.y(0), plot.right, plot.y(0), "ch-base"))
    parts.append(_foot_labels(points, plot, slot, height, wrap=wrap))
    if not points:
        parts.append(label(width / 2, height / 2, _("No values"), "ch-empty"))
    return drawing("bars", width, height, title, finding, parts)


def _upright(point: Point, x: float, slot: float, plot: Plot, text: str) -> str:
    thick = min(slot * 0.68, 64)
    left, middle, base = x + (slot - thick) / 2, x + slot / 2, plot.y(0)
    if point.y is None:
        return _nothing(point, left, base - 26, thick, 24)
    y = plot.y(point.y)
    above = point.y >= 0
    body = box(left, min(y, base), thick, abs(base - y), bar_css(point), 1.5)
    if text:
        body += label(middle, y - 6 if above else y + 15, text, "ch-value")
    return body


def _nothing(point: Point, x: float, y: float, width: float, height: float) -> str:
    if point.absence == State.NONE_RECORDED:
        return box(x, y, width, height, "ch-frame") + hatch(x, y, width, height)
    if point.absence == State.NOT_PLANNED:
        middle = x + width / 2
        return rule(middle - 6, y + height / 2, middle + 6, y + height / 2, "ch-dash")
    tag = label(x + width / 2, y + height / 2 + 4.5, _("n/a"), "ch-none-text")
    return tag if width >= 24 else box(x, y, width, height, "ch-missing", 2)


def bar_css(point: Point) -> str:
    css = "ch-bar"
    if point.band in BANDS and point.band != Band.NONE:
        css += f" ch-{BANDS[point.band].css}"
    return f"{css} ch-open" if point.state == State.IN_PROGRESS else css


def _foot_labels(
    points: Sequence[Point], plot: Plot, slot: float, height: float, *, wrap: bool
) -> str:
    if not wrap:
        texts = [p.label for p in points]
        return bucket_labels(texts, plot.left, slot, height - 8, plot.right + 8)
    parts: list[str] = []
    for i, point in enumerate(points):
        for row, text in enumerate(wrapped(point.label, slot - 6, 2)):
            x = plot.left + (i + 0.5) * slot
            foot = height - 28 + row * 16
            parts.append(label(x, foot, text, "ch-axis"))
    return "".join(parts)


def bars_across(
    points: Sequence[Point],
    *,
    title: str,
    unit: Unit = COUNT,
    finding: str = "",
    target: Number | None = None,
    decimals: int | None = 1,
    width: float = 640,
) -> SafeString:
    """Lying bars: one row a name, its band mark before it and its figure after the bar."""
    targets = [finite(p.target if p.target is not None else target) for p in points]
    seen = [v for v in (*(p.y for p in points), *targets) if v is not None]
    ticks = value_ticks(seen, zero=True)
    texts = [unit.show(p.value, decimals) if p.y is not None else "" for p in points]
    names = min(max((text_width(p.label) for p in points), default=0), width * 0.4)
    values = max((text_width(t, SMALL) for t in texts), default=0) + 10
    left, right = names + 34, width - values
    if ticks.low < 0:
        left += values
    height = 34 + ROW * max(len(points), 1) + 26
    plot = Plot(left, 30, right, height - 26, ticks)
    parts = [_lying_axis(plot, unit)]
    for i, point in enumerate(points):
        top = plot.top + i * ROW
        body = _lying(point, top, names, plot, texts[i], targets[i])
        parts.append(linked(point.href, f"{point.name}: {point.words(unit, decimals)}", body))
    zero = _across(plot, 0)
    parts.append(rule(zero, plot.top, zero, plot.bottom, "ch-base"))
    if not points:
        parts.append(label(width / 2, height / 2, _("No values"), "ch-empty"))
    return drawing("bars-across", width, height, title, finding, parts)


def _across(plot: Plot, value: float) -> float:
    span = (plot.ticks.high - plot.ticks.low) or 1.0
    return plot.left + (value - plot.ticks.low) / span * plot.width


def _lying_axis(plot: Plot, unit: Unit) -> str:
    values = plot.ticks.values
    parts = [label(0, HEAD, str(unit.symbol), "ch-unit", "start")]
    room = plot.width / max(len(values) - 1, 1)
    fits = all(text_width(tick_text(v, plot.ticks.step)) + 8 <= room for v in values)
    for i, value in enumerate(values):
        x = _across(plot, value)
        parts.append(rule(x, plot.top, x, plot.bottom, "ch-grid"))
        if fits or i in (0, len(values) - 1):
            text = tick_text(value, plot.ticks.step)
            parts.append(label(x, plot.bottom + 18, text, "ch-axis"))
    return "".join(parts)


def _lying(
    point: Point, top: float, names: float, plot: Plot, text: str, target: float | None
) -> str:
    middle, thick = top + ROW / 2, ROW * 0.6
    name = clipped(point.label, names + 2)
    parts = [label(names, middle + 4.5, name, "ch-name", "end")]
    if point.band in BANDS:
        parts.append(mark(names + 16, middle, point.band, 4.5))
    base = _across(plot, 0)
    if point.y is None:
        parts.append(_nothing(point, base + 2, middle - thick / 2, 44, thick))
    else:
        x = _across(plot, point.y)
        start, length = min(x, base), abs(x - base)
        parts.append(box(start, middle - thick / 2, length, thick, bar_css(point), 1.5))
        anchor, edge = ("start", x + 6) if point.y >= 0 else ("end", x - 6)
        if target is not None and 0 <= _across(plot, target) - edge < text_width(text, SMALL) + 4:
            edge = _across(plot, target) + 6 if point.y >= 0 else edge
        parts.append(label(edge, middle + 4.5, text, "ch-value", anchor))
    if target is not None:
        x = _across(plot, target)
        path = f"M{n(x)} {n(top + 3)}V{n(top + ROW - 3)}"
        parts.append(f'<path class="ch-target-tick" d="{path}"/>')
    return "".join(parts)
