"""Filters of client rows: one FilterSet for page, admin side list and API.

    class ProductionEntryFilter(ClientFilterSet):
        class Meta:
            model = ProductionEntry
            fields = ("shift_date", "line", "shift", "work_order", "entry_method")

A reference is filtered by its code, inside the scope: a foreign code finds what an unknown one
finds, nothing. A date brings `…_from` and `…_to` along, both days included; an instant brings
them half-open; a period of validity brings `…_on`.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

import django_filters
from django.contrib.postgres.fields import DateRangeField
from django.db import models
from django_filters import rest_framework as filters

from clients.fields import ClientForeignKey, CodeField, EmployeeForeignKey
from clients.references import code_name, target_of
from clients.roles import Action
from clients.scope import current_scope


class CodeFilter(filters.CharFilter):
    """Exact, but for the letters' case, which codes do not have."""

    def filter(self, rows: Any, value: Any) -> Any:
        return super().filter(rows, value.strip().upper() if value else value)


class PersonFilter(CodeFilter):
    """By the code of an employee, where the caller may know people at all."""

    def filter(self, rows: Any, value: Any) -> Any:
        if not value:
            return rows
        scope = current_scope()
        known = [each for each in scope.ids if scope.may(Action.SEE_NAMES, each)]
        return super().filter(rows.filter(client_id__in=known), value)


class YesNoFilter(filters.TypedChoiceFilter):
    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("choices", (("true", "Yes"), ("false", "No")))
        kwargs.setdefault("coerce", lambda text: text == "true")
        super().__init__(**kwargs)


class ClientFilterSet(filters.FilterSet):
    @classmethod
    def filter_for_field(
        cls, field: Any, field_name: str, lookup_expr: Any = None
    ) -> django_filters.Filter:
        if isinstance(field, models.GeneratedField):
            field = field.output_field
        if isinstance(field, ClientForeignKey):
            return _by_reference(field, field_name)
        if isinstance(field, CodeField):
            return CodeFilter(field_name=field_name)
        if isinstance(field, models.BooleanField):
            return YesNoFilter(field_name=field_name)
        if isinstance(field, DateRangeField):
            return filters.DateFilter(field_name=field_name, lookup_expr="contains")
        return super().filter_for_field(field, field_name, lookup_expr or "exact")

    @classmethod
    def get_filters(cls) -> OrderedDict[str, django_filters.Filter]:
        found: OrderedDict[str, django_filters.Filter] = OrderedDict()
        for name, each in super().get_filters().items():
            field = _model_field(cls, name)
            if isinstance(field, DateRangeField):
                found[f"{name}_on"] = each
            elif isinstance(field, models.DateTimeField):
                found.update(_instants(name))
            else:
                found[name] = each
                if isinstance(field, models.DateField):
                    found.update(_days(name))
        return found


def _model_field(filterset: Any, name: str) -> Any:
    declared = name in filterset.declared_filters or filterset._meta.model is None
    return None if declared else filterset._meta.model._meta.get_field(name)


def _by_reference(field: ClientForeignKey, name: str) -> django_filters.Filter:
    code = code_name(target_of(field))
    if not code:
        return filters.NumberFilter(field_name=f"{name}_id")
    kind = PersonFilter if isinstance(field, EmployeeForeignKey) else CodeFilter
    return kind(field_name=f"{name}__{code}", label=f"Code of the {field.verbose_name}.")


def _days(name: str) -> dict[str, django_filters.Filter]:
    return {
        f"{name}_from": filters.DateFilter(
            field_name=name, lookup_expr="gte", label="First day, included."
        ),
        f"{name}_to": filters.DateFilter(
            field_name=name, lookup_expr="lte", label="Last day, included."
        ),
    }


def _instants(name: str) -> dict[str, django_filters.Filter]:
    return {
        f"{name}_from": filters.IsoDateTimeFilter(
            field_name=name, lookup_expr="gte", label="From this instant."
        ),
        f"{name}_to": filters.IsoDateTimeFilter(
            field_name=name, lookup_expr="lt", label="Before this instant."
        ),
    }
