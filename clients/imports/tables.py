"""From cells to the rows of an entity: header row, mapping, decimal mark."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from clients.imports.columns import HeaderMatch, match_headers, matched
from clients.imports.entities import EntityImport
from clients.imports.errors import Refused
from clients.imports.files import MOST_ROWS, TOO_MANY_ROWS, Sheet
from clients.imports.values import Hours, Number, Reading, text_of

CLIENT = "client"
CLIENT_HEADERS = {matched(each) for each in ("client", "client_code", "cliente")}
# Columns of our own error file, which comes back as it is.
OWN_REMARKS = {"row", "errors"}
LAST_HEADER_ROW = 50


@dataclass
class Table:
    """The rows of one entity in a file, each with its number in the spreadsheet."""

    headers: list[str]
    rows: list[tuple[int, list[Any]]]
    match: HeaderMatch
    header_row: int = 1
    client_at: int | None = None
    decimal_mark: str = "."
    file_name: str = ""
    digest: str = ""
    chosen: dict[str, str] = field(default_factory=dict)

    def cells(self) -> Iterator[tuple[int, dict[str, Any]]]:
        found = self.match.found.items()
        for number, cells in self.rows:
            width = len(cells)
            yield number, {name: cells[at] if at < width else None for at, name in found}

    def client_named(self, cells: list[Any]) -> str:
        if self.client_at is None or self.client_at >= len(cells):
            return ""
        return text_of(cells[self.client_at], Reading())

    @property
    def ignored(self) -> list[str]:
        return [each for each in self.match.unknown if matched(each) not in OWN_REMARKS]

    def as_json(self) -> dict[str, Any]:
        return {
            "headers": self.headers,
            "rows": self.rows,
            "header_row": self.header_row,
            "chosen": self.chosen,
        }


def fingerprint(headers: list[str]) -> str:
    return hashlib.sha256("\n".join(map(matched, headers)).encode()).hexdigest()


def table_of(sheet: Sheet, entity: EntityImport, chosen: dict[str, str] | None = None) -> Table:
    """The header row is the first one of which half the cells are known headers."""
    for place, cells in enumerate(sheet.rows[:LAST_HEADER_ROW]):
        headers = [text_of(cell, Reading()) for cell in cells]
        if _is_header_row(headers, entity, chosen):
            below = enumerate(sheet.rows[place + 1 :], start=place + 2)
            rows = [(number, row) for number, row in below if any(c not in (None, "") for c in row)]
            table = build(entity, headers, rows, chosen or {}, header_row=place + 1)
            table.file_name, table.digest = sheet.name, sheet.digest
            return table
    wanted = ", ".join(column.name for column in entity.columns if column.required)
    raise Refused(
        f"No header row found for {entity.label}. It needs the columns {wanted}.", "missing_columns"
    )


def build(
    entity: EntityImport,
    headers: list[str],
    rows: list[tuple[int, list[Any]]],
    chosen: dict[str, str],
    header_row: int = 1,
) -> Table:
    if len(rows) > MOST_ROWS:
        raise Refused(TOO_MANY_ROWS, "too_many_rows")
    table = Table(headers, rows, HeaderMatch(), header_row=header_row, chosen=chosen)
    table.client_at = _client_at(headers, entity)
    matchable = [each if at != table.client_at else "" for at, each in enumerate(headers)]
    table.match = match_headers(matchable, entity.all_columns, chosen)
    table.decimal_mark = _decimal_mark(table, entity)
    return table


def _client_at(headers: list[str], entity: EntityImport) -> int | None:
    if any(column.name == CLIENT for column in entity.columns):
        return None
    places = [at for at, each in enumerate(headers) if matched(each) in CLIENT_HEADERS]
    return places[0] if places else None


def _is_header_row(headers: list[str], entity: EntityImport, chosen: dict[str, str] | None) -> bool:
    given = [each for each in headers if each]
    if not given:
        return False
    match = match_headers(headers, entity.all_columns, chosen)
    known = len(match.found) + len(match.unclear)
    known += sum(1 for each in given if matched(each) in CLIENT_HEADERS | OWN_REMARKS)
    return known * 2 >= len(given)


def missing_columns(table: Table, entity: EntityImport) -> str:
    """The sentence that refuses the file; empty when it has all that it needs."""
    has = set(table.match.found.values())
    missing = [each.name for each in entity.columns if each.required and each.name not in has]
    missing += [" or ".join(group) for group in entity.any_of if not has & set(group)]
    if not missing:
        return ""
    unclear = [f"“{header}”" for header in table.match.unclear]
    hint = f" Say what {', '.join(unclear)} means." if unclear else ""
    return f"The file lacks the columns {', '.join(missing)}.{hint}"


COMMA_AS_MARK = re.compile(
    r"[+-]?(\d{1,3}(\.\d{3})+,\d+|\d{1,3}(\.\d{3}){2,}|\d+,(\d{1,2}|\d{4,}))"
)
POINT_AS_MARK = re.compile(r"[+-]?(\d{1,3}(,\d{3})+\.\d+|\d*\.(\d{1,2}|\d{4,}))")


def _decimal_mark(table: Table, entity: EntityImport) -> str:
    """One per file: the comma only when a number says so and none says the point."""
    numeric = [
        at
        for at, name in table.match.found.items()
        if isinstance(entity.by_name[name].kind, (Number, Hours))
    ]
    comma = False
    for _number, cells in table.rows:
        for at in numeric:
            cell = cells[at] if at < len(cells) else None
            if isinstance(cell, str) and cell:
                if POINT_AS_MARK.fullmatch(cell.strip()):
                    return "."
                comma = comma or bool(COMMA_AS_MARK.fullmatch(cell.strip()))
    return "," if comma else "."
