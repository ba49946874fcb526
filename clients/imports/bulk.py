"""Many rows from a program: the rules and the error contract of files, in one transaction."""

from __future__ import annotations

import hashlib
import json
import uuid
from dataclasses import dataclass, field
from typing import Any

from django.db import IntegrityError, transaction

from clients.imports.batches import open_batch, settle
from clients.imports.entities import EntityImport, registry
from clients.imports.errors import Refused
from clients.imports.pipeline import Outcome, expect_right, take
from clients.imports.rows import CHANGED, NEW, FileRow, Intake
from clients.imports.values import Reading
from clients.models import Client, EntryMethod, ImportBatch
from clients.scope import current_scope

__all__ = ["BulkResult", "Refused", "write_rows"]

MOST_ROWS = 1000


@dataclass
class BulkResult:
    entity: str
    states: list[str]
    ids: list[int | None]
    errors: list[dict[str, Any]]
    counts: dict[str, int]
    written: int
    batch: ImportBatch | None = None
    repeated: bool = field(default=False)

    @property
    def ok(self) -> bool:
        return not self.errors

    def as_json(self) -> dict[str, Any]:
        return {
            "entity": self.entity,
            "batch": self.batch.pk if self.batch else None,
            "rows_total": len(self.states),
            **self.counts,
            "written": self.written,
            "ids": self.ids,
            "states": self.states,
            "errors": self.errors,
        }


def write_rows(
    entity: str,
    client: Client,
    rows: list[dict[str, Any]],
    *,
    key: uuid.UUID,
    update: bool = False,
    partly: bool = False,
    kind: str = ImportBatch.Kind.API,
    method: str = EntryMethod.API,
    most: int = MOST_ROWS,
    reason: str = "",
) -> BulkResult:
    """Validate and write; the same key again gives the first result and writes nothing.

    `reason`: of all changes; without it, rows that need one are refused.
    """
    importer = registry.get(entity)
    expect_right(importer, client)
    if len(rows) > most:
        raise Refused(f"Send at most {most:,} rows at once.", "too_many_rows")
    digest = hashlib.sha256(
        json.dumps([importer.name, rows, update, partly], default=str, sort_keys=True).encode()
    ).hexdigest()
    if earlier := _earlier(client, key, digest):
        return earlier
    try:
        with transaction.atomic():
            result = _write(
                importer, client, rows, key, digest, update, partly, kind, method, reason.strip()
            )  # fmt: skip
            if result.batch is None:
                # Nothing to come back to: the corrected rows may be sent under the same key.
                transaction.set_rollback(True)
            return result
    except IntegrityError:
        # Two requests with one key at the same moment: the other one was first.
        if earlier := _earlier(client, key, digest):
            return earlier
        raise


def _earlier(client: Client, key: uuid.UUID, digest: str) -> BulkResult | None:
    batch = ImportBatch.objects.filter(client=client, idempotency_key=key).first()
    if batch is None:
        return None
    if batch.sha256 != digest:
        raise Refused("This key was used for other rows.", "idempotency_key")
    return BulkResult(**batch.result["bulk"], batch=batch, repeated=True)


def _write(
    importer: EntityImport,
    client: Client,
    rows: list[dict[str, Any]],
    key: uuid.UUID,
    digest: str,
    update: bool,
    partly: bool,
    kind: str,
    method: str,
    reason: str,
) -> BulkResult:
    batch = open_batch(importer, client, kind, key, sha256=digest, rows_total=len(rows))
    reading = Reading(client.zone, from_export=False)
    intake = Intake(importer, client, reading, current_scope(), reason=reason)
    for place, given in enumerate(rows, start=1):
        _read(intake, place, given)
    outcome = take(intake, batch, method, update=update, partly=partly)
    if outcome.faults and not partly:
        outcome.written = []
    result = _result(outcome)
    if not outcome.written:
        return result
    settle(batch, outcome)
    batch.result["bulk"] = {
        "entity": result.entity,
        "states": result.states,
        "ids": result.ids,
        "errors": result.errors,
        "counts": result.counts,
        "written": result.written,
    }
    batch.save(update_fields=["result"])
    result.batch = batch
    return result


def _read(intake: Intake, place: int, given: Any) -> None:
    row = FileRow(place, dict(given) if isinstance(given, dict) else {})
    if not isinstance(given, dict):
        row.fault("", "inconsistent", "A row is an object of columns and values.")
        intake.rows.append(row)
        return
    for name in given.keys() - intake.entity.by_name.keys():
        row.fault(str(name), "unknown_column", "This column is not known here.")
    intake.read(row)


def _result(outcome: Outcome) -> BulkResult:
    written = {id(row) for row in outcome.written}
    ids = [
        row.row.pk if row.row is not None and (id(row) in written or row.state == "same") else None
        for row in outcome.rows
    ]
    return BulkResult(
        entity=outcome.entity.name,
        states=[row.state for row in outcome.rows],
        ids=ids,
        errors=[fault.as_json() for fault in outcome.faults],
        counts=outcome.counts,
        written=sum(1 for row in outcome.written if row.state in (NEW, CHANGED)),
    )
