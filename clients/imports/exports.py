"""Rows of an entity as a file that its import takes back: every row of it comes out as the same."""

from __future__ import annotations

import csv
import datetime
import io
from collections.abc import Iterable, Iterator
from typing import Any

import xlsxwriter  # type: ignore[import-untyped]

from clients.imports.columns import Column
from clients.imports.downloads import BOM, harmless
from clients.imports.entities import EntityImport
from clients.imports.tables import CLIENT
from clients.imports.values import Lookup

MOST_ROWS = 100_000


def lines_of(
    entity: EntityImport, rows: Any, language: str, *, with_client: bool
) -> Iterator[list[Any]]:
    """The header, then a line per row; the code of the client in front where there are several."""
    columns = [each for each in entity.columns if each.field and not each.convert]
    headers = [column.header(language) for column in columns]
    yield [CLIENT, *headers] if with_client else headers
    related = [each.field for each in columns if isinstance(each.kind, Lookup)]
    for row in rows.select_related("client", *related)[:MOST_ROWS]:
        cells = [cell_of(column, row) for column in columns]
        yield [row.client.code, *cells] if with_client else cells


def cell_of(column: Column, row: Any) -> Any:
    value = getattr(row, column.field or "")
    if value is not None and isinstance(column.kind, Lookup):
        return getattr(value, column.kind.by)
    return value


def as_csv(lines: Iterable[list[Any]], language: str) -> bytes:
    file = io.StringIO()
    writer = csv.writer(file, delimiter=";" if language == "es" else ",")
    writer.writerows([harmless(cell) for cell in line] for line in lines)
    return (BOM + file.getvalue()).encode()


def as_xlsx(lines: Iterable[list[Any]], about: dict[str, str]) -> bytes:
    """Typed cells under a frozen header, and a sheet that says what this is."""
    file = io.BytesIO()
    book = xlsxwriter.Workbook(file, {"in_memory": True, "default_date_format": "yyyy-mm-dd"})
    bold, text = book.add_format({"bold": True}), book.add_format({"num_format": "@"})
    sheet = book.add_worksheet("rows")
    sheet.freeze_panes(1, 0)
    for at, line in enumerate(lines):
        for place, cell in enumerate(line):
            _put(sheet, at, place, cell, bold if at == 0 else text)
    beside = book.add_worksheet("about")
    for at, (name, value) in enumerate(about.items()):
        beside.write_string(at, 0, name, bold)
        beside.write_string(at, 1, value)
    book.close()
    return file.getvalue()


def _put(sheet: Any, at: int, place: int, cell: Any, text: Any) -> None:
    if isinstance(cell, str):
        sheet.write_string(at, place, str(harmless(cell)), text)
    elif isinstance(cell, datetime.datetime):
        # A spreadsheet knows no zones: the offset stays beside the time.
        sheet.write_string(at, place, cell.isoformat(sep=" "), text)
    elif isinstance(cell, datetime.date):
        sheet.write_datetime(at, place, cell)
    elif cell is not None:
        sheet.write(at, place, cell)
