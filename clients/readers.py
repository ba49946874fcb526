"""How each field of a serializer is read: found out once, not again for every row of a list."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from operator import attrgetter
from typing import Any

from rest_framework import serializers
from rest_framework.relations import PKOnlyObject

Reader = Callable[[Any], Any]


def readers_of(fields: Mapping[str, Any], model: Any) -> list[tuple[str, Reader]]:
    """The readable fields by name. A reader may raise SkipField, as the field itself does."""
    columns = {each.name for each in model._meta.fields if not each.is_relation}
    return [
        (name, _reader(field, columns)) for name, field in fields.items() if not field.write_only
    ]


def _reader(field: Any, columns: set[str]) -> Reader:
    """A column is read as it is; everything else as the field says."""
    show = field.to_representation
    plainly = type(field).get_attribute is serializers.Field.get_attribute
    if plainly and field.source in columns:
        column = attrgetter(field.source)
        return lambda row: None if (value := column(row)) is None else show(value)
    read = field.get_attribute

    def reader(row: Any) -> Any:
        value = read(row)
        known = value.pk if isinstance(value, PKOnlyObject) else value
        return None if known is None else show(value)

    return reader
