"""The columns that an entity takes, and the headers by which files name them."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

from clients.imports.values import Kind, Lookup, Text
from clients.roles import Action


@dataclass(frozen=True)
class Column:
    """One column of an entity.

    `field` is the model's field that it fills, the column's own name unless said otherwise;
    None: the entity puts the value in place itself. `convert` turns the value into the field's
    unit (hours into minutes). `companion` marks a column whose value another app stores.

    An export writes the same column: what it `reads` of the stored row (look-ups or expressions;
    the field, or the code of the row that it names) goes through `stated` on its way into the
    file. A column that says another one's field in another unit is not written. Without the
    right of `shown_to` in the client of the rows, the column is not there.
    """

    name: str
    kind: Kind = field(default_factory=Text)
    required: bool = False
    en: tuple[str, ...] = ()
    es: tuple[str, ...] = ()
    field: str | None = ""
    convert: Callable[[Any], Any] | None = None
    sum: bool = False
    companion: bool = False
    reads: tuple[Any, ...] = ()
    stated: Callable[..., Any] | None = None
    shown_to: Action | None = None

    def __post_init__(self) -> None:
        if self.field == "":
            object.__setattr__(self, "field", self.name)

    @property
    def sources(self) -> tuple[Any, ...]:
        """What an export reads of the stored row; empty when nothing is said of it."""
        if self.reads or not self.field:
            return self.reads
        by = f"__{self.kind.by}" if isinstance(self.kind, Lookup) else ""
        return (f"{self.field}{by}",)

    def cell(self, values: Sequence[Any], zone: ZoneInfo) -> Any:
        """The cell of a file, from what the sources hold."""
        value = self.stated(*values) if self.stated else values[0]
        return None if value is None else self.kind.written(value, zone)

    @property
    def right(self) -> Action:
        """Which role may read it. Who a row is about is for those who may know people."""
        if self.shown_to is not None:
            return self.shown_to
        is_person = isinstance(self.kind, Lookup) and self.kind.names_people
        return Action.SEE_NAMES if is_person else Action.VIEW

    @property
    def headers(self) -> set[str]:
        return {matched(each) for each in (self.name, *self.en, *self.es)}

    def header(self, language: str) -> str:
        """What templates and exports write: the name, or the first Spanish synonym."""
        return self.es[0] if language == "es" and self.es else self.name


def matched(header: Any) -> str:
    """A header without what people write in one way or another: case, accents, separators."""
    text = unicodedata.normalize("NFKD", str(header or "")).casefold()
    return re.sub(r"[\s\-_.*]+", "", "".join(c for c in text if not unicodedata.combining(c)))


@dataclass
class HeaderMatch:
    """Which column of the entity each header of a file names."""

    found: dict[int, str] = field(default_factory=dict)
    unknown: list[str] = field(default_factory=list)
    unclear: dict[str, list[str]] = field(default_factory=dict)


def match_headers(
    headers: list[str], columns: Iterable[Column], chosen: dict[str, str] | None = None
) -> HeaderMatch:
    """`chosen` is what a person decided for single headers; "" leaves one out."""
    by_header: dict[str, list[str]] = defaultdict(list)
    names = set()
    for column in columns:
        names.add(column.name)
        for each in column.headers:
            by_header[each].append(column.name)
    result, places = HeaderMatch(), defaultdict(list)
    for place, header in enumerate(headers):
        if not header:
            continue
        if chosen and header in chosen:
            if chosen[header] in names:
                places[chosen[header]].append(place)
            continue
        fitting = by_header.get(matched(header), [])
        # A column's own name is never in doubt, whatever the synonyms of the others are.
        fitting = [each for each in fitting if matched(each) == matched(header)] or fitting
        if not fitting:
            result.unknown.append(header)
        elif len(fitting) > 1:
            result.unclear[header] = fitting
        else:
            places[fitting[0]].append(place)
    for name, at in places.items():
        if len(at) == 1:
            result.found[at[0]] = name
        else:
            result.unclear |= {headers[place]: [name] for place in at}
    return result
