"""A whole folder, one file per entity, in the order in which the entities name each other."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from django.db import transaction

from clients.imports.batches import open_batch, settle
from clients.imports.entities import EntityImport, registry, snake
from clients.imports.errors import Fault, Refused, UnknownEntity
from clients.imports.files import read_file
from clients.imports.open_clients import ClientImport, take_clients
from clients.imports.pipeline import run
from clients.imports.rows import CHANGED, DUPLICATE, NEW, REJECTED, SAME, FileRow
from clients.imports.tables import CLIENT, Table, table_of
from clients.imports.undo import undo
from clients.models import Client, EntryMethod, ImportBatch
from clients.scope import client_scope, every_client

SOURCE = "FILE"

# The reason of every change that a folder makes.
LOADED = "loaded from a folder"


@dataclass
class Load:
    """One run over a folder; its batches carry its number, so that it is undone as a whole."""

    folder: Path
    update: bool = False
    key: str = ""

    def __post_init__(self) -> None:
        self.key = self.key or str(uuid.uuid4())

    def run(self) -> Iterator[dict[str, Any]]:
        files = {snake(path.stem): path for path in sorted(self.folder.glob("*.csv"))}
        if not files:
            raise Refused(f"There are no CSV files in {self.folder}.", "empty")
        if CLIENT in files:
            yield self._safely(files.pop(CLIENT), CLIENT, self._load_clients)
        known = {}
        for name, path in list(files.items()):
            try:
                known[registry.get(name).name] = files.pop(name)
            except UnknownEntity:
                files[name] = path
        for entity in registry.in_order():
            if entity.name in known:
                yield self._safely(known[entity.name], entity.name, self._load_file)
        for name, path in files.items():
            yield {"entity": name, "file": path.name, "status": "not yet known"}

    def _safely(self, path: Path, name: str, load: Any) -> dict[str, Any]:
        try:
            return {"entity": name, "file": path.name, "status": "loaded", **load(path, name)}
        except Refused as refused:
            return {
                "entity": name,
                "file": path.name,
                "status": "refused",
                **_line([], []),
                "rejected": 1,
                "errors": [Fault(0, "", "", refused.code, str(refused)).as_json()],
            }

    def _load_clients(self, path: Path, name: str) -> dict[str, Any]:
        entity = ClientImport()
        table = table_of(read_file(path.read_bytes(), path.name), entity)
        with every_client("a platform admin opens clients", source=SOURCE):
            rows = take_clients(table, entity, update=self.update)
        written = [
            row for row in rows if row.state == NEW or (self.update and row.state == CHANGED)
        ]
        return _line(rows, written)

    def _load_file(self, path: Path, name: str) -> dict[str, Any]:
        entity = registry.get(name)
        table = table_of(read_file(path.read_bytes(), path.name), entity)
        rows, written, batches = [], [], []
        for client, part, rejected in self._by_client(table, entity):
            rows += rejected
            if part is None:
                continue
            outcome, batch = self._load_part(entity, client, part)
            rows += outcome.rows
            written += outcome.written
            batches += [batch.pk] if batch else []
        return {**_line(sorted(rows, key=lambda row: row.number), written), "batches": batches}

    def _by_client(
        self, table: Table, entity: EntityImport
    ) -> Iterator[tuple[Client | None, Table | None, list[Any]]]:
        """The table parted by its client column; an empty one is the part that all share."""
        if table.client_at is None:
            raise Refused("The file lacks the columns client.", "missing_columns")
        with every_client("a folder holds the rows of several clients", source=SOURCE):
            clients = {each.code: each for each in Client.objects.all()}
        parts: dict[str, list[tuple[int, list[Any]]]] = {}
        for number, cells in table.rows:
            parts.setdefault(table.client_named(cells).upper(), []).append((number, cells))
        for code, rows in parts.items():
            if code in clients or (not code and entity.may_be_shared):
                yield clients.get(code), replace(table, rows=rows), []
                continue
            refused = []
            for number, cells in rows:
                row = FileRow(number, {CLIENT: table.client_named(cells)})
                sentence = f"Unknown client “{table.client_named(cells)}”."
                row.fault(
                    CLIENT,
                    "unknown_code" if code else "required",
                    sentence if code else "Give the client.",
                )
                refused.append(row)
            yield None, None, refused

    def _load_part(
        self, entity: EntityImport, client: Client | None, table: Table
    ) -> tuple[Any, ImportBatch | None]:
        """One batch per file and client; none when there is nothing to write."""
        scope = (
            client_scope([client], source=SOURCE)
            if client
            else every_client("rows that all clients share", source=SOURCE)
        )
        with scope:
            with transaction.atomic():
                batch = self._batch(entity, client, table)
                outcome = run(
                    entity, client, table, batch if client else None, update=self.update,
                    reason=LOADED,
                )  # fmt: skip
                if not outcome.written or batch is None:
                    transaction.set_rollback(not outcome.written)
                    return outcome, None
                settle(batch, outcome)
            return outcome, batch

    def _batch(
        self, entity: EntityImport, client: Client | None, table: Table
    ) -> ImportBatch | None:
        """Shared rows have no client, so the batch that can undo them stands with the first one
        and quotes nothing."""
        owner = client or Client.objects.order_by("pk").first()
        if owner is None:
            return None
        return open_batch(
            entity,
            owner,
            ImportBatch.Kind.FILE,
            file_name=table.file_name,
            sha256=table.digest if client else "",
            rows_total=len(table.rows),
            result={"load": self.key, "shared": client is None},
            entry_method=EntryMethod.FILE,
        )


def _line(rows: list[Any], written: list[Any]) -> dict[str, Any]:
    states = Counter(row.state for row in rows)
    faults = [fault.as_json() for row in rows for fault in row.faults]
    return {
        "rows_total": len(rows),
        "new": states[NEW],
        "changed": states[CHANGED],
        "same": states[SAME],
        "rejected": states[REJECTED] + states[DUPLICATE],
        "written": len(written),
        "errors": faults,
    }


def undo_load(key: str = "") -> list[ImportBatch]:
    """Take back a load, last file first; without a key, the last one. Clients stay: a code is
    never used again, and an empty client has no figures."""
    with every_client("a load is undone as a whole", source=SOURCE), transaction.atomic():
        if not key:
            key = _last_key()
        batches = ImportBatch.objects.filter(
            result__load=key, state=ImportBatch.State.CONFIRMED
        ).order_by("-pk")
        return [undo(batch) for batch in batches]


def _last_key() -> str:
    last = (
        ImportBatch.objects.filter(result__has_key="load", state=ImportBatch.State.CONFIRMED)
        .order_by("-pk")
        .first()
    )
    if last is None:
        raise Refused("There is no load to undo.", "empty")
    return str(last.result["load"])
