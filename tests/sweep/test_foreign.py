"""Foreign and unknown answer alike: addresses, parameters, filters, search (ISO-002 to 009)."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext

from clients.fields import ClientForeignKey
from clients.models import ClientModel
from clients.references import code_name, target_of
from clients.scope import client_scope
from kpis.dimensions import DIMENSIONS
from tests.sweep import table
from tests.sweep.walk import addresses_of_one_row, foreign_key
from tests.sweep.world import (
    MARKS,
    PERIOD,
    UNKNOWN,
    World,
    addresses,
    admins_of_client_rows,
    body,
    seen,
    sent,
    unrendered,
    view_sets,
)


def counted(browser: Browser, method: str, path: str) -> tuple[Any, int]:
    with CaptureQueriesContext(connection) as queries:
        response = sent(browser, method, path)
    return response, len(queries)


def test_iso_004_iso_012_a_foreign_row_is_like_one_that_is_not_there(world: World) -> None:
    browsers = {letter: world.browser(letter) for letter in "HE"}
    for browser in browsers.values():
        browser.get("/accounts/password/")  # the first visit of a session writes its start
    wrong, judged = [], 0
    for address, method, answer in addresses_of_one_row():
        letter = "E" if "E" in answer.letters and "M" not in answer.letters else "H"
        key = foreign_key(world, address)
        paths = [address.of_key(key), address.of_key(UNKNOWN)]
        (foreign, few), (unknown, many) = (counted(browsers[letter], method, at) for at in paths)
        who = "M" if letter == "H" else letter
        role = answer.of(who)
        never = role == 405 or (role == 403 and who not in answer.letters)
        expected = role if never or address.verb == "short" else 404
        same = seen(foreign, less=paths[0]) == seen(unknown, less=paths[1])
        if (foreign.status_code, same, few) != (expected, True, many):
            wrong.append(f"{method} {paths[0]}: {foreign.status_code} {same} {few}/{many}")
        judged += expected == 404
    assert "\n".join(wrong) == ""
    assert judged > 150


def test_iso_004_voided_rows_of_another_client_are_not_there_either(world: World) -> None:
    with client_scope([world.acme_2]):
        for row in world.foreign.values():
            if isinstance(row, ClientModel):
                type(row).objects.filter(pk=row.pk).update(
                    voided_at=row.created_at, void_reason="typed twice"
                )
    browser, statuses = world.browser("H"), set()
    for address in addresses():
        is_read = address.verb in ("change", "history", "detail")
        if is_read and "M" in table.RIGHTS[address.label].sees:
            statuses.add(browser.get(address.of_key(foreign_key(world, address))).status_code)
    assert statuses == {404}


# -- the parameter `client` ---------------------------------------------------------------------

NARROWED = [
    "/overview/",
    "/kpi/oee/rows/",
    "/admin/plant/line/",
    "/admin/clients/importbatch/add/",
    "/admin/jsi18n/",
    "/api/v1/lines/",
    "/api/v1/kpis/oee/",
    "/accounts/password/",
]
NOT_MINE = [
    "ACME-2",
    "NOBODY",
    "acme",
    "ACM",
    "ACM%",
    "ACME__",
    "",
    " ACME",
    "ACME\x00",
    "' OR 1=1--",
]


@pytest.mark.parametrize("path", NARROWED)
def test_iso_002_iso_008_only_the_own_code_narrows(world: World, path: str) -> None:
    browser = world.browser("H")
    assert browser.get(path, {"client": "ACME"}).status_code == 200
    answers = [seen(browser.get(path, {"client": code})) for code in NOT_MINE]
    assert {status for status, *_ in answers} == {404}
    assert [each == answers[0] for each in answers] == [True] * len(NOT_MINE)
    for codes in (["ACME", "ACME-2"], ["ACME-2", "ACME"], ["ACME", "ACME"]):
        assert browser.get(path, {"client": codes}).status_code == 400


def test_iso_002_a_post_or_a_redirect_is_narrowed_like_a_page(world: World) -> None:
    browser = world.browser("H")
    for path in ("/admin/plant/line/add/", "/api/v1/lines/", "/accounts/language/"):
        answers = [browser.post(f"{path}?client={code}").status_code for code in ("ACME-2", "NO")]
        assert answers == [404, 404]
    for path in ("/overview", "/admin/plant/line", "/api/v1/lines"):
        found = [seen(browser.get(f"{path}?client={code}"), less=code) for code in ("ACME-2", "NO")]
        assert found[0] == found[1]


@pytest.mark.parametrize("path", ["/accounts/login/", "/accounts/language/"])
def test_nobody_is_sent_to_another_site(world: World, path: str) -> None:
    for who in "HX":
        for url in ("https://evil.example", "//evil.example", "/\\evil.example"):
            browser = world.browser(who)
            for response in (browser.get(path, {"next": url}), browser.post(path, {"next": url})):
                assert "evil" not in response.headers.get("Location", "")


# -- filters ---------------------------------------------------------------------------------------


def code_or_key(row: Any) -> Any:
    name = code_name(type(row))
    return getattr(row, name) if name else row.pk


def references(model: Any) -> list[Any]:
    return [each for each in model._meta.fields if isinstance(each, ClientForeignKey)]


def test_iso_005_a_filter_by_a_foreign_row_finds_what_an_unknown_one_finds(world: World) -> None:
    browser, judged = world.browser("H"), 0
    for prefix, view in view_sets().items():
        offered = view.filterset_class.base_filters if view.filterset_class else {}
        for field in references(view.queryset.model):
            if field.name not in offered:
                continue
            target = target_of(field).__name__
            theirs = code_or_key(world.foreign[target])
            unknown = UNKNOWN if isinstance(theirs, int) else "NOWHERE"
            lists = [
                seen(browser.get(f"/api/v1/{prefix}/", {field.name: value}), less=value)
                for value in (theirs, unknown)
            ]
            assert lists[0] == lists[1], (prefix, field.name)
            assert '"results":[]' in lists[0][1], (prefix, field.name)
            with client_scope([world.acme]):
                named = getattr(world.own[view.queryset.model.__name__], field.name)
            if named is not None:
                mine = {field.name: code_or_key(named)}
                found = browser.get(f"/api/v1/{prefix}/", mine).json()["results"]
                assert len(found) >= 1, (prefix, field.name)
                judged += 1
    assert judged >= 20


def test_iso_006_rows_are_ordered_by_the_allow_list_only(world: World) -> None:
    browser = world.browser("H")
    for prefix, view in view_sets().items():
        names = {f"{each.name}__code" for each in references(view.queryset.model)}
        names |= {"client", "client__code", "created_by__username", "version", "?", "pk"}
        for name in names - set(view.ordering_fields):
            status = browser.get(f"/api/v1/{prefix}/", {"ordering": f"-{name}"}).status_code
            assert status == 400, (prefix, name)


def test_iso_031_unknown_parameters_are_refused(world: World) -> None:
    browser = world.browser("H")
    for prefix in view_sets():
        for name in ("client__code", "client_id", "id__in", "line__code__startswith", "q"):
            assert browser.get(f"/api/v1/{prefix}/", {name: "1"}).status_code == 400


@pytest.mark.parametrize("dimension", [k for k, v in DIMENSIONS.items() if v.kind == "row"])
def test_iso_034_a_figure_filtered_by_a_foreign_code(world: World, dimension: str) -> None:
    if dimension == "client":
        paths, codes = ["/api/v1/kpis/oee/", "/kpi/oee/"], ("ACME-2", "NOWHERE")
    else:
        shape = DIMENSIONS[dimension]
        row = world.foreign[shape.model.split(".")[1]]
        codes = (getattr(row, shape.code), "NOWHERE")
        paths = [f"/kpi/oee/{page}" for page in ("", "explain/", "rows/", "rows/?format=csv")]
        paths += ["/overview/", "/api/v1/kpis/total_units/", "/api/v1/kpis/fpy/"]
    browser = world.browser("H")
    for path in paths:
        sign = "&" if "?" in path else "?"
        answers = [
            seen(browser.get(f"{path}{sign}{dimension}={code}&{PERIOD}"), less=code)
            for code in codes
        ]
        assert answers[0] == answers[1], path


# -- lists of the admin --------------------------------------------------------------------------


def changelist(admin: Any) -> str:
    return f"/admin/{admin.opts.app_label}/{admin.opts.model_name}/"


def rows_shown(browser: Browser, path: str, query: dict[str, Any]) -> tuple[int, int]:
    with unrendered():
        response = browser.get(path, query)
    shown = getattr(response, "context_data", None) or {}
    return response.status_code, shown["cl"].result_count if "cl" in shown else -1


def test_iso_038_lookups_of_admin_lists_tell_nothing(world: World) -> None:
    browser, open_lookups = world.browser("H"), []
    for admin in admins_of_client_rows():
        path = changelist(admin)
        for field in references(admin.model):
            target = target_of(field)
            keys = (world.foreign[target.__name__].pk, UNKNOWN)
            for lookup in (f"{field.name}__id__exact", f"{field.name}__exact", field.name):
                found = [rows_shown(browser, path, {lookup: key}) for key in keys]
                assert found[0] == found[1], (path, lookup)
            code = code_name(target) or "created_at"
            for lookup in (f"{field.name}__{code}__startswith", f"{field.name}__client__code"):
                found = [rows_shown(browser, path, {lookup: text}) for text in ("ZEBRA", "NO")]
                assert found[0] == found[1], (path, lookup)
        for lookup in ("client__code", "client__name__startswith", "created_by__username"):
            found = [
                rows_shown(browser, path, {lookup: text})
                for text in (
                    "ZEBRA",
                    "Zebra Socks Ltd",
                    "ACME-2",
                    "zebra-boss",
                    "NO",
                    "own-manager",
                )
            ]
            if {status for status, _ in found} != {400}:
                open_lookups.append((path, lookup))
    assert open_lookups == []


def test_iso_001_search_finds_own_rows_only(world: World) -> None:
    browser, finding = world.browser("H"), 0
    for admin in admins_of_client_rows():
        if not admin.search_fields:
            continue
        path = changelist(admin)
        for text in ("zebra", "ACME-2", "987654"):
            assert rows_shown(browser, path, {"q": text})[1] == 0, (path, text)
        finding += rows_shown(browser, path, {"q": "OWN"})[1] > 0
    assert finding >= 15


def test_iso_009_autocompletes_find_own_rows_only(world: World) -> None:
    ours, theirs = world.browser("H"), world.browser("Z")
    leaking, finding = [], 0
    for admin in admins_of_client_rows():
        for field in admin.model._meta.fields:
            if not field.many_to_one:
                continue
            asked = {
                "app_label": admin.opts.app_label,
                "model_name": admin.opts.model_name,
                "field_name": field.name,
            }
            for term in ("zebra", ""):
                answer = ours.get("/admin/autocomplete/", {**asked, "term": term})
                if MARKS.search(body(answer)) or (
                    term and answer.status_code == 200 and answer.json()["results"]
                ):
                    leaking.append((asked, term))
            answer = theirs.get("/admin/autocomplete/", {**asked, "term": "ZEBRA"})
            finding += answer.status_code == 200 and bool(answer.json()["results"])
    assert leaking == []
    assert finding >= 20
