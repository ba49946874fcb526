"""Which columns of a row are shown behind a figure: where it belongs, and what enters the sum."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import models
from django.db.models.expressions import BaseExpression, F
from django.utils.translation import gettext as _

from clients.models import Client
from dashboards.charts.figures import written
from dashboards.words import day_of
from kpis.declarations import Measure

# Never a column with a name, a note or a phone number: viewers open these lists too.
PLACE = (
    "inspection", "record", "shift_date", "shift", "line", "machine", "work_order", "job",
    "operation", "stage", "is_first_pass", "reason", "scope", "defect_type", "category", "presence",
    # Of orders and their moves.
    "number", "style", "customer_po", "status", "planned_quantity", "received_date",
    "original_promised_date", "promised_date", "required_date", "inferred_promise_date",
    "first_shipped_date", "shipped_in_full_date", "delivered_date", "delay_class", "delay_reason",
    "from_status", "to_status", "at",
)  # fmt: skip
# Rows of what is recorded elsewhere have their place from there.
OWNERS = {
    "inspection": ("shift_date", "shift", "line", "work_order"),
    "record": ("shift_date", "shift", "line"),
}
# A person is shown by code, and only to those who may read names.
PERSON = "employee"


@dataclass(frozen=True)
class Column:
    """One column; `name` is the header that an import of these rows would use."""

    name: str
    label: str
    path: tuple[str, ...]
    is_number: bool = False

    def value(self, row: Any) -> Any:
        for step in self.path:
            if row is None:
                return None
            row = getattr(row, step)
        return row

    def text(self, row: Any, client: Client | None) -> str:
        value = self.value(row)
        if value is None or value == "":
            return ""
        owner = row
        for step in self.path[:-1]:
            owner = getattr(owner, step)
        display = getattr(owner, f"get_{self.path[-1]}_display", None)
        return str(display()) if display else shown(value, client)


def shown(value: Any, client: Client | None) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, datetime.datetime):
        local = value.astimezone(client.zone) if client else value
        return local.strftime("%Y-%m-%d %H:%M")
    if isinstance(value, datetime.date):
        return day_of(value, client.date_format if client else "")
    if isinstance(value, (int, Decimal)):
        return written(value, 6, trim=True)
    return str(value)


def columns_of(
    model: type[models.Model], measure: Measure | None, *, with_people: bool = False
) -> list[Column]:
    own = {each.name: each for each in model._meta.get_fields() if isinstance(each, models.Field)}
    columns: list[Column] = []
    for name in (*PLACE, PERSON) if with_people else PLACE:
        if name in OWNERS and name in own:
            columns += _columns_of_owner(name, own[name].related_model, with_people)
        elif name in own:
            columns.append(_column(own[name]))
    seen = {each.name for each in columns}
    for name in dict.fromkeys(_names(measure)):
        if name in own and name not in seen and not own[name].is_relation:
            columns.append(_column(own[name]))
    return columns


def _columns_of_owner(owner: str, model: Any, with_people: bool) -> list[Column]:
    names = [*OWNERS[owner]]
    if with_people and owner == "record":
        names.append(PERSON)
    return [_column(model._meta.get_field(name), (owner,)) for name in names]


def _column(field: Any, before: tuple[str, ...] = ()) -> Column:
    label = str(field.verbose_name)
    return Column(
        field.name,
        label[:1].upper() + label[1:],
        (*before, field.name),
        isinstance(field, (models.IntegerField, models.DecimalField, models.GeneratedField))
        and not field.choices,
    )


def relations_of(columns: list[Column], model: type[models.Model]) -> list[str]:
    """What to fetch along, so that a page of rows is one query."""
    paths = []
    for column in columns:
        at: Any = model
        for step in column.path:
            field = at._meta.get_field(step)
            at = field.related_model
        relation = column.path if field.is_relation else column.path[:-1]
        if relation:
            paths.append("__".join(relation))
    return list(dict.fromkeys(paths))


def _names(measure: Measure | None) -> Iterator[str]:
    """The fields that a measure's sum and conditions read, in the order of the expression."""
    if measure is None:
        return
    for part in (measure.amount, measure.where, measure.estimated, measure.confidence):
        yield from _read_by(part)


def _read_by(part: Any) -> Iterator[str]:
    if isinstance(part, str):
        yield part
    elif isinstance(part, F):
        yield str(part.name)  # type: ignore[attr-defined]
    elif isinstance(part, models.Q):
        for child in part.children:
            yield from _read_by(child)
    elif isinstance(part, tuple):
        yield str(part[0]).partition("__")[0]
    elif isinstance(part, BaseExpression):
        for child in part.get_source_expressions():
            yield from _read_by(child)
