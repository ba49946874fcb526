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

from django.db.models import Count, ExpressionWrapper, F, Max, Min, OuterRef, Q, Subquery, Sum
from django.db.models.functions import Coalesce
from django.utils import timezone

from attendance.kpis import PRESENT
from attendance.models import AttendanceRecord
from kpis.aggregates import combined_time_of_line_shift, time_of_line_shift
from kpis.contract import ContractBook
from kpis.periods import Period
from kpis.queries import Question, worked
from kpis.registry import catalogue
from plant.history import Asked, Took
from production import people
from production.kpis import FIRM, ON_A_PLANNED_SHIFT, OUTPUT, part_made, share, style_made
from production.models import ProductionEntry

FEWEST_ROWS = 5
PLACES = Decimal("0.000001")

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
    """Labour and cycle hours per unit of each kind of work asked for; two queries."""
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
    days: dict[Kind, list[Day]] = defaultdict(list)
    for client_id, operation_id, part_id, style_id, on, *sums in _sums(wanted, without, book):
        day = Day(on, Measured(*sums[:3]), Measured(*sums[3:]))
        for kind in _kinds(client_id, operation_id, part_id, style_id):
            days[kind].append(day)
    return days


def _sums(wanted: list[Asked], without: Set[int], book: ContractBook) -> Any:
    question = Question(
        clients=tuple(sorted({each.client_id for each in wanted})),
        period=Period(
            min(each.on for each in wanted) - people.HISTORY, max(each.on for each in wanted)
        ),
        filters={}, by=(), now=timezone.now(), book=book,
    )  # fmt: skip
    labour, cycle = _firm("labour") & _with_people(question), _firm("cycle") & _with_run(question)
    return (
        _rows(wanted, without, question)
        .order_by()
        .values_list("client_id", "operation_id", "made", "styled", "shift_date")
        .annotate(
            person_hours=Sum(_person_hours(question), filter=labour, default=Decimal(0)),
            person_units=Sum("total_units", filter=labour, default=0),
            person_rows=Count("pk", filter=labour),
            run_hours=Sum(_run_hours(question), filter=cycle, default=Decimal(0)),
            run_units=Sum("total_units", filter=cycle, default=0),
            run_rows=Count("pk", filter=cycle),
        )
    )


def _rows(wanted: list[Asked], without: Set[int], question: Question) -> Any:
    parts = {each.part_id for each in wanted} - {None}
    styles = {each.style_id for each in wanted} - {None}
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
    )


def _only_part_of_line_shift(question: Question) -> Any:
    """Of rows that name no job: the only part that the others of their line-shift made."""
    beside = ProductionEntry.objects.filter(
        client_id=OuterRef("client_id"), line_shift_id=OuterRef("line_shift_id")
    )
    made = beside.annotate(each=part_made(question)).order_by().values("line_shift_id")
    only = made.annotate(least=Min("each"), most=Max("each")).filter(least=F("most"))
    return Subquery(only.values("least"))


def _firm(which: str) -> Q:
    return Q(**{f"{which}_confidence": FIRM}) | Q(**{f"{which}_hours_per_unit__isnull": True})


def _with_people(question: Question) -> Q:
    """Of line-shifts whose people were marked, with hours."""
    marked = AttendanceRecord.objects.filter(
        PRESENT,
        client__in=question.clients,
        shift_date__gte=question.period.first,
        shift_date__lt=question.period.end,
        actual_hours__gt=0,
        line_shift__isnull=False,
    )
    return Q(line_shift_id__in=marked.order_by().values("line_shift_id"))


def _with_run(question: Question) -> Q:
    """Output of line-shifts of which somebody said how long they stood: else it is assumed."""
    told = Q(line_shift__no_downtime=True) | Q(line_shift_id__in=worked("downtime", question))
    return OUTPUT & told


def _person_hours(question: Question) -> Any:
    present: Any = catalogue.measure("line_present_hours")
    floaters: Any = catalogue.measure("line_floater_hours")
    hours = time_of_line_shift(present, question) + time_of_line_shift(floaters, question)
    return ExpressionWrapper(hours * people.people_share(), people.SHARE)


def _run_hours(question: Question) -> Any:
    minutes = combined_time_of_line_shift("run_minutes", question)
    return ExpressionWrapper(minutes * share() / Decimal(60), people.SHARE)
