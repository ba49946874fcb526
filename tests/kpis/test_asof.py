"""As of which day something is asked: one rule in Python, in SQL and in addresses."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from clients.models import Client
from clients.roles import Role
from clients.scope import client_scope
from kpis import statements
from kpis.asof import end_of_day, instant, today
from kpis.engine import ask, evaluate
from kpis.periods import Period
from plant.models import Line
from tests.production.factories import Floor, make_entry, make_floor

DAY = datetime.date(2025, 12, 7)
PERIOD = Period.days(DAY, DAY)


@pytest.fixture
def zones(acme: Client, acme_2: Client) -> Iterator[tuple[Line, Line]]:
    """A line in Madrid and one in Los Angeles, in the scope of both clients."""
    for client, zone in ((acme, "Europe/Madrid"), (acme_2, "America/Los_Angeles")):
        Client.unscoped.filter(pk=client.pk).update(timezone=zone)
    with client_scope([acme, acme_2]):
        for client in (acme, acme_2):
            client.refresh_from_db()
        yield make_floor(acme).line, make_floor(acme_2).line


def seen(lines: tuple[Line, Line], as_of: datetime.date | None) -> list[tuple[Any, Any]]:
    question = ask([line.client_id for line in lines], PERIOD, as_of=as_of)
    rows = Line.objects.filter(pk__in=[line.pk for line in lines]).order_by("pk")
    return list(rows.values_list(today(question), instant(question)))


def test_a_past_day_ends_for_each_client_in_its_own_zone(zones: tuple[Line, Line]) -> None:
    assert seen(zones, DAY) == [
        (DAY, datetime.datetime(2025, 12, 7, 22, 59, 59, 999999, datetime.UTC)),
        (DAY, datetime.datetime(2025, 12, 8, 7, 59, 59, 999999, datetime.UTC)),
    ]


@pytest.mark.parametrize("day", ["2025-03-09", "2025-03-30", "2025-10-26", "2025-11-02"])
def test_days_of_a_clock_change_end_at_midnight(zones: tuple[Line, Line], day: str) -> None:
    on = datetime.date.fromisoformat(day)
    ends = [end_of_day(on, line.client.zone) for line in zones]

    assert [at for _day, at in seen(zones, on)] == ends
    assert [at.astimezone(line.client.zone).date() for at, line in zip(ends, zones, strict=True)] \
        == [on, on]  # fmt: skip


@time_machine.travel("2025-12-08T07:30:00Z", tick=False)
def test_without_a_day_it_is_the_clients_own_today(zones: tuple[Line, Line]) -> None:
    now = datetime.datetime(2025, 12, 8, 7, 30, tzinfo=datetime.UTC)

    assert seen(zones, None) == [(datetime.date(2025, 12, 8), now), (DAY, now)]


def test_one_text_serves_all_days(floor: Floor) -> None:
    statements._texts.clear()
    values = []
    for day in (DAY - datetime.timedelta(days=40), DAY):
        with CaptureQueriesContext(connection) as captured:
            evaluate(["planned_units"], [floor.client], PERIOD, as_of=day)
        values.append(captured.captured_queries[-1]["sql"])
    assert len(statements._texts) == 1
    statements._texts.clear()
    assert values[0] != values[1]


def test_the_plan_of_a_shift_that_had_not_begun_is_not_yet_missed(floor: Floor) -> None:
    line_shift = make_entry(floor).line_shift
    assert line_shift is not None
    line_shift.planned_units = 300
    line_shift.save(update_fields=["planned_units"])
    on = line_shift.shift_date
    plan = [
        evaluate(["planned_units"], [floor.client], Period.days(on, on), as_of=day)[0].value
        for day in (on - datetime.timedelta(days=1), on)
    ]

    assert plan == [None, 300]


def test_an_address_keeps_the_day(acme: Client, member: Any, signed_in: Any) -> None:
    browser = signed_in(member(acme, role=Role.VIEWER))

    page = browser.get("/overview/?client=ACME&as_of=2025-12-07")

    assert page.context["selection"].period == Period.up_to(DAY)
    assert page.context["filters"][0] == {"label": "As of Sun 2025-12-07", "href": "?client=ACME"}
    assert page.context["as_of"] == "Sun 2025-12-07"
    tile = page.context["questions"][0][2][0]
    assert tile.href == "/kpi/efficiency/?client=ACME&as_of=2025-12-07"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("2199-12-07", "2199-12-07 has not come yet."),
        ("7.12.2025", "“7.12.2025” is not a date. Write it as 2025-12-31."),
    ],
)
def test_a_day_that_cannot_be_looked_at(
    acme: Client, member: Any, signed_in: Any, text: str, sentence: str
) -> None:
    page = signed_in(member(acme, role=Role.VIEWER)).get("/overview/", {"as_of": text})

    assert page.status_code == 400
    assert page.context["sentence"] == sentence


def test_the_api_takes_the_day(acme: Client, member: Any, signed_in: Any) -> None:
    browser = signed_in(member(acme, role=Role.VIEWER))

    assert browser.get("/api/v1/kpis/oee/?as_of=2025-12-07").status_code == 200
    refused = browser.get("/api/v1/kpis/oee/?as_of=yesterday")
    assert refused.status_code == 400
    assert refused.json() == {"detail": ["“yesterday” is not a date in the form YYYY-MM-DD."]}
