"""Rows of a list as a file that an import reads again: the same columns, the same words."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.db.models import Count, Max, Min, QuerySet
from django.utils import timezone
from django.utils.translation import get_language

from clients.access import AT_ONCE
from clients.imports.columns import Column
from clients.imports.entities import EntityImport
from clients.imports.errors import Refused
from clients.imports.files import MOST_ROWS
from clients.list_files import ListFile
from clients.models import Client
from clients.scope import Scope, current_scope

FORMS = ("csv", "xlsx")
LOOK_BACK = datetime.timedelta(days=30)
LONGEST = datetime.timedelta(days=3 * 366)

TOO_LONG = "An export covers at most three years. Narrow the period."
TOO_MANY = "The list has {count:,} rows; a file takes {most:,}. Narrow the period or the filters."
VOIDED = "Voided rows are not exported: an import of the file would bring them back."

Words = list[tuple[str, str]]


def written_columns(entity: EntityImport, client: Client) -> list[Column]:
    """Those that the user may read in this client, each field once."""
    scope = current_scope()
    columns, fields = [], set()
    for column in entity.all_columns:
        is_another_unit = column.field is not None and column.field in fields
        if column.field:
            fields.add(column.field)
        if column.sources and not is_another_unit and scope.may(column.right, client.pk):
            columns.append(column)
    return columns


@dataclass
class Export(ListFile):
    """The rows of one list and one client, checked and ready to be written.

    `asked` are the parameters by which the list was narrowed, `filters` the same in words.
    Raises `Refused` when there are too many rows, or over too long a time.
    """

    entity: EntityImport
    client: Client
    rows: QuerySet[Any]
    asked: Mapping[str, Any] = field(default_factory=dict)
    filters: Words = field(default_factory=list)

    def __post_init__(self) -> None:
        self.scope: Scope = current_scope()
        self.language = "es" if (get_language() or "").startswith("es") else "en"
        self.columns = written_columns(self.entity, self.client)
        self.rows = self.rows.filter(client=self.client).prefetch_related(None)
        if self.is_recent:
            since = self.client.today() - LOOK_BACK
            self.rows = self.rows.filter(**{f"{self.day}__gt": since})
        self._look()

    @property
    def day(self) -> str:
        return self.entity.day

    @property
    def is_recent(self) -> bool:
        """Without a word about days, the last thirty."""
        name = self.day.rpartition("__")[2]
        return bool(name) and not any(name in each for each in self.asked)

    def _look(self) -> None:
        """How many rows there are, and from when to when."""
        days = {"first": Min(self.day), "last": Max(self.day)} if self.day else {}
        found = self.rows.order_by().aggregate(count=Count("pk"), **days)
        self.count = found["count"]
        self.first = found.get("first") or self.client.today()
        self.last = found.get("last") or self.client.today()
        if self.last - self.first > LONGEST:
            raise Refused(TOO_LONG, "too_long")
        if self.count > MOST_ROWS:
            raise Refused(TOO_MANY.format(count=self.count, most=MOST_ROWS), "too_many_rows")

    @property
    def file_name(self) -> str:
        code = self.client.code.replace("/", "-")
        return f"kpi_ops_{code}_{self.entity.name}_{self.first}_{self.last}"

    @property
    def heads(self) -> list[str]:
        return [column.header(self.language) for column in self.columns]

    @cached_property
    def _sources(self) -> dict[Any, str]:
        """What is read of a row → the name under which the query has it."""
        names: dict[Any, str] = {}
        for column in self.columns:
            for each in column.sources:
                names.setdefault(each, each if isinstance(each, str) else f"said_{len(names)}")
        return names

    def lines(self) -> Iterator[list[Any]]:
        """The cells of each row, in one query however many there are."""
        made = {
            name: source() if callable(source) else source
            for source, name in self._sources.items()
            if not isinstance(source, str)
        }
        names = list(self._sources.values())
        rows = self.rows.annotate(**made).values_list("pk", *names)
        place = {source: at for at, source in enumerate(self._sources, start=1)}
        plan = [(column, [place[each] for each in column.sources]) for column in self.columns]
        zone = self.client.zone
        for row in rows[:MOST_ROWS].iterator(chunk_size=AT_ONCE):
            yield [column.cell([row[at] for at in places], zone) for column, places in plan]

    def about(self) -> Words:
        user = self.scope.user
        recent = [("period", "the last 30 days")] if self.is_recent else []
        shared = [("left out", "rows that all clients share")] * self.entity.may_be_shared
        return [
            ("client", f"{self.client.code} {self.client.name}"),
            ("list", self.entity.label),
            *(self.filters or [("filters", "none")]),
            *recent,
            *shared,
            ("rows", f"{self.count:,}"),
            ("user", user.get_username() if user else ""),
            ("time", f"{timezone.now().astimezone(self.client.zone):%Y-%m-%d %H:%M}"),
            ("zone", str(self.client.zone)),
        ]
