"""Every number the product knows, once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ImproperlyConfigured

from kpis.declarations import (
    Activity,
    Combined,
    Fact,
    Known,
    Kpi,
    Measure,
    Product,
    Ratio,
    Sharing,
    Split,
)
from kpis.dimensions import DATES, DIMENSIONS
from kpis.rights import permitted

if TYPE_CHECKING:
    from kpis.figures import Group
    from kpis.queries import Question

type AnyMeasure = Measure | Combined


class UnknownKey(KeyError):
    """No measure or KPI has this key."""

    def __str__(self) -> str:
        return f"Unknown KPI “{self.args[0]}”."


class Catalogue:
    def __init__(self) -> None:
        self._facts: dict[str, Fact] = {}
        self._measures: dict[str, AnyMeasure] = {}
        self._kpis: dict[str, Kpi] = {}
        self._activities: dict[str, Activity] = {}
        self._sharings: dict[str, Sharing] = {}
        self._splits: dict[tuple[str, str], Split] = {}
        self._known: Callable[[Question, tuple[Group, ...]], Known] | None = None
        self._terms: dict[str, tuple[tuple[Measure, int], ...]] = {}
        self._sums: dict[tuple[str, ...], tuple[Measure, ...]] = {}

    def register(self, *declared: Fact | AnyMeasure | Kpi | Activity | Sharing | Split) -> None:
        for each in declared:
            if isinstance(each, Split):
                self._splits[each.fact, each.name] = each
            elif isinstance(each, Sharing):
                _add(self._sharings, each.key, each)
            elif isinstance(each, Fact):
                _add(self._facts, each.key, each)
            elif isinstance(each, Activity):
                _add(self._activities, each.key, each)
            elif isinstance(each, Kpi):
                _refuse_twice(each.key, self._measures)
                _add(self._kpis, each.key, each)
            else:
                _refuse_twice(each.key, self._kpis)
                _add(self._measures, each.key, each)

    def grade_by(self, known: Callable[[Question, tuple[Group, ...]], Known]) -> None:
        """Say how complete the data of a question are; without it only a C can be given."""
        self._known = known

    def known_of(self, question: Question, group: tuple[Group, ...]) -> Known:
        return self._known(question, group) if self._known else Known()

    def check(self) -> None:
        """A name that leads nowhere stops the start, not the first reader."""
        for measure in self._measures.values():
            if isinstance(measure, Combined):
                for key in measure.terms:
                    self.measure(key)
            else:
                self.fact(measure.fact)
        for kpi in self._kpis.values():
            for key in kpi.measures:
                self.measure(key)
            for key in kpi.factors if isinstance(kpi, Product) else ():
                self.kpi(key)

    def fact(self, key: str) -> Fact:
        return self._facts[key]

    def split_of(self, fact: Fact, name: str) -> Any:
        """The expression by which the rows of the fact are told apart."""
        return fact.splits[name] if name in fact.splits else self._splits[fact.key, name].value

    def measure(self, key: str) -> AnyMeasure:
        try:
            return self._measures[key]
        except KeyError:
            raise UnknownKey(key) from None

    def kpi(self, key: str) -> Kpi:
        try:
            return self._kpis[key]
        except KeyError:
            raise UnknownKey(key) from None

    def find(self, key: str) -> Kpi | AnyMeasure:
        """A KPI or measure that the person asking may know of; others are unknown."""
        each = self._kpis[key] if key in self._kpis else self.measure(key)
        if not isinstance(each, Combined) and not permitted(each.right):
            raise UnknownKey(key)
        return each

    def kpis(self) -> list[Kpi]:
        """Those that the person asking may know of."""
        return [each for each in self._kpis.values() if permitted(each.right)]

    def tiles(self) -> list[Kpi]:
        """Those that stand on the overview."""
        return [each for each in self.kpis() if each.tile]

    def measures(self) -> list[AnyMeasure]:
        return list(self._measures.values())

    def keys(self) -> list[str]:
        return list(self._kpis)

    @property
    def activities(self) -> dict[str, Activity]:
        return self._activities

    @property
    def sharing(self) -> Sharing:
        return self.sharing_of("clock")

    def sharing_of(self, key: str) -> Sharing:
        if key not in self._sharings:
            raise ImproperlyConfigured(f"No app says how “{key}” time is shared out to its rows.")
        return self._sharings[key]

    def base_terms(self, key: str) -> tuple[tuple[Measure, int], ...]:
        """The sums over rows that a measure is made of, with their signs."""
        if key not in self._terms:
            self._terms[key] = tuple(self._unfolded(key, 1))
        return self._terms[key]

    def sums_of(self, keys: tuple[str, ...]) -> tuple[Measure, ...]:
        """The sums behind several measures, in order, as often as they are named."""
        if keys not in self._sums:
            self._sums[keys] = tuple(each for key in keys for each, _sign in self.base_terms(key))
        return self._sums[keys]

    def _unfolded(self, key: str, sign: int) -> Iterator[tuple[Measure, int]]:
        measure = self.measure(key)
        if isinstance(measure, Measure):
            yield measure, sign
            return
        for part, factor in measure.terms.items():
            yield from self._unfolded(part, sign * factor)

    def base_measures(self, key: str) -> list[Measure]:
        """Of a KPI or a measure, without repetition."""
        found: dict[str, Measure] = {}
        for name in self._measure_keys(key):
            found |= {measure.key: measure for measure, _sign in self.base_terms(name)}
        return list(found.values())

    def needed(self, key: str) -> list[Measure]:
        """Its measures, and those that are only looked at: whether there was work at all."""
        found = {measure.key: measure for measure in self.base_measures(key)}
        each = self._kpis.get(key)
        if isinstance(each, Ratio) and each.assumed:
            found |= {one.key: one for one in self.base_measures(each.assumed.given)}
        return list(found.values())

    def _measure_keys(self, key: str) -> Iterator[str]:
        each = self.find(key)
        if isinstance(each, Product):
            for factor in each.factors:
                yield from self._measure_keys(factor)
        elif isinstance(each, Kpi):
            yield from each.measures
            if isinstance(each, Ratio) and each.iso:
                yield from each.iso.uses
        else:
            yield key

    def dimensions_of(self, key: str) -> tuple[str, ...]:
        """What all its inputs know, in the order of the list of dimensions."""
        measures, kpi = self.base_measures(key), self._kpis.get(key)
        chosen = kpi.known_by if kpi and kpi.known_by else DIMENSIONS
        return tuple(
            name
            for name in chosen
            if permitted(DIMENSIONS[name].right)
            and all(self.knows(each, name) for each in measures)
            and not (name in DATES and any(self.fact(each.fact).standing for each in measures))
        )

    def knows(self, measure: Measure, dimension: str) -> bool:
        if dimension in measure.paths or self.fact(measure.fact).knows(dimension):
            return True
        return measure.allocated and dimension in self.sharing_of(measure.sharing).dimensions


def _add[T](shelf: dict[str, T], key: str, each: T) -> None:
    _refuse_twice(key, shelf)
    shelf[key] = each


def _refuse_twice[T](key: str, shelf: dict[str, T]) -> None:
    if key in shelf:
        raise ImproperlyConfigured(f"“{key}” is declared twice.")


catalogue = Catalogue()


def kpi_choices() -> list[tuple[str, str]]:
    """What a target can be set for: not what only some people may know of."""
    return [(kpi.key, kpi.label) for kpi in catalogue.kpis() if kpi.right is None]


__all__ = ["Catalogue", "UnknownKey", "catalogue", "kpi_choices"]
