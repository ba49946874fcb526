"""Model rows of a file, made quickly: ten thousand of a kind differ in few fields."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.db.models import Model
from django.db.models.base import ModelState
from django.utils import timezone

from clients.fields import ClientForeignKey
from clients.imports.values import CLEAR
from clients.models import Client


class Drafts:
    """New rows of one model and client, each a copy of one that Django made."""

    def __init__(self, model: Any, client: Client | None, defaults: Mapping[str, Any]) -> None:
        self._model, self._defaults = model, defaults
        self._first = model(client=client)
        self._state = dict(self._first._state.fields_cache)
        # Called for each row, as Django does: a list as default must not be shared.
        self._callables: list[tuple[str, Callable[[], Any]]] = [
            (each.attname, each.get_default)
            for each in model._meta.concrete_fields
            if each.has_default() and callable(each.default) and each.default is not timezone.now
        ]
        self._references = {
            each.name: each.attname
            for each in model._meta.concrete_fields
            if isinstance(each, ClientForeignKey)
        }

    def one(self, given: Mapping[str, Any]) -> Any:
        row = self._model.__new__(self._model)
        row.__dict__ = {**self._first.__dict__, "_state": ModelState()}
        row._state.fields_cache = dict(self._state)
        for attname, default in self._callables:
            row.__dict__[attname] = default()
        for name, value in {**self._defaults, **given}.items():
            if value is not CLEAR:
                self._set(row, name, value)
        return row

    def _set(self, row: Any, name: str, value: Any) -> None:
        attname = self._references.get(name)
        if attname and isinstance(value, Model):
            row.__dict__[attname] = value.pk
            row._state.fields_cache[name] = value
        else:
            setattr(row, name, value)
