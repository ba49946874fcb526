"""What people with some rights try in order to have more, in the clients that are their own."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client as Browser
from django.utils import timezone

from attendance.models import AbsenceType
from clients.imports.tables import fingerprint
from clients.models import ApiToken, ImportMapping, Membership, User
from clients.scope import because, client_scope
from plant.models import Employee
from tests.sweep.conftest import SINCE, member
from tests.sweep.test_foreign import rows_shown
from tests.sweep.world import (
    PERIOD,
    World,
    addresses,
    body,
    form_of,
    sent,
)

UPLOAD = "/admin/clients/importbatch/add/"


def closed(world: World) -> Any:
    """The own attendance record, an absence of a type, its shift closed by now."""
    record = world.own["AttendanceRecord"]
    with client_scope([world.acme]):
        place = world.own["LineShift"]
        type(place).objects.filter(pk=record.line_shift_id).update(
            state="CLOSED", closed_at=timezone.now()
        )
        assert record.absence_type_id is not None
    return record


# -- tokens ---------------------------------------------------------------------------------------


def test_auth_008_iso_037_a_token_for_one_client_ends_there(world: World) -> None:
    """Also a platform admin's: neither users nor what all clients share is of that client."""
    _, key = ApiToken.issue(world.users["A"], "terminal", client=world.acme)
    browser = Browser(raise_request_exception=False, headers={"Authorization": f"Token {key}"})
    zebra = world.users["Z"].pk
    for path in ("user/", "membership/", "apitoken/", "auditentry/", "auditentry/export.csv",
                 f"user/{zebra}/change/", f"user/{zebra}/history/", "membership/add/"):  # fmt: skip
        assert browser.get(f"/admin/clients/{path}").status_code == 403, path
    role = {"user": world.users["N"].pk, "client": world.acme_2.pk, "role": "MANAGER"}
    assert browser.post("/admin/clients/membership/add/", role).status_code == 403
    goal = {"kpi_key": "fpy", "target": 96, "warning": 92, "critical": 88}
    for prefix, row in (("employees", {"code": "F9", "full_name": "x"}),
                        ("targets", {**goal, "valid_from": "2031-01-01"})):  # fmt: skip
        answer = sent(browser, "post", f"/api/v1/{prefix}/", {"client": None, **row})
        assert (answer.status_code, answer.json()) == (400, {"client": ["Choose a client."]})
        assert sent(browser, "post", f"/api/v1/{prefix}/", row).status_code == 201, prefix
    with client_scope([world.acme]):
        assert Employee.objects.filter(code="F9").values_list("client", flat=True).get()


# -- lookups --------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", "OSME")
def test_iso_006_iso_038_no_lookup_tells_what_the_list_does_not_show(
    world: World, who: str
) -> None:
    """Which type has this absence; what stands in that file."""
    record, browser = closed(world), world.browser(who)
    for lookup in ("attendancerecord", "attendancerecord__id", "attendancerecord__in"):
        types = "/admin/attendance/absencetype/"
        assert rows_shown(browser, types, {lookup: record.pk}) == (400, -1), lookup
    for lookup in ("content__icontains", "errors__icontains", "result__icontains", "sha256"):
        assert rows_shown(browser, "/admin/clients/importbatch/", {lookup: "OWN"}) == (400, -1)
    # What the list shows and other pages link to is asked for as ever.
    records = "/admin/attendance/attendancerecord/"
    for lookup, value in (("shift_date", "2026-03-04"), ("employee", record.employee_id),
                          ("line_shift__id__exact", record.line_shift_id)):  # fmt: skip
        assert rows_shown(browser, records, {lookup: value}) == (200, 1), lookup


# -- names of people ------------------------------------------------------------------------------


def names_people(model: Any) -> bool:
    return model is not None and (
        model is Employee or any(field.related_model is Employee for field in model._meta.fields)
    )


def pages_of_people(world: World, rows: dict[str, Any]) -> Iterator[str]:
    """Every list, row, history and file of what refers to a person."""
    for address in addresses():
        verbs = ("changelist", "change", "history", "list", "detail", "export")
        if address.verb in verbs and names_people(address.model):
            yield address.of(world.row(address.model, rows))


def renamed(rows: dict[str, Any]) -> None:
    with client_scope([rows["Line"].client]):
        found = Employee.objects.filter(pk=rows["Employee"].pk)
        assert found.update(code="PANZA-1", full_name="Sancho Panza") == 1


def test_role_001_a_viewer_reads_of_no_person(world: World) -> None:
    renamed(world.own)
    told = {who: set() for who in "VS"}
    for path in pages_of_people(world, world.own):
        for who, found in told.items():
            if "PANZA" in body(world.browser(who).get(path)).upper():
                found.add(path)
    assert told["V"] == set()
    assert len(told["S"]) > 20


def test_role_002_names_are_told_where_the_role_opens_them(world: World) -> None:
    """A manager here who only looks on there: no page, history or search names people there."""
    renamed(world.foreign)
    user = member("own-looks-on", "MANAGER", world.acme)
    Membership.objects.create(user=user, client=world.acme_2, role="VIEWER", valid=SINCE)
    browser, both = world.browser_of(user), world.browser("Z")
    paths = list(pages_of_people(world, world.foreign))
    assert [path for path in paths if "PANZA" in body(browser.get(path)).upper()] == []
    assert sum("PANZA" in body(both.get(path)).upper() for path in paths) > 20
    for page in ("attendance/attendancerecord", "plant/lineassignment", "plant/employee"):
        for word in ("sancho", "panza"):
            assert rows_shown(browser, f"/admin/{page}/", {"q": word}) == (200, 0), page
            assert rows_shown(both, f"/admin/{page}/", {"q": word}) == (200, 1), page


def test_role_002_no_form_is_filled_in_with_who_may_not_be_named(world: World) -> None:
    """Neither by the address nor by what is sent: the page would spell who has the number."""
    renamed(world.foreign)
    user = member("own-looks-on", "MANAGER", world.acme)
    Membership.objects.create(user=user, client=world.acme_2, role="VIEWER", valid=SINCE)
    told: dict[str, set[str]] = {"looks on": set(), "both": set()}
    for address in addresses():
        if address.verb != "add" or address.is_api or address.model is None:
            continue
        filled = {
            field.name: str(world.row(field.related_model, world.foreign).pk)
            for field in address.model._meta.fields
            if names_people(field.related_model)
        }
        if not filled:
            continue
        path = address.at()
        for who, browser in (("looks on", world.browser_of(user)), ("both", world.browser("Z"))):
            pages = browser.get(path, filled), browser.post(path, {"client": "", **filled})
            if any("PANZA" in body(page).upper() for page in pages):
                told[who].add(path)
    assert told["looks on"] == set()
    assert len(told["both"]) > 3


# -- rows moved to where more is allowed ----------------------------------------------------------


def verified(world: World) -> Any:
    row = world.own["QualityInspection"]
    with client_scope([world.acme], user=world.users["M"]):
        type(row).objects.filter(pk=row.pk).update(
            verified_at=timezone.now(), verified_by=world.users["M"]
        )
    return row


def test_role_003_no_defect_is_moved_into_a_verified_inspection(world: World) -> None:
    """An operator's own one, of the own inspection; by the API and by the page."""
    theirs, browser = verified(world), world.browser("O")
    own = {"shift_date": "2026-03-04", "shift": "OWN-S", "line": "OWN-L1", "stage": "FINAL",
           "work_order": "OWN-WO", "units_inspected": 50, "units_defective": 5}  # fmt: skip
    inspection = sent(browser, "post", "/api/v1/quality-inspections/", own).json()["id"]
    defect = {"inspection": inspection, "defect_type": "OWN-D", "quantity": 1}
    made = sent(browser, "post", "/api/v1/defects/", {**defect, "disposition": "SCRAP"}).json()
    moved = {"inspection": theirs.pk, "version": 1, "change_reason": "typed there"}
    refused = sent(browser, "patch", f"/api/v1/defects/{made['id']}/", moved)
    told = {"detail": "This row is verified. Ask a supervisor or manager."}
    assert (refused.status_code, refused.json()) == (403, told)
    page = f"/admin/quality/defect/{made['id']}/change/"
    form = form_of(body(browser.get(page)))
    form |= {"inspection": [str(theirs.pk)], "change_reason": ["typed there"]}
    refused = browser.post(page, form)
    assert (refused.status_code, told["detail"] in body(refused)) == (200, True)
    with client_scope([world.acme]):
        assert type(theirs).objects.get(pk=theirs.pk).verified_at is not None
    assert (
        sent(world.browser("S"), "patch", f"/api/v1/defects/{made['id']}/", moved).status_code
        == 200
    )


@pytest.mark.parametrize("to", [{"shift_date": "2026-03-05"}, {"shift_date": "2026-03-03"}])
def test_role_003_no_absence_is_moved_to_where_its_type_shows(
    world: World, to: dict[str, str]
) -> None:
    record = closed(world)
    path = f"/api/v1/attendance-records/{record.pk}/"
    change = {**to, "change_reason": "wrong day"}
    for who, status in (("S", 400), ("M", 400), ("H", 200)):
        browser = world.browser(who)
        asked = {**change, "version": browser.get(path).json()["version"]}
        answer = sent(browser, "patch", path, asked)
        assert answer.status_code == status, who
        assert ("OWN-ABSENCE" in body(answer)) == (who == "H"), who


def test_iso_030_no_undo_tells_whose_absence_has_the_type(world: World) -> None:
    """A file's new type is in use: of a closed shift only who may read types is told by whom."""
    record = closed(world)
    file = {"client": "ACME", "entity": "absence_type", "text": "code\tname\nSURGERY\tx\n"}
    told = {}
    for who in "MH":
        browser = world.browser(who)
        page = browser.post(UPLOAD, file).headers["Location"]
        assert browser.post(page, {"act": "confirm"}).status_code == 302
        with client_scope([world.acme]), because("found out"):
            surgery = AbsenceType.objects.get(code="SURGERY")
            type(record).objects.filter(pk=record.pk).update(absence_type=surgery)
        told[who] = body(browser.post(page, {"act": "undo"}, follow=True))
        with client_scope([world.acme]), because("found out"):
            type(record).objects.filter(pk=record.pk).update(absence_type=record.absence_type)
        browser.post(page, {"act": "undo"})
    used = "Absence type SURGERY x is used by"
    assert f"{used} a row of attendance records. Nothing was undone." in told["M"]
    assert f"{used} attendance record 2026-03-04 OWN-S OWN-EMP. Nothing was undone." in told["H"]


# -- what others typed ----------------------------------------------------------------------------


def test_iso_030_what_stands_in_a_file_is_read_by_who_may_know_it(world: World) -> None:
    record, trusted = closed(world), world.browser("H")
    with client_scope([world.acme]):
        type(record.absence_type).objects.create(client=world.acme, code="SURGERY", name="x")
    heads = "employee\tshift_date\tshift\tabsence_type\n"
    rows = [f"{code}\t2026-03-04\tOWN-S\tSURGERY\n" for code in ("OWN-EMP", "NOBODY")]
    file = {"client": "ACME", "entity": "attendance_record", "text": heads + "".join(rows)}
    page = trusted.post(UPLOAD, file).headers["Location"]
    pk = int(page.split("/")[4])
    paths = [page, f"/admin/clients/importbatch/{pk}/errors.csv", f"/api/v1/import-batches/{pk}/"]
    assert ["SURGERY" in body(trusted.get(path)) for path in paths] == [True, True, False]
    for who in "OSME":
        answers = [world.browser(who).get(path) for path in paths]
        assert [each.status_code for each in answers] == [200, 403, 200]
        texts = "".join(map(body, answers))
        assert [word for word in ("SURGERY", "OWN-ABSENCE", '"errors"') if word in texts] == []
        # Nor does it help to read the columns of the file anew.
        again = {"act": "columns", "column-0": "notes"}
        assert world.browser(who).post(page, again).status_code == 403


def test_iso_030_a_layout_is_taught_by_who_may_import(world: World) -> None:
    """And what was taught cannot spoil the next upload."""
    heads = ["shift_date", "shift", "line", "Stück"]
    mapping = world.own["ImportMapping"]
    with client_scope([world.acme]):
        ImportMapping.objects.filter(pk=mapping.pk).update(
            entity="production_entry", header_fingerprint=fingerprint(heads)
        )
    browser, page = world.browser("S"), f"/admin/clients/importmapping/{mapping.pk}/change/"
    for taught in (["total_units"], {"Stück": 5}, {"Stück": ["total_units"]}, 5, None):
        form = form_of(body(browser.get(page))) | {"columns": [json.dumps(taught)]}
        assert browser.post(page, form).status_code == 200, taught
    form = form_of(body(browser.get(page))) | {"columns": ['{"Stück": "total_units"}']}
    assert browser.post(page, form).status_code == 302
    rows = "2026-03-04\tOWN-S\tOWN-L1\t9\n"
    file = {"client": "ACME", "entity": "production_entry", "text": "\t".join(heads) + f"\n{rows}"}
    assert browser.post(UPLOAD, file).status_code == 302
    with client_scope([world.acme]):
        ImportMapping.objects.filter(pk=mapping.pk).update(entity="employee")
    assert browser.post(page, form).status_code == 403


# -- the next person at the terminal --------------------------------------------------------------


def test_auth_006_what_was_said_to_one_person_the_next_one_does_not_read(world: World) -> None:
    browser = world.browser("M")
    line = f"/admin/plant/line/{world.own['Line'].pk}/"
    assert browser.post(f"{line}void/", {"reason": "sold"}).status_code == 302
    browser.post("/accounts/logout/")
    assert "OWN-L1" not in str(browser.cookies)
    zebra = User.objects.get(pk=world.users["Z"].pk)
    browser.force_login(zebra, backend="clients.backends.MemberBackend")
    page = body(browser.get("/admin/plant/line/"))
    assert "ZEBRA-L1" in page
    assert "OWN-L1" not in page


# -- odd texts ------------------------------------------------------------------------------------

ODD = ["²", "٣", "\x00", "9" * 30, "1e400", "NaN", "[]", "0001-01-01", "9999-12-31"]
ASKED = {
    f"/kpi/oee/rows/?{PERIOD}": ("size", "page", "measure", "left_out", "as_of"),
    f"/orders/?{PERIOD}": ("customer", "page", "q", "show"),
    f"/delivery/?{PERIOD}": ("customer", "style"),
    "/entry/roster/": ("date", "shift", "line", "saved", "page"),
    "/coverage/pool/": ("date", "shift"),
    "/admin/plant/line/": ("p", "o", "q", "line_type", "_to_field"),
    "/api/v1/kpis/otd/": ("customer", "from", "as_of", "by"),
}
DRAFTS = [
    '{"present":[Infinity],"rows":{}}',
    '{"present":[1e400],"rows":{}}',
    '{"present":[],"rows":{"1":[Infinity,{}]}}',
    "[" * 100_000,
]


def test_iso_059_odd_texts_are_answered_and_never_fail(world: World) -> None:
    browser = world.browser("H")
    wrong = []
    for path, names in ASKED.items():
        for name, text in itertools.product(names, ODD):
            address = f"{path}{'&' if '?' in path else '?'}{urlencode({name: text})}"
            if browser.get(address).status_code >= 500:
                wrong.append(address)
    assert wrong == []


# Half a letter: JSON can say it, and no text holds it.
HALF = "\\ud800"
HALVES = {
    "lines/": '{"code": "L9", "name": "x", "HALF": "x"}',
    "machines/": '{"code": "M9", "name": "x", "line": "HALF"}',
    "lines/bulk/": '{"rows": [{"code": "L9", "HALF": "x"}]}',
    "attendance-records/bulk/": '{"rows": [{"employee": "OWN-EMP", "mark": "HALF"}]}',
    "assumptions/": '{"key": "yield_rule", "value": {"HALF": 1}, "rationale": "x"}',
}


def test_iso_059_half_a_letter_is_refused_wherever_it_stands(world: World) -> None:
    browser = world.browser("A")
    for path, text in HALVES.items():
        sent_body = text.replace("HALF", HALF).encode()
        for each in (sent_body, sent_body.replace(HALF.encode(), b"\xed\xa0\x80")):
            submit = {"Idempotency-Key": "4a5bbd1c-0000-4000-8000-000000000001"}
            answer = browser.post(f"/api/v1/{path}", each, "application/json", headers=submit)
            assert answer.status_code == 400, path
            assert answer.json() == {"detail": "The body is not UTF-8."}
    key = world.own["Employee"].pk
    typed = f'{{"present":[],"rows":{{"{key}":[1,{{"notes":"a{HALF}b"}}]}}}}'
    for act in ("read-back", "keep"):
        form = {"client": "ACME", "act": act, "kept": typed}
        path = "/entry/roster/?date=2026-03-04&shift=OWN-S"
        assert world.browser("H").post(path, form).status_code == 200, act
    page = f"/admin/clients/importmapping/{world.own['ImportMapping'].pk}/change/"
    browser = world.browser("H")
    for text in (f'{{"a": "{HALF}"}}', '{"a": "\\u0000"}', "[" * 100_000):
        form = form_of(body(browser.get(page))) | {"columns": [text]}
        refused = browser.post(page, form)
        assert (refused.status_code, "Enter a valid JSON." in body(refused)) == (200, True)


@pytest.mark.parametrize("draft", DRAFTS, ids=lambda text: text[:20])
def test_iso_059_a_made_up_draft_is_refused(world: World, draft: str) -> None:
    form = {"client": "ACME", "act": "read-back", "kept": draft}
    refused = world.browser("H").post("/entry/roster/?date=2026-03-04&shift=OWN-S", form)
    assert refused.status_code == 400
    assert "This form is not complete." in body(refused)


def test_iso_059_a_made_up_column_is_no_column(world: World) -> None:
    browser, row = world.browser("H"), "code\tname\nL9\tLine 9\n"
    file = {"client": "ACME", "entity": "line", "text": row}
    page = browser.post(UPLOAD, file).headers["Location"]
    for place in ("²", "٣", "9" * 30, "-1", "x"):
        assert browser.post(page, {"act": "columns", f"column-{place}": "code"}).status_code == 302
