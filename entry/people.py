"""The people of one sheet: the own crew, the floaters sent here, and whoever is recorded."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from django.http import Http404

from attendance.models import AttendanceRecord, HourAllocation
from attendance.roster import roster
from clients.roles import Action
from clients.scope import current_scope
from entry.place import Place
from entry.sheet import PRESENT, Draft, Person
from plant.models import Employee
from staffing import availability
from staffing.availability import Wanted
from staffing.models import ShiftCoverage


@dataclass
class Crew:
    """Everybody of one shift in the order of the sheet; the same queries for 3 or 3,000."""

    place: Place
    people: list[Person]

    def __post_init__(self) -> None:
        self.by_key = {each.key: each for each in self.people}

    @property
    def shown(self) -> list[Person]:
        """Those of the chosen line; people without a line are on the sheet of all lines."""
        line = self.place.line
        return [each for each in self.people if line is None or each.line == line]

    @property
    def unmarked(self) -> list[Person]:
        return [each for each in self.shown if each.record is None]

    def mark_everybody(self, draft: Draft) -> None:
        """“All present”: those of the own crew without a mark; never floaters, nobody twice.

        Rows that were sent without any cell were left without a mark on purpose.
        """
        self.add(draft.rows)
        if draft.everybody:
            for each in self.unmarked:
                if not each.is_floater:
                    draft.rows.setdefault(each.key, PRESENT)
        draft.everybody = False
        for key in [key for key, each in draft.rows.items() if not each.cells]:
            if self.by_key[key].record is None:
                del draft.rows[key]

    def bring(self, person: Person) -> bool:
        """Somebody of another line works here today, unless they are recorded there already."""
        if person.record is None and not person.is_floater:
            person.line = self.place.line
        return person in self.shown

    def add(self, keys: Iterable[int]) -> None:
        """People of other lines, and those whom nobody assigned; unknown and foreign alike: 404."""
        if self.unknown(keys):
            raise Http404

    def unknown(self, keys: Iterable[int]) -> set[int]:
        """Those who are nobody of the client; the others are on the sheet from now on."""
        keys = set(keys)
        shown = {each.key for each in self.shown}
        for key in keys & self.by_key.keys() - shown:
            self.bring(self.by_key[key])
        missing = keys - self.by_key.keys()
        if not missing:
            return missing
        found = Employee.objects.filter(pk__in=missing, client=self.place.client)
        for employee in found.order_by("code"):
            employee.client = self.place.client
            person = Person(employee, self.place.line)
            self.people.append(person)
            self.by_key[person.key] = person
        return missing - self.by_key.keys()

    def find(self, code: str) -> Person | None:
        """By code, also somebody of the client who is not on the list yet."""
        code = code.strip().upper()
        person = next((each for each in self.people if each.employee.code == code), None)
        if person is None and code.isprintable():
            own = Employee.objects.filter(client=self.place.client, code=code).first()
            if own is not None:
                self.add([own.pk])
                person = self.by_key[own.pk]
        return person


def crew_of(place: Place, *, for_update: bool = False) -> Crew:
    if for_update:
        # Whoever else is changing these rows is done before their versions are compared.
        records = AttendanceRecord.objects.filter(client=place.client)
        records = records.of_shift(place.shift_date, place.shift)
        list(records.order_by("pk").select_for_update(of=("self",)).values_list("pk"))
    people = {
        each.employee.pk: Person(
            each.employee, each.line, each.record, each.is_floater, each.scheduled_hours
        )
        for each in roster(place.client, place.shift_date, place.shift)
    }
    _add_coverages(place, people)
    _add_allocations(place, people)
    in_order = sorted(
        people.values(),
        key=lambda each: (
            each.line is None,
            each.line.code if each.line else "",
            each.is_floater,
            each.employee.code,
        ),
    )
    return Crew(place, in_order)


def _add_coverages(place: Place, people: dict[int, Person]) -> None:
    coverages = ShiftCoverage.objects.filter(
        client=place.client, shift_date=place.shift_date, shift=place.shift, covers__isnull=False
    ).select_related("employee", "covers__employee")
    for each in coverages.order_by("employee__code", "during"):
        each.client = place.client
        if each.employee_id in people:
            people[each.employee_id].covers.append(each)
        if each.covers and each.covers.employee_id in people:
            people[each.covers.employee_id].coverers.append(each)


def _add_allocations(place: Place, people: dict[int, Person]) -> None:
    parts = HourAllocation.objects.filter(
        client=place.client,
        record__shift_date=place.shift_date,
        record__shift=place.shift,
        record__voided_at__isnull=True,
    )
    found: dict[int, dict[str, Decimal]] = defaultdict(dict)
    for person, category, hours in parts.values_list("record__employee", "category", "hours"):
        found[person][category] = hours
    for key, allocated in found.items():
        if key in people:
            people[key].allocated = allocated


def free_floaters(place: Place) -> list[Employee]:
    """Pool people who are free for the whole shift, among all clients; for those who assign.

    Where somebody who is not free works is nobody's business here.
    """
    if not current_scope().may(Action.ASSIGN_FLOATERS, place.client.pk):
        return []
    pool = list(Employee.objects.pool().offered().order_by("code"))
    wanted = [Wanted(each.pk, *place.window) for each in pool]
    taken = availability.taken(wanted)
    return [each for each, is_taken in zip(pool, taken, strict=True) if not is_taken]
