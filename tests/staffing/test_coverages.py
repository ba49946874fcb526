"""Where floaters are: the interval, its hours, free or taken, whom they cover."""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError, IntegrityError, connection, transaction

from attendance.marks import Presence
from attendance.models import AttendanceRecord, Engagement
from clients.models import Client, User
from clients.scope import client_scope
from plant.models import Employee
from staffing.availability import Wanted, taken
from staffing.models import ShiftCoverage
from tests.staffing.factories import (
    DAY,
    Plant,
    at,
    coverage,
    make_absence,
    make_coverage,
    make_floater,
    saved,
    span,
)

TAKEN_HERE = "EMP-015 is assigned to ACME, L1, 07:00–17:00."
TAKEN_SOMEWHERE = "EMP-015 is already assigned in this period."


def refusal(row: Any, client: Client, *more: Client, user: User | None = None) -> dict[str, Any]:
    with client_scope([client, *more], user=user), pytest.raises(ValidationError) as refused:
        row.full_clean()
    return refused.value.message_dict


# -- the interval and its hours ------------------------------------------------------------------


def test_without_times_it_is_the_whole_shift(boots: Plant, floater: Employee) -> None:
    row = make_coverage(boots, floater)
    assert (row.starts_at, row.ends_at) == (at("07:00"), at("17:00"))
    assert row.hours == Decimal("9.00")
    assert row.line_shift.planned_minutes == 540


@pytest.mark.parametrize(
    ("start", "end", "hours"),
    [("07:00", "12:00", "5.00"), ("07:00", "12:30", "5.00"), ("11:30", "13:30", "1.00"),
     ("13:00", "17:00", "4.00"), ("12:59", "13:20", "0.33")],
)  # fmt: skip
def test_unpaid_breaks_inside_leave_the_hours(
    boots: Plant, floater: Employee, start: str, end: str, hours: str
) -> None:
    row = make_coverage(boots, floater, during=span(start, end))
    assert row.hours == Decimal(hours)


def test_one_end_is_enough(boots: Plant, floater: Employee) -> None:
    begun = coverage(boots, floater)
    begun.during = type(span("07:00", "08:00"))(at("13:00"), None, "[)")
    with client_scope([boots.client]):
        saved(begun)
    assert (begun.starts_at, begun.ends_at) == (at("13:00"), at("17:00"))


def test_a_coverage_of_a_break_alone_is_refused(boots: Plant, floater: Employee) -> None:
    row = coverage(boots, floater, during=span("12:00", "13:00"))
    assert refusal(row, boots.client) == {"during": ["Breaks leave no working time."]}


def test_times_lie_inside_the_shift(boots: Plant, floater: Employee) -> None:
    row = coverage(boots, floater, during=span("06:00", "12:00"))
    assert refusal(row, boots.client) == {"during": ["06:00 is outside the shift 07:00–17:00."]}


def test_the_night_before_the_clocks_go_back_is_longer(boots: Plant, floater: Employee) -> None:
    row = make_coverage(boots, floater, shift=boots.second, shift_date=datetime.date(2026, 10, 31))
    assert row.hours == Decimal("10.00")


def test_a_coverage_may_lie_ahead(boots: Plant, floater: Employee) -> None:
    row = make_coverage(boots, floater, shift_date=datetime.date(2031, 1, 6))
    assert row.hours == Decimal("9.00")


def test_a_whole_shift_follows_when_it_moves(boots: Plant, floater: Employee) -> None:
    row = make_coverage(boots, floater)
    with client_scope([boots.client]):
        row.shift = boots.second
        saved(row)
    assert (row.starts_at, row.hours) == (at("21:00"), Decimal("9.00"))


def test_a_correction_asks_for_confirmation_again(
    boots: Plant, floater: Employee, member: Any
) -> None:
    row, boss = make_coverage(boots, floater), member(boots.client)
    with client_scope([boots.client], user=boss):
        row.confirm(by=boss)
        row.note = "a note changes nothing"
        saved(row)
        assert row.confirmed_by == boss
        row.during = span("07:00", "12:00")
        saved(row)
    assert (row.confirmed_at, row.confirmed_by) == (None, None)


# -- who may be sent -----------------------------------------------------------------------------


def test_only_people_of_the_pool_can_be_sent(boots: Plant, socks: Plant) -> None:
    own, foreign = boots.person, socks.person
    row = coverage(boots, own)
    assert refusal(row, boots.client)["employee"] == [f"Unknown floating employee “{own.pk}”."]
    row = coverage(boots, own)
    row.employee_id = foreign.pk
    said = refusal(row, boots.client)["employee"]
    assert said == [f"Unknown floating employee “{foreign.pk}”."]


def test_somebody_who_left_is_unknown(boots: Plant) -> None:
    row = coverage(boots, make_floater(active=False))
    said = {"employee": ["Unknown floating employee “EMP-015”."]}
    assert refusal(row, boots.client) == said


def test_iso_021_the_database_takes_people_of_the_pool_only(
    boots: Plant, socks: Plant, floater: Employee
) -> None:
    row = make_coverage(boots, floater)
    for other in (boots.person, socks.person):
        with client_scope([boots.client]), pytest.raises(IntegrityError), transaction.atomic():
            ShiftCoverage.objects.filter(pk=row.pk).update(employee=other.pk)
            connection.check_constraints()


# -- free or taken -------------------------------------------------------------------------------


def test_ac_04_a_floater_is_in_one_place(
    boots: Plant, socks: Plant, floater: Employee, member: Any
) -> None:
    make_coverage(boots, floater)
    of_both = member(boots.client, socks.client)
    of_one = member(socks.client)
    said = refusal(coverage(socks, floater), boots.client, socks.client, user=of_both)
    assert said == {"employee": [TAKEN_HERE]}
    said = refusal(coverage(socks, floater), socks.client, user=of_one)
    assert said == {"employee": [TAKEN_SOMEWHERE]}


def test_iso_023_narrowing_changes_nothing(
    boots: Plant, socks: Plant, floater: Employee, member: Any
) -> None:
    make_coverage(boots, floater)
    of_both = member(boots.client, socks.client)
    said = refusal(coverage(socks, floater), socks.client, user=of_both)
    assert said == {"employee": [TAKEN_HERE]}


def test_iso_023_the_widened_look_is_over_with_the_answer(
    boots: Plant, socks: Plant, floater: Employee, member: Any
) -> None:
    make_coverage(boots, floater)
    with client_scope([socks.client], user=member(boots.client, socks.client)):
        with pytest.raises(ValidationError):
            coverage(socks, floater).full_clean()
        assert ShiftCoverage.objects.count() == 0
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM coverage_shiftcoverage")
            assert cursor.fetchone() == (0,)


def test_iso_024_the_other_shift_and_the_other_day_are_free(
    boots: Plant, socks: Plant, floater: Employee
) -> None:
    make_coverage(boots, floater)
    make_coverage(socks, floater, shift=socks.second)
    tuesday = DAY + datetime.timedelta(days=1)
    row = make_coverage(socks, floater, shift_date=tuesday)
    assert row.pk > 0


def test_iso_024_intervals_that_touch_do_not_collide(
    boots: Plant, socks: Plant, floater: Employee
) -> None:
    make_coverage(boots, floater, during=span("07:00", "15:00"))
    make_coverage(socks, floater, during=span("15:00", "17:00"))
    row = coverage(socks, floater, during=span("14:59", "15:00"))
    said = {"employee": ["EMP-015 is assigned to ACME, L1, 07:00–15:00."]}
    assert refusal(row, boots.client, socks.client) == said


def test_iso_024_the_database_refuses_a_second_place(
    boots: Plant, socks: Plant, floater: Employee
) -> None:
    make_coverage(boots, floater)
    row = make_coverage(socks, floater, shift=socks.second)
    during = span("16:00", "18:00")
    with client_scope([socks.client]), pytest.raises(IntegrityError), transaction.atomic():
        ShiftCoverage.objects.filter(pk=row.pk).update(during=during)


def test_a_voided_assignment_takes_nobody(boots: Plant, socks: Plant, floater: Employee) -> None:
    row = make_coverage(boots, floater)
    with client_scope([boots.client]):
        row.void(by=None, reason="booked by mistake")
    assert make_coverage(socks, floater).hours == Decimal("9.00")


def test_an_assignment_is_not_in_its_own_way(boots: Plant, floater: Employee) -> None:
    row = make_coverage(boots, floater)
    with client_scope([boots.client]):
        row.during = span("08:00", "16:00")
        saved(row)
    assert row.hours == Decimal("7.00")


def test_two_rows_of_one_submit_see_each_other(boots: Plant, floater: Employee) -> None:
    rows = [coverage(boots, floater), coverage(boots, floater, during=span("16:00", "17:00"))]
    with client_scope([boots.client]):
        ShiftCoverage.prepare(rows)
        rows[0].validate_row()
        with pytest.raises(ValidationError) as refused:
            rows[1].validate_row()
    assert refused.value.message_dict == {"employee": [TAKEN_HERE]}


def test_iso_024_the_answer_of_the_database_is_yes_or_no(
    boots: Plant, socks: Plant, floater: Employee
) -> None:
    row = make_coverage(boots, floater)
    asked = [
        Wanted(floater.pk, at("16:00"), at("18:00")),
        Wanted(floater.pk, at("17:00"), at("18:00")),
        Wanted(floater.pk, at("07:00"), at("08:00"), row.pk),
        Wanted(floater.pk + 1, at("07:00"), at("08:00")),
    ]
    with client_scope([socks.client]):
        assert taken(asked) == [True, False, False, False]
        assert taken([]) == []
        # The setting that the function widened is the caller's again.
        assert ShiftCoverage.objects.count() == 0


@pytest.mark.parametrize("number", [1, 30])
def test_any_number_of_rows_is_prepared_with_the_same_queries(
    boots: Plant, floater: Employee, django_assert_num_queries: Any, number: int
) -> None:
    people = [make_floater(f"POOL-{each}") for each in range(number)]
    make_coverage(boots, floater)  # the line-shift exists
    rows = [coverage(boots, each, during=span("07:00", "16:00")) for each in people]
    with client_scope([boots.client]), django_assert_num_queries(4):
        ShiftCoverage.prepare(rows)
    assert {row.hours for row in rows} == {Decimal("8.00")}


# -- whom they cover -----------------------------------------------------------------------------


def test_an_absent_person_is_covered(boots: Plant, floater: Employee) -> None:
    absence = make_absence(boots)
    row = make_coverage(boots, floater, covers=absence)
    assert row.covers == absence


def test_half_a_day_can_be_covered(boots: Plant, floater: Employee) -> None:
    row = make_coverage(boots, floater, covers=make_absence(boots, presence=Presence.PARTIAL))
    assert row.covers_id > 0


@pytest.mark.parametrize(
    "fields",
    [
        {"presence": Presence.PRESENT},
        {"shift_date": DAY - datetime.timedelta(days=1)},
    ],
    ids=["present", "another day"],
)
def test_not_every_record_can_be_covered(
    boots: Plant, floater: Employee, fields: dict[str, Any]
) -> None:
    row = coverage(boots, floater, covers=make_absence(boots, **fields))
    assert refusal(row, boots.client) == {"covers": ["EMP-015 cannot cover this record."]}


def test_a_record_of_another_shift_cannot_be_covered(boots: Plant, floater: Employee) -> None:
    row = coverage(boots, floater, covers=make_absence(boots, shift=boots.second))
    assert refusal(row, boots.client) == {"covers": ["EMP-015 cannot cover this record."]}


def test_nobody_covers_themselves(boots: Plant, floater: Employee) -> None:
    make_coverage(boots, floater)
    absence = make_absence(boots, employee=floater)
    row = coverage(boots, floater, shift=boots.second, covers=absence)
    assert refusal(row, boots.client) == {"covers": ["A person cannot cover themselves."]}


def test_a_floater_is_not_covered_but_replaced(boots: Plant, floater: Employee) -> None:
    make_coverage(boots, floater)
    other = make_floater("EMP-016")
    row = coverage(boots, other, covers=make_absence(boots, employee=floater))
    assert refusal(row, boots.client) == {"covers": ["EMP-016 cannot cover this record."]}


def test_a_foreign_record_is_as_unknown_as_none(
    boots: Plant, socks: Plant, floater: Employee
) -> None:
    theirs = make_absence(socks)
    for key in (theirs.pk, 99_999_999):
        row = coverage(boots, floater)
        row.covers_id = key
        said = refusal(row, boots.client, socks.client)
        assert said == {"covers": [f"Unknown attendance record “{key}”."]}


def test_an_absence_that_ends_leaves_the_coverage_editable(boots: Plant, floater: Employee) -> None:
    absence = make_absence(boots)
    row = make_coverage(boots, floater, covers=absence)
    with client_scope([boots.client]):
        absence.presence = Presence.PRESENT
        saved(absence)
        fresh = ShiftCoverage.objects.get(pk=row.pk)
        fresh.note = "came after all"
        saved(fresh)
    assert fresh.covers_id == absence.pk


# -- attendance of floaters ----------------------------------------------------------------------


def test_iso_022_a_floater_is_recorded_where_they_were_sent(
    boots: Plant, floater: Employee
) -> None:
    make_coverage(boots, floater)
    record = make_absence(boots, employee=floater, line=None, presence=Presence.PRESENT)
    assert (record.engagement, record.line) == (Engagement.FLOATER, boots.line)


def test_iso_022_without_coverage_of_this_client_day_and_shift_they_are_not(
    boots: Plant, socks: Plant, floater: Employee
) -> None:
    make_coverage(socks, floater)
    make_coverage(boots, floater, shift=boots.second)
    make_coverage(boots, floater, shift_date=DAY - datetime.timedelta(days=1))
    with pytest.raises(ValidationError) as refused:
        make_absence(boots, employee=floater, presence=Presence.PRESENT)
    assert refused.value.message_dict == {"employee": ["EMP-015 is not assigned to this shift."]}


def test_iso_022_the_database_holds_it(boots: Plant, socks: Plant, floater: Employee) -> None:
    make_coverage(boots, floater)
    record = make_absence(boots, employee=floater, presence=Presence.PRESENT)
    with client_scope([boots.client]):
        with pytest.raises(IntegrityError, match="not assigned to this shift"):
            with transaction.atomic():
                AttendanceRecord.objects.filter(pk=record.pk).update(shift=boots.second)
        record.pk, record.shift_date = None, DAY - datetime.timedelta(days=1)
        with pytest.raises(IntegrityError, match="not assigned to this shift"):
            with transaction.atomic():
                AttendanceRecord.objects.bulk_create([record])


def test_iso_022_a_coverage_with_attendance_is_not_taken_away(
    boots: Plant, floater: Employee
) -> None:
    row = make_coverage(boots, floater)
    record = make_absence(boots, employee=floater, presence=Presence.PRESENT)
    with client_scope([boots.client]):
        with pytest.raises(ValidationError, match="EMP-015 is recorded in this shift"):
            row.void(by=None, reason="a mistake")
        for change in ({"shift_date": DAY + datetime.timedelta(days=1)}, {"shift": boots.second}):
            with pytest.raises(IntegrityError, match="Void the attendance first"):
                with transaction.atomic():
                    ShiftCoverage.objects.filter(pk=row.pk).update(**change)
        with pytest.raises(DatabaseError, match="Void the attendance first"):
            with transaction.atomic():
                ShiftCoverage.objects.filter(pk=row.pk).delete()
        record.void(by=None, reason="a mistake")
        ShiftCoverage.objects.get(pk=row.pk).void(by=None, reason="a mistake")
        assert ShiftCoverage.objects.count() == 0


def test_iso_021_attendance_takes_own_people_and_the_pool_only(boots: Plant, socks: Plant) -> None:
    with pytest.raises(ValidationError) as refused:
        make_absence(boots, employee=socks.person)
    said = {"employee": [f"Unknown employee “{socks.person.pk}”."]}
    assert refused.value.message_dict == said


# -- verbs ---------------------------------------------------------------------------------------


def test_a_confirmation_is_given_once(boots: Plant, floater: Employee, member: Any) -> None:
    row, boss = make_coverage(boots, floater), member(boots.client)
    with client_scope([boots.client], user=boss):
        row.confirm(by=boss)
        with pytest.raises(ValidationError, match="confirmed already"):
            row.confirm(by=boss)
        assert ShiftCoverage.objects.get().confirmed_by == boss


def test_what_has_not_begun_is_taken_back(boots: Plant, floater: Employee, member: Any) -> None:
    row = make_coverage(boots, floater)
    with client_scope([boots.client]):
        row.unassign(by=member(boots.client), now=at("06:59"))
        assert ShiftCoverage.objects.count() == 0
    assert row.void_reason == "Unassigned before it began."


def test_what_runs_ends_now(boots: Plant, floater: Employee, member: Any) -> None:
    row = make_coverage(boots, floater)
    with client_scope([boots.client]):
        row.unassign(by=member(boots.client), now=at("11:00:40"))
        row.refresh_from_db()
    assert (row.ends_at, row.hours) == (at("11:00"), Decimal("4.00"))


def test_what_has_ended_stays(boots: Plant, floater: Employee, member: Any) -> None:
    row = make_coverage(boots, floater)
    with client_scope([boots.client]):
        with pytest.raises(ValidationError, match="This assignment has ended."):
            row.unassign(by=member(boots.client), now=at("17:00"))


@pytest.mark.parametrize(("hours", "stale"), [(23, False), (25, True)])
def test_a_day_after_the_start_an_unconfirmed_one_is_stale(
    boots: Plant, floater: Employee, hours: int, stale: bool
) -> None:
    now = at("07:00") + datetime.timedelta(hours=hours)
    row = make_coverage(boots, floater)
    with client_scope([boots.client]):
        assert ShiftCoverage.objects.stale(now).filter(pk=row.pk).exists() is stale
