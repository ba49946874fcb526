"""Figures of closed shifts that a later correction altered: which, and by whom, when and why.

The database marks a line-shift with the tables whose rows changed after it was closed; a figure is
restated when one of its sums is taken from such a table in such a line-shift.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.apps import apps
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import F, Func
from django.utils.translation import gettext as _

from clients.models import AuditEntry
from clients.postgresql.walls import KEPT
from kpis.periods import Period
from kpis.registry import catalogue
from plant.models import LineShift

PLACES = {"line": "line__in", "shift": "shift__in", "shift_kind": "shift_kind__in"}
# Rows that hang on a row of a line-shift change its figures as well.
PARTS = {
    "quality_defect": ("inspection", "quality_qualityinspection"),
    "attendance_hourallocation": ("record", "attendance_attendancerecord"),
}
MOST_NAMED = 20


@dataclass(frozen=True)
class Correction:
    """One change after the closing, as the explain panel tells it."""

    at: datetime
    who: str
    where: str
    what: str
    why: str


def marked(clients: Iterable[int], period: Period, filters: Mapping[str, Iterable[Any]]) -> Any:
    """The marked line-shifts of the days, lines and shifts in question."""
    found = LineShift.objects.filter(
        client__in=list(clients), shift_date__gte=period.first, shift_date__lt=period.end
    ).exclude(restated=[])
    for name, lookup in PLACES.items():
        if chosen := [each for each in filters.get(name, ()) if each is not None]:
            found = found.filter(**{lookup: chosen})
    return found.order_by()


def tables(clients: Iterable[int], period: Period, filters: Mapping[str, Iterable[Any]]) -> Any:
    """The changed tables, as an expression that rides in a query of something else."""
    names = Func(F("restated"), function="unnest")
    return ArraySubquery(marked(clients, period, filters).values(one=names).distinct())


def tables_now(
    clients: Iterable[int], period: Period, filters: Mapping[str, Iterable[Any]]
) -> set[str]:
    found = marked(clients, period, filters).values_list("restated", flat=True)
    return {name for names in found for name in names}


def is_restated(key: str, changed: Set[str]) -> bool:
    """Whether the KPI or measure is made of rows that changed."""
    return bool(changed) and not changed.isdisjoint(_tables_behind(key))


def _tables_behind(key: str) -> set[str]:
    facts = {measure.fact for measure in catalogue.base_measures(key)}
    return {apps.get_model(catalogue.fact(each).model)._meta.db_table for each in facts}


def corrections(
    key: str, client: int, period: Period, filters: Mapping[str, Iterable[Any]]
) -> list[Correction]:
    """The newest changes that restated the figure; names of people and reasons of absences are
    not told here."""
    behind = _tables_behind(key)
    places = {
        each.pk: each
        for each in marked([client], period, filters)
        .filter(restated__overlap=sorted(behind))
        .select_related("line", "shift")[:500]
    }
    if not places:
        return []
    found: list[Correction] = []
    for model in (each for each in apps.get_models() if each._meta.db_table in behind):
        found += _of_table(model, client, places)
    return sorted(found, key=lambda each: each.at, reverse=True)[:MOST_NAMED]


def _of_table(model: Any, client: int, places: Mapping[int, LineShift]) -> Iterator[Correction]:
    table = model._meta.db_table
    link = "pk" if model is LineShift else "line_shift_id"
    if table in PARTS:
        link = f"{PARTS[table][0]}__line_shift_id"
    rows = dict(
        model.with_voided.filter(**{f"{link.removesuffix('_id')}__in": list(places)}).values_list(
            "pk", link
        )
    )
    closed = [each.first_closed_at for each in places.values() if each.first_closed_at]
    entries = AuditEntry.objects.filter(
        client_id=client, table_name=table, row_id__in=list(rows), occurred_at__gt=min(closed)
    ).order_by("-occurred_at", "-pk")[: 5 * MOST_NAMED]
    for entry in entries:
        place = places[rows[entry.row_id]]
        what = _what(model, entry)
        is_later = place.first_closed_at and entry.occurred_at > place.first_closed_at
        if what and is_later and table in place.restated:
            where = f"{place.shift_date} {place.shift.code} {place.line.code}"
            yield Correction(entry.occurred_at, entry.actor_name, where, what, entry.reason)


def _what(model: Any, entry: AuditEntry) -> str:
    name = str(model._meta.verbose_name)
    if entry.action == "INSERT":
        return _("%(name)s added") % {"name": name}
    if entry.action == "DELETE":
        return _("%(name)s deleted") % {"name": name}
    if "voided_at" in entry.changes and entry.changes["voided_at"][1]:
        return _("%(name)s voided") % {"name": name}
    cells = [
        f"{field.verbose_name} {_shown(old)} → {_shown(new)}"
        for column, (old, new) in sorted(entry.changes.items())
        if (field := _field(model, column)) is not None
    ]
    return f"{name}: {', '.join(cells)}" if cells else ""


def _field(model: Any, column: str) -> Any:
    """Fields with a value of their own; a reference may name a person or a type of absence."""
    if column in KEPT or column in ("voided_at", "restated", "first_closed_at"):
        return None
    fields = [each for each in model._meta.concrete_fields if each.column == column]
    return next((each for each in fields if not each.is_relation), None)


def _shown(value: Any) -> str:
    return "–" if value in (None, "") else str(value)
