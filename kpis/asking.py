"""Questions as people write them in an address: days and codes, inside their own scope."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from django.apps import apps
from django.utils.translation import gettext as _

from kpis.dimensions import ALIASES, DIMENSIONS, Dimension
from kpis.engine import NotOffered, refuse_forbidden
from kpis.periods import DEFAULT_DAYS, Period, PeriodError

WITHOUT = "-"
"""In an address: the rows that name no line, no reason …"""

# Where the calendar ends there is no day before, and none after.
YEARS = (1900, 2200)

type Meaning = dict[str, tuple[list[Any], str]]
"""By code: the values that it stands for, and how people call it."""


def period_from(first: str | None, last: str | None, *, today: date) -> Period:
    """The days given, both included; without them the last thirty."""
    end = day_from(last) if last else today
    if not first:
        return Period.up_to(end, DEFAULT_DAYS)
    return Period.days(day_from(first), end)


def day_from(text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise PeriodError(f"“{text}” is not a date in the form YYYY-MM-DD.") from None
    if not YEARS[0] <= day.year <= YEARS[1]:
        raise PeriodError(f"Choose a day between {YEARS[0]} and {YEARS[1]}.")
    return day


def filters_from(chosen: Mapping[str, Iterable[str]]) -> dict[str, list[Any]]:
    """The values of these codes, by dimension; blank ones ask for nothing.

    Raises NotOffered for a dimension that the person may not ask by, and for an unknown code.
    """
    dimensions: dict[str, tuple[str, ...]] = {}
    for name, texts in chosen.items():
        key = ALIASES.get(name, name)
        dimensions[key] = codes_in([*dimensions.get(key, ()), *texts])
    refuse_forbidden(dimensions)
    return {
        name: [value for values, _name in meaning_of(name, codes).values() for value in values]
        for name, codes in dimensions.items()
        if codes
    }


def codes_in(texts: Iterable[str]) -> tuple[str, ...]:
    """The codes among the texts of an address, each once."""
    # PostgreSQL has no text with a zero byte in it; no code has the sign in its place.
    stripped = (each.replace("\x00", "\ufffd").strip() for each in texts)
    return tuple(dict.fromkeys(each for each in stripped if each))


def meaning_of(dimension: str, codes: tuple[str, ...]) -> Meaning:
    """What the codes stand for in the clients of the scope; unknown and foreign answer alike."""
    shape = DIMENSIONS[dimension]
    if shape.kind == "text":
        # What nobody typed is no fault of the address: there are no such rows.
        return {code: ([None if code == WITHOUT else code], "") for code in codes}
    known = _rows(shape, codes) if shape.kind == "row" else _choices(shape)
    known[WITHOUT] = ([None], shape.nothing)
    for code in codes:
        if code not in known:
            asked = {"what": shape.label.lower(), "code": code[:100]}
            raise NotOffered(_("Unknown %(what)s “%(code)s”.") % asked)
    return {code: known[code] for code in codes}


def _rows(shape: Dimension, codes: tuple[str, ...]) -> Meaning:
    named = [code for code in codes if code != WITHOUT and code.isprintable()]
    model = apps.get_model(shape.model)
    # A figure names a voided line as well, and leads here.
    rows = getattr(model, "with_voided", model._default_manager)
    rows = rows.filter(**{f"{shape.code}__in": named})
    known: Meaning = {}
    for pk, code, name in rows.values_list("pk", shape.code, shape.name) if named else ():
        keys, _name = known.setdefault(code, ([], name if name != code else ""))
        keys.append(pk)
    return known


def _choices(shape: Dimension) -> Meaning:
    known: Meaning = {}
    for value, label in shape.words().items():
        # Truth as figures are grouped by it, and as JSON writes it.
        for code in {str(value), json.dumps(value)} if isinstance(value, bool) else {str(value)}:
            known[code] = ([value], label)
    return known
