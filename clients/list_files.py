"""A list as a file, written inside the scope of the person who asked for it and for as long as
their access lasts."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from typing import Any, ClassVar

from django.http import FileResponse, HttpResponseBase, StreamingHttpResponse

from clients.access import while_access_lasts
from clients.scope import Scope, entered
from clients.spreadsheets import CSV_TYPE, XLSX_TYPE, CsvStyle, Workbook


class ListFile(ABC):
    """The lines under their heads as CSV; or as a workbook, with a second sheet about them."""

    scope: Scope
    sheet: ClassVar[str] = "rows"

    @property
    @abstractmethod
    def file_name(self) -> str: ...

    @property
    @abstractmethod
    def heads(self) -> list[str]: ...

    @abstractmethod
    def lines(self) -> Iterator[list[Any]]: ...

    @abstractmethod
    def about(self) -> list[tuple[str, str]]: ...

    def answer(self, form: str) -> HttpResponseBase:
        return self._workbook() if form == "xlsx" else self._csv()

    def _csv(self) -> StreamingHttpResponse:
        """Written while it is sent."""
        style, heads = CsvStyle.of_language(), self.heads

        def lines() -> Iterator[str]:
            with entered(self.scope):
                yield from style.lines(while_access_lasts(_headed(heads, self.lines())))

        return attached(StreamingHttpResponse(lines(), content_type=CSV_TYPE), self.file_name)

    def _workbook(self) -> FileResponse:
        book = Workbook(self.file_name)
        book.add_table(self.sheet, self.heads, while_access_lasts(self.lines()))
        book.add_facts("about", self.about())
        return FileResponse(
            book.close(),
            as_attachment=True,
            filename=f"{self.file_name}.xlsx",
            content_type=XLSX_TYPE,
        )


def attached(response: StreamingHttpResponse, name: str) -> StreamingHttpResponse:
    response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return response


def _headed(heads: list[str], rows: Iterable[list[Any]]) -> Iterator[list[Any]]:
    yield heads
    yield from rows
