"""On which days a person was due at work, by assignment, shift and calendar."""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Iterable, Iterator

from clients.models import Client
from plant.models import Employee, LineAssignment, Shift
from plant.models.lines import ShiftKind
from plant.shifts import PlantCalendar

DAY = datetime.timedelta(days=1)


def working_days(
    client: Client,
    people: Iterable[Employee | int],
    first: datetime.date,
    last: datetime.date,
) -> dict[int, set[datetime.date]]:
    """Scheduled working days of each person of the client, by id; both ends included.

    A day counts when a shift of an assignment valid on it runs: the assigned one or, without
    one, any standard shift of the line; nobody is due for overtime in general. Holidays and
    shutdowns are none, those of the line before those of all lines; days without assignment
    are none. Three queries for any number of people.
    """
    ids = {each if isinstance(each, int) else each.pk for each in people}
    days: dict[int, set[datetime.date]] = {each: set() for each in ids}
    calendar = PlantCalendar.of(client, first, last)
    running: dict[tuple[int, int | None], list[datetime.date]] = {}
    for each in LineAssignment.objects.filter(client=client, employee__in=ids).valid_between(
        first, last
    ):
        place = each.line_id, each.shift_id
        if place not in running:
            running[place] = list(_running(calendar, *place, first, last))
        days[each.employee_id].update(day for day in running[place] if day in each.valid)
    return days


def _running(
    calendar: PlantCalendar,
    line_id: int,
    shift_id: int | None,
    first: datetime.date,
    last: datetime.date,
) -> Iterator[datetime.date]:
    day = first
    while day <= last:
        shifts = calendar.running(line_id, day)
        if any(shift.pk == shift_id if shift_id else is_standard(shift) for shift in shifts):
            yield day
        day += DAY


def is_standard(shift: Shift) -> bool:
    return bool(shift.kind == ShiftKind.STANDARD)


def spells(
    absences: Iterable[datetime.date], due: Iterable[datetime.date]
) -> list[list[datetime.date]]:
    """Absences as spells: two are one when no working day lies between them.

    `absences` are days absent, `due` the scheduled working days of the same person.
    """
    away = sorted(set(absences))
    at_work = sorted(set(due) - set(away))
    found: dict[int, list[datetime.date]] = defaultdict(list)
    passed = 0
    for day in away:
        while passed < len(at_work) and at_work[passed] < day:
            passed += 1
        found[passed].append(day)
    return list(found.values())
