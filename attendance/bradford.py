"""The Bradford factor of a person: how often, and how long, somebody was away in a year."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Case, CharField, Q, TextChoices, Value, When
from django.db.models.functions import Cast, Concat

from attendance.models import AttendanceRecord
from attendance.working_days import spells, working_days
from clients.models import Client
from clients.scope import current_scope
from kpis.queries import Question
from kpis.sums import Sums

WEEKS = 52
# Of whose day a row is, for the rows of somebody who was away; the others are not told apart.
PERSON_DAY = Case(
    When(
        presence="ABSENT",
        then=Concat(
            Cast("client_id", CharField()), Value("|"), Cast("employee_id", CharField()),
            Value("|"), Cast("shift_date", CharField()), output_field=CharField(),
        ),
    ),
    default=Value(""),
    output_field=CharField(),
)  # fmt: skip

type Person = tuple[int, int]
"""Client and employee."""


class Band(TextChoices):
    LOW = "LOW", "low"
    MONITOR = "MONITOR", "monitor"
    HIGH = "HIGH", "high"
    CRITICAL = "CRITICAL", "critical"


def band_of(points: Decimal) -> Band:
    if points <= 50:
        return Band.LOW
    if points <= 125:
        return Band.MONITOR
    return Band.HIGH if points <= 250 else Band.CRITICAL


COUNTS = Q(presence="ABSENT", absence_type__counts_in_bradford=True)
# Days such as vacation, on which nobody was due.
OFF_SCHEDULE = Q(presence="ABSENT", absence_type__leaves_schedule=True)


def may_see_pool(question: Question) -> bool:
    """Absences of the shared pool are for platform admins alone."""
    return current_scope().reaches_all


def points_of(sums: Sums) -> tuple[Decimal, str] | None:
    """Spells² × days of the one person whose sums these are, and how it comes about."""
    days = _days_of(sums, "bradford_days") | _days_of(sums, "bradford_days_of_pool")
    if len(days) != 1:
        return None
    ((person, absent),) = days.items()
    due = _due(sums.question).get(person, set()) - _days_of(sums, "days_off_schedule").get(
        person, set()
    )
    number, length = len(spells(absent, due)), len(absent)
    points = Decimal(number**2 * length)
    return points, (
        f"{_counted(number, 'spell')}, {_counted(length, 'day')} in {WEEKS} weeks:"
        f" {number}² × {length} = {points}, {band_of(points).label}."
    )


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _days_of(sums: Sums, key: str) -> dict[Person, set[date]]:
    found: dict[Person, set[date]] = {}
    for name, amount in sums.parts(key).items():
        if name and amount.rows:
            client, employee, day = name.split("|")
            found.setdefault((int(client), int(employee)), set()).add(date.fromisoformat(day))
    return found


def _due(question: Question) -> dict[Person, set[date]]:
    """Scheduled working days of everybody who was away, once per question."""
    known = question.book.memo
    key = ("due", question.clients, question.period)
    if key not in known:
        known[key] = _scheduled(question)
    return known[key]  # type: ignore[no-any-return]


def _scheduled(question: Question) -> dict[Person, set[date]]:
    records = AttendanceRecord.objects.filter(
        client__in=question.clients,
        shift_date__gte=question.period.first,
        shift_date__lt=question.period.end,
    )
    absent = records.absent().order_by().values_list("client_id", "employee_id").distinct()
    people: dict[int, set[int]] = {}
    for client, employee in absent:
        people.setdefault(client, set()).add(employee)
    found: dict[Person, set[date]] = {}
    for client in Client.objects.filter(pk__in=people):
        ids = people[client.pk]
        due = working_days(client, ids, question.period.first, question.period.last)
        found |= {(client.pk, employee): days for employee, days in due.items()}
    return found | _worked(records, {person for person, days in found.items() if not days})


def _worked(records: Any, people: set[Person]) -> dict[Person, set[date]]:
    """Of people without a line, such as floaters, nothing else says when they were due."""
    found: dict[Person, set[date]] = {person: set() for person in people}
    if not people:
        return found
    there = records.exclude(presence="ABSENT").filter(employee__in={each for _, each in people})
    for client, employee, day in there.values_list("client_id", "employee_id", "shift_date"):
        if (client, employee) in found:
            found[client, employee].add(day)
    return found
