from __future__ import annotations

import pytest

from clients.imports import EntityImport, Refused, UnknownEntity, registry
from clients.imports.columns import match_headers, matched
from clients.imports.downloads import template_headers
from clients.imports.entities import Registry
from clients.imports.files import read_file
from clients.imports.tables import missing_columns, table_of


def table(text: str, entity: str = "production_entry"):  # type: ignore[no-untyped-def]
    return table_of(read_file(text.encode(), "x.csv"), registry.get(entity))


@pytest.mark.parametrize(
    "header", ["work order", "Work_Order", "WORK-ORDER", "Wórk.Order", " work  order * "]
)
def test_case_accents_and_separators_do_not_matter(header: str) -> None:
    assert matched(header) == "workorder"


def test_spanish_headers() -> None:
    read = table("Fecha,Turno,Línea,Orden de trabajo,Partida,Unidades,Horas trabajo,Jefe\n1,2\n")
    assert read.match.found == {
        0: "shift_date", 1: "shift", 2: "line", 3: "work_order", 4: "job", 5: "total_units",
        6: "run_hours",
    }  # fmt: skip
    assert read.ignored == ["Jefe"]


@pytest.mark.parametrize("language", ["en", "es"])
def test_every_template_reads_its_own_headers(language: str) -> None:
    for entity in registry:
        headers = template_headers(entity, language)
        match = match_headers(headers, entity.all_columns)
        assert match.unclear == {}, entity.name
        assert [match.found.get(at) for at in range(len(headers))] == [
            column.name for column in entity.all_columns
        ], entity.name


def test_rows_above_the_header_row_are_left_out() -> None:
    read = table("Report of December\n\nshift_date,shift,line,total_units\n2025-12-02,1ST,L1,5\n")
    assert read.header_row == 3
    assert [number for number, _ in read.rows] == [4]


def test_blank_lines_count_as_the_spreadsheet_counts_them() -> None:
    read = table("shift_date,shift,line,total_units\n\n2025-12-02,1ST,L1,5\n")
    assert [number for number, _ in read.rows] == [3]


def test_a_file_without_header_row_is_refused() -> None:
    with pytest.raises(Refused, match="No header row found for production entries"):
        table("1,2,3\n4,5,6\n")


def test_missing_columns_are_listed() -> None:
    read = table("shift_date,line,notes\n2025-12-02,L1,x\n")
    sentence = missing_columns(read, registry.get("production_entry"))
    assert sentence == "The file lacks the columns shift, total_units."


def test_a_line_or_an_order_is_needed() -> None:
    read = table("shift_date,shift,total_units\n2025-12-02,1ST,5\n")
    sentence = missing_columns(read, registry.get("production_entry"))
    assert sentence == "The file lacks the columns line or work_order."


def test_two_headers_for_one_column_are_not_guessed() -> None:
    read = table("date,fecha,shift,line,total_units\n2025-12-02,2025-12-03,1ST,L1,5\n")
    assert read.match.unclear == {"date": ["shift_date"], "fecha": ["shift_date"]}
    assert "Say what “date”, “fecha” means." in missing_columns(
        read, registry.get("production_entry")
    )


def test_a_header_that_fits_two_columns_is_not_guessed() -> None:
    match = match_headers(["tipo"], registry.get("shift").columns)
    assert match.found == {0: "kind"}
    columns = (*registry.get("shift").columns, *registry.get("machine").columns)
    assert match_headers(["tipo"], columns).unclear == {"tipo": ["kind", "machine_type"]}


def test_a_person_decides_single_headers() -> None:
    columns = registry.get("production_entry").columns
    match = match_headers(["fecha", "date", "Pzas"], columns, {"date": "", "Pzas": "total_units"})
    assert match.found == {0: "shift_date", 2: "total_units"}


@pytest.mark.parametrize(
    ("cells", "mark"),
    [
        (["8,5", "7,25"], ","), (["8.5"], "."), (["1,234"], "."), (["1.234,5"], ","),
        (["8,5", "8.5"], "."), (["1.234.567"], ","), (["8:30"], "."),
    ],
)  # fmt: skip
def test_one_decimal_mark_per_file(cells: list[str], mark: str) -> None:
    text = "shift_date;shift;line;total_units;run_hours\n" + "".join(
        f"2025-12-02;1ST;L1;5;{cell}\n" for cell in cells
    )
    assert table(text).decimal_mark == mark


@pytest.mark.parametrize("name", ["production_entry", "ProductionEntry", "production-entries"])
def test_an_entity_by_any_spelling(name: str) -> None:
    assert registry.get(name).name == "production_entry"


def test_an_unknown_entity() -> None:
    with pytest.raises(UnknownEntity, match="Unknown entity “forecast”."):
        registry.get("forecast")


def test_entities_come_after_those_that_they_name() -> None:
    order = [entity.name for entity in registry]
    for first, then in [
        ("line", "shift"), ("shift", "shift_break"), ("style", "part"), ("part", "standard"),
        ("work_order", "job"), ("employee", "line_assignment"), ("job", "production_entry"),
        ("quality_inspection", "defect"), ("downtime_reason", "downtime_event"),
        ("machine", "downtime_event"),
    ]:  # fmt: skip
        assert order.index(first) < order.index(then)


def test_two_importers_of_one_name_are_refused_at_the_start() -> None:
    from plant.imports import LineImport

    other = Registry()
    other.register(LineImport)
    with pytest.raises(ValueError, match="Two importers are called line."):
        other.register(LineImport)


def test_every_entity_says_how_its_rows_are_found_again() -> None:
    for entity in registry:
        assert isinstance(entity, EntityImport)
        assert entity.model.natural_key, entity.name
        assert entity.key_columns, entity.name
