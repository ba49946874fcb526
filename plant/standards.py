"""How long one unit of a row should take: the inference chain over standards.

Many rows are answered in a constant number of queries. Each of the two values, labour and cycle,
walks the chain by itself: a standard that gives only labour hours does not end the search for
the cycle.
"""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from decimal import Decimal

from django.db import models

from clients import periods
from plant.history import Asked, Took
from plant.models import Job, Line, Part, Standard, Style, WorkOrder


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


def origin_in_words(source: str) -> str:
    """Of a stamp, in the middle of a sentence."""
    label = str(StandardSource(source).label).lower()
    return f"{label} (self-referenced)" if source == StandardSource.HISTORY else label


ACTUAL = Decimal("1.00")
GENERAL = Decimal("0.90")
INDUSTRY = Decimal("0.70")
SELF_REFERENCED = Decimal("0.60")
NONE = Decimal("0.00")

# Said of figures by the lowest confidence of the stamps behind them.
REMARKS = {
    SELF_REFERENCED: "Self-referenced: some rows have no standard; their hours per unit are the"
    " mean of the same work in the 30 days before.",
}

CONFIDENCE = {
    StandardSource.PART: ACTUAL,
    StandardSource.STYLE: ACTUAL,
    StandardSource.LINE: GENERAL,
    StandardSource.SHIFT: GENERAL,
}

# Client, line, shift and day of a line-shift.
Place = tuple[int, int | None, int | None, datetime.date]
# The parts that a line-shift made according to rows that are stored already.
PartsOfLineShift = Mapping[Place, set[int]]
# (client, family of the style, day) → labour hours per unit agreed in the KPI contract.
IndustryDefault = Callable[[int, str, datetime.date], Decimal | None]
# What the same work took in the days before; answers many kinds of work at once.
History = Callable[[Set[Asked]], Mapping[Asked, Took]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What is known of one row when its part and its standard are looked up.

    The machine's ideal cycle comes from the app above, as does the default of the trade. Rows
    that the caller has at hand (line, order, job with its part) are not read again.
    """

    client_id: int
    on: datetime.date
    line_id: int | None = None
    shift_id: int | None = None
    operation_id: int | None = None
    work_order_id: int | None = None
    job_id: int | None = None
    machine_cycle_hours: Decimal | None = None
    # False where only the cycle is stamped.
    asks_labour: bool = True
    line: Line | None = None
    work_order: WorkOrder | None = None
    job: Job | None = None

    @property
    def place(self) -> Place:
        return self.client_id, self.line_id, self.shift_id, self.on


@dataclass(frozen=True, slots=True)
class Made:
    """The part of a row, and its style: that of the part, else that of the order."""

    part_id: int | None = None
    style_id: int | None = None
    opportunities_per_unit: int | None = None


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
    made: Made
    labour: Hours
    cycle: Hours

    @property
    def standard_id(self) -> int | None:
        """The standard that a row is stamped with: of its labour hours, else of its cycle."""
        return self.labour.standard_id or self.cycle.standard_id


def parts_made(works: Sequence[Work], *, stored: PartsOfLineShift | None = None) -> list[Made]:
    """The part of each row: of its job, else of the order's only job, else the only part made on
    that line-shift; otherwise the order's style alone. At most three queries for any number."""
    jobs = _jobs(works)
    named = _named_parts(works, jobs)
    only = _only_parts(works, named, stored or {})
    part_ids = [part_id or only.get(work.place) for work, part_id in zip(works, named, strict=True)]
    parts = _parts({part_id for part_id in part_ids if part_id}, jobs)
    orders = [_order_of(work, jobs) for work in works]
    styles = _styles_of(works, {order for order in orders if order})
    return [
        _made(parts.get(part_id or 0), styles.get(order or 0))
        for part_id, order in zip(part_ids, orders, strict=True)
    ]


def _jobs(works: Sequence[Work]) -> dict[int, Job]:
    """The jobs that rows name, and all jobs of the orders whose rows name none."""
    known = {work.job.pk: work.job for work in works if work.job}
    named = {work.job_id for work in works if work.job_id} - known.keys()
    orders = {work.work_order_id for work in works if work.work_order_id and not work.job_id}
    if not named and not orders:
        return known
    rows = Job.objects.filter(models.Q(pk__in=named) | models.Q(work_order__in=orders))
    return known | {job.pk: job for job in rows}


def _parts(part_ids: set[int], jobs: Mapping[int, Job]) -> dict[int, Part]:
    read = [job for job in jobs.values() if "part" in job._state.fields_cache]
    known = {part.pk: part for job in read if (part := job.part)}
    return known | Part.objects.in_bulk(part_ids - known.keys())


def _styles_of(works: Sequence[Work], orders: set[int]) -> dict[int, int | None]:
    known = {work.work_order.pk: work.work_order.style_id for work in works if work.work_order}
    missing = orders - known.keys()
    if not missing:
        return known
    return known | dict(WorkOrder.objects.filter(pk__in=missing).values_list("pk", "style_id"))


def _crews(works: Sequence[Work]) -> dict[int, int | None]:
    known = {work.line.pk: work.line.standard_crew for work in works if work.line}
    missing = {work.line_id for work in works if work.line_id} - known.keys()
    if not missing:
        return known
    return known | dict(Line.objects.filter(pk__in=missing).values_list("pk", "standard_crew"))


def _named_parts(works: Sequence[Work], jobs: Mapping[int, Job]) -> list[int | None]:
    by_order: dict[int, list[Job]] = defaultdict(list)
    for job in jobs.values():
        by_order[job.work_order_id].append(job)
    return [_named_part(work, jobs, by_order) for work in works]


def _named_part(
    work: Work, jobs: Mapping[int, Job], by_order: Mapping[int, list[Job]]
) -> int | None:
    if work.job_id:
        job = jobs.get(work.job_id)
        return job.part_id if job else None
    of_order = by_order.get(work.work_order_id or 0, [])
    return of_order[0].part_id if len(of_order) == 1 else None


def _only_parts(
    works: Sequence[Work], named: Sequence[int | None], stored: PartsOfLineShift
) -> dict[Place, int]:
    """The part of each line-shift that made one only, these rows included."""
    made = defaultdict(set, {place: set(part_ids) for place, part_ids in stored.items()})
    for work, part_id in zip(works, named, strict=True):
        if part_id and work.line_id:
            made[work.place].add(part_id)
    return {place: part_ids.pop() for place, part_ids in made.items() if len(part_ids) == 1}


def _order_of(work: Work, jobs: Mapping[int, Job]) -> int | None:
    job = jobs.get(work.job_id or 0)
    return job.work_order_id if work.work_order_id is None and job else work.work_order_id


def _made(part: Part | None, style_of_order: int | None) -> Made:
    if part is None:
        return Made(style_id=style_of_order)
    own = part.style_id if part.style_id is not None else style_of_order
    return Made(part.pk, own, part.opportunities_per_unit)


def resolve_standards(
    works: Sequence[Work],
    *,
    stored: PartsOfLineShift | None = None,
    industry: IndustryDefault | None = None,
    history: History | None = None,
    made: Sequence[Made] | None = None,
) -> list[Resolved]:
    """Labour and cycle hours of each row by the chain; at most six queries for any number.

    Beyond them, what `history` costs, which is asked only where everything else is silent. `made`
    is what each row makes, where the caller knows it.
    """
    made = parts_made(works, stored=stored) if made is None else made
    candidates, crews = _Candidates(works, made), _crews(works)

    def answers(families: Mapping[int, str]) -> list[Resolved]:
        return [
            _resolve(work, each, candidates, crews.get(work.line_id or 0), families, industry)
            for work, each in zip(works, made, strict=True)
        ]

    found = answers({})
    # The trade is asked only for what the standards leave open.
    if industry and any(None in (each.labour.hours, each.cycle.hours) for each in found):
        found = answers(_families(made))
    return _with_history(works, found, history) if history else found


def _with_history(
    works: Sequence[Work], found: Sequence[Resolved], history: History
) -> list[Resolved]:
    asked = [
        _asked(work, each.made) if _is_open(work, each) else None
        for work, each in zip(works, found, strict=True)
    ]
    took = history({each for each in asked if each})
    return [
        _filled(each, took[of]) if of and of in took else each
        for each, of in zip(found, asked, strict=True)
    ]


def _is_open(work: Work, found: Resolved) -> bool:
    return found.cycle.hours is None or (work.asks_labour and found.labour.hours is None)


def _asked(work: Work, made: Made) -> Asked | None:
    if made.part_id is None and made.style_id is None:
        return None
    return Asked(work.client_id, work.on, work.operation_id, made.part_id, made.style_id)


def _filled(found: Resolved, took: Took) -> Resolved:
    return Resolved(found.made, _else(found.labour, took.labour), _else(found.cycle, took.cycle))


def _else(found: Hours, hours: Decimal | None) -> Hours:
    if found.hours is not None or hours is None:
        return found
    return Hours(hours, StandardSource.HISTORY, SELF_REFERENCED)


def _families(made: Iterable[Made]) -> dict[int, str]:
    styles = {each.style_id for each in made} - {None}
    return dict(Style.objects.filter(pk__in=styles).values_list("pk", "family"))


def _resolve(
    work: Work,
    made: Made,
    candidates: _Candidates,
    crew: int | None,
    families: Mapping[int, str],
    industry: IndustryDefault | None,
) -> Resolved:
    standards = candidates.of(work, made)
    labour = _from_standard(standards, "labour_hours_per_unit")
    cycle = _from_standard(standards, "cycle_hours_per_unit")
    if cycle.confidence < ACTUAL and work.machine_cycle_hours is not None:
        cycle = Hours(work.machine_cycle_hours, StandardSource.MACHINE, GENERAL)
    if cycle.hours is None:
        cycle = _by_crew(labour, crew)
    # A default of the trade is about the whole unit.
    agreed = None
    if industry and work.operation_id is None and (family := families.get(made.style_id or 0)):
        agreed = industry(work.client_id, family, work.on)
    if agreed is not None:
        default = Hours(agreed, StandardSource.INDUSTRY, INDUSTRY)
        labour = default if labour.hours is None else labour
        cycle = _by_crew(default, crew) if cycle.hours is None else cycle
    return Resolved(made, labour, cycle)


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

    def __init__(self, works: Sequence[Work], made: Sequence[Made]) -> None:
        self.by_operation: dict[tuple[int, int | None], list[Standard]] = defaultdict(list)
        self.seen: dict[tuple[object, ...], list[Standard]] = {}
        days = [work.on for work in works]
        if not days:
            return
        span = periods.DateRange(min(days), max(days), "[]")
        fitting = models.Q(part__in={each.part_id for each in made} - {None})
        fitting |= models.Q(style__in={each.style_id for each in made} - {None})
        fitting |= models.Q(part__isnull=True, style__isnull=True)
        for standard in Standard.objects.filter(fitting, valid__overlap=span):
            key = standard.client_id, standard.operation_id
            self.by_operation[key].append(standard)
        for group in self.by_operation.values():
            group.sort(key=_width)

    def of(self, work: Work, made: Made) -> list[Standard]:
        # Rows with an operation see only its standards; rows without, only whole-unit ones.
        group = self.by_operation[work.client_id, work.operation_id]
        key = (*work.place, work.operation_id, made.part_id, made.style_id)
        if key not in self.seen:
            self.seen[key] = [each for each in group if _fits(each, work, made)]
        return self.seen[key]


def _fits(standard: Standard, work: Work, made: Made) -> bool:
    pairs = (
        (standard.part_id, made.part_id),
        (standard.style_id, made.style_id),
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
