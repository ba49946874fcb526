"""Periods of validity of targets and rules: written as two days, both included, or open."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django import forms
from django.contrib.postgres.fields import DateRangeField
from django.contrib.postgres.forms import DateRangeField as DateRangeFormField
from django.contrib.postgres.forms import RangeWidget
from django.core.exceptions import ValidationError
from django.db.backends.postgresql.psycopg_any import DateRange


def has_first_day(valid: Any) -> None:
    if valid is None or valid.isempty or valid.lower is None:
        raise ValidationError("Give the first valid day.", code="required")


def until(valid: Any, day: date) -> Any:
    """The period cut short before the day; empty when it would only begin then."""
    if valid.lower >= day:
        return DateRange(empty=True)
    return DateRange(valid.lower, day, "[)")


def covers(valid: Any, day: date) -> bool:
    return bool(valid.lower <= day and (valid.upper is None or day < valid.upper))


def shown(valid: Any) -> str:
    if valid is None or valid.isempty:
        return "never"
    if valid.upper is None:
        return f"from {valid.lower}"
    return f"{valid.lower} to {valid.upper - timedelta(days=1)}"


class TwoDays(RangeWidget):
    def __init__(self) -> None:
        super().__init__(forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}))

    def decompress(self, value: Any) -> tuple[Any, Any]:
        if not value:
            return (None, None)
        return (value.lower, value.upper - timedelta(days=1) if value.upper else None)


class TwoDaysField(DateRangeFormField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{**kwargs, "widget": TwoDays()})

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, DateRange):
            return list(self.widget.decompress(value))
        return super().prepare_value(value)

    def compress(self, values: list[Any]) -> DateRange | None:
        if not values:
            return None
        first, last = values
        if first and last and last < first:
            raise ValidationError("The last day lies before the first day.", code="inconsistent")
        return DateRange(first, last + timedelta(days=1) if last else None, "[)")


class ValidityField(DateRangeField):
    """Stored half-open; the first day is always given."""

    default_validators = [has_first_day]

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault(
            "help_text", "First and last day. Without a last day: until further notice."
        )
        super().__init__(**kwargs)

    def formfield(self, **kwargs: Any) -> Any:
        kwargs.pop("widget", None)
        return super().formfield(**{**kwargs, "form_class": TwoDaysField})
