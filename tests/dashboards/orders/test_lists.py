"""The lists of orders: what stands on which, who reads the plan, and what the page costs."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext

from clients.models import Client
from clients.scope import client_scope
from plant.models import OrderTransition, WorkOrder
from tests.dashboards.conftest import text
from tests.dashboards.orders import EVERY, LISTS, Orders, dec, fill_orders
from tests.holds.factories import at

PAGE = "/orders/?client=ACME"
# Session, user and memberships, scope, counts, page, holds, output and the calendar.
STATEMENTS = 12


def numbers(browser: Browser, address: str) -> list[str]:
    answer = browser.get(address)
    assert answer.status_code == 200
    return sorted(row.order.number for row in answer.context["rows"])


@pytest.mark.parametrize("show", LISTS)
def test_each_list_holds_its_orders_and_its_tab_counts_them(
    orders: Orders, person: Any, show: str
) -> None:
    answer = person().get(f"{PAGE}&show={show}")
    assert sorted(row.order.number for row in answer.context["rows"]) == LISTS[show]
    counted = {tab.key: count for tab, count, _href, _open in answer.context["tabs"]}
    assert counted == {**{key: len(each) for key, each in LISTS.items()}, "all": None}


def test_the_page_opens_with_what_is_late_the_oldest_promise_first(person: Any) -> None:
    answer = person().get(PAGE)
    assert [row.order.number for row in answer.context["rows"]] == ["QUIET", "LATE"]
    assert [row.lateness for row in answer.context["rows"]] == ["2 days late", "1 day late"]


def test_all_orders_with_those_at_their_end(orders: Orders, person: Any) -> None:
    found = numbers(person(), f"{PAGE}&show=all")
    assert found == sorted([*EVERY, orders.floor.order.number])


def test_how_an_order_stands_to_its_promise(person: Any) -> None:
    rows = person().get(f"{PAGE}&show=all").context["rows"]
    words = {row.order.number: (row.lateness, row.band) for row in rows}
    assert words["TODAY"] == ("due today", "warning")
    assert words["HELD"] == ("in 2 days", "below_target")
    assert words["IN-TWO-WEEKS"] == ("in 14 days", "none")
    assert words["REST"] == ("rest: 5 days late", "warning")
    assert words["DONE"] == ("in time", "on_target")


# -- plan against actual -------------------------------------------------------------------------


def test_a_supervisor_reads_the_plan_against_the_actual(person: Any) -> None:
    """320 of 600 made; all eight planned days, 1 to 8 December, are over."""
    (row,) = person().get(f"{PAGE}&show=stalled").context["rows"]
    assert (row.progress.made, round(row.progress.share, 2)) == (320, Decimal("53.33"))
    assert (row.progress.elapsed, row.progress.is_behind) == (100, True)
    shown = text(person(), f"{PAGE}&show=stalled")
    assert "53.33 %" in shown
    assert "plan 100.00 %" in shown


@pytest.mark.parametrize("role", ["VIEWER", "OPERATOR"])
def test_nobody_below_a_supervisor_reads_the_plan(person: Any, role: str) -> None:
    shown = text(person(role), f"{PAGE}&show=stalled")
    assert "QUIET" in shown
    for hidden in ("Plan against actual", "53.33", "plan 100", ">Made", "320"):
        assert hidden not in shown


# -- what is held --------------------------------------------------------------------------------


def test_a_job_on_hold_makes_its_order_partly_held(person: Any) -> None:
    rows = person().get(f"{PAGE}&show=held").context["rows"]
    held = {row.order.number: (row.is_partly_held, row.status) for row in rows}
    assert held == {"HELD": (False, "On hold"), "PARTLY": (True, "Received")}
    shown = text(person(), f"{PAGE}&show=held")
    assert shown.count("partly held") == 1
    assert "Material inspection, since" in shown


# -- narrowing -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("status=ON_HOLD", ["HELD"]),
        ("priority=URGENT", ["LATE"]),
        ("q=late", ["LATE"]),
        ("q=po-7", ["LATE"]),
        ("q=100%25", ["LATE"]),
        ("q=%25", ["LATE"]),
        ("q=_", []),
        ("style=ACME-BOOT&q=to", ["TODAY"]),
        ("line=-", []),
    ],
)
def test_lists_are_narrowed_and_signs_are_taken_literally(
    person: Any, asked: str, found: list[str]
) -> None:
    assert numbers(person(), f"{PAGE}&show=all&{asked}") == found


def test_a_filter_without_hits_is_removable_and_says_nothing_of_other_rows(person: Any) -> None:
    shown = text(person(), f"{PAGE}&show=all&q=nowhere")
    assert "No order under these filters." in shown
    assert 'href="/orders/?client=ACME&amp;show=all">Search: nowhere' in shown


@pytest.mark.parametrize("show", ["rest", "held"])
def test_nothing_on_a_list_is_said_in_its_words(
    orders: Orders, person: Any, acme_2: Client, member: Any, signed_in: Any, show: str
) -> None:
    other = signed_in(member(acme_2))
    words = {"rest": "No rest of an order is overdue.", "held": "No order is held."}
    assert words[show] in text(other, f"/orders/?client=ACME-2&show={show}")
    assert words[show] not in text(person(), f"{PAGE}&show={show}")


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ("show=soon", "Unknown list “soon”."),
        ("sort=internal_notes", "Orders cannot be sorted by “internal_notes”."),
        ("status=LOST", "Unknown status “LOST”."),
        ("style=ZEBRA", "Unknown style “ZEBRA”."),
    ],
)
def test_what_cannot_be_read_is_said_in_a_sentence(person: Any, asked: str, sentence: str) -> None:
    assert sentence in text(person(), f"{PAGE}&{asked}", status=400)


def test_sorting_both_ways(person: Any) -> None:
    def order(sort: str) -> list[str]:
        rows = person().get(f"{PAGE}&show=due14&sort={sort}").context["rows"]
        return [row.order.number for row in rows]

    assert order("number") == ["HELD", "IN-TWO-WEEKS", "PARTLY", "TODAY"]
    assert order("-due") == ["IN-TWO-WEEKS", "PARTLY", "HELD", "TODAY"]


# -- a past day ----------------------------------------------------------------------------------


def test_a_past_day_shows_the_lists_as_they_stood_then(orders: Orders, person: Any) -> None:
    """On the 9th LATE was due that day; HELD stood since the 8th; DONE was closed on the 3rd."""
    with client_scope([orders.client]):
        _received(orders, "IN-TWO-WEEKS", 1)
        _received(orders, "HELD", 1)
        OrderTransition.objects.bulk_create(
            OrderTransition(
                client=orders.client, work_order=orders["DONE"], from_status=a, to_status=b, at=then
            )
            for a, b, then in (("", "RECEIVED", at(1)), ("RECEIVED", "CLOSED", at(3)))
        )
    browser = person()
    assert numbers(browser, f"{PAGE}&show=due14&as_of=2025-12-02") == ["DONE", "HELD"]
    rows = browser.get(f"{PAGE}&show=due14&as_of=2025-12-02").context["rows"]
    assert {row.order.number: row.status for row in rows} == {
        "DONE": "Received",
        "HELD": "Received",
    }
    assert numbers(browser, f"{PAGE}&show=all&as_of=2025-12-02") == ["DONE", "HELD", "IN-TWO-WEEKS"]
    assert "the end of Tue 2025-12-02" in text(browser, f"{PAGE}&as_of=2025-12-02")


def _received(orders: Orders, number: str, day: int) -> None:
    """The database noted the receipt today; this order came on that day."""
    OrderTransition.objects.bulk_create(
        [OrderTransition(
            client=orders.client, work_order=orders[number], to_status="RECEIVED", at=at(day)
        )]
    )  # fmt: skip


@pytest.mark.parametrize("page", ["orders", "delivery", "wip"])
def test_a_past_day_says_which_of_its_facts_are_todays(person: Any, page: str) -> None:
    browser = person()
    said = "Promised and required dates and the classes of delays are those of today"
    assert text(browser, f"/{page}/?client=ACME&as_of=2025-12-09").count(said) == 1
    assert said not in text(browser, f"/{page}/?client=ACME")


def test_sections_open_from_a_menu_without_script(person: Any) -> None:
    page = text(person(), PAGE)
    row, menu = (
        re.findall(r'<a href="([^"]+)"', part)
        for part in re.findall(r'<nav class="(?:bar-nav|menu-list)"[^>]*>(.*?)</nav>', page, re.S)
    )
    assert row == menu
    assert len(menu) == 12
    assert '<details class="menu bar-sections"><summary>Sections</summary>' in page


# -- walls and cost ------------------------------------------------------------------------------


def test_orders_of_another_client_are_on_no_list(
    orders: Orders, person: Any, acme_2: Client
) -> None:
    foreign = fill_orders(acme_2)
    with client_scope([acme_2]):
        foreign_number = "ZEBRA-ORDER"
        WorkOrder.objects.filter(pk=foreign["LATE"].pk).update(number=foreign_number)
    browser = person()
    for show in (*LISTS, "all"):
        assert foreign_number not in text(browser, f"{PAGE}&show={show}")
    assert browser.get("/orders/?client=ACME-2").status_code == 404
    assert [count for _t, count, _h, _o in browser.get(PAGE).context["tabs"]][:6] == [
        len(each) for each in LISTS.values()
    ]


def test_of_several_clients_one_is_chosen_first(
    orders: Orders, acme_2: Client, member: Any, signed_in: Any
) -> None:
    both = signed_in(member(orders.client, acme_2))
    shown = text(both, "/orders/")
    assert 'href="/orders/?client=ACME-2"' in shown
    assert "LATE" not in shown


def statements(browser: Browser, address: str) -> int:
    browser.get(address)
    with CaptureQueriesContext(connection) as queries:
        assert browser.get(address).status_code == 200
    return len(queries)


def test_the_page_costs_the_same_with_ten_thousand_orders(
    acme: Client, member: Any, signed_in: Any
) -> None:
    browser = signed_in(member(acme))
    with client_scope([acme]):
        rows = [_many(acme, number) for number in range(10_000)]
        WorkOrder.objects.bulk_create(rows[:1])
    few = {show: statements(browser, f"{PAGE}&show={show}") for show in ("late", "due7", "all")}
    with client_scope([acme]):
        WorkOrder.objects.bulk_create(rows[1:])
    many = {show: statements(browser, f"{PAGE}&show={show}") for show in ("late", "due7", "all")}
    assert few == many
    assert max(many.values()) <= STATEMENTS
    answer = browser.get(f"{PAGE}&show=all&page=200")
    assert answer.context["pager"]["text"] == "9,951–10,000 of 10,000 rows"
    assert len(answer.context["rows"]) == 50


def _many(client: Client, number: int) -> WorkOrder:
    return WorkOrder(
        client=client,
        number=f"MANY-{number:05}",
        planned_quantity=100,
        received_date=dec(1),
        promised_date=dec(1 + number % 28),
    )
