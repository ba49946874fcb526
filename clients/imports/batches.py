"""Preview, confirm and undo: one batch from the upload to the last row taken back."""

from __future__ import annotations

import datetime
import uuid
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from clients.imports.entities import EntityImport, registry
from clients.imports.errors import Fault, Refused
from clients.imports.rows import (
    CHANGED,
    DUPLICATE,
    NEW,
    REJECTED,
    SAME,
    FileRow,
    Intake,
    shown,
)
from clients.imports.tables import CLIENT, Table, build, missing_columns
from clients.imports.values import Reading
from clients.imports.writing import old_values, write
from clients.models import Client, EntryMethod, ImportBatch
from clients.scope import current_scope

PREVIEW_LASTS = datetime.timedelta(minutes=60)
NO_RIGHT = "Your role in this client does not allow this import."
EXPIRED = "This preview has expired. Upload the file again."


@dataclass
class Outcome:
    """What a file brings, or brought."""

    entity: EntityImport
    client: Client | None
    rows: list[FileRow]
    written: list[FileRow] = field(default_factory=list)
    beside: list[Any] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    @property
    def counts(self) -> dict[str, int]:
        states = Counter(row.state for row in self.rows)
        return {
            "new": states[NEW],
            "changed": states[CHANGED],
            "same": states[SAME],
            "rejected": states[REJECTED] + states[DUPLICATE],
        }

    @property
    def faults(self) -> list[Fault]:
        return [fault for row in self.rows for fault in row.faults]

    def as_json(self) -> dict[str, Any]:
        return {
            "entity": self.entity.name,
            "rows_total": len(self.rows),
            **self.counts,
            "errors": [fault.as_json() for fault in self.faults],
        }


def expect_right(entity: EntityImport, client: Client | None) -> None:
    scope = current_scope()
    if client is None and not scope.is_platform:
        raise PermissionDenied(NO_RIGHT)
    if not scope.may(entity.right, client.pk if client else None):
        raise PermissionDenied(NO_RIGHT)


def reading_of(table: Table, client: Client | None) -> Reading:
    if client is None:
        return Reading(decimal_mark=table.decimal_mark)
    return Reading(client.zone, client.date_format, table.decimal_mark)


def rows_of(
    table: Table, intake: Intake, client: Client | None, only: set[int] | None = None
) -> None:
    headers = {name: table.headers[at] for at, name in table.match.found.items()}
    for (number, raw), (_, cells) in zip(table.rows, table.cells(), strict=True):
        if only is not None and number not in only:
            continue
        row = FileRow(number, cells, headers)
        named = table.client_named(raw)
        if only is None and client and named and named.upper() != client.code:
            row.cells[CLIENT], row.headers = named, {**headers, CLIENT: CLIENT}
            row.fault(CLIENT, "unknown_code", f"Unknown client “{named}”.")
            intake.rows.append(row)
        else:
            intake.read(row)


def run(
    entity: EntityImport,
    client: Client | None,
    table: Table,
    batch: ImportBatch | None = None,
    *,
    update: bool,
    only: set[int] | None = None,
    store: bool = True,
) -> Outcome:
    """Check the whole table and write what is accepted. The caller decides whether it stays."""
    if sentence := missing_columns(table, entity):
        raise Refused(sentence, "missing_columns")
    intake = Intake(entity, client, reading_of(table, client), current_scope())
    rows_of(table, intake, client, only)
    return take(intake, batch, update=update, store=store)


def take(
    intake: Intake,
    batch: ImportBatch | None,
    method: str = EntryMethod.FILE,
    *,
    update: bool,
    partly: bool = True,
    store: bool = True,
) -> Outcome:
    outcome = Outcome(intake.entity, intake.client, intake.rows)
    for wave in intake.waves():
        intake.look_up(wave)
        intake.entity.complete(wave)
        intake.draft(wave)
        intake.match(wave)
        intake.check(wave)
        intake.accompany(wave)
        if store and (partly or not outcome.faults):
            outcome.written += write(intake, wave, batch, method, update=update)
    if store:
        outcome.beside = _only_used(intake.beside, outcome.written)
    return outcome


def _only_used(beside: list[Any], written: list[FileRow]) -> list[Any]:
    """Rows made for a row that was then refused go again before anybody has seen them."""
    kept = [row for each in written for row in (each, *(child for _, child in each.companions))]
    used: dict[Any, set[int]] = {}
    for row in kept:
        for name in (f.attname for f in row.row._meta.fields if f.is_relation):
            used.setdefault(row.row._meta.get_field(name).related_model, set()).add(
                getattr(row.row, name)
            )
    unused: dict[Any, list[int]] = {}
    for each in beside:
        if each.pk not in used.get(type(each), set()):
            unused.setdefault(type(each), []).append(each.pk)
    for model, ids in unused.items():
        model.objects.filter(pk__in=ids).delete()
    return [each for each in beside if each.pk in used.get(type(each), set())]


def look(
    entity: EntityImport, client: Client | None, table: Table, only: set[int] | None = None
) -> Outcome:
    """What the file would bring. The trial writing is taken back at once."""
    with transaction.atomic():
        outcome = run(entity, client, table, update=True, only=only, store=entity.on_trial)
        accepted = [row.row for row in outcome.rows if row.is_accepted]
        outcome.warnings = list(entity.warnings(accepted))
        transaction.set_rollback(True)
    return outcome


# A batch --------------------------------------------------------------------------------


def preview(
    entity: EntityImport, client: Client, table: Table, *, kind: str = ImportBatch.Kind.FILE
) -> ImportBatch:
    expect_right(entity, client)
    outcome = look(entity, client, table)
    counts = outcome.counts
    return ImportBatch.objects.create(
        client=client,
        kind=kind,
        entity=entity.name,
        file_name=table.file_name,
        sha256=table.digest,
        rows_total=len(outcome.rows),
        rows_new=counts["new"],
        rows_changed=counts["changed"],
        rows_same=counts["same"],
        rows_rejected=counts["rejected"],
        errors=[fault.as_json() for fault in outcome.faults],
        content=table.as_json(),
        result={"read_back": read_back(outcome, table)},
        expires_at=timezone.now() + PREVIEW_LASTS,
    )


def read_back(outcome: Outcome, table: Table) -> dict[str, Any]:
    """What the person is shown once more before anything is written."""
    accepted = [row for row in outcome.rows if row.is_accepted]
    dates = [row.values["shift_date"] for row in accepted if row.values.get("shift_date")]
    shifts = {str(row.values["shift"]) for row in accepted if row.values.get("shift")}
    sums = {
        column.name: shown(sum(row.values[column.name] for row in given))
        for column in outcome.entity.all_columns
        if column.sum and (given := [r for r in accepted if _is_number(r.values.get(column.name))])
    }
    return {
        "first_date": min(dates).isoformat() if dates else "",
        "last_date": max(dates).isoformat() if dates else "",
        "shifts": sorted(shifts),
        "sums": sums,
        "states": {str(row.number): row.state for row in outcome.rows},
        "changes": {
            str(row.number): {name: list(pair) for name, pair in row.changes.items()}
            for row in outcome.rows
            if row.state == CHANGED
        },
        "warnings": outcome.warnings,
        "columns": {table.headers[at]: name for at, name in table.match.found.items()},
        "ignored": table.ignored,
        "unclear": table.match.unclear,
    }


def _is_number(value: Any) -> bool:
    return (
        value is not None
        and not isinstance(value, bool)
        and hasattr(value, "__add__")
        and (not isinstance(value, (str, list)))
    )


def table_of_batch(batch: ImportBatch) -> Table:
    content = batch.content
    table = build(
        registry.get(batch.entity),
        content["headers"],
        [(number, cells) for number, cells in content["rows"]],
        content.get("chosen", {}),
        content.get("header_row", 1),
    )
    table.file_name, table.digest = batch.file_name, batch.sha256
    return table


def confirm(batch: ImportBatch, *, update: bool = False) -> ImportBatch:
    """Write the accepted rows in one transaction. A second confirm returns the first result."""
    with transaction.atomic():
        batch = ImportBatch.objects.select_for_update(of=("self",)).get(pk=batch.pk)
        if batch.state == ImportBatch.State.CONFIRMED:
            return batch
        entity = registry.get(batch.entity)
        expect_right(entity, batch.client)
        if batch.state == ImportBatch.State.UNDONE:
            raise Refused("This import was undone. Upload the file again.", "undone")
        if batch.state == ImportBatch.State.EXPIRED or _is_over(batch):
            batch.state = ImportBatch.State.EXPIRED
            batch.save(update_fields=["state"])
            return batch
        states = batch.result["read_back"]["states"]
        wanted = {NEW, CHANGED} if update else {NEW}
        chosen = {int(number) for number, state in states.items() if state in wanted}
        table = table_of_batch(batch)
        outcome = run(entity, batch.client, table, batch, update=update, only=chosen)
        settle(batch, outcome)
    return batch


def _is_over(batch: ImportBatch) -> bool:
    return batch.expires_at is None or batch.expires_at <= timezone.now()


def settle(batch: ImportBatch, outcome: Outcome) -> None:
    """Write down what was written, so that it can be taken back."""
    batch.state = ImportBatch.State.CONFIRMED
    batch.confirmed_at, batch.confirmed_by = timezone.now(), current_scope().user
    written = Counter(row.state for row in outcome.written)
    # Rows can have turned out otherwise since the preview: somebody else was faster.
    batch.rows_new = written[NEW]
    batch.rows_changed = max(batch.rows_changed, written[CHANGED])
    batch.rows_same += outcome.counts["same"]
    batch.rows_rejected += outcome.counts["rejected"]
    batch.errors = [*batch.errors, *(fault.as_json() for fault in outcome.faults)]
    batch.result = {
        **batch.result,
        "written": len(outcome.written),
        "written_new": written[NEW],
        "written_changed": written[CHANGED],
        "journal": journal(outcome),
    }
    batch.save()


def journal(outcome: Outcome) -> dict[str, Any]:
    """Ids of the new rows and old values of the changed ones, per table."""
    tables: dict[str, dict[str, list[Any]]] = {}
    for row in outcome.written:
        _note(tables, row)
        for _, child in row.companions:
            if child.state in (NEW, CHANGED):
                _note(tables, child)
    beside: dict[str, list[int]] = {}
    for each in outcome.beside:
        if each.pk:
            beside.setdefault(each._meta.label, []).append(each.pk)
    return {"tables": tables, "beside": beside}


def _note(tables: dict[str, dict[str, list[Any]]], row: FileRow) -> None:
    noted = tables.setdefault(row.row._meta.label, {"new": [], "changed": []})
    if row.state == NEW:
        noted["new"].append(row.row.pk)
    elif old := old_values(row):
        noted["changed"].append([row.row.pk, row.before.get("version", 0) + 1, old])


def open_batch(
    entity: EntityImport, client: Client, kind: str, key: uuid.UUID | None = None, **more: Any
) -> ImportBatch:
    """A batch that is written at once, without a preview that anybody looks at."""
    return ImportBatch.objects.create(
        client=client,
        kind=kind,
        entity=entity.name,
        idempotency_key=key or uuid.uuid4(),
        **more,
    )
