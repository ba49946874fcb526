"""Floater assignments on the data entry pages."""

from __future__ import annotations

import re
from typing import Any

import pytest
import time_machine
from django.test import Client as Browser

from attendance.marks import Presence
from clients.scope import client_scope
from plant.models import Employee
from staffing.models import ShiftCoverage
from tests.staffing.factories import (
    DAY,
    Plant,
    at,
    make_absence,
    make_coverage,
    make_floater,
    span,
)

LIST = "/admin/coverage/shiftcoverage/"


def values(plant: Plant, floater: Employee, **more: Any) -> dict[str, Any]:
    given = {
        "employee": floater.pk,
        "line": plant.line.pk,
        "shift": plant.first.pk,
        "shift_date": DAY.isoformat(),
        "during_0": "",
        "during_1": "",
        "covers": "",
        "note": "",
        "client": plant.client.pk,
        "opened_for": plant.client.code,
    }
    return {**given, **more}


def errors(answer: Any) -> dict[str, list[str]]:
    assert answer.status_code == 200
    return answer.context["adminform"].form.errors


def said(answer: Any) -> list[str]:
    return [str(each) for each in answer.context["messages"]]


def stored(plant: Plant) -> list[ShiftCoverage]:
    with client_scope([plant.client]):
        return list(ShiftCoverage.objects.order_by("pk"))


@pytest.fixture
def boss(boots: Plant, member: Any, signed_in: Any) -> Browser:
    return signed_in(member(boots.client))


def test_a_supervisor_assigns_with_times_of_the_plant(
    boots: Plant, floater: Employee, boss: Browser
) -> None:
    absence = make_absence(boots)
    times = {"during_0": "2025-12-03T13:00", "during_1": "2025-12-03T17:00"}
    answer = boss.post(f"{LIST}add/", values(boots, floater, **times, covers=absence.pk))
    assert answer.status_code == 302
    (row,) = stored(boots)
    assert (row.starts_at, row.ends_at, str(row.hours)) == (at("13:00"), at("17:00"), "4.00")
    shown = boss.get(f"{LIST}{row.pk}/change/").content.decode()
    assert 'value="2025-12-03T13:00"' in shown
    listed = boss.get(LIST).content.decode()
    assert "13:00–17:00" in listed
    assert "EMP-003" in listed


def test_ac_04_the_form_does_not_book_twice(
    boots: Plant, socks: Plant, floater: Employee, member: Any, signed_in: Any
) -> None:
    make_coverage(boots, floater)
    of_both = signed_in(member(boots.client, socks.client))
    asked = values(socks, floater)
    said = {"employee": ["EMP-015 is assigned to ACME, L1, 07:00–17:00."]}
    assert errors(of_both.post(f"{LIST}add/", asked)) == said
    assert errors(of_both.post(f"{LIST}add/?client=ACME-2", asked)) == said
    of_one = signed_in(member(socks.client))
    said = {"employee": ["EMP-015 is already assigned in this period."]}
    assert errors(of_one.post(f"{LIST}add/", asked)) == said
    assert stored(socks) == []


def test_ac_04_the_second_shift_is_accepted(
    boots: Plant, socks: Plant, floater: Employee, member: Any, signed_in: Any
) -> None:
    make_coverage(boots, floater)
    asked = values(socks, floater, shift=socks.second.pk)
    assert signed_in(member(socks.client)).post(f"{LIST}add/", asked).status_code == 302
    assert len(stored(socks)) == 1


def test_iso_021_own_foreign_and_unknown_people_are_told_alike(
    boots: Plant, socks: Plant, floater: Employee, boss: Browser
) -> None:
    for key in (boots.person.pk, socks.person.pk, 99_999_999):
        answer = boss.post(f"{LIST}add/", values(boots, floater, employee=key))
        assert errors(answer) == {"employee": ["Unknown floating employee."]}


@pytest.mark.parametrize(
    ("times", "sentence"),
    [
        (("2025-12-03T06:00", "2025-12-03T08:00"), "06:00 is outside the shift 07:00–17:00."),
        (("2025-12-03T09:00", "2025-12-03T09:00"), "The end must be after the start."),
        (
            ("2025-12-03T09:00", "2025-12-03T08:00"),
            "The start of the range must not exceed the end of the range.",
        ),
    ],
)
def test_times_that_are_no_interval(
    boots: Plant, floater: Employee, boss: Browser, times: tuple[str, str], sentence: str
) -> None:
    given = dict(zip(("during_0", "during_1"), times, strict=True))
    answer = boss.post(f"{LIST}add/", values(boots, floater, **given))
    assert errors(answer) == {"during": [sentence]}


def test_the_search_offers_free_people_of_the_pool(
    boots: Plant, socks: Plant, floater: Employee, boss: Browser
) -> None:
    make_floater("EMP-016")
    make_floater("EMP-017", active=False)
    make_floater("EMP-018")
    make_coverage(socks, floater)

    def offered(**more: Any) -> list[str]:
        asked = {"app_label": "coverage", "model_name": "shiftcoverage", "field_name": "employee"}
        answer = boss.get("/admin/autocomplete/", {**asked, "term": "EMP", **more})
        return [each["text"] for each in answer.json()["results"]]

    assert offered() == ["EMP-015", "EMP-016", "EMP-018"]


def post_action(browser: Browser, action: str, *rows: ShiftCoverage, **more: Any) -> Any:
    chosen = {"action": action, "_selected_action": [row.pk for row in rows], **more}
    return browser.post(LIST, chosen, follow=True)


def test_selected_assignments_are_confirmed(boots: Plant, floater: Employee, boss: Browser) -> None:
    row = make_coverage(boots, floater)
    answer = post_action(boss, "confirm_selected", row)
    assert said(answer) == ["EMP-015 · L1 · 2025-12-03 1ST is confirmed."]
    answer = post_action(boss, "confirm_selected", row)
    assert said(answer) == ["EMP-015 · L1 · 2025-12-03 1ST: This coverage is confirmed already."]


def test_selected_floaters_are_unassigned_now(
    boots: Plant, floater: Employee, member: Any, signed_in: Any
) -> None:
    running = make_coverage(boots, floater, during=span("07:00", "12:00"))
    ahead = make_coverage(boots, floater, during=span("13:00", "17:00"))
    with time_machine.travel(at("10:00"), tick=False):
        answer = post_action(signed_in(member(boots.client)), "unassign_selected", running, ahead)
    assert len(said(answer)) == 2
    (row,) = stored(boots)
    assert (row.pk, row.ends_at, str(row.hours)) == (running.pk, at("10:00"), "3.00")


def test_a_coverage_with_attendance_stays(
    boots: Plant, floater: Employee, boss: Browser, platform_admin: Any, signed_in: Any
) -> None:
    row = make_coverage(boots, floater)
    make_absence(boots, employee=floater, presence=Presence.PRESENT)
    answer = boss.post(f"{LIST}{row.pk}/void/", {"reason": "a mistake"}, follow=True)
    sentence = "EMP-015 is recorded in this shift. Void the attendance first."
    assert said(answer) == [sentence]
    answer = post_action(boss, "void_selected", row, reason="a mistake")
    assert said(answer) == [f"Nothing was voided. {sentence}"]
    moved = values(boots, floater, shift=boots.second.pk, version=1)
    answer = boss.post(f"{LIST}{row.pk}/change/", moved)
    assert [str(each) for each in errors(answer)["__all__"]] == [
        "A floater is recorded in this shift. Void the attendance first."
    ]
    answer = signed_in(platform_admin).post(f"{LIST}{row.pk}/delete/", {"post": "yes"})
    assert answer.status_code == 403
    assert [each.shift_id for each in stored(boots)] == [boots.first.pk]


@pytest.mark.parametrize("role", ["OPERATOR", "ENGINEER"])
def test_others_look_but_do_not_assign(
    boots: Plant, floater: Employee, member: Any, signed_in: Any, role: str
) -> None:
    row = make_coverage(boots, floater)
    browser = signed_in(member(boots.client, role=role))
    listed = browser.get(LIST).content.decode()
    assert "EMP-015" in listed
    assert re.findall(r'<option value="(confirm_selected|unassign_selected)"', listed) == []
    assert browser.post(f"{LIST}add/", values(boots, floater)).status_code == 403
    assert browser.get(f"{LIST}{row.pk}/void/").status_code == 403


def test_the_list_costs_the_same_for_one_row_and_ten(
    boots: Plant, boss: Browser, django_assert_max_num_queries: Any
) -> None:
    for number in range(10):
        make_coverage(boots, make_floater(f"POOL-{number}"))
    with django_assert_max_num_queries(15):
        assert boss.get(LIST).status_code == 200


def test_iso_025_a_supervisor_makes_nobody_a_floater(
    boots: Plant, socks: Plant, boss: Browser
) -> None:
    for person in (boots.person, socks.person):
        path = f"/admin/plant/employee/{person.pk}/change/"
        form = {"code": person.code, "full_name": "Ana", "version": person.version, "client": ""}
        boss.post(path, form)
        with client_scope([boots.client, socks.client]):
            person.refresh_from_db()
        assert person.client_id in (boots.client.pk, socks.client.pk)
