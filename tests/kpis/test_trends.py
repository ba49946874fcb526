"""Tiles, trends, heat maps and Paretos."""

from __future__ import annotations

import datetime
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from clients.models import Client
from kpis.engine import NotOffered, evaluate, offered
from kpis.pareto import pareto
from kpis.periods import Period
from kpis.registry import catalogue
from kpis.series import heat, trends
from plant.models import LineShift
from quality.models import Defect, DefectType
from tests.kpis.factories import make_inspection, make_stop, make_target
from tests.production.factories import DAY, Floor, at, make_entry, saved

D = Decimal
WEEK = Period.days(DAY, DAY + datetime.timedelta(days=6))


def day(number: int) -> datetime.date:
    return DAY + datetime.timedelta(days=number)


def test_a_trend_has_gaps_and_a_stepped_target(floor: Floor) -> None:
    first = make_target(floor.client, "fpy", "95", "90", "85")
    first.valid = (datetime.date(2025, 1, 1), day(2))
    first.save()
    make_target(floor.client, "fpy", "97", "90", "85", first=day(2).isoformat())
    make_inspection(floor, 100, 96, 4)
    make_inspection(floor, 100, 98, 2, shift_date=day(2))

    trend = trends(["fpy"], [floor.client.pk], WEEK, bucket="day")["fpy"]

    assert [point.value for point in trend.points] == [96, None, 98, None, None, None, None]
    assert [point.state for point in trend.points][:3] == ["closed", "none", "closed"]
    assert [point.target for point in trend.points][:4] == [95, 95, 97, 97]
    assert (trend.figure.value, trend.figure.band) == (97, "on_target")
    assert trend.sparkline(5) == [98, None, None, None, None]


def test_change_against_the_period_before(floor: Floor) -> None:
    make_inspection(floor, 100, 90, 10, shift_date=day(-3))
    make_inspection(floor, 100, 95, 5)

    found = trends(["fpy", "ppm"], [floor.client.pk], WEEK)

    assert found["fpy"].previous is not None
    assert (found["fpy"].previous.value, found["fpy"].change, found["fpy"].improving) == (
        90,
        5,
        True,
    )
    assert (found["ppm"].change, found["ppm"].improving) == (-50_000, True)


def test_no_period_before_no_change(floor: Floor) -> None:
    make_inspection(floor, 100, 95, 5)

    trend = trends(["fpy"], [floor.client.pk], WEEK)["fpy"]

    assert (trend.change, trend.improving) == (None, None)


def test_a_running_shift_is_in_progress_and_stays_out_of_the_sparkline(floor: Floor) -> None:
    make_inspection(floor, 100, 90, 10)
    make_inspection(floor, 100, 50, 50, shift_date=day(1))

    running = at("12:00", day(1))
    trend = trends(["fpy"], [floor.client.pk], WEEK, bucket="day", now=running)["fpy"]

    assert [point.state for point in trend.points][:3] == ["closed", "in_progress", "none"]
    assert trend.sparkline(6) == [90, None, None, None, None, None]
    assert trend.figure.value == 70


def test_weekly_points_of_a_period_that_starts_within_a_week(floor: Floor) -> None:
    for number in (-1, 0, 6):  # Monday before the period, Tuesday, Monday after
        make_entry(floor, shift_date=day(number), total_units=100)

    trend = trends(["total_units"], [floor.client.pk], WEEK, bucket="week")["total_units"]

    assert [(point.start, point.value) for point in trend.points] == [
        (datetime.date(2025, 12, 1), D(100)),
        (datetime.date(2025, 12, 8), D(100)),
    ]
    assert trend.previous is not None
    assert (trend.figure.value, trend.previous.value) == (200, 100)


def test_weeks_begin_with_the_clients_first_weekday(floor: Floor) -> None:
    Client.objects.filter(pk=floor.client.pk).update(week_start=7)
    make_entry(floor, shift_date=day(-2))
    make_entry(floor, shift_date=day(5))

    found = evaluate(["total_units"], [floor.client.pk], Period.days(day(-2), day(5)), by="week")

    assert [each.by[0].value for each in found] == [
        datetime.date(2025, 11, 30), datetime.date(2025, 12, 7),
    ]  # fmt: skip


def test_heat_map_has_a_row_per_line(floor: Floor) -> None:
    make_inspection(floor, 100, 90, 10)

    (row,) = heat("fpy", [floor.client.pk], WEEK)

    assert row.group.code == floor.line.code
    assert [point.value for point in row.points][:2] == [90, None]


def test_a_page_of_tiles_asks_each_table_once(floor: Floor) -> None:
    """1 day or 9 days, 1 KPI or all: contract, targets, operations, seven tables of rows, and
    what stands beside the floor."""
    keys = offered(catalogue.keys(), "day")
    make_entry(floor)
    make_stop(floor, 54, "SETUP_CHANGEOVER")
    make_inspection(floor, 320, 304, 16)
    with CaptureQueriesContext(
        connection,
    ) as first:
        trends(keys, [floor.client.pk], WEEK)
    for number in range(1, 7):
        make_entry(floor, shift_date=day(number))
        make_inspection(floor, 320, 304, 16, shift_date=day(number))

    with CaptureQueriesContext(connection) as second:
        found = trends(keys, [floor.client.pk], WEEK)
        assert [point.value for point in found["rty"].points] == [95] * 7

    assert (len(first), len(second)) == (11, 11)


def test_a_single_kpi_asks_its_own_tables_only(floor: Floor) -> None:
    with CaptureQueriesContext(connection) as queries:
        evaluate(["fpy"], [floor.client.pk], WEEK)

    tables = [query["sql"].split(' FROM "')[1].split('"')[0] for query in queries]
    assert tables == ["kpis_assumption", "quality_qualityinspection", "kpis_target"]


# -- Pareto ------------------------------------------------------------------------------------


def test_stops_by_reason_with_those_without_one(floor: Floor) -> None:
    make_stop(floor, 410, "SETUP_CHANGEOVER")
    make_stop(floor, 300, "EQUIPMENT_FAILURE")
    make_stop(floor, 170, None)
    make_stop(floor, 100, "OTHER")

    found = pareto("lost_minutes", [floor.client.pk], WEEK, by="reason")

    assert [(bar.group.code, bar.value, bar.vital) for bar in found.bars] == [
        ("SETUP_CHANGEOVER", 410, True),
        ("EQUIPMENT_FAILURE", 300, True),
        ("", 170, True),
        ("OTHER", 100, False),
    ]
    assert found.bars[2].group.label == "No reason yet"
    assert found.bars[-1].cumulative == 100
    assert found.sentence == ("Set-up, changeover is the largest cause: 410 of 980 min (42 %).")


def test_stops_counted_by_group(floor: Floor) -> None:
    make_stop(floor, 10, "SETUP_CHANGEOVER")
    make_stop(floor, 10, "LACK_OF_ORDERS")
    make_stop(floor, 100, "POWER_OUTAGE")

    found = pareto("lost_minutes", [floor.client.pk], WEEK, by="reason_group", count=True)

    assert [(bar.group.code, bar.value) for bar in found.bars] == [
        ("SCHEDULE", 2),
        ("UTILITIES", 1),
    ]
    assert found.sentence == "Schedule is the largest cause: 2 of 3 stops (67 %)."


def test_defects_by_type_with_the_rest_that_nobody_detailed(floor: Floor) -> None:
    inspection = make_inspection(floor, 100, 90, 10, defects_total=12)
    (burr, weld) = (
        DefectType.objects.get(client=floor.client, code=code) for code in ("BURR", "WELD_DEF")
    )
    for kind, quantity in ((burr, 6), (weld, 2)):
        saved(
            Defect(client=floor.client, inspection=inspection, defect_type=kind, quantity=quantity)
        )

    found = pareto("defects", [floor.client.pk], WEEK, by="defect_type")

    assert [(bar.group.code, bar.value) for bar in found.bars] == [
        ("BURR", 6), ("", 4), ("WELD_DEF", 2),
    ]  # fmt: skip
    assert found.bars[1].group.label == "Not detailed"
    assert found.total == 12


def test_a_pareto_of_nothing(floor: Floor) -> None:
    found = pareto("lost_minutes", [floor.client.pk], WEEK, by="reason")

    assert (found.bars, found.total, found.sentence) == ((), 0, "Nothing was recorded.")


def test_line_shifts_that_were_not_planned_have_no_point(floor: Floor) -> None:
    make_entry(floor)
    LineShift.objects.update(state="NOT_PLANNED", state_reason="holiday")

    trend = trends(["availability"], [floor.client.pk], WEEK)["availability"]

    assert trend.figure.value is None


def test_dimensions_that_no_row_knows_together_are_refused(floor: Floor) -> None:
    with pytest.raises(NotOffered, match="Lost minutes is not known by reason and part together"):
        evaluate(["lost_minutes"], [floor.client.pk], WEEK, by=("reason", "part"))
