"""The rows of a figure as a CSV file that a spreadsheet opens without harm."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.http import StreamingHttpResponse

from clients.access import AT_ONCE, while_access_lasts
from clients.list_files import attached
from clients.scope import current_scope, entered
from clients.spreadsheets import CSV_TYPE, CsvStyle
from dashboards.columns import Column


def csv_of(
    rows: Any, columns: list[Column], *, measure: str, file_name: str
) -> StreamingHttpResponse:
    """Written while it is sent, inside the scope of the person who asked for it.

    With the last column, of the measure's name, what each row adds to the sum.
    """
    scope, style = current_scope(), CsvStyle.of_language()

    def cells() -> Iterator[list[Any]]:
        heads = [column.name for column in columns]
        yield [*heads, measure] if measure else heads
        for row in rows.iterator(chunk_size=AT_ONCE):
            values = [column.value(row) for column in columns]
            yield [*values, row.amount] if measure else values

    def lines() -> Iterator[str]:
        with entered(scope):
            yield from style.lines(while_access_lasts(cells()))

    return attached(StreamingHttpResponse(lines(), content_type=CSV_TYPE), file_name)
