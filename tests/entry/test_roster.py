"""Mark a crew, read back, save: nothing is stored before it is confirmed, and nothing twice."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client as Browser

from attendance.models import AttendanceRecord, HourAllocation
from clients.models import AuditEntry, Client, ImportBatch, User
from clients.scope import client_scope
from entry.sheet import keys
from tests.attendance.factories import make_record
from tests.entry.browser import ADDRESS, Sheet
from tests.entry.conftest import Plant, opened
from tests.plant.factories import make_employee, make_line
from tests.staffing.factories import DAY, make_absence, make_coverage

pytestmark = pytest.mark.django_db


def stored(plant: Plant) -> list[tuple[str, str, str]]:
    with client_scope([plant.client]):
        rows = AttendanceRecord.objects.order_by("employee__code")
        return [
            (row.employee.code, row.presence, f"{row.actual_hours}/{row.scheduled_hours}")
            for row in rows.select_related("employee")
        ]


def batches(plant: Plant) -> list[tuple[str, str, int]]:
    with client_scope([plant.client]):
        return [(b.kind, b.state, b.rows_new) for b in ImportBatch.objects.order_by("pk")]


ALL_PRESENT = [
    ("EMP-001", "PRESENT", "9.00/9.00"),
    ("EMP-002", "PRESENT", "9.00/9.00"),
    ("EMP-003", "PRESENT", "9.00/9.00"),
]


# -- loading ---------------------------------------------------------------------------------


def test_roster_shows_the_crew_and_who_has_no_mark(boots: Plant, sheet: Sheet) -> None:
    assert sheet.status == 200
    assert re.findall(r'class="code">([^<]+)<', sheet.html) == ["EMP-001", "EMP-002", "EMP-003"]
    assert "3 without a mark" in sheet.text
    assert [sheet.cell(each, "mark") for each in boots.crew] == ["", "", ""]


def test_rows_that_exist_are_shown_and_can_be_changed(boots: Plant, supervisor: Browser) -> None:
    make_absence(boots, notes="called at 6")
    sheet = opened(supervisor, boots)
    assert sheet.cell(boots.person, "mark") == "ABSENT"
    assert sheet.cell(boots.person, "absence_type") == "UNSCHEDULED_ABSENCE"
    assert sheet.cell(boots.person, "actual_hours") == "0"
    assert sheet.cell(boots.person, "notes") == "called at 6"
    done = sheet.type(boots.person, mark="MEDICAL").press("read-back")
    assert "EMP-003 Person EMP-003: mark Absent → Medical EDIT #1" in done.text
    assert done.press("confirm").status == 302
    with client_scope([boots.client]):
        assert AttendanceRecord.objects.get().absence_type.code == "MEDICAL_LEAVE"


def test_a_floater_on_the_line_is_on_the_roster(
    boots: Plant, supervisor: Browser, floater: Any
) -> None:
    make_coverage(boots, floater)
    sheet = opened(supervisor, boots)
    assert re.findall(r'class="code">([^<]+)<', sheet.html)[3:] == ["EMP-015"]
    assert "3 people · 1 floater" in sheet.text


def test_one_line_shows_its_own_people(boots: Plant, supervisor: Browser) -> None:
    with client_scope([boots.client]):
        make_line(boots.client, code="L2")
    assert "Nobody is assigned to L2 in this shift." in opened(supervisor, boots, line="L2").text
    assert opened(supervisor, boots, line="L1").html.count('class="code"') == 3


# -- all present -----------------------------------------------------------------------------


def test_all_present_is_one_press_and_one_save(boots: Plant, sheet: Sheet) -> None:
    marked = sheet.press("all")
    assert "everybody has a mark" in marked.text
    assert stored(boots) == []
    read_back = marked.press("read-back")
    assert "Confirm these 3 attendance rows for ACME, shift 1ST?" in read_back.text
    assert "No exceptions: everybody is present." in read_back.text
    assert "Scheduled 27 h Worked 27 h Absent 0 h" in read_back.text
    assert stored(boots) == []
    saved = read_back.press("confirm")
    assert saved.status == 302
    assert stored(boots) == ALL_PRESENT
    assert batches(boots) == [("SHEET", "CONFIRMED", 3)]
    assert "Saved 3 rows." in saved.follow().text


def test_iso_026_all_present_makes_rows_of_the_own_crew_only(
    boots: Plant, supervisor: Browser, floater: Any, socks: Plant
) -> None:
    """ISO-026"""
    make_coverage(boots, floater)
    marked = opened(supervisor, boots).press("all")
    assert marked.cell(floater, "mark") == ""
    assert "1 without a mark" in marked.text
    saved = marked.press("read-back").press("confirm").follow()
    assert stored(boots) == ALL_PRESENT
    assert stored(socks) == []
    assert "Still without a mark: EMP-015" in saved.text


def test_all_present_leaves_the_marks_that_are_there(boots: Plant, supervisor: Browser) -> None:
    make_absence(boots)
    sheet = opened(supervisor, boots)
    marked = sheet.type(boots.crew[0], mark="LATE").press("all")
    assert [marked.cell(each, "mark") for each in boots.crew] == ["LATE", "PRESENT", "ABSENT"]


def test_a_mark_taken_back_after_all_present_stays_out(boots: Plant, sheet: Sheet) -> None:
    marked = sheet.press("all").type(boots.crew[1], mark="")
    read_back = marked.press("read-back")
    assert "Confirm these 2 attendance rows" in read_back.text
    read_back.press("confirm")
    assert [code for code, *_ in stored(boots)] == ["EMP-001", "EMP-003"]


# -- read-back -------------------------------------------------------------------------------


def test_every_exception_is_read_back_as_a_sentence(boots: Plant, sheet: Sheet) -> None:
    sheet.type(boots.crew[0], mark="LATE", arrival_time="07:40")
    sheet.type(boots.crew[1], mark="HALF_DAY")
    sheet.type(boots.crew[2], mark="PRESENT", actual_hours="7,5", normal_hours="7:30")
    read_back = sheet.press("read-back")
    assert "1 EMP-001 Person EMP-001: Late · in 07:40" in read_back.text
    assert "2 EMP-002 Person EMP-002: Half day · 4.5 of 9 h" in read_back.text
    assert "3 EMP-003 Person EMP-003: Present · 7.5 of 9 h · normal hours 7:30 h" in read_back.text
    assert "Present 1 Late 1 Half day 1" in read_back.text
    assert "Scheduled 27 h Worked 21 h Absent 6 h Normal 7.5 h" in read_back.text
    read_back.press("confirm")
    assert stored(boots) == [
        ("EMP-001", "PRESENT", "9.00/9.00"),
        ("EMP-002", "PARTIAL", "4.50/9.00"),
        ("EMP-003", "PRESENT", "7.50/9.00"),
    ]


def test_edit_returns_to_the_row_with_the_focus_on_it(boots: Plant, sheet: Sheet) -> None:
    sheet.type(boots.crew[0], mark="LATE").type(boots.crew[2], mark="VACATION", notes="planned")
    back = sheet.press("read-back").press(f"edit:{boots.person.pk}")
    assert back.focus == f"{boots.person.pk}-mark"
    assert back.cell(boots.person, "mark") == "VACATION"
    assert back.cell(boots.person, "notes") == "planned"
    assert back.cell(boots.crew[0], "mark") == "LATE"


def test_cancel_keeps_what_was_typed(boots: Plant, sheet: Sheet) -> None:
    read_back = sheet.type(boots.crew[0], mark="LATE").press("all").press("read-back")
    back = read_back.press("cancel")
    assert [back.cell(each, "mark") for each in boots.crew] == ["LATE", "PRESENT", "PRESENT"]
    assert stored(boots) == []


def test_a_sheet_without_a_change_has_nothing_to_save(boots: Plant, supervisor: Browser) -> None:
    make_absence(boots)
    answer = opened(supervisor, boots).press("read-back")
    assert "There is nothing to save" in answer.html
    assert batches(boots) == []


# -- saving ----------------------------------------------------------------------------------


def test_a_second_confirm_writes_nothing(boots: Plant, sheet: Sheet) -> None:
    read_back = sheet.press("all").press("read-back")
    read_back.press("confirm")
    again = read_back.press("confirm")
    assert again.status == 302
    assert "Already saved at" in again.follow().html
    assert stored(boots) == ALL_PRESENT
    assert batches(boots) == [("SHEET", "CONFIRMED", 3)]


def test_rows_name_their_writer_their_way_and_their_batch(boots: Plant, sheet: Sheet) -> None:
    sheet.type(boots.person, mark="ABSENT").press("read-back").press("confirm")
    with client_scope([boots.client]):
        row = AttendanceRecord.objects.get()
        assert (row.created_by.username, row.entry_method) == ("sonia", "MANUAL")
        assert row.batch.kind == "SHEET"
        assert row.line_shift.planned_minutes == 540
        audit = AuditEntry.objects.filter(table_name="attendance_attendancerecord", row_id=row.pk)
        assert [each.actor_name for each in audit] == ["sonia"]


def test_undo_takes_the_whole_sheet_back(boots: Plant, sheet: Sheet, floater: Any) -> None:
    sheet.type(boots.person, mark="ABSENT", covered_by="EMP-015")
    sheet.type(boots.crew[0], mark="PRESENT", training_hours="2")
    saved = sheet.press("all").press("read-back").press("confirm").follow()
    batch = re.search(r'name="batch" value="(\d+)"', saved.html)
    undone = saved.press("undo", batch=batch[1])
    assert undone.status == 302
    assert "3 rows were taken back." in undone.follow().html
    assert stored(boots) == []
    assert batches(boots) == [("SHEET", "UNDONE", 3)]
    with client_scope([boots.client]):
        assert HourAllocation.objects.count() == 0


def test_allocation_changes_as_a_set(boots: Plant, sheet: Sheet) -> None:
    sheet.type(boots.person, mark="PRESENT", training_hours="2", meeting_hours="1")
    saved = sheet.press("read-back").press("confirm").follow()
    assert saved.cell(boots.person, "training_hours") == "2"
    saved.type(boots.person, training_hours="", idle_wait_hours="0:30")
    saved.press("read-back").press("confirm")
    with client_scope([boots.client]):
        parts = HourAllocation.objects.values_list("category", "hours")
        assert {(category, str(hours)) for category, hours in parts} == {
            ("MEETING", "1.00"),
            ("IDLE_WAIT", "0.50"),
        }


def test_emptied_cells_are_taken_away(boots: Plant, sheet: Sheet) -> None:
    sheet.type(
        boots.person, mark="LATE", arrival_time="08:00", normal_hours="9", notes="late bus",
        is_early_departure="yes",
    )  # fmt: skip
    saved = sheet.press("read-back").press("confirm").follow()
    del saved.values[f"{boots.person.pk}-is_early_departure"]
    saved.type(boots.person, mark="PRESENT", arrival_time="", normal_hours="", notes="")
    saved.press("read-back").press("confirm")
    with client_scope([boots.client]):
        row = AttendanceRecord.objects.get()
        assert (row.arrival_time, row.normal_hours, row.notes) == (None, None, "")
        assert (row.is_late, row.is_early_departure) == (False, False)


def test_somebody_without_an_assignment_is_added_by_code(boots: Plant, sheet: Sheet) -> None:
    with client_scope([boots.client]):
        extra = make_employee(boots.client, code="EMP-009", full_name="Extra Person")
    found = sheet.press("find", find="emp-009")
    assert found.focus == f"{extra.pk}-mark"
    found.type(extra, mark="PRESENT").press("read-back").press("confirm")
    assert stored(boots) == [("EMP-009", "PRESENT", "9.00/9.00")]


def test_unknown_and_foreign_codes_are_told_alike(boots: Plant, sheet: Sheet, socks: Plant) -> None:
    answers = {code: sheet.press("find", find=code).text for code in ("EMP-999", "EMP-101")}
    assert "Unknown employee “EMP-999”." in answers["EMP-999"]
    assert "Unknown employee “EMP-101”." in answers["EMP-101"]


# -- somebody else was faster ------------------------------------------------------------------


def test_a_stale_row_is_refused_with_both_versions_and_the_others_are_saved(
    boots: Plant, supervisor: Browser
) -> None:
    row = make_absence(boots)
    sheet = opened(supervisor, boots)
    with client_scope([boots.client]):
        other = AttendanceRecord.objects.get(pk=row.pk)
        other.notes = "came at noon"
        other.save()
    sheet.type(boots.person, mark="VACATION").type(boots.crew[0], mark="PRESENT")
    refused = sheet.press("read-back")
    assert re.search(
        r"This row was changed by the system at \d\d:\d\d\. Compare and save again\.",
        refused.errors(boots.person)[0],
    )
    assert "Saved now mark Absent" in refused.text
    assert "note came at noon" in refused.text
    assert "You typed mark Vacation" in refused.text
    saved = refused.press("read-back-rest").press("confirm")
    assert "Saved 1 row." in saved.text
    assert stored(boots) == [
        ("EMP-001", "PRESENT", "9.00/9.00"),
        ("EMP-003", "ABSENT", "0.00/9.00"),
    ]
    # Mine, after both were seen.
    mine = saved.press("read-back").press("confirm")
    assert mine.status == 302
    with client_scope([boots.client]):
        assert AttendanceRecord.objects.get(pk=row.pk).absence_type.code == "VACATION"


def test_theirs_drops_what_was_typed(boots: Plant, supervisor: Browser) -> None:
    make_absence(boots)
    sheet = opened(supervisor, boots)
    with client_scope([boots.client]):
        AttendanceRecord.objects.update(notes="came at noon")
    refused = sheet.type(boots.person, mark="VACATION").press("read-back")
    theirs = refused.press(f"theirs:{boots.person.pk}")
    assert theirs.cell(boots.person, "mark") == "ABSENT"
    assert theirs.cell(boots.person, "notes") == "came at noon"


def test_a_person_marked_meanwhile_is_refused_at_the_confirm(boots: Plant, sheet: Sheet) -> None:
    read_back = sheet.press("all").press("read-back")
    make_absence(boots)
    saved = read_back.press("confirm")
    assert "Saved 2 rows." in saved.text
    assert "Compare and save again." in saved.errors(boots.person)[0]
    assert stored(boots)[2] == ("EMP-003", "ABSENT", "0.00/9.00")


# -- whose sheet it is ---------------------------------------------------------------------------


def test_a_sheet_of_another_client_stores_nothing(
    boots: Plant, socks: Plant, member: Callable[..., User], signed_in: Callable[..., Browser]
) -> None:
    browser = signed_in(member(boots.client, socks.client, role="SUPERVISOR"))
    sheet = opened(browser, boots).press("all").press("read-back")
    sheet.action = sheet.action.replace("client=ACME&", "client=ACME-2&")
    refused = sheet.press("confirm")
    assert refused.status == 409
    assert "This sheet belongs to Acme Boots. Reload." in refused.text
    assert (stored(boots), stored(socks)) == ([], [])


def test_a_form_of_a_foreign_client_is_not_found(boots: Plant, socks: Plant, sheet: Sheet) -> None:
    for code in ("ACME-2", "NOBODY", ""):
        assert sheet.press("all", client=code).status == 404


def test_a_foreign_person_is_not_found(boots: Plant, socks: Plant, sheet: Sheet) -> None:
    for key in (socks.person.pk, 40_000_000):
        kept = json.dumps({"present": [key], "rows": {}})
        assert sheet.press("read-back", kept=kept).status == 404
    assert stored(socks) == []


@pytest.mark.parametrize(
    "broken",
    [
        {"kept": "{"},
        {"kept": '{"present":["x"],"rows":{}}'},
        {"kept": '{"present":[],"rows":{"1":[0,{"mark":5}]}}'},
        {"seen": "1:2"},
        {"seen": "1:2:x"},
        {"act": "edit:x"},
        {"act": "confirm", "submit_key": "x"},
    ],
)
def test_a_form_that_this_page_did_not_make_is_refused(sheet: Sheet, broken: Any) -> None:
    given = {"act": "read-back", **broken}
    assert sheet.press(**given).status == 400


def test_batches_of_others_are_not_undone_here(
    boots: Plant, socks: Plant, sheet: Sheet, acme_2: Client
) -> None:
    with client_scope([acme_2]):
        foreign = ImportBatch.objects.create(
            client=acme_2, kind="SHEET", entity="attendance_record", state="CONFIRMED",
            idempotency_key=uuid.uuid4(),
        )  # fmt: skip
    assert sheet.press("undo", batch=str(foreign.pk)).status == 404
    assert sheet.press("undo", batch="40000000").status == 404
    assert sheet.browser.get(f"{ADDRESS}?client=ACME&saved={foreign.pk}").status_code == 404


def test_marks_of_another_day_stay_there(boots: Plant, sheet: Sheet) -> None:
    with client_scope([boots.client]):
        make_record(boots.person, boots.first, shift_date=DAY.replace(day=2))
    sheet.press("all").press("read-back").press("confirm")
    with client_scope([boots.client]):
        assert AttendanceRecord.objects.filter(shift_date=DAY).count() == 3
        assert AttendanceRecord.objects.count() == 4


# -- letters ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("language", "letters"),
    [
        ("en", "P Present, L Late, H Half day, A Absent, E Leave, V Vacation, M Medical"),
        (
            "es",
            "P Presente, R Retardo, M Medio día, F Falta, E Permiso, V Vacaciones, I Incapacidad",
        ),
    ],
)
def test_each_mark_has_a_letter_of_its_own_in_each_language(language: str, letters: str) -> None:
    assert ", ".join(f"{each.letter} {each.label}" for each in keys(language)) == letters


def test_the_letters_stand_in_the_foot(sheet: Sheet) -> None:
    assert "P Present L Late H Half day A Absent E Leave V Vacation M Medical" in sheet.text
    spanish = sheet.browser.get(sheet.action, headers={"Accept-Language": "es"})
    assert "<kbd>R</kbd> Retardo" in spanish.content.decode()
