"""Every code of the error contract, and what becomes of each row."""

from __future__ import annotations

import csv
import datetime
import random
from io import StringIO
from typing import Any

import pytest

from clients.imports import registry
from clients.models import Client
from clients.scope import client_scope
from downtime.models import DowntimeEvent
from plant.models import Employee, Line, Shift, Standard, WorkOrder
from production.models import ProductionEntry
from quality.models import Defect, QualityInspection
from tests.imports.helpers import HEADERS, ROW, counts, csv_of, errors, imported, looked, previewed
from tests.plant.factories import make_shift

CODES = {
    "required", "unknown_code", "date_format", "time_format", "ambiguous_time", "number_format",
    "out_of_range", "too_long", "choice", "inconsistent", "duplicate_in_file", "no_key", "locked",
    "taken", "future_date",
}  # fmt: skip


def only_error(client: Client, text: str, entity: str = "production_entry") -> dict[str, Any]:
    told = looked(client, text, entity)
    assert len(told["errors"]) == 1, told["errors"]
    return told["errors"][0]


def test_a_good_row_is_new(boots: Client) -> None:
    told = looked(boots, csv_of(ROW))
    assert (told["rows_total"], counts(told), told["errors"]) == (1, (1, 0, 0, 0), [])


def test_an_error_names_row_column_header_value_reason_and_suggestion(boots: Client) -> None:
    text = csv_of(ROW, ROW.replace("2025-12-02", "12/02/2025")).replace("shift_date", "Fecha")
    assert only_error(boots, text) == {
        "row": 3,
        "column": "shift_date",
        "header": "Fecha",
        "value": "12/02/2025",
        "code": "date_format",
        "reason": "Not a date in the form YYYY-MM-DD.",
        "suggestion": "2025-12-02 or 2025-02-12?",
    }


@pytest.mark.parametrize(
    ("old", "new", "column", "code", "reason"),
    [
        ("2025-12-02", "", "shift_date", "required", "This column needs a value."),
        ("2025-12-02", "2999-01-01", "shift_date", "future_date",
         "A future date cannot be recorded."),
        ("1ST", "9TH", "shift", "unknown_code", "Unknown shift “9TH”."),
        ("L1,WO", "L7,WO", "line", "unknown_code", "Unknown line “L7”."),
        ("WO-1,", "WO-9,", "work_order", "unknown_code", "Unknown work order “WO-9”."),
        ("WO-1-L1", "WO-9-L1", "job", "unknown_code", "Unknown job “WO-9-L1”."),
        ("180", "-5", "total_units", "out_of_range",
         "Units must be a whole number from 0 to 1,000,000."),
        ("180", "1000001", "total_units", "out_of_range",
         "Units must be a whole number from 0 to 1,000,000."),
        ("180", "12.5", "total_units", "number_format",
         "Units must be a whole number from 0 to 1,000,000."),
        ("180", "many", "total_units", "number_format",
         "Units must be a whole number from 0 to 1,000,000."),
        ("180", "", "total_units", "required", "This column needs a value."),
    ],
)  # fmt: skip
def test_one_bad_cell(
    boots: Client, old: str, new: str, column: str, code: str, reason: str
) -> None:
    assert ROW.count(old) == 1
    told = only_error(boots, csv_of(ROW.replace(old, new)))
    assert (told["column"], told["code"], told["reason"]) == (column, code, reason)


def test_every_error_of_a_row_is_told(boots: Client) -> None:
    told = looked(boots, csv_of("12/02/2025,9TH,L1,WO-9,,x"))
    assert errors(told) == [
        (2, "shift_date", "date_format"),
        (2, "total_units", "number_format"),
        (2, "work_order", "unknown_code"),
        (2, "shift", "unknown_code"),
    ]


def test_text_too_long(boots: Client) -> None:
    told = only_error(boots, csv_of(f"{ROW},{'x' * 1001}", headers=f"{HEADERS},notes"))
    assert (told["column"], told["code"]) == ("notes", "too_long")


def test_a_word_that_is_not_in_the_list(boots: Client) -> None:
    headers = "shift_date,shift,line,units_inspected,units_defective,method"
    told = only_error(
        boots, csv_of("2025-12-02,1ST,L1,10,1,VISUL", headers=headers), "quality_inspection"
    )
    assert (told["column"], told["code"], told["suggestion"]) == ("method", "choice", "VISUAL?")


def test_suggestions_are_close_codes_of_the_client(boots: Client) -> None:
    assert only_error(boots, csv_of(ROW.replace("WO-1,", "WO1,")))["suggestion"] == "WO-1?"


def test_numbers_that_contradict_each_other(boots: Client) -> None:
    headers = "shift_date,shift,line,units_inspected,units_passed,units_defective"
    told = only_error(
        boots, csv_of("2025-12-02,1ST,L1,100,95,10", headers=headers), "quality_inspection"
    )
    assert (told["column"], told["code"], told["reason"]) == (
        "units_defective",
        "inconsistent",
        "Passed and defective exceed inspected.",
    )


def test_a_row_twice_in_the_file(boots: Client) -> None:
    told = looked(boots, csv_of(ROW, ROW.replace("180", "140")))
    assert errors(told) == [(3, "", "duplicate_in_file")]
    assert told["errors"][0]["reason"] == "The same row stands in row 2 of the file."
    assert counts(told) == (1, 0, 0, 1)


def test_a_totals_row_has_no_key(boots: Client) -> None:
    told = looked(boots, csv_of(ROW, ",,,,,180"))
    assert errors(told) == [(3, "", "no_key")]
    assert counts(told) == (1, 0, 0, 1)


def test_a_final_order_is_locked(boots: Client) -> None:
    with client_scope([boots]):
        WorkOrder.objects.update(status="CLOSED")
    told = only_error(boots, csv_of(ROW))
    assert (told["code"], told["reason"]) == ("locked", "Order WO-1 is closed.")


def test_a_verified_row_is_locked_for_an_operator(boots: Client, member: Any) -> None:
    imported(boots, csv_of(ROW))
    author, operator = member(boots), member(boots, role="OPERATOR")
    with client_scope([boots]):
        ProductionEntry.objects.get().verify(by=author)
    batch = previewed(boots, csv_of(ROW.replace("180", "200")), user=operator)
    assert [each["code"] for each in batch.errors] == ["locked"]
    assert batch.errors[0]["reason"] == "This row is verified. Ask a supervisor or manager."


def test_the_same_file_again_is_the_same(boots: Client) -> None:
    imported(boots, csv_of(ROW))
    assert counts(looked(boots, csv_of(ROW))) == (0, 0, 1, 0)


def test_an_empty_cell_leaves_the_stored_value(boots: Client) -> None:
    headers = f"{HEADERS},notes"
    imported(boots, csv_of(f"{ROW},late start", headers=headers))
    assert counts(looked(boots, csv_of(f"{ROW},", headers=headers))) == (0, 0, 1, 0)


def test_a_dash_clears_the_stored_value(boots: Client) -> None:
    headers = f"{HEADERS},run_minutes"
    imported(boots, csv_of(f"{ROW},60", headers=headers))
    imported(boots, csv_of(f"{ROW},—", headers=headers), update=True)
    with client_scope([boots]):
        assert ProductionEntry.objects.get().run_minutes is None


def test_a_required_value_cannot_be_cleared(boots: Client) -> None:
    told = only_error(boots, csv_of(ROW.replace("180", "NULL")))
    assert (told["column"], told["code"]) == ("total_units", "required")


def test_changed_cells_are_shown_and_left_alone_by_default(boots: Client) -> None:
    imported(boots, csv_of(ROW))
    batch = imported(boots, csv_of(ROW.replace("180", "200")))
    assert batch.result["read_back"]["changes"] == {"2": {"total_units": ["180", "200"]}}
    with client_scope([boots]):
        assert ProductionEntry.objects.get().total_units == 180


def test_changed_rows_are_written_on_request(boots: Client) -> None:
    imported(boots, csv_of(ROW))
    imported(boots, csv_of(ROW.replace("180", "200")), update=True)
    with client_scope([boots]):
        row = ProductionEntry.objects.get()
    assert (row.total_units, row.version) == (200, 2)


def test_a_corrected_verified_row_asks_for_a_second_person_again(
    boots: Client, member: Any
) -> None:
    imported(boots, csv_of(ROW))
    with client_scope([boots]):
        ProductionEntry.objects.get().verify(by=member(boots))
    imported(boots, csv_of(ROW.replace("180", "200")), update=True, reason="counted again")
    with client_scope([boots]):
        assert ProductionEntry.objects.get().verified_at is None


def test_hours_become_minutes(boots: Client) -> None:
    imported(boots, csv_of(f"{ROW},8:30", headers=f"{HEADERS},run_hours"))
    with client_scope([boots]):
        assert ProductionEntry.objects.get().run_minutes == 510


def test_a_time_of_day_belongs_to_the_night_of_its_shift(boots: Client) -> None:
    headers = "shift_date,shift,line,started_at,ended_at,reason"
    text = csv_of("2025-12-02,2ND,L1,23:50,00:20,SETUP", headers=headers)
    imported(boots, text, "downtime_event")
    with client_scope([boots]):
        stop = DowntimeEvent.objects.select_related("reason").get()
    assert stop.ended_at == datetime.datetime(2025, 12, 3, 6, 20, tzinfo=datetime.UTC)
    assert (stop.minutes, stop.reason.code) == (30, "SETUP_CHANGEOVER")


def test_a_time_that_exists_twice_in_the_night_of_a_shift(boots: Client) -> None:
    headers = "shift_date,shift,line,started_at,ended_at"
    text = csv_of("2025-11-01,2ND,L1,01:30,03:00", headers=headers)
    told = looked(boots, text, "downtime_event")
    assert (2, "started_at", "ambiguous_time") in errors(told)


def test_a_stop_outside_its_shift(boots: Client) -> None:
    headers = "shift_date,shift,line,started_at,ended_at"
    told = looked(boots, csv_of("2025-12-02,1ST,L1,06:00,07:30", headers=headers), "downtime_event")
    assert errors(told) == [(2, "started_at", "out_of_range")]
    assert told["errors"][0]["reason"] == "06:00 is outside the shift 07:00–17:00."


def test_a_stop_longer_than_its_shift(boots: Client) -> None:
    headers = "shift_date,shift,line,minutes"
    told = looked(boots, csv_of("2025-12-02,1ST,L1,700", headers=headers), "downtime_event")
    assert told["errors"][0]["reason"] == "A stop cannot be longer than its shift (600 min)."


def test_stops_of_one_machine_in_one_file_do_not_overlap(boots: Client) -> None:
    headers = "shift_date,shift,line,machine,scope,started_at,ended_at"
    text = csv_of(
        "2025-12-02,1ST,L1,M1,MACHINE,08:00,09:00",
        "2025-12-02,1ST,L1,M1,MACHINE,08:30,09:30",
        headers=headers,
    )
    told = looked(boots, text, "downtime_event")
    assert errors(told) == [(3, "started_at", "inconsistent")]


def test_spanish_words_and_headers(boots: Client) -> None:
    text = (
        "Fecha;Turno;Línea;Duración;Motivo;Resuelto\n"
        "2025-12-02;1st;l1;24;cambio;sí\n2025-12-02;1st;l1;30;MANTENIMIENTO;sí\n"
    )
    told = looked(boots, text.encode("cp1252"), "downtime_event")
    assert (counts(told), told["errors"]) == ((2, 0, 0, 0), [])


def test_an_unknown_reason_is_an_error_and_never_other(boots: Client) -> None:
    headers = "shift_date,shift,line,minutes,reason"
    told = looked(boots, csv_of("2025-12-02,1ST,L1,5,GREMLINS", headers=headers), "downtime_event")
    assert told["errors"][0]["reason"] == "Unknown downtime reason “GREMLINS”."


def test_a_shift_code_means_the_shift_of_the_rows_line(boots: Client) -> None:
    with client_scope([boots]):
        own = make_shift(boots, "06:00", "14:00", code="1ST", line=Line.objects.get(code="L1"))
    imported(boots, csv_of(ROW))
    with client_scope([boots]):
        assert ProductionEntry.objects.get().shift_id == own.pk


def test_masters_are_never_made_silently(boots: Client) -> None:
    looked(boots, csv_of(ROW.replace("L1,", "L9,", 1)))
    with client_scope([boots]):
        assert list(Line.objects.values_list("code", flat=True)) == ["L1"]


# Defective units of production rows ------------------------------------------------------


def test_defective_units_are_an_inspection_counted_on_the_line(boots: Client) -> None:
    headers = f"{HEADERS},defective_units,scrap_units"
    imported(boots, csv_of(f"{ROW},9,2", headers=headers))
    with client_scope([boots]):
        found = QualityInspection.objects.get()
        row = ProductionEntry.objects.get()
    assert (found.stage, found.is_first_pass, found.inspection_no) == ("LINE_COUNT", True, 1)
    assert (found.units_inspected, found.units_passed) == (180, 171)
    assert (found.units_defective, found.units_scrapped) == (9, 2)
    assert found.batch_id == row.batch_id is not None


def test_the_same_defective_units_again_are_the_same(boots: Client) -> None:
    text = csv_of(f"{ROW},9", headers=f"{HEADERS},defective_units")
    imported(boots, text)
    assert counts(looked(boots, text)) == (0, 0, 1, 0)


def test_other_defective_units_are_a_change(boots: Client) -> None:
    headers = f"{HEADERS},defective_units"
    imported(boots, csv_of(f"{ROW},9", headers=headers))
    batch = imported(boots, csv_of(f"{ROW},12", headers=headers), update=True)
    assert batch.result["read_back"]["changes"] == {"2": {"defective_units": ["9", "12"]}}
    with client_scope([boots]):
        assert QualityInspection.objects.get().units_defective == 12
        assert ProductionEntry.objects.get().version == 1


def test_more_defective_than_made(boots: Client) -> None:
    told = only_error(boots, csv_of(f"{ROW},181", headers=f"{HEADERS},defective_units"))
    assert (told["column"], told["reason"]) == (
        "defective_units",
        "Defective units exceed total units.",
    )


def test_more_scrapped_than_defective(boots: Client) -> None:
    text = csv_of(f"{ROW},2,3", headers=f"{HEADERS},defective_units,scrap_units")
    told = only_error(boots, text)
    assert (told["column"], told["reason"]) == (
        "defective_units",
        "Dispositions exceed defective units.",
    )


def test_a_refused_row_writes_no_inspection_either(boots: Client) -> None:
    text = csv_of(f"{ROW.replace('1ST', '9TH')},9", headers=f"{HEADERS},defective_units")
    imported(boots, text)
    with client_scope([boots]):
        assert QualityInspection.objects.count() == 0


# Other entities --------------------------------------------------------------------------


def test_a_defect_finds_its_inspection(boots: Client) -> None:
    headers = "shift_date,shift,line,work_order,units_inspected,units_defective"
    imported(boots, csv_of("2025-12-02,1ST,L1,WO-1,100,5", headers=headers), "quality_inspection")
    headers = "shift_date,shift,line,work_order,defect_type,quantity,disposition"
    text = csv_of("2025-12-02,1ST,L1,WO-1,BURR,3,REWORK", headers=headers)
    imported(boots, text, "defect")
    with client_scope([boots]):
        assert Defect.objects.get().inspection == QualityInspection.objects.get()
    assert counts(looked(boots, text, "defect")) == (0, 0, 1, 0)


def test_a_defect_without_inspection(boots: Client) -> None:
    headers = "shift_date,shift,line,defect_type,quantity"
    told = only_error(boots, csv_of("2025-12-02,1ST,L1,BURR,3", headers=headers), "defect")
    assert told["reason"] == "No inspection fits this row."


def test_a_defect_that_fits_two_inspections(boots: Client) -> None:
    headers = "shift_date,shift,line,stage,units_inspected,units_defective"
    text = csv_of("2025-12-02,1ST,L1,FINAL,9,1", "2025-12-02,1ST,L1,INCOMING,9,1", headers=headers)
    imported(boots, text, "quality_inspection")
    headers = "shift_date,shift,line,defect_type,quantity"
    told = only_error(boots, csv_of("2025-12-02,1ST,L1,BURR,3", headers=headers), "defect")
    assert told["reason"] == "2 inspections fit this row. Give stage, order or number."


def test_a_section_may_stand_beside_the_line_it_belongs_to(boots: Client) -> None:
    headers = "code,name,line_type,parent"
    text = csv_of("L2-A,Half,SECTION,L2", "L2,Line 2,,", "L2-A1,Quarter,SECTION,L2-A",
                  headers=headers)  # fmt: skip
    assert counts(looked(boots, text, "line")) == (3, 0, 0, 0)
    imported(boots, text, "line")
    with client_scope([boots]):
        assert Line.objects.get(code="L2-A1").parent.parent.code == "L2"


def test_a_section_of_a_refused_line_is_refused(boots: Client) -> None:
    text = csv_of("L2,Line 2,,,0", "L2-A,Half,SECTION,L2,1",
                  headers="code,name,line_type,parent,stations")  # fmt: skip
    told = looked(boots, text, "line")
    assert (3, "parent", "unknown_code") in errors(told)


def test_weekdays_in_one_cell(boots: Client) -> None:
    headers = "code,name,start_time,end_time,weekdays"
    imported(boots, csv_of('3RD,Third,06:00,14:00,"6,7"', headers=headers), "shift")
    with client_scope([boots]):
        assert Shift.objects.get(code="3RD").weekdays == [6, 7]
    told = only_error(boots, csv_of('4TH,Fourth,06:00,14:00,"6,8"', headers=headers), "shift")
    assert told["column"] == "weekdays"


def test_standards_in_minutes_and_seconds(boots: Client) -> None:
    headers = "style,sam_minutes,cycle_seconds,valid_from,valid_to,reason"
    imported(boots, csv_of("S1,One", headers="code,name"), "style")
    text = csv_of("S1,15,90,2025-01-01,2025-12-31,study", headers=headers)
    imported(boots, text, "standard")
    with client_scope([boots]):
        made = Standard.objects.get(style__code="S1")
    assert (str(made.labour_hours_per_unit), str(made.cycle_hours_per_unit)) == (
        "0.250000",
        "0.025000",
    )
    assert made.valid.upper == datetime.date(2026, 1, 1)
    assert counts(looked(boots, text, "standard")) == (0, 0, 1, 0)


def test_an_end_that_is_not_given_stays(boots: Client) -> None:
    headers = "part,labour_hours_per_unit,valid_from,valid_to,reason"
    imported(boots, csv_of("SHOE", headers="code"), "part")
    imported(boots, csv_of("SHOE,1,2025-01-01,2025-06-30,study", headers=headers), "standard")
    again = csv_of("SHOE,1,2025-01-01,,study", headers=headers)
    assert counts(looked(boots, again, "standard")) == (0, 0, 1, 0)
    cleared = csv_of("SHOE,1,2025-01-01,—,study", headers=headers)
    assert counts(looked(boots, cleared, "standard")) == (0, 1, 0, 0)


def test_a_last_day_before_the_first(boots: Client) -> None:
    headers = "part,labour_hours_per_unit,valid_from,valid_to,reason"
    imported(boots, csv_of("SHOE", headers="code"), "part")
    told = only_error(
        boots, csv_of("SHOE,1,2026-01-01,2025-12-31,study", headers=headers), "standard"
    )
    assert told["reason"] == "The last day lies before the first day."


def test_what_only_the_database_knows_is_told_in_the_preview(boots: Client) -> None:
    headers = "part,labour_hours_per_unit,valid_from,reason"
    text = csv_of("BOOT,0.3,2025-06-01,study", headers=headers)
    told = only_error(boots, text, "standard")
    assert told["reason"] == "Another standard is valid in this period."
    with client_scope([boots]):
        assert Standard.objects.count() == 1


def test_the_rows_beside_a_row_that_the_database_refuses_are_written(boots: Client) -> None:
    headers = "part,labour_hours_per_unit,valid_from,reason"
    imported(boots, csv_of("SHOE", headers="code"), "part")
    text = csv_of("BOOT,0.3,2025-06-01,study", "SHOE,0.3,2025-06-01,study", headers=headers)
    batch = imported(boots, text, "standard")
    assert (batch.rows_new, batch.rows_rejected) == (1, 1)


def test_prose_of_a_phone_number_is_no_formula(boots: Client) -> None:
    headers = "code,full_name,phone"
    imported(boots, csv_of("E1,Ana,+52 868 123", headers=headers), "employee")
    with client_scope([boots]):
        assert Employee.objects.get(code="E1").phone == "+52 868 123"


WORDS = [
    "", " ", "x", "-5", "0", "1", "1.5", "99999999999999", "1e5", "2025-12-02", "12/02/2025",
    "2999-01-01", "0001-01-01", "9999-12-31", "2025-12-02 10:00", "10:00", "25:99", "1ST", "2ND",
    "L1", "WO-1", "WO-1-L1", "BOOT", "M1", "yes", "—", "NULL", "=A1", "'", "ñ😀", "x" * 2000, "[1]",
    "{}", "1,2,9", "SECTION", "MACHINE", "STATIONS", "oee", "OTHER", "EQUIPMENT_FAILURE", "FINAL",
]  # fmt: skip


@pytest.mark.parametrize("entity", [each.name for each in registry])
def test_whatever_stands_in_a_file_it_is_told_and_nothing_breaks(
    boots: Client, entity: str
) -> None:
    dice = random.Random(entity)
    columns = registry.get(entity).all_columns
    lines = [[column.name for column in columns]]
    for _ in range(60):
        lines.append([dice.choice(WORDS) for _ in columns])
    text = StringIO()
    csv.writer(text).writerows(lines)
    told = looked(boots, text.getvalue(), entity)
    assert told["rejected"] > 0
    assert {each["code"] for each in told["errors"]} <= CODES
