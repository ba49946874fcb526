"""An order without a date on the pages, in files and in the API: with the day that is inferred,
said to be so. It is Wednesday 10 December 2025."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client as Browser

from clients.models import Client
from clients.scope import client_scope
from plant.models import WorkOrder
from tests.dashboards.conftest import text
from tests.dashboards.orders import dec
from tests.imports.helpers import imported
from tests.plant.factories import make_order, make_standard
from tests.production.factories import Floor, make_floor

WORDS = "inferred: 250 h over a crew of 10 at 9 h a day, 3 working days from Wed 2025-12-03"
PERIOD = "from=2025-12-01&to=2025-12-31"
API = "/api/v1/work-orders/"


@pytest.fixture
def floor(acme: Client, acme_2: Client) -> Floor:
    """LATE since the 9th, NEXT due on the 11th, NEVER without a start; the other client has the
    same under other numbers."""
    with client_scope([acme_2]):
        fill(make_floor(acme_2), "THEIR-")
    with client_scope([acme]):
        made = make_floor(acme)
        fill(made)
    return made


def fill(floor: Floor, mark: str = "") -> None:
    WorkOrder.objects.filter(pk=floor.order.pk).update(status="CLOSED")
    make_standard(floor.client, line=floor.line)
    for number, start in (("LATE", dec(3)), ("NEXT", dec(8)), ("NEVER", None)):
        make_order(
            floor.client, number=mark + number, line=floor.line, planned_quantity=1000,
            planned_start_date=start,
        )  # fmt: skip


@pytest.fixture
def browser(floor: Floor, member: Callable[..., Any], signed_in: Callable[..., Browser]) -> Browser:
    return signed_in(member(floor.client, role="MANAGER"))


def numbers(browser: Browser, show: str) -> list[str]:
    page = browser.get(f"/orders/?client=ACME&show={show}")
    return [row.order.number for row in page.context["rows"]]


def order(floor: Floor, number: str = "LATE") -> WorkOrder:
    with client_scope([floor.client]):
        return WorkOrder.objects.get(number=number)


def page_of(browser: Browser, row: WorkOrder) -> str:
    return text(browser, f"/orders/{row.pk}/?client=ACME")


# -- pages ---------------------------------------------------------------------------------------


def test_lists_of_orders(browser: Browser) -> None:
    assert (numbers(browser, "late"), numbers(browser, "due7")) == (["LATE"], ["NEXT"])
    page = text(browser, "/orders/?client=ACME&show=late")
    assert 'Mon 2025-12-08</time></span> <span class="tag">inferred</span>' in page
    assert "2 days late" in page
    assert page.count("inferred") == 1
    assert "THEIR" not in text(browser, "/orders/?client=ACME&show=all")


def test_the_page_of_the_order_says_what_its_promise_follows_from(
    floor: Floor, browser: Browser
) -> None:
    assert WORDS in page_of(browser, order(floor))
    with client_scope([floor.client]):
        WorkOrder.objects.filter(number="LATE").update(promised_date=dec(20))
    assert "inferred" not in page_of(browser, order(floor))
    assert "no promise" in page_of(browser, order(floor, "NEVER"))


def test_days_of_the_plan_that_are_over(floor: Floor, browser: Browser) -> None:
    page = browser.get(f"/orders/{order(floor, 'NEXT').pk}/?client=ACME")
    # Of the 8th to the 11th, two are over.
    assert page.context["progress"].elapsed == 50


def test_deliveries_and_the_panel(browser: Browser) -> None:
    lists = browser.get(f"/delivery/?client=ACME&{PERIOD}").context["lists"]
    assert [[row.order.number for row in each.rows] for each in lists] == [["LATE"], [], ["NEXT"]]
    said = text(browser, f"/kpi/late_now/explain/?client=ACME&{PERIOD}")
    assert "1 of 2 orders has neither a promised nor a required date" in said
    assert "100 % of the rows are estimated; lowest confidence 0.5." in said
    assert "Built on inputs of low confidence." in said
    assert "THEIR" not in text(browser, f"/kpi/late_now/rows/?client=ACME&{PERIOD}")


# -- the ways in ---------------------------------------------------------------------------------


def test_the_api_tells_it_and_does_not_take_it(floor: Floor, browser: Browser) -> None:
    given = {
        "number": "NEW", "planned_quantity": 1000, "line": floor.line.code,
        "planned_start_date": "2025-12-03", "inferred_promise_date": "2025-12-24",
    }  # fmt: skip
    answer = browser.post(API, {**given, "client": "ACME"}, content_type="application/json")
    assert (answer.status_code, answer.json().get("inferred_promise_date")) == (201, "2025-12-08")
    row = f"{API}{answer.json()['id']}/"
    change = {"promised_date": "2025-12-20", "version": 1}
    changed = browser.patch(row, change, content_type="application/json")
    assert (changed.status_code, changed.json()["inferred_promise_date"]) == (200, None)


def test_the_bulk_call(floor: Floor, browser: Browser) -> None:
    rows = [
        {"number": f"B-{n}", "planned_quantity": 1000, "line": floor.line.code,
         "planned_start_date": "2025-12-03"}
        for n in (1, 2)
    ]  # fmt: skip
    answer = browser.post(
        f"{API}bulk/", {"rows": rows, "client": "ACME"}, content_type="application/json",
        headers={"Idempotency-Key": str(uuid.uuid4())},
    )  # fmt: skip
    assert answer.status_code == 201
    assert order(floor, "B-2").inferred_promise_date == dec(8)


def test_a_file(floor: Floor) -> None:
    head = "number,planned_quantity,line,planned_start_date"
    row = f"1000,{floor.line.code},2025-12-03"
    imported(floor.client, f"{head}\nF-1,{row}\nF-2,{row}\n", "work_order")
    assert order(floor, "F-2").inferred_promise_date == dec(8)
    imported(
        floor.client, f"{head},promised_date\nF-2,{row},2025-12-20\n", "work_order", update=True
    )
    assert (order(floor, "F-2").inferred_promise_date, order(floor, "F-2").promise) == (
        None, dec(20),
    )  # fmt: skip
