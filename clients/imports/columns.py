"""The columns that an entity takes, and the headers by which files name them."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from clients.imports.values import Kind, Text


@dataclass(frozen=True)
class Column:
    """One column of an entity.

    `field` is the model's field that it fills, the column's own name unless said otherwise;
    None: the entity puts the value in place itself. `convert` turns the value into the field's
    unit (hours into minutes). `companion` marks a column whose value another app stores.
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

    def __post_init__(self) -> None:
        if self.field == "":
            object.__setattr__(self, "field", self.name)

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
