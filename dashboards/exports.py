"""The rows of a figure as a CSV file that a spreadsheet opens without harm."""

from __future__ import annotations

import csv
import datetime
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from django.http import StreamingHttpResponse
from django.utils.formats import get_format

from clients.scope import current_scope, entered
from dashboards.columns import Column

AT_ONCE = 2000
# What a spreadsheet would take for a formula.
DANGEROUS = ("=", "+", "-", "@", "'", "\t", "\r")
BYTE_ORDER_MARK = "\ufeff"


class _Echo:
    def write(self, text: str) -> str:
        return text


def cell(value: Any) -> Any:
    """Numbers and days stay what they are; text that looks like a formula gets an apostrophe."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime.datetime):
        return value.isoformat(timespec="seconds")
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return decimal(value)
    if isinstance(value, int):
        return str(value)
    text = str(value)
    return f"'{text}" if text.startswith(DANGEROUS) else text


def decimal(value: Decimal) -> str:
    text = f"{value:f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return text.replace(".", _decimal_sign())


def _decimal_sign() -> str:
    return str(get_format("DECIMAL_SEPARATOR"))


def csv_of(
    rows: Any, columns: list[Column], *, measure: str, file_name: str
) -> StreamingHttpResponse:
    """Written while it is sent, inside the scope of the person who asked for it.

    With the last column, of the measure's name, what each row adds to the sum.
    """
    scope = current_scope()
    writer = csv.writer(_Echo(), delimiter=";" if _decimal_sign() == "," else ",")

    def lines() -> Iterator[str]:
        with entered(scope):
            heads = [column.name for column in columns]
            yield BYTE_ORDER_MARK + writer.writerow([*heads, measure] if measure else heads)
            for row in rows.iterator(chunk_size=AT_ONCE):
                values = [cell(column.value(row)) for column in columns]
                yield writer.writerow([*values, cell(row.amount)] if measure else values)

    response = StreamingHttpResponse(lines(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{file_name}.csv"'
    return response
