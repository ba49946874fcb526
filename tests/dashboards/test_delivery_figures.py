"""Delivery on the screens: tiles, rows, the panel, the portfolio, and what they cost."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client as Browser

from clients.models import Client
from clients.scope import client_scope
from plant.models import Shipment, WorkOrder
from tests.dashboards.conftest import PERIOD, Plant
from tests.dashboards.test_walls import queries
from tests.plant.factories import make_order, make_shipment

DAYS = [datetime.date(2025, 12, day) for day in range(1, 10)]
LATE = {"planned_quantity": 100, "promised_date": DAYS[2]}


@pytest.fixture
def delivered(plant: Plant) -> Plant:
    """Three orders of 3 December: in time, late in part, not shipped."""
    with client_scope([plant.client]):
        make_shipment(
            make_order(plant.client, number="GOOD", **LATE), shipped_date=DAYS[2], quantity=100
        )
        make_shipment(
            make_order(plant.client, number="LATE", **LATE), shipped_date=DAYS[4], quantity=40
        )
        make_order(plant.client, number="NONE", customer_po="PO 7", **LATE)
    return plant


def tiles(browser: Browser, address: str) -> dict[str, Any]:
    page = browser.get(address)
    assert page.status_code == 200
    return {tile.key: tile for _name, _label, row in page.context["questions"] for tile in row}


def overview(browser: Browser, more: str = "") -> dict[str, Any]:
    return tiles(browser, f"/overview/?client=ACME&{PERIOD}{more}")


def test_tiles_of_delivery(viewer: Browser, delivered: Plant) -> None:
    found = overview(viewer)

    shown = {key: found[key].value for key in ("otd", "true_otd", "late_now", "demotions")}
    assert shown == {"otd": "33.33", "true_otd": "100.00", "late_now": "2", "demotions": "0"}
    assert found["otd"].band == "critical"


@pytest.mark.parametrize(
    ("mode", "shown"),
    [("STANDARD", {"otd"}), ("TRUE", {"true_otd"}), ("BOTH", {"otd", "true_otd"})],
)
def test_the_client_chooses_which_figure_is_shown(
    viewer: Browser, delivered: Plant, mode: str, shown: set[str]
) -> None:
    Client.unscoped.filter(pk=delivered.client.pk).update(otd_mode=mode)

    page = viewer.get(f"/overview/?client=ACME&{PERIOD}")
    keys = {tile.key for _name, _label, row in page.context["questions"] for tile in row}
    assert keys & {"otd", "true_otd"} == shown
    assert ("On-time delivery (gross)" in page.content.decode()) is ("otd" in shown)


def test_orders_are_of_no_shift(viewer: Browser, delivered: Plant) -> None:
    assert "otd" in overview(viewer)
    assert not {"otd", "late_now", "demotions"} & set(overview(viewer, "&shift_kind=STANDARD"))


def test_late_orders_stand_among_the_exceptions(viewer: Browser, delivered: Plant) -> None:
    page = viewer.get(f"/overview/?client=ACME&{PERIOD}")
    words = [remark.words for remark in (*page.context["remarks"], *page.context["more_remarks"])]
    assert "2 orders are late" in words


def test_a_past_day_on_the_overview(viewer: Browser, delivered: Plant) -> None:
    found = overview(viewer, "&as_of=2025-12-03")
    assert (found["otd"].value, found["late_now"].value) == ("100.00", "0")


@pytest.mark.parametrize(
    "key", ["otd", "otd_net", "true_otd", "otd_controlled", "lead_time", "demotions", "late_now"]
)
@pytest.mark.parametrize("page", ["", "explain/", "rows/"])
def test_every_figure_has_its_pages(viewer: Browser, delivered: Plant, key: str, page: str) -> None:
    assert viewer.get(f"/kpi/{key}/{page}?{delivered.address}").status_code == 200
    assert viewer.get(
        f"/kpi/{key}/{page}?{delivered.address}&as_of=2025-12-05"
    ).status_code == 200  # fmt: skip


def test_the_rows_are_the_orders(viewer: Browser, delivered: Plant) -> None:
    page = viewer.get(f"/kpi/otd/rows/?{delivered.address}&measure=orders_due").content.decode()
    assert [number for number in ("GOOD", "LATE", "NONE") if number in page] == [
        "GOOD", "LATE", "NONE",
    ]  # fmt: skip
    page = viewer.get(f"/kpi/otd/rows/?{delivered.address}&measure=orders_on_time").content.decode()
    assert [number for number in ("GOOD", "LATE", "NONE") if number in page] == ["GOOD"]


def test_the_panel_names_rules_and_words(viewer: Browser, delivered: Plant) -> None:
    page = viewer.get(f"/kpi/otd/explain/?{delivered.address}").content.decode()
    assert "orders on time ÷ orders due" in page
    words = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))
    assert "1 ÷ 3 = 33.33 %" in words
    assert "with 95 % certainty between 6.15 and 79.23 %" in words


def test_by_the_customers_order(viewer: Browser, delivered: Plant) -> None:
    address = f"/kpi/otd/?{delivered.address}&by=customer"
    assert "PO 7" in viewer.get(address).content.decode()
    filtered = viewer.get(f"/kpi/otd/?{delivered.address}&customer=PO+7")
    assert filtered.context["figure"].value == 0
    nobody = viewer.get(f"/kpi/otd/?{delivered.address}&customer=PO+8")
    assert nobody.context["figure"].reason == "No order was due."


def test_the_portfolio_shows_what_each_client_is_judged_by(
    delivered: Plant, other: Plant, member: Callable[..., Any], signed_in: Callable[..., Browser]
) -> None:
    Client.unscoped.filter(pk=delivered.client.pk).update(otd_mode="TRUE")
    with client_scope([other.client]):
        make_order(other.client, **LATE)
    browser = signed_in(member(delivered.client, other.client, role="MANAGER"))

    page = browser.get(f"/?{PERIOD}&sort=otd")
    rows = {row.client.code: row.figure("otd") for row in page.context["rows"]}
    assert {code: (each.key, each.display) for code, each in rows.items()} == {
        "ACME": ("true_otd", "100.00"), "ACME-2": ("otd", "0.00"),
    }  # fmt: skip


@pytest.mark.parametrize("address", ["/overview/", "/kpi/otd/", "/kpi/otd/rows/"])
def test_ten_thousand_orders_cost_the_queries_of_one(
    viewer: Browser, delivered: Plant, address: str
) -> None:
    address = f"{address}?{delivered.address}"
    viewer.get(address)
    few = queries(viewer, address)
    with client_scope([delivered.client]):
        many = WorkOrder.objects.bulk_create(
            WorkOrder(client=delivered.client, number=f"MANY-{number}", **LATE)
            for number in range(10_000)
        )
        Shipment.objects.bulk_create(
            Shipment(client=delivered.client, work_order=each, shipped_date=DAYS[1], quantity=60)
            for each in many[::2]
        )
    assert queries(viewer, address) == few
    assert few <= 15
