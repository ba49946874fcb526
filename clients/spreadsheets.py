"""Cells as CSV and XLSX files hold them: the one writer of everything that leaves as a table.

Text that a spreadsheet would run gets one apostrophe in CSV and the format of text in a
workbook; the import takes the apostrophe off again. Stored values are never altered.
"""

from __future__ import annotations

import csv
import datetime
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from tempfile import TemporaryFile
from typing import IO, Any

import xlsxwriter  # type: ignore[import-untyped]
from django.utils.formats import get_format

from clients.imports.values import shielded

BYTE_ORDER_MARK = "\ufeff"
CSV_TYPE = "text/csv; charset=utf-8"
XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
# Spreadsheets keep fifteen digits and know no day before this one.
FIRST_DAY = datetime.date(1900, 3, 1)


@dataclass(frozen=True)
class CsvStyle:
    """How the person's spreadsheet parts cells and marks decimals."""

    separator: str = ","
    decimal_mark: str = "."

    @classmethod
    def of_language(cls) -> CsvStyle:
        is_comma = get_format("DECIMAL_SEPARATOR") == ","
        return cls(";", ",") if is_comma else cls()

    def lines(self, rows: Iterable[Sequence[Any]]) -> Iterator[str]:
        writer = csv.writer(_Echo(), delimiter=self.separator)
        mark = BYTE_ORDER_MARK
        for row in rows:
            yield mark + writer.writerow([self.cell(each) for each in row])
            mark = ""

    def file(self, rows: Iterable[Sequence[Any]]) -> bytes:
        return "".join(self.lines(rows)).encode()

    def cell(self, value: Any) -> str:
        """Numbers and days stay what they are; text that looks like a formula is shielded."""
        if value is None:
            return ""
        if isinstance(value, AsIs):
            return str(value)
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, Decimal):
            return self._decimal(value)
        if isinstance(value, (datetime.datetime, datetime.date, datetime.time)):
            return moment(value)
        return str(value) if isinstance(value, int) else shielded(str(value))

    def _decimal(self, value: Decimal) -> str:
        text = f"{value:f}"
        if "." in text:
            text = text.rstrip("0").rstrip(".")
        if self.decimal_mark == ".":
            return text
        # `0,125` would be read as a hundred and twenty-five; `0,1250` is not.
        whole, _, places = text.partition(".")
        return f"{whole},{places}{'0' if len(places) == 3 else ''}" if places else whole


class AsIs(str):
    """Text of a file that goes back into a file, with the apostrophe that it came with."""


class _Echo:
    def write(self, text: str) -> str:
        return text


def moment(value: datetime.datetime | datetime.date | datetime.time) -> str:
    """`2025-12-02`, `07:00`, `2025-12-02 07:00`; an instant that knows its zone keeps it."""
    if isinstance(value, datetime.datetime) and value.tzinfo is not None:
        return value.isoformat(timespec="seconds")
    if isinstance(value, datetime.datetime):
        return f"{value.date()} {moment(value.time())}"
    if isinstance(value, datetime.date):
        return value.isoformat()
    short = value.second == 0 and value.microsecond == 0
    return value.isoformat(timespec="minutes" if short else "auto")


class Workbook:
    """A workbook that is written while its rows are read, and holds none of them in memory."""

    def __init__(self, title: str) -> None:
        self.file: IO[bytes] = TemporaryFile()  # noqa: SIM115  closed with the answer
        self._book = xlsxwriter.Workbook(self.file, {"constant_memory": True})
        self._book.set_properties({"title": title, "author": "kpi_ops"})
        made = self._book.add_format
        self._head = made({"bold": True, "bg_color": "#E3EEF9", "border": 1})
        self._text = made({"num_format": "@"})
        self._day = made({"num_format": "yyyy-mm-dd"})
        self._time = made({"num_format": "hh:mm:ss"})
        self._instant = made({"num_format": "yyyy-mm-dd hh:mm:ss"})

    def add_table(self, name: str, heads: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
        sheet = self._book.add_worksheet(name)
        sheet.freeze_panes(1, 0)
        for at, head in enumerate(heads):
            sheet.set_column(at, at, max(len(head) + 3, 12))
            sheet.write_string(0, at, head, self._head)
        for number, row in enumerate(rows, start=1):
            for at, value in enumerate(row):
                self._write(sheet, number, at, value)

    def add_facts(self, name: str, facts: Iterable[tuple[str, str]]) -> None:
        sheet = self._book.add_worksheet(name)
        sheet.set_column(0, 0, 18)
        sheet.set_column(1, 1, 60)
        for number, (head, text) in enumerate(facts):
            sheet.write_string(number, 0, head, self._head)
            sheet.write_string(number, 1, text, self._text)

    def close(self) -> IO[bytes]:
        self._book.close()
        self.file.seek(0)
        return self.file

    def _write(self, sheet: Any, row: int, at: int, value: Any) -> None:
        if value is None or value == "":
            return
        if isinstance(value, bool):
            sheet.write_boolean(row, at, value)
        elif isinstance(value, int) or (isinstance(value, Decimal) and _keeps(value)):
            sheet.write_number(row, at, value)
        elif isinstance(value, Decimal):
            sheet.write_string(row, at, f"{value:f}", self._text)
        elif isinstance(value, (datetime.date, datetime.time)):
            self._write_moment(sheet, row, at, value)
        else:
            text = shielded(str(value), from_formulas=False)
            sheet.write_string(row, at, text, self._text)

    def _write_moment(self, sheet: Any, row: int, at: int, value: Any) -> None:
        day = value.date() if isinstance(value, datetime.datetime) else value
        is_odd = isinstance(day, datetime.date) and day < FIRST_DAY
        if is_odd or getattr(value, "microsecond", False):
            sheet.write_string(row, at, moment(value), self._text)
            return
        is_instant = isinstance(value, datetime.datetime)
        is_time = isinstance(value, datetime.time)
        form = self._instant if is_instant else self._time if is_time else self._day
        sheet.write_datetime(row, at, value, form)


def _keeps(value: Decimal) -> bool:
    """Whether the number of a spreadsheet is exactly this one."""
    return len(value.normalize().as_tuple().digits) <= 15
