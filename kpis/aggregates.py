"""Sums as SQL: a measure over its own rows, or its time shared out to the rows made in it.

Everything conditional is a FILTER of an aggregate, or a group key where the condition is costly.
Nothing is divided here, except when the clock time of a line-shift is shared out to its rows.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.db.models import (
    Case,
    Count,
    Exists,
    ExpressionWrapper,
    Min,
    OuterRef,
    Q,
    Subquery,
    Sum,
    Value,
    When,
)
from django.db.models.functions import Coalesce

from kpis.declarations import Believed, Fact, Measure
from kpis.queries import FINE, NUMBER, Question, resolve
from kpis.registry import catalogue


def direct_aggregates(measure: Measure, question: Question) -> dict[str, Any]:
    where = resolve(measure.where, question)
    aggregates: dict[str, Any] = {
        # Zero, and not nothing, so that columns add up as they are.
        "sum": Sum(resolve(measure.amount, question), filter=where or None, default=0),
        "rows": Count("pk", filter=where or None),
    }
    if measure.estimated is not None:
        doubtful = where & resolve(measure.estimated, question)
        aggregates["estimated"] = aggregates["doubtful"] = Count("pk", filter=doubtful)
        if measure.confidence is not None and not isinstance(measure.confidence, Decimal):
            confidence = resolve(measure.confidence, question)
            aggregates["confidence"] = Min(confidence, filter=where or None)
    for number, exclusion in enumerate(measure.exclusions):
        left_out = resolve(exclusion.rows, question)
        aggregates[f"x{number}"] = Count("pk", filter=left_out)
    return aggregates


def shared_aggregates(measure: Measure, question: Question) -> dict[str, Any]:
    """The measure's time of a line-shift, times the share of each row that was made in it."""
    guessed = catalogue.sharing_of(measure.sharing).guessed()
    aggregates: dict[str, Any] = {
        "sum": Sum(shared_amount(measure, question), default=0),
        "rows": Count("pk"),
    }
    if measure.believed:
        return {**aggregates, **_believed(measure, measure.believed, question, guessed)}
    if measure.estimated is None:
        return {**aggregates, "estimated": Count("pk", filter=guessed)}
    doubtful = Q(Exists(_of_same_line_shift(measure, question, estimated=True)))
    return {
        **aggregates,
        "estimated": Count("pk", filter=guessed | doubtful),
        "doubtful": Count("pk", filter=doubtful),
    }


def _believed(
    measure: Measure, believed: Believed, question: Question, guessed: Q
) -> dict[str, Any]:
    fact = catalogue.fact(measure.fact)
    split = resolve(catalogue.split_of(fact, believed.split), question)
    rows = _of_same_line_shift(measure, question).annotate(word=split)
    doubtful = rows.filter(word__in=list(believed.confidence))
    cases = [When(word=word, then=Value(each)) for word, each in believed.confidence.items()]
    lowest = doubtful.order_by().annotate(trust=Case(*cases)).values("trust")[:1]
    return {
        "estimated": Count("pk", filter=guessed | Q(Exists(doubtful))),
        "confidence": Min(Subquery(lowest)),
    }


def shared_amount(measure: Measure, question: Question) -> Any:
    return ExpressionWrapper(
        time_of_line_shift(measure, question) * catalogue.sharing_of(measure.sharing).share(),
        output_field=FINE,
    )


def time_of_line_shift(measure: Measure, question: Question) -> Any:
    """The sum of a measure over the line-shift of the row, as a correlated sub-query."""
    fact = catalogue.fact(measure.fact)
    total = (
        _of_same_line_shift(measure, question)
        .order_by()
        .values(link_of(fact))
        .annotate(total=Sum(resolve(measure.amount, question)))
        .values("total")
    )
    return Coalesce(Subquery(total, output_field=NUMBER), Decimal(0), output_field=NUMBER)


def combined_time_of_line_shift(key: str, question: Question) -> Any:
    """The same for a measure made of measures."""
    total: Any = None
    for measure, sign in catalogue.base_terms(key):
        part = time_of_line_shift(measure, question)
        if total is None:
            total = part if sign > 0 else Value(Decimal(0)) - part
        else:
            total = total + part if sign > 0 else total - part
    return ExpressionWrapper(total, output_field=NUMBER)


def _of_same_line_shift(measure: Measure, question: Question, *, estimated: bool = False) -> Any:
    fact = catalogue.fact(measure.fact)
    rows = fact.rows.filter(
        **{fact.client_field: OuterRef("client_id"), link_of(fact): OuterRef("line_shift_id")}
    ).filter(resolve(measure.where, question))
    for name, values in measure.only.items():
        split = {f"split_{name}": resolve(catalogue.split_of(fact, name), question)}
        rows = rows.alias(**split).filter(**{f"split_{name}__in": values})
    if estimated and measure.estimated is not None:
        rows = rows.filter(resolve(measure.estimated, question))
    return rows


def link_of(fact: Fact) -> str:
    return "pk" if fact.line_shift == "pk" else f"{fact.line_shift}_id"
