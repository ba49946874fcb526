"""Holds over HTTP: two approvers at once, holds from an inspection, buttons, bad input."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.messages import get_messages
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext

from clients.models import Client, Membership, User
from clients.scope import client_scope
from holds.models import HoldTransition, WIPHold
from plant.models import WorkOrder
from quality.models import QualityInspection
from tests.holds.factories import at, make_hold, take
from tests.plant.factories import make_job, make_order
from tests.production.factories import make_floor
from tests.quality.factories import make_inspection

LIST = "/admin/holds/wiphold/"
HOLDS = "/api/v1/wip-holds/"


def post(browser, path, **body):
    return browser.post(path, body, content_type="application/json")


def said(response: Any) -> list[str]:
    return [str(each) for each in get_messages(response.wsgi_request)]


@pytest.fixture
def sonia(acme, member, signed_in):
    return signed_in(member(acme, username="sonia"))


@pytest.fixture
def order(acme):
    with client_scope([acme]):
        return make_order(acme, number="WO-1")


def held(order, **fields):
    with client_scope([order.client]):
        return make_hold(order, **{"held_at": at(3), **fields})


def state(row):
    with client_scope([row.client]):
        found = WIPHold.objects.select_related("work_order").get(pk=row.pk)
        return found.state, found.work_order.status


# -- two at once -----------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("other", ["approve", "reject", "order"])
def test_of_two_deciders_one_wins_and_the_other_hears_who(other) -> None:
    """Two connections, three verbs: nobody gets a server error, and nobody waits for ever."""
    client = Client.open(code="ACME", name="Acme Boots")
    users = []
    for name in ("sonia", "mario"):
        users.append(User.objects.create_user(name, f"{name}@example.com", "Secret-Word-1"))
        Membership.objects.create(
            user=users[-1], client=client, role="SUPERVISOR", valid=("2020-01-01", None)
        )
    with client_scope([client]):
        order = make_order(client)
        row = make_hold(order, state="PENDING_HOLD")
    gate, answers = threading.Barrier(2, timeout=20), []
    calls = {
        "approve": (f"{HOLDS}{row.pk}/approve/", {}),
        "reject": (f"{HOLDS}{row.pk}/reject/", {"note": "no"}),
        "order": (f"/api/v1/work-orders/{order.pk}/move/", {"to": "CANCELLED", "note": "no"}),
    }

    def decide(user: User, call: tuple[str, Any]) -> None:
        browser = Browser(raise_request_exception=False)
        browser.force_login(user, backend="clients.backends.MemberBackend")
        gate.wait()
        answer = post(browser, call[0], **call[1])
        answers.append((answer.status_code, answer.json(), user.username))
        connection.close()

    pairs = zip(users, (calls["approve"], calls[other]), strict=True)
    threads = [threading.Thread(target=decide, args=pair) for pair in pairs]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    winners = [name for status, _, name in answers if status == 200]
    with client_scope([client]):
        row.refresh_from_db()
        order.refresh_from_db()
        steps = HoldTransition.objects.filter(hold=row, from_state="PENDING_HOLD").count()
    assert steps == 1
    if other == "order":
        # The order is cancelled in any case, and its hold with it.
        assert "mario" in winners
        assert (row.state, order.status) == ("CANCELLED", "CANCELLED")
        return
    (lost,) = [told for status, told, _ in answers if status == 400]
    (sentence,) = lost["non_field_errors"]
    assert sentence.startswith(f"This hold was decided by {winners[0]} at 20")
    assert (row.state, row.hold_decided_by.username) == (
        "ON_HOLD" if winners == ["sonia"] or other == "approve" else "CANCELLED", winners[0],
    )  # fmt: skip


@pytest.mark.django_db(transaction=True)
def test_the_step_itself_locks_the_hold() -> None:
    """Both have read the request before either decides."""
    client = Client.open(code="ACME", name="Acme Boots")
    with client_scope([client]):
        row = make_hold(make_order(client), state="PENDING_HOLD")
    gate, told = threading.Barrier(2, timeout=20), []

    def decide() -> None:
        with client_scope([client]):
            own = WIPHold.objects.get(pk=row.pk)
            gate.wait()
            try:
                take(own, "approve")
            except ValidationError as error:
                told.append(error.messages[0].partition(" at ")[0])
            else:
                told.append("approved")
        connection.close()

    threads = [threading.Thread(target=decide) for _ in range(2)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sorted(told) == ["This hold was decided by the system", "approved"]


# -- bad input -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"held_at": "2099-01-01T10:00:00Z"}, {"held_at": ["A hold cannot begin in the future."]}),
        ({"held_at": "9999-12-31T23:59:00Z"}, {"held_at": ["A hold cannot begin in the future."]}),
        (
            {"held_at": "0001-01-01T00:00:00Z"},
            {"held_at": ["A hold cannot begin before the year 1900."]},
        ),
        ({"quantity": 601}, {"quantity": ["The quantity exceeds the 600 units of order WO-1."]}),
        ({"quantity": 0}, {"quantity": ["Quantities must be above zero."]}),
        ({"hold_reason": "NOPE"}, {"hold_reason": ["Unknown hold reason “NOPE”."]}),
        ({"state": "RESUMED", "ended_at": "2025-12-01T10:00:00Z"}, None),
    ],
)
def test_bad_input_is_a_sentence(acme, order, sonia, given, told):
    body = {"work_order": "WO-1", "hold_reason": "QUALITY_ISSUE", "held_at": "2025-12-03T16:00:00Z"}
    answer = post(sonia, HOLDS, **{**body, **given})
    if told is None:  # what the flow decides is not for the writer to say
        assert (answer.status_code, answer.json()["state"]) == (201, "ON_HOLD")
        return
    assert (answer.status_code, answer.json()) == (400, told)
    with client_scope([acme]):
        assert WIPHold.objects.count() == 0


def test_a_second_open_hold_of_one_reason(acme, order, sonia):
    body = {"work_order": "WO-1", "hold_reason": "QUALITY_ISSUE"}
    assert post(sonia, HOLDS, **body).status_code == 201
    again = post(sonia, HOLDS, **body, held_at="2025-12-03T16:00:00Z")
    assert (again.status_code, again.json()) == (
        400, {"non_field_errors": ["An open hold with this reason exists."]},
    )  # fmt: skip


def test_a_note_is_asked_for(order, sonia):
    row = held(order)
    for note in ({}, {"note": " "}):
        answer = post(sonia, f"{HOLDS}{row.pk}/release/", **note)
        assert (answer.status_code, answer.json()) == (400, {"note": ["Give a note."]})
    assert state(row) == ("ON_HOLD", "ON_HOLD")


def test_a_stale_version_is_refused(order, sonia):
    row = held(order)
    answer = post(sonia, f"{HOLDS}{row.pk}/resume/", version=7)
    assert (answer.status_code, state(row)) == (409, ("ON_HOLD", "ON_HOLD"))


def test_an_operator_does_not_change_what_was_decided(acme, order, member, signed_in):
    operator = member(acme, role="OPERATOR")
    browser = signed_in(operator)
    asked = post(browser, HOLDS, work_order="WO-1").json()
    path = f"{HOLDS}{asked['id']}/"
    changed = browser.patch(
        path, {"location": "rack 4", "version": 1}, content_type="application/json"
    )
    assert changed.status_code == 200
    with client_scope([acme]):
        WIPHold.objects.update(state="ON_HOLD")
    again = browser.patch(path, {"quantity": 1, "version": 3}, content_type="application/json")
    assert (again.status_code, again.json()) == (
        403, {"detail": "This hold is decided. Ask a supervisor."},
    )  # fmt: skip
    assert post(browser, f"{path}void/", reason="gone").status_code == 403


def test_scrap_tells_what_was_counted_and_asks_for_the_job(acme, sonia):
    with client_scope([acme]):
        floor = make_floor(acme)
        row = make_hold(floor.order, job=floor.job, quantity=12)
    told = post(sonia, f"{HOLDS}{row.pk}/scrap/").json()
    assert (told["state"], told["question"]) == (
        "SCRAPPED", "New job or replenish in the same job?",
    )  # fmt: skip
    with client_scope([acme]):
        assert QualityInspection.objects.get(pk=told["quality_inspection"]).units_scrapped == 12


def test_lists_ask_the_same_for_one_row_and_for_three(acme, order, sonia):
    held(order)
    with CaptureQueriesContext(
        connection,
    ) as one:
        assert len(sonia.get(HOLDS).json()["results"]) == 1
    held(order, why="OTHER")
    held(order, why="CUSTOMER_REQUEST")
    with CaptureQueriesContext(connection) as three:
        assert len(sonia.get(HOLDS).json()["results"]) == 3
    assert len(three) == len(one) <= 8


def test_filters_of_what_stands_and_what_waits(acme, order, sonia):
    held(order)
    held(order, why="OTHER", state="PENDING_HOLD")
    held(order, why="CUSTOMER_REQUEST", state="RESUMED", ended_at=at(4))
    for query, states in (
        ("is_open=true", ["ON_HOLD"]),
        ("is_pending=true", ["PENDING_HOLD"]),
        ("is_open=false&is_pending=false", ["RESUMED"]),
    ):
        rows = sonia.get(f"{HOLDS}?{query}").json()["results"]
        assert [each["state"] for each in rows] == states


# -- from an inspection ----------------------------------------------------------------------------

INSPECTION_STATES = {
    ("VIEWER", False): (403, None),
    ("OPERATOR", False): (201, "PENDING_HOLD"),
    ("OPERATOR", True): (201, "ON_HOLD"),
    ("SUPERVISOR", False): (201, "ON_HOLD"),
    ("MANAGER", False): (201, "ON_HOLD"),
    ("ENGINEER", False): (201, "ON_HOLD"),
    ("PLATFORM", False): (201, "ON_HOLD"),
}


@pytest.fixture
def inspection(acme):
    with client_scope([acme]):
        return make_inspection(make_floor(acme), units_inspected=180, units_defective=9)


@pytest.mark.parametrize(("who", "expected"), INSPECTION_STATES.items(), ids=str)
def test_a_hold_from_an_inspection_is_prefilled(
    acme, inspection, member, platform_admin, signed_in, who, expected
):
    role, quality = who
    user = platform_admin if role == "PLATFORM" else member(acme, role=role, quality=quality)
    answer = post(signed_in(user), f"/api/v1/quality-inspections/{inspection.pk}/hold/")
    told = answer.json()
    assert (answer.status_code, told.get("state")) == expected
    if answer.status_code == 201:
        place = (told["work_order"], told["job"], told["line"], told["quantity"])
        assert place == (
            inspection.work_order.number, inspection.job.code, inspection.line.code, 9,
        )  # fmt: skip
        assert told["hold_reason"] == "QUALITY_ISSUE"
        with client_scope([acme]):
            assert WIPHold.objects.get(pk=told["id"]).requested_by == user


def test_a_hold_of_another_quantity_and_reason(acme, inspection, sonia):
    path = f"/api/v1/quality-inspections/{inspection.pk}/hold/"
    told = post(sonia, path, quantity=180, hold_reason="material_inspection").json()
    assert (told["quantity"], told["hold_reason"]) == (180, "MATERIAL_INSPECTION")
    refused = post(sonia, path, quantity=5000)
    assert (refused.status_code, list(refused.json())) == (400, ["quantity"])
    unknown = post(sonia, path, hold_reason="NOPE")
    assert unknown.json() == {"hold_reason": ["Unknown hold reason “NOPE”."]}


def test_an_inspection_without_order_holds_nothing(acme, sonia):
    with client_scope([acme]):
        row = make_inspection(make_floor(acme), work_order=None, job=None)
    answer = post(sonia, f"/api/v1/quality-inspections/{row.pk}/hold/")
    assert answer.json() == {
        "non_field_errors": ["This inspection names no order: there is nothing to hold."]
    }


def test_the_button_of_an_inspection(acme, inspection, member, signed_in):
    browser = signed_in(member(acme, role="OPERATOR", quality=True))
    page = browser.get(f"/admin/quality/qualityinspection/{inspection.pk}/change/")
    assert b'value="put_on_hold"' in page.content
    chosen = {"action": "put_on_hold", ACTION_CHECKBOX_NAME: [inspection.pk]}
    asked = browser.post("/admin/quality/qualityinspection/", chosen)
    assert (asked.status_code, b"reason_detail" in asked.content) == (200, True)
    done = browser.post(
        "/admin/quality/qualityinspection/",
        {**chosen, "answered": "yes", "quantity": "", "reason_detail": "stains"},
    )
    assert said(done) == [f"{inspection.job.code}: Quality issue: on hold."]
    with client_scope([acme]):
        row = WIPHold.objects.get()
    assert (row.state, row.quantity, row.reason_detail) == ("ON_HOLD", 9, "stains")


# -- admin -----------------------------------------------------------------------------------------


def act(browser: Any, action: str, *keys: int, **more: Any) -> Any:
    values = {"action": action, ACTION_CHECKBOX_NAME: keys, **more}
    return browser.post(LIST, values)


def buttons(browser: Any, row: WIPHold) -> list[str]:
    page = browser.get(f"{LIST}{row.pk}/change/")
    return [each.value for each in page.context_data.get("steps", [])]


def test_buttons_are_those_of_state_and_role(acme, order, member, signed_in):
    row = held(order)
    offered = {
        "VIEWER": None,
        "OPERATOR": ["request_resume"],
        "ENGINEER": ["request_resume", "resume"],
        "SUPERVISOR": ["request_resume", "resume", "scrap", "release"],
    }
    for role, expected in offered.items():
        browser = signed_in(member(acme, role=role))
        if expected is None:
            assert browser.get(f"{LIST}{row.pk}/change/").status_code == 403
        else:
            assert buttons(browser, row) == expected


def test_an_approval_in_two_taps(acme, order, sonia):
    row = held(order, state="PENDING_HOLD")
    assert buttons(sonia, row) == ["approve", "reject"]
    asked = act(sonia, "approve", row.pk)
    assert (asked.status_code, state(row)) == (200, ("PENDING_HOLD", "RECEIVED"))
    done = act(sonia, "approve", row.pk, answered="yes", note="")
    assert (done.status_code, said(done)) == (302, ["Approve: 1."])
    assert state(row) == ("ON_HOLD", "ON_HOLD")


def test_a_rejection_asks_for_the_note(order, sonia):
    row = held(order, state="PENDING_HOLD")
    asked = act(sonia, "reject", row.pk, answered="yes", note="")
    assert (asked.status_code, b"Give a note." in asked.content) == (200, True)
    act(sonia, "reject", row.pk, answered="yes", note="not needed")
    assert state(row) == ("CANCELLED", "RECEIVED")


def test_each_of_several_is_judged_on_its_own(acme, order, sonia):
    one, other = held(order), held(order, why="OTHER", state="PENDING_HOLD")
    done = act(sonia, "resume", one.pk, other.pk, answered="yes", note="")
    assert said(done) == [
        "WO-1: Other: Hold requested cannot become Resumed.",
        "Resume: 1.",
    ]


def test_only_the_requester_cancels(acme, order, sonia):
    row = held(order, state="PENDING_HOLD")
    done = act(sonia, "cancel", row.pk, answered="yes", note="")
    refusal = "Only the person who asked for this hold can cancel it."
    assert said(done) == [f"WO-1: Quality issue: {refusal}"]
    assert state(row) == ("PENDING_HOLD", "RECEIVED")


def test_scrap_offers_a_new_job(acme, sonia):
    with client_scope([acme]):
        floor = make_floor(acme)
        row = make_hold(floor.order, job=floor.job, quantity=12)
    done = act(sonia, "scrap", row.pk, answered="yes", note="")
    assert (
        f"/admin/plant/job/add/?work_order={floor.order.pk}&quantity=12&replaces={floor.job.pk}"
        in said(done)[0].replace("&amp;", "&")
    )


def test_the_form_makes_a_hold_and_shows_its_course(acme, order, sonia):
    with client_scope([acme]):
        job = make_job(order, code="J1")
        why = WIPHold._meta.get_field("hold_reason").remote_field.model.objects.get(code="OTHER")
    made = sonia.post(f"{LIST}add/", {
        "work_order": order.pk, "job": job.pk, "hold_reason": why.pk, "held_at_0": "2025-12-03",
        "held_at_1": "10:00:00", "location": "rack 4", "opened_for": "ACME",
    })  # fmt: skip
    assert made.status_code == 302
    with client_scope([acme]):
        row = WIPHold.objects.get()
    # Typed by the clock of the plant.
    assert (row.held_at, row.state, row.covers) == (at(3, "10:00"), "ON_HOLD", "JOB")
    page = sonia.get(f"{LIST}{row.pk}/change/")
    assert b"rack 4" in page.content
    assert b"On hold" in page.content
    with client_scope([acme]):
        assert WorkOrder.objects.get(pk=order.pk).status == "RECEIVED"


def test_who_only_asks_is_told_so(acme, order, member, signed_in):
    browser = signed_in(member(acme, role="OPERATOR"))
    made = browser.post(f"{LIST}add/", {
        "work_order": order.pk, "held_at_0": "2025-12-03", "held_at_1": "10:00:00",
        "opened_for": "ACME",
    })  # fmt: skip
    assert "The hold is requested. It counts once somebody approves it." in said(made)
