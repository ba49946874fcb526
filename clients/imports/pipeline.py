"""A table through the whole pipeline: with a batch to stay, or on trial."""

from __future__ import annotations

from collections import Counter
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction

from clients.imports.entities import EntityImport
from clients.imports.errors import Fault, Refused
from clients.imports.rows import CHANGED, DUPLICATE, NEW, REJECTED, SAME, FileRow, Intake
from clients.imports.tables import CLIENT, Table, missing_columns
from clients.imports.values import Reading
from clients.imports.writing import write
from clients.models import Client, EntryMethod, ImportBatch
from clients.scope import because, current_scope

NO_RIGHT = "Your role in this client does not allow this import."


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
    def in_need_of_reason(self) -> int:
        """How many accepted rows change with a reason only."""
        return sum(1 for row in self.rows if row.why and row.is_accepted)

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
    if client is None and not scope.reaches_all:
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
    method: str = EntryMethod.FILE,
    on_trial: bool = False,
    reason: str = "",
) -> Outcome:
    """Check the whole table and write what is accepted. The caller decides whether it stays."""
    if sentence := missing_columns(table, entity):
        raise Refused(sentence, "missing_columns")
    reading = reading_of(table, client)
    intake = Intake(
        entity, client, reading, current_scope(), is_final=not on_trial,
        reason=reason or None if on_trial else reason,
    )  # fmt: skip
    rows_of(table, intake, client, only)
    store = entity.on_trial or not on_trial
    return take(intake, batch, method, update=update, store=store)


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
            with _reason_of(intake):
                outcome.written += write(intake, wave, batch, method, update=update)
    if store:
        outcome.beside = _only_used(intake.beside, outcome.written)
    return outcome


def _reason_of(intake: Intake) -> AbstractContextManager[None]:
    """On trial nobody was asked yet, and nothing stays."""
    reason = "on trial" if intake.reason is None else intake.reason
    return because(reason) if reason else nullcontext()


def _only_used(beside: list[Any], written: list[FileRow]) -> list[Any]:
    """Rows made for a row that was then refused go again before anybody has seen them."""
    if not beside:
        return []
    kept = [row for each in written for row in (each, *(child for _, child in each.companions))]
    kinds = {type(each) for each in beside}
    used = {
        (field.related_model, getattr(row.row, field.attname))
        for row in kept
        for field in row.row._meta.concrete_fields
        if field.related_model in kinds
    }
    unused = [each for each in beside if (type(each), each.pk) not in used]
    for kind in {type(each) for each in unused}:
        kind.objects.filter(pk__in=[each.pk for each in unused if type(each) is kind]).delete()
    return [each for each in beside if (type(each), each.pk) in used]


def look(
    entity: EntityImport, client: Client | None, table: Table, only: set[int] | None = None
) -> Outcome:
    """What the file would bring. The trial writing is taken back at once."""
    with transaction.atomic():
        outcome = run(entity, client, table, update=True, only=only, on_trial=True)
        accepted = [row.row for row in outcome.rows if row.is_accepted]
        outcome.warnings = list(entity.warnings(accepted))
        transaction.set_rollback(True)
    return outcome
