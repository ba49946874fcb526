"""Questions as people write them in an address: days and codes, inside their own scope."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from django.apps import apps

from kpis.dimensions import ALIASES, DIMENSIONS
from kpis.periods import DEFAULT_DAYS, Period, PeriodError

# Nothing has this id: an unknown code is answered as one without rows.
NO_ROW = 0
# Where the calendar ends there is no day before, and none after.
YEARS = (1900, 2200)


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
    """Codes of rows become ids of the rows in scope; words of choices stay what they are."""
    found: dict[str, list[Any]] = {}
    for name, texts in chosen.items():
        known = DIMENSIONS[ALIASES.get(name, name)]
        codes = [text for text in texts if text]
        if not codes:
            continue
        if known.kind != "row":
            found[known.key] = codes if known.kind == "text" else [_truth(text) for text in codes]
            continue
        rows = apps.get_model(known.model)._default_manager
        ids = rows.filter(**{f"{known.code}__in": codes}).values_list("pk", flat=True)
        found[known.key] = list(ids) or [NO_ROW]
    return found


def _truth(text: str) -> Any:
    return {"true": True, "false": False}.get(text, text)
