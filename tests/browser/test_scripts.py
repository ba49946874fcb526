"""What scripts do when somebody clicks and types, and that no rule is broken by it."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.looking import TABLET, Looker, told
from tests.sweep import table
from tests.sweep.world import DAY, PERIOD, World, addresses

OpenAs = Callable[[str], Looker]


def nothing_found(browser: Looker) -> None:
    browser.look()
    assert not browser.found, told(browser.found)


def test_signing_in_and_out_and_the_language(looker: OpenAs, committed: World) -> None:
    browser = looker("X")
    page = browser.page
    browser.open("/accounts/login/")
    # Signing out ends all sessions: of somebody as whom no other test looks.
    page.fill("[name=username]", committed.users["W"].username)
    page.fill("[name=password]", "Secret-Word-1")
    page.click("main button[type=submit], main form button")
    expect(page.locator(".user-menu")).to_be_visible()
    for language in ("es", "en"):
        page.click(".user-menu > summary")
        page.click(f".user-menu button[value={language}]")
        expect(page.locator("html")).to_have_attribute("lang", language)
    nothing_found(browser)
    page.click(".user-menu > summary")
    page.click(".user-menu button:not([value])")
    expect(page.locator(".user-menu")).to_have_count(0)
    nothing_found(browser)


def test_a_form_without_its_token_is_refused_by_a_page(looker: OpenAs) -> None:
    browser = looker("X")
    browser.open("/accounts/login/")
    browser.page.fill("[name=username]", "somebody")
    browser.page.fill("[name=password]", "Secret-Word-1")
    browser.context.clear_cookies()
    with browser.page.expect_navigation() as went:
        browser.page.locator("main form button").first.click()
    assert went.value.status == 403
    nothing_found(browser)


@pytest.mark.parametrize("width", ["desktop", "tablet"])
def test_menus_open_alone_and_close(looker: OpenAs, width: str) -> None:
    browser = looker("A")
    page = browser.page
    if width == "tablet":
        page.set_viewport_size(TABLET)
    browser.open(f"/overview/?client=ACME&{PERIOD}")
    menus = page.locator("details.menu:visible")
    assert menus.count() >= 3
    for menu in menus.all():
        menu.locator("summary").click()
        expect(page.locator("details.menu[open]")).to_have_count(1)
        box = menu.locator(".menu-list").bounding_box()
        assert box
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= page.viewport_size["width"]
        page.keyboard.press("Escape")
        expect(page.locator("details.menu[open]")).to_have_count(0)
    # One that is open closes by a click elsewhere.
    menus.last.locator("summary").click()
    page.locator("main h1").first.click()
    expect(page.locator("details.menu[open]")).to_have_count(0)
    for _ in range(3):
        page.locator(".theme-toggle").first.click()
    nothing_found(browser)


def test_figures_explain_themselves_beside_the_page(looker: OpenAs) -> None:
    browser = looker("H")
    page = browser.page
    browser.open(f"/overview/?{PERIOD}")
    tiles = page.locator("a.explain[data-panel]")
    assert tiles.count() >= 3
    for tile in tiles.all()[:3]:
        tile.click()
        expect(page.locator("#panel[open] #panel-body > *").first).to_be_visible()
        page.keyboard.press("Escape")
        expect(page.locator("#panel[open]")).to_have_count(0)
    page.keyboard.press("f")
    browser.open(f"/kpi/oee/?{PERIOD}")
    page.click("a[data-panel]")
    page.locator("#panel[open] a[data-panel]").first.click()
    page.click("[data-panel-close]")
    nothing_found(browser)


def test_charts_lead_to_what_they_are_made_of(looker: OpenAs) -> None:
    browser = looker("H")
    page = browser.page
    browser.open(f"/kpi/efficiency/?{PERIOD}")
    assert page.locator("svg[role=img]").count() >= 1
    points = page.locator("svg a")
    assert points.count() >= 1
    points.first.focus()
    with page.expect_navigation():
        page.keyboard.press("Enter")
    nothing_found(browser)


def test_a_period_is_chosen(looker: OpenAs) -> None:
    browser = looker("H")
    page = browser.page
    browser.open("/overview/")
    page.click(".period .menu > summary")
    page.fill("#period-from", DAY)
    page.fill("#period-to", DAY)
    page.click(".period-range button")
    expect(page).to_have_url(re.compile(f"from={DAY}"))
    nothing_found(browser)


def test_the_roster_by_keyboard(looker: OpenAs) -> None:
    browser = looker("S")
    page = browser.page
    browser.open(f"/entry/roster/?date={DAY}")
    choice = page.locator("form[data-autosubmit] select").first
    if choice.count():
        with page.expect_navigation():
            choice.dispatch_event("change")
    row = page.locator(".roster-row").first
    expect(row).to_be_visible()
    row.locator(".marks input:checked, .marks input").first.focus()
    page.keyboard.press("p")
    expect(row).to_have_class(re.compile("is-typed"))
    with page.expect_response(lambda answer: answer.request.method == "POST") as kept:
        page.wait_for_timeout(2500)
    assert kept.value.status == 200
    nothing_found(browser)


def test_every_form_of_the_admin_is_tried(looker: OpenAs) -> None:
    """Lists to choose from, calendars, clocks, rows to add, and windows for a related row."""
    browser = looker("A")
    page = browser.page
    tried = {"lists": 0, "calendars": 0, "rows": 0, "windows": 0}
    for address in addresses():
        if address.verb != "add" or table.admin_answer(address.label, "add", "get").of("A") != 200:
            continue
        browser.open(address.at())
        tried["lists"] += try_lists(page)
        tried["calendars"] += try_calendars(page)
        for more in page.locator(".add-row a:visible").all():
            more.click()
            tried["rows"] += 1
        tried["windows"] += try_window(page)
        browser.look()
    assert min(tried.values()) > 0, tried
    assert not browser.found, told(browser.found)


def try_lists(page: Page) -> int:
    fields = page.locator(".select2-selection:visible").all()
    for field in fields:
        field.click()
        page.locator(".select2-results__option:not(.loading-results)").first.wait_for()
        page.keyboard.press("Escape")
    return len(fields)


def try_calendars(page: Page) -> int:
    signs = page.locator(".date-icon:visible, .clock-icon:visible").all()
    for sign in signs:
        sign.click()
        box = page.locator(".calendarbox:visible, .clockbox:visible").first
        box.locator("td a, .timelist a").first.click()
    return len(signs)


def try_window(page: Page) -> int:
    link = page.locator("a.add-related:visible").first
    if not link.count():
        return 0
    with page.expect_popup() as opened:
        link.click()
    opened.value.wait_for_load_state()
    opened.value.close()
    return 1


def test_a_list_of_the_admin_is_filtered_and_ticked(looker: OpenAs) -> None:
    browser = looker("A")
    page = browser.page
    browser.open("/admin/production/productionentry/")
    page.locator("#action-toggle").check()
    expect(page.locator("tr.selected, .action-counter:visible").first).to_be_visible()
    page.locator("#changelist-filter summary").first.click()
    page.locator("#toggle-nav-sidebar").click()
    nothing_found(browser)
    page.set_viewport_size(TABLET)
    browser.open("/admin/production/productionentry/")
    page.locator("#changelist-filter .filter-menu > summary").first.click()
    nothing_found(browser)


def test_the_pages_of_the_api_make_a_call(looker: OpenAs) -> None:
    browser = looker("M")
    page = browser.page
    browser.open("/api/v1/docs/")
    # It draws several hundred calls before it listens.
    page.locator("#swagger-ui .opblock-summary-control").first.click(timeout=60_000)
    page.locator(".try-out__btn").first.click()
    page.locator("button.execute").first.click()
    expect(page.locator(".live-responses-table").first).to_be_visible()
    nothing_found(browser)
