"""Each group of a figure is the figure that its own code asks for, of every KPI and dimension."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any

import pytest
import time_machine
from django.test import Client as Browser

from clients.models import Client, User
from clients.scope import client_scope
from kpis.asking import WITHOUT, filters_from
from kpis.dimensions import FILTERS
from kpis.engine import NotOffered, ask, evaluate, offered, refuse_unknown
from kpis.figures import Figure
from kpis.periods import Bucket, Period, bucket_end
from kpis.registry import catalogue
from tests.demo.conftest import NOW

FIRST, LAST = datetime.date(2026, 2, 20), datetime.date(2026, 3, 17)
MONTH = Period.days(FIRST, LAST)
# Of each dimension so many groups are followed: the first, the last, and some between.
MOST = 3
KEYS = [*catalogue.keys(), *(each.key for each in catalogue.measures())]


@pytest.fixture
def client(demo: Any, db: Any) -> Iterator[Client]:
    found = Client.unscoped.get()
    with client_scope([found]), time_machine.travel(NOW, tick=False):
        yield found


def said(figure: Figure) -> dict[str, Any]:
    """What is the same, whether it is a group or asked for alone."""
    told = figure.as_json()
    return {name: told[name] for name in told if name not in ("by", "client")}


def groups(
    keys: Sequence[str], client: Client, *by: str
) -> dict[tuple[str, ...], dict[str, Figure]]:
    found: dict[tuple[str, ...], dict[str, Figure]] = {}
    for figure in evaluate(keys, [client.pk], MONTH, by=by):
        found.setdefault(tuple(group.code for group in figure.by), {})[figure.key] = figure
    return found


def together(client: Client, by: tuple[str, str]) -> list[str]:
    """What is known by both at once: a stop has a reason, and output has a part."""
    keys, question = [], ask([client.pk], MONTH, by=by)
    for key in offered(KEYS, by):
        with suppress(NotOffered):
            refuse_unknown([key], question)
            keys.append(key)
    return keys


def spread(codes: Sequence[Any]) -> list[Any]:
    step = max(len(codes) // MOST, 1)
    return list(dict.fromkeys([*codes[::step], codes[-1]]))


def compared(keys: Sequence[str], client: Client, *by: str) -> int:
    found, number = groups(keys, client, *by), 0
    for codes in spread(list(found)):
        asked = {name: [code or WITHOUT] for name, code in zip(by, codes, strict=True)}
        own = list(found[codes])
        alone = evaluate(own, [client.pk], MONTH, filters=filters_from(asked))
        for figure in alone:
            assert said(figure) == said(found[codes][figure.key]), (figure.key, asked)
        number += len(own)
    return number


@pytest.mark.parametrize("dimension", FILTERS)
def test_a_group_is_the_figure_that_its_code_asks_for(client: Client, dimension: str) -> None:
    assert compared(offered(KEYS, dimension), client, dimension) > 0


@pytest.mark.parametrize(
    "by", [("line", "shift"), ("line", "reason"), ("shift", "employee"), ("part", "stage")]
)
def test_a_group_of_two_is_the_figure_that_both_codes_ask_for(
    client: Client, by: tuple[str, str]
) -> None:
    assert compared(together(client, by), client, *by) > 0


@pytest.mark.parametrize("bucket", [Bucket.DAY, Bucket.WEEK, Bucket.MONTH])
def test_a_stretch_of_time_is_the_figure_of_its_days(client: Client, bucket: Bucket) -> None:
    keys, number = offered(KEYS, bucket.value), 0
    found = groups(keys, client, bucket.value)
    for codes in spread(list(found)):
        start = datetime.date.fromisoformat(codes[0])
        end = bucket_end(start, bucket.value) - datetime.timedelta(days=1)
        days = Period.days(max(start, FIRST), min(end, LAST))
        own = list(found[codes])
        for figure in evaluate(own, [client.pk], days):
            assert said(figure) == said(found[codes][figure.key]), (figure.key, codes)
        number += len(own)
    assert number > 0


@pytest.mark.parametrize("key", catalogue.keys())
def test_each_page_of_a_kpi_says_the_same(client: Client, key: str) -> None:
    """In total, and on its own page narrowed to a group of the last dimension that it knows."""
    browser = Browser()
    browser.force_login(User.objects.get(username="admin"))
    days = {"client": client.code, "from": FIRST.isoformat(), "to": LAST.isoformat()}
    (total,) = evaluate([key], [client.pk], MONTH)
    assert browser.get(f"/kpi/{key}/", days).context["figure"].as_json() == total.as_json()
    for part in ("explain", "rows"):
        shown = browser.get(f"/kpi/{key}/{part}/", days).context["explained"].figure
        assert shown.as_json() == total.as_json(), part
    *_, name = (each for each in catalogue.dimensions_of(key) if each in FILTERS)
    codes = [codes[0] for codes in groups([key], client, name)]
    asked = {name: codes[len(codes) // 2] or WITHOUT if codes else WITHOUT}
    filters = filters_from({name: [code] for name, code in asked.items()})
    (narrowed,) = evaluate([key], [client.pk], MONTH, filters=filters)
    page = browser.get(f"/kpi/{key}/", {**days, **asked})
    assert page.context["figure"].as_json() == narrowed.as_json(), asked
