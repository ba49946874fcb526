"""Every mistake of a tired supervisor has its sentence at the row, and loses nothing."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client as Browser

from attendance.models import AttendanceRecord
from clients.models import User
from clients.scope import client_scope
from plant.models import Employee
from production.models import ProductionEntry
from staffing.models import ShiftCoverage
from tests.attendance.factories import absence_type
from tests.entry.browser import Sheet
from tests.entry.conftest import Plant, opened
from tests.plant.factories import make_line, make_shift
from tests.staffing.factories import DAY, make_absence, make_coverage, make_floater

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("cells", "sentence"),
    [
        (
            {"mark": "PRESENT", "actual_hours": "10", "normal_hours": "8", "double_hours": "1"},
            "Overtime tiers must add up to 10 h.",
        ),
        (
            {"mark": "PRESENT", "actual_hours": "10", "training_hours": "11"},
            "Allocated 11 h of 10 h.",
        ),
        ({"mark": "ABSENT", "actual_hours": "4"}, "An absent person has no hours worked."),
        ({"mark": "PRESENT", "actual_hours": "25"}, "Hours must be between 0 and 24."),
        ({"mark": "PRESENT", "actual_hours": "eight"}, "Not a number."),
        (
            {"mark": "PRESENT", "absence_type": "VACATION"},
            "An absence type needs an absence: choose absent or partly present.",
        ),
        (
            {"mark": "PRESENT", "arrival_time": "12:00", "departure_time": "08:00"},
            "The departure lies before the arrival.",
        ),
        ({"mark": "LATE", "arrival_time": "25:99"}, "Not a time in the form HH:MM."),
        ({"notes": "where is she?"}, "Choose a mark."),
    ],
)
def test_a_mistake_has_its_sentence_and_loses_nothing(
    boots: Plant, sheet: Sheet, cells: dict[str, str], sentence: str
) -> None:
    refused = sheet.type(boots.person, **cells).press("all").press("read-back")
    assert refused.errors(boots.person) == [sentence]
    assert {name: refused.cell(boots.person, name) for name in cells} == cells
    assert refused.cell(boots.crew[0], "mark") == "PRESENT"
    saved = refused.press("read-back-rest").press("confirm")
    assert "Saved 2 rows." in saved.text
    assert saved.errors(boots.person) == [sentence]
    with client_scope([boots.client]):
        assert AttendanceRecord.objects.count() == 2


@pytest.mark.parametrize(
    ("cells", "sentence"),
    [
        ({"mark": "ABSENT", "absence_type": "HOLIDAYS"}, "Unknown absence type “HOLIDAYS”."),
        ({"mark": "SLEEPING"}, "Unknown mark “SLEEPING”."),
    ],
)
def test_a_choice_that_the_page_does_not_offer(
    boots: Plant, sheet: Sheet, cells: dict[str, str], sentence: str
) -> None:
    refused = sheet.type(boots.person, **cells).press("read-back")
    assert refused.errors(boots.person) == [sentence]


def test_a_corrected_mistake_is_saved(boots: Plant, sheet: Sheet) -> None:
    sheet.type(boots.person, mark="PRESENT", normal_hours="8", double_hours="2")
    refused = sheet.press("read-back")
    assert refused.focus == f"{boots.person.pk}-normal_hours"
    assert '<details class="more" open>' in refused.html
    read_back = refused.type(boots.person, normal_hours="7").press("read-back")
    assert read_back.press("confirm").status == 302
    with client_scope([boots.client]):
        row = AttendanceRecord.objects.get()
        assert (str(row.normal_hours), str(row.double_hours)) == ("7.00", "2.00")


# -- who covers ----------------------------------------------------------------------------------


def covered_by(sheet: Sheet, plant: Plant, code: str) -> Sheet:
    return sheet.type(plant.person, mark="ABSENT", covered_by=code).press("read-back")


def test_an_absence_covered_by_a_floater(boots: Plant, floater: Employee, sheet: Sheet) -> None:
    assert 'value="EMP-015"' in sheet.html
    read_back = covered_by(sheet, boots, "emp-015")
    assert "Absent · Unscheduled absence · covered by emp-015" in read_back.text
    saved = read_back.press("confirm").follow()
    assert "covered by EMP-015" in saved.text
    with client_scope([boots.client]):
        coverage = ShiftCoverage.objects.get()
        assert (coverage.employee.code, coverage.line.code, str(coverage.hours)) == (
            "EMP-015",
            "L1",
            "9.00",
        )
        assert coverage.covers.employee.code == "EMP-003"


@pytest.mark.parametrize("code", ["NOBODY", "EMP-001", "EMP-003", "EMP-101"])
def test_unknown_own_and_foreign_people_are_no_floaters(
    boots: Plant, socks: Plant, sheet: Sheet, code: str
) -> None:
    """One sentence for a code that nobody has, an own employee, the same person, a foreign one."""
    refused = covered_by(sheet, boots, code)
    assert refused.errors(boots.person) == [f"Unknown floating employee “{code}”."]
    assert refused.cell(boots.person, "covered_by") == code


def test_a_floater_taken_by_another_client_is_refused_without_its_name(
    boots: Plant, socks: Plant, floater: Employee, sheet: Sheet
) -> None:
    make_coverage(socks, floater)
    refused = covered_by(sheet, boots, "EMP-015")
    assert refused.errors(boots.person) == ["EMP-015 is already assigned in this period."]
    assert "ACME-2" not in refused.html


def test_only_free_floaters_are_offered(
    boots: Plant, socks: Plant, supervisor: Browser, floater: Employee
) -> None:
    make_floater("EMP-016")
    make_coverage(socks, floater)
    sheet = opened(supervisor, boots)
    assert '<option value="EMP-016">' in sheet.html
    assert "EMP-015" not in sheet.html
    assert '<option value="EMP-015">' in opened(supervisor, boots, shift="2ND").html


def test_one_floater_for_two_people_is_refused(
    boots: Plant, floater: Employee, sheet: Sheet
) -> None:
    for person in boots.crew[1:]:
        sheet.type(person, mark="ABSENT", covered_by="EMP-015")
    refused = sheet.press("read-back")
    wrong = [person for person in boots.crew if refused.errors(person)]
    assert [person.code for person in wrong] == ["EMP-003"]


def test_a_floater_taken_meanwhile_leaves_the_other_rows_saved(
    boots: Plant, socks: Plant, floater: Employee, sheet: Sheet
) -> None:
    read_back = covered_by(sheet.type(boots.crew[0], mark="PRESENT"), boots, "EMP-015")
    make_coverage(socks, floater)
    saved = read_back.press("confirm")
    assert "Saved 1 row." in saved.text
    assert saved.errors(boots.person) == ["EMP-015 is already assigned in this period."]
    assert saved.cell(boots.person, "covered_by") == "EMP-015"
    with client_scope([boots.client]):
        assert AttendanceRecord.objects.get().employee.code == "EMP-001"


def test_a_present_person_is_not_covered(boots: Plant, floater: Employee, sheet: Sheet) -> None:
    refused = sheet.type(boots.person, mark="PRESENT", covered_by="EMP-015").press("read-back")
    assert refused.errors(boots.person) == ["EMP-015 cannot cover this record."]


def test_marking_a_floater_absent_asks_for_another_person(
    boots: Plant, supervisor: Browser, floater: Employee
) -> None:
    make_coverage(boots, floater, covers=make_absence(boots))
    make_floater("EMP-016")
    read_back = opened(supervisor, boots).type(floater, mark="ABSENT").press("read-back")
    assert "EMP-015 is absent: choose another person for EMP-003." in read_back.text
    back = read_back.press(f"edit:{boots.person.pk}")
    assert back.focus == f"{boots.person.pk}-covered_by"
    again = back.type(boots.person, covered_by="EMP-016").press("read-back")
    assert "choose another person" not in again.text
    assert again.press("confirm").status == 302
    with client_scope([boots.client]):
        coverers = ShiftCoverage.objects.filter(covers__employee=boots.person)
        assert sorted(each.employee.code for each in coverers) == ["EMP-015", "EMP-016"]


# -- what is odd, and saved all the same ---------------------------------------------------------


def test_more_people_than_usual(boots: Plant, sheet: Sheet) -> None:
    with client_scope([boots.client]):
        boots.line.max_operators = 2
        boots.line.save()
    assert "L1: 3 people, usually at most 2." in sheet.press("all").press("read-back").text


def test_a_person_on_two_lines_at_one_time(boots: Plant, sheet: Sheet) -> None:
    with client_scope([boots.client]):
        other = make_line(boots.client, code="L2")
        early = make_shift(boots.client, "05:00", "09:00", code="EARLY")
        make_absence(boots, shift=early, line=other, presence="PRESENT")
    read_back = sheet.press("all").press("read-back")
    assert "EMP-003 is also recorded on L2, 05:00–09:00." in read_back.text


def test_heads_on_production_rows_differ_from_attendance(boots: Plant, sheet: Sheet) -> None:
    with client_scope([boots.client]):
        row = ProductionEntry(
            client=boots.client, line=boots.line, shift=boots.first, shift_date=DAY,
            total_units=100, operators_assigned=2, operators_present=2,
        )  # fmt: skip
        row.full_clean()
        row.save()
    read_back = sheet.press("all").press("read-back")
    assert "L1: production rows say 2 people, attendance 3." in read_back.text
    equal = sheet.type(boots.person, mark="ABSENT").press("all").press("read-back")
    assert "production rows say" not in equal.text


# -- who may -----------------------------------------------------------------------------------


def test_an_operator_marks_but_sends_no_floaters(
    boots: Plant, floater: Employee, member: Callable[..., User], signed_in: Callable[..., Browser]
) -> None:
    sheet = opened(signed_in(member(boots.client, role="OPERATOR")), boots)
    assert "EMP-015" not in sheet.html
    assert f'name="{boots.person.pk}-covered_by"' not in sheet.html
    refused = covered_by(sheet, boots, "EMP-015")
    assert refused.errors(boots.person) == [
        "Your role in this client does not allow you to assign floaters."
    ]
    assert sheet.type(boots.person, covered_by="").press("read-back").press("confirm").status == 302


def test_a_viewer_is_refused_with_and_without_a_client(
    boots: Plant, socks: Plant, member: Callable[..., User], signed_in: Callable[..., Browser]
) -> None:
    browser = signed_in(member(boots.client, role="VIEWER"))
    assert opened(browser, boots).status == 403
    assert Sheet.open(browser).status == 403
    assert opened(browser, socks).status == 404


def test_the_role_in_the_client_of_the_rows_decides(
    boots: Plant, socks: Plant, member: Callable[..., User], signed_in: Callable[..., Browser]
) -> None:
    user = member(boots.client, role="VIEWER")
    user.memberships.create(
        client=socks.client, role="SUPERVISOR", valid=user.memberships.get().valid
    )
    browser = signed_in(user)
    assert opened(browser, boots).status == 403
    assert opened(browser, socks).status == 200
    # Rows can be entered in one of them only, so there is nothing to choose.
    assert "Person EMP-101" in Sheet.open(browser, date=DAY.isoformat(), shift="1ST").text


def test_the_absence_type_of_a_closed_shift_is_the_hr_flags(
    boots: Plant, member: Callable[..., User], signed_in: Callable[..., Browser]
) -> None:
    with client_scope([boots.client]):
        row = make_absence(boots, absence_type=absence_type("MEDICAL_LEAVE"))
        type(row.line_shift).objects.filter(pk=row.line_shift.pk).update(
            state="CLOSED", closed_at=row.line_shift.ends_at
        )
    plain = opened(signed_in(member(boots.client, role="SUPERVISOR")), boots)
    assert plain.cell(boots.person, "mark") == "ABSENT"
    assert plain.cell(boots.person, "absence_type") == ""
    trusted = opened(signed_in(member(boots.client, role="SUPERVISOR", hr=True)), boots)
    assert trusted.cell(boots.person, "mark") == "MEDICAL"
    assert trusted.cell(boots.person, "absence_type") == "MEDICAL_LEAVE"
