from __future__ import annotations

import datetime
import re
import string
import zipfile
from collections.abc import Callable
from io import BytesIO

import pytest
import xlsxwriter

from clients.imports.errors import Refused
from clients.imports.files import read_file, read_text
from tests.imports.helpers import workbook

PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 40
PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n"


def refusal(content: bytes, name: str = "rows.csv") -> str:
    with pytest.raises(Refused) as refused:
        read_file(content, name)
    return str(refused.value)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
def test_encodings(encoding: str) -> None:
    assert read_file("código,año\nñ,1\n".encode(encoding), "x.csv").rows == [
        ["código", "año"],
        ["ñ", "1"],
    ]


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_separators_are_detected(separator: str) -> None:
    text = f"a{separator}b\n1{separator}2\n"
    assert read_file(text.encode(), "x.csv").rows == [["a", "b"], ["1", "2"]]


def test_a_decimal_comma_does_not_pass_for_a_separator() -> None:
    assert read_file(b"a;b;c\n1,5;2,5;3,5\n", "x.csv").rows[1] == ["1,5", "2,5", "3,5"]


def test_quoted_line_breaks_stay_in_their_cell() -> None:
    assert read_file(b'a,b\n"1\n2",3\n', "x.csv").rows == [["a", "b"], ["1\n2", "3"]]


def test_pasted_cells_have_tabs() -> None:
    assert read_text("a\tb\n1\t2").rows == [["a", "b"], ["1", "2"]]


def test_a_workbook_gives_plain_values() -> None:
    day = datetime.date(2025, 12, 2)
    rows = read_file(workbook([["code", "day"], [5.0, day], [1.25, "=x"]]), "x.xlsx").rows
    assert rows == [["code", "day"], [5, "2025-12-02"], [1.25, rows[2][1]]]


def test_a_formula_counts_as_its_last_value() -> None:
    import io

    import xlsxwriter

    file = io.BytesIO()
    book = xlsxwriter.Workbook(file, {"in_memory": True})
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, ["a", "b"])
    sheet.write(1, 0, "x")
    sheet.write_formula(1, 1, "=6*7", None, 42)
    book.close()
    assert read_file(file.getvalue(), "x.xlsx").rows == [["a", "b"], ["x", 42]]


def test_a_sheet_can_be_named() -> None:
    content = workbook([["a"], ["1"]])
    assert read_file(content, "x.xlsx", "Sheet1").sheets == ["Sheet1"]
    with pytest.raises(Refused, match="The file has no sheet “Other”."):
        read_file(content, "x.xlsx", "Other")


@pytest.mark.parametrize("content", [b"", b"  \n\n", b"\xef\xbb\xbf", workbook([])])
def test_an_empty_file(content: bytes) -> None:
    assert refusal(content) == "The file is empty."


@pytest.mark.parametrize("content", [PNG, PDF, b"\x00\x01\x02\x03" * 20, b"GIF89a......"])
def test_a_file_of_another_kind(content: bytes) -> None:
    assert refusal(content) == "This is not a CSV or XLSX file."


def test_another_archive_is_no_workbook() -> None:
    file = BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("photo.jpg", b"x")
    assert refusal(file.getvalue(), "photos.zip") == "This is not a CSV or XLSX file."


def test_a_broken_workbook() -> None:
    content = workbook([["a"], ["1"]])
    sentence = "The file cannot be read. Save it again as CSV (UTF-8) or XLSX."
    assert refusal(content[:300], "x.xlsx") == sentence


@pytest.mark.parametrize(
    ("place", "value"),
    [(6, b"\x01\x00"), (8, b"\x63\x00")],
    ids=["needs a password", "packed in an unknown way"],
)
def test_an_archive_that_cannot_be_unpacked(place: int, value: bytes) -> None:
    """Both stand in the head of each part, and in the list of parts two bytes later."""
    content = bytearray(workbook([["a"], ["1"]]))
    for mark, at in ((b"PK\x03\x04", place), (b"PK\x01\x02", place + 2)):
        start = content.index(mark) + at
        content[start : start + 2] = value
    sentence = "The file cannot be read. Save it again as CSV (UTF-8) or XLSX."
    assert refusal(bytes(content), "orders.xlsx") == sentence


def test_a_workbook_that_unpacks_to_too_much() -> None:
    file = BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b"<x/>")
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * (251 * 1024 * 1024))
    assert len(file.getvalue()) < 1024 * 1024
    assert refusal(file.getvalue(), "bomb.xlsx") == "The file is larger than 10 MB."


def workbook_with(*cells: str) -> bytes:
    """A header, a row, and far from both cells that somebody forgot."""
    file = BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True}) as book:
        sheet = book.add_worksheet("orders")
        sheet.write_row("A1", ["a", "b"])
        sheet.write_row("A2", ["1", "2"])
        for cell in cells:
            sheet.write(cell, "x")
    return file.getvalue()


def with_part(content: bytes, name: str, change: Callable[[bytes], bytes], to: str = "") -> bytes:
    """The workbook with one part changed, and under another name."""
    file = BytesIO()
    with zipfile.ZipFile(BytesIO(content)) as old, zipfile.ZipFile(file, "w", 8) as new:
        for part in old.infolist():
            text = old.read(part)
            if part.filename.endswith(name):
                new.writestr(part.filename.replace(name, to or name), change(text))
            else:
                new.writestr(part.filename, text.replace(name.encode(), (to or name).encode()))
    return file.getvalue()


@pytest.mark.parametrize(
    ("cell", "place"),
    [
        ("XFD1048576", "column XFD and row 1,048,576"),
        ("XFD9000", "column XFD and row 9,000"),
        ("AA900000", "column AA and row 900,000"),
    ],
)
def test_a_forgotten_cell_far_from_the_table_is_named(cell: str, place: str) -> None:
    assert refusal(workbook_with(cell), "orders.xlsx") == (
        f"A sheet of the file reaches to {place}. "
        "Delete what stands beyond the table, or save the table alone as CSV (UTF-8)."
    )


SHEET = "worksheets/sheet1.xml"


def test_a_sheet_is_measured_under_any_name() -> None:
    content = with_part(workbook_with("AA900000"), SHEET, bytes, to="media/image1.png")
    assert "column AA and row 900,000" in refusal(content, "orders.xlsx")


def without_places(sheet: bytes) -> bytes:
    return re.sub(rb'<c r="[A-Z]+[0-9]+"', b"<c", sheet)


def test_cells_that_do_not_say_where_they_stand_are_measured() -> None:
    cells = [f"{letter}900000" for letter in (*string.ascii_uppercase, "AA")]
    content = with_part(workbook_with(*cells), SHEET, without_places)
    assert "column AA and row 900,000" in refusal(content, "orders.xlsx")
    near = with_part(workbook_with("C2"), SHEET, without_places)
    assert read_file(near, "orders.xlsx").rows == [["a", "b", ""], ["1", "2", "x"]]


def test_a_place_that_no_sheet_has_is_no_place() -> None:
    def far(sheet: bytes) -> bytes:
        return sheet.replace(b'r="A2"', b'r="A' + b"9" * 5000 + b'"')

    sentence = "The file cannot be read. Save it again as CSV (UTF-8) or XLSX."
    assert refusal(with_part(workbook_with(), SHEET, far), "orders.xlsx") == sentence


def test_forgotten_formats_far_from_the_table_are_no_cells() -> None:
    file = BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True}) as book:
        sheet = book.add_worksheet("orders")
        sheet.write("A1", "a")
        sheet.write_blank("XFD1048576", None, book.add_format({"bold": True}))
    assert read_file(file.getvalue(), "orders.xlsx").rows == [["a"]]


def test_broken_encoding() -> None:
    sentence = "The characters of the file cannot be read. Save it as CSV (UTF-8)."
    assert refusal(b"a,b\n\x81\x8d,1\n") == sentence
    assert refusal("a,b\n1,2\n".encode("utf-16")) == sentence


def test_more_than_10_megabytes() -> None:
    assert (
        refusal(b"a,b\n" + b"1,2\n" * (11 * 1024 * 1024 // 4)) == "The file is larger than 10 MB."
    )


def test_more_than_100000_rows() -> None:
    assert refusal(b"a,b\n" + b"1,2\n" * 100_100) == "The file has more than 100,000 rows."


def test_more_than_100_columns() -> None:
    line = ",".join(["x"] * 101)
    assert refusal(f"{line}\n{line}\n".encode()) == "The file has more than 100 columns."
