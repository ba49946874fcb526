"""A shift is what people call by one code, also where each line has a row of its own for it."""

from __future__ import annotations

from decimal import Decimal

import pytest

from clients.models import Client
from kpis.asking import filters_from
from kpis.engine import evaluate
from kpis.pareto import pareto
from kpis.periods import Period
from kpis.series import heat
from plant.models import Shift
from tests.kpis.factories import make_inspection, make_stop
from tests.plant.factories import make_line, make_shift
from tests.production.factories import DAY, Floor, make_entry

TODAY = Period.days(DAY, DAY)


def make_saturdays(floor: Floor, units: tuple[int, int], minutes: tuple[int, int]) -> None:
    """Output and stops of two lines, each in a shift of its own; both shifts are called SAT."""
    lines = floor.line, make_line(floor.client, code="OTHER")
    for line, made, stopped in zip(lines, units, minutes, strict=True):
        shift = make_shift(floor.client, code="SAT", name=f"Saturday {line.code}", line=line)
        make_entry(floor, line=line, shift=shift, total_units=made)
        make_stop(floor, stopped, "SETUP_CHANGEOVER", line=line, shift=shift)


@pytest.fixture
def saturdays(floor: Floor) -> Floor:
    make_saturdays(floor, (180, 60), (20, 30))
    make_entry(floor, total_units=7)
    return floor


def units_by(client: Client, *by: str, **filters: list[int]) -> list[tuple[str, Decimal | None]]:
    found = evaluate(["total_units"], [client.pk], TODAY, by=by, filters=filters)
    return [(" ".join(each.code for each in figure.by), figure.value) for figure in found]


def test_shifts_of_one_code_are_one_group_and_one_filter(saturdays: Floor) -> None:
    client, shift = saturdays.client, saturdays.shift
    assert units_by(client, "shift") == [(shift.code, 7), ("SAT", 240)]
    assert units_by(client, **filters_from({"shift": ["SAT"]})) == [("", 240)]


def test_by_line_they_stay_apart(saturdays: Floor) -> None:
    line, shift = saturdays.line.code, saturdays.shift.code
    assert sorted(units_by(saturdays.client, "line", "shift")) == sorted(
        [(f"{line} SAT", Decimal(180)), (f"{line} {shift}", Decimal(7)), ("OTHER SAT", Decimal(60))]
    )


def test_ratios_are_those_of_the_sums(saturdays: Floor) -> None:
    """Of 100 inspected units 90 are good, of 20 none: 90 of 120 are 75 %, not the mean 45 %."""
    client = saturdays.client
    first, second = Shift.objects.filter(code="SAT").order_by("pk")
    make_inspection(saturdays, 100, 90, 10, shift=first, line=first.line)
    make_inspection(saturdays, 20, 0, 20, shift=second, line=second.line)
    (figure,) = evaluate(["fpy"], [client.pk], TODAY, by="shift")
    assert (figure.by[0].code, figure.value) == ("SAT", 75)


def test_a_heat_map_has_a_row_for_them(saturdays: Floor) -> None:
    rows = heat("total_units", [saturdays.client.pk], TODAY, row="shift")
    assert [(row.group.code, [point.value for point in row.points]) for row in rows] == [
        (saturdays.shift.code, [7]), ("SAT", [240]),
    ]  # fmt: skip


def test_a_pareto_has_a_bar_for_them(saturdays: Floor) -> None:
    found = pareto("lost_minutes", [saturdays.client.pk], TODAY, by="shift")
    assert [(bar.group.code, bar.value) for bar in found.bars] == [("SAT", 50)]


def test_those_of_two_clients_are_never_one(both: tuple[Floor, Floor]) -> None:
    first, second = both
    make_saturdays(first, (180, 60), (20, 30))
    make_saturdays(second, (1000, 1), (20, 30))
    found = evaluate(["total_units"], [each.client.pk for each in both], TODAY, by="shift")
    assert [(each.by[0].code, each.value) for each in found] == [("SAT", 240), ("SAT", 1001)]
