"""Constraints of client rows, each with the sentence that people read.

A `Rule` is a CHECK constraint of the database whose condition is also evaluated in Python, so
that forms, the API and files of 10,000 rows give the same sentence without a query per row.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from django.apps import apps
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.core.exceptions import ValidationError
from django.db import IntegrityError, models
from django.db.models import F, Q, Value
from django.db.models.expressions import CombinedExpression
from django.db.models.functions import Coalesce

LIVE = Q(voided_at__isnull=True)

_COMPARE: dict[str, Callable[[Any, Any], Any]] = {
    "exact": operator.eq,
    "gt": operator.gt,
    "gte": operator.ge,
    "lt": operator.lt,
    "lte": operator.le,
    "in": lambda left, right: left in right,
    "range": lambda left, right: right[0] <= left <= right[1],
}
_CALCULATE: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
}


class Rule(models.CheckConstraint):
    """A fact about one row's validity: database constraint, sentence and field in one."""

    def __init__(self, condition: Q, *, name: str, message: str = "", field: str = "") -> None:
        self.field = field
        super().__init__(condition=condition, name=name, violation_error_message=message or None)

    def validate(self, model: Any, instance: Any, exclude: Any = None, using: Any = None) -> None:
        if _holds(self.condition, instance) is False:
            raise self.violation(instance)

    def violation(self, instance: Any = None) -> ValidationError:
        error = ValidationError(self.get_violation_error_message(), code="inconsistent")
        return ValidationError({self.field: error}) if self.field else error

    def deconstruct(self) -> tuple[str, tuple[Any, ...], dict[str, Any]]:
        path, args, kwargs = super().deconstruct()
        condition = kwargs.pop("condition")
        message = kwargs.pop("violation_error_message", "")
        return path, (condition,), {**kwargs, "message": message, "field": self.field}


def _holds(condition: Any, row: Any) -> bool | None:
    """Three-valued truth as in SQL: None is unknown, and a CHECK lets unknown pass."""
    if not isinstance(condition, Q):
        return _compare(condition[0], condition[1], row)
    parts = [_holds(child, row) for child in condition.children]
    if condition.connector == Q.AND:
        truth = False if False in parts else None if None in parts else True
    else:
        truth = True if True in parts else None if None in parts else False
    return (None if truth is None else not truth) if condition.negated else truth


def _compare(lookup: str, expected: Any, row: Any) -> bool | None:
    name, _, kind = lookup.partition("__")
    left, right = _value(F(name), row), _value(expected, row)
    if kind == "isnull":
        return (left is None) is right
    if left is None or right is None:
        return None
    return bool(_COMPARE[kind or "exact"](left, right))


def _value(expression: Any, row: Any) -> Any:
    if isinstance(expression, F):
        field = row._meta.get_field(expression.name)
        return getattr(row, field.attname)
    if isinstance(expression, Value):
        return expression.value
    if isinstance(expression, Coalesce):
        values = (_value(each, row) for each in expression.get_source_expressions())
        return next((each for each in values if each is not None), None)
    if isinstance(expression, CombinedExpression):
        left, right = _value(expression.lhs, row), _value(expression.rhs, row)
        if left is None or right is None:
            return None
        return _CALCULATE[expression.connector](left, right)
    return expression


def unique_live(*fields: str, name: str, message: str) -> models.UniqueConstraint:
    """Unique per client among live rows; an empty value counts as a value."""
    return models.UniqueConstraint(
        fields=["client", *fields],
        condition=LIVE,
        nulls_distinct=False,
        name=name,
        violation_error_message=message,
        violation_error_code="unique",
    )


def no_overlap(
    range_field: str,
    *equal: str,
    name: str,
    message: str,
    nullable: tuple[str, ...] = (),
    condition: Q | None = None,
) -> ExclusionConstraint:
    """No two live rows of a client with equal fields overlap in time.

    Of the references named in `nullable`, an empty one counts as a value.
    """
    pairs: list[tuple[Any, str]] = [("client", RangeOperators.EQUAL)]
    pairs += [(each, RangeOperators.EQUAL) for each in equal]
    number = models.BigIntegerField()
    for each in nullable:
        pairs.append((Coalesce(each, Value(0), output_field=number), RangeOperators.EQUAL))
    pairs.append((range_field, RangeOperators.OVERLAPS))
    return ExclusionConstraint(
        name=name,
        expressions=pairs,
        condition=LIVE & condition if condition else LIVE,
        violation_error_message=message,
    )


def sentence_for(error: IntegrityError) -> ValidationError:
    """The sentence of the constraint that the database refused; never the database's own words."""
    diagnosis = getattr(error.__cause__, "diag", None)
    name = getattr(diagnosis, "constraint_name", None)
    for model in apps.get_models():
        for constraint in model._meta.constraints:
            if constraint.name == name:
                if isinstance(constraint, Rule):
                    return constraint.violation()
                return ValidationError(constraint.get_violation_error_message(), code="unique")
    if getattr(error.__cause__, "sqlstate", "") == "23503":
        return ValidationError("A row that this one names does not exist.", code="unknown_code")
    if getattr(error.__cause__, "sqlstate", "") == "P0001":
        return ValidationError(str(getattr(diagnosis, "message_primary", "")), code="inconsistent")
    return ValidationError("The database refused this row.", code="inconsistent")
