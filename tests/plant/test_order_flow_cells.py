"""Every move × flow × role over HTTP: what the table allows works, all else changes nothing."""

from __future__ import annotations

from typing import Any

import pytest

from clients.scope import client_scope
from plant.models import OrderTransition, WorkOrder
from tests.plant.factories import make_shipment
from tests.production.factories import make_entry, make_floor

LABELS = {
    "RECEIVED": "Received", "RELEASED": "Released", "DEMOTED": "Demoted",
    "IN_PROGRESS": "In progress", "ON_HOLD": "On hold", "COMPLETED": "Completed",
    "SHIPPED": "Shipped", "CLOSED": "Closed", "REJECTED": "Rejected", "CANCELLED": "Cancelled",
}  # fmt: skip
# Written by hand from the table of moves, on purpose not taken from the code.
IN_EVERY_FLOW = {
    "IN_PROGRESS": {"COMPLETED", "REJECTED", "CANCELLED"},
    "RECEIVED": {"CANCELLED"},
    "RELEASED": {"CANCELLED"},
    "DEMOTED": {"CANCELLED"},
    "ON_HOLD": {"CANCELLED"},
    "COMPLETED": {"REJECTED"},
}
OF_ONE_FLOW = {
    "STANDARD": {
        "RECEIVED": {"RELEASED"},
        "DEMOTED": {"RELEASED"},
        "RELEASED": {"DEMOTED", "IN_PROGRESS"},
        "COMPLETED": {"SHIPPED", "CLOSED"},
        "SHIPPED": {"CLOSED"},
    },
    "SIMPLE": {
        "RECEIVED": {"IN_PROGRESS"},
        "RELEASED": {"IN_PROGRESS"},
        "COMPLETED": {"CLOSED"},
        "SHIPPED": {"CLOSED"},
    },
    "EXPRESS": {"RECEIVED": {"COMPLETED"}},
}
CELLS = [(origin, to) for origin in LABELS for to in LABELS]
FLOWS = pytest.mark.parametrize("flow", OF_ONE_FLOW)


def allows(flow: str, origin: str, to: str) -> bool:
    return to in IN_EVERY_FLOW.get(origin, set()) | OF_ONE_FLOW[flow].get(origin, set())


@pytest.fixture
def order(acme: Any, member: Any) -> WorkOrder:
    """Everything the guards ask for is there: output, shipment, approval."""
    with client_scope([acme]):
        floor = make_floor(acme)
        make_entry(floor, total_units=600)
        make_shipment(floor.order, quantity=600)
        floor.order.approve_quality(by=member(acme))
    return floor.order


def put(order: WorkOrder, status: str) -> None:
    WorkOrder.objects.filter(pk=order.pk).update(
        status=status,
        status_before_hold="IN_PROGRESS" if status == "ON_HOLD" else "",
        rejection_reason="scratched" if status == "REJECTED" else "",
    )


def stored(order: WorkOrder) -> tuple[str, int]:
    row = WorkOrder.objects.get(pk=order.pk)
    return row.status, OrderTransition.objects.filter(work_order=order).count()


def asked(browser: Any, order: WorkOrder, **body: Any) -> Any:
    path = f"/api/v1/work-orders/{order.pk}/move/"
    return browser.post(path, body, content_type="application/json")


def walk(browser: Any, order: WorkOrder, flow: str, expected: Any) -> None:
    """Asks for every move and compares status, sentence and what is stored afterwards."""
    client, wrong = order.client, []
    client.order_flow, client.closure_trigger = flow, "MANUAL"
    client.save()
    for origin, to in CELLS:
        with client_scope([client]):
            put(order, origin)
            _, count = stored(order)
        answer = asked(browser, order, to=to, note="because")
        status, said, moves = expected(origin, to)
        with client_scope([client]):
            found = (answer.status_code, stored(order))
        if found != (status, (to if moves else origin, count + moves)) or said != sentence(answer):
            wrong.append((origin, to, found, sentence(answer)))
    assert wrong == []


def sentence(answer: Any) -> str:
    told = answer.json()
    return told.get("detail") or "".join(told.get("non_field_errors", []))


@FLOWS
@pytest.mark.parametrize("role", ["SUPERVISOR", "MANAGER", "ENGINEER"])
def test_who_plans_moves_along_the_table(acme, order, member, signed_in, flow, role):
    def expected(origin: str, to: str) -> tuple[int, str, bool]:
        if allows(flow, origin, to):
            return 200, "", True
        return 400, f"{LABELS[origin]} cannot become {LABELS[to]}.", False

    walk(signed_in(member(acme, role=role)), order, flow, expected)


@FLOWS
def test_a_platform_admin_moves_along_the_table(order, platform_admin, signed_in, flow):
    def expected(origin: str, to: str) -> tuple[int, str, bool]:
        if allows(flow, origin, to):
            return 200, "", True
        return 400, f"{LABELS[origin]} cannot become {LABELS[to]}.", False

    walk(signed_in(platform_admin), order, flow, expected)


@pytest.mark.parametrize(("role", "flags"), [("VIEWER", {}), ("OPERATOR", {"quality": True})])
def test_who_only_enters_or_looks_moves_nothing(acme, order, member, signed_in, role, flags):
    def expected(origin: str, to: str) -> tuple[int, str, bool]:
        return 403, "Your role does not allow this.", False

    walk(signed_in(member(acme, role=role, **flags)), order, "STANDARD", expected)


def test_a_supervisor_elsewhere_who_looks_on_here(acme, acme_2, order, member, signed_in):
    """The role in the client of the row decides, not the highest one."""
    user = member(acme_2, role="SUPERVISOR")
    user.memberships.create(client=acme, role="VIEWER", valid=("2020-01-01", None))

    def expected(origin: str, to: str) -> tuple[int, str, bool]:
        return 403, "Your role in this client does not allow this change.", False

    walk(signed_in(user), order, "STANDARD", expected)


def test_a_stranger_finds_no_order(acme_2, order, member, signed_in):
    def expected(origin: str, to: str) -> tuple[int, str, bool]:
        return 404, "Not found.", False

    walk(signed_in(member(acme_2)), order, "STANDARD", expected)


# -- QC approval and delays, by role ---------------------------------------------------------------

APPROVES = {
    ("VIEWER", False): 403, ("OPERATOR", False): 403, ("SUPERVISOR", False): 200,
    ("MANAGER", False): 200, ("ENGINEER", False): 403, ("OPERATOR", True): 200,
    ("ENGINEER", True): 200,
}  # fmt: skip


@pytest.mark.parametrize(("who", "status"), APPROVES.items(), ids=str)
def test_who_approves_quality(acme, order, member, signed_in, who, status):
    with client_scope([acme]):
        WorkOrder.objects.update(qc_approved_at=None, qc_approved_by=None)
    role, quality = who
    browser = signed_in(member(acme, role=role, quality=quality))
    answer = browser.post(
        f"/api/v1/work-orders/{order.pk}/qc-approve/", content_type="application/json"
    )
    assert answer.status_code == status
    with client_scope([acme]):
        assert (WorkOrder.objects.get().qc_approved_at is not None) == (status == 200)


CLASSIFIES = {"VIEWER": 403, "OPERATOR": 403, "SUPERVISOR": 200, "MANAGER": 200, "ENGINEER": 200}


@pytest.mark.parametrize(("role", "status"), CLASSIFIES.items())
def test_ac_07_who_classifies_a_delay(acme, order, member, signed_in, role, status):
    with client_scope([acme]):
        WorkOrder.objects.update(promised_date="2025-12-01")
    browser = signed_in(member(acme, role=role))
    path = f"/api/v1/work-orders/{order.pk}/classify-delay/"
    given = {"delay_class": "JUSTIFIED", "delay_reason": "CUSTOMER_REQUEST"}
    answer = browser.post(path, given, content_type="application/json")
    assert answer.status_code == status
    with client_scope([acme]):
        found = WorkOrder.objects.values_list("delay_class", "delay_reason").get()
    assert found == (("JUSTIFIED", "CUSTOMER_REQUEST") if status == 200 else ("", ""))
