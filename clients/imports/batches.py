"""Preview, confirm and settle: one batch from the upload to the last row written."""

from __future__ import annotations

import datetime
import uuid
from collections import Counter
from typing import Any

from django.db import transaction
from django.utils import timezone

from clients.imports.entities import EntityImport, registry
from clients.imports.errors import Refused
from clients.imports.files import Sheet
from clients.imports.pipeline import Outcome, expect_right, look, run
from clients.imports.rows import CHANGED, NEW, FileRow, shown
from clients.imports.tables import Table, build, fingerprint, missing_columns, table_of
from clients.imports.writing import old_values
from clients.models import Client, EntryMethod, ImportBatch, ImportMapping
from clients.rows import GIVE_A_REASON
from clients.scope import Scope, current_scope

PREVIEW_LASTS = datetime.timedelta(minutes=60)
EXPIRED = "This preview has expired. Upload the file again."


def preview(entity: EntityImport, client: Client, sheet: Sheet) -> ImportBatch:
    """Check a file and remember what it would bring, for an hour."""
    expect_right(entity, client)
    expire(client)
    table = table_of(sheet, entity)
    mapping = mapping_of(entity, client, table)
    if mapping is not None:
        table = _mapped(table, entity, mapping.columns)
        mapping.last_used_at = timezone.now()
        mapping.save(update_fields=["last_used_at"])
    batch = ImportBatch(
        client=client,
        kind=ImportBatch.Kind.FILE,
        entity=entity.name,
        file_name=table.file_name,
        sha256=table.digest,
        mapping=mapping,
        expires_at=timezone.now() + PREVIEW_LASTS,
    )
    _examine(batch, entity, table)
    batch.save()
    return batch


def expire(client: Client) -> None:
    """Previews that nobody confirmed in time."""
    over = ImportBatch.objects.filter(
        client=client, state=ImportBatch.State.PREVIEW, expires_at__lte=timezone.now()
    )
    over.update(state=ImportBatch.State.EXPIRED)


def _examine(batch: ImportBatch, entity: EntityImport, table: Table) -> None:
    batch.content = table.as_json()
    if sentence := missing_columns(table, entity):
        if not table.match.unclear and not table.ignored:
            raise Refused(sentence, "missing_columns")
        # One of its other headers may be the missing one: the person says which.
        empty = Outcome(entity, batch.client, [])
        batch.result = {"read_back": {**read_back(empty, table), "refused": sentence}}
        batch.rows_total = len(table.rows)
        return
    outcome = look(entity, batch.client, table)
    counts = outcome.counts
    batch.rows_total = len(outcome.rows)
    batch.rows_new, batch.rows_changed = counts["new"], counts["changed"]
    batch.rows_same, batch.rows_rejected = counts["same"], counts["rejected"]
    batch.errors = [fault.as_json() for fault in outcome.faults]
    batch.result = {"read_back": read_back(outcome, table)}


def mapping_of(entity: EntityImport, client: Client, table: Table) -> ImportMapping | None:
    return ImportMapping.objects.filter(
        client=client, entity=entity.name, header_fingerprint=fingerprint(table.headers)
    ).first()


def _mapped(table: Table, entity: EntityImport, chosen: dict[str, str]) -> Table:
    mapped = build(entity, table.headers, table.rows, chosen, table.header_row)
    mapped.file_name, mapped.digest = table.file_name, table.digest
    return mapped


def map_columns(batch: ImportBatch, chosen: dict[int, str]) -> None:
    """Read the headers as a person says, and remember it for files of this layout."""
    entity, table = registry.get(batch.entity), table_of_batch(batch)
    if batch.state != ImportBatch.State.PREVIEW or _is_over(batch):
        raise Refused(EXPIRED, "expired")
    by_header = {
        table.headers[place]: name
        for place, name in chosen.items()
        if place < len(table.headers) and (not name or name in entity.by_name)
    }
    twice = [name for name, n in Counter(filter(None, by_header.values())).items() if n > 1]
    if twice:
        raise Refused(f"Two headers cannot both be {twice[0]}.", "unclear")
    _examine(batch, entity, _mapped(table, entity, by_header))
    mapping = mapping_of(entity, batch.client, table) or ImportMapping(
        client=batch.client, entity=entity.name, header_fingerprint=fingerprint(table.headers)
    )
    mapping.columns, mapping.header_row = by_header, table.header_row
    mapping.last_used_at = timezone.now()
    mapping.save()
    batch.mapping = mapping
    batch.save()


def may_be_quoted(batch: ImportBatch, scope: Scope) -> bool:
    """Whether this person may read what stands in the rows of the batch, old values included."""
    entity = registry.get(batch.entity)
    if not scope.may(entity.right, batch.client_id):
        return False
    own = scope.user is not None and batch.created_by_id == scope.user.pk
    return own or entity.quoted_to is None or scope.may(entity.quoted_to, batch.client_id)


def earlier_import(batch: ImportBatch) -> ImportBatch | None:
    """A confirmed batch of the very same file."""
    if not batch.sha256:
        return None
    same = ImportBatch.objects.filter(
        client=batch.client,
        entity=batch.entity,
        sha256=batch.sha256,
        state=ImportBatch.State.CONFIRMED,
    )
    return same.exclude(pk=batch.pk).order_by("-confirmed_at").first()


def read_back(outcome: Outcome, table: Table) -> dict[str, Any]:
    """What the person is shown once more before anything is written."""
    accepted = [row for row in outcome.rows if row.is_accepted]
    dates = [row.values["shift_date"] for row in accepted if row.values.get("shift_date")]
    shifts = {str(row.values["shift"]) for row in accepted if row.values.get("shift")}
    return {
        "first_date": min(dates).isoformat() if dates else "",
        "last_date": max(dates).isoformat() if dates else "",
        "shifts": sorted(shifts),
        "sums": _sums(outcome),
        "states": {str(row.number): row.state for row in outcome.rows},
        "changes": {
            str(row.number): {name: list(pair) for name, pair in row.changes.items()}
            for row in outcome.rows
            if row.state == CHANGED
        },
        "warnings": outcome.warnings,
        "in_need_of_reason": outcome.in_need_of_reason,
        "columns": {table.headers[at]: name for at, name in table.match.found.items()},
        "ignored": table.ignored,
        "unclear": table.match.unclear,
    }


def _sums(outcome: Outcome) -> list[dict[str, str]]:
    """Σ of each quantity column, of the new rows and of the changed ones."""
    sums = []
    for column in outcome.entity.all_columns:
        if not column.sum or not any(column.name in row.values for row in outcome.rows):
            continue
        by_state = {
            state: sum(
                row.values[column.name]
                for row in outcome.rows
                if row.state == state and _is_number(row.values.get(column.name))
            )
            for state in (NEW, CHANGED)
        }
        sums.append({"column": column.name, **{k: shown(v) for k, v in by_state.items()}})
    return sums


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


def confirm(batch: ImportBatch, *, update: bool = False, reason: str = "") -> ImportBatch:
    """Write the accepted rows in one transaction. A second confirm returns the first result.

    `reason`: of all changes; asked for where a row is verified or of a closed shift.
    """
    with transaction.atomic():
        batch = ImportBatch.objects.select_for_update(of=("self",)).get(pk=batch.pk)
        if batch.state == ImportBatch.State.CONFIRMED:
            return batch
        entity = registry.get(batch.entity)
        expect_right(entity, batch.client)
        if batch.result.get("read_back", {}).get("refused"):
            raise Refused(batch.result["read_back"]["refused"], "missing_columns")
        if batch.state == ImportBatch.State.UNDONE:
            raise Refused("This import was undone. Upload the file again.", "undone")
        if batch.state == ImportBatch.State.EXPIRED or _is_over(batch):
            batch.state = ImportBatch.State.EXPIRED
            batch.save(update_fields=["state"])
            return batch
        asked = batch.result["read_back"].get("in_need_of_reason", 0)
        if update and asked and not reason.strip():
            raise Refused(reason_wanted(asked), "reason")
        states = batch.result["read_back"]["states"]
        wanted = {NEW, CHANGED} if update else {NEW}
        chosen = {int(number) for number, state in states.items() if state in wanted}
        table = table_of_batch(batch)
        method = EntryMethod.FILE if batch.file_name else EntryMethod.MANUAL
        outcome = run(
            entity, batch.client, table, batch, update=update, only=chosen, method=method,
            reason=reason.strip(),
        )  # fmt: skip
        settle(batch, outcome)
    return batch


def reason_wanted(rows: int) -> str:
    which = "1 changed row is" if rows == 1 else f"{rows:,} changed rows are"
    return f"{GIVE_A_REASON} {which} verified or of a closed shift."


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
