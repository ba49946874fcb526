"""SQL of one shape, made once and filled in for each question.

Making the SQL of a page takes longer than running it, and its shape is always the same. A text is
made for a blank question in a blank scope: every client, day and instant in it is a blank, so no
text knows anybody's. Filling in reads the scope anew each time, as the managers do, and the
policies of the database stand under it as under any query.

Whatever asks a blank for more than its place, such as a rule that counts days, is refused; that
question then gets a text of its own, which nobody keeps.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable, Container, Hashable, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connections
from django.db.models import QuerySet

from clients.scope import blank_scope, current_scope
from kpis.contract import RULES, Agreed, ContractBook
from kpis.dimensions import DATES, DIMENSIONS
from kpis.once import gathered_in_front
from kpis.periods import Period
from kpis.queries import Question
from kpis.sheets import Row, Sheet

# No id and no day is ever as far away as a blank.
FIRST_ID = -7_000_000_000_000_000
FIRST_DAY = datetime.date(9000, 1, 1).toordinal()
# Of the question itself; those of its contract stand behind.
MOST_BLANKS = 50_000
MOST_TEXTS = 1000


class NotBlank(Exception):
    """A declaration made something of a value that is only known later."""


def _refused(*_arguments: Any) -> Any:
    raise NotBlank


class _Blank:
    """Has a type and a place, and nothing that could be computed with."""

    __lt__ = __le__ = __gt__ = __ge__ = _refused
    __add__ = __radd__ = __sub__ = __rsub__ = __str__ = __format__ = _refused
    replace = isoformat = strftime = toordinal = timestamp = _refused
    year = month = day = property(_refused)


class Day(_Blank, datetime.date):  # type: ignore[misc]
    """A day that is not known yet."""


class Instant(_Blank, datetime.datetime):  # type: ignore[misc]
    """A time that is not known yet; its day is a blank as well."""

    def date(self) -> Day:
        return _blank_day(TODAY)


def _in_order(pairs: list[tuple[str, Any]]) -> list[Any]:
    return [value for _name, value in pairs]


def _time_of(text: str) -> datetime.date:
    whole_day = len(text) == len("2025-12-31")
    return (datetime.date if whole_day else datetime.datetime).fromisoformat(text)


@dataclass
class Statement:
    """A text with its values, some of them blanks, and how its answer is read."""

    sql: str
    values: list[Any]
    sheet: Sheet
    # What Django makes of single group keys, such as a day of an instant.
    converters: list[tuple[int, list[Any], Any]]
    using: str
    # Where in the values something is to be filled in.
    blanks: list[tuple[int, Any]] | None = None

    @classmethod
    def of(cls, rows: QuerySet[Any], sheet: Sheet) -> Statement:
        compiler = rows.query.get_compiler(using=rows.db)
        try:
            with gathered_in_front() as front:
                sql, values = compiler.as_sql()
        except EmptyResultSet:
            return cls("", [], sheet, [], rows.db)
        sql, values = front.before(sql, values)
        keys = [expression for expression, _sql, _alias in compiler.select[: sheet.keys]]
        found = compiler.get_converters(keys)
        converters = [(place, calls, expression) for place, (calls, expression) in found.items()]
        return cls(sql, values, sheet, converters, rows.db)

    def rows(self, question: Question) -> list[Row]:
        if not self.sql:
            return []
        connection = connections[self.using]
        with connection.cursor() as cursor:
            cursor.execute(self.sql, self._filled(question))
            rows = cursor.fetchall()
        if not self.converters:
            return rows  # type: ignore[no-any-return]
        return [tuple(self._converted(list(row), connection)) for row in rows]

    def _converted(self, row: list[Any], connection: Any) -> list[Any]:
        for place, calls, expression in self.converters:
            for call in calls:
                row[place] = call(row[place], expression, connection)
        return row

    def _read(self, text: str, question: Question, connection: Any) -> Row:
        """A row out of its text: days are days again, and what is exact stays exact."""
        row: list[Any] = json.loads(text, parse_float=Decimal, object_pairs_hook=_in_order)
        for place, dimension in enumerate(question.by):
            if dimension in DATES and row[place] is not None:
                row[place] = _time_of(row[place])
        for place in range(self.sheet.keys + self.sheet.sums, len(row)):
            row[place] = None if row[place] is None else Decimal(row[place])
        return tuple(self._converted(row, connection))

    def _filled(self, question: Question) -> list[Any]:
        if self.blanks is None:
            return self.values
        known = dict(_pairs(question))
        filled = list(self.values)
        for place, blank in self.blanks:
            filled[place] = _scope_ids() if blank == SCOPE else known[blank]
        return filled


def rows_of_all(asked: Sequence[tuple[Statement, Question]]) -> list[list[Row]]:
    """The rows of each, at one asking: as texts, so only for answers of few rows."""
    found: list[list[Row]] = [[] for _each in asked]
    sent = [(place, *each) for place, each in enumerate(asked) if each[0].sql]
    if len(sent) < 2:
        return [statement.rows(question) for statement, question in asked]
    connection = connections[sent[0][1].using]
    values = [value for _p, statement, question in sent for value in statement._filled(question)]
    sql = " UNION ALL ".join(
        f"SELECT {place}, row_to_json(each)::text FROM ({statement.sql}) each"  # noqa: S608
        for place, statement, _question in sent
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        for place, text in cursor.fetchall():
            statement, question = asked[place]
            found[place].append(statement._read(text, question, connection))
    return found


# -- blanks --------------------------------------------------------------------------------------

SCOPE = "scope"
# Of the blank days, the one of the present instant.
TODAY = 2
_texts: dict[Hashable, Statement] = {}
# Which rules of the KPI contract the texts of a shape read, as far as it has been made.
_rules_read: dict[Hashable, frozenset[str]] = {}


def statement_for(
    shape: Hashable, question: Question, make: Callable[[Question], Statement]
) -> Statement:
    """The text of this shape; made anew where the question cannot be made without its values."""
    if question.book.proposed or _words_of_people(question):
        return make(question)
    shape = (shape, *_shape_of(question))
    found = _texts.get((shape, _rules_of(shape, question)))
    if found is None:
        if len(_texts) >= MOST_TEXTS:
            _texts.pop(next(iter(_texts)))
        try:
            found = _blank_statement(shape, question, make)
        except NotBlank:
            return make(question)
        _texts[shape, _rules_of(shape, question)] = found
    return found


def _words_of_people(question: Question) -> bool:
    """Filters by what somebody typed: it would stand in a text that serves everybody."""
    return any(DIMENSIONS[name].kind == "text" for name in question.filters)


def _blank_statement(
    shape: Hashable, question: Question, make: Callable[[Question], Statement]
) -> Statement:
    book = _BlankBook(question)
    with blank_scope(_blank_scope()):
        statement = make(_blank_question(question, book))
    _rules_read[shape] = _rules_read.get(shape, frozenset()) | book.read
    statement.blanks = list(_blanks_in(statement.values, dict(_pairs(question))))
    return statement


def _shape_of(question: Question) -> tuple[Hashable, ...]:
    """All that changes the text itself, and not only a value in it."""
    return (
        question.by,
        question.marks,
        question.week_start,
        len(question.clients),
        question.since is None,
        question.as_of is None,
        len(current_scope().ids) == 1,
        tuple(
            (name, tuple(_shape_of_value(name, value) for value in values))
            for name, values in question.filters.items()
        ),
    )


def _rules_of(shape: Hashable, question: Question) -> tuple[Hashable, ...]:
    """The rules that a text of this shape follows: what other rules say changes nothing in it."""
    read = _rules_read.get(shape, ())
    return tuple(
        (place, json.dumps(each.value, sort_keys=True, default=str), each.end is None)
        for place, each in _rules(question)
        if each.key in read
    )


def _shape_of_value(dimension: str, value: Any) -> Any:
    """Words are the same for everybody and stay in the text; rows are filled in."""
    return value if value is None or DIMENSIONS[dimension].kind != "row" else ...


def _rules(question: Question) -> list[tuple[int, Agreed]]:
    """The agreed rules, each with a place of its own, which no rule of another key changes."""
    return [
        (first + number * len(RULES), each)
        for first, key in enumerate(RULES)
        for number, each in enumerate(question.book.overrides(key, question.period))
    ]


def _pairs(question: Question) -> Iterator[tuple[Any, Any]]:
    """Each blank of the question, and what belongs there."""
    ids = [*question.clients]
    asked = question.now.date(), question.since, question.as_of
    days = [question.period.first, question.period.end, *asked]
    for name, values in question.filters.items():
        if DIMENSIONS[name].kind == "row":
            ids += [value for value in values if value is not None]
    yield from ((_blank_id(number), value) for number, value in enumerate(ids))
    yield from ((_blank_day(number), value) for number, value in enumerate(days))
    for place, rule in _rules(question):
        client, first, end = _blanks_of_rule(place)
        yield from ((client, rule.client_id), (first, rule.first), (end, rule.end))
    yield _blank_instant(), question.now


def _blank_question(question: Question, book: ContractBook) -> Question:
    """The same question with a blank in each place, in the order of `_pairs`."""
    ids, days = _counted(_blank_id), _counted(_blank_day)
    clients = tuple(next(ids) for _ in question.clients)
    period = _blank_period(next(days), next(days))
    _today, since, as_of = next(days), next(days), next(days)
    filters = {
        name: tuple(
            next(ids) if value is not None and DIMENSIONS[name].kind == "row" else value
            for value in values
        )
        for name, values in question.filters.items()
    }
    return replace(
        question,
        clients=clients,
        period=period,
        filters=filters,
        now=_blank_instant(),
        since=None if question.since is None else since,
        as_of=None if question.as_of is None else as_of,
        book=book,
    )


class _BlankBook(ContractBook):
    """The rules of a question with blanks in their places; it remembers which were read."""

    def __init__(self, question: Question) -> None:
        rules = []
        for place, rule in _rules(question):
            client, first, end = _blanks_of_rule(place)
            rules.append(Agreed(client, rule.key, rule.value, first, end if rule.end else None))
        super().__init__(rules)
        self.read: set[str] = set()

    def value(self, client_id: int, key: str, on: datetime.date) -> Any:
        self.read.add(key)
        return super().value(client_id, key, on)

    def overrides(self, key: str, period: Period) -> list[Agreed]:
        """Chosen by the real period already."""
        self.read.add(key)
        return [each for each in self._agreed if each.key == key]


def _counted[T](blank: Callable[[int], T]) -> Iterator[T]:
    number = 0
    while True:
        yield blank(number)
        number += 1


def _blank_id(number: int) -> int:
    return FIRST_ID - number


def _blank_day(number: int) -> Day:
    return Day.fromordinal(FIRST_DAY + number)


def _blanks_of_rule(place: int) -> tuple[int, Day, Day]:
    """Its client, its first day and its end, beyond the blanks of the question itself."""
    client = _blank_id(MOST_BLANKS + place)
    return client, _blank_day(MOST_BLANKS + 2 * place), _blank_day(MOST_BLANKS + 2 * place + 1)


def _blank_instant() -> Instant:
    return Instant(9000, 1, 1, tzinfo=datetime.UTC)


def _blank_period(first: Day, end: Day) -> Period:
    """Not compared with one another, as a period otherwise is."""
    period = object.__new__(Period)
    object.__setattr__(period, "first", first)
    object.__setattr__(period, "end", end)
    return period


def _blank_scope() -> frozenset[int]:
    """One client or several, as the real scope has: their texts differ."""
    several = len(current_scope().ids) != 1
    return frozenset(FIRST_ID // 2 - number for number in range(1 + several))


def _blanks_in(values: list[Any], known: Container[Any]) -> Iterator[tuple[int, Any]]:
    """Where the blanks are. What was computed from one in spite of all is refused."""
    scope = _blank_scope()
    for place, value in enumerate(values):
        if value == sorted(scope) or (len(scope) == 1 and value in scope):
            yield place, SCOPE
        elif isinstance(value, (list, datetime.date)) or _is_far_away(value):
            if isinstance(value, list) or value not in known:
                raise NotBlank
            yield place, value


def _is_far_away(value: Any) -> bool:
    return isinstance(value, int) and abs(value) > -FIRST_ID // 8


def _scope_ids() -> Any:
    ids = sorted(current_scope().ids)
    return ids[0] if len(ids) == 1 else ids
