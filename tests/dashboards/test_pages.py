"""What each page shows of three days worked out by hand."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable
from dataclasses import replace
from html import unescape
from typing import Any

import pytest
from django.db.models import F
from django.test import Client as Browser
from django.utils import timezone

from clients.models import Client
from clients.roles import Role
from clients.scope import client_scope
from kpis.registry import catalogue
from plant.models import Line
from tests.dashboards.conftest import DAYS, PERIOD, Plant, text
from tests.kpis.factories import agreed, make_inspection, make_stop, make_target
from tests.plant.factories import make_job, make_line, make_order, make_part
from tests.production.factories import make_entry

PAGES = [
    "/overview/?",
    "/kpi/?",
    "/kpi/oee/?",
    "/kpi/oee/explain/?",
    "/kpi/oee/rows/?",
    "/kpi/rty/?",
    "/kpi/sigma/rows/?",
    "/kpi/mtbf/?",
    "/kpi/lost_minutes/?",
    "/kpi/total_units/explain/?",
]


def tile(page: str, key: str) -> str:
    found = re.search(rf'id="tile-{key}">.*?</article>', page, re.S)
    assert found, key
    return found[0]


# -- the same value everywhere -------------------------------------------------------------------


def test_tile_kpi_page_panel_and_rows_say_the_same(viewer: Browser, plant: Plant) -> None:
    assert "84.44" in tile(text(viewer, f"/overview/?{plant.address}"), "oee")
    arithmetic = "90.00 % × 98.77 % × 95.00 % = 84.44 %"
    assert arithmetic in text(viewer, f"/kpi/oee/?{plant.address}")
    assert arithmetic in text(viewer, f"/kpi/oee/explain/?{plant.address}")
    assert arithmetic in text(viewer, f"/kpi/oee/rows/?{plant.address}")


def test_rows_add_up_to_numerator_and_denominator(viewer: Browser, plant: Plant) -> None:
    page = text(viewer, f"/kpi/availability/rows/?{plant.address}&measure=lost_minutes")
    assert "1,458 min ÷ 1,620 min = 90.00 %" in page
    assert "Sum of all 6 rows" in page
    amounts = re.findall(r'<td class="num">(24|30)</td></tr>', page)
    assert sum(map(int, amounts)) == 162
    assert '<td class="num">162</td></tr></tfoot>' in page


def test_the_formula_says_its_factor(viewer: Browser, plant: Plant) -> None:
    page = text(viewer, f"/kpi/performance/explain/?{plant.address}")
    assert "60 × 24 h ÷ 1,458 min = 98.77 %" in page
    assert "PRI × PQ ÷ APT" in page
    page = text(viewer, f"/kpi/ppm/explain/?{plant.address}")
    assert "1,000,000 × 48 units ÷ 960 units = 50,000 ppm" in page


def test_few_units_come_with_their_interval(viewer: Browser, plant: Plant) -> None:
    page = text(viewer, "/kpi/fpy/explain/?client=ACME&from=2025-12-02&to=2025-12-02")
    assert "between 92.03 and 96.90 %" in page


def test_the_panel_is_a_part_of_the_page(viewer: Browser, plant: Plant) -> None:
    address = f"/kpi/fpy/explain/?{plant.address}"
    part = viewer.get(address, headers={"HX-Request": "true"}).content.decode()
    assert part.lstrip().startswith("<div data-panel-part>")
    assert "<html" not in part
    assert "912 units ÷ 960 units" in part.replace("\u00a0", " ")


# -- targets, bands, changes ---------------------------------------------------------------------


def test_band_target_and_change_follow_the_kpi(viewer: Browser, plant: Plant) -> None:
    with client_scope([plant.client]):
        make_target(plant.client, "oee", "85", "80", "60")
        make_inspection(plant.floor, 100, 99, 1, shift_date=plant_day(-1))
    page = text(viewer, f"/overview/?{plant.address}")
    assert "below target" in tile(page, "oee")
    assert "target 85.00 %" in tile(page, "oee")
    # One day before: 10,000 ppm; now 50,000. More defects are worse, whatever the sign.
    assert "+40,000 worse" in re.sub(r"<[^>]+>", "", tile(page, "ppm"))
    assert 'class="change-worse nowrap">+40,000' in tile(page, "ppm")


def test_more_output_is_neither_better_nor_worse(viewer: Browser, plant: Plant) -> None:
    with client_scope([plant.client]):
        make_entry(plant.floor, shift_date=plant_day(-1), total_units=100)
    page = text(viewer, f"/overview/?{plant.address}")
    assert 'class="change-neutral nowrap">+860 </span>' in tile(page, "total_units")


def test_a_rule_of_the_contract_is_said_in_words(viewer: Browser, plant: Plant) -> None:
    with client_scope([plant.client]):
        agreed(plant.client, "setup_treatment", "LEAVES_PLAN", first="2025-12-01")
    page = text(viewer, f"/kpi/availability/explain/?{plant.address}")
    assert "Set-ups: leave the planned time from 2025-12-01" in page


def test_without_a_plan_nothing_is_called_missing_on_the_floor(
    viewer: Browser, plant: Plant
) -> None:
    shown = tile(text(viewer, f"/overview/?{plant.address}"), "plan_attainment")
    assert '<span class="value nothing-missing" title="No plan was set.">n/a</span>' in shown


def plant_day(after: int) -> datetime.date:
    return datetime.date(2025, 12, 2) + datetime.timedelta(days=after)


def test_target_steps_and_source_are_told(viewer: Browser, plant: Plant) -> None:
    with client_scope([plant.client]):
        make_target(plant.client, "fpy", "96", "90", "80", first="2025-12-03")
    page = text(viewer, f"/kpi/fpy/?{plant.address}")
    assert "target 96.00 %" in page
    assert "Set for this client." in page
    assert "Valid from" in page
    assert "2025-12-03" in page


def test_contract_and_iso_stand_side_by_side(viewer: Browser, plant: Plant) -> None:
    with client_scope([plant.client]):
        agreed(plant.client, "yield_rule", "REWORK_AS_GOOD")
    page = text(viewer, f"/kpi/fpy/?{plant.address}")
    assert "95.00 % by ISO 22400-2, 98.13 % by contract: difference −3.13" in page


# -- three kinds of nothing ----------------------------------------------------------------------


def test_a_silent_line_stays_visible(viewer: Browser, plant: Plant) -> None:
    page = text(viewer, f"/overview/?{plant.address}")
    assert re.search(r"SILENT.*?nothing-recorded.*?None recorded in this period", page, re.S)


def test_a_void_line_stays_visible_as_long_as_it_has_rows(viewer: Browser, plant: Plant) -> None:
    code = plant.floor.line.code
    with client_scope([plant.client]):
        Line.objects.update(voided_at=timezone.now(), void_reason="rebuilt")
    page = text(viewer, f"/overview/?{plant.address}")
    assert "Spare line" not in page
    (address,) = set(re.findall(rf'"(/kpi/availability/\?[^"]*line={code})"', page))
    assert "1,458 min ÷ 1,620 min = 90.00 %" in text(viewer, unescape(address))


def test_days_without_work_are_not_called_missing(viewer: Browser, plant: Plant) -> None:
    page = text(viewer, "/kpi/oee/?client=ACME&from=2025-12-04&to=2025-12-07")
    assert "Fri 2025-12-05: none recorded" in page
    assert "Sat 2025-12-06: not planned, no shift on this day" in page


def test_no_value_comes_with_its_reason(viewer: Browser, plant: Plant) -> None:
    with client_scope([plant.client]):
        bare = make_line(plant.client, code="BARE")
        make_entry(plant.floor, line=bare)
    page = text(viewer, f"/kpi/oee/?{plant.address}&line=BARE")
    assert "n/a" in page
    assert "Nothing was inspected." in page


def test_an_empty_period_has_no_number(viewer: Browser, plant: Plant) -> None:
    answer = viewer.get("/overview/?client=ACME&from=2024-01-01&to=2024-01-31")
    page = answer.content.decode()
    assert "Nothing recorded: Mon 2024-01-01 – Wed 2024-01-31." in page
    tiles = [tile for _name, _label, row in answer.context["questions"] for tile in row]
    # Known whatever was recorded: what stands now, and moves that the database writes.
    dated = [each for each in tiles if "day" in catalogue.dimensions_of(each.key)]
    numbers = {each.key: each.value for each in dated if re.search(r"\d", each.value)}
    assert numbers == {"demotions": "0"}
    assert "100.00" not in page


def test_a_zero_is_a_number(viewer: Browser, plant: Plant) -> None:
    with client_scope([plant.client]):
        line = make_line(plant.client, code="ZERO")
        make_inspection(plant.floor, 50, 50, 0, line=line, units_scrapped=0)
    page = text(viewer, f"/kpi/ppm/?{plant.address}&line=ZERO")
    assert re.search(r'class="value">0 <span class="unit">ppm', page)


def test_a_new_client_is_told_what_to_do(
    acme: Client, member: Callable[..., Any], signed_in: Callable[[Any], Browser]
) -> None:
    page = text(signed_in(member(acme)), "/overview/?client=ACME")
    assert "This client is new." in page


def test_rows_left_out_are_counted_and_listed(viewer: Browser, plant: Plant) -> None:
    with client_scope([plant.client]):
        bare = make_part(plant.client, code="BARE-PART")
        order = make_order(plant.client, line=plant.floor.line)
        make_entry(plant.floor, work_order=order, job=make_job(order, part=bare))
    assert "1 of 4 production rows has no cycle time." in text(
        viewer, f"/kpi/performance/explain/?{plant.address}"
    )
    page = text(
        viewer, f"/kpi/performance/rows/?{plant.address}&measure=ideal_hours&left_out=no_cycle"
    )
    assert ">Used</a>" in page
    assert "rows that have no cycle time (1)" in page
    assert order.number in page


def test_what_has_no_reason_and_no_line_can_be_opened(viewer: Browser, plant: Plant) -> None:
    with client_scope([plant.client]):
        make_stop(plant.floor, 7, shift_date=DAYS[0])
        make_entry(plant.floor, line=None, work_order=make_order(plant.client), job=None)
    page = text(viewer, f"/kpi/lost_minutes/rows/?{plant.address}&reason=-")
    assert "Reason: No reason yet" in page
    assert '<td class="num">7</td></tr></tfoot>' in page
    page = text(viewer, f"/kpi/total_units/rows/?{plant.address}&line=-")
    assert '<td class="num">180</td></tr></tfoot>' in page
    assert "Without line" in text(viewer, f"/overview/?{plant.address}")


def test_the_way_back_to_the_newest_rows(viewer: Browser, plant: Plant) -> None:
    page = text(viewer, "/overview/?client=ACME&from=2024-01-01&to=2024-01-31")
    assert "?client=ACME&amp;from=2025-11-05&amp;to=2025-12-04" in page
    assert "/admin/" not in page.split("<main")[1]


# -- failures ------------------------------------------------------------------------------------


@pytest.mark.parametrize("amount", [F("no_such_column"), F("total_units") / 0])
@pytest.mark.parametrize("address", ["/overview/", "/kpi/total_units/", "/kpi/total_units/rows/"])
def test_a_broken_source_is_an_error_and_never_a_zero(
    address: str, amount: Any, viewer: Browser, plant: Plant, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = replace(catalogue.measure("total_units"), amount=amount)
    monkeypatch.setitem(catalogue._measures, "total_units", broken)
    monkeypatch.setattr(catalogue, "_terms", {})
    page = text(viewer, f"{address}?{plant.address}", status=500)
    assert "The figures cannot be shown just now." in page
    assert re.search(r"Reference <code>[0-9a-f]{8}</code>", page)
    assert 'class="value"' not in page


@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        ("from=12/02/2025", "“12/02/2025” is not a date."),
        ("from=2025-13-01", "“2025-13-01” is not a date."),
        ("from=2025-12-04&to=2025-12-02", "The last day must not be before the first."),
        ("from=2020-01-01&to=2025-12-31", "Choose at most three years."),
        ("period=fortnight", "Unknown period “fortnight”."),
        ("period=9999d", "Choose at most three years."),
        ("from=0001-01-01&to=0001-01-02", "Choose days between 2000 and 2100."),
        ("from=9999-12-01&to=9999-12-31", "Choose days between 2000 and 2100."),
        ("line=NOWHERE", "Unknown line “NOWHERE”."),
        ("line=%00", "Unknown line"),
        ("stage=NOWHERE", "Unknown stage “NOWHERE”."),
    ],
)
def test_what_cannot_be_read_gets_a_sentence(
    address: str, sentence: str, viewer: Browser, plant: Plant
) -> None:
    for page in ("/overview/", "/kpi/oee/", "/kpi/oee/explain/", "/kpi/oee/rows/"):
        assert sentence in text(viewer, f"{page}?client=ACME&{address}", status=400)


@pytest.mark.parametrize(
    "address",
    [
        "/kpi/no_such_kpi/",
        "/kpi/no_such_kpi/rows/",
        "/kpi/oee/rows/?measure=total_units",
        "/kpi/availability/rows/?measure=lost_minutes&left_out=nothing",
        "/overview/?client=NOBODY",
    ],
)
def test_what_is_not_there_is_not_found(address: str, viewer: Browser) -> None:
    assert viewer.get(address).status_code == 404


def test_a_filter_that_does_not_apply_is_said_to_be_left_aside(
    viewer: Browser, plant: Plant
) -> None:
    page = text(viewer, f"/kpi/oee/?{plant.address}&stage=FINAL")
    assert "“Stage: Final” is left aside: OEE is not known by it." in page
    assert "84.44" in page


# -- portfolio -----------------------------------------------------------------------------------


def test_portfolio_has_a_row_for_each_client(manager_of_both: Browser, plant: Plant) -> None:
    with client_scope([plant.client]):
        make_target(plant.client, "oee", "99", "97", "95")
    page = text(manager_of_both, f"/?{PERIOD}")
    assert page.count("84.44") == 2
    # The one with its own, stricter target comes first: it is critical.
    assert page.index("Acme Boots</a>") < page.index("Zebra Socks Ltd</a>")
    assert page.count('band-pill"><span class="mark"') == 2


def test_portfolio_sorts_by_any_column(manager_of_both: Browser, other: Plant) -> None:
    with client_scope([other.client]):
        make_entry(other.floor, shift_date=plant_day(0), capture_no=2, total_units=7)
    page = text(manager_of_both, f"/?{PERIOD}&sort=-total_units")
    assert page.index("Zebra Socks Ltd</a>") < page.index("Acme Boots</a>")
    page = text(manager_of_both, f"/?{PERIOD}&sort=total_units")
    assert page.index("Acme Boots</a>") < page.index("Zebra Socks Ltd</a>")
    assert "cannot be sorted" in text(manager_of_both, "/?sort=password", status=400)


def test_with_one_client_the_portfolio_is_skipped(viewer: Browser) -> None:
    response = viewer.get(f"/?{PERIOD}")
    assert (response.status_code, response.headers["Location"]) == (
        302,
        "/overview/?client=ACME&from=2025-12-02&to=2025-12-04",
    )


def test_several_clients_are_never_one_figure(manager_of_both: Browser) -> None:
    for page in ("/overview/", "/kpi/oee/", "/kpi/oee/explain/", "/kpi/oee/rows/"):
        assert "Choose a client." in text(manager_of_both, page)
        assert "%</span>" not in text(manager_of_both, page)


@pytest.mark.parametrize(
    ("page", "section"),
    [("/overview/", "Overview"), ("/kpi/oee/", "KPIs"), ("/orders/", "Orders"), ("/wip/", "WIP")],
)
def test_whoever_chooses_a_client_stays_in_the_section(
    manager_of_both: Browser, page: str, section: str
) -> None:
    here = re.findall(r'aria-current="page">([^<]+)</a>', text(manager_of_both, page))
    assert set(here) == {section}


# -- who sees what -------------------------------------------------------------------------------


@pytest.mark.parametrize("role", Role.values)
def test_every_role_reads_every_page(
    role: str, plant: Plant, member: Callable[..., Any], signed_in: Callable[[Any], Browser]
) -> None:
    browser = signed_in(member(plant.client, role=role))
    for page in PAGES:
        text(browser, f"{page}{plant.address}")


def test_people_without_a_client_and_strangers_stay_outside(
    plant: Plant, member: Callable[..., Any], signed_in: Callable[[Any], Browser]
) -> None:
    nobody = signed_in(member(username="nobody1"))
    for page in ("/", *PAGES):
        assert nobody.get(page).status_code == 403
        assert Browser().get(page).status_code == 302


def test_pages_only_read(viewer: Browser, plant: Plant) -> None:
    for page in ("/", *PAGES):
        assert viewer.post(page).status_code == 405
