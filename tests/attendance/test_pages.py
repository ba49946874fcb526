"""Attendance in the admin and the API, and what people without the hr flag do not learn."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext

from attendance.models import AttendanceRecord, HourAllocation
from clients.models import Client
from clients.scope import because, client_scope
from plant.models import LineShift
from tests.attendance.conftest import Floor, furnish
from tests.attendance.factories import DAY, absence_type, make_allocation, make_record

pytestmark = pytest.mark.django_db

LIST = "/admin/attendance/attendancerecord/"
ADD = f"{LIST}add/"
API = "/api/v1/attendance-records/"


@pytest.fixture
def supervisor(floor: Floor, member: Any, signed_in: Any) -> Browser:
    return signed_in(member(floor.client, role="SUPERVISOR"))


@pytest.fixture
def trusted(floor: Floor, member: Any, signed_in: Any) -> Browser:
    """A manager with the hr flag."""
    return signed_in(member(floor.client, role="MANAGER", hr=True))


def typed(floor: Floor, **fields: Any) -> dict[str, Any]:
    return {
        "shift_date": DAY.isoformat(),
        "shift": floor.shift.pk,
        "employee": floor.ana.pk,
        "opened_for": floor.client.code,
        "allocations-TOTAL_FORMS": "0",
        "allocations-INITIAL_FORMS": "0",
        **fields,
    }


def spent(*parts: tuple[str, str]) -> dict[str, str]:
    fields = {"allocations-TOTAL_FORMS": str(len(parts))}
    for n, (category, hours) in enumerate(parts):
        fields |= {f"allocations-{n}-category": category, f"allocations-{n}-hours": hours}
    return fields


def errors(answer: Any) -> dict[str, list[str]]:
    assert answer.status_code == 200
    return answer.context["adminform"].form.errors


def one(floor: Floor) -> AttendanceRecord:
    with client_scope([floor.client]):
        return AttendanceRecord.objects.select_related("absence_type", "line").get()


def parts(floor: Floor) -> dict[str, Decimal]:
    with client_scope([floor.client]):
        return dict(HourAllocation.objects.values_list("category", "hours"))


def post(browser: Browser, path: str, body: Any, method: str = "post") -> Any:
    call = getattr(browser, method)
    return call(path, json.dumps(body), content_type="application/json")


def sent(floor: Floor, **fields: Any) -> dict[str, Any]:
    return {"employee": "EMP-001", "shift_date": "2025-12-02", "shift": "1ST", **fields}


# -- the form -----------------------------------------------------------------------------------


def test_a_mark_is_enough(floor: Floor, supervisor: Browser) -> None:
    answer = supervisor.post(ADD, typed(floor, mark="VACATION"))
    assert answer.status_code == 302, errors(answer)
    row = one(floor)
    assert (row.presence, row.actual_hours, row.line) == ("ABSENT", 0, floor.line)
    assert row.absence_type.code == "VACATION"


def test_neither_mark_nor_presence(floor: Floor, supervisor: Browser) -> None:
    said = errors(supervisor.post(ADD, typed(floor)))
    assert said["presence"] == ["Choose the mark or the presence."]


def test_errors_are_sentences_in_their_fields(floor: Floor, supervisor: Browser) -> None:
    answer = supervisor.post(ADD, typed(floor, mark="ABSENT", actual_hours="8"))
    assert errors(answer) == {"actual_hours": ["An absent person has no hours worked."]}


def test_the_form_adds_up_the_tiers(floor: Floor, supervisor: Browser) -> None:
    fields = {"actual_hours": "10", "normal_hours": "8", "double_hours": "1"}
    answer = supervisor.post(ADD, typed(floor, mark="PRESENT", **fields))
    assert errors(answer) == {"normal_hours": ["Overtime tiers must add up to 10 h."]}


def test_a_person_twice_is_said_alike_by_form_and_api(floor: Floor, supervisor: Browser) -> None:
    with client_scope([floor.client]):
        make_record(floor.ana, floor.shift)
    said = ["EMP-001 is already recorded in this shift."]
    assert errors(supervisor.post(ADD, typed(floor, mark="PRESENT"))) == {"employee": said}
    answer = post(supervisor, API, sent(floor, mark="PRESENT"))
    assert (answer.status_code, answer.json()) == (400, {"employee": said})


def test_a_record_with_its_allocation(floor: Floor, supervisor: Browser) -> None:
    fields = spent(("BILLED_PRODUCTION", "8"), ("TRAINING", "1"))
    answer = supervisor.post(ADD, typed(floor, mark="PRESENT", **fields))
    assert answer.status_code == 302, errors(answer)
    assert parts(floor) == {"BILLED_PRODUCTION": 8, "TRAINING": 1}


def test_eleven_of_ten_hours_in_the_form(floor: Floor, supervisor: Browser) -> None:
    fields = spent(("BILLED_PRODUCTION", "8"), ("TRAINING", "3"))
    answer = supervisor.post(ADD, typed(floor, mark="PRESENT", actual_hours="10", **fields))
    (formset,) = answer.context["inline_admin_formsets"]
    assert formset.formset.non_form_errors() == ["Allocated 11 h of 10 h."]
    with client_scope([floor.client]):
        assert AttendanceRecord.objects.count() == 0


def test_hours_and_allocation_change_in_one_save(floor: Floor, supervisor: Browser) -> None:
    with client_scope([floor.client]):
        row = make_record(floor.ana, floor.shift, actual_hours=10)
        billed = make_allocation(row, 8, "BILLED_PRODUCTION")
        training = make_allocation(row, 2, "TRAINING")
    fields = {
        **typed(floor, presence="PRESENT", version="1", line=floor.line.pk),
        "scheduled_hours": "9", "actual_hours": "5",
        **spent(("BILLED_PRODUCTION", "5"), ("TRAINING", "2")),
        "allocations-INITIAL_FORMS": "2",
        "allocations-0-id": billed.pk, "allocations-0-record": row.pk,
        "allocations-1-id": training.pk, "allocations-1-record": row.pk,
        "allocations-1-DELETE": "on",
    }  # fmt: skip
    answer = supervisor.post(f"{LIST}{row.pk}/change/", fields)
    assert answer.status_code == 302, errors(answer)
    assert (one(floor).actual_hours, parts(floor)) == (5, {"BILLED_PRODUCTION": 5})
    with client_scope([floor.client]):
        gone = HourAllocation.with_voided.get(pk=training.pk)
    assert gone.void_reason == "Allocation replaced"


def test_a_floater_without_assignment_is_refused_by_form_and_api(
    floor: Floor, supervisor: Browser, floater: Any
) -> None:
    said = {"employee": ["EMP-015 is not assigned to this shift."]}
    assert errors(supervisor.post(ADD, typed(floor, employee=floater.pk, mark="PRESENT"))) == said
    answer = post(supervisor, API, sent(floor, employee="EMP-015", mark="PRESENT"))
    assert (answer.status_code, answer.json()) == (400, said)


@pytest.mark.parametrize(
    ("role", "hr", "verified"),
    [
        ("SUPERVISOR", False, True),
        ("MANAGER", False, True),
        ("OPERATOR", False, False),
        ("ENGINEER", False, False),
        ("OPERATOR", True, True),
        ("ENGINEER", True, True),
    ],
)
def test_who_verifies(
    floor: Floor, member: Any, signed_in: Any, platform_admin: Any, role: str, hr: bool,
    verified: bool,
) -> None:  # fmt: skip
    with client_scope([floor.client], user=platform_admin):
        row = make_record(floor.ana, floor.shift)
    browser = signed_in(member(floor.client, role=role, hr=hr))
    browser.post(LIST, {"action": "verify_selected", "_selected_action": [row.pk]})
    assert (one(floor).verified_at is not None) is verified


def test_the_author_does_not_verify(floor: Floor, member: Any, signed_in: Any) -> None:
    author = member(floor.client, role="SUPERVISOR")
    with client_scope([floor.client], user=author):
        row = make_record(floor.ana, floor.shift)
    signed_in(author).post(LIST, {"action": "verify_selected", "_selected_action": [row.pk]})
    assert one(floor).verified_at is None


def test_the_list_costs_the_same_with_one_row_and_with_two(
    floor: Floor, supervisor: Browser
) -> None:
    counts = []
    for person in (floor.ana, floor.luis):
        with client_scope([floor.client]):
            make_record(person, floor.shift)
        with CaptureQueriesContext(connection) as asked:
            assert supervisor.get(LIST).status_code == 200
        counts.append(len(asked))
    assert counts[0] == counts[1] <= 15


# -- the API ------------------------------------------------------------------------------------


def test_a_list_of_absent_people_asks_no_more_for_more_of_them(
    floor: Floor, supervisor: Browser
) -> None:
    counts = []
    for person in (floor.ana, floor.luis):
        with client_scope([floor.client]):
            make_record(
                person, floor.shift, presence="ABSENT", actual_hours=0,
                absence_type=absence_type("VACATION"),
            )  # fmt: skip
        with CaptureQueriesContext(connection) as asked:
            assert supervisor.get(API).status_code == 200
        counts.append(len(asked))
    assert counts[0] == counts[1]


def test_a_record_with_its_parts_through_the_api(floor: Floor, supervisor: Browser) -> None:
    allocations = [
        {"category": "BILLED_PRODUCTION", "hours": 8},
        {"category": "TRAINING", "hours": 1.5},
    ]
    body = sent(floor, mark="LATE", actual_hours=10, allocations=allocations)
    answer = post(supervisor, API, body)
    assert answer.status_code == 201, answer.content
    read = supervisor.get(f"{API}{answer.json()['id']}/").json()
    assert (read["mark"], read["line"], read["absence_hours"]) == ("LATE", "L1", 0)
    assert read["allocations"] == allocations


def test_the_set_is_replaced(floor: Floor, supervisor: Browser) -> None:
    with client_scope([floor.client]):
        row = make_record(floor.ana, floor.shift, actual_hours=10)
        make_allocation(row, 8, "BILLED_PRODUCTION")
        make_allocation(row, 2, "TRAINING")
    body = {
        "version": 1, "actual_hours": 6,
        "allocations": [{"category": "BILLED_PRODUCTION", "hours": 5},
                        {"category": "MEETING", "hours": 1}],
    }  # fmt: skip
    answer = post(supervisor, f"{API}{row.pk}/", body, "patch")
    assert answer.status_code == 200, answer.content
    assert parts(floor) == {"BILLED_PRODUCTION": 5, "MEETING": 1}
    assert (
        post(supervisor, f"{API}{row.pk}/", {"version": 2, "notes": "x"}, "patch").status_code
        == 200
    )
    assert len(parts(floor)) == 2


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        (
            {"mark": "PRESENT", "actual_hours": 10,
             "allocations": [{"category": "TRAINING", "hours": 11}]},
            {"allocations": ["Allocated 11 h of 10 h."]},
        ),
        (
            {"mark": "PRESENT",
             "allocations": [{"category": "TRAINING", "hours": 1}] * 2},
            {"allocations": ["This category is given twice."]},
        ),
        ({}, {"presence": ["Give the presence or a mark."]}),
        (
            {"mark": "ABSENT", "presence": "PRESENT"},
            {"mark": ["The mark and the presence contradict each other. Give one of them."]},
        ),
        (
            {"mark": "ABSENT", "actual_hours": 8},
            {"actual_hours": ["An absent person has no hours worked."]},
        ),
        (
            {"mark": "PRESENT", "actual_hours": 25},
            {"actual_hours": ["Hours must be between 0 and 24."]},
        ),
    ],
)  # fmt: skip
def test_what_the_api_refuses(floor: Floor, supervisor: Browser, fields: Any, said: Any) -> None:
    answer = post(supervisor, API, sent(floor, **fields))
    assert (answer.status_code, answer.json()) == (400, said)


def test_a_viewer_reads_no_names(floor: Floor, member: Any, signed_in: Any) -> None:
    with client_scope([floor.client]):
        make_record(floor.ana, floor.shift)
    viewer = signed_in(member(floor.client, role="VIEWER"))
    (row,) = viewer.get(API).json()["results"]
    assert (row["employee"], row["presence"]) == (None, "PRESENT")


def test_operators_change_their_own_rows_only(floor: Floor, member: Any, signed_in: Any) -> None:
    operator = member(floor.client, role="OPERATOR")
    with client_scope([floor.client], user=operator):
        row = make_record(floor.ana, floor.shift)
    body = {"version": 1, "notes": "late"}
    assert post(signed_in(operator), f"{API}{row.pk}/", body, "patch").status_code == 200
    stranger = signed_in(member(floor.client, role="OPERATOR"))
    answer = post(stranger, f"{API}{row.pk}/", {"version": 2, "notes": "x"}, "patch")
    assert answer.status_code == 403


def test_iso_021_the_api_says_the_same_of_foreign_and_unknown_people(
    floor: Floor, supervisor: Browser, acme_2: Client
) -> None:
    foreign = furnish(acme_2)
    with client_scope([acme_2]):
        type(foreign.ana).objects.filter(pk=foreign.ana.pk).update(code="ZEBRA-1")
    for code in ("ZEBRA-1", "NOBODY-1"):
        answer = post(supervisor, API, sent(floor, employee=code, mark="PRESENT"))
        assert (answer.status_code, answer.json()) == (
            400, {"employee": [f"Unknown employee “{code}”."]},
        )  # fmt: skip


# -- the absence type of a closed shift -----------------------------------------------------------


@pytest.fixture
def ill(floor: Floor) -> AttendanceRecord:
    """EMP-001 was ill in a shift that is closed."""
    with client_scope([floor.client]):
        kind = absence_type("MEDICAL_LEAVE")
        row = make_record(floor.ana, floor.shift, presence="ABSENT", absence_type=kind)
        LineShift.objects.filter(pk=row.line_shift_id).update(
            state="CLOSED", closed_at="2025-12-02T23:00:00Z"
        )
    return row


WORDS = ("MEDICAL_LEAVE", "Medical leave")


def rows_in(page: Any) -> str:
    """The list's rows, without the side filter that names every type."""
    return page.content.decode().partition('id="result_list"')[2].partition("</table>")[0]


def test_the_list_shows_it_with_the_flag_only(
    ill: AttendanceRecord, supervisor: Browser, trusted: Browser
) -> None:
    assert WORDS[0] in rows_in(trusted.get(LIST))
    page = rows_in(supervisor.get(LIST))
    assert WORDS[0] not in page
    assert "Absent" in page


def test_an_open_shift_hides_nothing(floor: Floor, supervisor: Browser) -> None:
    with client_scope([floor.client]):
        kind = absence_type("MEDICAL_LEAVE")
        make_record(floor.ana, floor.shift, presence="ABSENT", absence_type=kind)
    assert WORDS[0] in rows_in(supervisor.get(LIST))


def test_without_a_line_shift_it_is_hidden(floor: Floor, supervisor: Browser) -> None:
    with client_scope([floor.client]):
        type(floor.ana.assignments.get()).objects.all().delete()
        kind = absence_type("MEDICAL_LEAVE")
        make_record(floor.ana, floor.shift, presence="ABSENT", absence_type=kind)
    page = rows_in(supervisor.get(LIST))
    assert WORDS[0] not in page
    assert "EMP-001" in page


def test_the_form_has_the_field_with_the_flag_only(
    ill: AttendanceRecord, supervisor: Browser, trusted: Browser
) -> None:
    path = f"{LIST}{ill.pk}/change/"
    assert "absence_type" in trusted.get(path).context["adminform"].form.fields
    page = supervisor.get(path)
    assert "absence_type" not in page.context["adminform"].form.fields
    assert not any(word in page.content.decode() for word in WORDS)


def test_a_form_without_the_field_keeps_the_value(
    floor: Floor, ill: AttendanceRecord, supervisor: Browser
) -> None:
    fields = typed(floor, presence="ABSENT", version="1", scheduled_hours="9", actual_hours="0")
    fields |= {
        "notes": "called in",
        "change_reason": "called in",
        "absence_type": "",
        "line": floor.line.pk,
    }
    answer = supervisor.post(f"{LIST}{ill.pk}/change/", fields)
    assert answer.status_code == 302, errors(answer)
    assert (one(floor).notes, one(floor).absence_type.code) == ("called in", "MEDICAL_LEAVE")


def test_a_mark_does_not_overwrite_what_is_hidden(
    floor: Floor, ill: AttendanceRecord, supervisor: Browser
) -> None:
    fields = typed(floor, mark="VACATION", version="1", scheduled_hours="9", actual_hours="0")
    fields |= {"line": floor.line.pk, "change_reason": "corrected"}
    answer = supervisor.post(f"{LIST}{ill.pk}/change/", fields)
    assert errors(answer) == {"mark": ["Your role does not open this field."]}


@pytest.mark.parametrize("kind", ["MEDICAL_LEAVE", "VACATION"])
def test_the_side_filter_finds_nothing_hidden(
    ill: AttendanceRecord, supervisor: Browser, kind: str
) -> None:
    page = supervisor.get(LIST, {"kind": kind})
    assert page.context["cl"].result_count == 0


def test_the_side_filter_finds_it_with_the_flag(ill: AttendanceRecord, trusted: Browser) -> None:
    assert trusted.get(LIST, {"kind": "MEDICAL_LEAVE"}).context["cl"].result_count == 1


@pytest.mark.parametrize("lookup", ["absence_type__code", "absence_type__code__startswith"])
def test_no_address_asks_for_it(ill: AttendanceRecord, supervisor: Browser, lookup: str) -> None:
    assert supervisor.get(LIST, {lookup: "MEDICAL_LEAVE"}).status_code == 400


def test_the_history_masks_it(ill: AttendanceRecord, supervisor: Browser, trusted: Browser) -> None:
    for path in (f"{LIST}{ill.pk}/history/", f"{API}{ill.pk}/history/"):
        seen, shown = (browser.get(path).content.decode() for browser in (supervisor, trusted))
        assert ("MEDICAL_LEAVE" in seen, "MEDICAL_LEAVE" in shown) == (False, True), path
        assert "•••" not in shown


def test_iso_039_the_history_of_a_deleted_row_masks_it_as_well(
    floor: Floor, ill: AttendanceRecord, supervisor: Browser, trusted: Browser
) -> None:
    path = f"{LIST}{ill.pk}/history/"
    with client_scope([floor.client]), because("entered for the wrong person"):
        AttendanceRecord.objects.get(pk=ill.pk).delete()
    seen, shown = (browser.get(path).content.decode() for browser in (supervisor, trusted))
    assert ("MEDICAL_LEAVE" in seen, "MEDICAL_LEAVE" in shown) == (False, True)
    assert "entered for the wrong person" in seen
    assert "•••" in seen


def test_the_api_gives_it_with_the_flag_only(
    ill: AttendanceRecord, supervisor: Browser, trusted: Browser
) -> None:
    for path in (API, f"{API}{ill.pk}/"):
        seen, shown = (browser.get(path).content.decode() for browser in (supervisor, trusted))
        assert '"absence_type":"MEDICAL_LEAVE"' in shown
        assert "absence_type" not in seen
        assert '"mark":"ABSENT"' in seen


@pytest.mark.parametrize("kind", ["MEDICAL_LEAVE", "VACATION"])
def test_the_api_neither_filters_nor_changes_it(
    ill: AttendanceRecord, supervisor: Browser, kind: str
) -> None:
    assert supervisor.get(API, {"absence_type": kind}).json()["results"] == []
    assert supervisor.get(API, {"ordering": "absence_type"}).status_code == 400
    answer = post(supervisor, f"{API}{ill.pk}/", {"version": 1, "absence_type": kind}, "patch")
    assert (answer.status_code, answer.json()) == (
        400, {"absence_type": ["Your role does not open this field."]},
    )  # fmt: skip


def test_the_api_filters_it_with_the_flag(ill: AttendanceRecord, trusted: Browser) -> None:
    assert len(trusted.get(API, {"absence_type": "MEDICAL_LEAVE"}).json()["results"]) == 1


def test_a_stale_save_does_not_tell_it(ill: AttendanceRecord, supervisor: Browser) -> None:
    body = {"version": 7, "absence_type": "VACATION"}
    answer = post(supervisor, f"{API}{ill.pk}/", body, "patch")
    assert answer.status_code == 409
    assert "MEDICAL" not in answer.content.decode()


def test_autocomplete_of_absence_types_offers_those_in_use(
    floor: Floor, supervisor: Browser
) -> None:
    with client_scope([floor.client]):
        other = absence_type("OTHER")
        other.active = False
        other.save()
    query = {"app_label": "attendance", "model_name": "attendancerecord"}
    answer = supervisor.get("/admin/autocomplete/", {**query, "field_name": "absence_type"})
    offered = [each["text"] for each in answer.json()["results"]]
    assert offered[0] == "MEDICAL_LEAVE Medical leave"
    assert len(offered) == 5
