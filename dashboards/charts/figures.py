"""What goes into a chart: units, points and their states."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

from django.utils.formats import get_format
from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

type Number = int | float | Decimal
type Text = str | Promise

HUGE = Decimal("1e15")
# The last place that is written, by the number of decimals.
STEPS = [Decimal(1).scaleb(-decimals) for decimals in range(16)]

NBSP = "\u00a0"
MINUS = "\u2212"


class State(StrEnum):
    """Why a point is as it is. Only CLOSED and IN_PROGRESS carry a value."""

    CLOSED = "closed"
    IN_PROGRESS = "in_progress"
    NONE_RECORDED = "none_recorded"
    NOT_PLANNED = "not_planned"
    MISSING = "missing"


class Band(StrEnum):
    ON_TARGET = "on_target"
    BELOW_TARGET = "below_target"
    WARNING = "warning"
    CRITICAL = "critical"
    NONE = "none"


class BandLook(NamedTuple):
    css: str
    mark: str
    word: Text


BANDS: dict[str, BandLook] = {
    Band.ON_TARGET: BandLook("good", "●", _("on target")),
    Band.BELOW_TARGET: BandLook("watch", "◐", _("below target")),
    Band.WARNING: BandLook("warn", "▲", _("warning")),
    Band.CRITICAL: BandLook("crit", "■", _("critical")),
    Band.NONE: BandLook("none", "–", _("n/a")),
}

STATE_WORDS: dict[State, Text] = {
    State.CLOSED: "",
    State.IN_PROGRESS: _("in progress"),
    State.NONE_RECORDED: _("none recorded"),
    State.NOT_PLANNED: _("not planned"),
    State.MISSING: _("n/a"),
}


@lru_cache(maxsize=64)
def _word_of(of: State | Band, language: str | None) -> str:
    """A page of charts says the same few words hundreds of times."""
    return str(STATE_WORDS[of] if isinstance(of, State) else BANDS[of].word)


@dataclass(frozen=True, slots=True)
class Unit:
    """How figures of one kind are written. `trim` drops zeros after the decimal sign."""

    symbol: Text = ""
    decimals: int = 0
    trim: bool = False

    def number(self, value: Number | None, decimals: int | None = None) -> str:
        if value is None or not math.isfinite(value):
            return str(_("n/a"))
        places = self.decimals if decimals is None else decimals
        return written(value, places, trim=self.trim or places > self.decimals)

    def show(self, value: Number | None, decimals: int | None = None) -> str:
        if value is None or not math.isfinite(value):
            return str(_("n/a"))
        return self.with_symbol(self.number(value, decimals))

    def with_symbol(self, number: str) -> str:
        return f"{number}{NBSP}{self.symbol}" if self.symbol else number

    def signed(self, value: Number | None, decimals: int | None = None) -> str:
        """For changes: the plus sign is written, zero has none."""
        number = self.number(value, decimals)
        if value is None or value <= 0 or not number.strip("0.,"):
            return number
        return f"+{number}"


PERCENT = Unit("%", 2)
PPM = Unit("ppm")
DPMO = Unit("dpmo")
SIGMA = Unit("σ", 2)
PER_100 = Unit(_("per 100"), 2)
MINUTES = Unit("min", 1, trim=True)
HOURS = Unit("h", 2)
DAYS = Unit(_("days"), 1, trim=True)
UNITS = Unit(_("units"))
COUNT = Unit("")

_NAMED: dict[str, Unit] = {
    "%": PERCENT,
    "ppm": PPM,
    "dpmo": DPMO,
    "σ": SIGMA,
    "sigma": SIGMA,
    "per 100": PER_100,
    "min": MINUTES,
    "h": HOURS,
    "days": DAYS,
    "units": UNITS,
    "n": COUNT,
    "": COUNT,
}


def unit_named(symbol: str) -> Unit:
    """The unit of a KPI or measure by the symbol its declaration carries."""
    return _NAMED.get(symbol) or Unit(symbol, 2, trim=True)


@lru_cache(maxsize=16)
def _separators(language: str | None) -> tuple[str, str]:
    decimal = get_format("DECIMAL_SEPARATOR", lang=language, use_l10n=True)
    thousand = get_format("THOUSAND_SEPARATOR", lang=language, use_l10n=True)
    return str(decimal), str(thousand)


def written(value: Number, decimals: int, *, trim: bool = False) -> str:
    """Half-up, digits grouped, in the active language; a rounded zero has no sign."""
    exact = value if isinstance(value, Decimal) else Decimal(str(value))
    if abs(exact) >= HUGE:
        return f"{exact:.2e}"
    rounded = exact.quantize(STEPS[decimals], rounding=ROUND_HALF_UP)
    text = f"{abs(rounded):,f}"
    if trim and "." in text:
        text = text.rstrip("0").rstrip(".")
    separators = _separators(get_language())
    if separators != (".", ","):
        decimal, thousand = separators
        text = text.replace(",", "\0").replace(".", decimal).replace("\0", thousand)
    return f"{MINUS}{text}" if rounded < 0 else text


@dataclass(frozen=True, slots=True)
class Point:
    """One bucket of a series, one bar, or one cell.

    `label` stands on the axis, `title` (when given) in tooltip and table, `note` is the reason
    or remark: "No cycle time for 2 parts". `low` and `high` are an interval, `target` its own
    target. `estimated` and `flagged` (above 100 %, restated …) are said in words.
    """

    label: str
    value: Number | None = None
    href: str = ""
    state: State = State.CLOSED
    band: str = ""
    title: str = ""
    note: str = ""
    low: Number | None = None
    high: Number | None = None
    target: Number | None = None
    estimated: bool = False
    flagged: bool = False
    # The value on the axis: a drawing looks at it ten times.
    y: float | None = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "y", finite(self.value))

    @property
    def name(self) -> str:
        return self.title or self.label

    @property
    def absence(self) -> State | None:
        """Which kind of nothing this is, or None when there is a value."""
        if self.y is not None:
            return None
        absent = (State.NONE_RECORDED, State.NOT_PLANNED)
        return self.state if self.state in absent else State.MISSING

    def words(self, unit: Unit, decimals: int | None = None) -> str:
        """The figure and all its marks in words, for tooltip and table."""
        absence = self.absence
        parts = [_word_of(absence, get_language()) if absence else unit.show(self.value, decimals)]
        if absence is None and self.state == State.IN_PROGRESS:
            parts.append(_word_of(State.IN_PROGRESS, get_language()))
        if absence is None and self.band in BANDS and self.band != Band.NONE:
            parts.append(_word_of(Band(self.band), get_language()))
        if self.estimated:
            parts.append(str(_("estimated")))
        if self.flagged:
            parts.append(str(_("verify")))
        if self.note:
            parts.append(self.note)
        return ", ".join(parts)


@dataclass(frozen=True, slots=True)
class Cause:
    """One bar of a Pareto. `unassigned` is "No reason yet": never folded into "Other"."""

    label: str
    value: Number
    href: str = ""
    unassigned: bool = False
    other: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True)
class HeatRow:
    label: str
    cells: Sequence[Point] = field(default_factory=tuple)
    href: str = ""


def finite(value: Number | None) -> float | None:
    if value is None:
        return None
    number = float(value)
    return number if math.isfinite(number) else None
