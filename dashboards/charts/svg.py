"""The pen: escaped text, numbers, marks, hatching and the SVG frame. No other file writes tags."""

import re
from collections.abc import Sequence
from html import escape

from django.utils.safestring import SafeString

from dashboards.charts.figures import BANDS, Band

TEXT = 14
SMALL = 13.5
"""Axis text in user units; charts.css keeps drawings so wide that it never shows below 12 px."""

BROAD = 900
SHRINK = 0.9
"""A drawing wider than this shrinks to nine tenths at most; then it scrolls inside its card."""

_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\ufffe\uffff\ud800-\udfff]")
_NARROW = frozenset("iljtfrI.,:;|!'’()[] \u00a0")
_WIDE = frozenset("mwMWÑ@%—…")


def esc(text: object) -> str:
    """Control characters have no place in XML, escaped or not."""
    return escape(_CONTROL.sub("", str(text)), quote=True)


def n(value: float) -> str:
    """A coordinate: one decimal is a tenth of a pixel."""
    text = f"{value:.1f}"
    return text[:-2] if text.endswith(".0") else text


def text_width(text: str, size: float = TEXT) -> float:
    """An upper estimate for the system fonts; there is no font to measure on a server."""
    total = 0.0
    for char in text:
        if char in _NARROW:
            total += 0.36
        elif char in _WIDE:
            total += 0.92
        elif char > "\u2e7f":
            total += 1.05
        elif char.isupper():
            total += 0.72
        else:
            total += 0.58
    return total * size


def clipped(text: str, width: float, size: float = TEXT) -> str:
    if text_width(text, size) <= width:
        return text
    room = width - text_width("…", size)
    kept = ""
    for char in text:
        room -= text_width(char, size)
        if room < 0:
            break
        kept += char
    return kept.rstrip() + "…"


def wrapped(text: str, width: float, lines: int, size: float = TEXT) -> list[str]:
    """At most `lines` lines of words; what does not fit ends in an ellipsis."""
    rows: list[str] = []
    words = [part for word in text.split() for part in _broken(word, width, size)]
    while words and len(rows) < lines - 1:
        row = words.pop(0)
        while words and text_width(f"{row} {words[0]}", size) <= width:
            row = f"{row} {words.pop(0)}"
        rows.append(clipped(row, width, size))
    if words:
        rows.append(clipped(" ".join(words), width, size))
    return rows or [""]


def _broken(word: str, width: float, size: float) -> list[str]:
    """A word too long for its line, in two parts; longer still ends in an ellipsis."""
    if text_width(word, size) <= width or len(word) < 6:
        return [word]
    cut = len(word) - 1
    while cut > 3 and text_width(f"{word[:cut]}-", size) > width:
        cut -= 1
    return [f"{word[:cut]}-", word[cut:]] if len(word) - cut > 1 else [word]


def label(x: float, y: float, text: str, css: str, anchor: str = "middle") -> str:
    return f'<text x="{n(x)}" y="{n(y)}" class="{css}" text-anchor="{anchor}">{esc(text)}</text>'


def rule(x1: float, y1: float, x2: float, y2: float, css: str) -> str:
    return f'<path class="{css}" d="M{n(x1)} {n(y1)}L{n(x2)} {n(y2)}"/>'


def box(x: float, y: float, width: float, height: float, css: str, radius: float = 0) -> str:
    corner = f' rx="{n(radius)}"' if radius else ""
    return (
        f'<rect x="{n(x)}" y="{n(y)}" width="{n(max(width, 0))}" height="{n(max(height, 0))}"'
        f'{corner} class="{css}"/>'
    )


def hatch(x: float, y: float, width: float, height: float, step: float = 6) -> str:
    """Diagonals cut to the rectangle. A <pattern> would need an id, and ids clash on one page."""
    parts: list[str] = []
    offset = step
    while offset < width + height:
        x1, y1 = (x + offset, y) if offset <= width else (x + width, y + offset - width)
        x2, y2 = (x, y + offset) if offset <= height else (x + offset - height, y + height)
        parts.append(f"M{n(x1)} {n(y1)}L{n(x2)} {n(y2)}")
        offset += step
    return f'<path class="ch-hatch" d="{"".join(parts)}"/>'


def mark(x: float, y: float, band: str, size: float = 4) -> str:
    """The band as a shape, so that it reads without colour: ● ◐ ▲ ■ –."""
    css = f"ch-mark ch-{BANDS[band].css}"
    if band == Band.ON_TARGET:
        return f'<circle cx="{n(x)}" cy="{n(y)}" r="{n(size)}" class="{css}"/>'
    if band == Band.BELOW_TARGET:
        half = f"M{n(x)} {n(y - size)}a{n(size)} {n(size)} 0 0 0 0 {n(2 * size)}z"
        ring = f'<circle cx="{n(x)}" cy="{n(y)}" r="{n(size)}" class="{css} ch-ring"/>'
        return f'{ring}<path class="{css}" d="{half}"/>'
    if band == Band.WARNING:
        left, right, foot = x - size * 1.1, x + size * 1.1, y + size * 0.9
        path = f"M{n(x)} {n(y - size * 1.1)}L{n(right)} {n(foot)}L{n(left)} {n(foot)}z"
        return f'<path class="{css}" d="{path}"/>'
    if band == Band.CRITICAL:
        return box(x - size * 0.9, y - size * 0.9, size * 1.8, size * 1.8, css)
    return rule(x - size, y, x + size, y, "ch-dash")


def linked(href: str, tooltip: str, body: str) -> str:
    """Only addresses of our own site become links: never javascript:, data: or another host."""
    inside = f"<title>{esc(tooltip)}</title>{body}"
    local = href.startswith(("/", "?", "#")) and not href.startswith(("//", "/\\"))
    if not local:
        return f"<g>{inside}</g>"
    return f'<a href="{esc(href)}" tabindex="-1">{inside}</a>'


def drawing(
    kind: str, width: float, height: float, title: str, finding: str, parts: Sequence[str]
) -> SafeString:
    broad = width > BROAD
    css = f"chart chart-{kind} chart-broad" if broad else f"chart chart-{kind}"
    shown = width * SHRINK if broad else width
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="{css}" role="img" '
        f'viewBox="0 0 {n(width)} {n(height)}" width="{n(shown)}" '
        f'height="{n(height * shown / width)}" '
        f'preserveAspectRatio="xMinYMin meet">'
        f"<title>{esc(title)}</title><desc>{esc(finding)}</desc>"
    )
    return SafeString(f"{head}{''.join(parts)}</svg>")


def legend(x: float, y: float, entries: Sequence[tuple[str, str]]) -> str:
    """Keys in one row; an entry is (what it looks like, what it says)."""
    parts: list[str] = []
    for look, words in entries:
        parts.append(_key(look, x, y))
        parts.append(label(x + 20, y, words, "ch-key", "start"))
        x += 20 + text_width(words, SMALL) * 0.92 + 14
    return "".join(parts)


def _key(look: str, x: float, y: float) -> str:
    middle = y - 4
    if look in BANDS:
        return mark(x + 8, middle, look, 4.5)
    if look == "hatch":
        frame = box(x, middle - 6, 14, 12, "ch-frame")
        return frame + hatch(x, middle - 6, 14, 12, 5)
    if look == "dash":
        return rule(x + 3, middle, x + 12, middle, "ch-dash")
    if look == "missing":
        return box(x, middle - 6, 14, 12, "ch-missing", 2)
    if look == "open":
        return f'<circle cx="{n(x + 8)}" cy="{n(middle)}" r="4" class="ch-dot ch-open"/>'
    if look == "interval":
        return box(x, middle - 5, 14, 10, "ch-interval")
    if look.startswith("bar-"):
        return box(x, middle - 6, 14, 12, f"ch-bar ch-{look}", 1)
    return rule(x, middle, x + 15, middle, look)
