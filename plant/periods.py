"""Periods of validity: half-open ranges of dates with a first day and, perhaps, no end."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from django.contrib.postgres.fields import DateRangeField
from django.core.exceptions import ValidationError
from django.db import models
from django.db.backends.postgresql.psycopg_any import DateRange

from plant.constraints import Stored


def from_day_on(first: date) -> DateRange:
    return DateRange(first, None, "[)")


def ends_before(period: Any, day: date) -> DateRange:
    return DateRange(period.lower, day, "[)")


def first_day(period: Any) -> date:
    """A range written `(day, …` starts on the following day."""
    if period.lower is None:
        return date.min
    return period.lower if period.lower_inc else period.lower + timedelta(days=1)


def day_after(period: Any) -> date:
    if period.upper is None:
        return date.max
    return period.upper + timedelta(days=1) if period.upper_inc else period.upper


def covers(period: Any, day: date) -> bool:
    return first_day(period) <= day < day_after(period)


def overlap(one: Any, other: Any) -> bool:
    return first_day(one) < day_after(other) and first_day(other) < day_after(one)


def starts_within(periods: Iterable[Any], window: Any) -> set[date]:
    """The days at which the set of running periods can grow inside the window."""
    return {max(first_day(each), first_day(window)) for each in periods if overlap(each, window)}


def has_first_day(period: Any) -> None:
    if period.lower is None:
        raise ValidationError("Give the first valid day.", code="required")
    if first_day(period) >= day_after(period):
        raise ValidationError("The last day lies before the first day.", code="inconsistent")


class PeriodField(DateRangeField):
    """`valid`: the first day is given; the day after the last one is given or open."""

    default_validators = [has_first_day]

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("help_text", "From the first day up to, but not including, the second.")
        super().__init__(**kwargs)


def period_rule(field: str, *, name: str) -> Stored:
    return Stored(
        condition=models.Q(**{f"{field}__isempty": False, f"{field}__startswith__isnull": False}),
        name=name,
        violation_error_message="Give the first valid day.",
    )
