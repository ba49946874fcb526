"""The roster of a shift, saved as one batch."""

from __future__ import annotations

import datetime
import uuid
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from attendance.marks import Mark
from attendance.models import AttendanceRecord
from attendance.roster import marked, roster, rows_all_present, save
from attendance.working_days import spells, working_days
from clients.models import Client, ImportBatch
from clients.periods import from_day_on
from clients.scope import client_scope
from plant.models import CalendarDay, Employee, LineAssignment
from staffing.models import ShiftCoverage
from tests.attendance.conftest import Floor, furnish
from tests.attendance.factories import DAY, make_record
from tests.plant.factories import make_assignment, make_employee, make_line, make_shift

pytestmark = pytest.mark.django_db


def codes(people: Any) -> list[str]:
    return [each.employee.code for each in people]


@pytest.fixture
def sent(floor: Floor, floater: Employee) -> Employee:
    """EMP-015 of the pool works on L1."""
    with client_scope([floor.client]):
        place = ShiftCoverage(
            client=floor.client, employee=floater, line=floor.line, shift=floor.shift,
            shift_date=DAY,
        )  # fmt: skip
        place.full_clean()
        place.save()
    return floater


# -- who is expected ----------------------------------------------------------------------------


def test_those_assigned_to_the_shift_or_to_any(inside: Floor) -> None:
    night = make_shift(inside.client, "21:00", "06:00")
    by_night, by_day = make_employee(inside.client), make_employee(inside.client)
    make_assignment(by_night, inside.line, shift=night)
    make_assignment(by_day, inside.line, shift=inside.shift)
    people = roster(inside.client, DAY, inside.shift)
    assert codes(people) == sorted(["EMP-001", "EMP-002", by_day.code])


def test_an_assignment_of_another_time_does_not_count(inside: Floor) -> None:
    later = make_employee(inside.client)
    make_assignment(later, inside.line, valid=from_day_on(DAY + datetime.timedelta(days=1)))
    assert codes(roster(inside.client, DAY, inside.shift)) == ["EMP-001", "EMP-002"]


def test_people_who_left_are_not_expected(inside: Floor) -> None:
    Employee.objects.filter(pk=inside.ana.pk).update(active=False)
    assert codes(roster(inside.client, DAY, inside.shift)) == ["EMP-002"]


def test_a_person_of_two_lines_stands_on_one(inside: Floor) -> None:
    other = make_line(inside.client)
    LineAssignment.objects.filter(employee=inside.ana).update(allocation_pct=60)
    make_assignment(inside.ana, other, allocation_pct=40)
    assert codes(roster(inside.client, DAY, inside.shift, inside.line)) == ["EMP-001", "EMP-002"]
    assert codes(roster(inside.client, DAY, inside.shift, other)) == []


def test_who_is_recorded_stands_where_the_record_says(inside: Floor) -> None:
    other = make_line(inside.client)
    make_record(inside.ana, inside.shift, line=other, is_late=True)
    (person,) = roster(inside.client, DAY, inside.shift, other)
    assert (person.employee, person.mark, person.line) == (inside.ana, Mark.LATE, other)
    assert codes(roster(inside.client, DAY, inside.shift, inside.line)) == ["EMP-002"]


def test_floaters_stand_on_the_line_they_are_sent_to(inside: Floor, sent: Employee) -> None:
    people = roster(inside.client, DAY, inside.shift, inside.line)
    assert [(each.employee.code, each.is_floater) for each in people] == [
        ("EMP-001", False), ("EMP-002", False), ("EMP-015", True),
    ]  # fmt: skip


def test_the_roster_costs_the_same_queries_for_many(inside: Floor) -> None:
    def cost() -> int:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            roster(inside.client, DAY, inside.shift)
        return len(queries)

    few = cost()
    for _ in range(20):
        make_assignment(make_employee(inside.client), inside.line)
    assert (few, cost()) == (5, 5)


# -- saving it ------------------------------------------------------------------------------------


def all_present(floor: Floor, day: datetime.date = DAY) -> Any:
    rows = rows_all_present(roster(floor.client, day, floor.shift))
    return save(floor.client, day, floor.shift, rows, key=uuid.uuid4(), update=False)


def test_all_present_in_one_batch(floor: Floor, member: Any) -> None:
    supervisor = member(floor.client, role="SUPERVISOR")
    with client_scope([floor.client], user=supervisor):
        result = all_present(floor)
        rows = list(AttendanceRecord.objects.order_by("employee__code"))
        assert (result.written, result.batch.kind) == (2, ImportBatch.Kind.SHEET)
    told = [(r.presence, r.actual_hours, r.entry_method, r.created_by) for r in rows]
    assert told == [("PRESENT", 9, "MANUAL", supervisor)] * 2


def test_all_present_leaves_exceptions_alone(inside: Floor) -> None:
    make_record(inside.ana, inside.shift, presence="ABSENT")
    assert all_present(inside).written == 1
    assert AttendanceRecord.objects.get(employee=inside.ana).presence == "ABSENT"


def test_iso_026_all_present_is_about_the_own_roster(
    floor: Floor, sent: Employee, acme_2: Client
) -> None:
    furnish(acme_2)
    with client_scope([floor.client, acme_2]):
        all_present(floor)
        recorded = AttendanceRecord.objects.values_list("client__code", "employee__code")
        assert sorted(recorded) == [("ACME", "EMP-001"), ("ACME", "EMP-002")]


def test_a_roster_of_exceptions(inside: Floor) -> None:
    ana, luis = roster(inside.client, DAY, inside.shift)
    rows = [marked(ana, Mark.VACATION), marked(luis, Mark.LATE, actual_hours="8.5")]
    result = save(inside.client, DAY, inside.shift, rows, key=uuid.uuid4())
    assert result.states == ["new", "new"]
    told = [
        (each.mark, each.record.actual_hours) for each in roster(inside.client, DAY, inside.shift)
    ]
    assert told == [(Mark.VACATION, 0), (Mark.LATE, 8.5)]


def test_a_floater_is_marked_where_they_were_sent(inside: Floor, sent: Employee) -> None:
    *_, floater = roster(inside.client, DAY, inside.shift)
    save(inside.client, DAY, inside.shift, [marked(floater, Mark.PRESENT)], key=uuid.uuid4())
    row = AttendanceRecord.objects.get(employee=sent)
    assert (row.engagement, row.line, row.line_shift.line) == ("FLOATER", inside.line, inside.line)


def test_a_mark_is_changed_by_saving_again(inside: Floor) -> None:
    all_present(inside)
    ana, _luis = roster(inside.client, DAY, inside.shift)
    save(inside.client, DAY, inside.shift, [marked(ana, Mark.MEDICAL)], key=uuid.uuid4())
    row = AttendanceRecord.objects.get(employee=inside.ana)
    assert (row.presence, row.actual_hours, row.absence_type.code) == ("ABSENT", 0, "MEDICAL_LEAVE")


def test_one_key_writes_once(inside: Floor) -> None:
    key = uuid.uuid4()
    rows = rows_all_present(roster(inside.client, DAY, inside.shift))
    first, second = (save(inside.client, DAY, inside.shift, rows, key=key) for _ in range(2))
    assert (first.written, second.repeated, AttendanceRecord.objects.count()) == (2, True, 2)


def test_saving_costs_the_same_queries_for_many(inside: Floor) -> None:
    def cost(day: datetime.date) -> int:
        with CaptureQueriesContext(connection) as queries:
            all_present(inside, day=day)
        return len(queries)

    few = cost(DAY)
    for _ in range(20):
        make_assignment(make_employee(inside.client), inside.line)
    assert cost(DAY + datetime.timedelta(days=1)) == few


# -- working days --------------------------------------------------------------------------------

MONDAY = datetime.date(2025, 12, 1)


def days(*offsets: int) -> set[datetime.date]:
    return {MONDAY + datetime.timedelta(days=each) for each in offsets}


def due(floor: Floor, last: int = 13) -> set[datetime.date]:
    end = MONDAY + datetime.timedelta(days=last)
    return working_days(floor.client, [floor.ana], MONDAY, end)[floor.ana.pk]


def test_working_days_are_those_of_the_shift(inside: Floor) -> None:
    assert due(inside) == days(0, 1, 2, 3, 4, 7, 8, 9, 10, 11)


def test_a_holiday_is_no_working_day(inside: Floor) -> None:
    row = CalendarDay(client=inside.client, date=MONDAY, name="Holiday")
    row.full_clean()
    row.save()
    assert due(inside, 4) == days(1, 2, 3, 4)


def test_a_working_saturday_of_the_line_beats_the_weekdays(inside: Floor) -> None:
    saturday = MONDAY + datetime.timedelta(days=5)
    row = CalendarDay(
        client=inside.client, date=saturday, line=inside.line, kind="WORKING", shifts=["1ST"]
    )
    row.full_clean()
    row.save()
    assert due(inside, 6) == days(0, 1, 2, 3, 4, 5)


def test_an_assigned_shift_gives_its_own_days(inside: Floor) -> None:
    weekend = make_shift(inside.client, "07:00", "15:00", weekdays=[6, 7])
    LineAssignment.objects.filter(employee=inside.ana).update(shift=weekend)
    assert due(inside, 6) == days(5, 6)


def test_nobody_is_due_before_the_assignment(inside: Floor) -> None:
    from_wednesday = from_day_on(MONDAY + datetime.timedelta(days=2))
    LineAssignment.objects.filter(employee=inside.ana).update(valid=from_wednesday)
    assert due(inside, 6) == days(2, 3, 4)


def test_working_days_of_many_cost_three_queries(
    inside: Floor, django_assert_num_queries: Any
) -> None:
    people = [inside.ana, inside.luis, *(make_employee(inside.client) for _ in range(10))]
    for count in (1, len(people)):
        with django_assert_num_queries(3):
            working_days(inside.client, people[:count], MONDAY, MONDAY)


def test_spells_join_over_rest_days(inside: Floor) -> None:
    # Friday and Monday: nothing was due between.
    assert len(spells(days(4, 7), due(inside))) == 1


def test_a_day_at_work_between_makes_two_spells(inside: Floor) -> None:
    assert len(spells(days(1, 3), due(inside))) == 2
