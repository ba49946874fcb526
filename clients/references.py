"""How one client row names another: by its business code, inside its own client.

A target without a code of its own (an inspection, say) is named by its id. Unknown and foreign
targets are refused with one and the same sentence.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any

from django.db.models import F, Model, Q, QuerySet

from clients.fields import ClientForeignKey, CodeField
from clients.models import Client


def code_name(model: type[Model]) -> str:
    """The field that holds the code by which people call a row; empty when there is none."""
    for name in getattr(model, "natural_key", ()):
        if isinstance(model._meta.get_field(name), CodeField):
            return str(name)
    return "code" if model is Client else ""


def target_of(field: ClientForeignKey) -> Any:
    return field.remote_field.model


def with_codes(rows: QuerySet[Any], names: Iterable[str]) -> QuerySet[Any]:
    """The codes of references beside each row: a list needs no more of the rows it names."""
    codes = {name: code_name(target_of(rows.model._meta.get_field(name))) for name in names}
    return rows.annotate(
        **{noted(name): F(f"{name}__{code}") for name, code in codes.items() if code}
    )


def noted(name: str) -> str:
    return f"code_of_{name}"


def text_of(row: Any, name: str) -> Any:
    """What the API says for the reference: the code, or the id where there is no code."""
    if noted(name) in row.__dict__:
        return row.__dict__[noted(name)]
    code = code_name(target_of(row._meta.get_field(name)))
    if not code or getattr(row, f"{name}_id") is None:
        return getattr(row, f"{name}_id")
    return getattr(getattr(row, name), code)


def find(field: ClientForeignKey, row: Any, text: str) -> Any:
    """The row meant by the text, in the client of `row`; raises the sentence when there is none."""
    found = [each for each in _called(field, row, text) if field.accepts(each, row)]
    if not found:
        raise field.unknown(text)
    closest = max(found, key=lambda each: _closeness(each, row))
    _tie(closest, row)
    return closest


def depends(field: ClientForeignKey) -> bool:
    """Whether the code alone may name several rows, as that of a shift of one line does."""
    model = target_of(field)
    name = code_name(model)
    return bool(name) and tuple(model.natural_key) != (name,)


def _called(field: ClientForeignKey, row: Any, text: str) -> QuerySet[Any]:
    model = target_of(field)
    name = code_name(model)
    mine = Q(client_id=row.client_id)
    if getattr(field, "own_or_shared", False):
        mine |= Q(client_id__isnull=True)
    rows = model.objects.filter(mine).order_by()
    naming: Any = type(row)
    if beyond := _beyond(model, naming):
        rows = rows.select_related(*beyond)
    if name:
        return rows.filter(**{name: text})
    return rows.filter(pk=int(text)) if text.isdecimal() and len(text) < 19 else rows.none()


def _tie(target: Any, row: Any) -> None:
    """A machine's line is mostly the line that the row names: it is not read a second time."""
    known = {(type(each), each.pk): each for each in row._state.fields_cache.values() if each}
    for near in (target, *known.values()):
        model: Any = type(near)
        for field in _references(model):
            wanted = (field.remote_field.model, getattr(near, field.attname))
            far = target if wanted == (type(target), target.pk) else known.get(wanted)
            if far is not None and not field.is_cached(near):
                field.set_cached_value(near, far)


@cache
def _references(model: Any) -> list[Any]:
    fields = model._meta.fields
    return [each for each in fields if isinstance(each, ClientForeignKey) and each.editable]


@cache
def _beyond(model: Any, naming: Any) -> list[str]:
    """What the target names and the row itself cannot: the part of a job, the style of an order."""
    own = {each.name for each in naming._meta.fields}
    return [
        each.name
        for each in _references(model)
        if each.name not in own and each.remote_field.model is not model
    ]


def _closeness(target: Any, row: Any) -> int:
    """Among rows of one code: that of the row's own line, then that of all lines."""
    return sum(_fit(target, row, name) for name in target.natural_key if hasattr(row, f"{name}_id"))


def _fit(target: Any, row: Any, name: str) -> int:
    theirs = getattr(target, f"{name}_id", None)
    if theirs is None:
        return 1
    return 2 if theirs in _named_by(row, name) else 0


def _named_by(row: Any, name: str) -> set[int]:
    """The row's own line, else those of the machine or order that it names."""
    own = getattr(row, f"{name}_id")
    if own is not None:
        return {own}
    cached = row._state.fields_cache.values()
    return {
        getattr(each, f"{name}_id")
        for each in cached
        if getattr(each, f"{name}_id", None) is not None
    }
