"""From the bytes of an upload, or a pasted text, to cells. Nothing here knows an entity."""

from __future__ import annotations

import csv
import datetime
import hashlib
import io
import zipfile
import zlib
from contextlib import suppress
from dataclasses import dataclass, field
from typing import IO, Any
from xml.parsers import expat

import python_calamine
from xlsxwriter.utility import (  # type: ignore[import-untyped]
    xl_cell_to_rowcol,
    xl_col_to_name,
)

from clients.imports.errors import Refused
from clients.imports.values import storable

MEGABYTE = 1024 * 1024
LARGEST_BYTES = 10 * MEGABYTE
# A workbook is packed; what it unpacks to has a limit of its own.
LARGEST_UNPACKED = 250 * MEGABYTE
MOST_ROWS = 100_000
MOST_COLUMNS = 100
# A sheet is read as a rectangle from A1, so one forgotten cell in XFD1048576 would take all memory.
MOST_CELLS = (MOST_ROWS + 50) * MOST_COLUMNS

TOO_LARGE = "The file is larger than 10 MB."
TOO_MANY_ROWS = "The file has more than 100,000 rows."
TOO_MANY_COLUMNS = "The file has more than 100 columns."
TOO_FAR = (
    "A sheet of the file reaches to column {column} and row {row:,}. "
    "Delete what stands beyond the table, or save the table alone as CSV (UTF-8)."
)
EMPTY = "The file is empty."
WRONG_KIND = "This is not a CSV or XLSX file."
BROKEN = "The file cannot be read. Save it again as CSV (UTF-8) or XLSX."
WRONG_ENCODING = "The characters of the file cannot be read. Save it as CSV (UTF-8)."

# How files begin that people take for tables.
OTHER_KINDS = (
    b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"\x1f\x8b", b"Rar!", b"7z\xbc\xaf", b"\x7fELF",
    b"MZ", b"{\\rtf", b"<!DOCTYPE", b"<html", b"BM",
)  # fmt: skip


@dataclass
class Sheet:
    """The cells of a file, row by row as the spreadsheet numbers them, starting with row 1."""

    rows: list[list[Any]]
    name: str = ""
    digest: str = ""
    sheets: list[str] = field(default_factory=list)
    separator: str = ","


def read_file(content: bytes, name: str, sheet: str = "") -> Sheet:
    if len(content) > LARGEST_BYTES:
        raise Refused(TOO_LARGE, "too_large")
    if not content.strip():
        raise Refused(EMPTY, "empty")
    read = _read_workbook(content, sheet) if content[:2] == b"PK" else _read_csv(content, name)
    read.name, read.digest = name[-255:], hashlib.sha256(content).hexdigest()
    _refuse_what_is_too_much(read.rows)
    return read


def read_text(text: str) -> Sheet:
    """Cells copied from a spreadsheet are text with tabs."""
    return read_file(text.encode(), "")


def _refuse_what_is_too_much(rows: list[list[Any]]) -> None:
    while rows and not any(cell not in (None, "") for cell in rows[-1]):
        rows.pop()
    if not rows:
        raise Refused(EMPTY, "empty")
    if len(rows) > MOST_ROWS + 50:
        raise Refused(TOO_MANY_ROWS, "too_many_rows")
    if max(_width(row) for row in rows) > MOST_COLUMNS:
        raise Refused(TOO_MANY_COLUMNS, "too_many_columns")


def _width(row: list[Any]) -> int:
    if len(row) <= MOST_COLUMNS:
        return len(row)
    return max((place for place, cell in enumerate(row, 1) if cell not in (None, "")), default=0)


# CSV ------------------------------------------------------------------------------------


def _read_csv(content: bytes, name: str) -> Sheet:
    if content.startswith(OTHER_KINDS) or name.lower().endswith((".xls", ".ods", ".xlsb")):
        raise Refused(WRONG_KIND, "kind")
    text = _decoded(content)
    separator = _separator(text)
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=separator))
    except csv.Error:
        raise Refused(BROKEN, "unreadable") from None
    return Sheet(rows=[list(row) for row in rows], separator=separator)


def _decoded(content: bytes) -> str:
    """UTF-8 with or without its mark, else Windows-1252, as Spanish Excel writes it."""
    if content[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\x00" in content:
        raise Refused(
            WRONG_KIND
            if b"\x00" in content[2:] and content[:2] not in (b"\xff\xfe", b"\xfe\xff")
            else WRONG_ENCODING,
            "encoding",
        )
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        pass
    try:
        text = content.decode("cp1252")
    except UnicodeDecodeError:
        raise Refused(WRONG_ENCODING, "encoding") from None
    if any(ord(each) < 32 and each not in "\t\r\n\f" for each in text):
        raise Refused(WRONG_KIND, "kind")
    return text


def _separator(text: str) -> str:
    """The one that parts the first lines into the most cells of equal number."""
    lines = [line for line in text.splitlines()[:20] if line.strip()]
    best, most = ",", (0, 0)
    for candidate in (",", ";", "\t"):
        widths = [len(row) for row in csv.reader(lines, delimiter=candidate)]
        width = max(widths, default=0)
        score = (widths.count(width) if width > 1 else 0, width)
        if width > 1 and (most[1] <= 1 or score > most):
            best, most = candidate, score
    return best


# XLSX -----------------------------------------------------------------------------------


def _read_workbook(content: bytes, wanted: str) -> Sheet:
    _refuse_other_archives(content)
    try:
        workbook = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(content))
        names = [
            each.name
            for each in workbook.sheets_metadata
            if each.visible == python_calamine.SheetVisibleEnum.Visible
            and each.typ == python_calamine.SheetTypeEnum.WorkSheet
        ]
        name = wanted if wanted in names else next(iter(names), "")
        if wanted and name != wanted:
            raise Refused(f"The file has no sheet “{wanted}”.", "sheet")
        if not name:
            raise Refused(EMPTY, "empty")
        sheet = workbook.get_sheet_by_name(name)
        if sheet.total_height > MOST_ROWS + 50:
            raise Refused(TOO_MANY_ROWS, "too_many_rows")
        rows = sheet.to_python(skip_empty_area=False)
    except (python_calamine.CalamineError, ValueError, OSError):
        raise Refused(BROKEN, "unreadable") from None
    return Sheet(rows=[[_plain(cell) for cell in row] for row in rows], sheets=names)


def _refuse_other_archives(content: bytes) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = archive.infolist()
            if not any(part.filename == "xl/workbook.xml" for part in parts):
                raise Refused(WRONG_KIND, "kind")
            if sum(part.file_size for part in parts) > LARGEST_UNPACKED:
                raise Refused(TOO_LARGE, "too_large")
            for part in parts:
                with archive.open(part) as read:
                    _refuse_far_cells(read)
    except (zipfile.BadZipFile, zlib.error, ValueError, EOFError, RuntimeError):
        raise Refused(BROKEN, "unreadable") from None


def _refuse_far_cells(xml: IO[bytes]) -> None:
    """Measures the rectangle from A1 that holds every cell with a value, if it is a sheet.

    Whatever its name: a workbook may call its sheets as it likes. Pictures end at their first byte,
    and what is broken is found by who reads it.
    """
    row, column, last_row, last_column = -1, -1, 0, 0
    parser = expat.ParserCreate()

    def begins(name: str, attributes: dict[str, str]) -> None:
        is_sheet = name.rpartition(":")[2] == "worksheet"
        parser.StartElementHandler = element if is_sheet else None

    def element(name: str, attributes: dict[str, str]) -> None:
        nonlocal row, column, last_row, last_column
        tag, place = name.rpartition(":")[2], attributes.get("r", "")
        # A row, and a cell, that does not say where it stands is the next one.
        if tag == "row":
            row, column = (int(place) - 1 if place else row + 1), -1
        elif tag == "c" and place:
            row, column = xl_cell_to_rowcol(place)
        elif tag == "c":
            column += 1
        elif tag in ("v", "is"):
            last_row, last_column = max(last_row, row), max(last_column, column)

    parser.StartElementHandler = begins
    with suppress(expat.ExpatError):
        parser.ParseFile(xml)
    if (last_row + 1) * (last_column + 1) > MOST_CELLS:
        letters = xl_col_to_name(last_column)
        raise Refused(TOO_FAR.format(column=letters, row=last_row + 1), "too_far")


def _plain(cell: Any) -> Any:
    """Dates and times as people would type them, so that a preview can be stored as JSON."""
    if isinstance(cell, datetime.datetime):
        if cell.time() == datetime.time.min:
            return cell.date().isoformat()
        return cell.replace(microsecond=0).isoformat(sep=" ")
    if isinstance(cell, datetime.date):
        return cell.isoformat()
    if isinstance(cell, datetime.time):
        return cell.replace(microsecond=0).isoformat()
    if isinstance(cell, datetime.timedelta):
        minutes, seconds = divmod(round(cell.total_seconds()), 60)
        return f"{minutes // 60}:{minutes % 60:02}:{seconds:02}"
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return int(cell)
    return storable(cell) if isinstance(cell, str) else cell
