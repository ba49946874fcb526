"""What a record fills in by itself, and what it refuses."""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from attendance.marks import Mark
from attendance.models import AbsenceType, AttendanceRecord
from clients.models import Client
from clients.scope import client_scope
from tests.attendance.conftest import Floor, furnish
from tests.attendance.factories import (
    DAY,
    absence_type,
    make_allocation,
    make_record,
    record,
)
from tests.plant.factories import make_assignment, make_employee, make_line, make_shift

pytestmark = pytest.mark.django_db


def refused(row: AttendanceRecord) -> dict[str, list[str]]:
    with pytest.raises(ValidationError) as error:
        row.full_clean()
    return error.value.message_dict


# -- what comes by itself -----------------------------------------------------------------------


def test_a_present_person_works_the_net_hours_of_the_shift(inside: Floor) -> None:
    row = make_record(inside.ana, inside.shift)
    assert (row.scheduled_hours, row.actual_hours, row.absence_hours) == (9, 9, 0)


def test_the_primary_line_is_the_line(inside: Floor) -> None:
    row = make_record(inside.ana, inside.shift)
    assert (row.line, row.line_shift.line, row.engagement) == (inside.line, inside.line, "ASSIGNED")


def test_a_line_assigned_for_this_shift_comes_first(inside: Floor) -> None:
    person = make_employee(inside.client)
    other = make_line(inside.client)
    make_assignment(person, inside.line, allocation_pct=50)
    make_assignment(person, other, allocation_pct=50, shift=inside.shift)
    assert make_record(person, inside.shift).line == other


def test_a_person_without_assignment_has_no_line(inside: Floor) -> None:
    row = make_record(make_employee(inside.client), inside.shift)
    assert (row.line, row.line_shift, row.scheduled_hours) == (None, None, 9)


def test_hours_of_a_planned_line_shift_are_frozen(inside: Floor) -> None:
    first = make_record(inside.ana, inside.shift)
    type(first.line_shift).objects.filter(pk=first.line_shift_id).update(planned_minutes=480)
    assert make_record(inside.luis, inside.shift).scheduled_hours == 8


def test_a_night_of_a_clock_change_is_longer(inside: Floor) -> None:
    night = make_shift(inside.client, "21:00", "06:00", weekdays=[1, 2, 3, 4, 5, 6, 7])
    row = make_record(inside.ana, night, shift_date=datetime.date(2025, 11, 1))
    assert row.scheduled_hours == 10


def test_an_absent_person_works_nothing_and_is_absent_unscheduled(inside: Floor) -> None:
    row = make_record(inside.ana, inside.shift, presence="ABSENT")
    assert (row.actual_hours, row.absence_hours) == (0, 9)
    assert row.absence_type.code == "UNSCHEDULED_ABSENCE"


def test_half_a_day_is_half_of_the_hours(inside: Floor) -> None:
    row = make_record(inside.ana, inside.shift, presence="PARTIAL")
    assert (row.actual_hours, row.absence_hours) == (Decimal("4.5"), Decimal("4.5"))


def test_typed_hours_stay(inside: Floor) -> None:
    row = make_record(inside.ana, inside.shift, scheduled_hours=8, actual_hours=10)
    assert (row.scheduled_hours, row.actual_hours, row.absence_hours) == (8, 10, 0)


def test_a_change_of_presence_brings_its_hours_and_type(inside: Floor) -> None:
    row = make_record(inside.ana, inside.shift)
    row.take(Mark.ABSENT)
    row.full_clean()
    assert (row.actual_hours, row.absence_type.code) == (0, "UNSCHEDULED_ABSENCE")
    row.save()
    row.take(Mark.PRESENT)
    row.full_clean()
    assert (row.actual_hours, row.absence_type) == (9, None)


def test_a_change_of_line_keeps_the_hours(inside: Floor) -> None:
    row = make_record(inside.ana, inside.shift, actual_hours=7)
    row.line = make_line(inside.client)
    row.full_clean()
    assert (row.actual_hours, row.line_shift.line) == (7, row.line)


@pytest.mark.parametrize(
    ("mark", "presence", "late", "worked"),
    [
        (Mark.PRESENT, "PRESENT", False, 9),
        (Mark.LATE, "PRESENT", True, 9),
        (Mark.HALF_DAY, "PARTIAL", False, Decimal("4.5")),
        (Mark.ABSENT, "ABSENT", False, 0),
        (Mark.VACATION, "ABSENT", False, 0),
    ],
)
def test_what_a_mark_says(
    inside: Floor, mark: Mark, presence: str, late: bool, worked: Any
) -> None:
    row = record(inside.ana, inside.shift)
    row.take(mark)
    row.full_clean()
    assert (row.presence, row.is_late, row.actual_hours) == (presence, late, worked)


@pytest.mark.parametrize("mark", [Mark.LEAVE, Mark.VACATION, Mark.MEDICAL])
def test_a_type_with_a_mark_of_its_own_is_shown_as_that_mark(inside: Floor, mark: Mark) -> None:
    kind = absence_type(mark.absence_type)
    row = make_record(inside.ana, inside.shift, presence="ABSENT", absence_type=kind)
    assert row.mark is mark


def test_many_rows_cost_as_many_queries_as_one(
    inside: Floor, django_assert_num_queries: Any
) -> None:
    people = [make_employee(inside.client) for _ in range(30)]
    for person in people:
        make_assignment(person, inside.line)
    make_record(inside.luis, inside.shift)
    for rows in ([inside.ana], people):
        with django_assert_num_queries(3):
            AttendanceRecord.prepare([record(each, inside.shift) for each in rows])


# -- what is refused ---------------------------------------------------------------------------


def test_absent_with_hours(inside: Floor) -> None:
    row = record(inside.ana, inside.shift, presence="ABSENT", actual_hours=Decimal(8))
    assert refused(row) == {"actual_hours": ["An absent person has no hours worked."]}


def test_the_database_refuses_an_absent_person_with_hours(inside: Floor) -> None:
    row = make_record(inside.ana, inside.shift, presence="ABSENT")
    with pytest.raises(IntegrityError), transaction.atomic():
        AttendanceRecord.objects.filter(pk=row.pk).update(actual_hours=8)


@pytest.mark.parametrize("name", ["scheduled_hours", "actual_hours", "normal_hours"])
@pytest.mark.parametrize("worked", [Decimal(25), Decimal(-1)])
def test_hours_of_more_than_a_day(inside: Floor, name: str, worked: Decimal) -> None:
    said = refused(record(inside.ana, inside.shift, **{name: worked}))
    assert said[name][0] == "Hours must be between 0 and 24."


def test_nobody_is_scheduled_for_no_hours(inside: Floor) -> None:
    said = refused(record(inside.ana, inside.shift, scheduled_hours=Decimal(0)))
    assert said == {"scheduled_hours": ["Hours must be between 0 and 24."]}


def test_tiers_that_do_not_add_up(inside: Floor) -> None:
    row = record(
        inside.ana, inside.shift, actual_hours=Decimal(10), normal_hours=Decimal(8),
        double_hours=Decimal(1),
    )  # fmt: skip
    assert refused(row) == {"normal_hours": ["Overtime tiers must add up to 10 h."]}


def test_tiers_that_are_not_given_are_nothing(inside: Floor) -> None:
    row = make_record(inside.ana, inside.shift, actual_hours=10, normal_hours=8, double_hours=2)
    assert row.triple_hours is None


def test_the_database_adds_up_the_tiers(inside: Floor) -> None:
    row = make_record(inside.ana, inside.shift)
    with pytest.raises(IntegrityError), transaction.atomic():
        AttendanceRecord.objects.filter(pk=row.pk).update(normal_hours=8, double_hours=2)


def test_a_person_twice_in_a_shift(inside: Floor) -> None:
    make_record(inside.ana, inside.shift)
    said = refused(record(inside.ana, inside.shift))
    assert said == {"employee": ["EMP-001 is already recorded in this shift."]}


def test_the_database_refuses_a_person_twice(inside: Floor) -> None:
    first, second = record(inside.ana, inside.shift), record(inside.ana, inside.shift)
    AttendanceRecord.prepare([first, second])
    first.save()
    with pytest.raises(IntegrityError), transaction.atomic():
        second.save()


def test_a_voided_record_does_not_stand_in_the_way(inside: Floor, platform_admin: Any) -> None:
    make_record(inside.ana, inside.shift).void(by=platform_admin, reason="wrong person")
    assert make_record(inside.ana, inside.shift).actual_hours == 9


def test_moving_a_record_onto_another(inside: Floor) -> None:
    make_record(inside.ana, inside.shift)
    row = make_record(inside.luis, inside.shift)
    row.employee = inside.ana
    assert refused(row) == {"employee": ["EMP-001 is already recorded in this shift."]}


def test_a_future_date(inside: Floor) -> None:
    said = refused(record(inside.ana, inside.shift, shift_date=datetime.date(2099, 1, 5)))
    assert said == {"shift_date": ["A future date cannot be recorded."]}


def test_a_present_person_with_an_absence_type(inside: Floor) -> None:
    said = refused(record(inside.ana, inside.shift, absence_type=absence_type("OTHER")))
    assert said == {
        "absence_type": ["An absence type needs an absence: choose absent or partly present."]
    }


def test_an_absence_without_any_type_to_take(inside: Floor) -> None:
    AbsenceType.objects.filter(code="UNSCHEDULED_ABSENCE").update(code="AWOL")
    said = refused(record(inside.ana, inside.shift, presence="ABSENT"))
    assert said == {"absence_type": ["Give the absence type."]}


def test_a_type_out_of_use(inside: Floor) -> None:
    AbsenceType.objects.filter(code="OTHER").update(active=False)
    row = record(inside.ana, inside.shift, presence="ABSENT", absence_type=absence_type("OTHER"))
    assert refused(row) == {"absence_type": ["OTHER is no longer in use."]}


def test_absent_and_late(inside: Floor) -> None:
    said = refused(record(inside.ana, inside.shift, presence="ABSENT", is_late=True))
    assert said == {"presence": ["An absent person is neither late nor leaves early."]}


@pytest.mark.parametrize(
    ("came", "left", "fits"),
    [
        ("07:05", "17:00", True),
        ("06:55", "17:10", True),
        ("12:00", "12:00", False),
        ("15:00", "09:00", False),
    ],
)
def test_nobody_leaves_before_coming(inside: Floor, came: str, left: str, fits: bool) -> None:
    row = record(
        inside.ana, inside.shift, arrival_time=datetime.time.fromisoformat(came),
        departure_time=datetime.time.fromisoformat(left),
    )  # fmt: skip
    if fits:
        row.full_clean()
    else:
        assert refused(row) == {"departure_time": ["The departure lies before the arrival."]}


def test_times_of_a_night_shift_run_over_midnight(inside: Floor) -> None:
    night = make_shift(inside.client, "21:00", "06:00")
    row = record(
        inside.ana, night, arrival_time=datetime.time(21, 10), departure_time=datetime.time(5, 30)
    )
    row.full_clean()


# -- allocation ---------------------------------------------------------------------------------


def test_the_database_refuses_more_allocated_than_worked(inside: Floor) -> None:
    row = make_record(inside.ana, inside.shift, actual_hours=10)
    make_allocation(row, 8, "BILLED_PRODUCTION")
    with pytest.raises(IntegrityError), transaction.atomic():
        make_allocation(row, 3, "TRAINING")


def test_fewer_hours_than_are_allocated(inside: Floor) -> None:
    row = make_record(inside.ana, inside.shift, actual_hours=10)
    make_allocation(row, 8, "BILLED_PRODUCTION")
    row.actual_hours = Decimal(7)
    assert refused(row) == {"actual_hours": ["Allocated 8 h of 7 h."]}
    with pytest.raises(IntegrityError), transaction.atomic():
        AttendanceRecord.objects.filter(pk=row.pk).update(actual_hours=7)


def test_a_category_once(inside: Floor) -> None:
    row = make_record(inside.ana, inside.shift)
    make_allocation(row, 2, "TRAINING")
    with pytest.raises(IntegrityError), transaction.atomic():
        make_allocation(row, 2, "TRAINING")


def test_the_allocation_is_voided_with_its_record(inside: Floor, platform_admin: Any) -> None:
    row = make_record(inside.ana, inside.shift)
    part = make_allocation(row, 2, "TRAINING")
    row.void(by=platform_admin, reason="wrong")
    part.refresh_from_db()
    assert part.void_reason == "wrong"


# -- whose people -------------------------------------------------------------------------------


def test_iso_021_a_record_names_own_and_pool_employees_only(inside: Floor, acme_2: Client) -> None:
    foreign = furnish(acme_2).ana
    row = record(inside.luis, inside.shift)
    row.employee = foreign
    assert refused(row)["employee"] == [f"Unknown employee “{foreign.pk}”."]
    with pytest.raises(IntegrityError), transaction.atomic():
        AttendanceRecord.objects.bulk_create([row])


def test_iso_022_a_floater_without_assignment_is_not_recorded(inside: Floor, floater: Any) -> None:
    said = refused(record(floater, inside.shift))
    assert said == {"employee": ["EMP-015 is not assigned to this shift."]}


def test_iso_027_absences_are_those_of_the_users_clients(floor: Floor, acme_2: Client) -> None:
    foreign = furnish(acme_2)
    with client_scope([acme_2]):
        make_record(foreign.ana, foreign.shift, presence="ABSENT")
    with client_scope([floor.client]):
        make_record(floor.ana, floor.shift, presence="ABSENT")
        assert [row.employee for row in AttendanceRecord.objects.absent()] == [floor.ana]


def test_the_starter_catalogue(inside: Floor) -> None:
    listed = AbsenceType.objects.values_list(
        "code", "counts_in_absenteeism", "leaves_schedule", "counts_in_bradford"
    )
    assert list(listed) == [
        ("MEDICAL_LEAVE", True, False, True),
        ("OTHER", True, False, True),
        ("PERSONAL_LEAVE", True, False, True),
        ("SUSPENDED", True, False, False),
        ("UNSCHEDULED_ABSENCE", True, False, True),
        ("VACATION", False, True, False),
    ]


def test_a_record_says_who_and_when(inside: Floor) -> None:
    assert str(make_record(inside.ana, inside.shift, shift_date=DAY)) == "2025-12-02 1ST EMP-001"
