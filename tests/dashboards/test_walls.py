"""Pages of one client hold nothing of another, no foreign markup, and links that lead somewhere."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from typing import Any
from urllib.parse import parse_qsl, urljoin, urlsplit

import pytest
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext

from clients.models import Client
from clients.roles import Role
from clients.scope import client_scope
from tests.dashboards.conftest import DAYS, PERIOD, Plant, fill, text
from tests.filled import DAY
from tests.filled import fill as fill_all
from tests.kpis.factories import make_inspection, make_stop
from tests.plant.factories import make_job, make_line, make_order, make_part
from tests.production.factories import make_entry
from tests.standing import standing

OWN, FOREIGN = "ALFA", "ZULU"
MARCH = f"from={DAY}&to={DAY}"
PAGES = ["/overview/", "/kpi/oee/", "/kpi/ppm/", "/kpi/oee/explain/", "/kpi/fpy/rows/"]
BOOKKEEPING = re.compile(
    r"SAVEPOINT|RELEASE|ROLLBACK|SELECT set_config"
    r'|.*(FROM|UPDATE) "(django_session|clients_user|clients_membership)"'
    r'|.*"clients_client"."code" = ',
    re.S,
)


@standing
def marked(acme: Client, acme_2: Client) -> None:
    fill_all(acme, OWN, 320)
    fill_all(acme_2, FOREIGN, 987654)


# -- separation ----------------------------------------------------------------------------------


@pytest.mark.parametrize("role", Role.values)
def test_no_page_holds_anything_of_another_client(
    role: str,
    marked: None,
    acme: Client,
    member: Callable[..., Any],
    signed_in: Callable[[Any], Browser],
) -> None:
    browser = signed_in(member(acme, role=role))
    seen = ""
    for page in PAGES:
        for address in (f"{page}?{MARCH}", f"{page}?client=ACME&{MARCH}"):
            seen += text(browser, address)
    seen += b"".join(browser.get(f"/kpi/fpy/rows/?{MARCH}&format=csv").streaming_content).decode()
    assert "ALFA-WO" in seen
    for trace in (FOREIGN, "987,654", "987654", "Zebra Socks", "ACME-2"):
        assert trace not in seen


def test_foreign_and_unknown_codes_are_answered_alike(
    viewer: Browser, plant: Plant, other: Plant
) -> None:
    with client_scope([other.client]):
        line = make_line(other.client, code="ZEBRA-LINE").code
    for page in PAGES:
        unknown = viewer.get(f"{page}?client=NO-SUCH")
        foreign = viewer.get(f"{page}?client=ACME-2")
        assert (unknown.status_code, foreign.status_code) == (404, 404)
        sentences = [
            text(viewer, f"{page}?client=ACME&line={code}", status=400).replace(code, "…")
            for code in ("NOWHERE", line)
        ]
        assert without_nonces(sentences[0]) == without_nonces(sentences[1])


def without_nonces(page: str) -> str:
    page = re.sub(r'nonce="[^"]+"', "", page)
    return re.sub(r'(csrfmiddlewaretoken" value=|X-CSRFToken": )"[^"]+"', "", page)


def test_rows_of_another_client_change_no_byte(
    viewer: Browser, plant: Plant, acme_2: Client
) -> None:
    addresses = [f"{page}?{plant.address}" for page in PAGES]
    before = [stable(text(viewer, address)) for address in addresses]
    with client_scope([acme_2]):
        fill(acme_2)
    assert [stable(text(viewer, address)) for address in addresses] == before


def stable(page: str) -> str:
    return re.sub(r'<time datetime="[^"]+" title.*?</time>', "", without_nonces(page))


def test_names_of_people_are_on_no_page(
    marked: None, acme: Client, member: Callable[..., Any], signed_in: Callable[[Any], Browser]
) -> None:
    browser = signed_in(member(acme, role="VIEWER"))
    for key in ("availability", "fpy", "lost_minutes", "defects"):
        page = text(browser, f"/kpi/{key}/rows/?client=ACME&{MARCH}")
        assert "ALFA" in page
        assert "ALFA Person" not in page
        assert "ALFA-EMP" not in page


# -- markup --------------------------------------------------------------------------------------


def test_names_are_never_markup(viewer: Browser, plant: Plant) -> None:
    evil = '"><script>alert(1)</script><img src=x onerror=alert(2)>'
    with client_scope([plant.client]):
        plant.floor.line.name = evil
        plant.floor.line.save()
        plant.floor.part.description = evil
        plant.floor.part.save()
    for page in PAGES:
        shown = text(viewer, f"{page}?{plant.address}")
        assert "<script>alert" not in shown
        assert "<img src=x" not in shown
    assert "&lt;script&gt;alert(1)" in text(viewer, f"/overview/?{plant.address}")


def test_pages_keep_the_strict_policy(viewer: Browser, plant: Plant) -> None:
    for page in [*PAGES, "/kpi/"]:
        response = viewer.get(f"{page}?{plant.address}")
        policy = response.headers["Content-Security-Policy"]
        assert "unsafe" not in policy
        assert "default-src 'self'" in policy
        shown = response.content.decode()
        assert not re.search(r"\sstyle=|\son[a-z]+=|javascript:", shown)
        assert not re.search(r"<style|<script(?![^>]*\bsrc=)", shown)
        assert "no-store" in response.headers["Cache-Control"]


def test_labels_and_ids_are_there_once(viewer: Browser, plant: Plant) -> None:
    for page in PAGES:
        shown = text(viewer, f"{page}?{plant.address}")
        ids = re.findall(r'\sid="([^"]+)"', shown)
        assert sorted(ids) == sorted(set(ids))
        assert shown.count("<h1") == 1


# -- links ---------------------------------------------------------------------------------------


USUAL = {"client", "from", "to"}


def shape(address: str, each_key: bool) -> tuple[str, ...]:
    """Addresses that differ only in a code, a day or a KPI lead to the same view."""
    parts = urlsplit(address)
    names = sorted({name for name, _value in parse_qsl(parts.query)} - USUAL)
    path = re.sub(r"/\d+/", "/n/", parts.path)
    if names or not each_key:
        path = re.sub(r"^/kpi/\w+/", "/kpi/key/", path)
    return (path, *names)


@pytest.mark.parametrize("role", ["VIEWER", "MANAGER"])
def test_every_link_leads_somewhere(
    role: str,
    plant: Plant,
    member: Callable[..., Any],
    signed_in: Callable[[Any], Browser],
) -> None:
    browser = signed_in(member(plant.client, role=role))
    waiting, seen = [f"/overview/?{plant.address}"], set()
    while waiting:
        address = waiting.pop()
        view = shape(address, each_key=role == "MANAGER")
        if view in seen or len(view) > 2:
            continue
        seen.add(view)
        response = browser.get(address, follow=True)
        assert response.status_code == 200, address
        if response.streaming or not address.startswith(("/?", "/overview", "/kpi")):
            continue
        for href in re.findall(r'<a\b[^>]*\shref="([^"#]+)"', response.content.decode()):
            found = urljoin(address, unescape(href))
            assert found.startswith("/"), found
            waiting.append(found)
    paths = {path for path, *_names in seen}
    assert {"/overview/", "/kpi/", "/kpi/key/", "/kpi/key/rows/"} <= paths
    assert ("/kpi/rty/explain/" in paths) == (role == "MANAGER")
    assert any(path.startswith("/admin/production") for path in paths) == (role == "MANAGER")


def test_the_address_keeps_period_and_filters_on_the_way_down(
    viewer: Browser, plant: Plant
) -> None:
    line = plant.floor.line.code
    address = f"/kpi/oee/?{plant.address}&line={line}"
    for target in ("explain", "rows"):
        kept = f"/kpi/oee/{target}/?client=ACME&amp;from=2025-12-02&amp;to=2025-12-04"
        assert f"{kept}&amp;line={line}" in text(viewer, address)


# -- queries -------------------------------------------------------------------------------------


def queries(browser: Browser, address: str) -> int:
    """Statements of the page itself: without session, user, rights and the client's code."""
    browser.get(address)
    with CaptureQueriesContext(connection) as captured:
        assert browser.get(address).status_code == 200
    return sum(not BOOKKEEPING.match(each["sql"]) for each in captured.captured_queries)


@pytest.mark.parametrize(
    ("page", "count"),
    [
        ("/overview/", 11),
        ("/kpi/oee/", 22),
        ("/kpi/fpy/", 14),
        ("/kpi/oee/explain/", 7),
        ("/kpi/availability/rows/", 7),
    ],
)
def test_queries_do_not_grow_with_lines_and_rows(
    page: str, count: int, viewer: Browser, plant: Plant
) -> None:
    assert queries(viewer, f"{page}?{plant.address}") == count
    with client_scope([plant.client]):
        for _ in range(2):
            line = make_line(plant.client, stations=10, standard_crew=10)
            for day in DAYS:
                make_entry(plant.floor, line=line, shift_date=day)
                make_stop(plant.floor, 9, line=line, shift_date=day)
                make_inspection(plant.floor, 100, 90, 10, line=line, shift_date=day)
    assert queries(viewer, f"{page}?{plant.address}") == count


def test_rows_that_are_left_out_cost_the_overview_one_query(viewer: Browser, plant: Plant) -> None:
    """Without standard, cycle or people: what they leave out is one more look at the rows."""
    with client_scope([plant.client]):
        line = make_line(plant.client)
        plain = make_job(make_order(plant.client, line=line), part=make_part(plant.client))
        make_entry(plant.floor, line=line, work_order=plain.work_order, job=plain)
        make_entry(plant.floor, work_order=plain.work_order, job=plain)

    assert queries(viewer, f"/overview/?{plant.address}") == 12


def test_the_whole_overview_takes_fifteen_statements(viewer: Browser, plant: Plant) -> None:
    with client_scope([plant.client]):
        without_cycle = make_entry(plant.floor, shift_date=DAYS[0], job=None, work_order=None)
        type(without_cycle).objects.filter(pk=without_cycle.pk).update(cycle_hours_per_unit=None)
    viewer.get(f"/overview/?{plant.address}")
    with CaptureQueriesContext(connection) as captured:
        assert viewer.get(f"/overview/?{plant.address}").status_code == 200
    sent = [each["sql"] for each in captured.captured_queries]
    # The test's own transaction makes of the request's a savepoint, whose scope is put back.
    assert [sql.split()[0] for sql in sent if "SAVEPOINT" in sql] == ["SAVEPOINT", "RELEASE"]
    assert "set_config" in sent[-1]
    assert len(sent) - 3 == 15


def test_queries_of_the_portfolio_do_not_grow_with_clients(
    plant: Plant, other: Plant, member: Callable[..., Any], signed_in: Callable[[Any], Browser]
) -> None:
    assert queries(signed_in(member(plant.client, other.client)), f"/?{PERIOD}") == 9
    more = [Client.open(code=f"MORE-{n}", name=f"More {n}") for n in range(3)]
    for client in more:
        with client_scope([client]):
            fill(client)
    assert queries(signed_in(member(plant.client, other.client, *more)), f"/?{PERIOD}") == 9


def test_the_portfolio_of_a_platform_admin_takes_thirteen_statements(
    plant: Plant, other: Plant, platform_admin: Any, signed_in: Callable[[Any], Browser]
) -> None:
    """The admin with the clients there are, in one; then as for a member of all of them."""
    browser = signed_in(platform_admin)
    browser.get(f"/?{PERIOD}")
    with CaptureQueriesContext(connection) as captured:
        assert browser.get(f"/?{PERIOD}").status_code == 200
    sent = [each["sql"] for each in captured.captured_queries]
    assert len([sql for sql in sent if "clients_user" in sql or "clients_membership" in sql]) == 1
    # The test's own transaction makes of the request's a savepoint, whose scope is put back.
    assert len(sent) - 3 == 13
