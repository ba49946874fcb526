"""Moves of many orders, delays and the course of an order through API and admin pages."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.messages import get_messages
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from clients.models import Client
from clients.scope import client_scope
from plant.models import Shipment, WorkOrder
from tests.plant.factories import make_order, make_shipment
from tests.production.factories import make_entry, make_floor

MANY = "/api/v1/work-orders/move/"
CHANGE_LIST = "/admin/plant/workorder/"


@pytest.fixture
def supervisor(acme, member, signed_in):
    return signed_in(member(acme, username="sonia"))


def post(browser, path, **body):
    return browser.post(path, body, content_type="application/json")


def statuses(*clients):
    with client_scope(clients):
        return dict(WorkOrder.objects.values_list("number", "status"))


def orders(client, *numbers, **fields):
    with client_scope([client]):
        return [make_order(client, number=number, **fields).pk for number in numbers]


# -- many at once --------------------------------------------------------------------------------


def test_each_of_many_is_judged_on_its_own(acme, supervisor):
    one, other, done = orders(acme, "A", "B", "C")
    with client_scope([acme]):
        WorkOrder.objects.get(pk=done).cancel(by=None, reason="no")
    answer = post(supervisor, MANY, orders=[one, done, other], to="RELEASED")
    assert (answer.status_code, answer.json()) == (200, {
        "moved": [
            {"id": one, "number": "A", "status": "RELEASED"},
            {"id": other, "number": "B", "status": "RELEASED"},
        ],
        "failed": [
            {"id": done, "number": "C", "status": "CANCELLED",
             "reason": "Cancelled cannot become Released."},
        ],
        "warnings": [],
    })  # fmt: skip
    assert statuses(acme) == {"A": "RELEASED", "B": "RELEASED", "C": "CANCELLED"}
    with client_scope([acme]):
        move = WorkOrder.objects.get(pk=one).transitions.get(to_status="RELEASED")
        assert (move.source, move.by.username) == ("BULK", "sonia")


def test_less_than_planned_is_a_warning(acme, supervisor):
    with client_scope([acme]):
        floor = make_floor(acme)
        make_entry(floor, total_units=10)
    answer = post(supervisor, MANY, orders=[floor.order.pk], to="COMPLETED").json()
    assert [each["warning"] for each in answer["warnings"]] == [
        "Less than planned: 10 of 600 units."
    ]


@pytest.mark.parametrize("stranger", ["foreign", "unknown", "voided"])
def test_one_order_that_is_not_there_and_none_moves(acme, acme_2, supervisor, stranger):
    (own, gone), (foreign,) = orders(acme, "A", "B"), orders(acme_2, "Z")
    with client_scope([acme]):
        WorkOrder.objects.get(pk=gone).void(by=None, reason="twice")
    key = {"foreign": foreign, "unknown": 40_000_000, "voided": gone}[stranger]
    answer = post(supervisor, MANY, orders=[own, key], to="RELEASED")
    assert (answer.status_code, answer.json()) == (404, {"detail": "Not found."})
    assert statuses(acme, acme_2) == {"A": "RECEIVED", "Z": "RECEIVED"}


def test_the_role_in_the_client_of_each_row(acme, acme_2, member, signed_in):
    (own,), (other,) = orders(acme, "A"), orders(acme_2, "Z")
    user = member(acme)
    user.memberships.create(client=acme_2, role="OPERATOR", valid=("2020-01-01", None))
    answer = post(signed_in(user), MANY, orders=[own, other], to="RELEASED").json()
    assert [each["number"] for each in answer["moved"]] == ["A"]
    assert [(each["number"], each["reason"]) for each in answer["failed"]] == [
        ("Z", "Your role in this client does not allow this change.")
    ]
    assert statuses(acme, acme_2) == {"A": "RELEASED", "Z": "RECEIVED"}


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"orders": list(range(1, 102)), "to": "RELEASED"},
         {"orders": ["Move at most 100 orders at once."]}),
        ({"orders": [], "to": "RELEASED"}, {"orders": ["Name at least one order."]}),
        ({"to": "RELEASED"}, {"orders": ["Name the orders."]}),
        ({"orders": [1]}, {"to": ["Say where the order is to go."]}),
        ({"orders": [1], "to": "GONE"}, {"to": ["Unknown status “GONE”."]}),
    ],
)  # fmt: skip
def test_what_cannot_be_asked(acme, supervisor, body, said):
    answer = post(supervisor, MANY, **body)
    assert (answer.status_code, answer.json()) == (400, said)


@pytest.mark.parametrize("role", ["VIEWER", "OPERATOR"])
def test_who_never_may_is_told_before_anything_is_looked_up(acme, member, signed_in, role):
    assert post(signed_in(member(acme, role=role)), MANY, orders="x").status_code == 403


def test_a_hundred_orders_cost_as_many_queries_as_one(acme, supervisor):
    numbers = [f"N{n}" for n in range(101)]
    first, *rest = orders(acme, *numbers)
    costs = []
    for ids in ([first], rest):
        with CaptureQueriesContext(connection) as seen:
            assert post(supervisor, MANY, orders=ids, to="RELEASED").status_code == 200
        costs.append(len(seen))
    assert costs[0] == costs[1]
    assert set(statuses(acme).values()) == {"RELEASED"}


# -- one order -------------------------------------------------------------------------------------


def test_a_move_is_answered_with_the_order(acme, supervisor):
    (pk,) = orders(acme, "A")
    answer = post(supervisor, f"/api/v1/work-orders/{pk}/move/", to="RELEASED", version=1)
    told = answer.json()
    assert (answer.status_code, told["status"], told["version"], told["warnings"]) == (
        200, "RELEASED", 2, [],
    )  # fmt: skip


def test_a_move_of_what_somebody_else_changed(acme, supervisor):
    (pk,) = orders(acme, "A")
    answer = post(supervisor, f"/api/v1/work-orders/{pk}/move/", to="RELEASED", version=7)
    assert (answer.status_code, statuses(acme)) == (409, {"A": "RECEIVED"})


@pytest.mark.parametrize("field", ["status", "qc_approved_at", "original_promised_date"])
def test_no_edit_moves_or_approves(acme, supervisor, field):
    (pk,) = orders(acme, "A")
    with client_scope([acme]):
        before = getattr(WorkOrder.objects.get(pk=pk), field)
    answer = supervisor.patch(
        f"/api/v1/work-orders/{pk}/", {field: "CLOSED", "version": 1},
        content_type="application/json",
    )  # fmt: skip
    assert answer.status_code == 200
    with client_scope([acme]):
        assert getattr(WorkOrder.objects.get(pk=pk), field) == before


def test_ac_07_an_order_on_time_is_not_classified(acme, supervisor):
    (pk,) = orders(acme, "A", promised_date="2025-12-12")
    with client_scope([acme]):
        make_shipment(WorkOrder.objects.get(pk=pk), shipped_date="2025-12-12")
    path = f"/api/v1/work-orders/{pk}/classify-delay/"
    answer = post(supervisor, path, delay_class="UNJUSTIFIED")
    assert (answer.status_code, answer.json()) == (
        400, {"delay_class": ["This order is not late."]},
    )  # fmt: skip


def test_ac_07_clearing_the_class_clears_the_reason(acme, supervisor):
    (pk,) = orders(acme, "A", promised_date="2025-12-12")
    path = f"/api/v1/work-orders/{pk}/classify-delay/"
    given = post(supervisor, path, delay_class="JUSTIFIED", delay_reason="FORCE_MAJEURE").json()
    assert (given["delay_class"], given["delay_reason"]) == ("JUSTIFIED", "FORCE_MAJEURE")
    cleared = post(supervisor, path, delay_class="").json()
    assert (cleared["delay_class"], cleared["delay_reason"]) == ("", "")


def test_the_course_is_read_and_never_written(acme, supervisor):
    (pk,) = orders(acme, "A")
    post(supervisor, f"/api/v1/work-orders/{pk}/move/", to="RELEASED", note="go")
    answer = supervisor.get("/api/v1/order-transitions/?work_order=A&ordering=at").json()
    told = [
        (each["from_status"], each["to_status"], each["by"], each["note"], each["source"])
        for each in answer["results"]
    ]
    assert told == [
        ("", "RECEIVED", None, "", "MANUAL"), ("RECEIVED", "RELEASED", "sonia", "go", "API"),
    ]  # fmt: skip
    row = f"/api/v1/order-transitions/{answer['results'][0]['id']}/"
    assert post(supervisor, "/api/v1/order-transitions/", note="x").status_code == 403
    assert supervisor.patch(row, {}, content_type="application/json").status_code == 403
    assert supervisor.delete(row).status_code == 403


# -- two at once -----------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_of_two_movers_one_wins_and_the_other_hears_why() -> None:
    client = Client.open(code="ACME", name="Acme Boots")
    with client_scope([client]):
        order = make_order(client)
        order.move("RELEASED", by=None)
    gate, told = threading.Barrier(2, timeout=10), []

    def move() -> None:
        with client_scope([client]):
            row = WorkOrder.objects.get(pk=order.pk)
            gate.wait()
            try:
                row.move("DEMOTED", by=None)
            except ValidationError as error:
                told.append(error.messages[0])
            else:
                told.append("moved")
        connection.close()

    movers = [threading.Thread(target=move) for _ in range(2)]
    for each in movers:
        each.start()
    for each in movers:
        each.join()
    assert sorted(told) == ["Demoted cannot become Demoted.", "moved"]
    with client_scope([client]):
        assert order.transitions.filter(to_status="DEMOTED").count() == 1


# -- admin -----------------------------------------------------------------------------------------


def act(browser: Any, action: str, *keys: int, **more: Any) -> Any:
    values = {"action": action, ACTION_CHECKBOX_NAME: keys, **more}
    return browser.post(CHANGE_LIST, values)


def said(response: Any) -> list[str]:
    return [str(each) for each in get_messages(response.wsgi_request)]


def test_the_action_asks_first_then_moves(acme, supervisor):
    one, done = orders(acme, "A", "B")
    with client_scope([acme]):
        WorkOrder.objects.get(pk=done).cancel(by=None, reason="no")
    asked = act(supervisor, "move", one, done)
    assert (asked.status_code, b"Each order is judged on its own" in asked.content) == (200, True)
    moved = act(supervisor, "move", one, done, answered="yes", to="RELEASED", note="")
    assert (moved.status_code, said(moved)) == (
        302, ["B: Cancelled cannot become Released.", "Orders moved: 1."],
    )  # fmt: skip
    assert statuses(acme) == {"A": "RELEASED", "B": "CANCELLED"}


def test_approval_and_delay_as_actions(acme, supervisor):
    late, fresh = orders(acme, "A", promised_date="2025-12-12") + orders(acme, "B")
    approved = act(supervisor, "qc_approve", late, answered="yes")
    assert said(approved) == ["Orders changed: 1."]
    classified = act(
        supervisor, "classify_delay", late, fresh, answered="yes", delay_class="JUSTIFIED",
        delay_reason="OTHER",
    )  # fmt: skip
    assert said(classified)[1:] == ["B: This order is not late.", "Orders changed: 1."]
    with client_scope([acme]):
        order = WorkOrder.objects.get(number="A")
    assert (order.delay_reason, order.qc_approved_by.username) == ("OTHER", "sonia")


@pytest.mark.parametrize(
    ("role", "flags", "offered"),
    [
        ("SUPERVISOR", {}, ["move", "qc_approve", "classify_delay"]),
        ("ENGINEER", {}, ["move", "classify_delay"]),
        ("OPERATOR", {}, []),
        ("OPERATOR", {"quality": True}, ["qc_approve"]),
    ],
)
def test_actions_are_offered_by_role(acme, member, signed_in, role, flags, offered):
    orders(acme, "A")
    page = signed_in(member(acme, role=role, **flags)).get(CHANGE_LIST)
    form = page.context_data["action_form"]
    choices = [name for name, _ in form.fields["action"].choices] if form else []
    assert [each for each in choices if each in ("move", "qc_approve", "classify_delay")] == offered


def test_the_page_of_an_order_shows_its_course(acme, supervisor):
    (pk,) = orders(acme, "A")
    post(supervisor, f"/api/v1/work-orders/{pk}/move/", to="RELEASED", note="leather is here")
    page = supervisor.get(f"{CHANGE_LIST}{pk}/change/")
    assert b"leather is here" in page.content
    assert b"transitions-0-note" not in page.content


def test_a_shipment_above_the_order_is_said(acme, supervisor):
    (pk,) = orders(acme, "A")
    answer = supervisor.post(
        "/admin/plant/shipment/add/",
        {"opened_for": "ACME", "work_order": pk, "shipped_date": "2025-12-05", "quantity": 601},
    )
    assert said(answer)[0] == "More is shipped than ordered: 601 of 600."
    with client_scope([acme]):
        assert Shipment.objects.get().quantity == 601
