"""Templates to fill in, and the rejected rows to correct and send again."""

from __future__ import annotations

import csv
import io
from typing import Any

import xlsxwriter  # type: ignore[import-untyped]
from django.apps import apps

from clients.imports.entities import EntityImport
from clients.imports.tables import Table
from clients.imports.values import FORMULA_STARTS, Choice, Lookup, YesNo
from clients.models import Client

MOST_LISTED = 5000
BOM = "\ufeff"


def template_headers(entity: EntityImport, language: str) -> list[str]:
    return [column.header(language) for column in entity.all_columns]


def csv_template(entity: EntityImport, language: str) -> bytes:
    return _csv([template_headers(entity, language)])


def xlsx_template(entity: EntityImport, client: Client, language: str) -> bytes:
    """A sheet for the rows, and a sheet with the codes that this client knows."""
    file = io.BytesIO()
    workbook = xlsxwriter.Workbook(file, {"in_memory": True})
    bold = workbook.add_format({"bold": True, "bg_color": "#E3EEF9", "border": 1})
    rows, lists = workbook.add_worksheet("rows"), workbook.add_worksheet("lists")
    rows.freeze_panes(1, 0)
    for at, column in enumerate(entity.all_columns):
        header = column.header(language)
        rows.write_string(0, at, header, bold)
        rows.set_column(at, at, max(len(header) + 3, 12))
        note = f"{column.kind.hint}{' · required' if column.required else ''}"
        rows.write_comment(0, at, note)
    for at, (header, words) in enumerate(_lists(entity, client, language)):
        lists.write_string(0, at, header, bold)
        lists.set_column(at, at, max(len(header) + 3, 16))
        for row, word in enumerate(words, start=1):
            lists.write_string(row, at, word)
    workbook.close()
    return file.getvalue()


def _lists(entity: EntityImport, client: Client, language: str) -> list[tuple[str, list[str]]]:
    lists = []
    for column in entity.all_columns:
        if isinstance(column.kind, Lookup):
            lists.append((column.header(language), _codes(column.kind, client)))
        elif isinstance(column.kind, Choice):
            lists.append((column.header(language), sorted(set(column.kind.known().values()))))
        elif isinstance(column.kind, YesNo):
            lists.append((column.header(language), ["yes", "no"]))
    return lists


def _codes(lookup: Lookup, client: Client) -> list[str]:
    model = apps.get_model(lookup.target)
    known = model.objects.filter(client=client)
    if any(field.name == "active" for field in model._meta.fields):
        known = known.filter(active=True)
    codes = known.order_by(lookup.by).values_list(lookup.by, flat=True)
    return list(dict.fromkeys(codes[:MOST_LISTED]))


def error_file(table: Table, errors: list[dict[str, Any]]) -> bytes:
    """The rejected rows as they came, with what is wrong: correct and upload it as it is."""
    told: dict[int, list[str]] = {}
    for each in errors:
        where = each["header"] or each["column"]
        told.setdefault(each["row"], []).append(
            f"{where}: {each['reason']}" if where else each["reason"]
        )
    lines: list[list[Any]] = [[*table.headers, "row", "errors"]]
    for number, cells in table.rows:
        if number in told:
            padded = [*cells, *[""] * len(table.headers)][: len(table.headers)]
            lines.append([*padded, number, " ".join(told[number])])
    return _csv(lines)


def _csv(lines: list[list[Any]]) -> bytes:
    file = io.StringIO()
    csv.writer(file).writerows([[harmless(cell) for cell in line] for line in lines])
    return (BOM + file.getvalue()).encode()


def harmless(cell: Any) -> Any:
    """A spreadsheet must not run what somebody typed; the import takes the apostrophe off again."""
    if isinstance(cell, str) and cell.startswith(FORMULA_STARTS):
        return f"'{cell}"
    return "" if cell is None else cell
