"""The API of the plant."""

from __future__ import annotations

from datetime import date

import pytest

from clients.scope import client_scope, every_client
from plant.models import LineShift
from plant.shifts import ensure_line_shifts
from tests.plant.factories import (
    make_employee,
    make_line,
    make_order,
    make_part,
    make_shift,
    make_standard,
    make_style,
)
from tests.standing import standing

TUESDAY = date(2025, 12, 2)


@pytest.fixture
def api(acme, member, signed_in):
    """ACME's supervisor and engineer in one address book: `api("ENGINEER")`."""

    def as_role(role: str = "SUPERVISOR", **flags):
        return signed_in(member(acme, role=role, **flags))

    return as_role


def post(browser, path: str, **body):
    return browser.post(f"/api/v1/{path}/", body, content_type="application/json")


CREATED = [
    ("lines", {"code": "L9", "name": "Line 9", "stations": 10}),
    ("shifts", {"code": "2ND", "name": "Second", "start_time": "21:00", "end_time": "06:00"}),
    ("shift-breaks", {"shift": "1ST", "start_offset_minutes": 300, "duration_minutes": 60}),
    ("calendar-days", {"date": "2025-12-25", "name": "Christmas"}),
    ("line-shifts", {"line": "L1", "shift": "1ST", "shift_date": "2025-12-02"}),
    ("operations", {"code": "WELDING", "name": "Welding"}),
    ("styles", {"code": "ROPER", "name": "Roper"}),
    ("style-operations", {"style": "STYLE", "operation": "SEWING", "sequence": 20}),
    ("parts", {"code": "BOOT", "style": "STYLE", "opportunities_per_unit": 47}),
    ("work-orders", {"number": "WO-2", "planned_quantity": 600, "line": "L1"}),
    ("jobs", {"work_order": "WO-1", "part": "PART", "quantity": 600}),
    ("employees", {"code": "EMP-001", "full_name": "María José Núñez"}),
    ("line-assignments", {"employee": "EMP-0", "line": "L1", "valid_from": "2025-01-01"}),
]


@standing
def masters(acme):
    with client_scope([acme]):
        make_line(acme, code="L1")
        make_shift(acme, code="1ST")
        make_part(acme, code="PART", style=make_style(acme, code="STYLE"))
        make_order(acme, number="WO-1")
        make_employee(acme, code="EMP-0")


@pytest.mark.parametrize(("path", "body"), CREATED, ids=[path for path, _ in CREATED])
def test_what_is_posted_is_read_back(path, body, masters, api):
    made = post(api(), path, **body)

    assert made.status_code == 201, made.content
    read = api().get(f"/api/v1/{path}/{made.json()['id']}/").json()
    assert {name: read[name] for name in body} == {
        **body,
        **({"start_time": "21:00:00", "end_time": "06:00:00"} if path == "shifts" else {}),
    }


def test_an_engineer_posts_a_standard(masters, api):
    made = post(
        api("ENGINEER"), "standards",
        part="PART", labour_hours_per_unit=0.25, valid_from="2025-01-01", valid_to="2025-05-31",
        reason="time study",
    ).json()  # fmt: skip

    assert made["labour_hours_per_unit"] == 0.25
    assert (made["valid_from"], made["valid_to"]) == ("2025-01-01", "2025-05-31")
    refused = post(
        api("ENGINEER"), "standards",
        part="PART", labour_hours_per_unit=0.2, valid_from="2025-05-31", reason="again",
    )  # fmt: skip
    assert refused.json() == {"valid_from": ["Another standard is valid in this period."]}


def test_a_supervisor_posts_no_standard(masters, api):
    assert post(api(), "standards", part="PART").status_code == 403


def test_a_foreign_code_is_as_unknown_as_any(acme_2, masters, api):
    with client_scope([acme_2]):
        make_line(acme_2, code="ZEBRA")

    answers = [
        post(api(), "work-orders", number="WO-9", planned_quantity=1, line=code)
        for code in ("ZEBRA", "NOWHERE")
    ]

    assert [each.status_code for each in answers] == [400, 400]
    assert answers[0].json() == {"line": ["Unknown line “ZEBRA”."]}
    assert answers[1].json() == {"line": ["Unknown line “NOWHERE”."]}


def test_open_orders_are_filtered(masters, api):
    found = api().get("/api/v1/work-orders/", {"open": "true"}).json()["results"]
    none = api().get("/api/v1/work-orders/", {"open": "false"}).json()["results"]

    assert [each["number"] for each in found] == ["WO-1"]
    assert none == []


def test_standards_are_found_by_a_day_of_their_validity(acme, masters, api):
    with client_scope([acme]):
        make_standard(acme, line=make_line(acme), valid=(date(2025, 1, 1), date(2025, 6, 1)))

    days = ("2024-12-31", "2025-01-01", "2025-05-31", "2025-06-01")
    found = [
        len(api().get("/api/v1/standards/", {"valid_on": day}).json()["results"]) for day in days
    ]

    assert found == [0, 1, 1, 0]


# Line-shifts


@standing
def line_shift(acme, masters):
    with client_scope([acme]):
        line, shift = make_line(acme), make_shift(acme)
        key = (acme.pk, line.pk, shift.pk, TUESDAY)
        return ensure_line_shifts({key})[key]


def test_a_frozen_plan_is_changed_by_a_manager_with_a_reason(acme, line_shift, api):
    path = f"line-shifts/{line_shift.pk}/replan"
    body = {"planned_minutes": 480, "reason": "line started late by agreement"}

    assert post(api("SUPERVISOR"), path, **body).status_code == 403
    assert post(api("MANAGER"), path, planned_minutes=480).status_code == 400
    assert post(api("MANAGER"), path, **body).json()["planned_minutes"] == 480
    with client_scope([acme]):
        assert LineShift.objects.get().planned_minutes == 480


def test_a_frozen_plan_is_not_simply_edited(line_shift, api):
    answer = api().patch(
        f"/api/v1/line-shifts/{line_shift.pk}/",
        {"planned_minutes": 480, "version": 1},
        content_type="application/json",
    )

    assert answer.json() == {
        "planned_minutes": ["The planned minutes are frozen since the shift has started."]
    }


def test_a_line_shift_is_set_not_planned_with_a_reason(line_shift, api):
    path = f"line-shifts/{line_shift.pk}/not-planned"

    assert post(api("OPERATOR"), path, reason="x").status_code == 403
    answer = post(api(), path, reason="inventory").json()

    assert (answer["state"], answer["state_reason"]) == ("NOT_PLANNED", "inventory")


# People


def test_viewers_do_not_learn_names(masters, api):
    assert api("VIEWER").get("/api/v1/employees/").status_code == 403
    assert api("VIEWER").get("/api/v1/line-assignments/").status_code == 403


def test_names_are_shown_by_the_role_in_each_client(acme, acme_2, masters, member, signed_in):
    from clients.models import Membership

    user = member(acme)
    Membership.objects.create(
        user=user, client=acme_2, role="VIEWER", valid=(date(2020, 1, 1), None)
    )
    with client_scope([acme_2]):
        make_employee(acme_2, code="ZEBRA")
    with every_client("the pool is shared by all clients"):
        make_employee(None, code="POOL-1")

    rows = signed_in(user).get("/api/v1/employees/").json()["results"]

    assert [each["code"] for each in rows] == ["EMP-0", "POOL-1"]


def test_protected_fields_are_absent_without_the_flag(acme, masters, api):
    plain = api().get("/api/v1/employees/").json()["results"][0]
    hr = api(hr=True).get("/api/v1/employees/").json()["results"][0]

    assert "phone" not in plain
    assert hr["phone"] == ""
    refused = post(api(), "employees", code="E", full_name="E", phone="1")
    assert refused.json() == {"phone": ["Your role does not open this field."]}
    assert api().get("/api/v1/employees/", {"phone": "1"}).status_code == 400
    assert api().get("/api/v1/employees/", {"ordering": "hourly_rate"}).status_code == 400


def test_a_pool_code_is_refused_through_the_api(masters, api):
    with every_client("the pool is shared by all clients"):
        make_employee(None, code="POOL-1")

    answer = post(api(), "employees", code="pool-1", full_name="X")

    assert answer.json() == {"code": ["This code belongs to the shared pool."]}
