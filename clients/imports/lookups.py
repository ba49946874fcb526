"""Business codes → rows of the row's own client: one query per entity, however many rows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.db.models import Q

from clients.fields import ClientForeignKey
from clients.imports.values import Lookup, close_to

if TYPE_CHECKING:
    from clients.models import Client

MOST_SUGGESTED_FROM = 5000


class CodeBook:
    """The codes that one file names. A foreign code is as unknown as one that nobody has."""

    def __init__(self, client: Client | None) -> None:
        self.client = client
        self._rows: dict[tuple[str, str], dict[Any, list[Any]]] = {}
        self._codes: dict[tuple[str, str, str], list[str]] = {}

    def load(self, wanted: Iterable[tuple[Lookup, Any]]) -> None:
        codes: dict[tuple[str, str], set[str]] = defaultdict(set)
        ids: dict[tuple[str, str], set[int]] = defaultdict(set)
        by_place: dict[tuple[str, str], Lookup] = {}
        for lookup, code in wanted:
            place = lookup.target, lookup.by
            by_place[place] = lookup if lookup.shared else by_place.get(place, lookup)
            if isinstance(code, int):
                ids[place].add(code)
            else:
                codes[place].update(lookup.spellings(code))
        read = [
            row
            for place, lookup in by_place.items()
            for row in self._load_one(place, lookup, codes[place], ids[place])
        ]
        _tie(read)

    def _load_one(
        self, place: tuple[str, str], lookup: Lookup, codes: set[str], ids: set[int]
    ) -> list[Any]:
        known = self._rows.setdefault(place, defaultdict(list))
        new, new_ids = codes - known.keys(), ids - known.keys()
        if not new and not new_ids:
            return []
        condition = Q(**{f"{lookup.by}__in": new}) if new else Q(pk__in=new_ids)
        if new and new_ids:
            condition |= Q(pk__in=new_ids)
        read = list(self._own(lookup).filter(condition).order_by("pk"))
        for row in read:
            if row.client_id is not None:
                row.client = self.client
            for name in {getattr(row, lookup.by), row.pk}:
                if row not in known[name]:
                    known[name].append(row)
        return read

    def _own(self, lookup: Lookup) -> Any:
        own = Q(client=self.client) if self.client else Q(client__isnull=True)
        if lookup.shared:
            own |= Q(client__isnull=True)
        return apps.get_model(lookup.target).objects.filter(own)

    def find(self, lookup: Lookup, code: Any, values: dict[str, Any]) -> Any:
        known = self._rows.get((lookup.target, lookup.by), {})
        spellings = (code,) if isinstance(code, int) else lookup.spellings(code)
        for each in spellings:
            fitting = [r for r in known.get(each, ()) if lookup.shared or r.client_id is not None]
            if fitting:
                return lookup.choose(fitting, values)
        return None

    def suggestion(self, lookup: Lookup, code: Any) -> str:
        place = lookup.target, lookup.by, lookup.what
        if place not in self._codes:
            codes = lookup.among(self._own(lookup)).values_list(lookup.by, flat=True)
            self._codes[place] = sorted(set(codes[:MOST_SUGGESTED_FROM]))
        return close_to(str(code), self._codes[place])

    def sentence(self, lookup: Lookup, code: Any) -> str:
        what = lookup.what or apps.get_model(lookup.target)._meta.verbose_name
        return f"Unknown {what} “{code}”."


def _tie(rows: list[Any]) -> None:
    """The order of a job is mostly an order that the file names: it is not read a second time."""
    known = {(type(each), each.pk): each for each in rows}
    for row in rows:
        for field in row._meta.concrete_fields:
            if isinstance(field, ClientForeignKey) and not field.is_cached(row):
                target = known.get((field.related_model, getattr(row, field.attname)))
                if target is not None:
                    field.set_cached_value(row, target)
