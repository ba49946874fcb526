"""What is asked, and which rows that concerns: clients, days, filters and group keys as SQL."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.apps import apps
from django.db.models import (
    BooleanField,
    Case,
    DateField,
    DecimalField,
    ExpressionWrapper,
    F,
    Q,
    Value,
    When,
)
from django.db.models.functions import Cast, Trunc

from kpis.contract import ContractBook
from kpis.declarations import Depends, Fact, Measure
from kpis.dimensions import DATES, DIMENSIONS, Dimension
from kpis.once import Once
from kpis.periods import Bucket, Period
from kpis.registry import catalogue

# Enough places that shares of a line-shift add up to the whole of it.
FINE = DecimalField(max_digits=60, decimal_places=30)
NUMBER = DecimalField(max_digits=30, decimal_places=10)
KIND = "shift_kind"
STANDARD = "STANDARD"


@dataclass(frozen=True)
class Question:
    """For whom, when, of what and by what."""

    clients: tuple[int, ...]
    period: Period
    filters: Mapping[str, tuple[Any, ...]]
    by: tuple[str, ...]
    now: datetime
    book: ContractBook
    week_start: int = 1
    # Further group keys of a trend: is the shift still running, is it the period asked for.
    marks: tuple[str, ...] = ()
    since: date | None = None
    # As it was known at the end of this day; without it, as it is known now.
    as_of: date | None = None

    @property
    def dimensions(self) -> set[str]:
        return {*self.by, *self.filters}

    @property
    def by_shift_kind(self) -> bool:
        return KIND in self.dimensions


def resolve[T](declared: Depends[T], question: Question) -> T:
    if callable(declared) and not hasattr(declared, "resolve_expression"):
        return declared(question)
    return declared  # type: ignore[return-value]


def exact(expression: Any) -> ExpressionWrapper:
    return ExpressionWrapper(expression, output_field=NUMBER)


# -- rows ----------------------------------------------------------------------------------------


def rows_in_question(fact: Fact, question: Question) -> Any:
    """The rows of the clients and days asked for, whatever is made of them."""
    if fact.standing:
        rows = fact.standing(question)
        return rows.filter(**{f"{fact.client_field}__in": question.clients})
    rows = fact.dated(question) if fact.dated else fact.rows
    return rows.filter(  # type: ignore[no-any-return]
        **{
            f"{fact.client_field}__in": question.clients,
            f"{fact.date_field}__gte": question.period.first,
            f"{fact.date_field}__lt": question.period.end,
        }
    )


def worked(key: str, question: Question) -> Any:
    """The line-shifts in which an app recorded something, as a sub-query."""
    model = catalogue.activities[key].model
    fact = Fact(key, "", model, {})
    found = rows_in_question(fact, question).filter(line_shift__isnull=False).order_by()
    return Once(found.values("line_shift_id"), ("worked", key, question.clients, question.period))


def recorded(question: Question, link: str = "pk") -> Q:
    """Of line-shifts in which there was output or a stop: those that count."""
    found = Q(pk__in=[])
    for key, each in catalogue.activities.items():
        if each.counts:
            found |= Q(**{f"{link}__in": worked(key, question)})
    return found


def value_of(fact: Fact, measure: Measure | None, dimension: str, question: Question) -> Any:
    """The group key of a dimension on this table."""
    if dimension in DATES:
        return _bucket(fact, Bucket(dimension), question.week_start)
    if dimension == "client":
        return F(fact.client_field)
    if measure and dimension in measure.paths:
        return F(measure.paths[dimension])
    return resolve_path(fact, dimension, question)


def resolve_path(fact: Fact, dimension: str, question: Question) -> Any:
    path = fact.dimensions[dimension]
    return F(path) if isinstance(path, str) else resolve(path, question)


def _bucket(fact: Fact, bucket: Bucket, week_start: int) -> Any:
    day = F(fact.date_field)
    if bucket is Bucket.DAY:
        return day
    if bucket is Bucket.WEEK and week_start != 1:
        moved = timedelta(days=week_start - 1)
        shifted = ExpressionWrapper(day - Value(moved), output_field=DateField())
        monday = Trunc(shifted, "week", output_field=DateField())
        return Cast(ExpressionWrapper(monday + Value(moved), output_field=DateField()), DateField())
    return Trunc(day, bucket.value, output_field=DateField())


def filtered(rows: Any, fact: Fact, measure: Measure | None, question: Question) -> Any:
    for number, (dimension, values) in enumerate(question.filters.items()):
        name = f"only_{number}"
        key = value_of(fact, measure, dimension, question)
        wanted = Q(**{f"{name}__in": [each for each in values if each is not None]})
        if None in values:
            wanted |= Q(**{f"{name}__isnull": True})
        rows = rows.alias(**{name: key}).filter(wanted)
    return rows


def running(fact: Fact, question: Question) -> Any:
    """Whether the shift of the row has not ended yet."""
    if not fact.is_of_the_floor:
        return Value(False, output_field=BooleanField())
    if fact.line_shift == "pk":
        return Case(
            When(ends_at__gt=question.now, then=True), default=False, output_field=BooleanField()
        )
    link, today = fact.line_shift, question.now.date()
    return Case(
        When(**{f"{link}__ends_at__gt": question.now}, then=True),
        When(**{f"{link}__isnull": True, f"{fact.date_field}__gte": today}, then=True),
        default=False,
        output_field=BooleanField(),
    )


def labels_of(dimension: str, ids: set[Any]) -> dict[Any, tuple[str, str]]:
    """Code and name of the rows a dimension names, in one query."""
    known = DIMENSIONS[dimension]
    found = _named_rows(known, ids).values_list("pk", known.code, known.name)
    return {pk: (code, name) for pk, code, name in found}


def clients_of(dimension: str, ids: set[Any]) -> dict[Any, str]:
    """Codes of the clients whose rows a dimension names, in one query; none of shared rows."""
    rows = _named_rows(DIMENSIONS[dimension], ids).filter(client__isnull=False)
    return dict(rows.values_list("pk", "client__code"))


def _named_rows(known: Dimension, ids: set[Any]) -> Any:
    model = apps.get_model(known.model)
    # A voided line or part keeps its name on the figures it was part of.
    return getattr(model, "with_voided", model._default_manager).filter(pk__in=ids)
