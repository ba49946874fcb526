"""How long one unit of a row should take: the inference chain over standards.

Many rows are answered in a constant number of queries. Each of the two values, labour and cycle,
walks the chain by itself: a standard that gives only labour hours does not end the search for
the cycle.
"""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db import models

from plant import periods
from plant.models import Line, Standard, Style


class StandardSource(models.TextChoices):
    """Where the value of a stamp comes from."""

    PART = "PART", "Standard of the part"
    STYLE = "STYLE", "Standard of the style"
    LINE = "LINE", "Standard of the line"
    SHIFT = "SHIFT", "Standard of the shift"
    MACHINE = "MACHINE", "Ideal cycle of the machine"
    CREW = "CREW", "Labour hours by the line's crew"
    INDUSTRY = "INDUSTRY", "Industry default"
    HISTORY = "HISTORY", "Last 30 days"
    MISSING = "MISSING", "Missing"


ACTUAL = Decimal("1.00")
GENERAL = Decimal("0.90")
INDUSTRY = Decimal("0.70")
NONE = Decimal("0.00")

CONFIDENCE = {
    StandardSource.PART: ACTUAL,
    StandardSource.STYLE: ACTUAL,
    StandardSource.LINE: GENERAL,
    StandardSource.SHIFT: GENERAL,
}

# (client, family of the style, day) → labour hours per unit agreed in the KPI contract.
IndustryDefault = Callable[[int, str, datetime.date], Decimal | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What is known of one row when its standard is looked up.

    Part and style are those of `plant.products_made`; the machine's ideal cycle comes from the
    app above, as does the default of the trade.
    """

    client_id: int
    on: datetime.date
    line_id: int | None = None
    shift_id: int | None = None
    operation_id: int | None = None
    part_id: int | None = None
    style_id: int | None = None
    machine_cycle_hours: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Hours:
    """Hours per unit with their origin; `hours` is None when the chain ends in MISSING."""

    hours: Decimal | None
    source: StandardSource
    confidence: Decimal
    standard_id: int | None = None


MISSING = Hours(None, StandardSource.MISSING, NONE)


@dataclass(frozen=True, slots=True)
class Resolved:
    labour: Hours
    cycle: Hours

    @property
    def standard_id(self) -> int | None:
        """The standard that a row is stamped with: of its labour hours, else of its cycle."""
        return self.labour.standard_id or self.cycle.standard_id


def resolve_standards(
    works: Sequence[Work],
    *,
    industry: IndustryDefault | None = None,
) -> list[Resolved]:
    """Labour and cycle hours of each row by the chain; three queries for any number of rows."""
    candidates = _Candidates(works)
    crews = dict(
        Line.objects.filter(pk__in={work.line_id for work in works} - {None}).values_list(
            "pk", "standard_crew"
        )
    )
    families = _families(works) if industry else {}
    return [
        _resolve(work, candidates, crews.get(work.line_id or 0), families, industry)
        for work in works
    ]


def _families(works: Iterable[Work]) -> dict[int, str]:
    styles = {work.style_id for work in works} - {None}
    return dict(Style.objects.filter(pk__in=styles).values_list("pk", "family"))


def _resolve(
    work: Work,
    candidates: _Candidates,
    crew: int | None,
    families: Mapping[int, str],
    industry: IndustryDefault | None,
) -> Resolved:
    standards = candidates.of(work)
    labour = _from_standard(standards, "labour_hours_per_unit")
    cycle = _from_standard(standards, "cycle_hours_per_unit")
    if cycle.confidence < ACTUAL and work.machine_cycle_hours is not None:
        cycle = Hours(work.machine_cycle_hours, StandardSource.MACHINE, GENERAL)
    if cycle.hours is None:
        cycle = _by_crew(labour, crew)
    # A default of the trade is about the whole unit.
    agreed = None
    if industry and work.operation_id is None and (family := families.get(work.style_id or 0)):
        agreed = industry(work.client_id, family, work.on)
    if agreed is not None:
        default = Hours(agreed, StandardSource.INDUSTRY, INDUSTRY)
        labour = default if labour.hours is None else labour
        cycle = _by_crew(default, crew) if cycle.hours is None else cycle
    return Resolved(labour, cycle)


def _from_standard(standards: Iterable[Standard], field: str) -> Hours:
    for standard in standards:
        hours = getattr(standard, field)
        if hours is not None:
            source = _source(standard)
            return Hours(hours, source, CONFIDENCE[source], standard.pk)
    return MISSING


def _by_crew(labour: Hours, crew: int | None) -> Hours:
    """One unit passes a line while its whole crew works on it."""
    if labour.hours is None or not crew:
        return MISSING
    hours = (labour.hours / crew).quantize(Decimal("0.000001"))
    if labour.source == StandardSource.INDUSTRY:
        return Hours(hours, StandardSource.INDUSTRY, INDUSTRY)
    return Hours(hours, StandardSource.CREW, GENERAL, labour.standard_id)


def _source(standard: Standard) -> StandardSource:
    if standard.part_id:
        return StandardSource.PART
    if standard.style_id:
        return StandardSource.STYLE
    return StandardSource.LINE if standard.line_id else StandardSource.SHIFT


class _Candidates:
    """The standards that may fit a batch of rows, sorted from the narrowest to the widest."""

    def __init__(self, works: Sequence[Work]) -> None:
        self.by_operation: dict[tuple[int, int | None], list[Standard]] = defaultdict(list)
        self.seen: dict[tuple[object, ...], list[Standard]] = {}
        days = [work.on for work in works]
        if not days:
            return
        span = periods.DateRange(min(days), max(days), "[]")
        fitting = models.Q(part__in={work.part_id for work in works} - {None})
        fitting |= models.Q(style__in={work.style_id for work in works} - {None})
        fitting |= models.Q(part__isnull=True, style__isnull=True)
        for standard in Standard.objects.filter(fitting, valid__overlap=span):
            key = standard.client_id, standard.operation_id
            self.by_operation[key].append(standard)
        for group in self.by_operation.values():
            group.sort(key=_width)

    def of(self, work: Work) -> list[Standard]:
        # Rows with an operation see only its standards; rows without, only whole-unit ones.
        group = self.by_operation[work.client_id, work.operation_id]
        key = (
            work.client_id, work.operation_id, work.on,
            work.part_id, work.style_id, work.line_id, work.shift_id,
        )  # fmt: skip
        if key not in self.seen:
            self.seen[key] = [each for each in group if _fits(each, work)]
        return self.seen[key]


def _fits(standard: Standard, work: Work) -> bool:
    pairs = (
        (standard.part_id, work.part_id),
        (standard.style_id, work.style_id),
        (standard.line_id, work.line_id),
        (standard.shift_id, work.shift_id),
    )
    return periods.covers(standard.valid, work.on) and all(
        own is None or own == given for own, given in pairs
    )


def _width(standard: Standard) -> tuple[bool, ...]:
    """Part before style before line before shift; within each, on this line, in this shift."""
    return (
        standard.part_id is None,
        standard.style_id is None,
        standard.line_id is None,
        standard.shift_id is None,
    )
