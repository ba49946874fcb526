"""A foreign row is as unknown as one that nobody has."""

from __future__ import annotations

from typing import Any

import pytest

from clients.models import Client, ImportBatch
from clients.scope import client_scope
from downtime.models import DowntimeReason
from plant.models import Line
from production.models import ProductionEntry
from tests.imports.helpers import HEADERS, ROW, csv_of, imported, looked, uploaded
from tests.plant.factories import make_employee, make_line, make_part, make_shift
from tests.production.factories import make_machine


@pytest.fixture
def foreign_codes(socks: Client) -> Client:
    with client_scope([socks]):
        make_line(socks, code="SECRET-L")
        make_shift(socks, code="SECRET-S")
        make_part(socks, code="SECRET-P")
        make_machine(socks, code="SECRET-M")
        make_employee(socks, code="SECRET-E")
        group = DowntimeReason.objects.get(code="MACHINE")
        DowntimeReason.objects.create(
            client=socks, code="SECRET-R", name="x", parent=group, loss_class="OTHER"
        )
    return socks


def test_a_file_with_a_foreign_row(
    boots: Client, socks: Client, member: Any, signed_in: Any
) -> None:
    """AC-15: one row of the other client, one order number of the other client."""
    text = csv_of(
        f"{boots.code},{ROW}",
        f"{socks.code},{ROW.replace('-02', '-03', 1)}",
        f"{boots.code},2025-12-04,1ST,L1,SOCK-77,,5",
        headers=f"client,{HEADERS}",
    )
    browser = signed_in(member(boots, role="OPERATOR"))
    answer = uploaded(browser, boots.code, text)
    page = browser.get(answer.url).content.decode()
    with client_scope([boots]):
        batch = ImportBatch.objects.get()
    assert [(each["row"], each["reason"]) for each in batch.errors] == [
        (3, f"Unknown client “{socks.code}”."),
        (4, "Unknown work order “SOCK-77”."),
    ]
    assert (batch.rows_new, batch.rows_rejected) == (1, 2)
    assert socks.name not in page
    browser.post(answer.url, {"act": "confirm"})
    with client_scope([boots]):
        assert ProductionEntry.objects.count() == 1
    with client_scope([socks]):
        assert ProductionEntry.objects.count() == 0


def test_a_foreign_client_and_one_that_does_not_exist_read_alike(
    boots: Client, socks: Client
) -> None:
    told = []
    for code in (socks.code, "ACME-9"):
        text = csv_of(f"{code},{ROW}", headers=f"client,{HEADERS}")
        told.append(str(looked(boots, text)).replace(code, "?"))
    assert told[0] == told[1]


@pytest.mark.parametrize(
    ("entity", "headers", "row", "foreign"),
    [
        ("production_entry", HEADERS, "2025-12-02,1ST,{},,,5", "SECRET-L"),
        ("production_entry", HEADERS, "2025-12-02,{},L1,,,5", "SECRET-S"),
        ("production_entry", HEADERS, "2025-12-02,1ST,L1,{},,5", "SOCK-77"),
        ("production_entry", HEADERS, "2025-12-02,1ST,L1,,{},5", "SOCK-77-L1"),
        ("production_entry", "shift_date,shift,line,machine,total_units",
         "2025-12-02,1ST,L1,{},5", "SECRET-M"),
        ("downtime_event", "shift_date,shift,line,minutes,reason",
         "2025-12-02,1ST,L1,5,{}", "SECRET-R"),
        ("downtime_event", "shift_date,shift,line,minutes,responsible",
         "2025-12-02,1ST,L1,5,{}", "SECRET-E"),
        ("line_assignment", "employee,line,valid_from", "{},L1,2025-01-01", "SECRET-E"),
        ("job", "work_order,code,part,quantity", "WO-1,J9,{},5", "SECRET-P"),
        ("line", "code,name,line_type,parent", "L9,Nine,SECTION,{}", "SECRET-L"),
    ],
)  # fmt: skip
def test_foreign_codes_are_unknown_codes(
    boots: Client, foreign_codes: Client, entity: str, headers: str, row: str, foreign: str
) -> None:
    """Also for a person who belongs to both: a row names rows of its own client only."""
    for others in ((), (foreign_codes,)):
        told = []
        for code in (foreign, "QUITE-OTHER"):
            text = csv_of(row.format(code), headers=headers)
            told.append(str(looked(boots, text, entity, *others)).replace(code, "?"))
        assert told[0] == told[1]
        assert told[0].count("unknown_code") == 1


def test_suggestions_never_come_from_another_client(boots: Client, foreign_codes: Client) -> None:
    text = csv_of("2025-12-02,1ST,SECRET-L1,,,5")
    told = looked(boots, text, "production_entry", foreign_codes)
    assert told["errors"][0]["suggestion"] == ""


def test_equal_codes_of_two_clients_stay_apart(boots: Client, socks: Client) -> None:
    imported(boots, csv_of("2025-12-02,1ST,L1,,,5"))
    imported(socks, csv_of("2025-12-02,1ST,L1,,,7"))
    for client, units in ((boots, 5), (socks, 7)):
        with client_scope([client]):
            row = ProductionEntry.objects.select_related("line").get()
            assert (row.total_units, row.line) == (units, Line.objects.get())


def test_a_natural_key_of_another_client_is_no_hit(boots: Client, socks: Client) -> None:
    imported(socks, "code,name\nL9,Nine\n", "line")
    assert looked(boots, "code,name\nL9,Nine\n", "line", socks)["new"] == 1


def test_the_rows_of_a_member_of_both_stay_in_the_client_of_the_file(
    boots: Client, socks: Client
) -> None:
    imported(socks, csv_of("2025-12-02,1ST,L1,,,7"))
    told = looked(boots, csv_of("2025-12-02,1ST,L1,,,5"), "production_entry", socks)
    assert (told["new"], told["changed"]) == (1, 0)


def test_a_pool_employee_may_be_named_by_everybody(boots: Client) -> None:
    with client_scope([boots]):
        make_employee(None, code="EMP-15")
    headers = "shift_date,shift,line,minutes,responsible"
    told = looked(boots, csv_of("2025-12-02,1ST,L1,5,EMP-15", headers=headers), "downtime_event")
    assert told["errors"] == []


@pytest.mark.parametrize("path", ["change/", "errors.csv", "history/", "void/"])
def test_a_foreign_batch_answers_like_an_unknown_one(
    boots: Client, socks: Client, member: Any, signed_in: Any, path: str
) -> None:
    batch = imported(socks, csv_of("2025-12-02,1ST,L1,,,7"))
    browser = signed_in(member(boots, role="MANAGER"))
    foreign, unknown = (
        browser.get(f"/admin/clients/importbatch/{pk}/{path}") for pk in (batch.pk, batch.pk + 99)
    )
    assert foreign.status_code == unknown.status_code == 404
    assert foreign.content == unknown.content


@pytest.mark.parametrize("act", ["confirm", "undo", "columns"])
def test_a_foreign_batch_cannot_be_acted_on(
    boots: Client, socks: Client, member: Any, signed_in: Any, act: str
) -> None:
    batch = imported(socks, csv_of("2025-12-02,1ST,L1,,,7"))
    browser = signed_in(member(boots, role="MANAGER"))
    answer = browser.post(f"/admin/clients/importbatch/{batch.pk}/change/", {"act": act})
    assert answer.status_code == 404
    with client_scope([socks]):
        assert ImportBatch.objects.get().state == "CONFIRMED"


def test_the_list_of_batches_is_the_clients_own(
    boots: Client, socks: Client, member: Any, signed_in: Any
) -> None:
    imported(boots, csv_of("2025-12-02,1ST,L1,,,5"))
    with client_scope([socks]):
        ImportBatch.objects.create(client=socks, kind="FILE", entity="line", file_name="secret.csv")
    browser = signed_in(member(boots, role="MANAGER"))
    page = browser.get("/admin/clients/importbatch/").content.decode()
    assert ("rows.csv" in page, "secret.csv" in page) == (True, False)


def test_a_foreign_client_cannot_be_chosen(
    boots: Client, socks: Client, member: Any, signed_in: Any
) -> None:
    browser = signed_in(member(boots))
    told = []
    for code in (socks.code, "ACME-9"):
        answer = uploaded(browser, code, csv_of(ROW))
        assert (answer.status_code, "Choose a client." in answer.content.decode()) == (200, True)
        told.append(answer.content.decode().count(code))
    assert told[0] == told[1]
    with client_scope([socks]):
        assert ImportBatch.objects.count() == 0


def test_templates_list_own_codes_only(
    boots: Client, foreign_codes: Client, member: Any, signed_in: Any
) -> None:
    from clients.imports.files import read_file

    browser = signed_in(member(boots))
    address = "/admin/clients/importbatch/template/production_entry.xlsx"
    lists = str(read_file(browser.get(address).content, "x.xlsx", "lists").rows)
    assert ("WO-1" in lists, "SECRET" in lists, "SOCK-77" in lists) == (True, False, False)
    assert browser.get(f"{address}?client={foreign_codes.code}").status_code == 404


def test_a_batch_is_shown_to_those_who_may_import_its_rows(
    boots: Client, member: Any, signed_in: Any
) -> None:
    """Files of employees hold what only the hr flag opens."""
    batch = imported(boots, "code,full_name,phone\nE1,Ana,+52 868\n", "employee")
    address = f"/admin/clients/importbatch/{batch.pk}/"
    for user, status in ((member(boots), 403), (member(boots, role="MANAGER", hr=True), 200)):
        browser = signed_in(user)
        assert browser.get(f"{address}change/").status_code == status
        assert browser.get(f"{address}errors.csv").status_code == status
