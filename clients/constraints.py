"""Constraints of client rows, each with the sentence that people read.

A `Rule` is a CHECK constraint of the database whose condition is also evaluated in Python, so
that forms, the API and files of 10,000 rows give the same sentence without a query per row.
"""

from __future__ import annotations

import functools
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
        path, _args, kwargs = super().deconstruct()
        condition = kwargs.pop("condition")
        message = kwargs.pop("violation_error_message", "")
        return path, (condition,), {**kwargs, "message": message, "field": self.field}


def said_once(errors: dict[str, list[ValidationError]]) -> dict[str, list[ValidationError]]:
    """Where a rule has its own sentence, the general one about a limit is left out."""
    limits = ("min_value", "max_value")
    return {
        name: [each for each in found if each.code not in limits]
        if any(each.code == "inconsistent" for each in found)
        else found
        for name, found in errors.items()
    }


# A condition is taken apart once per model, not once per row: files have many rows.
Truth = Callable[[Any], bool | None]


def broken_rules(row: Any) -> list[ValidationError]:
    """What the rules of its model say about the row; no query."""
    model: Any = type(row)
    return [rule.violation(row) for rule, holds in _rules_of(model) if holds(row) is False]


@functools.cache
def _rules_of(model: Any) -> list[tuple[Rule, Truth]]:
    rules = [each for each in model._meta.constraints if isinstance(each, Rule)]
    return [(rule, _compiled(rule.condition, model)) for rule in rules]


def _holds(condition: Any, row: Any) -> bool | None:
    """Three-valued truth as in SQL: None is unknown, and a CHECK lets unknown pass."""
    model: Any = type(row)
    return _compiled(condition, model)(row)


@functools.lru_cache(maxsize=1000)
def _compiled(condition: Q, model: Any) -> Truth:
    children: list[Any] = condition.children
    parts = [
        _compiled(child, model) if isinstance(child, Q) else _comparison(child[0], child[1], model)
        for child in children
    ]
    join = _all_of(parts) if condition.connector == Q.AND else _any_of(parts)
    return _not(join) if condition.negated else join


def _all_of(parts: list[Truth]) -> Truth:
    def truth(row: Any) -> bool | None:
        result: bool | None = True
        for part in parts:
            holds = part(row)
            if holds is False:
                return False
            result = None if holds is None else result
        return result

    return truth


def _any_of(parts: list[Truth]) -> Truth:
    def truth(row: Any) -> bool | None:
        result: bool | None = False
        for part in parts:
            holds = part(row)
            if holds is True:
                return True
            result = None if holds is None else result
        return result

    return truth


def _not(part: Truth) -> Truth:
    def truth(row: Any) -> bool | None:
        holds = part(row)
        return None if holds is None else not holds

    return truth


def _comparison(lookup: str, expected: Any, model: Any) -> Truth:
    name, _, kind = lookup.partition("__")
    left, right = _value(F(name), model), _value(expected, model)
    if kind == "isnull":
        return lambda row: (left(row) is None) is right(row)
    compare = _COMPARE[kind or "exact"]

    def truth(row: Any) -> bool | None:
        one, other = left(row), right(row)
        return None if one is None or other is None else bool(compare(one, other))

    return truth


def _value(expression: Any, model: Any) -> Callable[[Any], Any]:
    if isinstance(expression, F):
        name: str = expression.name  # type: ignore[attr-defined]
        return operator.attrgetter(model._meta.get_field(name).attname)
    if isinstance(expression, Value):
        return lambda row: expression.value
    if isinstance(expression, Coalesce):
        parts = [_value(each, model) for each in expression.get_source_expressions()]
        return lambda row: next((v for part in parts if (v := part(row)) is not None), None)
    if isinstance(expression, CombinedExpression):
        calculate = _CALCULATE[expression.connector]
        one, other = _value(expression.lhs, model), _value(expression.rhs, model)

        def result(row: Any) -> Any:
            left, right = one(row), other(row)
            return None if left is None or right is None else calculate(left, right)

        return result
    return lambda row: expression


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
                code = constraint.violation_error_code or "unique"
                return ValidationError(constraint.get_violation_error_message(), code=code)
    if getattr(error.__cause__, "sqlstate", "") == "23503":
        return ValidationError("A row that this one names does not exist.", code="unknown_code")
    # What a trigger of ours refuses, in its own words.
    if getattr(error.__cause__, "sqlstate", "") in ("23514", "P0001"):
        return ValidationError(str(getattr(diagnosis, "message_primary", "")), code="inconsistent")
    return ValidationError("The database refused this row.", code="inconsistent")
