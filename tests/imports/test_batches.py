"""From the preview to the undo."""

from __future__ import annotations

import csv
import datetime
import io
from typing import Any

import pytest
import time_machine
from django.core.exceptions import PermissionDenied
from django.db import connection

from clients.imports import Refused
from clients.imports.batches import confirm, preview, table_of_batch
from clients.imports.downloads import error_file
from clients.imports.entities import registry
from clients.imports.files import read_file
from clients.imports.undo import undo
from clients.models import AuditEntry, Client, ImportBatch
from clients.scope import client_scope
from kpis.engine import evaluate
from kpis.periods import Period
from plant.models import Line, LineShift, WorkOrder
from production.models import ProductionEntry
from quality.models import QualityInspection
from tests.imports.helpers import (
    HEADERS,
    ROW,
    counts,
    csv_of,
    imported,
    looked,
    previewed,
)

DECEMBER = (datetime.date(2025, 12, 1), datetime.date(2025, 12, 31))


def file_of_247_rows() -> str:
    """Row 45: a date in two readings; 89: negative units; 156: unknown order; nine more."""
    lines = []
    for number in range(2, 249):
        day = datetime.date(2025, 9, 1) + datetime.timedelta(days=number % 60)
        cells = [str(day), "1ST", "L1", "WO-1", "WO-1-L1", "10", str(number // 60 + 1)]
        lines.append(cells)
    faults = {
        45: (0, "12/02/2025"), 89: (5, "-5"), 156: (3, "WO-404"), 160: (1, "9TH"), 161: (2, "L9"),
        162: (5, "ten"), 163: (5, ""), 164: (0, "2999-01-01"), 165: (4, "NO-JOB"), 166: (6, "100"),
        167: (5, "1.5"), 168: (0, "2025-13-01"),
    }  # fmt: skip
    for number, (column, value) in faults.items():
        lines[number - 2][column] = value
    return csv_of(*(",".join(each) for each in lines), headers=f"{HEADERS},capture_no")


def figures(client: Client) -> list[Any]:
    with client_scope([client]):
        period = Period.days(datetime.date(2025, 9, 1), datetime.date(2025, 12, 31))
        keys = ["total_units", "planned_minutes", "run_minutes", "performance", "oee"]
        return [(each.key, each.value) for each in evaluate(keys, [client.pk], period)]


def test_file_with_errors(boots: Client) -> None:
    """AC-14: 247 rows, 235 accepted, 12 rejected; again: 235 same; undone: as before."""
    before, text = figures(boots), file_of_247_rows()
    batch = previewed(boots, text)
    assert (batch.rows_total, batch.rows_new, batch.rows_rejected) == (247, 235, 12)
    told = {each["row"]: (each["column"], each["value"]) for each in batch.errors}
    assert sorted(told) == [45, 89, 156, 160, 161, 162, 163, 164, 165, 166, 167, 168]
    assert (told[45], told[89], told[156]) == (
        ("shift_date", "12/02/2025"), ("total_units", "-5"), ("work_order", "WO-404"),
    )  # fmt: skip
    assert batch.result["read_back"]["sums"] == [
        {"column": "total_units", "new": "2350", "changed": "0"}
    ]
    with client_scope([boots]):
        rejected = error_file(table_of_batch(batch), batch.errors).decode("utf-8-sig")
        assert ProductionEntry.objects.count() == 0
        batch = confirm(batch)
        assert ProductionEntry.objects.count() == 235
    lines = list(csv.reader(io.StringIO(rejected)))
    assert (len(lines), lines[0][-2:], lines[1][:1]) == (13, ["row", "errors"], ["12/02/2025"])
    assert (batch.rows_total, batch.rows_new, batch.rows_rejected) == (247, 235, 12)
    assert counts(looked(boots, text)) == (0, 0, 235, 12)
    assert figures(boots) != before
    with client_scope([boots]):
        undo(batch)
        assert ProductionEntry.objects.count() == 0
    assert figures(boots) == before


def test_a_preview_writes_its_batch_and_nothing_else(boots: Client) -> None:
    text = csv_of(f"{ROW},9", headers=f"{HEADERS},defective_units")
    batch = previewed(boots, text)
    with client_scope([boots]):
        assert (batch.state, ImportBatch.objects.count()) == ("PREVIEW", 1)
        for model in (ProductionEntry, QualityInspection, LineShift):
            assert model.with_voided.count() == 0


def test_the_error_file_comes_back_as_it_is(boots: Client) -> None:
    batch = previewed(boots, csv_of("12/02/2025,1ST,L1,WO-1,WO-1-L1,180"))
    with client_scope([boots]):
        text = error_file(table_of_batch(batch), batch.errors).decode("utf-8-sig")
    corrected = text.replace("12/02/2025", "2025-12-02", 1)
    told = looked(boots, corrected)
    assert (counts(told), told["errors"]) == ((1, 0, 0, 0), [])


def test_the_error_file_runs_no_formula_and_loses_nothing(boots: Client) -> None:
    batch = previewed(boots, csv_of(f"{ROW.replace('180', '-5')},=A1", headers=f"{HEADERS},notes"))
    with client_scope([boots]):
        text = error_file(table_of_batch(batch), batch.errors).decode("utf-8-sig")
    assert ",'-5,'=A1," in text
    corrected = text.replace("'-5", "5")
    imported(boots, corrected)
    with client_scope([boots]):
        assert ProductionEntry.objects.get().notes == "=A1"


def test_read_back_names_dates_shifts_and_sums(boots: Client) -> None:
    batch = previewed(boots, csv_of(ROW, "2025-12-04,2ND,L1,WO-1,WO-1-L1,20"))
    told = batch.result["read_back"]
    assert (told["first_date"], told["last_date"]) == ("2025-12-02", "2025-12-04")
    assert told["shifts"] == ["1ST", "2ND"]
    assert told["sums"] == [{"column": "total_units", "new": "200", "changed": "0"}]


@pytest.mark.parametrize(
    ("entity", "text", "warning"),
    [
        ("production_entry", csv_of("2025-12-02,1ST,L1,,,180"),
         "Without a standard: 1. Efficiency leaves these rows out."),
        ("production_entry", csv_of(ROW, ROW.replace("-02", "-03", 1).replace("180", "421")),
         "Order WO-1: 601 made, 600 planned."),
        ("production_entry", csv_of(f"{ROW},1", f"{ROW},2", headers=f"{HEADERS},capture_no"),
         "2025-12-02 1ST L1: 2 rows with the same total units."),
        ("production_entry", csv_of(f"{ROW},13", headers=f"{HEADERS},employees"),
         "2025-12-02 1ST L1: 13 people on a line for 12."),
        ("downtime_event", "shift_date,shift,line,minutes\n2025-12-02,1ST,L1,5\n",
         "Without a reason: 1. These stops count as unassigned."),
        ("job", "work_order,code,part,quantity\nWO-1,J2,BOOT,50\n",
         "Order WO-1: The jobs add up to 650, the order is 600."),
    ],
)  # fmt: skip
def test_what_is_worth_a_look_stands_in_the_preview(
    boots: Client, entity: str, text: str, warning: str
) -> None:
    with client_scope([boots]):
        Line.objects.update(max_operators=12)
        WorkOrder.objects.get(number="WO-1").move("RELEASED", by=None)
    assert previewed(boots, text, entity).result["read_back"]["warnings"] == [warning]


def test_a_second_confirm_returns_the_first_result(boots: Client) -> None:
    batch = previewed(boots, csv_of(ROW))
    with client_scope([boots]):
        first, second = confirm(batch), confirm(batch)
        assert ProductionEntry.objects.count() == 1
    assert (first.confirmed_at, second.result["written"]) == (second.confirmed_at, 1)


def test_a_preview_expires_after_an_hour(boots: Client) -> None:
    batch = previewed(boots, csv_of(ROW))
    with time_machine.travel(batch.expires_at), client_scope([boots]):
        assert confirm(batch).state == "EXPIRED"
        assert ProductionEntry.objects.count() == 0


def test_the_next_upload_sweeps_previews_that_are_over(boots: Client) -> None:
    batch = previewed(boots, csv_of(ROW))
    with time_machine.travel(batch.expires_at):
        previewed(boots, csv_of(ROW))
    with client_scope([boots]):
        assert ImportBatch.objects.get(pk=batch.pk).state == "EXPIRED"


def test_rows_written_by_others_meanwhile_are_not_doubled(boots: Client) -> None:
    batch = previewed(boots, csv_of(ROW))
    imported(boots, csv_of(ROW))
    with client_scope([boots]):
        done = confirm(batch)
        assert ProductionEntry.objects.count() == 1
    assert (done.rows_new, done.rows_same, done.result["written"]) == (0, 1, 0)


def test_a_row_rejected_in_the_preview_stays_out_even_if_it_has_become_right(
    boots: Client,
) -> None:
    from tests.plant.factories import make_order

    batch = previewed(boots, csv_of(ROW, "2025-12-03,1ST,L1,WO-2,,10"))
    with client_scope([boots]):
        make_order(boots, number="WO-2")
        confirm(batch)
        assert ProductionEntry.objects.count() == 1


def test_a_lost_right_is_noticed_at_the_confirm(boots: Client, member: Any) -> None:
    user = member(boots)
    batch = previewed(boots, csv_of(ROW), user=user)
    user.memberships.update(role="VIEWER")
    with client_scope([boots], user=user), pytest.raises(PermissionDenied):
        confirm(batch)


@pytest.mark.parametrize(
    ("role", "entity", "text"),
    [
        ("OPERATOR", "line", "code,name\nL9,Nine\n"),
        ("SUPERVISOR", "standard", "part,labour_hours_per_unit,valid_from\nBOOT,1,2025-01-01\n"),
        ("ENGINEER", "employee", "code,full_name\nE1,Ana\n"),
        (
            "SUPERVISOR",
            "target",
            "kpi_key,target,warning,critical,valid_from\noee,1,1,1,2025-01-01\n",
        ),
        ("VIEWER", "production_entry", csv_of(ROW)),
    ],
)
def test_roles_import_what_they_may_write(
    boots: Client, member: Any, role: str, entity: str, text: str
) -> None:
    with pytest.raises(PermissionDenied):
        previewed(boots, text, entity, user=member(boots, role=role))


def test_the_hr_flag_opens_the_import_of_employees(boots: Client, member: Any) -> None:
    user = member(boots, role="SUPERVISOR", hr=True)
    assert previewed(boots, "code,full_name\nE1,Ana\n", "employee", user=user).rows_new == 1


def test_imported_rows_say_where_they_come_from(boots: Client, member: Any) -> None:
    user = member(boots)
    batch = previewed(boots, csv_of(ROW), user=user)
    with client_scope([boots], user=user):
        confirm(batch)
        row = ProductionEntry.objects.get()
        entry = AuditEntry.objects.get(table_name="production_productionentry")
    assert (row.batch_id, row.entry_method, row.created_by) == (batch.pk, "FILE", user)
    assert (entry.batch_id, entry.actor_name) == (batch.pk, user.username)


# Undo ------------------------------------------------------------------------------------


def test_undo_restores_changed_rows(boots: Client) -> None:
    headers = f"{HEADERS},run_minutes,defective_units"
    imported(boots, csv_of(f"{ROW},60,9", headers=headers))
    before = figures(boots)
    changed = csv_of(f"{ROW.replace('180', '200')},90,12", headers=headers)
    batch = imported(boots, changed, update=True)
    with client_scope([boots]):
        undo(batch)
        row, found = ProductionEntry.objects.get(), QualityInspection.objects.get()
    assert (row.total_units, row.run_minutes, found.units_defective) == (180, 60, 9)
    assert figures(boots) == before


def test_undo_takes_the_line_shifts_back_that_it_made(boots: Client) -> None:
    batch = imported(boots, csv_of(ROW))
    with client_scope([boots]):
        assert LineShift.objects.count() == 1
        undo(batch)
        assert LineShift.objects.count() == 0


def test_undo_leaves_line_shifts_that_others_use(boots: Client) -> None:
    batch = imported(boots, csv_of(ROW))
    imported(boots, csv_of("2025-12-02,1ST,L1,,,5"))
    with client_scope([boots]):
        undo(batch)
        assert LineShift.objects.count() == 1


def test_a_refused_row_leaves_no_line_shift(boots: Client) -> None:
    imported(boots, csv_of(ROW))
    told = imported(boots, csv_of(ROW.replace("2025-12-02", "2025-12-03").replace("180", "x")))
    with client_scope([boots]):
        assert told.rows_rejected == 1
        assert [each.shift_date.day for each in LineShift.objects.all()] == [2]


def test_a_row_changed_since_blocks_the_undo_and_is_named(boots: Client, member: Any) -> None:
    batch = imported(boots, csv_of(ROW, ROW.replace("-02", "-03", 1)))
    user = member(boots)
    with client_scope([boots], user=user):
        row = ProductionEntry.objects.get(shift_date="2025-12-03")
        row.total_units = 1
        row.save()
    with client_scope([boots]), pytest.raises(Refused) as refused:
        undo(batch)
    assert str(refused.value) == (
        f"Changed after the import (last by {user.username}): "
        "production entry 2025-12-03 1ST L1. Nothing was undone."
    )
    with client_scope([boots]):
        assert ProductionEntry.objects.count() == 2


def test_masters_in_use_block_the_undo(boots: Client) -> None:
    batch = imported(boots, "code,name\nL9,Nine\n", "line")
    imported(boots, csv_of("2025-12-02,1ST,L9,,,5"))
    with client_scope([boots]), pytest.raises(Refused, match="line L9 is used by"):
        undo(batch)
    with client_scope([boots]):
        assert Line.objects.filter(code="L9").exists()


def test_a_second_undo_does_nothing(boots: Client) -> None:
    batch = imported(boots, csv_of(ROW))
    with client_scope([boots]):
        assert undo(batch).undone_at == undo(batch).undone_at


def test_the_same_file_can_be_imported_after_an_undo(boots: Client) -> None:
    batch = imported(boots, csv_of(ROW))
    with client_scope([boots]):
        undo(batch)
    assert imported(boots, csv_of(ROW)).result["written"] == 1


def test_nothing_to_undo_in_a_preview(boots: Client) -> None:
    batch = previewed(boots, csv_of(ROW))
    with client_scope([boots]), pytest.raises(Refused, match="Nothing of this file was imported."):
        undo(batch)


@pytest.mark.parametrize(
    ("role", "days", "is_own", "may"),
    [
        ("OPERATOR", 0, True, True), ("OPERATOR", 0, False, False), ("OPERATOR", 1, True, False),
        ("SUPERVISOR", 1, True, False), ("MANAGER", 5, False, True), ("ENGINEER", 1, True, False),
    ],
)  # fmt: skip
def test_who_may_undo(
    boots: Client, member: Any, role: str, days: int, is_own: bool, may: bool
) -> None:
    user = member(boots, role=role)
    author = user if is_own else member(boots)
    batch = previewed(boots, csv_of(ROW), user=author)
    with client_scope([boots], user=author):
        confirm(batch)
    moment = batch.created_at + datetime.timedelta(days=days)
    with time_machine.travel(moment), client_scope([boots], user=user):
        if may:
            assert undo(batch).state == "UNDONE"
        else:
            with pytest.raises(PermissionDenied):
                undo(batch)


def test_a_mapping_is_remembered_for_files_of_the_same_layout(boots: Client) -> None:
    from clients.imports.batches import map_columns

    text = csv_of(ROW).replace("total_units", "Pzas hechas")
    batch = previewed(boots, text)
    assert batch.result["read_back"]["refused"] == "The file lacks the columns total_units."
    with client_scope([boots]):
        with pytest.raises(Refused):
            confirm(batch)
        map_columns(batch, {0: "shift_date", 1: "shift", 2: "line", 5: "total_units"})
        assert batch.rows_new == 1
    assert previewed(boots, text).rows_new == 1


def test_a_mapping_of_another_client_is_not_used(boots: Client, socks: Client) -> None:
    from clients.imports.batches import map_columns

    text = csv_of(ROW).replace("total_units", "Pzas hechas")
    batch = previewed(boots, text)
    with client_scope([boots]):
        map_columns(batch, {0: "shift_date", 1: "shift", 2: "line", 5: "total_units"})
    other = previewed(socks, text)
    assert other.result["read_back"]["refused"] == "The file lacks the columns total_units."


# Speed -----------------------------------------------------------------------------------


def queries_of(client: Client, rows: int, first_capture: int) -> list[int]:
    lines = [
        f"{datetime.date(2025, 1, 1) + datetime.timedelta(days=n)},1ST,L1,WO-1,WO-1-L1,{n},M1,"
        f"{first_capture},1"
        for n in range(rows)
    ]
    text = csv_of(*lines, headers=f"{HEADERS},machine,capture_no,defective_units")
    taken = []
    importer = registry.get("production_entry")
    with client_scope([client]):
        for step in (
            lambda: preview(importer, client, read_file(text.encode(), "x.csv")),
            lambda: confirm(ImportBatch.objects.first()),
            lambda: undo(ImportBatch.objects.first()),
        ):
            connection.force_debug_cursor = True
            connection.queries_log.clear()
            step()
            taken.append(len(connection.queries_log))
            connection.force_debug_cursor = False
    return taken


def test_the_number_of_queries_does_not_depend_on_the_rows(boots: Client) -> None:
    few, many = queries_of(boots, 10, 1), queries_of(boots, 200, 2)
    assert few == many
    assert few[0] <= 26
