"""Scales and axes: 1-2-5 ticks, a value axis with its unit, and labels that never overlap."""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from dashboards.charts.figures import Unit, written
from dashboards.charts.svg import clipped, label, n, rule, text_width

HEAD = 16
"""Baseline of unit and legend, above every plot."""


@dataclass(frozen=True, slots=True)
class Ticks:
    low: float
    high: float
    step: float

    @property
    def values(self) -> list[float]:
        count = round((self.high - self.low) / self.step)
        return [self.low + i * self.step for i in range(count + 1)]


def nice_ticks(low: float, high: float, wanted: int = 5) -> Ticks:
    """Steps of 1, 2 or 5 times a power of ten that cover low..high."""
    if high <= low:
        spread = abs(low) * 0.1 or 1.0
        low, high = low - spread, high + spread
    rough = (high - low) / max(wanted, 1)
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(f * power for f in (1, 2, 5, 10) if f * power >= rough * 0.999)
    return Ticks(math.floor(low / step + 1e-9) * step, math.ceil(high / step - 1e-9) * step, step)


def value_ticks(values: Iterable[float], *, zero: bool, percent: bool = False) -> Ticks:
    """The range of a value axis. Never below zero, nor above 100 %, unless a value is."""
    seen = list(values) or [0.0]
    low, high = min(seen), max(seen)
    if zero:
        low, high = min(low, 0.0), max(high, 0.0)
        return nice_ticks(low, high) if high > low else Ticks(0, 1, 1)
    if high == low:
        spread = abs(low) * 0.05 or 1.0
        ticks = nice_ticks(low - spread, high + spread, 4)
    else:
        room = (high - low) * 0.06
        ticks = nice_ticks(low - room, high + room)
    floor = 0.0 if low >= 0 else -math.inf
    ceiling = 100.0 if percent and high <= 100 else math.inf
    return Ticks(max(ticks.low, floor), min(ticks.high, ceiling), ticks.step)


def tick_text(value: float, step: float) -> str:
    for limit, letter in ((1e12, "T"), (1e9, "G"), (1e6, "M")):
        if step >= limit / 10 and abs(value) >= limit:
            return written(value / limit, 2, trim=True) + letter
    decimals = max(0, -math.floor(math.log10(step) + 1e-9)) if step < 1 else 0
    return written(round(value, 12), min(decimals, 6))


@dataclass(frozen=True, slots=True)
class Plot:
    """The inside of the axes, in user units."""

    left: float
    top: float
    right: float
    bottom: float
    ticks: Ticks

    @property
    def width(self) -> float:
        return self.right - self.left

    @property
    def height(self) -> float:
        return self.bottom - self.top

    def y(self, value: float) -> float:
        span = (self.ticks.high - self.ticks.low) or 1.0
        return self.bottom - (value - self.ticks.low) / span * self.height


def axis_width(ticks: Ticks) -> float:
    return max(text_width(tick_text(v, ticks.step)) for v in ticks.values) + 12


def value_axis(plot: Plot, unit: Unit) -> str:
    parts = [label(0, HEAD, str(unit.symbol), "ch-unit", "start")]
    for value in plot.ticks.values:
        y = plot.y(value)
        css = "ch-base" if value == 0 else "ch-grid"
        parts.append(rule(plot.left, y, plot.right, y, css))
        text = tick_text(value, plot.ticks.step)
        parts.append(label(plot.left - 8, y + 4.5, text, "ch-axis", "end"))
    return "".join(parts)


def legend_start(plot: Plot, unit: Unit) -> float:
    return max(plot.left + 14, text_width(str(unit.symbol)) + 14)


def runs(flags: Sequence[bool]) -> Iterator[tuple[int, int]]:
    """Unbroken stretches as half-open index ranges."""
    start: int | None = None
    for i, flag in enumerate([*flags, False]):
        if flag and start is None:
            start = i
        elif not flag and start is not None:
            yield start, i
            start = None


def target_steps(targets: Sequence[float | None], slot: float, plot: Plot) -> str:
    """Steps at the borders of the buckets: a target counts for whole buckets."""
    parts: list[str] = []
    for start, end in runs([t is not None for t in targets]):
        path = ""
        for i in range(start, end):
            y = n(plot.y(targets[i] or 0.0))
            left, right = n(plot.left + i * slot), n(plot.left + (i + 1) * slot)
            if i == start:
                path = f"M{left} {y}H{right}"
            elif targets[i] == targets[i - 1]:
                path = f"{path[: path.rindex('H')]}H{right}"
            else:
                path += f"V{y}H{right}"
        parts.append(f'<path class="ch-target" d="{path}"/>')
    return "".join(parts)


def target_words(value: float, unit: Unit) -> str:
    decimals = next((d for d in (0, 1) if round(value, d) == value), 2)
    return _("Target %(value)s") % {"value": unit.number(value, decimals)}


type Note = tuple[float, str, str]
"""A label in the gutter: the value it belongs to, its words, its class."""


def gutter_width(notes: Sequence[Note]) -> float:
    room = max((text_width(text) for _value, text, _css in notes), default=0)
    return room * 1.02 + 12 if room else 8


def gutter_labels(notes: Sequence[Note], plot: Plot) -> str:
    """Right of the plot, where no line can run into them, and apart from each other."""
    heights = apart([plot.y(v) + 4.5 for v, _text, _css in notes], plot.top + 4, plot.bottom + 4)
    return "".join(
        label(plot.right + 8, y, text, css, "start")
        for y, (_value, text, css) in zip(heights, notes, strict=True)
    )


def bucket_labels(texts: Sequence[str], left: float, slot: float, y: float, right: float) -> str:
    """Every k-th label, so that none touches the next; the last shown stays inside the chart."""
    if not texts:
        return ""
    widest = max(text_width(t) for t in texts)
    every = max(1, math.ceil((min(widest, 120) + 14) / slot))
    parts: list[str] = []
    for i in range(0, len(texts), every):
        text = clipped(texts[i], max(min(widest, 120), slot - 6))
        half = text_width(text) / 2
        x = left + (i + 0.5) * slot
        if x + half > right + 2 and every > 1:
            continue
        parts.append(label(max(x, half), y, text, "ch-axis"))
    return "".join(parts)


def apart(wishes: Sequence[float], top: float, bottom: float, gap: float = 17) -> list[float]:
    """The heights of labels in a gutter, moved no more than needed to stay `gap` apart."""
    order = sorted(range(len(wishes)), key=lambda i: wishes[i])
    placed = [0.0] * len(wishes)
    floor = top
    for i in order:
        placed[i] = max(wishes[i], floor)
        floor = placed[i] + gap
    limit = bottom
    for i in reversed(order):
        placed[i] = min(placed[i], limit)
        limit = placed[i] - gap
    return placed
