"""One order: its course, what may be done, by whom, and the sentences of what may not."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext

from clients.models import Client, Membership
from clients.scope import client_scope
from plant.models import OrderTransition, WorkOrder
from tests.dashboards.conftest import text
from tests.dashboards.orders import Orders, dec, fill_orders
from tests.holds.factories import at, make_hold
from tests.plant.factories import make_job, make_shipment
from tests.production.factories import make_entry

STATEMENTS = 19


def stored(orders: Orders, number: str) -> WorkOrder:
    with client_scope([orders.client]):
        return WorkOrder.objects.get(pk=orders[number].pk)


def sent(browser: Browser, orders: Orders, number: str, verb: str, **values: Any) -> list[str]:
    """The form of the page, and what the page says then."""
    given = {"version": stored(orders, number).version, **values}
    answer = browser.post(orders.address(number, verb), given, follow=True)
    assert answer.redirect_chain == [(orders.address(number), 302)]
    return [str(each) for each in answer.context["messages"]]


# -- what is told --------------------------------------------------------------------------------


def told(browser: Browser, orders: Orders, number: str) -> list[tuple[str, str]]:
    events = browser.get(orders.address(number)).context["events"]
    return [(str(event.on), event.words) for event in events]


def test_the_course_tells_production_shipments_promises_and_status(
    orders: Orders, person: Any
) -> None:
    with client_scope([orders.client]):
        order = orders["QUIET"]
        make_shipment(order, shipped_date=dec(9), quantity=300, reference="TRUCK-1",
                      received_date=dec(10))  # fmt: skip
        WorkOrder.objects.filter(pk=order.pk).update(promised_date=dec(12))
    found = told(person(), orders, "QUIET")
    assert ("2025-12-02", "320 units made") in found
    assert ("2025-12-09", "300 units shipped") in found
    assert ("2025-12-10", "300 units received by the customer") in found
    # What the database writes bears the database's own time.
    words = [words for _on, words in found]
    assert "Promised for Mon 2025-12-08" in words
    assert "Promise moved from Mon 2025-12-08 to Fri 2025-12-12" in words
    assert "Released → In progress" in words
    assert found == sorted(found, key=lambda each: each[0], reverse=True)


def test_the_course_tells_holds_and_who_decided(orders: Orders, person: Any) -> None:
    shown = text(person(), orders.address("HELD"))
    assert "Quality issue" in shown
    assert "Colour off" in shown
    assert ("2025-12-08", "On hold") in told(person(), orders, "HELD")
    assert "partly held" not in shown
    assert "partly held" in text(person(), orders.address("PARTLY"))


def test_a_first_promise_stays_readable(orders: Orders, person: Any) -> None:
    with client_scope([orders.client]):
        WorkOrder.objects.filter(pk=orders["TODAY"].pk).update(promised_date=dec(20))
    assert "first promised for" in text(person(), orders.address("TODAY"))
    assert "first promised for" not in text(person(), orders.address("LATE"))


def test_jobs_and_progress_for_a_supervisor_and_not_below(orders: Orders, person: Any) -> None:
    with client_scope([orders.client]):
        job = make_job(orders["QUIET"], code="QUIET-A", quantity=400, part=orders.floor.part)
        make_entry(orders.floor, work_order=orders["QUIET"], job=job, shift_date=dec(3),
                   total_units=80)  # fmt: skip
    page = person().get(orders.address("QUIET"))
    (line,) = page.context["jobs"]
    assert (line.made, line.share) == (400, 100)
    assert round(page.context["progress"].share, 2) == Decimal("66.67")
    for role in ("VIEWER", "OPERATOR"):
        shown = text(person(role), orders.address("QUIET"))
        assert "QUIET-A" in shown
        for hidden in ("Plan against actual", "320 units", "units made", "66.67"):
            assert hidden not in shown


def test_active_and_held_days_of_each_job(orders: Orders, person: Any) -> None:
    """Since 2 December, today the 10th: nine days, less those held, each day once."""
    with client_scope([orders.client]):
        order = orders["QUIET"]
        first = make_job(order, code="QUIET-A", quantity=300)
        make_job(order, code="QUIET-B", quantity=300)
        ended: dict[str, Any] = {"state": "RESUMED"}
        make_hold(order, job=first, held_at=at(4), ended_at=at(6), **ended)
        make_hold(order, held_at=at(5), ended_at=at(8), **ended)
        make_hold(order, "OTHER", job=first, quantity=9, held_at=at(3))
        make_job(orders["LATE"], code="LATE-A", quantity=600)
    jobs = person().get(orders.address("QUIET")).context["jobs"]
    assert [(each.job.code, each.age, each.held) for each in jobs] == [
        ("QUIET-A", 5, 4), ("QUIET-B", 6, 3),
    ]  # fmt: skip
    (waiting,) = person("VIEWER").get(orders.address("LATE")).context["jobs"]
    assert (waiting.age, waiting.held) == (None, None)


def test_the_days_of_a_made_order_are_final(orders: Orders, person: Any) -> None:
    with client_scope([orders.client]):
        job = make_job(orders["QUIET"], code="QUIET-A", quantity=600)
        stored(orders, "QUIET").move("COMPLETED", by=None)
        WorkOrder.objects.filter(pk=orders["QUIET"].pk).update(completed_date=dec(6))
    (line,) = person().get(orders.address("QUIET")).context["jobs"]
    assert (line.job, line.age, line.held) == (job, 5, 0)


def test_a_viewer_reads_no_names(orders: Orders, person: Any) -> None:
    supervisor = person("SUPERVISOR", username="supervisora")
    sent(supervisor, orders, "LATE", "move", to="RELEASED", note="start it")
    assert "supervisora" in text(person("OPERATOR"), orders.address("LATE"))
    shown = text(person("VIEWER"), orders.address("LATE"))
    assert "start it" in shown
    assert "supervisora" not in shown


# -- what may be done ----------------------------------------------------------------------------


def test_a_move_takes_two_taps_and_is_logged(orders: Orders, person: Any) -> None:
    browser = person("SUPERVISOR", username="mover")
    shown = text(browser, orders.address("LATE"))
    assert 'name="to" value="RELEASED"' in shown
    assert "Yes: Released" in shown
    assert sent(browser, orders, "LATE", "move", to="RELEASED", note="go") == [
        "Order LATE is released."
    ]
    assert stored(orders, "LATE").status == "RELEASED"
    with client_scope([orders.client]):
        row: Any = OrderTransition.objects.filter(work_order=orders["LATE"]).last()
    assert (row.from_status, row.to_status, row.source, row.note, row.by.username) == (
        "RECEIVED", "RELEASED", "MANUAL", "go", "mover",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("number", "asked", "sentence"),
    [
        ("LATE", {"to": "CLOSED"}, "Received cannot become Closed."),
        ("LATE", {"to": "CANCELLED"}, "Give a reason."),
        ("LATE", {"to": "ON_HOLD"},
         "Select a valid choice. ON_HOLD is not one of the available choices."),
        ("DONE", {"to": "RELEASED"}, "Closed cannot become Released."),
    ],
)  # fmt: skip
def test_a_refused_move_says_why_and_changes_nothing(
    orders: Orders, person: Any, number: str, asked: dict[str, str], sentence: str
) -> None:
    before = stored(orders, number).status
    assert sent(person(), orders, number, "move", **asked) == [sentence]
    assert stored(orders, number).status == before


def test_a_step_that_cannot_be_taken_now_says_why_beforehand(orders: Orders, person: Any) -> None:
    with client_scope([orders.client]):
        order = stored(orders, "QUIET")
        order.move("COMPLETED", by=None)
    steps = {step.to: step.refusal for step in _steps(person(), orders, "QUIET")}
    assert steps == {"SHIPPED": "QC approval is missing.", "CLOSED": "", "REJECTED": ""}


def _steps(browser: Browser, orders: Orders, number: str) -> list[Any]:
    steps: list[Any] = browser.get(orders.address(number)).context["steps"]
    return steps


def test_less_than_planned_is_said_before_and_after_completing(orders: Orders, person: Any) -> None:
    browser, sentence = person(), "Less than planned: 320 of 600 units."
    assert sentence in text(browser, orders.address("QUIET"))
    said = sent(browser, orders, "QUIET", "move", to="COMPLETED")
    assert said == [sentence, "Order QUIET is completed."]


def test_who_read_an_older_version_changes_nothing(orders: Orders, person: Any) -> None:
    first, second = person("SUPERVISOR", username="first"), person("MANAGER")
    seen = stored(orders, "LATE").version
    sent(first, orders, "LATE", "move", to="RELEASED")
    said = sent(second, orders, "LATE", "move", to="CANCELLED", note="no", version=seen)
    (sentence,) = said
    assert sentence.startswith("This row was changed by first at ")
    assert sentence.endswith("Compare and save again.")
    assert stored(orders, "LATE").status == "RELEASED"


def test_quality_is_approved_by_the_eye_for_quality(orders: Orders, person: Any) -> None:
    browser = person("OPERATOR", quality=True, username="inspector")
    assert "Approve the quality" in text(browser, orders.address("QUIET"))
    said = sent(browser, orders, "QUIET", "approve")
    assert said == ["The quality of order QUIET is approved."]
    assert str(stored(orders, "QUIET").qc_approved_by) == "inspector"
    assert "QC approval given" in [words for _on, words in told(browser, orders, "QUIET")]
    assert "Approve the quality" not in text(browser, orders.address("QUIET"))


def test_a_late_order_is_classified_and_one_in_time_is_not(orders: Orders, person: Any) -> None:
    browser = person()
    why = {"delay_class": "JUSTIFIED", "delay_reason": "FORCE_MAJEURE"}
    assert "Classify the delay" in text(browser, orders.address("LATE"))
    assert "Classify the delay" not in text(browser, orders.address("TODAY"))
    assert sent(browser, orders, "TODAY", "classify", **why) == ["This order is not late."]
    assert sent(browser, orders, "LATE", "classify", **why) == [
        "The delay of order LATE is classified."
    ]
    assert "Justified, Force majeure" in text(browser, orders.address("LATE"))
    assert sent(browser, orders, "LATE", "classify") == [
        "The delay of order LATE is no longer classified."
    ]
    assert (stored(orders, "LATE").delay_class, stored(orders, "LATE").delay_reason) == ("", "")


@pytest.mark.parametrize(
    ("role", "verb", "status"),
    [
        ("VIEWER", "move", 403),
        ("VIEWER", "approve", 403),
        ("VIEWER", "classify", 403),
        ("OPERATOR", "move", 403),
        ("OPERATOR", "approve", 403),
        ("OPERATOR", "classify", 403),
        ("ENGINEER", "approve", 403),
        ("ENGINEER", "move", 302),
        ("SUPERVISOR", "classify", 302),
        ("MANAGER", "approve", 302),
    ],
)
def test_who_may_do_what(orders: Orders, person: Any, role: str, verb: str, status: int) -> None:
    values = {"to": "RELEASED", "version": stored(orders, "LATE").version}
    assert person(role).post(orders.address("LATE", verb), values).status_code == status
    moved = verb == "move" and status == 302
    assert stored(orders, "LATE").status == ("RELEASED" if moved else "RECEIVED")


@pytest.mark.parametrize("role", ["VIEWER", "OPERATOR"])
def test_who_may_not_move_sees_no_buttons(orders: Orders, person: Any, role: str) -> None:
    shown = text(person(role), orders.address("LATE"))
    for hidden in ("What may be done now", "/move/", "Record a shipment"):
        assert hidden not in shown
    assert ("Ask for a hold" in shown) is (role == "OPERATOR")


# -- walls and cost ------------------------------------------------------------------------------


@pytest.mark.parametrize("verb", ["", "move", "approve", "classify"])
def test_a_foreign_order_is_like_one_that_is_not_there(
    orders: Orders, person: Any, acme_2: Client, verb: str
) -> None:
    foreign = fill_orders(acme_2)["LATE"]
    browser, tail = person("MANAGER"), f"{verb}/" if verb else ""
    ask = browser.post if verb else browser.get
    answers = [ask(f"/orders/{pk}/{tail}") for pk in (foreign.pk, 40_000_000, 2**70)]
    assert [answer.status_code for answer in answers] == [404, 404, 404]
    assert answers[0].content.count(b"csrf") == answers[1].content.count(b"csrf")
    with client_scope([acme_2]):
        assert WorkOrder.objects.get(pk=foreign.pk).status == "RECEIVED"


def test_the_role_in_the_orders_client_decides(
    orders: Orders, acme_2: Client, member: Any, signed_in: Any
) -> None:
    user = member(acme_2, role="MANAGER", username="twofold")
    Membership.objects.create(
        user=user, client=orders.client, role="OPERATOR", valid=(dec(1), None)
    )
    values = {"to": "RELEASED", "version": stored(orders, "LATE").version}
    browser = signed_in(user)
    # As a manager elsewhere, with and without saying whose order it is.
    for address in (orders.address("LATE", "move"), f"/orders/{orders['LATE'].pk}/move/"):
        assert browser.post(address, values).status_code == 403
    assert "What may be done now" not in text(browser, orders.address("LATE"))
    assert stored(orders, "LATE").status == "RECEIVED"


def test_the_page_costs_the_same_with_a_long_course(orders: Orders, person: Any) -> None:
    browser = person()

    def cost() -> int:
        browser.get(orders.address("QUIET"))
        with CaptureQueriesContext(connection) as queries:
            assert browser.get(orders.address("QUIET")).status_code == 200
        return len(queries)

    with client_scope([orders.client]):
        make_shipment(orders["QUIET"], shipped_date=dec(9), quantity=1)
        make_job(orders["QUIET"], quantity=600)
    few = cost()
    with client_scope([orders.client]):
        for _number in range(8):
            make_shipment(orders["QUIET"], shipped_date=dec(9), quantity=2)
        stored(orders, "QUIET").move("COMPLETED", by=None)
        stored(orders, "QUIET").move("REJECTED", by=None, note="torn")
    assert few == cost()
    assert few <= STATEMENTS
