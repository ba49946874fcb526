"""What is tried by those who know the addresses: parameters, bodies, files, second routes."""

from __future__ import annotations

import datetime
import re
import statistics
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from clients.imports import registry
from clients.imports.exports import Export
from clients.imports.files import read_text
from clients.imports.pipeline import look
from clients.imports.tables import fingerprint, table_of
from clients.imports.undo import undo
from clients.imports.values import Lookup
from clients.models import ApiToken, Client, ImportBatch, ImportMapping, Membership
from clients.scope import client_scope
from tests.filled import fill
from tests.sweep import table
from tests.sweep.conftest import SINCE, member
from tests.sweep.test_marks import SIDE_FILTER
from tests.sweep.test_writes import WRITABLE, stored, writer
from tests.sweep.walk import OF_ABSENCE
from tests.sweep.world import (
    MARKS,
    PERIOD,
    UNKNOWN,
    World,
    admins_of_client_rows,
    body,
    seen,
    sent,
    unrendered,
    view_sets,
)

# In every code and text of the other client's rows, and in none of its own names.
OF_ROWS = re.compile(r"ZEBRA[- ]|987\D?654")
FORM = "application/x-www-form-urlencoded"
UPLOAD = "/admin/clients/importbatch/add/"


# -- the client, named in every place but the address ---------------------------------------------


@pytest.mark.parametrize(
    "path", ["/admin/plant/line/add/", UPLOAD, "/entry/roster/", "/accounts/password/"]
)
def test_iso_002_a_form_names_one_client(world: World, path: str) -> None:
    browser = world.browser("W")
    for codes in ("client=ACME&client=ACME-2", "client=ACME&client=ACME", "client=&client=ACME-2"):
        refused = browser.post(path, codes, content_type=FORM)
        assert (refused.status_code, body(refused)) == (400, "Name one client only.")


def test_iso_002_a_body_of_the_api_names_one_client(world: World) -> None:
    browser = world.browser_of(member("own-in-both", "SUPERVISOR", world.acme, world.acme_2))
    twice = '{"client": "ACME", "client": "ACME-2", "code": "L7", "name": "x"}'
    refused = browser.post("/api/v1/lines/", twice, content_type="application/json")
    assert (refused.status_code, refused.json()["detail"]) == (400, "The body names a field twice.")
    line = {"code": "L7", "name": "x"}
    # Narrowed by the address, the body cannot widen it again, not even to an own client.
    answers = [
        sent(browser, "post", "/api/v1/lines/?client=ACME", {**line, "client": code})
        for code in ("ACME-2", "NOBODY", "acme", "ACME%")
    ]
    assert [each.status_code for each in answers] == [400] * 4
    assert answers[0].json() == {"client": ["Unknown client “ACME-2”."]}
    for blank in ("", None, ["ACME"], {"code": "ACME"}, 1):
        status = sent(
            browser, "post", "/api/v1/lines/", {"client": blank, "code": "L7"}
        ).status_code
        assert status == 400, blank


@pytest.mark.parametrize("path", ["/api/v1/lines/", "/admin/plant/line/", f"/overview/?{PERIOD}"])
def test_iso_002_iso_042_headers_and_cookies_name_nobody(world: World, path: str) -> None:
    """Neither a client nor another person whom one would act for."""
    plain = seen(world.browser("H").get(path))
    names = ("X-Client", "Client", "X-Client-Id", "X-User", "X-Forwarded-User", "Remote-User")
    browser = world.browser("H")
    for name in ("client", "client_id", "user", "scope"):
        browser.cookies[name] = "ACME-2"
    for value in ("ACME-2", str(world.acme_2.pk), "zebra-boss", str(world.users["Z"].pk)):
        assert seen(browser.get(path, headers=dict.fromkeys(names, value))) == plain


def test_iso_042_nobody_acts_for_somebody_else(world: World) -> None:
    words = ("impersonat", "hijack", "masquerad", "become", "act_as", "sudo", "behalf")
    named = [each for each in table.PAGES if any(word in each for word in words)]
    assert named == []
    zebra = world.users["Z"]
    for who, path in (("H", f"/overview/?{PERIOD}"), ("H", "/admin/?"), ("A", "/admin/?")):
        browser, own = world.browser(who), world.users[who].username
        for name in ("user", "as", "su", "_impersonate"):
            asked = browser.get(f"{path}&{name}={zebra.pk}", headers={name: zebra.username})
            text = body(asked)
            assert (own in text, zebra.username in text) == (True, False), (path, name)


def test_iso_019_a_sheet_opened_for_another_client_stores_nothing(world: World) -> None:
    browser = world.browser("H")
    answers = [
        seen(browser.post("/entry/roster/", {"client": code, "act": "confirm"}), less=code)
        for code in ("ACME-2", "NOBODY")
    ]
    assert [status for status, *_ in answers] == [404, 404]
    assert answers[0] == answers[1]
    both = member("own-in-both", "SUPERVISOR", world.acme, world.acme_2)
    opened = {"client": "ACME-2", "act": "confirm"}
    refused = world.browser_of(both).post("/entry/roster/?client=ACME", opened)
    assert refused.status_code == 409
    assert "This sheet belongs to Zebra Socks Ltd. Reload." in body(refused)


# -- lists ----------------------------------------------------------------------------------------


def test_iso_003_a_member_of_two_sees_both_and_never_a_third(world: World) -> None:
    third = fill(Client.open(code="ACME-3", name="Third Hats"), "THIRD", 555_444)
    browser = world.browser_of(member("own-in-both", "MANAGER", world.acme, world.acme_2))
    both = silent = 0
    for prefix, view in view_sets().items():
        name = view.queryset.model.__name__
        answer = browser.get(f"/api/v1/{prefix}/", {"page_size": 200})
        assert answer.status_code == 200, prefix
        ids = {row["id"] for row in answer.json()["results"]}
        own, other = (
            world.row(view.queryset.model, rows).pk for rows in (world.own, world.foreign)
        )
        assert world.row(view.queryset.model, third).pk not in ids, prefix
        assert "THIRD" not in body(answer), prefix
        both += {own, other} <= ids
        silent += not {own, other} & ids
        if name != "Client":
            narrowed = browser.get(f"/api/v1/{prefix}/", {"client": "ACME-2", "page_size": 200})
            assert own not in {row["id"] for row in narrowed.json()["results"]}, prefix
    assert (both, silent) == (len(view_sets()), 0)


def test_iso_007_counts_and_side_lists_are_of_own_rows(world: World) -> None:
    browser, chosen = world.browser("H"), 0
    for admin in admins_of_client_rows():
        path = f"/admin/{admin.opts.app_label}/{admin.opts.model_name}/"
        with unrendered():
            # Asked for by its code, the own client stands in the side list as the only one.
            shown = browser.get(path, {"client": "ACME"}).context_data["cl"]
        with client_scope([world.acme]):
            own = admin.model._default_manager.filter(client__isnull=False).count()
            shared = admin.model._default_manager.filter(client__isnull=True).count()
            texts = [str(each) for spec in shown.filter_specs for each in spec.choices(shown)]
        assert shown.result_count in (own, own + shared), path
        assert [each for each in texts if MARKS.search(each)] == [], path
        chosen += len(texts)
    assert chosen > 100


@pytest.mark.parametrize("text", ["O%N", "O_N", "%", "_WN-L1", "own-l1", "OWN-L", "OWN-L1 "])
def test_iso_008_filters_match_whole_codes(world: World, text: str) -> None:
    """A code is the same in small letters and with blanks around; everything else is another."""
    found = world.browser("H").get("/api/v1/machines/", {"line": text}).json()["results"]
    assert len(found) == (1 if text.strip().upper() == "OWN-L1" else 0)


@pytest.mark.parametrize("term", ["O%N", "O_N", "Z%", "_EBRA", "zebra", "ZEB"])
def test_iso_008_iso_009_signs_of_patterns_are_letters(world: World, term: str) -> None:
    browser = world.browser("H")
    for model, field in (("machine", "line"), ("productionentry", "work_order")):
        app = {"machine": "machines", "productionentry": "production"}[model]
        asked = {"app_label": app, "model_name": model, "field_name": field, "term": term}
        assert browser.get("/admin/autocomplete/", asked).json()["results"] == []
    with unrendered():
        assert browser.get("/admin/plant/line/", {"q": term}).context_data["cl"].result_count == 0


# -- rows -----------------------------------------------------------------------------------------

BODIES: dict[str, Any] = {
    "malformed": "{",
    "no object": "[]",
    "stale": '{"version": 7, "name": "x"}',
    "unknown field": '{"zebra": 1}',
    "nothing": "",
}


@pytest.mark.parametrize("prefix", WRITABLE)
def test_iso_059_no_status_tells_that_a_foreign_row_is_there(world: World, prefix: str) -> None:
    """Whatever is wrong with the call: the row that is not theirs is judged first."""
    model = WRITABLE[prefix].queryset.model
    browser, theirs = writer(world, model), world.foreign[model.__name__].pk
    calls = [("patch", "", each) for each in BODIES.values()]
    calls += [
        ("put", "", "{"),
        ("post", "void/", "{"),
        ("post", "void/", '{"reason": "typed twice"}'),
    ]
    calls += [("post", "verify/", "{")] if hasattr(model, "verify_action") else []
    for method, tail, sent_body in calls:
        answers = []
        for key in (theirs, UNKNOWN):
            path = f"/api/v1/{prefix}/{key}/{tail}"
            call = getattr(browser, method)
            answer = call(path, sent_body, "application/json", headers={"If-Match": '"1"'})
            answers.append(seen(answer, less=key))
        assert answers[0] == answers[1], (method, tail, sent_body)
        assert answers[0][0] == 404, (method, tail, sent_body)


def test_iso_017_voids_deletions_and_cascades_stay_with_the_client(world: World) -> None:
    """Every own row is voided by its client and deleted by the platform; theirs stay."""
    models = [view.queryset.model for view in WRITABLE.values()]
    theirs = {each: _foreign_rows(world, each) for each in models}
    platform, voided, deleted = world.browser("A"), 0, 0
    for prefix, view in WRITABLE.items():
        model = view.queryset.model
        path = f"/api/v1/{prefix}/{world.own[model.__name__].pk}/"
        answer = sent(writer(world, model), "post", f"{path}void/", {"reason": "typed twice"})
        voided += answer.status_code == 200
    for prefix, view in reversed(WRITABLE.items()):
        path = f"/api/v1/{prefix}/{world.own[view.queryset.model.__name__].pk}/"
        deleted += sent(platform, "delete", path).status_code == 204
    assert {each: _foreign_rows(world, each) for each in models} == theirs
    assert voided > 10
    assert deleted + voided > 15


def _foreign_rows(world: World, model: Any) -> dict[Any, Any]:
    rows = stored(world, model)
    return {key: row for key, row in rows.items() if row["client_id"] == world.acme_2.pk}


def test_iso_017_iso_018_an_undo_never_reaches_another_client(world: World) -> None:
    """Not even with a journal that names its rows."""
    line, reason = world.foreign["Line"], world.foreign["DowntimeReason"]
    forged = {
        "tables": {
            "plant.Line": {"new": [line.pk], "changed": []},
            "downtime.DowntimeReason": {"new": [reason.pk], "changed": []},
        },
        "beside": {"plant.LineShift": [world.foreign["LineShift"].pk]},
    }
    before = [stored(world, type(each)) for each in (line, reason, world.foreign["LineShift"])]
    with client_scope([world.acme], user=world.users["H"]):
        batch = ImportBatch.objects.create(
            client=world.acme, kind="FILE", entity="line", state="CONFIRMED",
            confirmed_at=timezone.now(), result={"journal": forged},
        )  # fmt: skip
        undo(batch)
    after = [stored(world, type(each)) for each in (line, reason, world.foreign["LineShift"])]
    assert after == before


# -- files ----------------------------------------------------------------------------------------

WITH_LOOKUPS = [each for each in registry.in_order() if each.lookups]


@pytest.mark.parametrize("entity", WITH_LOOKUPS, ids=lambda each: each.name)
def test_iso_028_iso_029_no_file_names_a_foreign_row(world: World, entity: Any) -> None:
    """An own row as it is exported, with each of its codes in turn replaced by a foreign one; also
    for whoever may write in both clients."""
    with client_scope([world.acme, world.acme_2]):
        own = entity.model.objects.filter(pk=world.own[entity.model.__name__].pk)
        export = Export(entity, world.acme, own, asked={entity.day.rpartition("__")[2]: ""})
        heads, (line,) = export.heads, export.lines()
        for column in entity.all_columns:
            if not isinstance(column.kind, Lookup) or column.name not in heads:
                continue
            target = world.foreign[column.kind.target.split(".")[1]]
            told = []
            for code in (str(getattr(target, column.kind.by)), "QUITE-OTHER"):
                cells = [
                    code if head == column.name else cell for head, cell in _cells(heads, line)
                ]
                text = "\t".join(heads) + "\n" + "\t".join(cells) + "\n"
                outcome = look(entity, world.acme, table_of(read_text(text), entity)).as_json()
                told.append(str(outcome).replace(code, "…"))
            assert told[0] == told[1], column.name
            assert "'unknown_code'" in told[0], column.name
            assert not MARKS.search(told[1]), column.name


def _cells(heads: list[str], line: list[Any]) -> Iterator[tuple[str, str]]:
    for head, cell in zip(heads, line, strict=True):
        yield head, "" if cell is None else str(cell)


def test_iso_030_what_was_learnt_of_files_is_learnt_by_the_client_alone(world: World) -> None:
    heads = ["shift_date", "shift", "line", "Stück"]
    with client_scope([world.acme_2]):
        ImportMapping.objects.create(
            client=world.acme_2, entity="production_entry",
            header_fingerprint=fingerprint(heads), columns={"Stück": "total_units"},
        )  # fmt: skip
    row = ["2026-03-04", "{0}-S", "{0}-L1", "9"]
    browser = world.browser_of(member("own-in-both", "MANAGER", world.acme, world.acme_2))
    understood = {}
    for mark, code in (("OWN", "ACME"), ("ZEBRA", "ACME-2")):
        text = "\t".join(heads) + "\n" + "\t".join(row).format(mark) + "\n"
        values = {"client": code, "entity": "production_entry", "text": text}
        assert browser.post(UPLOAD, values).status_code == 302
        with client_scope([world.acme, world.acme_2]):
            batch = ImportBatch.objects.filter(client__code=code).latest("created_at")
        understood[code] = batch.result["read_back"]["columns"].get("Stück")
    assert understood == {"ACME": None, "ACME-2": "total_units"}


def test_iso_043_files_come_from_views_that_check_and_as_attachments(world: World) -> None:
    browser, files = world.browser("H"), 0
    for prefix, view in view_sets().items():
        if view.export is not None:
            answer = browser.get(f"/api/v1/{prefix}/export/")
            assert answer.headers["Content-Disposition"].startswith("attachment; "), prefix
            files += 1
    own, theirs = world.own["ImportBatch"].pk, world.foreign["ImportBatch"].pk
    for path in (f"/admin/clients/importbatch/{own}/errors.csv",
                 "/admin/clients/importbatch/template/line.xlsx",
                 f"/kpi/fpy/rows/?{PERIOD}&format=csv"):  # fmt: skip
        assert browser.get(path).headers["Content-Disposition"].startswith("attachment; ")
    assert browser.get(f"/admin/clients/importbatch/{theirs}/errors.csv").status_code == 404
    for guessed in ("media/ZEBRA.csv", "static/ZEBRA.csv", "files/ZEBRA.csv", "uploads/1",
                    ".data/db"):  # fmt: skip
        assert browser.get(f"/{guessed}").status_code == 404, guessed
    assert files > 20


# -- one permission by several routes -------------------------------------------------------------


def test_role_002_hr_in_one_client_opens_nothing_in_the_other(world: World) -> None:
    """A second route around a permission: the absence types of the other client's closed shift."""
    record = world.foreign["AttendanceRecord"]
    kind = world.foreign["AbsenceType"]
    with client_scope([world.acme_2]):
        type(kind).objects.filter(pk=kind.pk).update(code="SECRET", name="Secret", active=False)
        place = world.foreign["LineShift"]
        type(place).objects.filter(pk=record.line_shift_id).update(
            state="CLOSED", closed_at=timezone.now()
        )
    user = member("own-hr-there-not", "MANAGER", world.acme, hr=True)
    Membership.objects.create(user=user, client=world.acme_2, role="MANAGER", valid=SINCE)
    trusted = member("own-hr-in-both", "MANAGER", world.acme, world.acme_2, hr=True)
    told = {}
    for who in (user, trusted):
        browser = world.browser_of(who)
        texts = {path: body(browser.get(path)) for path in _of_absence(record.pk)}
        # The catalogue of types, which the side list offers, is everybody's.
        told[who] = [path for path in texts if "SECRET" in SIDE_FILTER.sub("", texts[path])]
    assert told[user] == []
    assert len(told[trusted]) > 5


def _of_absence(record: int) -> Iterator[str]:
    narrowed = f"client=ACME-2&{PERIOD}"
    for key in OF_ABSENCE:
        yield f"/kpi/{key}/?{narrowed}&by=absence_type"
        yield f"/kpi/{key}/rows/?{narrowed}"
        yield f"/kpi/{key}/rows/?{narrowed}&format=csv"
        yield f"/api/v1/kpis/{key}/?{narrowed}&by=absence_type"
        yield f"/api/v1/kpis/{key}/?{PERIOD}&by=absence_type"
    yield f"/people/?{narrowed}"
    yield "/api/v1/attendance-records/"
    yield f"/api/v1/attendance-records/{record}/"
    yield "/api/v1/attendance-records/export/?client=ACME-2&shift_date=2026-03-04"
    yield "/admin/attendance/attendancerecord/"
    yield f"/admin/attendance/attendancerecord/{record}/change/"
    yield f"/admin/attendance/attendancerecord/{record}/history/"


@pytest.mark.parametrize("letter", "VH")
def test_iso_031_iso_036_a_filter_holds_on_every_tab(world: World, letter: str) -> None:
    """… and any chart by its key: narrowed to one client, no page below shows the other."""
    theirs = f"/kpi/fpy/rows/?client=ACME-2&{PERIOD}"
    user = member("own-tabs", "VIEWER" if letter == "V" else "MANAGER", world.acme, world.acme_2)
    browser, narrowed = world.browser_of(user), f"client=ACME&{PERIOD}"
    for key in ("oee", "fpy", "absence_hours", "lost_minutes"):
        for page in ("", "rows/", "explain/", "rows/?format=csv"):
            sign = "&" if "?" in page else "?"
            answer = browser.get(f"/kpi/{key}/{page}{sign}{narrowed}")
            assert answer.status_code == 200, (key, page)
            # The head of the page offers both: they are the person's own.
            assert not OF_ROWS.search(body(answer)), (key, page)
        figures = browser.get(f"/api/v1/kpis/{key}/?{narrowed}&by=client")
        assert "ACME-2" not in body(figures)
    assert OF_ROWS.search(body(browser.get(theirs)))


def test_auth_008_iso_031_an_export_after_the_token_ended_gives_nothing(world: World) -> None:
    token, key = ApiToken.issue(world.users["H"], "terminal")
    paths = [f"/api/v1/{prefix}/export/" for prefix, view in view_sets().items() if view.export]
    headers = {"Authorization": f"Token {key}"}
    assert Browser().get(paths[0], headers=headers).status_code == 200
    ended = timezone.now() - datetime.timedelta(seconds=1)
    for fields in ({"expires_at": ended}, {"revoked_at": ended}):
        ApiToken.objects.filter(pk=token.pk).update(**fields)
        answers = [Browser().get(path, headers=headers) for path in paths]
        assert {each.status_code for each in answers} == {401}
        assert not any("OWN" in body(each) for each in answers)


# -- what says nothing ----------------------------------------------------------------------------


def test_iso_060_health_schema_and_errors_name_no_client(world: World) -> None:
    anonymous, boss = world.browser("X"), world.browser("H")
    pages = [
        anonymous.get(path) for path in ("/healthz", "/readyz", "/accounts/login/", "/nothing")
    ]
    pages += [boss.get(path) for path in ("/api/v1/schema/", "/api/v1/docs/", "/nothing")]
    pages += [
        anonymous.post("/accounts/login/", {"username": "zebra-boss", "password": "x"}),
        boss.get("/api/v1/nothing/"),
        boss.get("/admin/plant/line/?client=ACME&client=ACME"),
        world.browser("N").get("/overview/"),
        world.browser("V").get("/admin/"),
    ]
    for page in pages:
        text = body(page).replace('value="zebra-boss"', "")
        assert not MARKS.search(text), page.request["PATH_INFO"]
        assert "Acme Boots" not in text, page.request["PATH_INFO"]
    assert {page.status_code for page in pages} == {200, 400, 403, 404}
    # Browsers' own requests: there is no page of figures about the installation.
    for path in ("/metrics", "/metrics/", "/status", "/server-status", "/__debug__/", "/silk/"):
        assert boss.get(path).status_code == 404


def test_iso_015_iso_059_foreign_and_unknown_take_the_same_time(world: World) -> None:
    """In turns, the quickest of many; what they do is compared statement by statement elsewhere."""
    browser, key = world.browser("H"), world.foreign["ProductionEntry"].pk
    for path in ("/api/v1/production-entries/{}/", "/admin/production/productionentry/{}/change/",
                 "/api/v1/production-entries/?work_order={}"):  # fmt: skip
        spent: dict[Any, list[float]] = {key: [], UNKNOWN: []}
        for _ in range(15):
            for each, times in spent.items():
                begun = time.perf_counter()
                browser.get(path.format("ZEBRA-WO" if each == key and "=" in path else each))
                times.append(time.perf_counter() - begun)
        foreign, unknown = (min(times) for times in spent.values())
        assert abs(foreign - unknown) < 0.5 * max(foreign, unknown), path
        assert statistics.median(spent[key]) < 3 * statistics.median(spent[UNKNOWN]), path


# -- roles ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", ["own", "foreign", "unknown"])
def test_role_003_what_a_role_never_does_is_refused_before_anything_is_read(
    world: World, key: str
) -> None:
    browser = world.browser("V")
    rows = {"own": world.own, "foreign": world.foreign}
    pk = rows[key]["ProductionEntry"].pk if key in rows else UNKNOWN
    browser.get("/api/v1/lines/")
    for method, tail in (("patch", ""), ("put", ""), ("delete", ""), ("post", "void/")):
        with CaptureQueriesContext(connection) as asked:
            call = getattr(browser, method)
            answer = call(f"/api/v1/production-entries/{pk}/{tail}", "{", "application/json")
        told = {"detail": "Your role does not allow this."}
        assert (answer.status_code, answer.json()) == (403, told)
        assert [each for each in asked if "production_productionentry" in each["sql"]] == []


def test_role_004_the_body_is_read_only_of_rows_that_are_there(world: World) -> None:
    browser = world.browser("O")
    statuses = [
        browser.patch(f"/api/v1/production-entries/{key}/", "{", "application/json").status_code
        for key in (UNKNOWN, world.foreign["ProductionEntry"].pk, world.own["ProductionEntry"].pk)
    ]
    # The own row was written by somebody else: an operator may change only what is the own.
    assert statuses == [404, 404, 403]


# How access ends: what the session that was open hears, and what whoever signs in anew does.
ENDED: dict[str, tuple[Callable[[Membership], Any], int, int, int]] = {
    "role": (lambda held: _changed(held, role="VIEWER"), 401, 200, 403),
    "membership": (lambda held: _changed(held, active=False), 401, 403, 403),
    "period": (
        lambda held: _changed(held, valid=(SINCE[0], SINCE[0].replace(day=2))),
        403,
        403,
        403,
    ),
    "person": (lambda held: _gone(held), 401, 401, 401),
    "client": (
        lambda held: Client.unscoped.filter(pk=held.client_id).update(active=False),
        403,
        403,
        403,
    ),
}


def _changed(held: Membership, **fields: Any) -> None:
    Membership.objects.filter(pk=held.pk).update(**fields)


def _gone(held: Membership) -> None:
    type(held.user).objects.filter(pk=held.user_id).update(is_active=False)


@pytest.mark.parametrize("change", ENDED)
def test_role_006_a_change_acts_on_the_next_request(world: World, change: str) -> None:
    browser, line = world.browser("S"), {"code": "L7", "name": "x", "stations": 1}
    line["standard_crew"] = 1
    assert browser.get("/api/v1/lines/").status_code == 200
    assert sent(browser, "post", "/api/v1/lines/", line).status_code == 201
    act, at_once, reads, writes = ENDED[change]
    act(world.users["S"].memberships.get())
    assert browser.get("/api/v1/lines/").status_code == at_once
    browser = world.browser("S")
    assert browser.get("/api/v1/lines/").status_code == reads
    line["code"] = "L8"
    assert sent(browser, "post", "/api/v1/lines/", line).status_code == writes


def test_role_006_a_flag_that_is_taken_acts_on_the_next_request(world: World) -> None:
    browser = world.browser("H")
    path = f"/api/v1/employees/{world.own['Employee'].pk}/"
    assert browser.get(path).json()["phone"] == "OWN-555"
    world.users["H"].memberships.update(hr=False)
    assert browser.get(path).status_code == 401
    shown = world.browser("H").get(path).json()
    assert shown["code"] == "OWN-EMP"
    assert "phone" not in shown
