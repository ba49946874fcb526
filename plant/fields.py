"""Fields that only the plant has."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import models


class Weekday(models.IntegerChoices):
    """ISO 8601: the week starts on Monday, day 1."""

    MONDAY = 1, "Monday"
    TUESDAY = 2, "Tuesday"
    WEDNESDAY = 3, "Wednesday"
    THURSDAY = 4, "Thursday"
    FRIDAY = 5, "Friday"
    SATURDAY = 6, "Saturday"
    SUNDAY = 7, "Sunday"


def working_week() -> list[int]:
    return [1, 2, 3, 4, 5]


def _split(value: Any) -> list[Any]:
    """A list, or the words of a file's cell: `1,2,3` or `1ST 2ND`."""
    if isinstance(value, str):
        return value.replace(",", " ").replace(";", " ").split()
    return list(value)


class WeekdaysField(ArrayField):
    """A set of ISO weekdays, 1–7, stored in order and without doubles."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs["base_field"] = models.PositiveSmallIntegerField(choices=Weekday.choices)
        super().__init__(**kwargs)

    def deconstruct(self) -> Any:
        name, _path, args, kwargs = super().deconstruct()
        kwargs.pop("base_field")
        return name, "plant.fields.WeekdaysField", args, kwargs

    def to_python(self, value: Any) -> list[int] | None:
        if value is None:
            return None
        try:
            days = sorted({int(each) for each in _split(value)})
        except (TypeError, ValueError) as error:
            raise ValidationError("Weekdays are numbers from 1 to 7, Monday is 1.") from error
        if any(day not in Weekday for day in days):
            raise ValidationError("Weekdays are numbers from 1 to 7, Monday is 1.")
        return days

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        return super().get_db_prep_value(self.to_python(value), connection, prepared)

    def formfield(self, **kwargs: Any) -> Any:
        return models.Field.formfield(
            self,
            form_class=forms.TypedMultipleChoiceField,
            choices_form_class=forms.TypedMultipleChoiceField,
            **{
                "choices": Weekday.choices,
                "coerce": int,
                "widget": forms.CheckboxSelectMultiple,
                **{k: v for k, v in kwargs.items() if k not in ("form_class", "widget")},
            },
        )


class CodesField(ArrayField):
    """Business codes of other rows of the client, e.g. the shifts that run on a day."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs["base_field"] = models.CharField(max_length=20)
        kwargs.setdefault("default", list)
        kwargs.setdefault("blank", True)
        super().__init__(**kwargs)

    def deconstruct(self) -> Any:
        name, _path, args, kwargs = super().deconstruct()
        kwargs.pop("base_field")
        return name, "plant.fields.CodesField", args, kwargs

    def to_python(self, value: Any) -> list[str] | None:
        if value is None:
            return None
        return list(dict.fromkeys(str(each).strip().upper() for each in _split(value)))

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        return super().get_db_prep_value(self.to_python(value), connection, prepared)
