"""A roster of three and one of hundreds: the same queries, and a form that a server takes."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext

from attendance.models import AttendanceRecord
from clients.scope import client_scope
from entry.sheet import Draft, Typed
from plant.models import Employee, LineAssignment
from tests.entry.browser import Sheet
from tests.entry.conftest import Plant, opened
from tests.plant.factories import from_day_on
from tests.staffing.factories import DAY, make_absence

pytestmark = pytest.mark.django_db


def hire(plant: Plant, n: int) -> list[Employee]:
    """More people on the line: EMP-5000 and following."""
    with client_scope([plant.client]):
        people = Employee.objects.bulk_create(
            Employee(client=plant.client, code=f"EMP-{5000 + k}", full_name=f"Person {5000 + k}")
            for k in range(n)
        )
        LineAssignment.objects.bulk_create(
            LineAssignment(
                client=plant.client, employee=each, line=plant.line, is_primary=True,
                valid=from_day_on(DAY),
            )
            for each in people
        )  # fmt: skip
    return people


def queries(step: Any) -> tuple[Sheet, int]:
    with CaptureQueriesContext(
        connection,
    ) as captured:
        answer = step()
    return answer, len(captured)


def counts(browser: Browser, plant: Plant) -> list[int]:
    """Queries of opening, all present, read-back and confirm."""
    sheet, first = queries(lambda: opened(browser, plant))
    sheet, second = queries(lambda: sheet.press("all"))
    sheet, third = queries(lambda: sheet.press("read-back"))
    saved, fourth = queries(lambda: sheet.press("confirm"))
    assert saved.status == 302
    return [first, second, third, fourth]


def void(plant: Plant) -> None:
    with client_scope([plant.client]):
        AttendanceRecord.objects.update(voided_at="2025-12-04T00:00Z", void_reason="again")


def test_queries_do_not_grow_with_the_crew(boots: Plant, supervisor: Browser) -> None:
    # The first sheet of a line makes its line-shift.
    counts(supervisor, boots)
    void(boots)
    few = counts(supervisor, boots)
    void(boots)
    hire(boots, 60)
    assert counts(supervisor, boots) == few
    assert few[0] == 19


def test_a_page_holds_75_people_in_less_than_300_kb(boots: Plant, supervisor: Browser) -> None:
    people = hire(boots, 247)
    sheet = opened(supervisor, boots)
    assert sheet.html.count('<li class="roster-row') == 75
    assert "Page 1 of 4" in sheet.text
    assert len(sheet.html.encode()) < 300_000
    assert len(sheet.values) < settings.DATA_UPLOAD_MAX_NUMBER_FIELDS / 2
    last = sheet.press("page:4")
    assert last.html.count('<li class="roster-row') == 25
    found = sheet.press("find", find=people[-1].code)
    assert found.focus == f"{people[-1].pk}-mark"


def test_what_is_typed_on_one_page_is_kept_on_the_others(boots: Plant, supervisor: Browser) -> None:
    people = hire(boots, 147)
    first = opened(supervisor, boots).type(boots.crew[0], mark="LATE", notes="bus, “late”")
    second = first.press("page:2").type(people[-1], mark="VACATION")
    marked = second.press("all")
    assert "everybody has a mark" in marked.text
    read_back = marked.press("read-back")
    assert "Confirm these 150 attendance rows" in read_back.text
    assert "Present 148 Late 1 Vacation 1" in read_back.text
    assert "EMP-001 Person EMP-001: Late · note bus, “late”" in read_back.text
    assert read_back.press("confirm").status == 302
    with client_scope([boots.client]):
        rows = AttendanceRecord.objects.exclude(presence="PRESENT")
        assert [each.employee.code for each in rows] == ["EMP-5146"]
        assert AttendanceRecord.objects.count() == 150


def test_an_error_on_another_page_opens_that_page(boots: Plant, supervisor: Browser) -> None:
    people = hire(boots, 147)
    second = opened(supervisor, boots).press("page:2")
    refused = second.type(people[-1], mark="ABSENT", actual_hours="4").press("page:1").press("all")
    answer = refused.press("read-back")
    assert "Page 2 of 2" in answer.text
    assert answer.errors(people[-1]) == ["An absent person has no hours worked."]


def test_all_present_needs_a_few_bytes_for_each_person() -> None:
    draft = Draft({key: Typed(0, {"mark": "PRESENT"}) for key in range(3000)})
    assert len(draft.as_json()) < 20_000
    assert Draft.from_json(draft.as_json()) == draft


def test_an_untouched_row_is_not_sent_back_changed(boots: Plant, supervisor: Browser) -> None:
    make_absence(boots, notes="two  spaces\nand a line")
    sheet = opened(supervisor, boots)
    read_back = sheet.type(boots.crew[0], mark="PRESENT").press("read-back")
    assert "Confirm this attendance row" in read_back.text
