"""Files as people write them, through the pipeline or through the pages."""

from __future__ import annotations

import io
from typing import Any

import xlsxwriter
from django.core.files.uploadedfile import SimpleUploadedFile

from clients.imports import registry
from clients.imports.batches import confirm, preview
from clients.imports.files import read_file
from clients.imports.pipeline import look
from clients.imports.tables import table_of
from clients.models import Client, ImportBatch
from clients.scope import client_scope

UPLOAD = "/admin/clients/importbatch/add/"
HEADERS = "shift_date,shift,line,work_order,job,total_units"
ROW = "2025-12-02,1ST,L1,WO-1,WO-1-L1,180"


def csv_of(*lines: str, headers: str = HEADERS) -> str:
    return "\n".join([headers, *lines]) + "\n"


def workbook(rows: list[list[Any]], **formats: Any) -> bytes:
    file = io.BytesIO()
    book = xlsxwriter.Workbook(file, {"in_memory": True, "default_date_format": "dd/mm/yyyy"})
    sheet = book.add_worksheet()
    for at, row in enumerate(rows):
        sheet.write_row(at, 0, row)
    book.close()
    return file.getvalue()


def looked(
    client: Client, text: str | bytes, entity: str = "production_entry", *others: Client
) -> dict[str, Any]:
    """What a file would bring to this client, whoever else is in the person's scope."""
    importer = registry.get(entity)
    content = text.encode() if isinstance(text, str) else text
    with client_scope([client, *others]):
        table = table_of(read_file(content, "rows.csv"), importer)
        return look(importer, client, table).as_json()


def previewed(
    client: Client, text: str | bytes, entity: str = "production_entry", user: Any = None
) -> ImportBatch:
    content = text.encode() if isinstance(text, str) else text
    with client_scope([client], user=user):
        return preview(registry.get(entity), client, read_file(content, "rows.csv"))


def imported(
    client: Client, text: str | bytes, entity: str = "production_entry", **more: Any
) -> ImportBatch:
    batch = previewed(client, text, entity)
    with client_scope([client]):
        return confirm(batch, **more)


def counts(told: dict[str, Any]) -> tuple[int, int, int, int]:
    """new, changed, same, rejected"""
    return told["new"], told["changed"], told["same"], told["rejected"]


def errors(told: dict[str, Any]) -> list[tuple[int, str, str]]:
    return [(each["row"], each["column"], each["code"]) for each in told["errors"]]


def uploaded(
    browser: Any, client: str, text: str | bytes, entity: str = "production_entry",
    name: str = "rows.csv",
) -> Any:  # fmt: skip
    content = text.encode() if isinstance(text, str) else text
    file = SimpleUploadedFile(name, content)
    return browser.post(UPLOAD, {"client": client, "entity": entity, "file": file})
