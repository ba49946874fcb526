"""The roster of a shift: who is expected, who is recorded, and saving it all as one batch.

The same number of queries for one person and for three thousand.
"""

from __future__ import annotations

import datetime
import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from attendance import floaters, hours
from attendance.marks import Mark
from attendance.models import AttendanceRecord, Engagement
from attendance.places import line_for, on_day
from clients.imports.bulk import BulkResult, write_rows
from clients.models import Client, EntryMethod, ImportBatch
from plant import clock
from plant.models import Employee, Line, LineAssignment, LineShift, Shift

MOST_PEOPLE = 5000


@dataclass(frozen=True)
class Person:
    """One line of the roster. `record` is what is stored already; None: nobody said yet."""

    employee: Employee
    line: Line | None
    engagement: Engagement
    scheduled_hours: Decimal | None
    record: AttendanceRecord | None = None

    @property
    def mark(self) -> Mark | None:
        return self.record.mark if self.record else None

    @property
    def is_floater(self) -> bool:
        return self.engagement == Engagement.FLOATER


def roster(
    client: Client, shift_date: datetime.date, shift: Shift, line: Line | None = None
) -> list[Person]:
    """Who is expected on that day in that shift, and everybody who is recorded; by code.

    Expected are active employees of the client with an assignment valid that day for this shift
    or for any, each on one line only, and floaters assigned to the client. With `line`, those of
    that line: expected there, or recorded there.
    """
    records = {
        row.employee_id: row
        for row in AttendanceRecord.objects.filter(client=client)
        .of_shift(shift_date, shift)
        .select_related("employee", "line", "line_shift", "absence_type", "client", "shift")
    }
    expected = {person.pk: (person, at) for person, at in _assigned(client, shift_date, shift)}
    expected |= {
        person.pk: (person, at) for person, at in floaters.of_shift(client, shift_date, shift)
    }
    for key, row in records.items():
        expected[key] = (row.employee, row.line)
    net = _net_hours(client, shift_date, shift, {at for _, at in expected.values()})
    people = [
        Person(
            employee=person,
            line=at,
            engagement=Engagement.FLOATER if person.is_pool else Engagement.ASSIGNED,
            scheduled_hours=records[key].scheduled_hours if key in records else net[at],
            record=records.get(key),
        )
        for key, (person, at) in expected.items()
        if line is None or at == line
    ]
    return sorted(people, key=lambda each: each.employee.code)


def _assigned(
    client: Client, shift_date: datetime.date, shift: Shift
) -> Iterator[tuple[Employee, Line | None]]:
    assignments = (
        LineAssignment.objects.filter(client=client, employee__active=True)
        .valid_on(shift_date)
        .select_related("employee", "line")
    )
    of_person: dict[int, list[LineAssignment]] = defaultdict(list)
    for each in assignments:
        if each.shift_id in (None, shift.pk):
            of_person[each.employee_id].append(each)
    for own in of_person.values():
        if at := line_for(on_day(own, shift_date), shift):
            yield own[0].employee, at


def _net_hours(
    client: Client, shift_date: datetime.date, shift: Shift, lines: Iterable[Line | None]
) -> dict[Line | None, Decimal | None]:
    """Net hours of the shift per line: frozen where the line-shift exists."""
    frozen = dict(
        LineShift.objects.filter(client=client, shift=shift, shift_date=shift_date).values_list(
            "line_id", "planned_minutes"
        )
    )
    breaks = hours.breaks_of({shift.pk})[shift.pk]
    window = clock.window(shift, shift_date, client.zone)
    net: dict[Line | None, Decimal | None] = {}
    for line in lines:
        key = line.pk if line else None
        minutes = frozen.get(key) if key in frozen else clock.net_minutes(window, breaks, key)
        net[line] = hours.as_hours(minutes) if minutes and minutes > 0 else None
    return net


def rows_all_present(people: Iterable[Person]) -> list[dict[str, Any]]:
    """“All present”: a row for everybody of the own roster whom nobody has marked yet."""
    return [
        marked(each, Mark.PRESENT) for each in people if each.record is None and not each.is_floater
    ]


def marked(person: Person, mark: Mark, **more: Any) -> dict[str, Any]:
    """One row for `save`: the columns of a file, by their names. `more` are further columns."""
    row: dict[str, Any] = {"employee": person.employee.pk, "mark": mark.name, **more}
    if person.line is not None:
        row.setdefault("line", person.line.pk)
    return row


def save(
    client: Client,
    shift_date: datetime.date,
    shift: Shift,
    rows: Iterable[dict[str, Any]],
    *,
    key: uuid.UUID,
    update: bool = True,
    partly: bool = True,
    reason: str = "",
) -> BulkResult:
    """Write the rows of a roster in one transaction, as one batch that can be undone.

    A row is a dict of import columns: `marked()` makes one, and any column of attendance files
    may be added (scheduled_hours, is_late, covered_by, training_hours, …). The same key again
    gives the first result. `partly`: rows with errors are left out, the others are written.
    `reason`: of changes of verified rows and of a closed shift, which are refused without it.
    Raises PermissionDenied and `Refused`, as `write_rows` does.
    """
    place = {"shift_date": shift_date.isoformat(), "shift": shift.pk}
    return write_rows(
        "attendance_record",
        client,
        [{**place, **row} for row in rows],
        key=key,
        update=update,
        partly=partly,
        kind=ImportBatch.Kind.SHEET,
        method=EntryMethod.MANUAL,
        most=MOST_PEOPLE,
        reason=reason,
    )
