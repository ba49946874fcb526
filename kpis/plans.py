"""From measures to queries: one grouped query per table of facts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from django.db.models import BooleanField, Case, CharField, DateField, F, Q, Value, When
from django.db.models.functions import Cast

from kpis.aggregates import direct_aggregates, link_of, shared_aggregates
from kpis.declarations import Fact, Measure
from kpis.dimensions import DATES, DIMENSIONS
from kpis.queries import (
    KIND,
    Question,
    filtered,
    resolve,
    rows_in_question,
    running,
    value_of,
)
from kpis.registry import catalogue
from kpis.sheets import Places, Row, Sheet
from kpis.statements import Statement, rows_of_all, statement_for

DIRECT, SHARED, REST = "direct", "shared", "rest"
CODE, NAME = NAMES = ("code", "name")
"""Marks of a question by one dimension: what its rows are called rides in the same query."""


@dataclass
class Plan:
    """One query: a table, the way its dimensions are found, and the measures taken from it."""

    fact: Fact
    mode: str
    question: Question
    measures: list[Measure] = field(default_factory=list)

    def run(self) -> tuple[Sheet, list[Row]]:
        statement = self.prepared()
        return statement.sheet, statement.rows(self.question)

    def prepared(self) -> Statement:
        shape = (self.fact, self.mode, *self.measures)
        return statement_for(shape, self.question, self._statement)

    def _statement(self, question: Question) -> Statement:
        return replace(self, question=question).statement()

    def statement(self) -> Statement:
        keys = self._keys()
        aggregates = [self._aggregates(measure) for measure in self.measures]
        # Equal aggregates are computed once, whoever asks for them; minima stand behind sums.
        sums = _distinct(aggregates, minima=False)
        columns = [*sums, *_distinct(aggregates, minima=True)]
        names = [*keys, *(f"c{number}" for number in range(len(columns)))]
        places = {column: len(keys) + number for number, column in enumerate(columns)}
        sheet = Sheet(
            groups=sum(name.startswith("g") for name in keys),
            keys=len(keys),
            sums=len(sums),
            kind=names.index("s_shift_kind") if "s_shift_kind" in keys else None,
            places={
                measure.key: self._places(measure, names, {part: places[each] for part, each in of})
                for measure, of in zip(
                    self.measures, (each.items() for each in aggregates), strict=True
                )
            },
        )
        rows = self.rows().order_by().values(**keys)
        rows = rows.annotate(**dict(zip(names[len(keys) :], columns, strict=True)))
        return Statement.of(rows.values_list(*names), sheet)

    def rows(self) -> Any:
        """Of the table, before any measure chooses among them."""
        question, measure = self.question, self.measures[0]
        rows = filtered(
            rows_in_question(self.fact, question), self.fact,
            None if self.mode == SHARED else measure, question,
        )  # fmt: skip
        if self.mode == SHARED:
            return rows.filter(line_shift__isnull=False)
        if self.mode == REST:
            link = link_of(self.fact)
            return rows.exclude(**{f"{link}__in": catalogue.sharing.has_rows(question)})
        return rows

    def _keys(self) -> dict[str, Any]:
        question, keys = self.question, {}
        for number, dimension in enumerate(question.by):
            keys[f"g{number}"] = self._key(dimension)
        for number, mark in enumerate(question.marks, len(question.by)):
            keys[f"g{number}"] = self._mark(mark)
        if not question.by_shift_kind and self.fact.knows(KIND):
            keys["s_shift_kind"] = value_of(self.fact, None, KIND, question)
        for name in sorted(self._splits()):
            keys[f"s_{name}"] = resolve(catalogue.split_of(self.fact, name), question)
        return keys

    def _splits(self) -> set[str]:
        """Of time that is shared out, the sub-queries choose the rows."""
        if self.mode == SHARED:
            return set()
        return {name for each in self.measures for name in each.splits}

    def _key(self, dimension: str) -> Any:
        measure = self.measures[0]
        if self.mode == REST and not _knows_itself(measure, dimension):
            return Value(None, output_field=CharField())
        key = value_of(
            self.fact, None if self.mode == SHARED else measure, dimension, self.question
        )
        if "current" not in self.question.marks or self.fact.standing:
            return key
        # Of the time before, only the total is asked for.
        current = Case(When(self._is_current(), then=key), default=None)
        return Cast(current, DateField()) if dimension in DATES else current

    def _mark(self, mark: str) -> Any:
        if mark == "running":
            return running(self.fact, self.question)
        if mark in NAMES:
            return F(self._named(mark))
        if self.fact.standing:
            return Value(True, output_field=BooleanField())
        return Case(When(self._is_current(), then=True), default=False, output_field=BooleanField())

    def _named(self, mark: str) -> str:
        """The path to the code or name of the row that is grouped by."""
        (dimension,) = self.question.by
        path, known = self.fact.dimensions[dimension], DIMENSIONS[dimension]
        return f"{path.removesuffix('_id')}__{known.code if mark == CODE else known.name}"

    def _is_current(self) -> Q:
        return Q(**{f"{self.fact.date_field}__gte": self.question.since})

    def _aggregates(self, measure: Measure) -> dict[str, Any]:
        if self.mode == SHARED:
            return shared_aggregates(measure, self.question)
        return direct_aggregates(measure, self.question)

    def _places(self, measure: Measure, names: list[str], places: dict[str, int]) -> Places:
        found = Places(
            measure,
            places["sum"],
            places["rows"],
            places.get("estimated"),
            places.get("doubtful"),
            places.get("confidence"),
            tuple(place for part, place in places.items() if part.startswith("x")),
        )
        if self.mode == SHARED:
            return found
        return found._replace(
            only=tuple((names.index(f"s_{name}"), values) for name, values in measure.only.items()),
            apart=names.index(f"s_{measure.apart}") if measure.apart else None,
            believed=names.index(f"s_{measure.believed.split}") if measure.believed else None,
        )


def _distinct(aggregates: list[dict[str, Any]], *, minima: bool) -> list[Any]:
    return list(
        dict.fromkeys(
            column
            for each in aggregates
            for part, column in each.items()
            if (part == "confidence") is minima
        )
    )


def _knows_itself(measure: Measure, dimension: str) -> bool:
    return dimension in measure.paths or catalogue.fact(measure.fact).knows(dimension)


def known_apart(measure: Measure, question: Question) -> tuple[str, ...]:
    """Two dimensions that no row knows together: a stop has a reason, and output has a part."""
    shared = [name for name in question.dimensions if not _knows_itself(measure, name)]
    if not shared:
        return ()
    rows = catalogue.fact(catalogue.sharing.fact)
    own = [name for name in question.dimensions if not rows.knows(name)]
    return (min(own), min(shared)) if own else ()


def plans(measures: Iterable[Measure], question: Question) -> list[Plan]:
    """As few queries as there are tables, and ways to the dimensions, among the measures."""
    found: dict[tuple[Any, ...], Plan] = {}
    for measure in measures:
        if not measure.acts(question):
            continue
        fine = [each for each in question.dimensions if not _knows_itself(measure, each)]
        for mode, fact in _modes(measure, fine, question):
            paths = tuple(sorted(measure.paths.get(each, "") for each in question.dimensions))
            plan = found.setdefault(
                (fact.key, mode, () if mode == SHARED else paths), Plan(fact, mode, question)
            )
            plan.measures.append(measure)
    return list(found.values())


def run_all(found: Iterable[Plan]) -> Iterator[tuple[Sheet, list[Row]]]:
    """What stands beside the rows of the shifts, orders and holds, has few rows to a group: all of
    it is asked for at once."""
    beside = []
    for plan in found:
        if plan.fact.is_of_the_floor:
            yield plan.run()
        else:
            beside.append((plan.prepared(), plan.question))
    if beside:
        sheets = (statement.sheet for statement, _question in beside)
        yield from zip(sheets, rows_of_all(beside), strict=True)


def _modes(measure: Measure, fine: list[str], question: Question) -> Iterator[tuple[str, Fact]]:
    fact = catalogue.fact(measure.fact)
    if not fine:
        yield DIRECT, fact
        return
    yield SHARED, catalogue.fact(catalogue.sharing.fact)
    # Time of line-shifts without output belongs to no order or part, but to the total.
    if not any(each in question.filters for each in fine):
        yield REST, fact


def names_ride_along(key: str, dimension: str) -> bool:
    """Whether the rows of a measure point to what they are grouped by, and so know its name."""
    known = DIMENSIONS.get(dimension)
    if known is None or known.kind != "row":
        return False
    facts = {measure.fact for measure, _sign in catalogue.base_terms(key)}
    return all(_points_to(catalogue.fact(each), dimension) for each in facts)


def _points_to(fact: Fact, dimension: str) -> bool:
    path = fact.dimensions.get(dimension)
    return isinstance(path, str) and path.endswith("_id")
