"""Uploads through the pages, as people do them."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from clients.imports.files import read_file
from clients.models import Client, ImportBatch
from clients.scope import client_scope
from plant.models import Line
from production.models import ProductionEntry
from tests.imports.helpers import HEADERS, ROW, UPLOAD, csv_of, imported, uploaded, workbook

LIST = "/admin/clients/importbatch/"


def batches(client: Client) -> int:
    with client_scope([client]):
        return ImportBatch.objects.count()


def text_of(answer: Any) -> str:
    plain = re.sub(r"<[^>]+>", " ", answer.content.decode())
    return re.sub(r"\s+", " ", plain)


@pytest.fixture
def browser(boots: Client, member: Any, signed_in: Any) -> Any:
    return signed_in(member(boots))


def test_from_the_upload_to_the_undo(boots: Client, browser: Any) -> None:
    answer = uploaded(browser, "ACME", csv_of(ROW, ROW.replace("-02", "-03", 1), "x,1ST,L1,,,5"))
    page = text_of(browser.get(answer.url))
    assert "Rows 3 New 2 Changed 0 Same 0 Rejected 1" in page
    assert "2025-12-02 – 2025-12-03" in page
    assert "total_units 360 0" in page
    assert "4 shift_date x Not a date in the form YYYY-MM-DD." in page
    done = text_of(browser.post(answer.url, {"act": "confirm"}, follow=True))
    assert "2 rows were written" in done
    with client_scope([boots]):
        assert ProductionEntry.objects.count() == 2
    undone = text_of(browser.post(answer.url, {"act": "undo"}, follow=True))
    assert "Undone on" in undone
    with client_scope([boots]):
        assert ProductionEntry.objects.count() == 0


def test_a_double_click_writes_once(boots: Client, browser: Any) -> None:
    address = uploaded(browser, "ACME", csv_of(ROW)).url
    for _ in range(2):
        assert browser.post(address, {"act": "confirm"}).status_code == 302
    with client_scope([boots]):
        assert ProductionEntry.objects.count() == 1


def test_changed_rows_are_chosen_on_the_page(boots: Client, browser: Any) -> None:
    imported(boots, csv_of(ROW))
    address = uploaded(browser, "ACME", csv_of(ROW.replace("180", "200"))).url
    page = text_of(browser.get(address))
    assert "1 row is stored with other values" in page
    assert "2 total_units 180 200" in page
    browser.post(address, {"act": "confirm", "changed": "update"})
    with client_scope([boots]):
        assert ProductionEntry.objects.get().total_units == 200


def test_a_file_that_is_known_is_announced(boots: Client, browser: Any) -> None:
    address = uploaded(browser, "ACME", csv_of(ROW)).url
    browser.post(address, {"act": "confirm"})
    again = text_of(browser.get(uploaded(browser, "ACME", csv_of(ROW)).url))
    assert re.search(r"This file was imported on \d{4}-\d\d-\d\d: 1 rows\.", again)
    assert "There is nothing to write." in again


def test_pasted_cells(boots: Client, browser: Any) -> None:
    text = csv_of(ROW).replace(",", "\t")
    answer = browser.post(UPLOAD, {"client": "ACME", "entity": "production_entry", "text": text})
    assert "New 1" in text_of(browser.get(answer.url))
    browser.post(answer.url, {"act": "confirm"})
    with client_scope([boots]):
        assert ProductionEntry.objects.get().entry_method == "MANUAL"


def test_a_workbook(boots: Client, browser: Any) -> None:
    import datetime

    rows = [HEADERS.split(","), [datetime.date(2025, 12, 2), "1ST", "L1", "WO-1", "WO-1-L1", 180.0]]
    # A date cell without a date format would be a bare number, which is refused.
    content = workbook(rows)
    answer = uploaded(browser, "ACME", content, name="rows.xlsx")
    assert "New 1" in text_of(browser.get(answer.url))


@pytest.mark.parametrize(
    ("content", "name", "sentence"),
    [
        (b"", "rows.csv", "The file is empty."),
        (b"\n\n", "rows.csv", "The file is empty."),
        (b"\x89PNG\r\n\x1a\n0000", "x.png", "This is not a CSV or XLSX file."),
        (b"%PDF-1.7 ...", "x.pdf", "This is not a CSV or XLSX file."),
        (b"PK\x03\x04broken", "x.xlsx", "The file cannot be read."),
        (b"shift_date,\x81\x8d\n", "x.csv", "The characters of the file cannot be read."),
        (b"a,b\n1,2\n", "x.csv", "No header row found for production entries."),
        (b"shift_date,shift\n2025-12-02,1ST\n", "x.csv", "The file lacks the columns total_units"),
    ],
)
def test_bad_files_get_a_sentence_and_store_nothing(
    boots: Client, browser: Any, content: bytes, name: str, sentence: str
) -> None:
    answer = uploaded(browser, "ACME", content, name=name)
    assert answer.status_code == 200
    assert sentence in text_of(answer)
    assert batches(boots) == 0


def test_50_megabytes_get_a_sentence(boots: Client, browser: Any) -> None:
    file = SimpleUploadedFile("big.csv", b"shift_date,shift\n" + b"x" * (50 * 1024 * 1024))
    answer = browser.post(UPLOAD, {"client": "ACME", "entity": "line", "file": file})
    assert (answer.status_code, batches(boots)) == (200, 0)
    assert "The file is larger than 10 MB." in text_of(answer)


def test_a_paste_beyond_the_limit_is_refused(boots: Client, browser: Any) -> None:
    text = "x" * (11 * 1024 * 1024)
    answer = browser.post(UPLOAD, {"client": "ACME", "entity": "line", "text": text})
    assert (answer.status_code, batches(boots)) == (400, 0)


@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        ({}, "Choose a file or paste cells, one of the two."),
        ({"entity": "", "text": "x"}, "Say what the file holds."),
        ({"client": "", "text": "x"}, "Choose a client."),
        ({"entity": "client", "text": "code,name"}, "Select a valid choice"),
    ],
)
def test_the_form_says_what_is_missing(
    boots: Client, browser: Any, sent: dict[str, str], sentence: str
) -> None:
    answer = browser.post(UPLOAD, {"client": "ACME", "entity": "line", **sent})
    assert sentence in text_of(answer)


def test_a_member_of_two_clients_chooses(
    boots: Client, socks: Client, member: Any, signed_in: Any
) -> None:
    browser = signed_in(member(boots, socks))
    assert "Choose a client" in text_of(browser.get(UPLOAD))
    answer = uploaded(browser, socks.code, csv_of("2025-12-02,1ST,L1,,,5"))
    assert "into ACME-2" in text_of(browser.get(answer.url))


def test_only_the_uploader_confirms(
    boots: Client, browser: Any, member: Any, signed_in: Any
) -> None:
    address = uploaded(browser, "ACME", csv_of(ROW)).url
    other = signed_in(member(boots, role="MANAGER"))
    assert other.post(address, {"act": "confirm"}).status_code == 403
    with client_scope([boots]):
        assert ProductionEntry.objects.count() == 0


def test_a_viewer_gets_403(boots: Client, member: Any, signed_in: Any) -> None:
    viewer = signed_in(member(boots, role="VIEWER"))
    assert viewer.get(UPLOAD).status_code == 403
    assert uploaded(viewer, "ACME", csv_of(ROW)).status_code == 403


def test_an_operator_is_offered_the_rows_of_the_shop_floor(
    boots: Client, member: Any, signed_in: Any
) -> None:
    page = signed_in(member(boots, role="OPERATOR")).get(UPLOAD).content.decode()
    offered = re.findall(r'<option value="(\w+)"', page)
    assert offered == [
        "attendance_record", "production_entry", "downtime_event", "quality_inspection", "defect",
        "wip_hold",
    ]  # fmt: skip


def test_headers_can_be_named_on_the_page(boots: Client, browser: Any) -> None:
    text = csv_of(ROW).replace("total_units", "Pzas hechas")
    address = uploaded(browser, "ACME", text).url
    assert "The file lacks the columns total_units." in text_of(browser.get(address))
    named = {f"column-{at}": name for at, name in enumerate(HEADERS.split(","))}
    page = text_of(browser.post(address, {"act": "columns", **named}, follow=True))
    assert "Rows 1 New 1" in page


def test_two_headers_cannot_be_one_column(boots: Client, browser: Any) -> None:
    address = uploaded(browser, "ACME", csv_of(ROW)).url
    sent = {"act": "columns", "column-0": "shift_date", "column-1": "shift_date"}
    page = text_of(browser.post(address, sent, follow=True))
    assert "Two headers cannot both be shift_date." in page


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_a_filled_template_comes_in(boots: Client, browser: Any, form: str) -> None:
    address = f"{LIST}template/line.{form}?language=es"
    answer = browser.get(address)
    assert answer["Content-Disposition"] == (
        f'attachment; filename="kpi_ops_ACME_line_template_es.{form}"'
    )
    headers = read_file(answer.content, f"x.{form}").rows[0]
    text = csv_of("L9,Nueve", headers=",".join(map(str, headers)))
    uploaded_at = uploaded(browser, "ACME", text, "line").url
    browser.post(uploaded_at, {"act": "confirm"})
    with client_scope([boots]):
        assert Line.objects.get(code="L9").name == "Nueve"


@pytest.mark.parametrize(
    "path", ["plant/line", "production/productionentry", "downtime/downtimeevent", "plant/part"]
)
def test_every_list_has_a_way_to_its_import(browser: Any, path: str) -> None:
    page = browser.get(f"/admin/{path}/").content.decode()
    (address,) = re.findall(r'<a href="([^"]+)" class="importlink"', page)
    assert browser.get(address).status_code == 200


def test_lists_that_nobody_imports_have_none(browser: Any) -> None:
    assert "importlink" not in browser.get(LIST).content.decode()


def test_many_errors_have_pages(boots: Client, browser: Any) -> None:
    text = csv_of(*(f"2025-12-02,1ST,L{n},,,5" for n in range(100, 350)))
    address = uploaded(browser, "ACME", text).url
    first, second = (text_of(browser.get(f"{address}?page={n}")) for n in (1, 2))
    assert "250 errors" in first
    assert ("L299" in first, "L300" in first, "L300" in second) == (True, False, True)


def test_an_unknown_act_is_refused(boots: Client, browser: Any) -> None:
    address = uploaded(browser, "ACME", csv_of(ROW)).url
    assert browser.post(address, {"act": "explode"}).status_code == 400


@pytest.mark.parametrize("address", ["template/client.csv", "template/line.exe", "99/errors.csv"])
def test_what_is_not_there(browser: Any, address: str) -> None:
    assert browser.get(f"{LIST}{address}").status_code == 404


def test_the_pages_keep_to_the_security_policy(boots: Client, browser: Any) -> None:
    address = uploaded(browser, "ACME", csv_of(ROW, "x,1ST,L1,,,5")).url
    for page in (browser.get(UPLOAD), browser.get(address)):
        html = page.content.decode()
        main = html[html.index('id="content"') :]
        assert not re.findall(r"\sstyle=|\son\w+=|<script(?![^>]+src=)", main)
