"""Closing a line-shift, reopening it, and what changes after the closing: restated figures."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
import time_machine

from clients.scope import because, client_scope
from kpis.registry import catalogue
from plant.models import LineShift
from production.models import ProductionEntry
from quality.models import QualityInspection
from tests.production.factories import DAY, make_entry
from tests.verification.conftest import KINDS, World

PRODUCTION = "production_productionentry"
RESTATED = "↺"


@pytest.fixture
def place(world: World) -> LineShift:
    world.written(make_entry)
    return world.place()


def test_who_closes_and_who_reopens(world: World, place: LineShift) -> None:
    path = f"line-shifts/{place.pk}/"
    found = {}
    for letter in "VOESMA":
        closed = world.caller(letter).post(f"{path}close/").status_code
        found[letter] = (
            closed,
            world.caller(letter)
            .post(f"{path}reopen/", {"reason": "a row was missing"})
            .status_code,
        )
        if found[letter] == (200, 403):
            world.caller("A").post(f"{path}reopen/", {"reason": "again"})
    assert found == {
        "V": (403, 403),
        "O": (403, 403),
        "E": (403, 403),
        "S": (200, 403),
        "M": (200, 200),
        "A": (200, 200),
    }


def test_a_closed_shift_tells_by_whom_and_is_closed_once(world: World, place: LineShift) -> None:
    path = f"line-shifts/{place.pk}/"
    shown = world.caller("S").post(f"{path}close/").json()
    assert (shown["state"], shown["restated"]) == ("CLOSED", False)
    assert world.place().closed_by == world.people["S"]
    again = world.caller("S").post(f"{path}close/")
    said = {"non_field_errors": ["This shift is closed already."]}
    assert (again.status_code, again.json()) == (400, said)


@pytest.mark.parametrize("body", [{}, {"reason": ""}, {"reason": "  "}])
def test_reopening_has_a_reason(world: World, place: LineShift, body: Any) -> None:
    world.caller("M").post(f"line-shifts/{place.pk}/close/")
    answer = world.caller("M").post(f"line-shifts/{place.pk}/reopen/", body)
    assert (answer.status_code, list(answer.json())) == (400, ["reason"])
    assert world.place().is_closed


def test_a_shift_that_has_not_begun_is_not_closed(world: World, place: LineShift) -> None:
    with time_machine.travel(datetime.datetime(2025, 12, 2, 6, tzinfo=datetime.UTC)):
        with client_scope([world.client]), pytest.raises(Exception, match="has not begun"):
            place.close(by=world.people["S"])


def test_a_foreign_line_shift_is_like_an_unknown_one(world: World, acme_2: Any) -> None:
    with client_scope([acme_2]):
        foreign = LineShift.objects.first()
    assert foreign is not None
    for verb in ("close", "reopen"):
        answers = [
            world.caller("M").post(f"line-shifts/{pk}/{verb}/", {"reason": "x"})
            for pk in (foreign.pk, 9_999_999)
        ]
        assert [each.status_code for each in answers] == [404, 404]
        assert answers[0].content == answers[1].content


def test_two_hours_after_the_end_the_system_closes(world: World, place: LineShift) -> None:
    """07:00–17:00 in America/Matamoros: 18:59 is too early, 19:00 is not."""
    zone = datetime.timezone(datetime.timedelta(hours=-6))
    early, late = (datetime.datetime(2025, 12, 2, 18, 59, tzinfo=zone),
                   datetime.datetime(2025, 12, 2, 19, 0, tzinfo=zone))  # fmt: skip
    with client_scope([world.client]):
        assert LineShift.objects.close_forgotten(early) == 0
        assert LineShift.objects.close_forgotten(late) == 1
    closed = world.place()
    assert (closed.state, closed.closed_by, closed.first_closed_at) == ("CLOSED", None, late)


# -- restated ------------------------------------------------------------------------------------


def closed(world: World) -> LineShift:
    with client_scope([world.client], user=world.people["S"]):
        world.place().close(by=world.people["S"])
    return world.place()


def test_what_happens_before_the_closing_restates_nothing(world: World, place: LineShift) -> None:
    with client_scope([world.client]):
        ProductionEntry.objects.update(total_units=5)
    assert closed(world).restated == []


def test_a_row_added_changed_or_voided_after_it_does(world: World, place: LineShift) -> None:
    closed(world)
    with client_scope([world.client], user=world.people["S"]):
        ProductionEntry.objects.get().verify(by=world.people["S"])
    assert world.place().restated == []
    with client_scope([world.client], user=world.people["S"]), because("counted again"):
        ProductionEntry.objects.update(notes="words are no figure")
    assert world.place().restated == []
    with client_scope([world.client], user=world.people["S"]):
        make_entry(world.floor)
    assert world.place().restated == [PRODUCTION]


def test_a_change_does(world: World, place: LineShift) -> None:
    closed(world)
    with client_scope([world.client]), because("counted again"):
        ProductionEntry.objects.update(total_units=5)
    assert world.place().restated == [PRODUCTION]


def test_a_void_does(world: World, place: LineShift) -> None:
    closed(world)
    with client_scope([world.client]):
        ProductionEntry.objects.get().void(by=world.people["S"], reason="typed twice")
    assert world.place().restated == [PRODUCTION]


def test_a_deletion_does(world: World, place: LineShift) -> None:
    closed(world)
    with client_scope([world.client]):
        ProductionEntry.objects.get().delete()
    assert world.place().restated == [PRODUCTION]


def test_reopening_does_not_hide_it(world: World, place: LineShift) -> None:
    closed(world)
    with client_scope([world.client], user=world.people["M"]):
        world.place().reopen(reason="a row was missing")
        ProductionEntry.objects.update(total_units=5)
        world.place().close(by=world.people["M"])
    assert world.place().restated == [PRODUCTION]


def test_replanning_does(world: World, place: LineShift) -> None:
    row = closed(world)
    with client_scope([world.client], user=world.people["M"]):
        row.replan(minutes=500, reason="the meal was longer")
    assert world.place().restated == ["plant_lineshift"]


def page(world: World, signed_in: Any, path: str) -> str:
    day = f"client=ACME&from={DAY}&to={DAY}"
    answer = signed_in(world.people["V"]).get(f"{path}?{day}")
    assert answer.status_code == 200
    return str(answer.content.decode())


def tile(text: str, key: str) -> str:
    return text.partition(f'id="tile-{key}"')[2].partition("</article>")[0]


def test_the_figures_of_changed_rows_carry_the_mark(
    world: World, place: LineShift, signed_in: Any
) -> None:
    make, _change = KINDS["quality-inspections"]
    world.written(make)
    closed(world)
    assert RESTATED not in page(world, signed_in, "/overview/")
    with client_scope([world.client], user=world.people["S"]), because("recounted at the dock"):
        ProductionEntry.objects.update(total_units=170)
    shown = page(world, signed_in, "/overview/")
    assert catalogue.kpi("fpy").label in tile(shown, "fpy")
    assert RESTATED not in tile(shown, "fpy")
    assert RESTATED in tile(shown, "performance")
    assert RESTATED in page(world, signed_in, "/kpi/performance/")
    told = page(world, signed_in, "/kpi/performance/explain/")
    assert "total units 180 → 170" in told
    assert "recounted at the dock" in told
    assert "supervisor-s" in told
    with client_scope([world.client], user=world.people["S"]), because("two more"):
        QualityInspection.objects.update(units_defective=3, units_passed=170, defects_total=3)
    assert RESTATED in tile(page(world, signed_in, "/overview/"), "fpy")


def test_another_day_carries_none(world: World, place: LineShift, signed_in: Any) -> None:
    closed(world)
    with client_scope([world.client]), because("counted again"):
        ProductionEntry.objects.update(total_units=170)
    day = "client=ACME&from=2025-12-03&to=2025-12-03"
    answer = signed_in(world.people["V"]).get(f"/overview/?{day}")
    assert RESTATED not in answer.content.decode()
