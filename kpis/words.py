"""A sum in words: of how many people, and how much of each, it is made."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import CharField, DecimalField, F, Sum, Value
from django.db.models.functions import Cast

from kpis.contract import ContractBook
from kpis.declarations import Kpi, Measure, Ratio, Spoken
from kpis.engine import ask
from kpis.figures import Figure, rounded
from kpis.periods import Period
from kpis.plans import DIRECT, Plan, plans
from kpis.queries import Question, resolve
from kpis.registry import catalogue

NUMBER = DecimalField(max_digits=30, decimal_places=10)
MOST = 6

type Kind = tuple[str, str, Decimal]
"""Measure, noun, and how much of each."""


def in_words(
    figure: Figure,
    clients: Iterable[Any],
    period: Period,
    *,
    filters: Mapping[str, Iterable[Any]] | None = None,
    as_of: date | None = None,
    book: ContractBook | None = None,
) -> list[str]:
    """ "108 h = 10 × 9 + 2 idle floaters × 9", from the rows, in one query for each such sum."""
    kpi = catalogue.find(figure.key)
    question = ask(clients, period, filters=filters, as_of=as_of, book=book)
    sums = {
        getattr(kpi, "numerator", ""): figure.numerator,
        getattr(kpi, "denominator", figure.key): figure.denominator or figure.numerator,
    }
    if isinstance(kpi, Kpi) and (not isinstance(kpi, Ratio) or kpi.standard_shifts):
        return []
    return [
        sentence
        for key, total in sums.items()
        if key and total is not None and (sentence := _sentence(key, total, question))
    ]


def _sentence(key: str, total: Decimal, question: Question) -> str:
    counted = _counted(key, question)
    if not counted:
        return ""
    kinds = sorted(counted, key=lambda kind: _place(key, kind, counted))
    shown, others = kinds[:MOST], kinds[MOST:]
    words = [_spoken(kind, counted[kind]) for kind in shown]
    if others:
        rest = sum((counted[kind] * kind[2] for kind in others), Decimal(0))
        words.append(f"{_plain(sum(counted[kind] for kind in others))} others with {_plain(rest)}")
    unit = catalogue.measure(key).unit
    said = sum((number * kind[2] for kind, number in counted.items()), Decimal(0))
    text = f"{_plain(total)} {unit} = {' + '.join(words)}"
    left = rounded(abs(total - said), 2)
    if Decimal(left.replace(",", "")) == 0:
        return text
    if total < said:
        return f"{text} − {_plain(said - total)} left out"
    return f"{text} + {_plain(total - said)} of others"


def _counted(key: str, question: Question) -> Counter[Kind]:
    """How many there are of each kind."""
    parts = [part for measure in _measures(key) for part in _parts(measure, question)]
    if not parts:
        return Counter()
    first, *others = parts
    found: Counter[Kind] = Counter()
    rows = first.union(*others, all=True).order_by() if others else first
    for measure, noun, each, number in rows:
        if number and each:
            found[measure, noun, Decimal(each)] += Decimal(number)  # type: ignore[assignment]
    return found


def _measures(key: str) -> Iterator[Measure]:
    for measure, _sign in catalogue.base_terms(key):
        if measure.spoken:
            yield measure


def _parts(measure: Measure, question: Question) -> Iterator[Any]:
    """Nothing where time is shared out to orders or parts: no person is there by halves."""
    for plan in plans([measure], question):
        if plan.mode == DIRECT and measure.spoken:
            yield _grouped(plan, measure, measure.spoken, question)


def _grouped(plan: Plan, measure: Measure, spoken: Spoken, question: Question) -> Any:
    rows = plan.rows().filter(resolve(measure.where, question))
    for name, values in measure.only.items():
        split = {f"split_{name}": resolve(catalogue.split_of(plan.fact, name), question)}
        rows = rows.alias(**split).filter(**{f"split_{name}__in": values})
    return (
        rows.annotate(noun=Cast(resolve(spoken.noun, question), CharField()))
        .filter(noun__in=list(spoken.words))
        .order_by()
        .values(
            measure=Value(measure.key),
            said=F("noun"),
            each=Cast(resolve(spoken.each, question), NUMBER),
        )
        .annotate(number=Cast(Sum(resolve(spoken.number, question)), NUMBER))
        .values_list("measure", "said", "each", "number")
    )


def _place(key: str, kind: Kind, counted: Counter[Kind]) -> tuple[Any, ...]:
    """In the order of the sum's parts and nouns; what most of them have comes first."""
    measure, noun, each = kind
    names = [one.key for one, _sign in catalogue.base_terms(key)]
    spoken: Any = catalogue.measure(measure).spoken  # type: ignore[union-attr]
    nouns = sorted(spoken.words, key=list(spoken.words).index)
    return names.index(measure), nouns.index(noun), -counted[kind], -each


def _spoken(kind: Kind, number: Decimal | int) -> str:
    measure, noun, each = kind
    spoken: Any = catalogue.measure(measure).spoken  # type: ignore[union-attr]
    one, many = spoken.words[noun]
    word = one if number == 1 else many
    return " × ".join((f"{_plain(number)} {word}".strip(), _plain(each)))


def _plain(value: Decimal | int) -> str:
    text = rounded(Decimal(value), 2)
    return text.rstrip("0").rstrip(".") if "." in text else text
