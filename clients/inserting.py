"""Many new rows in one statement, with little work for each.

Django asks every field of every row what to send; of ten thousand rows that is half the time.
Here a column whose values are all the same is sent once, what the stamp trigger fills is not
sent at all, and each different value is prepared once.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from decimal import Decimal
from functools import cache
from typing import Any

from django.db import connections, models

# Kinds of fields whose arrays PostgreSQL takes apart into the very same values.
SIMPLE = (
    models.BigIntegerField, models.BooleanField, models.CharField, models.DateField,
    models.DecimalField, models.ForeignKey, models.IntegerField, models.TextField,
    models.TimeField,
)  # fmt: skip
PLAIN = (str, int, Decimal, datetime.date, datetime.time)
# Filled by the trigger on INSERT, whatever a statement says.
STAMPED = frozenset({"created_at", "created_by_id", "updated_at", "updated_by_id", "version"})


def insert_together(model: Any, rows: Sequence[Any], using: str) -> bool:
    """Store new rows in one statement and give them what the database makes: keys and sums.

    False, and nothing is done, where it takes Django to do it: with keys that are given, values
    that only the database can work out, references to rows that are not stored, ranges, lists.
    """
    connection = connections[using]
    if not _has_plain_keys(model, rows):
        return False
    same: dict[str, Any] = {}
    different: dict[str, tuple[str, list[Any]]] = {}
    for field in _sent(model):
        column = [row.__dict__.get(field.attname, models.NOT_PROVIDED) for row in rows]
        values = column[:1] if column.count(column[0]) == len(column) else column
        if not _are_plain(field, values):
            return False
        prepared = {value: field.get_db_prep_save(value, connection) for value in set(values)}
        if len(values) == 1:
            same[field.column] = prepared[values[0]]
        else:
            different[field.column] = _type_of(field, connection), [prepared[v] for v in values]
    if not different:
        return False
    statement, values = _statement(model, same, different)
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        made = cursor.fetchall()
    _take(model, rows, made, using)
    return True


def forget_plans(using: str) -> None:
    """Have PostgreSQL plan its checks of references anew, with the rows that come next in place.

    It keeps those plans for the whole connection. One made while the table was small reads all
    of the table for every reference to it: of ten thousand new orders, each with its first
    transition, the checks took ten seconds.
    """
    with connections[using].cursor() as cursor:
        cursor.execute("DISCARD PLANS")


@cache
def _sent(model: Any) -> list[Any]:
    fields = [each for each in model._meta.concrete_fields if not each.generated]
    left_out = STAMPED if any(each.name == "version" for each in fields) else ()
    return [each for each in fields if not each.primary_key and each.attname not in left_out]


@cache
def _references(model: Any) -> list[tuple[str, str]]:
    return [(each.name, each.attname) for each in model._meta.concrete_fields if each.is_relation]


def _has_plain_keys(model: Any, rows: Sequence[Any]) -> bool:
    """Without a key of their own; what they name has one, and they say it."""
    if any(row.pk is not None for row in rows):
        return False
    for name, attname in _references(model):
        for row in rows:
            if row.__dict__.get(attname) is None:
                named = row._state.fields_cache.get(name)
                if named is None:
                    continue
                if named.pk is None:
                    return False
                row.__dict__[attname] = named.pk
    return True


def _are_plain(field: Any, values: Sequence[Any]) -> bool:
    if not isinstance(field, SIMPLE) or _is_filled_on_save(field):
        return all(value is None for value in values)
    return all(value is None or isinstance(value, PLAIN) for value in values)


def _is_filled_on_save(field: Any) -> bool:
    return bool(getattr(field, "auto_now", False) or getattr(field, "auto_now_add", False))


def _type_of(field: Any, connection: Any) -> str:
    # Without the length: a cast would cut what is too long, instead of refusing it.
    return str(field.db_type(connection)).partition("(")[0]


def _statement(
    model: Any, same: dict[str, Any], different: dict[str, tuple[str, list[Any]]]
) -> tuple[str, list[Any]]:
    columns = ", ".join(f'"{name}"' for name in (*same, *different))
    chosen = ", ".join([*("%s" for _ in same), *(f'made."{name}"' for name in different)])
    arrays = ", ".join(f"%s::{kind}[]" for kind, _ in different.values())
    names = ", ".join(f'"{name}"' for name in different)
    returned = ", ".join(f'"{each.column}"' for each in model._meta.db_returning_fields)
    table = f'"{model._meta.db_table}" ({columns})'
    made = f"unnest({arrays}) AS made ({names})"
    statement = f"INSERT INTO {table} SELECT {chosen} FROM {made} RETURNING {returned}"  # noqa: S608
    return statement, [*same.values(), *(column for _, column in different.values())]


def _take(model: Any, rows: Sequence[Any], made: Sequence[Sequence[Any]], using: str) -> None:
    """In the order of the rows, as PostgreSQL answers a statement that reads one array."""
    names = [each.attname for each in model._meta.db_returning_fields]
    for row, values in zip(rows, made, strict=True):
        row.__dict__.update(zip(names, values, strict=True))
        row._state.adding, row._state.db = False, using
