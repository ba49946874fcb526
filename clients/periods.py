"""Periods of validity: half-open ranges of dates with a first day and, perhaps, no end."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from django import forms
from django.contrib.postgres.fields import DateRangeField
from django.contrib.postgres.forms import DateRangeField as DateRangeFormField
from django.contrib.postgres.forms import RangeWidget
from django.core.exceptions import ValidationError
from django.db.backends.postgresql.psycopg_any import DateRange

ENDS_BEFORE = "The last day lies before the first day."


def from_day_on(first: date) -> DateRange:
    return DateRange(first, None, "[)")


def as_period(value: Any) -> Any:
    """A pair of days, `(first, day after the last)`, as the period that it stands for."""
    return DateRange(*value, "[)") if isinstance(value, tuple | list) else value


def until(period: Any, day: date) -> DateRange:
    """The period cut short before the day; empty when it would only begin then."""
    if first_day(period) >= day:
        return DateRange(empty=True)
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


def last_day(period: Any) -> date | None:
    return None if period.upper is None else day_after(period) - timedelta(days=1)


def shown(period: Any) -> str:
    """`2025-01-01 – 2025-05-31`, both included."""
    if period is None or period.isempty:
        return "never"
    return f"{first_day(period)} – {last_day(period) or ''}".rstrip()


def covers(period: Any, day: date) -> bool:
    return not period.isempty and first_day(period) <= day < day_after(period)


def overlap(one: Any, other: Any) -> bool:
    """Whether both periods share a day; a value that is no period yet shares none."""
    if not (isinstance(one, DateRange) and isinstance(other, DateRange)):
        return False
    return first_day(one) < day_after(other) and first_day(other) < day_after(one)


def starts_within(periods: Iterable[Any], window: Any) -> set[date]:
    """The days at which the set of running periods can grow inside the window."""
    return {max(first_day(each), first_day(window)) for each in periods if overlap(each, window)}


def has_first_day(period: Any) -> None:
    if period is None or (period.lower is None and not period.isempty):
        raise ValidationError("Give the first valid day.", code="required")
    if period.isempty or first_day(period) >= day_after(period):
        raise ValidationError(ENDS_BEFORE, code="inconsistent")


class PeriodWidget(RangeWidget):
    """Two days, both included, as people write them."""

    def __init__(self) -> None:
        super().__init__(forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}))

    def decompress(self, value: Any) -> tuple[date | None, date | None]:
        return (value.lower, last_day(value)) if value else (None, None)


class PeriodFormField(DateRangeFormField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{**kwargs, "widget": PeriodWidget()})

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, DateRange):
            return [value.lower, last_day(value)]
        return super().prepare_value(value)

    def compress(self, values: list[Any]) -> DateRange | None:
        if not values:
            return None
        first, last = values
        if first and last and last < first:
            raise ValidationError(ENDS_BEFORE, code="inconsistent")
        return DateRange(first, last + timedelta(days=1) if last else None, "[)")


class PeriodField(DateRangeField):
    """`valid`: the first day is given; the last one is given or open. Stored half-open."""

    default_validators = [has_first_day]

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault(
            "help_text", "First and last day. Without a last day: until further notice."
        )
        super().__init__(**kwargs)

    def formfield(self, **kwargs: Any) -> Any:
        kwargs.pop("widget", None)
        return super().formfield(**{**kwargs, "form_class": PeriodFormField})
