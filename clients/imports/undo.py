"""Takes a batch back as a whole: new rows voided, changed ones restored, or nothing at all."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from django.apps import apps
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.utils import timezone

from clients.constraints import sentence_for
from clients.imports.entities import registry
from clients.imports.errors import Refused
from clients.imports.writing import ROWS_PER_UPDATE, from_json
from clients.models import ClientModel, EntryMethod, ImportBatch
from clients.roles import Action
from clients.scope import Scope, because, current_scope

REASON = "Import undone"
MOST_NAMED = 5


def refusal(batch: ImportBatch, scope: Scope) -> str:
    """Why this person may not take this batch back; empty when they may."""
    if batch.result.get("shared") and not scope.reaches_all:
        return "Rows shared by all clients are taken back by platform admins only."
    if scope.may(Action.UNDO_ANY_IMPORT, batch.client_id):
        return ""
    own = scope.user is not None and batch.created_by_id == scope.user.pk
    if not own or not scope.may(registry.get(batch.entity).right, batch.client_id):
        return "Only the person who imported this file, or a manager, can undo it."
    confirmed = batch.confirmed_at or batch.created_at
    if batch.client.local_day(confirmed) != batch.client.today():
        return "Your own imports can be undone on the same day only. Ask a manager."
    return ""


def undo(batch: ImportBatch) -> ImportBatch:
    scope = current_scope()
    try:
        return _undo(batch, scope)
    except IntegrityError as error:
        # Somebody else's rows rest on these, as attendance does on the coverage of a floater.
        sentence = " ".join(sentence_for(error).messages)
        raise Refused(f"{sentence} Nothing was undone.", "in_use") from error


def _undo(batch: ImportBatch, scope: Scope) -> ImportBatch:
    with transaction.atomic(), because(REASON):
        batch = ImportBatch.objects.select_for_update(of=("self",)).get(pk=batch.pk)
        if batch.state == ImportBatch.State.UNDONE:
            return batch
        if batch.state != ImportBatch.State.CONFIRMED:
            raise Refused("Nothing of this file was imported.", "not_confirmed")
        if sentence := refusal(batch, scope):
            raise PermissionDenied(sentence)
        journal = batch.result.get("journal", {})
        with registry.get(batch.entity).writing():
            for model, noted in _from_the_end(journal.get("tables", {})):
                _restore(model, noted["changed"])
                _void_new(model, noted["new"], batch, scope)
        for label, ids in journal.get("beside", {}).items():
            _void_unused(apps.get_model(label), ids, scope)
        batch.state, batch.undone_at = ImportBatch.State.UNDONE, timezone.now()
        batch.undone_by = scope.user
        batch.save(update_fields=["state", "undone_at", "undone_by"])
    return batch


def _from_the_end(tables: dict[str, Any]) -> list[tuple[Any, Any]]:
    """Rows that name others before those that they name; JSON keeps no order of its own."""
    places = {each.model: place for place, each in enumerate(registry.in_order())}
    named = [(apps.get_model(label), noted) for label, noted in tables.items()]
    return sorted(named, key=lambda each: -places.get(each[0], len(places)))


def _void_new(model: Any, ids: list[int], batch: ImportBatch, scope: Scope) -> None:
    rows = list(model.objects.filter(pk__in=ids).select_for_update(of=("self",)))
    _refuse_touched([row for row in rows if row.version != 1])
    system = []
    for row, name, user_row in _users_of(model, [row.pk for row in rows]):
        # Line-shifts planned ahead by the system go with their line, as long as they are empty.
        if user_row.entry_method != EntryMethod.SYSTEM:
            # That a row names this one is told only to who may read there that it does.
            hidden = name in user_row.hidden_fields()
            by = (
                f"a row of {user_row._meta.verbose_name_plural}" if hidden else _described(user_row)
            )
            raise Refused(f"{_named(model, row)} is used by {by}. Nothing was undone.", "in_use")
        system.append(user_row)
    for each in {type(row) for row in system}:
        own = [row.pk for row in system if type(row) is each]
        if any(True for _ in _users_of(each, own)):
            raise Refused("Rows were recorded since. Nothing was undone.", "in_use")
        _void(each, own, scope)
    _void(model, [row.pk for row in rows], scope)


def _restore(model: Any, noted: list[list[Any]]) -> None:
    if not noted:
        return
    stored = {
        row.pk: row
        for row in model.with_voided.filter(pk__in=[pk for pk, _, _ in noted]).select_for_update(
            of=("self",)
        )
    }
    _refuse_touched([stored[pk] for pk, version, _ in noted if stored[pk].version != version])
    names: set[str] = set()
    for pk, _version, old in noted:
        for attname, value in old.items():
            model_field = model._meta.get_field(attname)
            setattr(stored[pk], attname, from_json(model_field, value))
            names.add(model_field.name)
    # With the voided ones: a part that left its set comes back.
    model.with_voided.bulk_update(list(stored.values()), sorted(names), batch_size=ROWS_PER_UPDATE)


def _void_unused(model: Any, ids: list[int], scope: Scope) -> None:
    """What the import made beside its rows goes where nothing hangs on it any more."""
    used = {pk for pk, _, _ in _users_of(model, ids)}
    _void(model, [pk for pk in ids if pk not in used], scope)


def _void(model: Any, ids: Iterable[int], scope: Scope) -> None:
    model.objects.filter(pk__in=list(ids)).update(
        voided_at=timezone.now(), voided_by=scope.user, void_reason=REASON
    )


def _users_of(model: Any, ids: list[int]) -> Iterator[tuple[int, str, Any]]:
    """Live rows of other tables that name one of these rows, with the key that each has and the
    field that names it: one query per relation."""
    for relation in model._meta.get_fields(include_hidden=True):
        if not (relation.one_to_many and relation.auto_created and ids):
            continue
        other = relation.related_model
        if not issubclass(other, ClientModel) or other._meta.abstract:
            continue
        name = relation.field.name
        users = other.objects.filter(**{f"{name}__in": ids})
        if other is model:
            users = users.exclude(pk__in=ids)
        for row in users[:500]:
            yield getattr(row, relation.field.attname), name, row


def _refuse_touched(rows: list[Any]) -> None:
    if not rows:
        return
    named = "; ".join(_described(row) for row in rows[:MOST_NAMED])
    more = f" and {len(rows) - MOST_NAMED} more" if len(rows) > MOST_NAMED else ""
    who = rows[0].updated_by.get_username() if rows[0].updated_by else "the system"
    raise Refused(
        f"Changed after the import (last by {who}): {named}{more}. Nothing was undone.", "changed"
    )


def _described(row: Any) -> str:
    return f"{row._meta.verbose_name} {row}"


def _named(model: Any, pk: int) -> str:
    return _described(model.with_voided.get(pk=pk))
