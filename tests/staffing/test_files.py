"""Floater assignments from files, and whom an attendance row is covered by."""

from __future__ import annotations

from typing import Any

import pytest

from attendance.models import AttendanceRecord
from clients.imports.undo import undo
from clients.scope import client_scope
from plant.models import Employee
from staffing.models import ShiftCoverage, StaffingRequirement
from tests.imports.helpers import csv_of, imported, looked, previewed
from tests.plant.factories import make_employee
from tests.staffing.factories import (
    DAY,
    Plant,
    at,
    make_absence,
    make_coverage,
    make_floater,
    span,
)

HEADERS = "employee,shift_date,shift,line,from,to,covers,note"
ATTENDANCE = "employee,shift_date,shift,line,mark,covered_by"
TAKEN_SOMEWHERE = "EMP-015 is already assigned in this period."
TAKEN_HERE = "EMP-015 is assigned to ACME, L1, 07:00–17:00."


def told(result: Any) -> list[tuple[int, str, str, str]]:
    errors = result["errors"] if isinstance(result, dict) else result.errors
    return [(each["row"], each["column"], each["code"], each["reason"]) for each in errors]


def coverages(plant: Plant) -> list[tuple[str, str, str]]:
    with client_scope([plant.client]):
        rows = ShiftCoverage.objects.select_related("employee", "line").order_by("pk")
        return [(row.employee.code, row.line.code, str(row.hours)) for row in rows]


def test_a_file_assigns_floaters(boots: Plant, floater: Employee) -> None:
    make_absence(boots)
    text = csv_of(
        "EMP-015,2025-12-03,1ST,L1,,,EMP-003,",
        "EMP-015,2025-12-03,2ND,L1,22:00,2025-12-04 03:00,,night help",
        headers=HEADERS,
    )
    batch = imported(boots.client, text, "shift_coverage")
    assert (batch.rows_new, batch.errors) == (2, [])
    assert coverages(boots) == [("EMP-015", "L1", "9.00"), ("EMP-015", "L1", "5.00")]
    with client_scope([boots.client]):
        first = ShiftCoverage.objects.get(shift=boots.first)
        assert first.covers.employee == boots.person
    again = previewed(boots.client, text, "shift_coverage")
    assert (again.rows_new, again.rows_changed, again.rows_same) == (0, 0, 2)


def test_spanish_headers_say_the_same(boots: Plant, floater: Employee) -> None:
    text = csv_of(
        "EMP-015,2025-12-03,1ST,L1,07:00,12:00",
        headers="empleado,fecha,turno,linea,desde,hasta",
    )
    imported(boots.client, text, "shift_coverage")
    assert coverages(boots) == [("EMP-015", "L1", "5.00")]


def test_ac_04_a_file_does_not_book_twice(
    boots: Plant, socks: Plant, floater: Employee, member: Any
) -> None:
    make_coverage(boots, floater)
    text = csv_of("EMP-015,2025-12-03,1ST,S1,,,,", headers=HEADERS)
    of_one, of_both = member(socks.client), member(boots.client, socks.client)
    batch = previewed(socks.client, text, "shift_coverage", user=of_one)
    assert told(batch) == [(2, "employee", "taken", TAKEN_SOMEWHERE)]
    batch = previewed(socks.client, text, "shift_coverage", user=of_both)
    assert told(batch) == [(2, "employee", "taken", TAKEN_HERE)]
    assert coverages(socks) == []


def test_ac_04_the_second_shift_is_accepted(boots: Plant, socks: Plant, floater: Employee) -> None:
    make_coverage(boots, floater)
    text = csv_of("EMP-015,2025-12-03,2ND,S1,,,,", headers=HEADERS)
    imported(socks.client, text, "shift_coverage")
    assert coverages(socks) == [("EMP-015", "S1", "9.00")]


def test_two_rows_of_one_file_collide_like_any_other(boots: Plant, floater: Employee) -> None:
    text = csv_of(
        "EMP-015,2025-12-03,1ST,L1,07:00,12:00,,",
        "EMP-015,2025-12-03,1ST,L1,11:00,17:00,,",
        "EMP-015,2025-12-03,1ST,L1,12:00,17:00,,",
        headers=HEADERS,
    )
    result = looked(boots.client, text, "shift_coverage")
    sentence = "EMP-015 is assigned to ACME, L1, 07:00–12:00."
    assert told(result) == [(3, "employee", "taken", sentence)]
    assert result["new"] == 2


@pytest.mark.parametrize("code", ["EMP-003", "EMP-103", "NOBODY"])
def test_iso_021_unknown_own_and_foreign_people_are_told_alike(
    boots: Plant, socks: Plant, floater: Employee, code: str
) -> None:
    text = csv_of(f"{code},2025-12-03,1ST,L1,,,,", headers=HEADERS)
    result = looked(boots.client, text, "shift_coverage")
    sentence = f"Unknown floating employee “{code}”."
    assert told(result) == [(2, "employee", "unknown_code", sentence)]


def test_suggestions_name_people_of_the_pool_only(boots: Plant, floater: Employee) -> None:
    text = csv_of("EMP-005,2025-12-03,1ST,L1,,,,", headers=HEADERS)
    result = looked(boots.client, text, "shift_coverage")
    assert [each["suggestion"] for each in result["errors"]] == ["EMP-015?"]


@pytest.mark.parametrize(
    ("covers", "code", "sentence"),
    [
        ("EMP-004", "unknown_code", "Unknown employee “EMP-004”."),
        ("EMP-003", "inconsistent", "EMP-015 cannot cover this record."),
        ("EMP-015", "inconsistent", "A person cannot cover themselves."),
    ],
)
def test_whom_a_file_covers(
    boots: Plant, floater: Employee, covers: str, code: str, sentence: str
) -> None:
    text = csv_of(f"EMP-015,2025-12-03,1ST,L1,,,{covers},", headers=HEADERS)
    result = looked(boots.client, text, "shift_coverage")
    assert told(result) == [(2, "covers", code, sentence)]


def test_an_end_before_its_start_is_refused(boots: Plant, floater: Employee) -> None:
    text = csv_of("EMP-015,2025-12-03,1ST,L1,13:00,12:00,,", headers=HEADERS)
    result = looked(boots.client, text, "shift_coverage")
    assert told(result) == [(2, "to", "inconsistent", "The end must be after the start.")]


def test_a_changed_end_is_taken_and_taken_back(boots: Plant, floater: Employee) -> None:
    row = make_coverage(boots, floater)
    text = csv_of("EMP-015,2025-12-03,1ST,L1,07:00,12:00,,", headers=HEADERS)
    batch = imported(boots.client, text, "shift_coverage", update=True)
    assert batch.rows_changed == 1
    assert coverages(boots) == [("EMP-015", "L1", "5.00")]
    with client_scope([boots.client]):
        undo(batch)
        row.refresh_from_db()
    assert (row.ends_at, str(row.hours)) == (at("17:00"), "9.00")


def test_required_heads_come_from_a_file(boots: Plant) -> None:
    text = csv_of("L1,1ST,10,2025-01-01,2025-06-30", "L1,1ST,12,2025-07-01,",
                  headers="line,shift,required_headcount,valid_from,valid_to")  # fmt: skip
    batch = imported(boots.client, text, "staffing_requirement")
    assert (batch.rows_new, batch.errors) == (2, [])
    with client_scope([boots.client]):
        assert StaffingRequirement.objects.valid_on(DAY).get().required_headcount == 12
    again = previewed(boots.client, text, "staffing_requirement")
    assert (again.rows_same, again.errors) == (2, [])


# -- covered_by ----------------------------------------------------------------------------------

ABSENT = "EMP-003,2025-12-03,1ST,L1,Absent,EMP-015"


def test_covered_by_sends_the_floater(boots: Plant, floater: Employee) -> None:
    text = csv_of(ABSENT, headers=ATTENDANCE)
    batch = imported(boots.client, text, "attendance_record")
    assert (batch.rows_new, batch.errors) == (1, [])
    assert coverages(boots) == [("EMP-015", "L1", "9.00")]
    with client_scope([boots.client]):
        assert ShiftCoverage.objects.get().covers == AttendanceRecord.objects.get()
    again = previewed(boots.client, text, "attendance_record")
    assert (again.rows_new, again.rows_changed, again.rows_same) == (0, 0, 1)


def test_covered_by_and_its_coverage_are_taken_back_together(
    boots: Plant, floater: Employee
) -> None:
    batch = imported(boots.client, csv_of(ABSENT, headers=ATTENDANCE), "attendance_record")
    with client_scope([boots.client]):
        undo(batch)
        assert (ShiftCoverage.objects.count(), AttendanceRecord.objects.count()) == (0, 0)


def test_an_idle_floater_of_this_shift_is_linked(boots: Plant, floater: Employee) -> None:
    row = make_coverage(boots, floater)
    text = csv_of(ABSENT, headers=ATTENDANCE)
    batch = imported(boots.client, text, "attendance_record", update=True)
    assert batch.errors == []
    with client_scope([boots.client]):
        row.refresh_from_db()
        assert row.covers == AttendanceRecord.objects.get()
        undo(batch)
        row.refresh_from_db()
        assert row.covers is None


def test_ac_04_covered_by_does_not_book_twice(
    boots: Plant, socks: Plant, floater: Employee, member: Any
) -> None:
    make_coverage(boots, floater)
    text = csv_of("EMP-103,2025-12-03,1ST,S1,Absent,EMP-015", headers=ATTENDANCE)
    of_one, of_both = member(socks.client), member(boots.client, socks.client)
    batch = previewed(socks.client, text, "attendance_record", user=of_one)
    assert told(batch) == [(2, "covered_by", "taken", TAKEN_SOMEWHERE)]
    batch = previewed(socks.client, text, "attendance_record", user=of_both)
    assert told(batch) == [(2, "covered_by", "taken", TAKEN_HERE)]


@pytest.mark.parametrize(
    ("line", "code", "sentence"),
    [
        ("EMP-003,2025-12-03,1ST,L1,Present,EMP-015", "inconsistent",
         "EMP-015 cannot cover this record."),
        ("EMP-003,2025-12-03,1ST,L1,Absent,EMP-103", "unknown_code",
         "Unknown floating employee “EMP-103”."),
        ("EMP-003,2025-12-03,1ST,L1,Absent,EMP-003", "unknown_code",
         "Unknown floating employee “EMP-003”."),
        ("EMP-003,2025-12-03,1ST,L1,Absent,NOBODY", "unknown_code",
         "Unknown floating employee “NOBODY”."),
    ],
    ids=["present", "foreign", "own", "unknown"],
)  # fmt: skip
def test_who_cannot_stand_in(
    boots: Plant, socks: Plant, floater: Employee, line: str, code: str, sentence: str
) -> None:
    result = looked(boots.client, csv_of(line, headers=ATTENDANCE), "attendance_record")
    assert told(result) == [(2, "covered_by", code, sentence)]


def test_one_floater_covers_one_person(boots: Plant, floater: Employee) -> None:
    with client_scope([boots.client]):
        make_employee(boots.client, code="EMP-004")
    other = ABSENT.replace("EMP-003", "EMP-004")
    result = looked(boots.client, csv_of(ABSENT, other, headers=ATTENDANCE), "attendance_record")
    assert [(row, column) for row, column, *_ in told(result)] == [(3, "covered_by")]


@pytest.mark.parametrize("role", ["OPERATOR", "ENGINEER"])
def test_who_may_not_assign_is_told_that_it_is_locked(
    boots: Plant, floater: Employee, member: Any, role: str
) -> None:
    text = csv_of(ABSENT, headers=ATTENDANCE)
    user = member(boots.client, role=role)
    batch = previewed(boots.client, text, "attendance_record", user=user)
    sentence = "Your role in this client does not allow you to assign floaters."
    assert told(batch) == [(2, "covered_by", "locked", sentence)]


def test_a_partly_booked_floater_is_not_free_for_the_shift(boots: Plant, floater: Employee) -> None:
    make_coverage(boots, floater, during=span("08:00", "09:00"))
    result = looked(boots.client, csv_of(ABSENT, headers=ATTENDANCE), "attendance_record")
    sentence = "EMP-015 is assigned to ACME, L1, 08:00–09:00."
    assert told(result) == [(2, "covered_by", "taken", sentence)]


def test_a_preview_costs_the_same_for_one_row_and_thirty(
    boots: Plant, django_assert_max_num_queries: Any
) -> None:
    lines = []
    for number in range(30):
        make_floater(f"POOL-{number}")
        with client_scope([boots.client]):
            make_employee(boots.client, code=f"OWN-{number}")
        lines.append(f"OWN-{number},2025-12-03,1ST,L1,Absent,POOL-{number}")
    few, many = [csv_of(*some, headers=ATTENDANCE) for some in (lines[:1], lines)]
    assert looked(boots.client, few, "attendance_record")["new"] == 1
    with django_assert_max_num_queries(45):
        assert looked(boots.client, many, "attendance_record")["new"] == 30
