"""A list as a file: the rows of the screen, read in again without a change."""

from __future__ import annotations

import csv
import datetime
import io
import zipfile
from itertools import product
from typing import Any

import pytest
import python_calamine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from attendance.models import AbsenceType, AttendanceRecord, HourAllocation
from clients.imports import registry
from clients.imports.entities import EntityImport
from clients.imports.exports import FORMS, VOIDED
from clients.imports.files import read_file
from clients.imports.pipeline import look
from clients.imports.tables import table_of
from clients.models import Client
from clients.scope import client_scope, entered, has_scope, scope_of
from plant.models import Line, LineShift, Style
from production.models import ProductionEntry
from tests.filled import DAY, fill
from tests.imports.helpers import counts
from tests.plant.factories import make_employee
from tests.standing import standing

UNKNOWN = 40_000_000
DAY_ASKED = f"shift_date={DAY}"
ENTITIES = [each.name for each in registry]


def admin_path(entity: EntityImport, form: str, query: str = "") -> str:
    options = entity.model._meta
    return f"/admin/{options.app_label}/{options.model_name}/export.{form}?{query}"


def day_of(entity: EntityImport) -> str:
    return f"{entity.day}={DAY}" if entity.day else ""


def content_of(response: Any) -> bytes:
    assert response.status_code == 200, response.headers
    return b"".join(response.streaming_content)


def table_in(content: bytes) -> tuple[list[str], list[list[str]]]:
    text = content.decode("utf-8-sig")
    separator = ";" if ";" in text.splitlines()[0] else ","
    head, *rows = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    return head, rows


@standing
def filled(acme: Client, acme_2: Client) -> dict[str, Any]:
    fill(acme_2, "ZEBRA", 987_654)
    return fill(acme, "OWN", 320)


@pytest.fixture
def boss(filled: dict[str, Any], acme: Client, member: Any) -> Any:
    return member(acme, role="MANAGER", hr=True, quality=True)


def read_again(entity: EntityImport, client: Client, content: bytes, user: Any) -> dict[str, Any]:
    with entered(scope_of(user)):
        table = table_of(read_file(content, "rows"), entity)
        assert table.match.unknown == []
        return look(entity, client, table).as_json()


@pytest.mark.parametrize("name", ENTITIES)
def test_what_is_exported_is_the_same_when_it_is_read_again(
    boss: Any, acme: Client, signed_in: Any, name: str
) -> None:
    entity, browser = registry.get(name), signed_in(boss)
    for language, form in product(("en", "es"), FORMS):
        browser.cookies["django_language"] = language
        content = content_of(browser.get(admin_path(entity, form, day_of(entity))))
        told = read_again(entity, acme, content, boss)
        assert told["errors"] == []
        assert told["rows_total"] > 0
        assert counts(told) == (0, 0, told["rows_total"], 0)


# -- what is in the file ----------------------------------------------------------------------


def test_a_file_of_production_rows_cell_by_cell(boss: Any, acme: Client, signed_in: Any) -> None:
    response = signed_in(boss).get(admin_path(registry.get("production_entry"), "csv", DAY_ASKED))
    content = content_of(response)
    head, rows = table_in(content)
    assert content.startswith(b"\xef\xbb\xbf")
    assert rows == [
        [
            "2026-03-04", "OWN-L1", "OWN-WO", "OWN-JOB", "", "OWN-M1", "OWN-S", "1", "320", "", "",
            "", "", "", "OWN note", "", "",
        ]
    ]  # fmt: skip
    assert head == [
        "shift_date", "line", "work_order", "job", "operation", "machine", "shift", "capture_no",
        "total_units", "run_minutes", "started_at", "ended_at", "operators_assigned",
        "operators_present", "notes", "defective_units", "scrap_units",
    ]  # fmt: skip
    name = "kpi_ops_ACME_production_entry_2026-03-04_2026-03-04.csv"
    assert response.headers["Content-Disposition"] == f'attachment; filename="{name}"'
    assert response.headers["Cache-Control"] == "private, no-store"


def test_spanish_has_its_headers_semicolons_and_commas(
    boss: Any, acme: Client, signed_in: Any
) -> None:
    browser = signed_in(boss)
    browser.cookies["django_language"] = "es"
    content = content_of(browser.get(admin_path(registry.get("standard"), "csv")))
    head, rows = table_in(content)
    assert content.decode("utf-8-sig").startswith("numero_parte;estilo;linea;turno;operacion;")
    assert rows[0][head.index("horas_estandar")] == "0,25"
    # Three places after a comma would be read as thousands.
    assert rows[0][head.index("horas_ciclo")] == "0,0250"


def test_a_workbook_has_typed_cells_a_frozen_header_and_says_what_it_is(
    boss: Any, acme: Client, signed_in: Any
) -> None:
    query = f"{DAY_ASKED}&q=OWN-L1"
    response = signed_in(boss).get(admin_path(registry.get("production_entry"), "xlsx", query))
    content = content_of(response)
    assert response.headers["Content-Disposition"].endswith('_2026-03-04_2026-03-04.xlsx"')
    book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(content))
    assert book.sheet_names == ["rows", "about"]
    head, row = book.get_sheet_by_name("rows").to_python()
    cells = dict(zip(head, row, strict=True))
    assert cells["shift_date"] == DAY
    assert (cells["total_units"], cells["line"]) == (320.0, "OWN-L1")
    about = dict(book.get_sheet_by_name("about").to_python())
    del about["time"]
    assert about == {
        "client": "ACME Acme Boots", "list": "production entries", "search": "OWN-L1",
        "shift date": "2026-03-04", "rows": "1", "user": boss.username, "zone": "America/Matamoros",
    }  # fmt: skip
    sheet = zipfile.ZipFile(io.BytesIO(content)).read("xl/worksheets/sheet1.xml")
    assert b'state="frozen"' in sheet


AWKWARD = [
    "=1+1", "+52 868 123", "-ok", "@x", "'x", "'=x", "''", "—", "NULL", "'NULL", "a;b,c",
    'say "no"',
    "two\nlines", "two\r\nlines", "ñandú", "0012", "1e5", "_x000D_", "TRUE", "2025-12-02",
]  # fmt: skip


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_awkward_texts_come_back_as_they_are(
    boss: Any, acme: Client, filled: Any, signed_in: Any, form: str, language: str
) -> None:
    with client_scope([acme]):
        for number, text in enumerate(AWKWARD):
            Style.objects.create(client=acme, code=f"A{number}", name=text, family="x")
    entity, browser = registry.get("style"), signed_in(boss)
    browser.cookies["django_language"] = language
    content = content_of(browser.get(admin_path(entity, form)))
    if form == "csv":
        assert {"'=1+1", "'+52 868 123", "''x", "''=x", "'NULL", "'—"} <= {
            row[1] for row in table_in(content)[1]
        }
    assert counts(read_again(entity, acme, content, boss)) == (0, 0, len(AWKWARD) + 1, 0)


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_instants_are_those_of_the_plant_also_when_the_clocks_change(
    boss: Any, acme: Client, filled: Any, signed_in: Any, form: str
) -> None:
    """01:30 exists twice on the first of November; every other minute is written short."""
    Client.unscoped.filter(pk=acme.pk).update(timezone="America/Chicago")
    acme.refresh_from_db(from_queryset=Client.unscoped)
    start = datetime.datetime(2026, 11, 1, 6, 30, tzinfo=datetime.UTC)
    with client_scope([acme]):
        row = ProductionEntry.objects.get()
        for number, hours in enumerate((0, 1, 5)):
            at = start + datetime.timedelta(hours=hours, seconds=7 * number)
            ProductionEntry.objects.bulk_create(
                [
                    ProductionEntry(
                        client=acme, shift_date=DAY, shift=row.shift, line=row.line, total_units=5,
                        started_at=at, ended_at=at + datetime.timedelta(minutes=20),
                        capture_no=number + 5,
                    )
                ]
            )  # fmt: skip
    entity = registry.get("production_entry")
    content = content_of(signed_in(boss).get(admin_path(entity, form, DAY_ASKED)))
    told = read_again(entity, acme, content, boss)
    assert (told["errors"], counts(told)) == ([], (0, 0, 4, 0))


# -- which rows -------------------------------------------------------------------------------


def test_the_file_has_the_rows_of_the_screen(boss: Any, acme: Client, signed_in: Any) -> None:
    with client_scope([acme]):
        for code in ("B1", "B2", "C1"):
            Style.objects.create(client=acme, code=code, name=code, family="boots")
    browser, entity = signed_in(boss), registry.get("style")
    for query, codes in {
        "": ["B1", "B2", "C1", "OWN-STYLE"],
        "q=B": ["B1", "B2"],
        "family=boots&q=C": ["C1"],
        "q=B&o=-1": ["B2", "B1"],
        "family=nothing": [],
    }.items():
        _head, rows = table_in(content_of(browser.get(admin_path(entity, "csv", query))))
        assert [row[0] for row in rows] == codes, query
    api = browser.get("/api/v1/styles/export/", {"family": "boots", "ordering": "-code"})
    assert [row[0] for row in table_in(content_of(api))[1]] == ["C1", "B2", "B1"]


def test_the_date_hierarchy_and_the_last_thirty_days(
    boss: Any, acme: Client, filled: Any, signed_in: Any
) -> None:
    today = acme.today()
    old, recent = today - datetime.timedelta(days=30), today - datetime.timedelta(days=29)
    with client_scope([acme]):
        row = ProductionEntry.objects.get()
        for day in (old, recent):
            ProductionEntry.objects.bulk_create(
                [ProductionEntry(client=acme, shift_date=day, shift=row.shift, line=row.line,
                                 capture_no=1, total_units=5)]
            )  # fmt: skip
    browser, entity = signed_in(boss), registry.get("production_entry")
    for query, days in {
        "": [recent],
        "shift_date__year=2026&shift_date__month=3": [DAY],
        f"shift_date__lte={old}&shift_date__gte={old}": [old],
    }.items():
        _head, rows = table_in(content_of(browser.get(admin_path(entity, "csv", query))))
        assert [row[0] for row in rows] == [str(day) for day in days], query
    listed = browser.get("/api/v1/production-entries/export/")
    assert [row[0] for row in table_in(content_of(listed))[1]] == [str(recent)]


def test_more_than_three_years_are_refused(
    boss: Any, acme: Client, filled: Any, signed_in: Any
) -> None:
    with client_scope([acme]):
        ProductionEntry.objects.update(shift_date=datetime.date(2023, 1, 1))
        row = ProductionEntry.objects.get()
        ProductionEntry.objects.bulk_create(
            [ProductionEntry(client=acme, shift_date=datetime.date(2026, 1, 5), shift=row.shift,
                             line=row.line, capture_no=1, total_units=5)]
        )  # fmt: skip
    answer = signed_in(boss).get(
        "/api/v1/production-entries/export/", {"shift_date_from": "2020-01-01"}
    )
    assert (answer.status_code, answer.json()) == (
        400, {"non_field_errors": ["An export covers at most three years. Narrow the period."]},
    )  # fmt: skip


def test_too_many_rows_are_refused(
    boss: Any, acme: Client, signed_in: Any, monkeypatch: Any
) -> None:
    monkeypatch.setattr("clients.imports.exports.MOST_ROWS", 0)
    page = signed_in(boss).get(admin_path(registry.get("style"), "csv"), follow=True)
    assert page.redirect_chain == [("/admin/plant/style/", 302)]
    sentence = "The list has 1 rows; a file takes 0. Narrow the period or the filters."
    assert sentence in page.content.decode()


def test_voided_rows_are_not_exported(boss: Any, acme: Client, signed_in: Any) -> None:
    page = signed_in(boss).get(admin_path(registry.get("style"), "csv", "voided=yes"), follow=True)
    assert VOIDED in page.content.decode()
    assert "export.csv" not in page.content.decode()


def test_the_list_links_to_its_files_with_its_filters(
    boss: Any, acme: Client, signed_in: Any
) -> None:
    page = signed_in(boss).get("/admin/plant/style/?q=OWN&p=1").content.decode()
    assert 'href="/admin/plant/style/export.csv?q=OWN"' in page
    assert 'href="/admin/plant/style/export.xlsx?q=OWN"' in page


def test_the_number_of_queries_does_not_depend_on_the_rows(
    boss: Any, acme: Client, signed_in: Any
) -> None:
    browser, entity = signed_in(boss), registry.get("attendance_record")
    counted = []
    for people in (1, 40):
        with client_scope([acme]):
            first = AttendanceRecord.objects.first()
            for number in range(people):
                person = make_employee(acme, code=f"E{people}-{number}")
                row = AttendanceRecord(
                    client=acme, employee=person, shift=first.shift, shift_date=DAY,
                    presence="PRESENT",
                )  # fmt: skip
                row.full_clean()
                row.save()
        with CaptureQueriesContext(connection) as queries:
            content_of(browser.get(admin_path(entity, "csv", DAY_ASKED)))
        counted.append(len(queries))
    assert counted[0] == counted[1]
    assert counted[0] < 40


# -- whose rows, and who may read what ---------------------------------------------------------


@pytest.fixture
def of_both(filled: Any, acme: Client, acme_2: Client, member: Any) -> Any:
    return member(acme, acme_2, role="SUPERVISOR")


def test_several_clients_have_to_be_narrowed_to_one(
    of_both: Any, acme: Client, signed_in: Any
) -> None:
    browser, entity = signed_in(of_both), registry.get("style")
    page = browser.get(admin_path(entity, "csv"), follow=True)
    assert page.redirect_chain == [("/admin/plant/style/", 302)]
    assert "Choose a client." in page.content.decode()
    answer = browser.get("/api/v1/styles/export/")
    assert (answer.status_code, answer.json()) == (400, {"client": ["Choose a client."]})
    narrowed = content_of(browser.get(admin_path(entity, "csv", "client=ACME")))
    assert [row[0] for row in table_in(narrowed)[1]] == ["OWN-STYLE"]


def test_iso_031_a_crafted_filter_gives_no_more_than_the_list(
    boss: Any, acme_2: Client, signed_in: Any
) -> None:
    browser = signed_in(boss)
    with client_scope([acme_2]):
        foreign = Line.objects.get(code="ZEBRA-L1").pk
    entity = registry.get("production_entry")
    for query in (f"line__id__exact={foreign}", f"line__id__exact={UNKNOWN}"):
        _head, rows = table_in(
            content_of(browser.get(admin_path(entity, "csv", f"{DAY_ASKED}&{query}")))
        )
        assert rows == []
    assert browser.get(admin_path(entity, "csv", "client=ACME-2")).status_code == 404
    assert browser.get(admin_path(entity, "csv", "client__code=ACME-2")).status_code == 400
    api = "/api/v1/production-entries/export/"
    assert browser.get(api, {"client": "ACME-2"}).status_code == 404
    assert browser.get(api, {"client_id": "2"}).status_code == 400
    by_line = {"line": "ZEBRA-L1", "shift_date": DAY}
    assert table_in(content_of(browser.get(api, by_line)))[1] == []


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_iso_032_names_sheets_and_properties_carry_no_foreign_name(
    of_both: Any, acme: Client, signed_in: Any, form: str
) -> None:
    query = f"client=ACME&{DAY_ASKED}"
    entity = registry.get("production_entry")
    response = signed_in(of_both).get(admin_path(entity, form, query))
    content = content_of(response)
    parts = [content, response.headers["Content-Disposition"].encode()]
    if form == "xlsx":
        with zipfile.ZipFile(io.BytesIO(content)) as file:
            parts = [
                *(file.read(name) for name in file.namelist()),
                *map(str.encode, file.namelist()),
            ]
    text = b"\n".join(parts)
    assert b"OWN-L1" in text
    assert (b"ACME-2" in text, b"Zebra" in text, b"ZEBRA" in text) == (False, False, False)


def test_iso_061_the_file_is_written_inside_the_scope(
    boss: Any, acme: Client, signed_in: Any
) -> None:
    """The answer is read when the request is over and nobody's scope is left."""
    response = signed_in(boss).get(admin_path(registry.get("style"), "csv"))
    assert (response.streaming, has_scope()) == (True, False)
    assert table_in(content_of(response))[1] == [["OWN-STYLE", "OWN style", "OWN family", "true"]]


PEOPLE = {
    "downtime_event": "responsible",
    "quality_inspection": "inspector",
    "attendance_record": "employee",
    "shift_coverage": "employee",
}


@pytest.mark.parametrize(("name", "column"), PEOPLE.items())
def test_viewers_export_without_people(
    filled: Any, acme: Client, member: Any, signed_in: Any, name: str, column: str
) -> None:
    path = f"/api/v1/{name.replace('_', '-')}s/export/"
    query = {"shift_date": DAY}
    heads = []
    for role in ("VIEWER", "OPERATOR"):
        content = content_of(signed_in(member(acme, role=role)).get(path, query))
        head, rows = table_in(content)
        heads.append(head)
        assert len(rows) == 1
        assert ("OWN-EMP" in content.decode() or "FLOAT-" in content.decode()) == (
            role == "OPERATOR"
        )
    assert (column in heads[0], column in heads[1]) == (False, True)


def test_protected_fields_are_exported_with_hr_only(
    filled: Any, acme: Client, member: Any, signed_in: Any
) -> None:
    entity = registry.get("employee")
    heads = []
    for hr in (False, True):
        content = content_of(signed_in(member(acme, hr=hr)).get(admin_path(entity, "csv")))
        heads.append(table_in(content)[0])
        assert ("OWN-555" in content.decode()) == hr
        assert b"OWN-EMP" in content
    assert [each for each in heads[1] if each not in heads[0]] == [
        "hire_date", "phone", "email", "hourly_rate",
    ]  # fmt: skip
    refused = signed_in(member(acme, role="VIEWER")).get("/api/v1/employees/export/")
    assert refused.status_code == 403


def test_absence_types_of_closed_shifts_are_exported_with_hr_only(
    filled: Any, acme: Client, member: Any, signed_in: Any
) -> None:
    entity = registry.get("attendance_record")
    with client_scope([acme]):
        vacation = AbsenceType.objects.get(code="VACATION")
        HourAllocation.objects.update(voided_at=timezone.now(), void_reason="x")
        AttendanceRecord.objects.update(presence="ABSENT", actual_hours=0, absence_type=vacation)
        LineShift.objects.update(state="CLOSED", closed_at=timezone.now())
    said = []
    for hr in (False, True):
        user = member(acme, role="MANAGER", hr=hr)
        content = content_of(signed_in(user).get(admin_path(entity, "csv", DAY_ASKED)))
        head, (row,) = table_in(content)
        said.append((row[head.index("mark")], row[head.index("absence_type")]))
        assert counts(read_again(entity, acme, content, user)) == (0, 0, 1, 0)
    assert said == [("ABSENT", ""), ("VACATION", "VACATION")]


def test_every_column_of_an_import_is_written_or_is_another_unit_of_one_that_is() -> None:
    silent = {
        (entity.name, column.name)
        for entity in registry
        for column in entity.all_columns
        if not column.sources
    }
    # The beginning of a hold, which `held_at` says with its hour.
    assert silent == {("wip_hold", "held_date"), ("wip_hold", "held_time")}
