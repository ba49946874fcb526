"""From measures to SQL: one grouped query per table of facts.

Everything conditional is a FILTER of an aggregate, or a group key where the condition is costly.
Nothing is divided here, except when the clock time of a line-shift is shared out to its rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from django.apps import apps
from django.db.models import (
    BooleanField,
    Case,
    CharField,
    Count,
    DateField,
    DecimalField,
    Exists,
    ExpressionWrapper,
    F,
    Min,
    OuterRef,
    Q,
    Subquery,
    Sum,
    Value,
    When,
)
from django.db.models.functions import Cast, Coalesce, Trunc

from kpis.contract import ContractBook
from kpis.declarations import Believed, Depends, Fact, Measure
from kpis.dimensions import DATES, DIMENSIONS
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
    # Whether anybody reads how the figures come about.
    spoken: bool = True

    @property
    def dimensions(self) -> set[str]:
        return {*self.by, *self.filters}

    @property
    def by_shift_kind(self) -> bool:
        return KIND in self.dimensions

    def without_fine(self, fine: Iterable[str]) -> Question:
        return replace(self, by=tuple(each for each in self.by if each not in set(fine)))


def resolve[T](declared: Depends[T], question: Question) -> T:
    if callable(declared) and not hasattr(declared, "resolve_expression"):
        return declared(question)
    return declared  # type: ignore[return-value]


def exact(expression: Any) -> ExpressionWrapper:
    return ExpressionWrapper(expression, output_field=NUMBER)


# -- rows ----------------------------------------------------------------------------------------


def rows_in_question(fact: Fact, question: Question) -> Any:
    """The rows of the clients and days asked for, whatever is made of them."""
    return fact.rows.filter(
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
    return (
        rows_in_question(fact, question)
        .filter(line_shift__isnull=False)
        .order_by()
        .values("line_shift_id")
    )


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


# -- plans ---------------------------------------------------------------------------------------

DIRECT, SHARED, REST = "direct", "shared", "rest"


@dataclass
class Plan:
    """One query: a table, the way its dimensions are found, and the measures taken from it."""

    fact: Fact
    mode: str
    question: Question
    measures: list[Measure] = field(default_factory=list)

    def run(self) -> Iterator[tuple[tuple[Any, ...], Mapping[str, Any], list[Taken]]]:
        """(group, splits, what each measure takes) of each row of the answer."""
        keys = self._keys()
        columns, takers = self._columns(list(keys))
        names = [*keys, *columns]
        rows = self.rows().order_by().values(**keys).annotate(**columns).values_list(*names)
        # Group keys come first, splits follow them, sums are last.
        groups = sum(name.startswith("g") for name in keys)
        splits = [name.removeprefix("s_") for name in names[groups : len(keys)]]
        for row in rows:
            yield (
                row[:groups],
                dict(zip(splits, row[groups:], strict=False)),
                [taken for taker in takers if (taken := taker(row)) is not None],
            )

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
            link = _link(self.fact)
            return rows.exclude(**{f"{link}__in": catalogue.sharing.has_rows(question)})
        return rows

    def _keys(self) -> dict[str, Any]:
        question, keys = self.question, {}
        for number, dimension in enumerate(question.by):
            keys[f"g{number}"] = self._key(dimension)
        for number, mark in enumerate(question.marks, len(question.by)):
            keys[f"g{number}"] = self._mark(mark)
        if not question.by_shift_kind:
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
        if "current" not in self.question.marks:
            return key
        # Of the time before, only the total is asked for.
        current = Case(When(self._is_current(), then=key), default=None)
        return Cast(current, DateField()) if dimension in DATES else current

    def _mark(self, mark: str) -> Any:
        if mark == "running":
            return running(self.fact, self.question)
        return Case(When(self._is_current(), then=True), default=False, output_field=BooleanField())

    def _is_current(self) -> Q:
        return Q(**{f"{self.fact.date_field}__gte": self.question.since})

    def _columns(self, keys: list[str]) -> tuple[dict[str, Any], list[Taker]]:
        """Equal aggregates are computed once, whoever asks for them."""
        places: dict[Any, int] = {}

        def place_of(aggregate: Any) -> int:
            return places.setdefault(aggregate, len(keys) + len(places))

        takers = [self._taker(measure, keys, place_of) for measure in self.measures]
        return {f"c{place}": aggregate for aggregate, place in places.items()}, takers

    def _taker(self, measure: Measure, keys: list[str], place_of: Callable[[Any], int]) -> Taker:
        aggregates = (
            shared_aggregates(measure, self.question)
            if self.mode == SHARED
            else direct_aggregates(measure, self.question)
        )
        places = {part: place_of(each) for part, each in aggregates.items()}
        total, rows = places["sum"], places["rows"]
        estimated, doubtful = places.get("estimated"), places.get("doubtful")
        confidence = places.get("confidence")
        left_out = [place for part, place in places.items() if part.startswith("x")]
        chosen, believed = measure.only, measure.believed
        if self.mode == SHARED:
            chosen, believed = {}, None
        only = [(keys.index(f"s_{name}"), values) for name, values in chosen.items()]
        word = keys.index(f"s_{believed.split}") if believed else 0

        outside = [each.outside for each in measure.exclusions]

        def take(row: Any) -> Taken | None:
            for place, values in only:
                if row[place] not in values:
                    return left(row) if any(outside) else None
            excluded = tuple([row[place] for place in left_out])
            if not row[rows] and not any(excluded):
                return None
            if believed and row[word] in believed.confidence:
                trust = believed.confidence[row[word]]
                return Taken(measure, row[total], row[rows], row[rows], 0, trust, excluded)
            return Taken(
                measure,
                row[total],
                row[rows],
                0 if estimated is None else row[estimated],
                0 if doubtful is None else row[doubtful],
                None if confidence is None else row[confidence],
                excluded,
            )

        def left(row: Any) -> Taken | None:
            counts = [
                row[place] if out else 0 for place, out in zip(left_out, outside, strict=True)
            ]
            return Taken(measure, None, 0, 0, 0, None, tuple(counts)) if any(counts) else None

        return take


class Taken(NamedTuple):
    """What one measure takes from one row of the answer."""

    measure: Measure
    sum: Any
    rows: int
    estimated: int
    # Rows to which the measure's own confidence applies.
    doubtful: int
    confidence: Decimal | None
    excluded: tuple[int, ...]


type Taker = Callable[[Any], Taken | None]
"""None where the row of the answer has nothing of the measure."""


def direct_aggregates(measure: Measure, question: Question) -> dict[str, Any]:
    where = resolve(measure.where, question)
    aggregates: dict[str, Any] = {
        "sum": Sum(resolve(measure.amount, question), filter=where or None),
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
        "sum": Sum(shared_amount(measure, question)),
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
        .values(_link(fact))
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
        **{fact.client_field: OuterRef("client_id"), _link(fact): OuterRef("line_shift_id")}
    ).filter(resolve(measure.where, question))
    for name, values in measure.only.items():
        split = {f"split_{name}": resolve(catalogue.split_of(fact, name), question)}
        rows = rows.alias(**split).filter(**{f"split_{name}__in": values})
    if estimated and measure.estimated is not None:
        rows = rows.filter(resolve(measure.estimated, question))
    return rows


def _link(fact: Fact) -> str:
    return "pk" if fact.line_shift == "pk" else f"{fact.line_shift}_id"


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


def _modes(measure: Measure, fine: list[str], question: Question) -> Iterator[tuple[str, Fact]]:
    fact = catalogue.fact(measure.fact)
    if not fine:
        yield DIRECT, fact
        return
    yield SHARED, catalogue.fact(catalogue.sharing.fact)
    # Time of line-shifts without output belongs to no order or part, but to the total.
    if not any(each in question.filters for each in fine):
        yield REST, fact


def labels_of(dimension: str, ids: set[Any]) -> dict[Any, tuple[str, str]]:
    """Code and name of the rows a dimension names, in one query."""
    known = DIMENSIONS[dimension]
    model = apps.get_model(known.model)
    # A voided line or part keeps its name on the figures it was part of.
    manager = getattr(model, "with_voided", model._default_manager)
    found = manager.filter(pk__in=ids).values_list("pk", known.code, known.name)
    return {pk: (code, name) for pk, code, name in found}
