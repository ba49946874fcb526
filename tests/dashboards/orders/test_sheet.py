"""Many orders moved from the page of orders: ticked, looked at on a sheet, and saved once."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext

from clients.models import Client
from clients.scope import client_scope
from plant.models import OrderTransition, WorkOrder
from tests.dashboards.conftest import text
from tests.dashboards.orders import NOON, Orders, fill_orders

PAGE = "/orders/?client=ACME"
SHEET = "/orders/move/?client=ACME"
SAVE = "/orders/move/save/?client=ACME"


def statuses(client: Client, *numbers: str) -> list[str]:
    with client_scope([client]):
        found = dict(WorkOrder.objects.values_list("number", "status"))
    return [found[number] for number in numbers]


def keys(orders: Orders, *numbers: str) -> list[int]:
    return [orders[number].pk for number in numbers]


def sheet(browser: Browser, chosen: list[int], to: str = "RELEASED") -> str:
    asked = "".join(f"&pick={key}" for key in chosen)
    return text(browser, f"{SHEET}&become={to}{asked}")


def fields(page: str) -> dict[str, list[str]]:
    """What the form of the sheet sends, without a note."""
    form = page[page.index('action="/orders/move/save/') :].partition("</form>")[0]
    found: dict[str, list[str]] = {}
    for name, value in re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form):
        found.setdefault(name, []).append(value)
    return found


def said(answer: Any) -> list[str]:
    return [str(each) for each in answer.context["messages"]]


def test_the_sheet_names_every_order_and_the_save_moves_those_that_may(
    orders: Orders, person: Any
) -> None:
    browser = person(username="sonia")
    page = sheet(browser, keys(orders, "LATE", "TODAY", "DONE"))
    moving, _cut, staying = page.partition("These stay where they are")
    assert re.findall(r"<strong>([A-Z]+)</strong> <span>([^<]+)</span>", moving) == [
        ("LATE", "Received → Released"), ("TODAY", "Received → Released"),
    ]  # fmt: skip
    assert "Closed cannot become Released." in staying
    # Looking changes nothing.
    assert statuses(orders.client, "LATE", "TODAY") == ["RECEIVED", "RECEIVED"]
    answer = browser.post(SAVE, fields(page), follow=True)
    assert said(answer) == ["Orders moved to “Released”: 2."]
    assert statuses(orders.client, "LATE", "TODAY", "DONE") == ["RELEASED", "RELEASED", "CLOSED"]
    with client_scope([orders.client]):
        move = orders["LATE"].transitions.get(to_status="RELEASED")
        assert (move.source, move.by.username) == ("BULK", "sonia")


def test_an_order_changed_meanwhile_stays_and_the_others_move(orders: Orders, person: Any) -> None:
    browser = person()
    form = fields(sheet(browser, keys(orders, "LATE", "TODAY")))
    with client_scope([orders.client]):
        row = WorkOrder.objects.get(number="LATE")
        row.notes = "somebody wrote"
        row.save()
    (stale, moved) = said(browser.post(SAVE, form, follow=True))
    assert stale.startswith("LATE: This row was changed by")
    assert moved == "Orders moved to “Released”: 1."
    assert statuses(orders.client, "LATE", "TODAY") == ["RECEIVED", "RELEASED"]


def test_what_ends_orders_asks_for_a_reason(orders: Orders, person: Any) -> None:
    browser = person()
    page = sheet(browser, keys(orders, "LATE"), to="CANCELLED")
    assert re.search(r'<input id="sheet-note" name="note" maxlength="500" required>', page)
    form = fields(page)
    assert said(browser.post(SAVE, form, follow=True)) == ["LATE: Give a reason."]
    assert statuses(orders.client, "LATE") == ["RECEIVED"]
    browser.post(SAVE, {**form, "note": "Customer is gone"})
    assert statuses(orders.client, "LATE") == ["CANCELLED"]


def test_less_than_planned_is_said_on_the_sheet(orders: Orders, person: Any) -> None:
    page = sheet(person(), keys(orders, "QUIET"), to="COMPLETED")
    assert "Less than planned: 320 of 600 units." in page


@pytest.mark.parametrize("stranger", ["foreign", "40000000", "9" * 5000, "x", "-1"])
@pytest.mark.parametrize("ask", ["sheet", "save"])
def test_one_order_that_is_not_there_and_none_moves(
    orders: Orders, person: Any, acme_2: Client, ask: str, stranger: str
) -> None:
    foreign = fill_orders(acme_2)["LATE"]
    browser, own = person("MANAGER"), str(orders["LATE"].pk)
    key = str(foreign.pk) if stranger == "foreign" else stranger
    given = {"pick": [own, key], "become": "RELEASED"}
    answer = browser.get(SHEET, given) if ask == "sheet" else browser.post(SAVE, given)
    assert answer.status_code == 404
    assert statuses(orders.client, "LATE") == statuses(acme_2, "LATE") == ["RECEIVED"]


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"become": "RELEASED"}, "Tick at least one order."),
        ({"pick": "1"}, "Say where the orders are to go."),
        ({"pick": "1", "become": "ON_HOLD"}, "Say where the orders are to go."),
        ({"pick": [str(n) for n in range(1, 102)], "become": "RELEASED"},
         "Move at most 100 orders at once."),
        ({"pick": "1", "become": "RELEASED", "note": "x" * 501},
         "A note has at most 500 characters."),
    ],
)  # fmt: skip
def test_what_cannot_be_asked_is_said_on_the_list(
    person: Any, given: dict[str, Any], sentence: str
) -> None:
    browser, back = person(), "/orders/?client=ACME&show=all"
    for answer in (
        browser.get("/orders/move/", {"client": "ACME", "back": back, **given}, follow=True),
        browser.post(SAVE, {"back": back, **given}, follow=True),
    ):
        assert (answer.redirect_chain, said(answer)) == ([(back, 302)], [sentence])


def test_back_leads_nowhere_else(orders: Orders, person: Any) -> None:
    given = {"pick": keys(orders, "LATE"), "become": "RELEASED", "back": "https://evil.example/"}
    assert person().post(SAVE, given).headers["Location"] == "/orders/"
    page = person("MANAGER").get(SHEET, given).content.decode()
    assert re.findall(r'(?:href|name="back" value)="(https?:[^"]+)"', page) == []


@pytest.mark.parametrize(
    ("role", "status"), [("VIEWER", 403), ("OPERATOR", 403), ("ENGINEER", 302)]
)
def test_who_may_move_many(orders: Orders, person: Any, role: str, status: int) -> None:
    browser = person(role)
    ticks = text(browser, PAGE).count('type="checkbox" name="pick"')
    assert ticks == (2 if status == 302 else 0)
    given = {"pick": keys(orders, "LATE"), "become": "RELEASED"}
    assert browser.get(SHEET, given).status_code == (200 if status == 302 else 403)
    assert browser.post(SAVE, given).status_code == status
    expected = "RELEASED" if status == 302 else "RECEIVED"
    assert statuses(orders.client, "LATE") == [expected]


def test_the_role_in_the_orders_client_decides(
    orders: Orders, acme_2: Client, member: Any, signed_in: Any
) -> None:
    user = member(acme_2, role="MANAGER", username="twofold")
    user.memberships.create(client=orders.client, role="OPERATOR", valid=("2020-01-01", None))
    browser, given = signed_in(user), {"pick": keys(orders, "LATE"), "become": "RELEASED"}
    refusal = "Your role in this client does not allow this change."
    # A manager elsewhere, with and without saying whose order it is.
    assert browser.get(SHEET, {"client": "ACME", **given}).status_code == 403
    assert browser.post(SAVE, given).status_code == 403
    assert said(browser.post("/orders/move/save/", given, follow=True)) == [f"LATE: {refusal}"]
    assert statuses(orders.client, "LATE") == ["RECEIVED"]


def test_all_of_a_page_are_ticked_without_script(person: Any) -> None:
    browser = person()
    assert text(browser, PAGE).count(" checked>") == 0
    assert text(browser, f"{PAGE}&tick=all").count(" checked>") == 2


def test_of_a_past_day_nothing_is_moved(orders: Orders, person: Any) -> None:
    with client_scope([orders.client]):
        OrderTransition.objects.create(
            client=orders.client, work_order=orders["LATE"], to_status="RECEIVED",
            at=NOON - timedelta(days=5),
        )  # fmt: skip
    page = text(person(), f"{PAGE}&as_of=2025-12-09&show=all")
    assert f'href="/orders/{orders["LATE"].pk}/' in page
    assert 'name="pick"' not in page


@pytest.mark.parametrize(
    ("flow", "offered"),
    [
        ("STANDARD", ["RELEASED", "DEMOTED", "IN_PROGRESS", "COMPLETED", "SHIPPED", "CLOSED",
                      "REJECTED", "CANCELLED"]),
        ("SIMPLE", ["IN_PROGRESS", "COMPLETED", "CLOSED", "REJECTED", "CANCELLED"]),
        ("EXPRESS", ["COMPLETED", "REJECTED", "CANCELLED"]),
    ],
)  # fmt: skip
def test_the_flow_of_the_client_says_where_to(
    orders: Orders, person: Any, flow: str, offered: list[str]
) -> None:
    Client.unscoped.filter(pk=orders.client.pk).update(order_flow=flow)
    page = text(person(), PAGE)
    choice = page[page.index('name="become"') :].partition("</select>")[0]
    assert re.findall(r'value="([A-Z_]+)"', choice) == offered


def test_a_sheet_of_many_costs_the_statements_of_one(orders: Orders, person: Any) -> None:
    browser = person()
    everything = [row.pk for row in orders.by_number.values()]

    def cost(chosen: list[int], to: str) -> int:
        with CaptureQueriesContext(connection) as queries:
            sheet(browser, chosen, to)
        return len(queries)

    sheet(browser, everything)
    for to in ("RELEASED", "COMPLETED", "SHIPPED"):
        assert cost(everything[:1], to) == cost(everything, to)
