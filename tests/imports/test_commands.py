"""The commands that tools outside the project call."""

from __future__ import annotations

import datetime
import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from clients.models import Client, ImportBatch
from clients.scope import client_scope, every_client
from downtime.models import DowntimeEvent, DowntimeReason
from kpis.engine import evaluate
from kpis.models import Target
from kpis.periods import Period
from plant.models import Employee, Line, LineAssignment, LineShift, Operation, Standard
from production.models import ProductionEntry
from quality.models import QualityInspection
from tests.imports.helpers import ROW, csv_of

# The golden data set, written out: two clients, one line with three days, a pool of two.
GOLDEN = {
    "client": 'code,name,timezone\nBOOT-LINE-A,"Western boots, line A",America/Matamoros\n'
    'SOCK-LINE-B,"Socks, line B",America/Matamoros\n',
    "line": "client,code,name,stations,standard_crew\nBOOT-LINE-A,L1,Line 1,10,10\n"
    "SOCK-LINE-B,S1,Socks 1,6,6\n",
    "shift": "client,code,name,start_time,end_time,kind,weekdays\n"
    'BOOT-LINE-A,1ST,First shift,07:00,17:00,STANDARD,"1,2,3,4,5"\n'
    "SOCK-LINE-B,SUN,Sunday,07:00,15:00,SPECIAL,7\n",
    "shift_break": "client,shift,name,start_offset_minutes,duration_minutes,paid\n"
    "BOOT-LINE-A,1ST,Meal,300,60,no\n",
    "style": "client,code,name\nBOOT-LINE-A,ROPER-BOOT,Roper boot\n",
    "part": "client,code,style,description,opportunities_per_unit\n"
    'BOOT-LINE-A,BOOT-ABC123,ROPER-BOOT,"Roper boot, brown",47\n',
    "standard": "client,part,labour_hours_per_unit,cycle_hours_per_unit,valid_from,source,kind,"
    "reason\nBOOT-LINE-A,BOOT-ABC123,0.25,0.025,2025-01-01,ENGINEERED,BASE,time study\n",
    "work_order": "client,number,planned_quantity,style,line,received_date,promised_date\n"
    "BOOT-LINE-A,WO-2025-001,600,ROPER-BOOT,L1,2025-11-20,2025-12-12\n",
    "job": "client,work_order,code,part,quantity\n"
    "BOOT-LINE-A,WO-2025-001,WO-2025-001-L1,BOOT-ABC123,600\n",
    "employee": "client,code,full_name,department,labour_class\n"
    "BOOT-LINE-A,EMP-001,Operator 001,ASSEMBLY,DIRECT\n,EMP-015,Floater 015,,DIRECT\n",
    "line_assignment": "client,employee,line,shift,valid_from\n"
    "BOOT-LINE-A,EMP-001,L1,1ST,2025-01-01\n",
    "production_entry": "client,shift_date,shift,line,work_order,job,total_units\n"
    + "".join(
        f"BOOT-LINE-A,2025-12-0{day},1ST,L1,WO-2025-001,WO-2025-001-L1,320\n" for day in (2, 3, 4)
    ),
    "downtime_event": "client,shift_date,shift,line,reason,minutes,scope\n"
    + "".join(
        f"BOOT-LINE-A,2025-12-0{day},1ST,L1,SETUP_CHANGEOVER,24,LINE\n"
        f"BOOT-LINE-A,2025-12-0{day},1ST,L1,EQUIPMENT_FAILURE,30,LINE\n"
        for day in (2, 3, 4)
    ),
    "quality_inspection": "client,shift_date,shift,line,work_order,job,stage,is_first_pass,"
    "units_inspected,units_passed,units_defective,defects_total,method\n"
    + "".join(
        f"BOOT-LINE-A,2025-12-0{day},1ST,L1,WO-2025-001,WO-2025-001-L1,FINAL,yes,"
        "320,304,16,20,FULL\n"
        for day in (2, 3, 4)
    ),
    "shift_coverage": "client,employee,shift_date,shift,line\n"
    "BOOT-LINE-A,EMP-015,2025-12-02,1ST,L1\n",
}
MODELS = [
    Line, Employee, LineAssignment, LineShift, Standard, ProductionEntry, DowntimeEvent,
    QualityInspection,
]  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path, db: None) -> Path:
    for name, text in GOLDEN.items():
        (tmp_path / f"{name}.csv").write_text(text)
    return tmp_path


def called(*args: Any, **options: Any) -> tuple[list[dict[str, Any]], int]:
    out, code = StringIO(), 0
    try:
        call_command(*args, stdout=out, **options)
    except SystemExit as left:
        code = int(left.code or 0)
    return [json.loads(line) for line in out.getvalue().splitlines()], code


def loaded(folder: Path, **options: Any) -> dict[str, dict[str, Any]]:
    lines, _ = called("load_folder", str(folder), **options)
    return {line["entity"]: line for line in lines}


def live() -> list[int]:
    with every_client("a test counts rows"):
        return [model.objects.count() for model in MODELS]


def oee() -> Any:
    with every_client("a test reads figures"):
        client = Client.objects.get(code="BOOT-LINE-A")
        period = Period.days(datetime.date(2025, 12, 2), datetime.date(2025, 12, 4))
        (found,) = evaluate(["oee"], [client.pk], period)
    return found.value and round(found.value, 2)


def test_a_folder_loads_in_the_order_of_its_references(folder: Path) -> None:
    lines, code = called("load_folder", str(folder))
    assert code == 0
    order = [line["entity"] for line in lines]
    assert order[0] == "client"
    assert order.index("line") < order.index("shift") < order.index("production_entry")
    assert order.index("shift_break") < order.index("shift_coverage")
    assert [line["entity"] for line in lines if "new" not in line] == []
    assert {line["entity"]: line["new"] for line in lines if "new" in line} == {
        "client": 2, "line": 2, "shift": 2, "shift_break": 1, "style": 1, "part": 1,
        "standard": 1, "work_order": 1, "job": 1, "employee": 2, "line_assignment": 1,
        "production_entry": 3, "downtime_event": 6, "quality_inspection": 3, "shift_coverage": 1,
    }  # fmt: skip
    assert str(oee()) == "84.44"


def test_a_client_of_a_file_has_its_own_catalogues(folder: Path) -> None:
    loaded(folder)
    with every_client("a test counts rows"):
        client = Client.objects.get(code="SOCK-LINE-B")
        assert DowntimeReason.objects.filter(client=client, code="MAINTENANCE").count() == 1
        assert Operation.objects.filter(client=client).count() == 5


def test_a_second_load_finds_only_the_same(folder: Path) -> None:
    loaded(folder)
    before = live()
    again = [line for line in loaded(folder).values() if "new" in line]
    assert all(line["same"] == line["rows_total"] and line["written"] == 0 for line in again)
    assert live() == before


def test_undo_brings_back_the_empty_state(folder: Path) -> None:
    loaded(folder)
    assert all(live())
    undone, code = called("undo_batch", last_load=True)
    assert (code, {each["state"] for each in undone}) == (0, {"UNDONE"})
    assert live() == [0] * len(MODELS)
    assert oee() is None
    loaded(folder)
    assert str(oee()) == "84.44"


def test_undo_goes_past_line_shifts_that_the_system_planned(folder: Path) -> None:
    loaded(folder)
    call_command("plan_line_shifts", stdout=StringIO())
    with every_client("a test counts rows"):
        assert LineShift.objects.count() > 3
    called("undo_batch", last_load=True)
    assert live() == [0] * len(MODELS)


def test_nothing_left_to_undo(folder: Path) -> None:
    loaded(folder)
    called("undo_batch", last_load=True)
    with pytest.raises(CommandError, match="There is no load to undo."):
        called("undo_batch", last_load=True)


def test_the_pool_is_filled_without_a_client(folder: Path) -> None:
    loaded(folder)
    with every_client("a test counts rows"):
        assert Employee.objects.get(code="EMP-015").client is None
        shared = ImportBatch.objects.get(entity="employee", rows_total=1, result__shared=True)
    assert shared.content == {}


def test_targets_of_all_clients(folder: Path) -> None:
    text = "client,kpi_key,target,warning,critical,valid_from\n,oee,85,75,60,2025-01-01\n"
    (folder / "target.csv").write_text(text + "BOOT-LINE-A,oee,80,70,60,2025-01-01\n")
    assert loaded(folder)["target"]["new"] == 2
    with every_client("a test counts rows"):
        assert [str(each.target) for each in Target.objects.filter(client=None)] == ["85.0000"]


def test_changed_rows_are_left_alone_unless_asked_for(folder: Path) -> None:
    loaded(folder)
    text = GOLDEN["line"].replace("Line 1,10", "Line One,10")
    (folder / "line.csv").write_text(text)
    told = loaded(folder)["line"]
    assert (told["changed"], told["written"]) == (1, 0)
    assert loaded(folder, update=True)["line"]["written"] == 1
    with every_client("a test reads rows"):
        assert Line.objects.get(code="L1").name == "Line One"


def test_rows_of_an_unknown_client_are_rejected_and_the_others_loaded(folder: Path) -> None:
    (folder / "line.csv").write_text(GOLDEN["line"] + "NOBODY,L9,Nine,1,1\n,L8,Eight,1,1\n")
    lines, code = called("load_folder", str(folder))
    told = next(line for line in lines if line["entity"] == "line")
    assert (code, told["new"], told["rejected"]) == (1, 2, 2)
    assert [(each["row"], each["reason"]) for each in told["errors"]] == [
        (4, "Unknown client “NOBODY”."),
        (5, "Give the client."),
    ]


def test_a_bad_client_file(folder: Path) -> None:
    (folder / "client.csv").write_text("code,name,timezone\nx,Tiny,Nowhere/Else\n")
    told = loaded(folder)["client"]
    assert [(each["column"], each["code"]) for each in told["errors"]] == [
        ("code", "inconsistent"),
        ("timezone", "inconsistent"),
    ]


def test_a_client_keeps_its_zone(folder: Path) -> None:
    loaded(folder)
    changed = GOLDEN["client"].replace("America/Matamoros", "UTC", 1).replace("Socks", "Sox")
    (folder / "client.csv").write_text(changed)
    told = loaded(folder, update=True)["client"]
    assert (told["rejected"], told["changed"], told["written"]) == (1, 1, 1)
    assert told["errors"][0]["code"] == "locked"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("code,name\nL1,One\n", "The file lacks the columns client."),
        ("client,stations\nBOOT-LINE-A,1\n", "The file lacks the columns code, name."),
        ("", "The file is empty."),
    ],
)
def test_a_file_that_cannot_be_read_does_not_stop_the_others(
    folder: Path, text: str, reason: str
) -> None:
    (folder / "machine.csv").write_text("client,code,name\nBOOT-LINE-A,M1,One\n")
    (folder / "line.csv").write_text(text)
    told = loaded(folder)
    assert (told["line"]["status"], told["line"]["errors"][0]["reason"]) == ("refused", reason)
    assert told["machine"]["new"] == 1


def test_a_folder_that_is_not_there(db: None, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="There is no folder"):
        call_command("load_folder", str(tmp_path / "nowhere"))
    with pytest.raises(CommandError, match="There are no CSV files"):
        call_command("load_folder", str(tmp_path))


# import_rows -----------------------------------------------------------------------------


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "rows.csv"
    path.write_text(csv_of(ROW, ROW.replace("1ST", "9TH")))
    return path


def test_import_rows_previews(boots: Client, file: Path) -> None:
    (told,), code = called("import_rows", "production_entry", str(file), client="ACME")
    assert code == 1
    assert told == {
        "entity": "production_entry",
        "rows_total": 2, "new": 1, "changed": 0, "same": 0, "rejected": 1,
        "errors": [
            {
                "row": 3, "column": "shift", "header": "shift", "value": "9TH",
                "code": "unknown_code", "reason": "Unknown shift “9TH”.", "suggestion": "",
            }
        ],
    }  # fmt: skip
    with client_scope([boots]):
        assert (ProductionEntry.objects.count(), ImportBatch.objects.count()) == (0, 0)


@pytest.mark.parametrize("entity", ["ProductionEntry", "production-entries", "production_entry"])
def test_import_rows_writes_what_is_accepted(boots: Client, file: Path, entity: str) -> None:
    (told,), code = called("import_rows", entity, str(file), client="ACME", confirm=True)
    assert (told["new"], told["rejected"], code) == (1, 1, 1)
    with client_scope([boots]):
        batch = ImportBatch.objects.get()
        assert (batch.state, ProductionEntry.objects.get().batch_id) == ("CONFIRMED", batch.pk)
    (undone,), _ = called("undo_batch", str(batch.pk))
    assert undone == {
        "batch": batch.pk, "entity": "production_entry", "state": "UNDONE", "rows": 1,
    }  # fmt: skip


def test_import_rows_again_is_the_same(boots: Client, tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text(csv_of(ROW))
    called("import_rows", "production_entry", str(path), client="ACME", confirm=True)
    (told,), code = called(
        "import_rows", "production_entry", str(path), client="ACME", confirm=True
    )
    assert (told["new"], told["same"], code) == (0, 1, 0)
    with client_scope([boots]):
        assert ImportBatch.objects.count() == 1


def test_import_rows_refuses_a_file_in_a_sentence(boots: Client, tmp_path: Path) -> None:
    path = tmp_path / "photo.png"
    path.write_bytes(b"\x89PNG\r\n")
    (told,), code = called("import_rows", "line", str(path), client="ACME")
    assert (code, told["rows_total"]) == (1, 0)
    assert told["errors"][0]["reason"] == "This is not a CSV or XLSX file."


def test_import_rows_says_what_it_does_not_know(boots: Client, file: Path) -> None:
    with pytest.raises(CommandError, match="Unknown client “ACME-9”."):
        call_command("import_rows", "line", str(file), client="ACME-9")
    with pytest.raises(CommandError, match="Unknown entity “unicorn”."):
        call_command("import_rows", "unicorn", str(file), client="ACME")
    with pytest.raises(CommandError, match="There is no file"):
        call_command("import_rows", "line", f"{file}x", client="ACME")


def test_undo_batch_wants_one_thing(db: None) -> None:
    with pytest.raises(CommandError, match="Name a batch, or --last-load."):
        call_command("undo_batch")
    with pytest.raises(CommandError, match="There is no import 7."):
        call_command("undo_batch", "7")
