"""The crew of a floor, and floaters, day by day."""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Any

from attendance.models import AbsenceType, AttendanceRecord, HourAllocation
from clients.scope import every_client
from kpis.periods import Period
from kpis.words import in_words
from plant.models import Employee
from staffing.models import ShiftCoverage, StaffingRequirement
from tests.kpis.factories import figure
from tests.plant.factories import (
    make_assignment,
    make_employee,
    make_job,
    make_part,
    make_standard,
)
from tests.production.factories import DAY, Floor, make_entry, saved

# The three days on which a crew is marked.
DAYS = [DAY + datetime.timedelta(days=n) for n in range(3)]


def make_crew(floor: Floor, heads: int = 10, **fields: Any) -> list[Employee]:
    """People of the client whose primary line is the floor's, in its shift."""
    crew = [make_employee(floor.client, **fields) for _ in range(heads)]
    for person in crew:
        make_assignment(person, floor.line, shift=floor.shift)
    return crew


def make_floaters(heads: int = 2) -> list[Employee]:
    with every_client("the pool is shared by all clients"):
        return [make_employee(None) for _ in range(heads)]


def mark(floor: Floor, person: Employee, presence: str = "PRESENT", **fields: Any) -> Any:
    if isinstance(code := fields.pop("absence", None), str):
        fields["absence_type"] = AbsenceType.objects.get(client=floor.client, code=code)
    defaults = {"shift_date": DAY, "shift": floor.shift, "presence": presence}
    return saved(AttendanceRecord(client=floor.client, employee=person, **{**defaults, **fields}))


def all_present(floor: Floor, crew: list[Employee], day: datetime.date = DAY) -> list[Any]:
    return [mark(floor, person, shift_date=day) for person in crew]


def send(floor: Floor, floater: Employee, **fields: Any) -> ShiftCoverage:
    """To the floor's line for the whole shift; with `covers` in place of somebody."""
    place = {"line": floor.line, "shift": floor.shift, "shift_date": DAY}
    return saved(ShiftCoverage(client=floor.client, employee=floater, **{**place, **fields}))


def spend(record: AttendanceRecord, **hours: str) -> None:
    for category, number in hours.items():
        HourAllocation.objects.create(
            client=record.client, record=record, category=category, hours=Decimal(number)
        )


def require(floor: Floor, heads: int) -> StaffingRequirement:
    row = StaffingRequirement(
        client=floor.client, line=floor.line, shift=floor.shift, required_headcount=heads,
        valid=(datetime.date(2025, 1, 1), None),
    )  # fmt: skip
    return saved(row)


def hours(floor: Floor, key: str = "available_person_hours", **asked: object) -> Decimal | None:
    return figure(key, floor.client, **asked).value


def words(floor: Floor, key: str = "efficiency", day: datetime.date = DAY) -> list[str]:
    return in_words(figure(key, floor.client, day), [floor.client.pk], Period.days(day, day))


def make_work(floor: Floor, units: int, labour: str) -> None:
    """Units of a part with this labour standard."""
    part = make_part(floor.client)
    make_standard(floor.client, part=part, labour_hours_per_unit=Decimal(labour))
    make_entry(floor, total_units=units, job=make_job(floor.order, part=part, code=f"J-{labour}"))
