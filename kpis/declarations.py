"""The words in which an app declares its numbers.

A fact is a table of rows; a measure is an additive sum over it; a KPI is built on measures alone.
Sums are taken in the database, divisions in the engine, and nowhere else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from django.apps import apps
from django.core.exceptions import ImproperlyConfigured
from django.db.models import Q

from clients.roles import Action
from kpis.dimensions import COMMON, DATES

if TYPE_CHECKING:
    from kpis.queries import Question
    from kpis.sums import Sums

Direction = Literal["up", "down"]
# A part of a declaration that may depend on clients, period and contract.
type Depends[T] = T | Callable[[Question], T]
ALL_ROWS = Q()


class Unit(Enum):
    """What people read behind a number, and with how many decimals."""

    PERCENT = ("%", 2)
    PPM = ("ppm", 0)
    DPMO = ("dpmo", 0)
    SIGMA = ("σ", 2)
    PER_HUNDRED = ("per 100", 2)
    HOURS = ("h", 2)
    DAYS = ("days", 1)
    POINTS = ("points", 0)
    MINUTES = ("min", 0)
    UNITS = ("units", 0)
    COUNT = ("n", 0)

    def __init__(self, text: str, decimals: int) -> None:
        self.text = text
        self.decimals = decimals

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, eq=False)
class Fact:
    """A table whose rows are summed.

    `dimensions` maps a dimension to its column, a path or an expression; `splits` are extra group
    keys by which measures choose rows, so that a costly condition is evaluated once per row.
    """

    key: str
    label: str
    model: str
    dimensions: Mapping[str, Any]
    date_field: str = "shift_date"
    client_field: str = "client_id"
    # Where the row hangs on the time base; "pk" when it is the time base.
    line_shift: str = "line_shift"
    splits: Mapping[str, Depends[Any]] = field(default_factory=dict)
    # Rows that stand at one instant, whatever the period: those of the question, with the day as
    # of which they stand as `date_field`.
    standing: Callable[[Question], Any] | None = None
    # The rows with what they are dated by, where that is no column but depends on the question.
    dated: Callable[[Question], Any] | None = None
    one: str = "row"
    many: str = "rows"

    @property
    def is_of_the_floor(self) -> bool:
        """Whether its rows are recorded shift by shift: without any, a shift is silent."""
        return bool(self.line_shift)

    @property
    def rows(self) -> Any:
        return apps.get_model(self.model)._default_manager.all()

    def knows(self, dimension: str) -> bool:
        return dimension in DATES or dimension == "client" or dimension in self.dimensions


class Exclusion(NamedTuple):
    """Rows that a measure leaves out, and the sentence for one and for many."""

    code: str
    one: str
    many: str
    rows: Depends[Q]
    # Also of rows that the measure's splits do not take.
    outside: bool = False

    def sentence(self, count: int, of: int, fact: Fact) -> str:
        verb = self.one if count == 1 else self.many
        return f"{count} of {of} {fact.one if of == 1 else fact.many} {verb}."


@dataclass(frozen=True, eq=False)
class Measure:
    """An additive sum over the rows of one fact: Σ amount where …"""

    key: str
    label: str
    unit: Unit
    fact: str
    amount: Depends[Any]
    where: Depends[Q] = ALL_ROWS
    # The values of the fact's splits that this measure takes.
    only: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    # A split that is kept apart, for a KPI which computes within each group.
    apart: str = ""
    estimated: Depends[Q] | None = None
    # A column, an expression for each row, or one number for all rows that are estimated.
    confidence: str | Decimal | Callable[[Question], Any] | None = None
    # A split whose words say that rows are estimated, and how far they can be believed.
    believed: Believed | None = None
    exclusions: tuple[Exclusion, ...] = ()
    # What the lowest confidence of its rows says about where their values come from.
    remarks: Mapping[Decimal, str] = field(default_factory=dict)
    # Time of a line-shift, which is shared out to its production rows when asked finer.
    allocated: bool = False
    # By which way it is shared out: that of the clock, or that of the people.
    sharing: str = "clock"
    # Dimensions beyond those of the fact, by another path.
    paths: Mapping[str, str] = field(default_factory=dict)
    # Concerns rows that another measure leaves out; where it leaves out none, this costs no query.
    left_out_of: str = ""
    # False while no rule of the contract makes it act; it then costs no query.
    acts: Callable[[Question], bool] = lambda question: True
    # How its rows are counted in words, for a sum that says what it is made of.
    spoken: Spoken | None = None
    # Who may ask for it, beyond everybody who sees figures.
    right: Action | None = None
    help: str = ""

    @property
    def splits(self) -> set[str]:
        believed = self.believed.split if self.believed else ""
        return {*self.only, self.apart, believed} - {""}


@dataclass(frozen=True, eq=False)
class Combined:
    """A measure made of measures: Σ sign × measure."""

    key: str
    label: str
    unit: Unit
    terms: Mapping[str, int]
    help: str = ""


class Believed(NamedTuple):
    split: str
    confidence: Mapping[str, Decimal]


class Spoken(NamedTuple):
    """Rows in words: "10 × 9" for ten rows of nine, with a noun where one is needed."""

    # What one of them contributes, and how many of them a row stands for.
    each: Depends[Any]
    number: Depends[Any]
    # Which noun, as a word of this expression; and the noun for one and for many.
    noun: Depends[Any]
    words: Mapping[str, tuple[str, str]]


class Assumed(NamedTuple):
    """The value while one source is silent and another one shows that there was work."""

    silent: str
    given: str
    value: Decimal
    confidence: Decimal
    note: str


class Need(NamedTuple):
    """An input without which there is no value, and what to say then."""

    measure: str
    sentence: str
    # Set beforehand by somebody, not recorded on the floor: without it nothing is missing there.
    is_setting: bool = False


@dataclass(frozen=True, eq=False)
class Iso:
    """The same ratio by ISO 22400-2, where the KPI contract may say otherwise."""

    numerator: str
    denominator: str
    explain: Callable[[Sums], str]
    # What the explanation names beside them.
    uses: tuple[str, ...] = ()


class Defaults(NamedTuple):
    """Target values of the catalogue, in force until somebody sets others."""

    target: Decimal
    warning: Decimal
    critical: Decimal


def defaults(target: str, warning: str, critical: str) -> Defaults:
    return Defaults(Decimal(target), Decimal(warning), Decimal(critical))


@dataclass(frozen=True, eq=False, kw_only=True)
class Kpi:
    key: str
    label: str
    unit: Unit
    direction: Direction
    formula: str
    help: str = ""
    iso_formula: str = ""
    # The question of the overview that it answers.
    question: str = "quality"
    defaults: Defaults | None = None
    # Overtime and special shifts are outside planned time, unless asked for by shift kind.
    standard_shifts: bool = False
    may_exceed: bool = False
    # Whether it stands on the overview; the others are asked for on their own page.
    tile: bool = True
    # Who may see it, beyond everybody who sees figures.
    right: Action | None = None
    # Of so many days up to the last one asked for, whatever the first one is.
    window_days: int = 0
    # The only groupings that make sense; empty: all that its measures know.
    known_by: tuple[str, ...] = ()
    version: int = 1

    kind: str = field(default="", init=False)

    def __post_init__(self) -> None:
        if self.tile and self.window_days:
            raise ImproperlyConfigured(
                f"“{self.key}” is of {self.window_days} days of its own, and no tile: the overview"
                " asks for all of its figures over one period."
            )

    @property
    def decimals(self) -> int:
        return self.unit.decimals

    @property
    def measures(self) -> tuple[str, ...]:
        return ()

    @property
    def dimensions(self) -> tuple[str, ...]:
        from kpis.registry import catalogue

        return catalogue.dimensions_of(self.key)


@dataclass(frozen=True, eq=False, kw_only=True)
class Ratio(Kpi):
    """scale × numerator / denominator. `scale` is a pair, so that 1/60 stays exact."""

    numerator: str
    denominator: str
    scale: tuple[int, int] = (100, 1)
    needs: tuple[Need, ...] = ()
    zero: str | Callable[[Sums], str] = "The denominator is zero."
    iso: Iso | None = None
    # Units counted good or bad out of units counted: gets a Wilson interval while they are few.
    proportion: bool = False
    # Rules of the KPI contract that act on it.
    rules: tuple[str, ...] = ()
    assumed: Assumed | None = None

    kind: str = field(default="ratio", init=False)

    @cached_property
    def measures(self) -> tuple[str, ...]:  # type: ignore[override]
        named = [self.numerator, self.denominator, *(need.measure for need in self.needs)]
        if self.iso:
            named += [self.iso.numerator, self.iso.denominator]
        return tuple(dict.fromkeys(named))


@dataclass(frozen=True, eq=False, kw_only=True)
class Product(Kpi):
    """The product of KPIs; without a value as soon as one factor has none."""

    factors: tuple[str, ...]

    kind: str = field(default="product", init=False)


class Answer(NamedTuple):
    """What an `Other` KPI computes from its sums."""

    value: Decimal | None
    reason: str = ""
    # Made when somebody reads them, where that costs a query.
    notes: tuple[str, ...] | Callable[[], tuple[str, ...]] = ()
    flags: tuple[str, ...] = ()
    numerator: Decimal | None = None
    denominator: Decimal | None = None


@dataclass(frozen=True, eq=False, kw_only=True)
class Other(Kpi):
    """A rule of its own over sums."""

    uses: tuple[str, ...]
    compute: Callable[[Sums], Answer]

    kind: str = field(default="other", init=False)

    @property
    def measures(self) -> tuple[str, ...]:
        return self.uses


class Known(NamedTuple):
    """What an app above knows of the data behind a figure, for its grade; in percent."""

    completeness: Decimal | None = None
    unexplained: Decimal | None = None
    tolerance: Decimal | None = None


class Activity(NamedTuple):
    """A table whose rows show that a line-shift was worked."""

    key: str
    model: str
    # Whether a line-shift counts because of it: output and stops do, people alone do not.
    counts: bool = True


class Split(NamedTuple):
    """A way to split a fact, declared by another app than the fact itself."""

    fact: str
    name: str
    value: Depends[Any]


@dataclass(frozen=True, eq=False)
class Sharing:
    """How the time of a line-shift is shared out to the rows that were made in it."""

    fact: str
    dimensions: tuple[str, ...]
    share: Callable[[], Any]
    guessed: Callable[[], Q]
    has_rows: Callable[[Question], Any]
    key: str = "clock"


__all__ = [
    "COMMON",
    "Activity",
    "Answer",
    "Assumed",
    "Believed",
    "Combined",
    "Defaults",
    "Depends",
    "Exclusion",
    "Fact",
    "Iso",
    "Known",
    "Kpi",
    "Measure",
    "Need",
    "Other",
    "Product",
    "Ratio",
    "Sharing",
    "Split",
    "Spoken",
    "Unit",
    "defaults",
]
