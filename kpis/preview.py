"""What a proposed rule would have made of the last thirty days."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from kpis.answers import Judge
from kpis.contract import Agreed
from kpis.engine import answer, ask
from kpis.figures import Figure
from kpis.periods import Period
from kpis.queries import Question
from kpis.registry import catalogue
from kpis.sums import Cell
from kpis.targets import TargetBook


@dataclass(frozen=True)
class Effect:
    label: str
    unit: str
    now: str
    then: str


def preview(assumption: Any) -> list[Effect]:
    """Of the figures that this rule acts on, those that would differ."""
    keys = [kpi.key for kpi in catalogue.kpis() if assumption.key in getattr(kpi, "rules", ())]
    client = assumption.client
    question = ask([client.pk], Period.up_to(client.today()))
    proposed = Agreed(
        client.pk, assumption.key, assumption.value, question.period.first, question.period.end
    )
    before = _figures(keys, question)
    after = _figures(keys, replace(question, book=question.book.proposing(proposed)))
    return [
        Effect(now.label, now.unit, now.display, then.display)
        for now, then in zip(before, after, strict=True)
        if now.value != then.value
    ]


def _figures(keys: Iterable[str], question: Question) -> list[Figure]:
    keys = list(keys)
    cell = answer(keys, question).get((), Cell())
    judge = Judge(question, keys, TargetBook())
    return [judge.figure(key, (), cell) for key in keys]
