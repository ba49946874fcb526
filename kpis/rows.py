"""The rows behind a figure: exactly those that were summed, and those that were left out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import F, Q, Sum

from kpis.aggregates import shared_amount
from kpis.contract import ContractBook
from kpis.declarations import Combined, Kpi, Measure, Product, Ratio, Unit
from kpis.engine import ask, refuse_unknown, window_of
from kpis.periods import Period
from kpis.plans import DIRECT, SHARED, Plan, plans
from kpis.queries import KIND, STANDARD, Question, resolve, value_of
from kpis.registry import catalogue


@dataclass(frozen=True)
class ExcludedRows:
    code: str
    reason: str
    rows: Any


@dataclass(frozen=True)
class MeasureRows:
    """One sum over one table, as part of a figure."""

    measure: str
    label: str
    unit: Unit
    sign: int
    # "numerator", "denominator", "both" or, of other figures, "input".
    role: str
    model: type[Any]
    # Each with its contribution as `amount`.
    rows: Any
    excluded: tuple[ExcludedRows, ...]

    def total(self) -> Decimal:
        """Of the sum, as the engine takes it."""
        found = self.rows.order_by().aggregate(total=Sum("amount"))["total"]
        return Decimal(found) if found is not None else Decimal(0)


def rows_of(
    key: str,
    clients: Iterable[Any],
    period: Period,
    *,
    filters: Mapping[str, Iterable[Any]] | None = None,
    as_of: date | None = None,
    book: ContractBook | None = None,
) -> list[MeasureRows]:
    """The rows of a KPI or measure, one entry for each sum that it is made of."""
    question = ask(clients, period.ending(window_of(key)), filters=filters, as_of=as_of, book=book)
    refuse_unknown([key], question)
    return [part for factor in _factors(key) for part in _parts(factor, question)]


def _factors(key: str) -> Iterator[str]:
    each = catalogue.find(key)
    if isinstance(each, Product):
        for factor in each.factors:
            yield from _factors(factor)
    else:
        yield key


def _parts(key: str, question: Question) -> Iterator[MeasureRows]:
    each = catalogue.find(key)
    standard = isinstance(each, Kpi) and each.standard_shifts and not question.by_shift_kind
    for measure, sign, role in _roles(each):
        for plan in plans([measure], question):
            yield _rows(plan, measure, sign, role, standard=standard)


def _roles(each: Kpi | Measure | Combined) -> list[tuple[Measure, int, str]]:
    if isinstance(each, Ratio):
        named = [("numerator", each.numerator), ("denominator", each.denominator)]
    elif isinstance(each, Kpi):
        named = [("input", key) for key in each.measures]
    else:
        named = [("input", each.key)]
    found: dict[tuple[str, int], tuple[Measure, int, str]] = {}
    for role, key in named:
        for measure, sign in catalogue.base_terms(key):
            before = found.get((measure.key, sign))
            found[measure.key, sign] = (measure, sign, "both" if before else role)
    return list(found.values())


def _rows(plan: Plan, measure: Measure, sign: int, role: str, *, standard: bool) -> MeasureRows:
    question, fact = plan.question, plan.fact
    rows = plan.rows()
    if standard:
        rows = rows.alias(kind=value_of(fact, None, KIND, question)).filter(kind=STANDARD)
    everything = rows
    # Of time that is shared out, the sub-query chooses the rows.
    chosen = {} if plan.mode == SHARED else measure.only
    for number, (name, values) in enumerate(chosen.items()):
        split = {f"split_{number}": resolve(catalogue.split_of(fact, name), question)}
        rows = rows.alias(**split).filter(**{f"split_{number}__in": values})
    if plan.mode == SHARED:
        used = rows.annotate(amount=shared_amount(measure, question))
    else:
        amount = resolve(measure.amount, question)
        where = resolve(measure.where, question)
        used = rows.filter(where).annotate(amount=F(amount) if isinstance(amount, str) else amount)
    return MeasureRows(
        measure.key, measure.label, measure.unit, sign, role, rows.model, used,
        tuple(_excluded(plan, measure, rows, everything)),
    )  # fmt: skip


def _excluded(plan: Plan, measure: Measure, rows: Any, everything: Any) -> Iterator[ExcludedRows]:
    if plan.mode != DIRECT:
        return
    for each in measure.exclusions:
        left_out: Q = resolve(each.rows, plan.question)
        among = everything if each.outside else rows
        yield ExcludedRows(each.code, each.many, among.filter(left_out))
