"""The page of deliveries: on time by customer and style, delays, what is due, re-shuffles."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext

from clients.models import Client
from clients.scope import client_scope
from plant.models import OrderTransition, Style, WorkOrder
from tests.dashboards.conftest import text
from tests.dashboards.orders import NOON, dec
from tests.holds.factories import at
from tests.plant.factories import make_order, make_shipment, make_style

PAGE = "/delivery/?client=ACME&from=2025-12-01&to=2025-12-10"
STATEMENTS = 24


@pytest.fixture(autouse=True)
def clock() -> Iterator[None]:
    with time_machine.travel(NOON, tick=False):
        yield


def deliver(
    client: Client, customer: str, style: Style | None, day: int, **fields: Any
) -> WorkOrder:
    """An order of 100 units, promised for the 5th and shipped in full on that day."""
    given = {"planned_quantity": 100, "promised_date": dec(5), "received_date": dec(1)}
    row = make_order(client, customer_po=customer, style=style, **{**given, **fields})
    if day:
        make_shipment(row, shipped_date=dec(day), quantity=100)
    return row


@pytest.fixture
def ten(acme: Client) -> Client:
    """Six on time, two late and justified, one late and unjustified, one late and unclassified.
    BOOTS bought eight of them, SHOES two; all of SHOES were late."""
    with client_scope([acme]):
        tall, low = make_style(acme, code="ALTO"), make_style(acme, code="LOW")
        for _number in range(6):
            deliver(acme, "BOOTS", tall, 5)
        late = [deliver(acme, name, low, 7) for name in ("BOOTS", "BOOTS", "SHOES", "SHOES")]
        late[0].classify_delay("JUSTIFIED", reason="CUSTOMER_REQUEST")
        late[1].classify_delay("JUSTIFIED", reason="FORCE_MAJEURE")
        late[2].classify_delay("UNJUSTIFIED")
        next_one = deliver(acme, "BOOTS", tall, 0, number="NEXT", promised_date=dec(14))
        OrderTransition.objects.bulk_create(
            OrderTransition(
                client=acme, work_order=next_one, from_status="RELEASED", to_status="DEMOTED",
                at=at(day),
            )
            for day in (3, 4)
        )  # fmt: skip
    return acme


@pytest.fixture
def person(ten: Client, member: Any, signed_in: Any) -> Callable[..., Browser]:
    def sign_in(role: str = "SUPERVISOR") -> Browser:
        browser: Browser = signed_in(member(ten, role=role))
        return browser

    return sign_in


def shown(table: Any, heads: Any) -> dict[str, dict[str, str]]:
    """The figures of a table by row and key, in the order of its rows."""
    keys = [head.key for head in heads]
    return {
        row.name: {
            key: cell.figure.display for key, cell in zip(keys, row.cells, strict=True) if cell
        }
        for row in (*table.rows, table.total)
    }


def test_ac_07_gross_and_net_by_customer_the_most_late_first(person: Any) -> None:
    page = person().get(PAGE).context
    found = shown(page["tables"][0], page["heads"])
    assert list(found) == ["BOOTS", "SHOES", "In total"]
    assert {name: (each["otd"], each["otd_net"]) for name, each in found.items()} == {
        "BOOTS": ("75.00", "100.00"), "SHOES": ("0.00", "0.00"), "In total": ("60.00", "80.00"),
    }  # fmt: skip
    assert [each["orders_due"] for each in found.values()] == ["8", "2", "10"]


def test_by_style_with_true_otd_and_lead_time(person: Any) -> None:
    """Received on the 1st, shipped on the 5th and on the 7th: 4 and 6 days."""
    page = person().get(PAGE).context
    found = shown(page["tables"][1], page["heads"])
    assert [name.split()[0] for name in found] == ["LOW", "ALTO", "In"]
    assert [(each["true_otd"], each["lead_time"]) for each in found.values()] == [
        ("0.00", "6.0"), ("100.00", "4.0"), ("60.00", "4.8"),
    ]  # fmt: skip


def test_late_orders_by_class_and_reason(person: Any) -> None:
    delays = person().get(PAGE).context["delays"]
    assert [(each.kind, each.reason, each.orders, bool(each.href)) for each in delays] == [
        ("Justified", "Customer's request", 1, True),
        ("Justified", "Force majeure", 1, True),
        ("Not classified", "", 1, False),
        ("Unjustified", "", 1, True),
    ]


def test_a_class_opens_exactly_its_orders(person: Any) -> None:
    browser = person()
    for delay in browser.get(PAGE).context["delays"]:
        if delay.href:
            assert browser.get(delay.href).context["row_count"] == "1"


@pytest.mark.parametrize(
    ("mode", "keys"),
    [
        ("STANDARD", ["orders_due", "otd", "otd_net", "lead_time"]),
        ("TRUE", ["orders_due", "true_otd", "lead_time"]),
        ("BOTH", ["orders_due", "otd", "otd_net", "true_otd", "lead_time"]),
    ],
)
def test_the_client_chooses_which_figures_are_shown(
    ten: Client, person: Any, mode: str, keys: list[str]
) -> None:
    Client.unscoped.filter(pk=ten.pk).update(otd_mode=mode)
    page = person().get(PAGE)
    assert [head.key for head in page.context["heads"]] == keys
    tiles = {tile.key for tile in page.context["tiles"]}
    assert ("otd" in tiles, "true_otd" in tiles) == ("otd" in keys, "true_otd" in keys)
    assert ("On-time delivery (gross)" in page.content.decode()) is ("otd" in keys)


def test_what_is_late_and_what_is_due_next(ten: Client, person: Any) -> None:
    with client_scope([ten]):
        deliver(ten, "BOOTS", None, 0, number="OVERDUE")
    late, due7, due14 = person().get(PAGE).context["lists"]
    # With the four that left too late and are not closed; the number decides within a day.
    assert (late.count, late.rows[0].order.number) == (5, "OVERDUE")
    assert (due7.count, due14.count) == (1, 1)
    assert [row.order.number for row in due14.rows] == ["NEXT"]


def test_re_shuffled_orders_with_how_often(ten: Client, person: Any) -> None:
    browser = person()
    page = browser.get(PAGE)
    assert [(each.number, each.moves) for each in page.context["shuffled"]] == [("NEXT", 2)]
    assert browser.get(page.context["shuffled_href"]).context["row_count"] == "2"
    later = text(browser, "/delivery/?client=ACME&from=2025-12-05&to=2025-12-10")
    assert "No order was re-shuffled in this period." in later


@pytest.mark.parametrize(("role", "reads"), [("VIEWER", False), ("OPERATOR", False),
                                             ("SUPERVISOR", True), ("ENGINEER", True)])  # fmt: skip
def test_progress_against_the_plan_from_supervisor_on(person: Any, role: str, reads: bool) -> None:
    page = text(person(role), PAGE)
    assert "NEXT" in page
    assert ("Plan against actual" in page) is reads


def test_a_past_day_as_it_was_known_then(person: Any) -> None:
    """On the 6th the four that left on the 7th were overdue, and nobody had classified them."""
    page = person().get(f"{PAGE}&as_of=2025-12-06")
    found = shown(page.context["tables"][0], page.context["heads"])
    assert found["In total"]["otd"] == "60.00"
    assert found["In total"]["true_otd"] == "100.00"
    assert "as known at the end of" in page.content.decode()


def test_nothing_due_is_said_with_its_days(person: Any) -> None:
    page = text(person(), "/delivery/?client=ACME&from=2025-06-01&to=2025-06-02")
    assert "No order was due: Sun 2025-06-01 – Mon 2025-06-02." in page
    assert "By customer" not in page


def test_orders_of_another_client_are_nowhere(ten: Client, person: Any, acme_2: Client) -> None:
    with client_scope([acme_2]):
        deliver(acme_2, "ZEBRA-BUYER", make_style(acme_2, code="ZEBRA"), 9)
    page = text(person(), PAGE)
    assert "BOOTS" in page
    assert "ZEBRA" not in page
    assert person().get("/delivery/?client=ACME-2").status_code == 404


def test_the_page_costs_the_same_with_ten_thousand_orders(
    acme: Client, member: Any, signed_in: Any
) -> None:
    """Each order is a customer of its own; the twenty with the most late orders are shown."""
    browser = signed_in(member(acme))
    with client_scope([acme]):
        style = make_style(acme, code="ONE")
        rows = [
            WorkOrder(
                client=acme, number=f"N-{number:05}", customer_po=f"PO-{number:05}", style=style,
                planned_quantity=100, promised_date=dec(1 + number % 28), received_date=dec(1),
            )
            for number in range(10_000)
        ]  # fmt: skip
        WorkOrder.objects.bulk_create(rows[:1])
    few = _statements(browser)
    with client_scope([acme]):
        WorkOrder.objects.bulk_create(rows[1:])
    assert _statements(browser) == few
    assert few <= STATEMENTS
    customers = browser.get(PAGE).context["tables"][0]
    # Promised from the 1st to the 10th: 358 orders a day on days 1 to 4, 357 on the others.
    assert (len(customers.rows), customers.more) == (20, 4 * 358 + 6 * 357 - 357 - 20)


def _statements(browser: Browser) -> int:
    browser.get(PAGE)
    with CaptureQueriesContext(connection) as queries:
        assert browser.get(PAGE).status_code == 200
    return len(queries)
