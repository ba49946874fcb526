"""One set of sums gives what the engine gives when it is asked for each figure by itself."""

from __future__ import annotations

import datetime
import random

import pytest

from clients.models import Client
from clients.scope import client_scope
from dashboards.board import Board
from dashboards.panel import heat_bucket
from kpis.engine import evaluate
from kpis.periods import Period
from kpis.registry import catalogue
from tests.dashboards.conftest import DAYS
from tests.kpis.factories import make_inspection, make_stop
from tests.plant.factories import make_line
from tests.production.factories import Floor, make_entry, make_floor
from tests.standing import standing

PERIOD = Period.days(DAYS[1], DAYS[2])
KEYS = [*catalogue.keys(), "total_units", "unassigned_minutes", "unexplained_minutes"]


@standing
def board(made_floor: Floor) -> Floor:
    """Three lines and four days, the first two of them before the period, filled at random."""
    with client_scope([made_floor.client]):
        return filled_at_random(made_floor)


@pytest.fixture
def floor(in_acme: Client, board: Floor) -> Floor:
    return board


def filled_at_random(floor: Floor) -> Floor:
    chance = random.Random(20251202)
    lines = [floor.line, *(make_line(floor.client, stations=10) for _ in range(2))]
    for line in lines:
        for back in range(4):
            day = DAYS[2] - datetime.timedelta(days=back)
            units = chance.randint(90, 330)
            make_entry(floor, line=line, shift_date=day, total_units=units)
            if chance.random() < 0.7:
                make_stop(floor, chance.randint(1, 90), line=line, shift_date=day)
            if chance.random() < 0.8:
                bad = chance.randint(0, 20)
                make_inspection(
                    floor, units, units - bad, bad, line=line, shift_date=day,
                    units_scrapped=bad // 2, defects_total=bad,
                )  # fmt: skip
    return floor


def test_total_and_period_before_are_the_engines(floor: Floor) -> None:
    board = Board(KEYS, [floor.client.pk], PERIOD, explained=True)
    assert [board.figure(key) for key in KEYS] == evaluate(KEYS, [floor.client], PERIOD)
    # What stands at one instant has no period before.
    dated = [key for key in KEYS if "day" in catalogue.dimensions_of(key)]
    before = evaluate(dated, [floor.client], PERIOD.previous())
    assert [board.previous(key) for key in dated] == before
    assert [board.before(key) for key in dated] == [figure.value for figure in before]
    assert set(KEYS) - set(dated) >= {"wip_age"}
    assert board.before("wip_age") is None


@pytest.mark.parametrize("key", ["oee", "availability", "performance", "fpy", "sigma", "ppm"])
def test_lines_and_days_are_the_engines(key: str, floor: Floor) -> None:
    board = Board(KEYS, [floor.client.pk], PERIOD)
    by_line = evaluate([key], [floor.client], PERIOD, by="line")
    assert [board.of(each.by[0], key).value for each in by_line] == [e.value for e in by_line]
    engine = evaluate([key], [floor.client], PERIOD, by="day")
    by_day = {each.by[0].value: each.value for each in engine}
    spots = board.spots(key)
    assert {each.start: each.figure.value for each in spots if each.figure} == by_day
    both = evaluate([key], [floor.client], PERIOD, by=("line", "day"))
    for figure in both:
        line, day = figure.by
        (spot,) = [each for each in board.spots(key, of=line) if each.start == day.value]
        assert spot.figure is not None
        assert spot.figure.value == figure.value


def test_a_value_alone_is_that_of_the_figure(floor: Floor) -> None:
    board = Board(KEYS, [floor.client.pk], PERIOD)
    for key in KEYS:
        spots = board.spots(key)
        assert [spot.value for spot in spots] == [
            spot.figure.value if spot.figure else None for spot in spots
        ]


def test_weeks_are_sums_of_days_and_never_their_mean(floor: Floor) -> None:
    period = Period.up_to(DAYS[2], 40)
    board = Board(["oee"], [floor.client.pk], period)
    assert (board.bucket, heat_bucket(period)) == ("day", "week")
    weeks = [each.figure.value for each in board.spots("oee", bucket="week") if each.figure]
    engine = evaluate(["oee"], [floor.client], period, by="week")
    assert weeks == [each.value for each in engine]


def test_three_factors_make_the_whole_on_every_line(floor: Floor) -> None:
    board = Board(KEYS, [floor.client.pk], PERIOD)
    seen = 0
    for group in board.groups:
        oee = board.of(group, "oee")
        if oee.value is not None:
            product = 1
            for factor in oee.factors:
                product *= factor.value / 100
            assert abs(oee.value - 100 * product) < 1e-20
            seen += 1
    assert seen


def test_clients_are_judged_by_their_own_rows(acme: Client, acme_2: Client) -> None:
    with client_scope([acme, acme_2]):
        for client, units in ((acme, 100), (acme_2, 300)):
            make_entry(make_floor(client), shift_date=DAYS[2], total_units=units)
        board = Board(["total_units"], [acme.pk, acme_2.pk], PERIOD, by="client")
        values = {str(each.code): board.of(each, "total_units").value for each in board.groups}
    assert values == {"ACME": 100, "ACME-2": 300}
