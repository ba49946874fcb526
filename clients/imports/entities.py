"""An entity that files may bring: declared in the imports.py of the app that owns its rows."""

from __future__ import annotations

import datetime
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from operator import attrgetter
from typing import TYPE_CHECKING, Any, ClassVar

from django.apps import apps
from django.contrib.postgres.fields import RangeField
from django.db import models
from django.db.backends.postgresql.psycopg_any import DateRange
from django.utils.functional import cached_property
from django.utils.module_loading import autodiscover_modules

from clients.imports.columns import Column
from clients.imports.errors import UnknownEntity
from clients.imports.values import Choice, Lookup
from clients.roles import Action

if TYPE_CHECKING:
    from clients.imports.rows import FileRow
    from clients.models import Client

DAY = datetime.timedelta(days=1)


class EntityImport:
    """How rows of one model come in. Subclass it, name the model and its columns."""

    model: ClassVar[Any]
    columns: ClassVar[tuple[Column, ...]] = ()
    # Of each group a file needs one column: a line or a work order.
    any_of: ClassVar[tuple[tuple[str, ...], ...]] = ()
    # Values that a file leaves out although its natural key needs them.
    defaults: ClassVar[dict[str, Any]] = {}
    # Fields that no column fills by itself → the column in which their faults are shown.
    shown_in: ClassVar[dict[str, str]] = {"valid": "valid_from"}
    action: ClassVar[Action | None] = None
    # Who reads what others typed in such rows; None: whoever may import them.
    quoted_to: ClassVar[Action | None] = None
    # A preview writes the rows and takes them back, so that the database has its say as well.
    on_trial: ClassVar[bool] = True
    # An empty client means rows that all clients share; platform admins only.
    may_be_shared: ClassVar[bool] = False
    # Where the days of its rows stand, by which long lists are narrowed; empty: nowhere.
    day: ClassVar[str] = ""
    # Models, by label, that its rows rest on although no column names them.
    rests_on: ClassVar[tuple[str, ...]] = ()

    def __init__(self) -> None:
        self.companions: list[Companion] = []
        for column in self.columns:
            if isinstance(column.kind, Choice) and column.field:
                column.kind.bind(self.model._meta.get_field(column.field))

    @property
    def name(self) -> str:
        return snake(self.model.__name__)

    @property
    def label(self) -> str:
        return str(self.model._meta.verbose_name_plural)

    @property
    def right(self) -> Action:
        return self.action or self.model.edit_action

    @cached_property
    def all_columns(self) -> tuple[Column, ...]:
        extra = [column for each in self.companions for column in each.columns]
        return (*self.columns, *extra)

    @cached_property
    def by_name(self) -> dict[str, Column]:
        return {column.name: column for column in self.all_columns}

    @cached_property
    def lookups(self) -> dict[str, Lookup]:
        return {
            column.name: column.kind
            for column in self.all_columns
            if isinstance(column.kind, Lookup)
        }

    @cached_property
    def key_columns(self) -> set[str]:
        """Columns that say which row is meant; a totals row has none of them."""
        keys = set(self.model.natural_key) | set(self.defaults)
        return {
            column.name
            for column in self.columns
            if column.name not in self.defaults
            and (column.field in keys or column.name in ("valid_from",))
        }

    @cached_property
    def column_of_field(self) -> dict[str, str]:
        names = dict(self.shown_in)
        for column in self.columns:
            if column.field:
                names.setdefault(column.field, column.name)
        return names

    # What an app may say differently ------------------------------------------------------

    def fields_of(self, row: FileRow) -> dict[str, Any]:
        """The model's fields that this row gives, from the columns' values."""
        given = {}
        for column in self.columns:
            if column.field is None or column.name not in row.values:
                continue
            value = row.values[column.name]
            given[column.field] = column.convert(value) if column.convert else value
        return given

    def complete(self, rows: Sequence[FileRow]) -> None:
        """Values that need a look at several columns or at stored rows: set-based."""

    def prepare(self, rows: list[Any]) -> list[Any]:
        """Let the model fill what it fills; returns rows that came into being beside them."""
        self.model.prepare(rows)
        return []

    def key_of(self, row: Any) -> tuple[Any, ...]:
        """What makes a re-import detectable. Of a validity, its first day."""
        key = self._key_values(row)
        return self._plain_key(key if isinstance(key, tuple) else (key,))

    def keys_in(self, rows: models.QuerySet[Any]) -> Iterable[tuple[int, tuple[Any, ...]]]:
        """The id of each of these stored rows, and its key as `key_of` says it."""
        for pk, *parts in rows.values_list("pk", *self._key_names):
            yield pk, self._plain_key(tuple(parts))

    def _plain_key(self, parts: tuple[Any, ...]) -> tuple[Any, ...]:
        if not self._has_range_in_key:
            return parts
        return tuple(part.lower if isinstance(part, DateRange) else part for part in parts)

    @cached_property
    def _key_names(self) -> list[str]:
        fields = [self.model._meta.get_field(name) for name in self.model.natural_key]
        return [each.attname for each in fields]

    @cached_property
    def _has_range_in_key(self) -> bool:
        fields = [self.model._meta.get_field(name) for name in self.model.natural_key]
        return any(isinstance(each, RangeField) for each in fields)

    @cached_property
    def _key_values(self) -> Callable[[Any], Any]:
        return attrgetter(*self._key_names)

    def stored_like(self, rows: Sequence[Any], client: Client | None) -> models.QuerySet[Any]:
        """Stored rows that can have one of these keys: a few conditions, however many rows."""
        stored = self.model.objects.filter(client=client)
        parts = zip(*(self.key_of(row) for row in rows), strict=True)
        for name, part in zip(self.model.natural_key, parts, strict=True):
            field, values = self.model._meta.get_field(name), set(part)
            if name in self.defaults:
                continue
            if isinstance(field, RangeField):
                name, values = f"{name}__startswith", values - {None}
            condition = models.Q(**{f"{name}__in": values - {None}})
            if None in values:
                condition |= models.Q(**{f"{name}__isnull": True})
            stored = stored.filter(condition)
        return stored.order_by("pk")

    def differs(self, stored: Any, name: str, value: Any, row: FileRow) -> bool:
        """Whether the row would change this field. An end that is not given stays as it is."""
        was = getattr(stored, self.model._meta.get_field(name).attname)
        if isinstance(value, DateRange) and "valid_to" not in row.values:
            return bool(was.lower != value.lower)
        return bool(was != value)

    def matched(self, row: FileRow) -> None:
        """Called when `row.row` has become the stored row that the file means."""

    def twice(self, row: Any, number: int) -> str:
        """What is said of a row that stands in row `number` of the file already."""
        return f"The same row stands in row {number} of the file."

    def writing(self) -> AbstractContextManager[None]:
        """Put around the writing, and the taking back, of rows and those beside them."""
        return nullcontext()

    def warnings(self, rows: list[Any]) -> Iterable[str]:
        """Sentences about accepted rows that are worth a look before they are confirmed."""
        return ()


class Companion(ABC):
    """Columns of an entity whose values another app stores, e.g. the defective units of a
    production row, which are an inspection."""

    extends: ClassVar[str]
    columns: ClassVar[tuple[Column, ...]] = ()
    # Field of the companion row → column that its faults are shown in.
    shown_in: ClassVar[dict[str, str]] = {}
    # Its rows are parts of the row: whoever may not change the row may not change them either,
    # and a change of them asks for a second person again.
    is_part: ClassVar[bool] = False

    @abstractmethod
    def entity(self) -> EntityImport:
        """How the other app's rows are taken in."""

    @abstractmethod
    def fields_of(self, row: FileRow) -> dict[str, Any] | list[dict[str, Any]] | None:
        """The fields of the companion row, or of several; None when this row has none."""

    def complete(self, rows: Sequence[FileRow]) -> None:  # noqa: B027  most have nothing to look at
        """A look at stored rows before `fields_of` is asked for each row: set-based."""

    def columns_of(self, row: FileRow, child: FileRow) -> list[str]:
        """The columns of the file that this companion row was made of."""
        return [column.name for column in self.columns if column.name in row.values]

    def column_of(self, name: str, child: FileRow) -> str:
        """The column of the file in which a fault of this companion row is shown."""
        return self.shown_in.get(name, name)

    def changes_of(self, child: FileRow) -> dict[str, tuple[str, str]]:
        """What the companion row changes, by the columns of the file: old → new."""
        changes = child.changes.items()
        return {self.shown_in[name]: pair for name, pair in changes if name in self.shown_in}


def snake(name: str) -> str:
    """`ProductionEntry`, `production-entry` → `production_entry`; `WIPHold` → `wip_hold`."""
    return (
        re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name)
        .replace("-", "_")
        .strip()
        .lower()
    )


def with_validity(given: dict[str, Any], row: FileRow) -> dict[str, Any]:
    """`valid_from` and `valid_to`, both included, as the half-open range that is stored."""
    first, last = row.values.get("valid_from"), row.values.get("valid_to")
    if first is None:
        return given
    end = last + DAY if isinstance(last, datetime.date) and last < datetime.date.max else None
    if end and end <= first:
        row.fault("valid_to", "inconsistent", "The last day lies before the first day.")
        end = None
    given["valid"] = DateRange(first, end, "[)")
    return given


class Registry:
    def __init__(self) -> None:
        self._entities: dict[str, EntityImport] = {}
        self._companions: list[Companion] = []
        self._complete = False

    def register(self, declared: type[EntityImport]) -> type[EntityImport]:
        entity = declared()
        if entity.name in self._entities:
            raise ValueError(f"Two importers are called {entity.name}.")
        self._entities[entity.name] = entity
        self.__dict__.pop("_sorted", None)
        return declared

    def extend(self, declared: type[Companion]) -> type[Companion]:
        self._companions.append(declared())
        return declared

    def _discover(self) -> None:
        if self._complete:
            return
        autodiscover_modules("imports")
        for each in self._companions:
            self._entities[each.extends].companions.append(each)
        self._complete = True

    def get(self, name: str) -> EntityImport:
        self._discover()
        wanted = snake(name)
        for spelling in _singulars(wanted):
            if spelling in self._entities:
                return self._entities[spelling]
        raise UnknownEntity(name)

    def of(self, model: type[models.Model]) -> EntityImport | None:
        self._discover()
        found = self._entities.get(snake(model.__name__))
        return found if found and found.model is model else None

    def in_order(self) -> list[EntityImport]:
        """Every entity after those that its columns name."""
        self._discover()
        return self._sorted

    @cached_property
    def _sorted(self) -> list[EntityImport]:
        done: dict[str, EntityImport] = {}
        for entity in self._entities.values():
            self._visit(entity, done, {entity.name})
        return list(done.values())

    def _visit(
        self, entity: EntityImport, done: dict[str, EntityImport], on_the_way: set[str]
    ) -> None:
        for target in _named_by(entity):
            other = self.of(target)
            if other and other.name not in done and other.name not in on_the_way:
                self._visit(other, done, on_the_way | {other.name})
        done.setdefault(entity.name, entity)

    def __iter__(self) -> Iterator[EntityImport]:
        return iter(self.in_order())


def _named_by(entity: EntityImport) -> list[type[models.Model]]:
    named = [apps.get_model(lookup.target) for lookup in entity.lookups.values()]
    relations = [f.related_model for f in entity.model._meta.fields if f.editable and f.is_relation]
    others = [apps.get_model(label) for label in entity.rests_on]
    return [each for each in [*named, *relations, *others] if isinstance(each, type)]


def _singulars(name: str) -> Iterator[str]:
    yield name
    if name.endswith("ies"):
        yield f"{name[:-3]}y"
    if name.endswith("es"):
        yield name[:-2]
    if name.endswith("s"):
        yield name[:-1]


registry = Registry()
register, extend = registry.register, registry.extend
