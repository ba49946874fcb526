"""Attendance from files, in both languages, with the allocation of its hours."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from attendance.models import AttendanceRecord, HourAllocation
from clients.imports.undo import undo
from clients.models import Client, ImportBatch
from clients.scope import client_scope
from plant.models import LineShift
from tests.attendance.conftest import Floor, furnish
from tests.attendance.factories import DAY, absence_type, make_allocation, make_record
from tests.imports.helpers import imported, looked, previewed
from tests.plant.factories import make_employee

pytestmark = pytest.mark.django_db

HEADERS = "employee,shift_date,shift,mark"


def file_of(*lines: str, headers: str = HEADERS) -> str:
    return "\n".join([headers, *lines]) + "\n"


def written(floor: Floor, text: str, **more: Any) -> ImportBatch:
    return imported(floor.client, text, "attendance_record", **more)


def seen(floor: Floor, text: str) -> dict[str, Any]:
    return looked(floor.client, text, "attendance_record")


def faults(floor: Floor, text: str) -> list[tuple[str, str, str]]:
    return [(e["column"], e["code"], e["reason"]) for e in seen(floor, text)["errors"]]


def stored(floor: Floor, code: str = "EMP-001") -> AttendanceRecord:
    with client_scope([floor.client]):
        rows = AttendanceRecord.objects.select_related("absence_type", "line", "line_shift")
        return rows.get(employee__code=code)


def parts(floor: Floor) -> dict[str, Decimal]:
    with client_scope([floor.client]):
        return dict(HourAllocation.objects.values_list("category", "hours"))


def test_a_person_by_a_mark(floor: Floor) -> None:
    written(floor, file_of("EMP-001,2025-12-02,1ST,Present"))
    row = stored(floor)
    assert (row.presence, row.actual_hours, row.line) == ("PRESENT", 9, floor.line)


@pytest.mark.parametrize(
    ("word", "presence", "late", "kind"),
    [
        ("Late", "PRESENT", True, None),
        ("Half Day", "PARTIAL", False, None),
        ("Absent", "ABSENT", False, "UNSCHEDULED_ABSENCE"),
        ("Leave", "ABSENT", False, "PERSONAL_LEAVE"),
        ("Vacation", "ABSENT", False, "VACATION"),
        ("Medical", "ABSENT", False, "MEDICAL_LEAVE"),
        ("Presente", "PRESENT", False, None),
        ("Retardo", "PRESENT", True, None),
        ("Medio día", "PARTIAL", False, None),
        ("medio dia", "PARTIAL", False, None),
        ("Falta", "ABSENT", False, "UNSCHEDULED_ABSENCE"),
        ("Permiso", "ABSENT", False, "PERSONAL_LEAVE"),
        ("Vacaciones", "ABSENT", False, "VACATION"),
        ("Incapacidad", "ABSENT", False, "MEDICAL_LEAVE"),
    ],
)
def test_marks_in_both_languages(
    floor: Floor, word: str, presence: str, late: bool, kind: str | None
) -> None:
    written(floor, file_of(f"EMP-001,2025-12-02,1ST,{word}"))
    row = stored(floor)
    code = row.absence_type.code if row.absence_type else None
    assert (row.presence, row.is_late, code) == (presence, late, kind)


def test_spanish_headers(floor: Floor) -> None:
    text = file_of(
        "EMP-001,2025-12-02,1ST,Falta,SUSPENDED",
        headers="empleado,fecha,turno,asistencia,tipo_ausencia",
    )
    written(floor, text)
    assert stored(floor).absence_type.code == "SUSPENDED"


def test_an_unknown_mark(floor: Floor) -> None:
    text = file_of("EMP-001,2025-12-02,1ST,Presnt")
    assert faults(floor, text) == [("mark", "choice", "Unknown mark “Presnt”.")]
    assert seen(floor, text)["errors"][0]["suggestion"] == "PRESENT?"


def test_a_mark_whose_type_the_client_does_not_have(floor: Floor) -> None:
    with client_scope([floor.client]):
        absence_type("VACATION").delete()
    said = faults(floor, file_of("EMP-001,2025-12-02,1ST,Vacation"))
    assert said == [("mark", "unknown_code", "Unknown absence type “VACATION”.")]


def test_neither_mark_nor_hours(floor: Floor) -> None:
    said = faults(floor, file_of("EMP-001,2025-12-02,1ST,"))
    assert said == [("mark", "required", "This column needs a value.")]


@pytest.mark.parametrize(
    ("worked", "presence"), [("9", "PRESENT"), ("5.5", "PARTIAL"), ("0", "ABSENT")]
)
def test_hours_say_who_was_there(floor: Floor, worked: str, presence: str) -> None:
    text = file_of(
        f"EMP-001,2025-12-02,1ST,{worked}", headers="employee,shift_date,shift,actual_hours"
    )
    written(floor, text)
    assert stored(floor).presence == presence


def test_hours_as_minutes_and_times(floor: Floor) -> None:
    text = file_of(
        "EMP-001,2025-12-02,1ST,Present,7:20,07:00,14:20",
        headers="employee,shift_date,shift,mark,actual_hours,in,out",
    )
    written(floor, text)
    row = stored(floor)
    assert (row.actual_hours, f"{row.departure_time:%H:%M}") == (Decimal("7.33"), "14:20")


@pytest.mark.parametrize(
    ("columns", "cells", "said"),
    [
        ("actual_hours", "8", ("actual_hours", "inconsistent",
                               "An absent person has no hours worked.")),
        ("actual_hours", "25", ("actual_hours", "out_of_range",
                                "Hours must be between 0 and 24.")),
        ("actual_hours", "-1", ("actual_hours", "out_of_range",
                                "Hours must be between 0 and 24.")),
    ],
)  # fmt: skip
def test_impossible_hours(floor: Floor, columns: str, cells: str, said: Any) -> None:
    text = file_of(f"EMP-001,2025-12-02,1ST,Absent,{cells}", headers=f"{HEADERS},{columns}")
    assert said in faults(floor, text)


def test_tiers_that_do_not_add_up(floor: Floor) -> None:
    text = file_of(
        "EMP-001,2025-12-02,1ST,Present,10,8,1",
        headers=f"{HEADERS},actual_hours,normal_hours,double_hours",
    )
    said = ("normal_hours", "inconsistent", "Overtime tiers must add up to 10 h.")
    assert faults(floor, text) == [said]


def test_a_person_twice_in_a_file(floor: Floor) -> None:
    row = "EMP-001,2025-12-02,1ST,Present"
    result = seen(floor, file_of(row, row))
    assert (result["new"], result["rejected"]) == (1, 1)
    assert result["errors"][0]["code"] == "duplicate_in_file"
    assert result["errors"][0]["reason"] == "EMP-001 is already recorded in this shift."


def test_the_same_file_again_changes_nothing(floor: Floor) -> None:
    text = file_of(
        "EMP-001,2025-12-02,1ST,Late,10,8,2,5", "EMP-002,2025-12-02,1ST,Medical,,,,",
        headers=f"{HEADERS},actual_hours,normal_hours,double_hours,billed_hours",
    )  # fmt: skip
    written(floor, text)
    result = seen(floor, text)
    assert (result["same"], result["new"], result["changed"]) == (2, 0, 0)


def test_a_plain_absence_keeps_the_type_that_is_known(floor: Floor) -> None:
    written(floor, file_of("EMP-001,2025-12-02,1ST,Medical"))
    assert seen(floor, file_of("EMP-001,2025-12-02,1ST,Absent"))["same"] == 1


def test_a_file_changes_a_mark(floor: Floor) -> None:
    written(floor, file_of("EMP-001,2025-12-02,1ST,Present"))
    written(floor, file_of("EMP-001,2025-12-02,1ST,Vacation"), update=True)
    row = stored(floor)
    assert (row.presence, row.actual_hours, row.absence_type.code) == ("ABSENT", 0, "VACATION")


def test_undo_takes_the_line_shift_along(floor: Floor) -> None:
    batch = written(floor, file_of("EMP-001,2025-12-02,1ST,Present"))
    with client_scope([floor.client]):
        undo(batch)
        assert AttendanceRecord.objects.count() == 0
        assert LineShift.objects.count() == 0


# -- whose people -------------------------------------------------------------------------------


def test_iso_021_foreign_and_unknown_people_are_refused_alike(floor: Floor, acme_2: Client) -> None:
    with client_scope([acme_2]):
        make_employee(acme_2, code="ZEBRA-9")
    for code in ("ZEBRA-9", "NOBODY-9"):
        said = faults(floor, file_of(f"{code},2025-12-02,1ST,Present"))
        assert said == [("employee", "unknown_code", f"Unknown employee “{code}”.")]


def test_iso_022_a_floater_without_assignment(floor: Floor, floater: Any) -> None:
    said = faults(floor, file_of("EMP-015,2025-12-02,1ST,Present"))
    assert said == [("employee", "inconsistent", "EMP-015 is not assigned to this shift.")]


# -- allocation, as a set ------------------------------------------------------------------------

SPENT = f"{HEADERS},actual_hours,billed_production_hours,training_hours,meeting_hours"


def spent(*cells: str) -> str:
    return file_of(f"EMP-001,2025-12-02,1ST,Present,{','.join(cells)}", headers=SPENT)


def test_what_the_hours_were_spent_on(floor: Floor) -> None:
    written(floor, spent("10", "8", "1", "0.5"))
    assert parts(floor) == {
        "BILLED_PRODUCTION": 8, "TRAINING": 1, "MEETING": Decimal("0.5"),
    }  # fmt: skip


def test_eleven_of_ten_hours(floor: Floor) -> None:
    said = ("billed_production_hours", "inconsistent", "Allocated 11 h of 10 h.")
    assert faults(floor, spent("10", "8", "3", "")) == [said]


def test_a_new_set_replaces_the_old_one(floor: Floor) -> None:
    written(floor, spent("10", "8", "2", ""))
    result = seen(floor, spent("10", "3", "", "7"))
    assert (result["changed"], result["errors"]) == (1, [])
    written(floor, spent("10", "3", "", "7"), update=True)
    assert parts(floor) == {"BILLED_PRODUCTION": 3, "MEETING": 7}


def test_the_preview_shows_what_leaves_the_set(floor: Floor) -> None:
    written(floor, spent("10", "8", "2", ""))
    changes = previewed(floor.client, spent("10", "3", "", "7"), "attendance_record")
    assert changes.result["read_back"]["changes"]["2"] == {
        "billed_production_hours": ["8", "3"],
        "training_hours": ["2", ""],
        "meeting_hours": ["", "7"],
    }


def test_hours_and_their_set_shrink_together(floor: Floor) -> None:
    written(floor, spent("10", "8", "2", ""))
    written(floor, spent("5", "5", "", ""), update=True)
    assert (stored(floor).actual_hours, parts(floor)) == (5, {"BILLED_PRODUCTION": 5})


def test_undo_brings_the_old_set_back(floor: Floor) -> None:
    written(floor, spent("10", "8", "2", ""))
    batch = written(floor, spent("5", "5", "", ""), update=True)
    with client_scope([floor.client]):
        undo(batch)
    assert stored(floor).actual_hours == 10
    assert parts(floor) == {"BILLED_PRODUCTION": 8, "TRAINING": 2}


def test_no_allocation_columns_leave_the_set_alone(floor: Floor) -> None:
    written(floor, spent("10", "8", "2", ""))
    written(floor, file_of("EMP-001,2025-12-02,1ST,Late"), update=True)
    assert parts(floor) == {"BILLED_PRODUCTION": 8, "TRAINING": 2}


def test_fewer_hours_than_the_stored_set(floor: Floor) -> None:
    written(floor, spent("10", "8", "2", ""))
    text = file_of("EMP-001,2025-12-02,1ST,Present,7", headers=f"{HEADERS},actual_hours")
    said = ("actual_hours", "inconsistent", "Allocated 10 h of 7 h.")
    assert faults(floor, text) == [said]


def test_a_change_of_the_set_asks_for_a_second_person_again(
    floor: Floor, platform_admin: Any
) -> None:
    with client_scope([floor.client]):
        row = make_record(floor.ana, floor.shift, actual_hours=10)
        make_allocation(row, 8, "BILLED_PRODUCTION")
        row.verify(by=platform_admin)
    written(floor, spent("10", "5", "", ""), update=True, reason="counted again")
    assert stored(floor).verified_at is None


def test_an_operator_does_not_change_the_set_of_a_verified_row(
    floor: Floor, platform_admin: Any, member: Any
) -> None:
    with client_scope([floor.client]):
        row = make_record(floor.ana, floor.shift, actual_hours=10)
        row.verify(by=platform_admin)
    operator = member(floor.client, role="OPERATOR")
    batch = previewed(floor.client, spent("10", "5", "", ""), "attendance_record", operator)
    told = [(each["code"], each["reason"]) for each in batch.errors]
    assert told == [("locked", "This row is verified. Ask a supervisor or manager.")]


def test_sums_in_the_read_back(floor: Floor) -> None:
    batch = previewed(floor.client, spent("10", "8", "1.5", ""), "attendance_record")
    assert batch.result["read_back"]["sums"] == [
        {"column": "actual_hours", "new": "10", "changed": "0"},
        {"column": "billed_production_hours", "new": "8", "changed": "0"},
        {"column": "training_hours", "new": "1.5", "changed": "0"},
    ]


# -- the absence type of a closed shift ----------------------------------------------------------


@pytest.fixture
def closed(floor: Floor, platform_admin: Any) -> Floor:
    """EMP-001 is ill, EMP-002 is here, and the shift is closed."""
    with client_scope([floor.client], user=platform_admin):
        ill = absence_type("MEDICAL_LEAVE")
        row = make_record(floor.ana, floor.shift, presence="ABSENT", absence_type=ill)
        make_record(floor.luis, floor.shift)
        close(row)
    return floor


def close(row: AttendanceRecord) -> None:
    LineShift.objects.filter(pk=row.line_shift_id).update(
        state="CLOSED", closed_at="2025-12-02T17:00:00Z"
    )


TYPED = "employee,shift_date,shift,mark,absence_type"


@pytest.mark.parametrize("kind", ["MEDICAL_LEAVE", "SUSPENDED"])
def test_a_file_does_not_tell_the_type_of_a_closed_shift(
    closed: Floor, member: Any, kind: str
) -> None:
    supervisor = member(closed.client, role="SUPERVISOR")
    text = file_of(f"EMP-001,2025-12-02,1ST,Absent,{kind}", headers=TYPED)
    batch = previewed(closed.client, text, "attendance_record", supervisor)
    told = [(each["column"], each["code"], each["reason"]) for each in batch.errors]
    assert told == [("absence_type", "locked", "Your role does not open this field.")]
    assert (batch.rows_same, batch.rows_changed) == (0, 0)


@pytest.mark.parametrize("mark", ["Medical", "Vacation"])
def test_a_mark_does_not_tell_it_either(closed: Floor, member: Any, mark: str) -> None:
    supervisor = member(closed.client, role="SUPERVISOR")
    text = file_of(f"EMP-001,2025-12-02,1ST,{mark}")
    batch = previewed(closed.client, text, "attendance_record", supervisor)
    assert [(each["column"], each["code"]) for each in batch.errors] == [("mark", "locked")]


def test_with_the_hr_flag_it_is_compared_and_changed(closed: Floor, member: Any) -> None:
    trusted = member(closed.client, role="MANAGER", hr=True)
    text = file_of("EMP-001,2025-12-02,1ST,Absent,SUSPENDED", headers=TYPED)
    batch = previewed(closed.client, text, "attendance_record", trusted)
    changes = batch.result["read_back"]["changes"]["2"]
    assert changes == {"absence_type": ["MEDICAL_LEAVE Medical leave", "SUSPENDED Suspended"]}


def test_a_late_correction_of_presence_may_name_its_type(closed: Floor, member: Any) -> None:
    supervisor = member(closed.client, role="SUPERVISOR")
    text = file_of("EMP-002,2025-12-02,1ST,Vacation")
    batch = previewed(closed.client, text, "attendance_record", supervisor)
    assert (batch.rows_changed, batch.errors) == (1, [])


def test_absence_types_from_a_file(floor: Floor) -> None:
    text = "code,name,counts_in_bradford\nJURY_DUTY,Jury duty,no\n"
    imported(floor.client, text, "absence_type")
    with client_scope([floor.client]):
        kind = absence_type("JURY_DUTY")
    assert (kind.counts_in_bradford, kind.counts_in_absenteeism) == (False, True)


def test_a_foreign_floor_is_not_read(floor: Floor, acme_2: Client) -> None:
    furnish(acme_2)
    written(floor, file_of("EMP-001,2025-12-02,1ST,Present"))
    with client_scope([acme_2]):
        assert AttendanceRecord.objects.filter(shift_date=DAY).count() == 0
