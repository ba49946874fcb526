"""Floater assignments and required heads in the API."""

from __future__ import annotations

import datetime
import uuid
from typing import Any

import pytest
import time_machine

from attendance.marks import Presence
from clients.scope import client_scope
from plant.models import Employee
from staffing.models import ShiftCoverage
from tests.api.conftest import Caller, caller
from tests.staffing.factories import (
    DAY,
    Plant,
    at,
    make_absence,
    make_coverage,
    make_floater,
)

__all__ = ["caller"]

URL = "shift-coverages/"
ASKED = {"employee": "EMP-015", "shift_date": "2025-12-03", "shift": "1ST", "line": "S1"}


@pytest.fixture
def boss(boots: Plant, member: Any, caller: Any) -> Caller:
    return caller(member(boots.client, role="SUPERVISOR"))


@pytest.fixture
def of_both(boots: Plant, socks: Plant, member: Any, caller: Any) -> Caller:
    return caller(member(boots.client, socks.client, role="SUPERVISOR"))


@pytest.fixture
def of_socks(socks: Plant, member: Any, caller: Any) -> Caller:
    return caller(member(socks.client, role="SUPERVISOR"))


def test_an_assignment_is_read_back(boss: Caller, floater: Employee) -> None:
    answer = boss.post(URL, {**ASKED, "line": "L1", "from": "2025-12-03T13:00"})
    assert answer.status_code == 201, answer.content
    row = boss.get(f"{URL}{answer.json()['id']}/").json()
    assert {name: row[name] for name in ("employee", "line", "from", "to", "hours")} == {
        "employee": "EMP-015",
        "line": "L1",
        "from": "2025-12-03T19:00:00Z",
        "to": "2025-12-03T23:00:00Z",
        "hours": 4.0,
    }
    assert (row["covers"], row["confirmed_at"], row["is_stale"]) == (None, None, True)


def test_ac_04_the_second_booking_is_refused(
    boots: Plant, floater: Employee, of_both: Caller, of_socks: Caller
) -> None:
    make_coverage(boots, floater)
    answer = of_both.post(URL, {**ASKED, "client": "ACME-2"})
    assert answer.status_code == 400
    assert answer.json() == {"employee": ["EMP-015 is assigned to ACME, L1, 07:00–17:00."]}
    answer = of_socks.post(URL, ASKED)
    assert answer.status_code == 400
    assert answer.json() == {"employee": ["EMP-015 is already assigned in this period."]}


def test_iso_023_narrowing_does_not_change_the_sentence(
    boots: Plant, floater: Employee, of_both: Caller
) -> None:
    make_coverage(boots, floater)
    answer = of_both.post(f"{URL}?client=ACME-2", ASKED)
    assert answer.status_code == 400
    assert answer.json() == {"employee": ["EMP-015 is assigned to ACME, L1, 07:00–17:00."]}


def test_iso_023_a_token_for_one_client_reads_of_no_other(
    boots: Plant, socks: Plant, floater: Employee, member: Any, caller: Any
) -> None:
    make_coverage(boots, floater)
    user = member(boots.client, socks.client, role="SUPERVISOR")
    answer = caller(user, client=socks.client).post(URL, ASKED)
    assert answer.status_code == 400
    assert answer.json() == {"employee": ["EMP-015 is already assigned in this period."]}


def test_ac_04_the_other_shift_of_the_day_is_accepted(
    boots: Plant, floater: Employee, of_socks: Caller
) -> None:
    make_coverage(boots, floater)
    assert of_socks.post(URL, {**ASKED, "shift": "2ND"}).status_code == 201


def test_iso_021_unknown_own_and_foreign_people_are_told_alike(
    boots: Plant, socks: Plant, of_socks: Caller
) -> None:
    for code in ("EMP-003", "EMP-103", "NOBODY"):
        answer = of_socks.post(URL, {**ASKED, "employee": code})
        assert answer.status_code == 400
        assert answer.json() == {"employee": [f"Unknown floating employee “{code}”."]}


def test_iso_024_coverage_of_another_client_is_not_there(
    boots: Plant, floater: Employee, of_socks: Caller
) -> None:
    row = make_coverage(boots, floater)
    assert of_socks.get(URL).json()["results"] == []
    for path in ("", "confirm/", "unassign/", "void/"):
        call = of_socks.post if path else of_socks.get
        answers = [call(f"{URL}{pk}/{path}") for pk in (row.pk, 99_999_999)]
        assert [each.status_code for each in answers] == [404, 404]
        assert answers[0].content == answers[1].content


def test_the_covered_person_is_named_by_code(boots: Plant, floater: Employee, boss: Caller) -> None:
    make_absence(boots)
    answer = boss.post(URL, {**ASKED, "line": "L1", "covers": "EMP-003"})
    assert answer.status_code == 201
    assert boss.get(f"{URL}{answer.json()['id']}/").json()["covers"] == "EMP-003"
    assert boss.get(f"{URL}?covering=true").json()["results"][0]["covers"] == "EMP-003"


def test_a_present_person_is_not_covered(boots: Plant, floater: Employee, boss: Caller) -> None:
    make_absence(boots, presence=Presence.PRESENT)
    answer = boss.post(URL, {**ASKED, "line": "L1", "covers": "EMP-003"})
    assert answer.status_code == 400
    assert answer.json() == {"covers": ["EMP-015 cannot cover this record."]}


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        ("EMP-103", "EMP-015 cannot cover this record."),
        ("NOBODY", "EMP-015 cannot cover this record."),
        ("EMP-015", "A person cannot cover themselves."),
    ],
)
def test_whom_nobody_recorded_here_nobody_covers(
    boots: Plant, socks: Plant, floater: Employee, boss: Caller, code: str, sentence: str
) -> None:
    make_absence(socks)
    answer = boss.post(URL, {**ASKED, "line": "L1", "covers": code})
    assert answer.status_code == 400
    assert answer.json() == {"covers": [sentence]}


def test_an_end_before_its_start_is_refused(floater: Employee, boss: Caller) -> None:
    times = {"from": "2025-12-03T13:00", "to": "2025-12-03T12:00"}
    answer = boss.post(URL, {**ASKED, "line": "L1", **times})
    assert answer.status_code == 400
    assert answer.json() == {"to": ["The end must be after the start."]}


def test_a_supervisor_confirms(boots: Plant, floater: Employee, boss: Caller) -> None:
    path = f"{URL}{make_coverage(boots, floater).pk}/"
    assert boss.get(path).json()["is_stale"] is True
    answer = boss.post(f"{path}confirm/")
    assert answer.status_code == 200
    read = boss.get(path).json()
    assert (read["is_stale"], read["version"]) == (False, 2)
    assert read["confirmed_at"] == answer.json()["confirmed_at"]
    assert boss.post(f"{path}confirm/").status_code == 400


def test_unassigning_ends_the_interval(boots: Plant, floater: Employee, boss: Caller) -> None:
    path = f"{URL}{make_coverage(boots, floater).pk}/"
    with time_machine.travel(at("11:00"), tick=False):
        answer = boss.post(f"{path}unassign/")
    assert answer.status_code == 200
    read = boss.get(path).json()
    assert (read["to"], read["hours"]) == ("2025-12-03T17:00:00Z", 4.0)
    assert boss.post(f"{path}unassign/").json() == {
        "non_field_errors": ["This assignment has ended."]
    }


def test_unassigning_ahead_takes_the_row_away(
    boots: Plant, floater: Employee, boss: Caller
) -> None:
    path = f"{URL}{make_coverage(boots, floater, shift_date=datetime.date(2031, 1, 6)).pk}/"
    assert boss.post(f"{path}unassign/").status_code == 200
    assert boss.get(path).status_code == 404


@pytest.mark.parametrize("role", ["VIEWER", "OPERATOR", "ENGINEER"])
def test_only_supervisors_and_managers_assign(
    boots: Plant, floater: Employee, member: Any, caller: Any, role: str
) -> None:
    path = f"{URL}{make_coverage(boots, floater, shift=boots.second).pk}/"
    call = caller(member(boots.client, role=role))
    answers = [
        call.post(URL, {**ASKED, "line": "L1"}),
        call.post(f"{path}confirm/"),
        call.post(f"{path}unassign/"),
        call.post(f"{path}void/", {"reason": "x"}),
    ]
    assert [each.status_code for each in answers] == [403] * 4
    assert call.get(path).status_code == 200


def test_a_viewer_reads_no_codes_of_people(
    boots: Plant, floater: Employee, member: Any, caller: Any
) -> None:
    make_coverage(boots, floater, covers=make_absence(boots))
    (row,) = caller(member(boots.client, role="VIEWER")).get(URL).json()["results"]
    assert (row["employee"], row["covers"], row["hours"]) == (None, None, 9.0)


def test_a_coverage_with_attendance_is_not_voided(
    boots: Plant, floater: Employee, boss: Caller
) -> None:
    path = f"{URL}{make_coverage(boots, floater).pk}/"
    make_absence(boots, employee=floater, presence=Presence.PRESENT)
    answer = boss.post(f"{path}void/", {"reason": "a mistake"})
    assert answer.status_code == 400
    sentence = "EMP-015 is recorded in this shift. Void the attendance first."
    assert answer.json() == {"non_field_errors": [sentence]}


def test_in_bulk_the_code_is_taken(boots: Plant, floater: Employee, of_socks: Caller) -> None:
    make_coverage(boots, floater)
    make_floater("EMP-016")
    rows = [ASKED, {**ASKED, "employee": "EMP-016"}, {**ASKED, "employee": "EMP-003"}]
    answer = of_socks.post(f"{URL}bulk/", {"rows": rows}, Idempotency_Key=str(uuid.uuid4()))
    assert answer.status_code == 400
    told = [(e["row"], e["column"], e["code"], e["reason"]) for e in answer.json()["errors"]]
    assert told == [
        (1, "employee", "taken", "EMP-015 is already assigned in this period."),
        (3, "employee", "unknown_code", "Unknown floating employee “EMP-003”."),
    ]


def test_one_row_costs_few_queries(
    boots: Plant, floater: Employee, boss: Caller, django_assert_max_num_queries: Any
) -> None:
    make_coverage(boots, floater, shift=boots.second)
    assert boss.post(URL, {**ASKED, "line": "L1"}).status_code == 201  # line-shift, token
    with client_scope([boots.client]):
        ShiftCoverage.objects.filter(shift=boots.first).update(
            voided_at=at("07:00"), void_reason="again"
        )
    with django_assert_max_num_queries(20):
        assert boss.post(URL, {**ASKED, "line": "L1"}).status_code == 201


def test_requirements_follow_one_another(boss: Caller, boots: Plant) -> None:
    row = {"line": "L1", "shift": "1ST", "required_headcount": 10, "valid_from": "2025-01-01"}
    assert boss.post("staffing-requirements/", {**row, "valid_to": "2025-06-30"}).status_code == 201
    answer = boss.post("staffing-requirements/", {**row, "valid_from": "2025-06-30"})
    assert answer.status_code == 400
    sentence = "Another requirement of this line and shift is valid in this period."
    assert answer.json() == {"non_field_errors": [sentence]}
    answer = boss.post("staffing-requirements/", {**row, "required_headcount": 0})
    assert answer.status_code == 400
    sentence = "Required heads must be a whole number above 0."
    assert answer.json() == {"required_headcount": [sentence]}
    found = boss.get(f"staffing-requirements/?valid_on={DAY}").json()["results"]
    assert found == []
