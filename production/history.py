"""What a unit took in the thirty days before, for rows that nobody gave a standard.

Measured values only: line-shifts that have ended, whose hours were recorded, and of them the rows
whose own standard is firm or missing. Rows stamped by history itself, or by anything else that is
estimated, are left out; else an estimate would confirm itself.
"""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import (
    BooleanField,
    Case,
    F,
    Max,
    Min,
    OuterRef,
    Q,
    Subquery,
    Sum,
    When,
)
from django.db.models.functions import Coalesce
from django.utils import timezone

from kpis.aggregates import link_of
from kpis.contract import ContractBook
from kpis.periods import Period
from kpis.queries import Question, resolve, rows_in_question, worked
from kpis.registry import catalogue
from plant.history import Asked, Took
from production import people
from production.kpis import FIRM, ON_A_PLANNED_SHIFT, OUTPUT, part_made, share, style_made
from production.models import ProductionEntry

FEWEST_ROWS = 5
PLACES = Decimal("0.000001")
ZERO = Decimal(0)

# Client, operation, and one of part and style.
type Kind = tuple[int, int | None, str, int]


@dataclass(slots=True)
class Measured:
    """Of one kind of work on one day, or on many."""

    hours: Decimal = Decimal(0)
    units: int = 0
    rows: int = 0

    def add(self, other: Measured) -> None:
        self.hours += other.hours
        self.units += other.units
        self.rows += other.rows

    @property
    def per_unit(self) -> Decimal | None:
        if self.rows < FEWEST_ROWS or not self.units:
            return None
        hours = (self.hours / self.units).quantize(PLACES)
        return hours if hours > 0 else None


@dataclass(frozen=True, slots=True)
class Day:
    on: datetime.date
    labour: Measured
    cycle: Measured


def took(asked: Set[Asked], without: Set[int]) -> dict[Asked, Took]:
    """Labour and cycle hours per unit of each kind of work asked for.

    At most seven queries for any number: the contract, the rows, and five sums of time.
    """
    book = ContractBook.load({each.client_id for each in asked})
    wanted = [each for each in asked if _may_look_back(book, each)]
    if not wanted:
        return {}
    days = _days(wanted, without, book)
    return {each: _took(each, days) for each in wanted}


def _may_look_back(book: ContractBook, each: Asked) -> bool:
    is_known = each.part_id is not None or each.style_id is not None
    return is_known and book.value(each.client_id, "standard_inference", each.on) == "FULL"


def _took(each: Asked, days: dict[Kind, list[Day]]) -> Took:
    labour = cycle = None
    for kind in _kinds(each.client_id, each.operation_id, each.part_id, each.style_id):
        before = [day for day in days.get(kind, ()) if each.on - people.HISTORY <= day.on < each.on]
        labour = _total(day.labour for day in before).per_unit if labour is None else labour
        cycle = _total(day.cycle for day in before).per_unit if cycle is None else cycle
    return Took(labour, cycle)


def _kinds(
    client_id: int, operation_id: int | None, part_id: int | None, style_id: int | None
) -> Iterator[Kind]:
    """The part before its style."""
    if part_id is not None:
        yield client_id, operation_id, "part", part_id
    if style_id is not None:
        yield client_id, operation_id, "style", style_id


def _total(parts: Iterable[Measured]) -> Measured:
    total = Measured()
    for each in parts:
        total.add(each)
    return total


# -- what was measured -------------------------------------------------------------------------


def _days(wanted: list[Asked], without: Set[int], book: ContractBook) -> dict[Kind, list[Day]]:
    question = Question(
        clients=tuple(sorted({each.client_id for each in wanted})),
        period=Period(
            min(each.on for each in wanted) - people.HISTORY, max(each.on for each in wanted)
        ),
        filters={}, by=(), now=timezone.now(), book=book,
    )  # fmt: skip
    rows = list(_rows(wanted, without, question))
    places = {row.line_shift_id for row in rows}
    present = _by_line_shift("line_present_hours", places, question)
    floaters = _by_line_shift("line_floater_hours", places, question)
    minutes = _by_line_shift("run_minutes", places, question)
    days: dict[tuple[Any, ...], Day] = {}
    for row in rows:
        key = row.client_id, row.operation_id, row.made, row.styled, row.shift_date
        day = days.setdefault(key, Day(row.shift_date, Measured(), Measured()))
        place, units = row.line_shift_id, row.total_units
        # Who was there by attendance; floaters alone are not all of them.
        if row.is_labour_firm and present.get(place):
            hours = (present[place] + floaters.get(place, ZERO)) * row.of_people
            day.labour.add(Measured(hours, units, 1))
        if row.is_cycle_firm:
            day.cycle.add(Measured(minutes.get(place, ZERO) / 60 * row.of_clock, units, 1))
    found: dict[Kind, list[Day]] = defaultdict(list)
    for (client_id, operation_id, part_id, style_id, _on), day in days.items():
        for kind in _kinds(client_id, operation_id, part_id, style_id):
            found[kind].append(day)
    return found


def _rows(wanted: list[Asked], without: Set[int], question: Question) -> Any:
    """Of the work asked for, with their shares in their line-shifts."""
    parts = {each.part_id for each in wanted} - {None}
    styles = {each.style_id for each in wanted} - {None}
    names = (
        "client_id", "operation_id", "made", "styled", "shift_date", "line_shift_id",
        "total_units", "is_labour_firm", "is_cycle_firm", "of_people", "of_clock",
    )  # fmt: skip
    return (
        ProductionEntry.objects.filter(
            ON_A_PLANNED_SHIFT,
            client__in=question.clients,
            shift_date__gte=question.period.first,
            shift_date__lt=question.period.end,
            line_shift__ends_at__lte=question.now,
        )
        .exclude(pk__in=without)
        .annotate(made=Coalesce(part_made(question), _only_part_of_line_shift(question)))
        .annotate(styled=style_made(question))
        .filter(Q(made__in=parts) | Q(styled__in=styles))
        .annotate(
            is_labour_firm=_is(_firm("labour")),
            is_cycle_firm=_is(_firm("cycle") & _with_run(question)),
            of_people=people.people_share(),
            of_clock=share(),
        )
        .order_by()
        .values_list(*names, named=True)
    )


def _only_part_of_line_shift(question: Question) -> Any:
    """Of rows that name no job: the only part that the others of their line-shift made."""
    beside = ProductionEntry.objects.filter(
        client_id=OuterRef("client_id"), line_shift_id=OuterRef("line_shift_id")
    )
    made = beside.annotate(each=part_made(question)).order_by().values("line_shift_id")
    only = made.annotate(least=Min("each"), most=Max("each")).filter(least=F("most"))
    return Subquery(only.values("least"))


def _is(condition: Q) -> Any:
    return Case(When(condition, then=True), default=False, output_field=BooleanField())


def _firm(which: str) -> Q:
    return Q(**{f"{which}_confidence": FIRM}) | Q(**{f"{which}_hours_per_unit__isnull": True})


def _with_run(question: Question) -> Q:
    """Output of line-shifts of which somebody said how long they stood: else it is assumed."""
    told = Q(line_shift__no_downtime=True) | Q(line_shift_id__in=worked("downtime", question))
    return OUTPUT & told


def _by_line_shift(key: str, places: Set[int], question: Question) -> dict[int, Decimal]:
    """A measure of time, of each of these line-shifts; a query for each of its parts."""
    found: dict[int, Decimal] = defaultdict(Decimal)
    for measure, sign in catalogue.base_terms(key):
        fact = catalogue.fact(measure.fact)
        rows = rows_in_question(fact, question).filter(resolve(measure.where, question))
        for name, values in measure.only.items():
            split = {f"split_{name}": resolve(catalogue.split_of(fact, name), question)}
            rows = rows.alias(**split).filter(**{f"split_{name}__in": values})
        link = link_of(fact)
        totals = (
            rows.filter(**{f"{link}__in": places})
            .order_by()
            .values(link)
            .annotate(total=Sum(resolve(measure.amount, question)))
            .values_list(link, "total")
        )
        for place, total in totals:
            found[place] += sign * Decimal(total)
    return found
