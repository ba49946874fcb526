"""Values of fields that were found right before: a file says the same things many times."""

from __future__ import annotations

import datetime
from collections.abc import Collection
from typing import Any

from django.db import models

from clients.fields import ClientForeignKey

# Kinds of which equal values are one value; 1.0 and 1.00 differ in their decimal places.
PLAIN = frozenset({str, int, bool, datetime.date, datetime.time, type(None)})


class Sound:
    """For the rows of one file: each value is judged once per field, not once per row.

    Only fields that judge a value by itself are remembered. A reference needs no second look
    when its row is at hand and belongs to the same client.
    """

    def __init__(self, model: type[models.Model], system: Collection[str]) -> None:
        fields = [f for f in model._meta.fields if f.name not in system and not f.generated]
        self._references = [each for each in fields if isinstance(each, ClientForeignKey)]
        self._plain = {each.name: each.attname for each in fields if not each.is_relation}
        self._judged: set[tuple[str, type, Any]] = set()

    def known_in(self, row: Any, left_out: Collection[str]) -> set[str]:
        """The names of the fields whose values in this row are known to be right."""
        known = {each.name for each in self._references if self._points_well(each, row)}
        for name, attname in self._plain.items():
            value = getattr(row, attname)
            kind = type(value)
            if kind in PLAIN and (name, kind, value) in self._judged:
                known.add(name)
        return known.difference(left_out)

    @staticmethod
    def _points_well(field: ClientForeignKey, row: Any) -> bool:
        value = getattr(row, field.attname)
        if value is None:
            return field.blank
        target = row._state.fields_cache.get(field.name)
        return target is not None and target.pk == value and field.accepts(target, row)

    def remember(self, row: Any, left_out: Collection[str]) -> None:
        """Call it when the fields of the row, but those left out, were found right."""
        for name, attname in self._plain.items():
            value = getattr(row, attname)
            if name not in left_out and type(value) in PLAIN:
                self._judged.add((name, type(value), value))
