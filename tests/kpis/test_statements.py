"""A text of SQL is made once for everybody, and holds nothing of anybody."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from django.db import connection
from django.db.models import Q
from django.test.utils import CaptureQueriesContext

from clients.models import Client
from clients.scope import NoClientScope, client_scope
from kpis import statements
from kpis.contract import Agreed, ContractBook
from kpis.declarations import Measure, Unit
from kpis.engine import ask, evaluate
from kpis.periods import Period
from kpis.plans import Plan
from kpis.registry import catalogue
from kpis.statements import Statement
from tests.production.factories import make_entry, make_floor

DAY = datetime.date(2025, 12, 2)
PERIOD = Period.days(DAY, DAY)


@pytest.fixture(autouse=True)
def texts() -> Iterator[dict[Any, Statement]]:
    """None yet, and none left behind."""
    statements._texts.clear()
    statements._rules_read.clear()
    yield statements._texts
    statements._texts.clear()


def produce(client: Client, units: int) -> None:
    with client_scope([client]):
        make_entry(make_floor(client), shift_date=DAY, total_units=units)


def units_of(client: Client, period: Period = PERIOD, **asked: Any) -> list[Any]:
    return [each.value for each in evaluate(["total_units"], [client], period, **asked)]


def test_one_text_serves_two_clients_with_their_own_rows(
    acme: Client, acme_2: Client, texts: dict[Any, Statement]
) -> None:
    produce(acme, 320)
    produce(acme_2, 111)
    with client_scope([acme]):
        assert units_of(acme) == [320]
    with client_scope([acme_2]):
        assert units_of(acme_2) == [111]
        assert units_of(acme) == [None]
    assert len(texts) == 1


def test_a_text_knows_no_client_and_no_day(acme: Client, texts: dict[Any, Statement]) -> None:
    with client_scope([acme]):
        units_of(acme)
        (text,) = texts.values()
        filled = text._filled(ask([acme], PERIOD))
        places = [place for place, _blank in text.blanks or ()]
        assert [filled[place] for place in places] == [acme.pk, acme.pk, DAY, PERIOD.end]
    assert acme.pk not in text.values
    assert DAY not in text.values


def test_the_scope_is_read_when_the_text_is_filled_in(acme: Client, acme_2: Client) -> None:
    produce(acme_2, 111)
    with client_scope([acme_2]):
        assert units_of(acme_2) == [111]
    question = None
    with client_scope([acme, acme_2]):
        question = ask([acme_2], PERIOD)
    measure = catalogue.measure("total_units")
    assert isinstance(measure, Measure)
    plan = Plan(catalogue.fact("production_entry"), "direct", question, [measure])
    with pytest.raises(NoClientScope):
        plan.run()


def test_other_days_and_lines_are_filled_in_too(acme: Client, texts: dict[Any, Statement]) -> None:
    with client_scope([acme]):
        floor = make_floor(acme)
        make_entry(floor, shift_date=DAY, total_units=320)
        make_entry(floor, shift_date=DAY + datetime.timedelta(days=1), total_units=7)
        following = Period.days(PERIOD.end, PERIOD.end)
        assert units_of(acme) == [320]
        assert units_of(acme, following) == [7]
        assert units_of(acme, filters={"line": [floor.line.pk]}) == [320]
        assert units_of(acme, filters={"line": [floor.line.pk + 1]}) == [None]
        assert units_of(acme, filters={"line": [None]}) == [None]
    assert len(texts) == 3


def test_rules_of_a_contract_are_filled_in(acme: Client, texts: dict[Any, Statement]) -> None:
    with client_scope([acme]):
        question = ask([acme], PERIOD)
        measure = catalogue.measure("good_units")
        assert isinstance(measure, Measure)
        for end in (DAY, PERIOD.end):
            book = ContractBook([Agreed(acme.pk, "yield_rule", "REWORK_AS_GOOD", DAY, end)])
            asked = replace(question, book=book)
            plan = Plan(catalogue.fact("inspection"), "direct", asked, [measure])
            with CaptureQueriesContext(connection) as captured:
                plan.run()
            assert captured.captured_queries[0]["sql"].count(f"'{PERIOD.end}'::date") == (
                2 if end == PERIOD.end else 1
            )


def test_only_rules_that_a_text_reads_make_another_one(
    acme: Client, texts: dict[Any, Statement]
) -> None:
    measures = [catalogue.measure(key) for key in ("good_units", "ppm_units_inspected")]
    first = [Agreed(acme.pk, "yield_rule", "REWORK_AS_GOOD", DAY, None)]
    for number, rules in [
        (1, first),
        (1, [*first, Agreed(acme.pk, "otd_mode", "OTHER", DAY, None)]),
        (1, [Agreed(acme.pk, "otd_mode", "OTHER", DAY, PERIOD.end), *first]),
        (2, [*first, Agreed(acme.pk, "ppm_base", "PRODUCED", DAY, None)]),
        (3, [Agreed(acme.pk, "yield_rule", "PARTIAL_CREDIT", DAY, None)]),
        (4, []),
    ]:
        with client_scope([acme]):
            asked = replace(ask([acme], PERIOD), book=ContractBook(rules))
            Plan(catalogue.fact("inspection"), "direct", asked, measures).run()  # type: ignore[arg-type]
        assert len(texts) == number


def test_what_computes_with_a_day_gets_a_text_that_nobody_keeps(
    acme: Client, texts: dict[Any, Statement]
) -> None:
    produce(acme, 320)
    counting = Measure(
        "since_yesterday", "Since yesterday", Unit.UNITS, "production_entry", "total_units",
        where=lambda question: Q(
            shift_date__gt=question.period.first - datetime.timedelta(days=1)
        ),
    )  # fmt: skip
    with client_scope([acme]):
        question = ask([acme], PERIOD)
        plan = Plan(catalogue.fact("production_entry"), "direct", question, [counting])
        sheet, rows = plan.run()
    assert [row[sheet.places["since_yesterday"].total] for row in rows] == [320]
    assert texts == {}


def test_what_many_conditions_look_up_is_gathered_once(acme: Client) -> None:
    produce(acme, 320)
    with client_scope([acme]), CaptureQueriesContext(connection) as asked:
        minutes, _people = evaluate(["shift_minutes", "inferred_person_hours"], [acme], PERIOD)
    (text,) = [each["sql"] for each in asked if 'FROM "plant_lineshift"' in each["sql"]]
    # Of output, stops, attendance and floaters.
    assert text.count('SELECT DISTINCT * FROM (SELECT "U0"."line_shift_id"') == 4
    assert minutes.value == 540


@pytest.mark.parametrize("by", [(), ("day",), ("week",), ("line", "month"), ("work_order",)])
def test_several_answers_at_one_asking_are_those_of_each(acme: Client, by: Any) -> None:
    produce(acme, 320)
    with client_scope([acme]):
        question = ask([acme], PERIOD, by=by)
        keys = ("total_units", "earned_hours")
        plans = [
            Plan(catalogue.fact("production_entry"), "direct", question, [catalogue.measure(key)])
            for key in keys
        ]
        each = [plan.run()[1] for plan in plans]
        asked = [(plan.prepared(), question) for plan in plans]
        with CaptureQueriesContext(connection) as sent:
            together = statements.rows_of_all(asked)
    assert len(sent) == 1
    assert len(each[0]) == 1
    assert together == each
    # Down to the type: what is exact stays exact, and days are days.
    assert [[type(value) for value in row] for row in together[0]] == [
        [type(value) for value in row] for row in each[0]
    ]
