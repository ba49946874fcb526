"""From a question to figures: sums from the database, divided by the judge and nowhere else."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from django.apps import apps

from kpis.answers import Judge
from kpis.asof import now_of
from kpis.contract import ContractBook
from kpis.declarations import Kpi, Measure
from kpis.dimensions import ALIASES, DATES, DIMENSIONS
from kpis.figures import Figure
from kpis.groups import GroupKey, grouped
from kpis.periods import Period
from kpis.plans import known_apart, plans, run_all
from kpis.queries import Question
from kpis.registry import catalogue
from kpis.rights import permitted
from kpis.sheets import Cell, Row, Sheet
from kpis.statements import rows_of_all


class NotOffered(ValueError):
    """A figure was asked for by something it is not known by; the text is for people."""


def evaluate(
    keys: Sequence[str],
    clients: Iterable[Any],
    period: Period,
    *,
    filters: Mapping[str, Iterable[Any]] | None = None,
    by: Sequence[str] | str = (),
    as_of: date | None = None,
    book: ContractBook | None = None,
) -> list[Figure]:
    """The figures of these KPIs or measures, in total or by one or two dimensions.

    Without `by` there is exactly one figure per key, with a reason where there is no value.
    `as_of` a past day, everything is taken as it was known at the end of that day.
    """
    question = ask(clients, period, filters=filters, by=by, as_of=as_of, book=book)
    refuse_unknown(keys, question)
    found: dict[str, list[Figure]] = {}
    for days in dict.fromkeys(window_of(key) for key in keys):
        own = [key for key in keys if window_of(key) == days]
        found |= _figures(own, replace(question, period=period.ending(days)))
    return [figure for key in keys for figure in found[key]]


def _figures(keys: Sequence[str], question: Question) -> dict[str, list[Figure]]:
    groups = grouped(answer(keys, question), question)
    judge = Judge(question, keys)
    return {
        key: [figure for group, cell in groups for figure in judge.figures(key, group, cell)]
        for key in keys
    }


def window_of(key: str) -> int:
    each = catalogue.find(key)
    return each.window_days if isinstance(each, Kpi) else 0


def offered(keys: Iterable[str], by: Sequence[str] | str) -> list[str]:
    """Those of the keys that are known by these dimensions."""
    wanted = set(_dimensions(by))
    return [key for key in keys if wanted <= set(catalogue.dimensions_of(key))]


def ask(
    clients: Iterable[Any],
    period: Period,
    *,
    filters: Mapping[str, Iterable[Any]] | None = None,
    by: Sequence[str] | str = (),
    as_of: date | None = None,
    now: datetime | None = None,
    marks: tuple[str, ...] = (),
    since: date | None = None,
    book: ContractBook | None = None,
) -> Question:
    """The question in the words of the engine. A page that asks several reads the book once."""
    ids = tuple(sorted({each if isinstance(each, int) else each.pk for each in clients}))
    chosen = {ALIASES.get(name, name): tuple(values) for name, values in (filters or {}).items()}
    for name in chosen:
        if name not in DIMENSIONS:
            raise NotOffered(f"Unknown filter “{name}”.")
        if name in DATES:
            raise NotOffered("Choose days by the period.")
    dimensions = _dimensions(by)
    refuse_forbidden((*dimensions, *chosen))
    return Question(
        clients=ids,
        period=period,
        filters={name: values for name, values in chosen.items() if values},
        by=dimensions,
        now=now or now_of(ids, as_of),
        book=book or ContractBook.load(ids),
        week_start=_week_start(ids) if "week" in dimensions else 1,
        marks=marks,
        since=since,
        as_of=as_of,
    )


def refuse_forbidden(dimensions: Iterable[str]) -> None:
    """Raises NotOffered for what the person may not ask by, before any of its codes is looked up:
    the answer must not tell which codes there are."""
    for name in dimensions:
        if not permitted(DIMENSIONS[name].right):
            raise NotOffered(f"You may not see figures by {DIMENSIONS[name].label.lower()}.")


def _dimensions(by: Sequence[str] | str) -> tuple[str, ...]:
    names = (by,) if isinstance(by, str) else tuple(by)
    known = tuple(ALIASES.get(name, name) for name in names if name)
    for name in known:
        if name not in DIMENSIONS:
            raise NotOffered(f"Unknown dimension “{name}”.")
    if len(known) > 2 or len(set(known)) < len(known):
        raise NotOffered("Choose one or two different dimensions.")
    return known


def _week_start(ids: tuple[int, ...]) -> int:
    """The clients' own first weekday; Monday where they disagree."""
    starts = set(
        apps.get_model("clients.Client")
        .objects.filter(pk__in=ids)
        .values_list("week_start", flat=True)
    )
    return starts.pop() if len(starts) == 1 else 1


def refuse_unknown(keys: Iterable[str], question: Question) -> None:
    for key in keys:
        each = catalogue.find(key)
        known = catalogue.dimensions_of(key)
        for name in (*question.by, *question.filters):
            if name not in known:
                raise NotOffered(f"{each.label} is not known by {DIMENSIONS[name].label.lower()}.")
        for measure in catalogue.base_measures(key):
            if apart := known_apart(measure, question):
                names = " and ".join(DIMENSIONS[name].label.lower() for name in apart)
                raise NotOffered(f"{each.label} is not known by {names} together.")


def answer(keys: Iterable[str], question: Question) -> dict[GroupKey, Cell]:
    """The sums of all measures behind the keys, per group."""
    measures: dict[str, Measure] = {}
    for key in keys:
        # Refused here as well: some screens ask for sums without naming their question.
        catalogue.find(key)
        measures |= {
            each.key: each
            for each in catalogue.needed(key)
            if all(catalogue.knows(each, name) for name in question.dimensions)
        }
    later = [each for each in measures.values() if each.left_out_of]
    for each in later:
        measures |= {one.key: one for one in catalogue.base_measures(each.left_out_of)}
    cells: defaultdict[GroupKey, Cell] = defaultdict(Cell)
    taken = _take([each for each in measures.values() if not each.left_out_of], question, cells)
    _take([each for each in later if _leaves_out(each.left_out_of, taken)], question, cells)
    return dict(cells)


def answer_all(asked: Sequence[tuple[str, Question]]) -> list[dict[GroupKey, Cell]]:
    """The sums behind one key of each question, which has few groups: all at one asking."""
    wanted = [
        (place, plan)
        for place, (key, question) in enumerate(asked)
        for plan in plans(catalogue.base_measures(key), question)
    ]
    cells: list[defaultdict[GroupKey, Cell]] = [defaultdict(Cell) for _each in asked]
    sent = [(plan.prepared(), plan.question) for _place, plan in wanted]
    for (place, _plan), (statement, _q), rows in zip(wanted, sent, rows_of_all(sent), strict=True):
        for row in rows:
            cells[place][row[: statement.sheet.groups]].take(statement.sheet, row)
    return [dict(each) for each in cells]


def _take(
    measures: Iterable[Measure], question: Question, cells: defaultdict[GroupKey, Cell]
) -> list[tuple[Sheet, list[Row]]]:
    taken = list(run_all(plans(measures, question)))
    for sheet, rows in taken:
        for row in rows:
            cells[row[: sheet.groups]].take(sheet, row)
    return taken


def _leaves_out(key: str, taken: list[tuple[Sheet, list[Row]]]) -> bool:
    """Whether rows of a measure are left out of it; empty columns settle most answers."""
    for measure in catalogue.base_measures(key):
        for sheet, rows in taken:
            places = sheet.places.get(measure.key)
            if places is None or not any(row[each] for each in places.excluded for row in rows):
                continue
            if any(any(places.left_out(row)) for row in rows):
                return True
    return False
