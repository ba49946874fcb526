"""Pareto: the few causes that make most of it."""

from collections.abc import Sequence
from itertools import accumulate, pairwise

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dashboards.charts.axes import HEAD, Plot, axis_width, legend_start, value_axis, value_ticks
from dashboards.charts.figures import COUNT, NBSP, PERCENT, Cause, Unit, finite
from dashboards.charts.svg import (
    SMALL,
    box,
    drawing,
    hatch,
    label,
    legend,
    linked,
    n,
    rule,
    text_width,
    wrapped,
)

VITAL = 0.8


def ranked(causes: Sequence[Cause], most: int = 8) -> list[Cause]:
    """Largest first, "Other" last; beyond `most` bars the small ones fold into "Other".

    "No reason yet" stays its own bar: folding it away would hide work that is still to do.
    """
    known = [c for c in causes if (finite(c.value) or 0) > 0]
    others = [c for c in known if c.other]
    named = sorted((c for c in known if not c.other), key=lambda c: -float(c.value))
    if len(named) + bool(others) > most:
        keep = set(range(most - 1))
        unassigned = [i for i, c in enumerate(named) if c.unassigned]
        if unassigned and unassigned[0] >= most - 1:
            keep = {*range(most - 2), unassigned[0]}
        others += [c for i, c in enumerate(named) if i not in keep]
        named = [c for i, c in enumerate(named) if i in keep]
    return [*named, *_folded(others)]


def _folded(others: Sequence[Cause]) -> list[Cause]:
    if len(others) < 2:
        return list(others)
    count = ngettext("Other (%(n)d cause)", "Other (%(n)d causes)", len(others)) % {
        "n": len(others)
    }
    total = sum((c.value for c in others[1:]), start=others[0].value)  # type: ignore[operator]
    return [Cause(count, total, other=True)]


def cumulative(causes: Sequence[Cause]) -> list[float]:
    """Running share of the total in per cent; the last one is 100."""
    total = sum(float(c.value) for c in causes)
    return [100 * s / total for s in accumulate(float(c.value) for c in causes)] if total else []


def vital(causes: Sequence[Cause]) -> int:
    """How many of the ranked causes it takes to reach 80 %."""
    shares = cumulative(causes)
    return next((i + 1 for i, s in enumerate(shares) if s >= 100 * VITAL - 1e-9), len(shares))


def pareto(
    causes: Sequence[Cause],
    *,
    title: str,
    unit: Unit = COUNT,
    finding: str = "",
    decimals: int | None = None,
    most: int = 8,
    width: float = 640,
    height: float = 324,
) -> SafeString:
    shown = ranked(causes, most)
    ticks = value_ticks([float(c.value) for c in shown], zero=True)
    plot = Plot(axis_width(ticks), 40, width - 44, height - 66, ticks)
    slot = plot.width / max(len(shown), 1)
    spots = [
        (plot.left + (i + 0.5) * slot, plot.bottom - share / 100 * plot.height)
        for i, share in enumerate(cumulative(shown))
    ]
    parts = [value_axis(plot, unit), _share_axis(plot)]
    count = vital(shown)
    for i, cause in enumerate(shown):
        text = unit.number(cause.value, decimals)
        body = _bar(cause, i, slot, plot, vital=i < count)
        share = 100 * float(cause.value) / sum(float(c.value) for c in shown)
        words = f"{cause.label}: {unit.with_symbol(text)} ({PERCENT.show(share, 1)})"
        if cause.note:
            words = f"{words}, {cause.note}"
        parts.append(linked(cause.href, words, body))
    if spots:
        path = "L".join(f"{n(x)} {n(y)}" for x, y in spots)
        parts.append(f'<path class="ch-cumulative" d="M{path}"/>')
        parts += [
            f'<circle cx="{n(x)}" cy="{n(y)}" r="3" class="ch-cumulative-dot"/>' for x, y in spots
        ]
    parts += [
        _value(unit.number(c.value, decimals), i, slot, plot, float(c.value), spots)
        for i, c in enumerate(shown)
    ]
    parts.append(_names(shown, slot, plot))
    parts.append(rule(plot.left, plot.bottom, plot.right, plot.bottom, "ch-base"))
    parts.append(_legend(shown, count, legend_start(plot, unit)))
    if not shown:
        parts.append(label(width / 2, height / 2, _("Nothing recorded"), "ch-empty"))
    return drawing("pareto", width, height, title, finding, parts)


def _share_axis(plot: Plot) -> str:
    parts = [label(plot.right + 40, HEAD, "%", "ch-unit", "end")]
    for share in range(0, 101, 20):
        y = plot.bottom - share / 100 * plot.height
        css = "ch-axis ch-strong" if share == 100 * VITAL else "ch-axis"
        parts.append(label(plot.right + 8, y + 4.5, str(share), css, "start"))
    y80 = plot.bottom - VITAL * plot.height
    parts.append(rule(plot.left, y80, plot.right, y80, "ch-vital-line"))
    return "".join(parts)


def _bar(cause: Cause, i: int, slot: float, plot: Plot, *, vital: bool) -> str:
    thick = min(slot * 0.7, 72)
    x, y = plot.left + i * slot + (slot - thick) / 2, plot.y(float(cause.value))
    if cause.unassigned:
        high = plot.bottom - y
        return box(x, y, thick, high, "ch-bar ch-bar-unassigned") + hatch(x, y, thick, high)
    css = "ch-bar-other" if cause.other else "ch-bar-vital" if vital else "ch-bar-rest"
    return box(x, y, thick, plot.bottom - y, f"ch-bar {css}", 1.5)


def _value(
    text: str, i: int, slot: float, plot: Plot, value: float, spots: Sequence[tuple[float, float]]
) -> str:
    """Above its bar, or above the line where the line would run through the digits."""
    width = text_width(text, SMALL)
    if width > slot:
        return ""
    x, y = plot.left + (i + 0.5) * slot, plot.y(value) - 6
    over, under = _line_between(spots, x - width / 2 - 3, x + width / 2 + 3)
    if over - 5 <= y and y - 11 <= under + 5:
        y = min(y, over - 8)
    return label(x, max(y, 11), text, "ch-value")


def _line_between(
    spots: Sequence[tuple[float, float]], left: float, right: float
) -> tuple[float, float]:
    """Highest and lowest point of the cumulative line between two x (smaller y is higher)."""
    ys = [y for x, y in spots if left <= x <= right]
    for (x1, y1), (x2, y2) in pairwise(spots):
        for x in (left, right):
            if x1 <= x <= x2:
                ys.append(y1 + (y2 - y1) * (x - x1) / (x2 - x1))
    return (min(ys), max(ys)) if ys else (0.0, -1e9)


def _names(causes: Sequence[Cause], slot: float, plot: Plot) -> str:
    parts: list[str] = []
    for i, cause in enumerate(causes):
        x = plot.left + (i + 0.5) * slot
        for row, text in enumerate(wrapped(cause.label, slot - 3, 3, SMALL)):
            parts.append(label(x, plot.bottom + 18 + row * 16, text, "ch-name-small"))
    return "".join(parts)


def _legend(causes: Sequence[Cause], count: int, x: float) -> str:
    entries: list[tuple[str, str]] = []
    if count:
        entries.append(("bar-vital", _("up to 80%(nbsp)s%%") % {"nbsp": NBSP}))
    if any(i >= count and not c.other and not c.unassigned for i, c in enumerate(causes)):
        entries.append(("bar-rest", _("the rest")))
    if any(c.unassigned for c in causes):
        entries.append(("hatch", _("no reason yet")))
    if count:
        entries.append(("ch-cumulative", _("cumulative share")))
    return legend(x, HEAD, entries)
