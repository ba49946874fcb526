"""What holds for every figure on any rows: sums add up, factors multiply, rows reproduce."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from attendance.models import AttendanceRecord
from clients.models import Client
from clients.scope import client_scope
from downtime.models import DowntimeEvent
from kpis.declarations import Ratio
from kpis.engine import evaluate, offered
from kpis.figures import Figure
from kpis.periods import Period
from kpis.registry import catalogue
from kpis.rows import rows_of
from kpis.series import trends
from plant.models import LineShift, Operation
from production.models import ProductionEntry
from quality.models import QualityInspection
from staffing.models import ShiftCoverage
from tests.kpis.factories import agreed, reason
from tests.kpis.people import make_floaters, require, spend
from tests.plant.factories import (
    make_employee,
    make_job,
    make_line,
    make_order,
    make_part,
    make_shift,
    make_standard,
    make_style,
)
from tests.production.factories import Floor, saved
from tests.standing import standing

FIRST = datetime.date(2025, 12, 1)
PERIOD = Period.days(FIRST, FIRST + datetime.timedelta(days=9))
CLOSE = Decimal("1e-15")
KPIS = [
    "availability", "performance", "quality_ratio", "fpy", "ppm", "dpmo", "dhu", "final_yield",
    "scrap_rate", "rework_rate", "recovery_rate", "mtbf", "mttr", "escape_rate",
    "efficiency", "labour_performance", "efficiency_available", "efficiency_billed",
    "operation_efficiency", "absenteeism_gross", "absenteeism_net", "attendance_rate", "staffing",
]  # fmt: skip

OTHER_DIMENSIONS = (
    "client", "line", "shift", "shift_kind", "work_order", "job", "part", "style", "machine",
    "operation", "reason", "reason_group", "loss_class", "planned", "root_cause", "stage",
    "employee", "labour_class", "absence_type", "category",
)  # fmt: skip

days = st.integers(0, 9).map(lambda n: FIRST + datetime.timedelta(days=n))
places = st.tuples(days, st.integers(0, 1), st.integers(0, 1))
production = st.lists(
    st.tuples(
        places, st.integers(0, 3), st.integers(0, 300), st.none() | st.integers(1, 500),
        # Heads on the row; how many of the crew were marked that shift.
        st.none() | st.integers(1, 9), st.integers(0, 3),
    ),
    min_size=1, max_size=12,
)  # fmt: skip
stops = st.lists(
    st.tuples(
        places,
        st.sampled_from([None, "SETUP_CHANGEOVER", "EQUIPMENT_FAILURE", "MAINTENANCE"]),
        st.integers(1, 90), st.integers(1, 7),
    ),
    max_size=8,
)  # fmt: skip
inspections = st.lists(
    st.tuples(
        places, st.integers(0, 3), st.sampled_from(["FINAL", "LINE_COUNT", "IN_PROCESS"]),
        st.booleans(), st.integers(1, 200), st.floats(0, 1), st.integers(0, 3),
    ),
    max_size=8,
)  # fmt: skip
contracts = st.tuples(
    st.sampled_from(["INCLUDE", "EXCLUDE_PLANNED_MAINTENANCE"]),
    st.sampled_from(["STRICT", "REWORK_AS_GOOD", "PARTIAL_CREDIT"]),
    st.sampled_from(["INSPECTED", "PRODUCED"]),
)


@dataclass
class Plant:
    client: Client
    lines: list[Any]
    shifts: list[Any]
    jobs: list[Any]
    # Three people of each line, and a floater for each.
    crews: list[list[Any]]
    floaters: list[Any]
    sewing: Any

    @property
    def ids(self) -> list[int]:
        return [self.client.pk]


def plant_of(floor: Floor) -> Plant:
    """Two lines, a standard and an overtime shift; parts with and without a cycle."""
    client = floor.client
    style = make_style(client)
    second = make_part(client, style=style)
    make_standard(client, part=second, cycle_hours_per_unit=Decimal("0.03"))
    unknown = make_part(client)
    plain = make_order(client, style=style)
    jobs = [
        floor.job,
        make_job(floor.order, part=second, code="J2"),
        make_job(plain, part=unknown, code="J3"),
        make_job(plain, part=None, code="J4"),
    ]
    lines = [floor.line, make_line(client, stations=7)]
    sewing = Operation.objects.get(client=client, code="SEWING")
    make_standard(client, style=style, operation=sewing, labour_hours_per_unit=Decimal("0.07"))
    require(floor, 4)
    return Plant(
        client,
        lines,
        [floor.shift, make_shift(client, "18:00", "22:00", kind="OVERTIME")],
        jobs,
        [[make_employee(client, labour_class="DIRECT") for _ in range(3)] for _ in lines],
        make_floaters(2),
        sewing,
    )


@pytest.fixture
def plant(both: tuple[Floor, Floor], beside_another: Plant) -> Plant:
    return beside_another


@standing
def beside_another(two_floors: tuple[Floor, Floor]) -> Plant:
    """The other client has rows of its own, which must be found in no figure."""
    with client_scope([each.client for each in two_floors]):
        return made_beside(*two_floors)


def made_beside(mine: Floor, theirs: Floor) -> Plant:
    other = plant_of(theirs)
    fill(
        other,
        [((FIRST, 0, 0), 0, 999, 400, 9, 3), ((FIRST, 0, 0), 2, 999, None, None, 0)],
        [((FIRST, 0, 0), "EQUIPMENT_FAILURE", 77, 7)],
        [((FIRST, 0, 0), 0, "FINAL", True, 99, 0.5, 1)],
    )
    agreed(other.client, "yield_rule", "REWORK_AS_GOOD")
    return plant_of(mine)


def fill(plant: Plant, made: Any, stopped: Any, inspected: Any) -> None:
    client = plant.client
    write(
        ProductionEntry(
            client=client, shift_date=day, shift=plant.shifts[shift], line=plant.lines[line],
            job=plant.jobs[job], total_units=units, run_minutes=minutes, operators_assigned=heads,
            operation=plant.sewing if units % 5 == 0 else None,
        )
        for (day, shift, line), job, units, minutes, heads, _crew in made
    )  # fmt: skip
    fill_people(plant, made)
    write(
        DowntimeEvent(
            client=client, shift_date=day, shift=plant.shifts[shift], line=plant.lines[line],
            reason=reason(client, code) if code else None, minutes=minutes,
            scope="STATIONS", stations_affected=stations,
        )
        for (day, shift, line), code, minutes, stations in stopped
    )  # fmt: skip
    write(
        QualityInspection(
            client=client, shift_date=day, shift=plant.shifts[shift], line=plant.lines[line],
            job=plant.jobs[job], stage=stage, is_first_pass=first, units_inspected=units,
            units_defective=int(units * bad), units_passed=units - int(units * bad),
            units_rework=int(units * bad) // 2, units_scrapped=int(units * bad) // 3,
            defects_total=int(units * bad) + more,
        )
        for (day, shift, line), job, stage, first, units, bad, more in inspected
    )  # fmt: skip


def fill_people(plant: Plant, made: Any) -> None:
    """Of the crew of each place so many as were marked: there, away, or half of the time."""
    crews = {place: (crew, units) for place, _job, units, _minutes, _heads, crew in made}
    write(
        AttendanceRecord(
            client=plant.client, employee=person, shift_date=day, shift=plant.shifts[shift],
            line=plant.lines[line],
            presence=["PRESENT", "ABSENT", "PARTIAL"][(units + number) % 3],
        )
        for (day, shift, line), (crew, units) in crews.items()
        for number, person in enumerate(plant.crews[line][:crew])
    )  # fmt: skip
    for (day, shift, line), (_crew, units) in crews.items():
        records = AttendanceRecord.objects.filter(
            client=plant.client, shift_date=day, shift=plant.shifts[shift], line=plant.lines[line]
        )
        if units % 2:
            row = ShiftCoverage(
                client=plant.client, employee=plant.floaters[line], shift_date=day,
                shift=plant.shifts[shift], line=plant.lines[line],
                covers=records.exclude(presence="PRESENT").first(),
            )  # fmt: skip
            saved(row)
        for record in records.filter(actual_hours__gt=2):
            spend(record, BILLED_PRODUCTION="1.5", TRAINING="0.5")


def write(rows: Any) -> None:
    rows = list(rows)
    if rows:
        type(rows[0]).prepare(rows)
        type(rows[0]).objects.bulk_create(rows)


@contextmanager
def undone() -> Iterator[None]:
    """Each example starts from the same rows."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def on_random_rows(test: Any) -> Any:
    checked = settings(
        max_examples=5, deadline=None, derandomize=True,
        # The failing rows as they come: making them small takes longer than reading them.
        phases=[Phase.generate],
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )  # fmt: skip
    return checked(given(production, stops, inspections, contracts)(test))


def filled(plant: Plant, made: Any, stopped: Any, inspected: Any, contract: Any) -> None:
    for key, chosen in zip(("planned_time_basis", "yield_rule", "ppm_base"), contract, strict=True):
        agreed(plant.client, key, chosen)
    fill(plant, made, stopped, inspected)


def add(values: Any) -> Decimal:
    return sum((each for each in values if each is not None), Decimal(0))


def measures_of(key: str) -> list[str]:
    kpi = catalogue.kpi(key)
    assert isinstance(kpi, Ratio)
    return [kpi.numerator, kpi.denominator]


@on_random_rows
def test_groups_add_up_to_the_total(
    plant: Plant, made: Any, stopped: Any, inspected: Any, contract: Any
) -> None:
    with undone():
        filled(plant, made, stopped, inspected, contract)
        keys = sorted({each for kpi in KPIS for each in measures_of(kpi)})
        totals = evaluate(keys, plant.ids, PERIOD)
        for dimension in ("day", "week", "month", *OTHER_DIMENSIONS):
            # The machines of a line share its time, which has no sum over machines.
            known = [key for key in offered(keys, dimension) if key != "failure_base_minutes"]
            groups = evaluate(known, plant.ids, PERIOD, by=dimension)
            for total in (each for each in totals if each.key in known):
                summed = add(each.value for each in groups if each.key == total.key)
                assert abs(summed - (total.value or 0)) < CLOSE, (total.key, dimension)


@on_random_rows
def test_factors_multiply_to_oee_at_every_grouping(
    plant: Plant, made: Any, stopped: Any, inspected: Any, contract: Any
) -> None:
    with undone():
        filled(plant, made, stopped, inspected, contract)
        for dimension in ("", "day", "month", "line", "shift_kind", "work_order", "part", "style"):
            found = evaluate(
                ["oee", "availability", "performance", "quality_ratio"],
                plant.ids, PERIOD, by=[dimension] if dimension else (),
            )  # fmt: skip
            alone = {(each.key, each.by): each for each in found}
            for oee in (each for each in found if each.key == "oee"):
                assert oee.factors == tuple(
                    alone.get((each.key, oee.by), each) for each in oee.factors
                )
                assert oee.value == multiplied(oee.factors), dimension


def multiplied(factors: tuple[Figure, ...]) -> Decimal | None:
    values = [each.value for each in factors]
    if None in values:
        return None
    a, p, q = values
    return 100 * a / 100 * p / 100 * q / 100  # type: ignore[operator]


@on_random_rows
def test_listed_rows_reproduce_numerator_and_denominator(
    plant: Plant, made: Any, stopped: Any, inspected: Any, contract: Any
) -> None:
    with undone():
        filled(plant, made, stopped, inspected, contract)
        part = plant.jobs[1].part_id
        for filters in ({}, {"line": [plant.lines[0].pk]}, {"part": [part]}):
            keys = offered(KPIS, tuple(filters))
            for figure in evaluate(keys, plant.ids, PERIOD, filters=filters):
                if figure.numerator is None or figure.denominator is None:
                    continue
                key = figure.key
                listed = rows_of(key, plant.ids, PERIOD, filters=filters)
                for role, value in (
                    ("numerator", figure.numerator), ("denominator", figure.denominator),
                ):  # fmt: skip
                    total = add(
                        each.sign * each.total() for each in listed if each.role in (role, "both")
                    )
                    assert abs(total - value) < CLOSE, (key, filters, role)


@on_random_rows
def test_a_filter_gives_what_the_group_gave(
    plant: Plant, made: Any, stopped: Any, inspected: Any, contract: Any
) -> None:
    with undone():
        filled(plant, made, stopped, inspected, contract)
        for dimension in ("line", "shift_kind", "work_order", "part", "style"):
            keys = offered(KPIS, dimension)
            groups = evaluate(keys, plant.ids, PERIOD, by=dimension)
            for chosen in {each.by[0].value for each in groups} - {None}:
                alone = evaluate(keys, plant.ids, PERIOD, filters={dimension: [chosen]})
                values = {each.key: each.value for each in alone}
                for group in (each for each in groups if each.by[0].value == chosen):
                    assert values[group.key] == group.value, (group.key, dimension)


@on_random_rows
def test_trend_and_tile_are_the_same_figures(
    plant: Plant, made: Any, stopped: Any, inspected: Any, contract: Any
) -> None:
    with undone():
        filled(plant, made, stopped, inspected, contract)
        half = Period.days(FIRST + datetime.timedelta(days=5), PERIOD.last)
        keys = [*KPIS, "oee", "rty", "sigma", "total_units"]
        totals = evaluate(keys, plant.ids, half)
        before = evaluate(keys, plant.ids, half.previous())
        by_day = {
            (each.key, each.by[0].value): each.value
            for each in evaluate(keys, plant.ids, half, by="day")
        }
        found = trends(keys, plant.ids, half, bucket="day")
        for total, previous in zip(totals, before, strict=True):
            trend = found[total.key]
            assert (trend.figure.value, trend.figure.reason) == (total.value, total.reason)
            assert trend.previous is not None
            assert trend.previous.value == previous.value
            for point in trend.points:
                assert point.value == by_day.get((total.key, point.start))


@on_random_rows
def test_figures_equal_a_plain_recomputation(
    plant: Plant, made: Any, stopped: Any, inspected: Any, contract: Any
) -> None:
    """The same numbers by hand, in fractions, from the stored rows."""
    with undone():
        filled(plant, made, stopped, inspected, contract)
        (availability,) = evaluate(["availability"], plant.ids, PERIOD)
        (performance,) = evaluate(["performance"], plant.ids, PERIOD)
        (quality,) = evaluate(["quality_ratio"], plant.ids, PERIOD)
        planned, run, compared = by_hand(plant.client)
        assert same(availability.value, 100 * run / planned if planned > 0 else None)
        ideal = ideal_by_hand(plant.client)
        if performance.value is not None:
            assert same(performance.value, 6000 * ideal / compared)
        assert same(quality.value, quality_by_hand(plant.client, contract[1]))


def same(value: Decimal | None, by_hand: Fraction | None) -> bool:
    if value is None or by_hand is None:
        return value is None and by_hand is None
    return abs(Fraction(value) - by_hand) < Fraction(1, 10**9)


def by_hand(client: Client) -> tuple[Fraction, Fraction, Fraction]:
    planned = run = compared = Fraction(0)
    for each in LineShift.objects.filter(client=client, shift_kind="STANDARD"):
        rows = list(ProductionEntry.objects.filter(line_shift=each))
        events = list(DowntimeEvent.objects.filter(line_shift=each))
        if not rows and not events:
            continue
        left = sum(
            (lost(event) for event in events if event.treatment == "LEAVES_PLAN"), Fraction(0)
        )
        losses = sum((lost(event) for event in events if event.treatment == "LOSS"), Fraction(0))
        planned += each.planned_minutes - left
        ran = each.planned_minutes - left - losses
        run += ran
        timed = all(row.run_minutes for row in rows)
        weights = [Fraction(row.run_minutes if timed else 1) for row in rows]
        without = sum(
            (w for w, row in zip(weights, rows, strict=True) if row.cycle_hours_per_unit is None),
            Fraction(0),
        )
        compared += ran * (1 - without / sum(weights)) if rows else ran
    return planned, run, compared


@on_random_rows
def test_efficiency_equals_a_plain_recomputation(
    plant: Plant, made: Any, stopped: Any, inspected: Any, contract: Any
) -> None:
    with undone():
        filled(plant, made, stopped, inspected, contract)
        (found,) = evaluate(["efficiency"], plant.ids, PERIOD)
        (net,) = evaluate(["absenteeism_net"], plant.ids, PERIOD)
        earned, hours = people_by_hand(plant.client)
        if found.value is not None:
            assert same(found.numerator, earned)
            assert same(found.denominator, hours)
            assert same(found.value, 100 * earned / hours)
        scheduled, uncovered = absence_by_hand(plant.client)
        if scheduled:
            assert same(net.value, 100 * uncovered / scheduled)


def people_by_hand(client: Client) -> tuple[Fraction, Fraction]:
    earned = hours = Fraction(0)
    for each in LineShift.objects.filter(client=client).select_related("line"):
        rows = list(ProductionEntry.objects.filter(line_shift=each))
        if not rows and not DowntimeEvent.objects.filter(line_shift=each).exists():
            continue
        there = at_the_line(each, rows)
        if there is None:
            continue
        timed = all(row.run_minutes for row in rows)
        weights = [
            Fraction((row.operators_assigned or 1) * row.run_minutes if timed else 1)
            for row in rows
        ]
        left = sum(
            (w for w, row in zip(weights, rows, strict=True) if row.labour_hours_per_unit is None),
            Fraction(0),
        )
        hours += there * (1 - left / sum(weights)) if rows else there
        earned += sum(
            (Fraction(row.total_units) * Fraction(row.labour_hours_per_unit)
             for row in rows if row.labour_hours_per_unit is not None),
            Fraction(0),
        )  # fmt: skip
    return earned, hours


def at_the_line(each: LineShift, rows: list[ProductionEntry]) -> Fraction | None:
    marked = list(AttendanceRecord.objects.filter(line_shift=each))
    floaters = list(ShiftCoverage.objects.filter(line_shift=each))
    sent = sum((Fraction(row.hours) for row in floaters), Fraction(0))
    if marked:
        return sent + sum((Fraction(row.actual_hours) for row in marked), Fraction(0))
    heads = heads_of(rows) or heads_before(each) or each.line.standard_crew
    if heads is None:
        return sent if floaters else None
    return max(sent, Fraction(heads) * each.planned_minutes / 60)


def heads_of(rows: list[ProductionEntry]) -> int | None:
    return max((row.operators_assigned for row in rows if row.operators_assigned), default=None)


def heads_before(each: LineShift) -> Fraction | None:
    first = each.shift_date - datetime.timedelta(days=30)
    earlier = LineShift.objects.filter(
        line=each.line_id, shift=each.shift_id, shift_date__gte=first,
        shift_date__lt=each.shift_date,
    )  # fmt: skip
    known = [heads_of(list(ProductionEntry.objects.filter(line_shift=one))) for one in earlier]
    heads = [Fraction(number) for number in known if number]
    return sum(heads, Fraction(0)) / len(heads) if heads else None


def absence_by_hand(client: Client) -> tuple[Fraction, Fraction]:
    scheduled = uncovered = Fraction(0)
    for row in AttendanceRecord.objects.filter(client=client):
        covering = ShiftCoverage.objects.filter(covers=row).values_list("hours", flat=True)
        gone = max(Fraction(row.scheduled_hours) - Fraction(row.actual_hours), Fraction(0))
        scheduled += Fraction(row.scheduled_hours)
        uncovered += gone - min(gone, sum(map(Fraction, covering), Fraction(0)))
    return scheduled, uncovered


def lost(event: DowntimeEvent) -> Fraction:
    return Fraction(event.minutes * event.stations_affected, event.stations_total)


def ideal_by_hand(client: Client) -> Fraction:
    rows = ProductionEntry.objects.filter(client=client, line_shift__shift_kind="STANDARD")
    return sum(
        (Fraction(row.total_units) * Fraction(row.cycle_hours_per_unit)
         for row in rows if row.cycle_hours_per_unit is not None),
        Fraction(0),
    )  # fmt: skip


def quality_by_hand(client: Client, rule: str) -> Fraction | None:
    share = {"STRICT": Fraction(0), "REWORK_AS_GOOD": Fraction(1), "PARTIAL_CREDIT": Fraction(1, 2)}
    rows = list(QualityInspection.objects.filter(client=client, line_shift__shift_kind="STANDARD"))
    finals = {place(row) for row in rows if row.stage == "FINAL" and row.is_first_pass}
    good = whole = Fraction(0)
    for row in rows:
        counts = row.is_first_pass and (
            row.stage == "FINAL" or (row.stage == "LINE_COUNT" and place(row) not in finals)
        )
        if counts and row.cycle_hours_per_unit is not None:
            cycle = Fraction(row.cycle_hours_per_unit)
            good += (row.units_passed + share[rule] * row.units_rework) * cycle
            whole += row.units_inspected * cycle
    return 100 * good / whole if whole else None


def place(row: QualityInspection) -> tuple[Any, ...]:
    return row.line_id, row.shift_date, row.shift_id, row.work_order_id


def test_random_rows_are_told_apart_from_the_other_clients(plant: Plant) -> None:
    """There is something to leak, and it does not."""
    (theirs,) = evaluate(["total_units"], plant.ids, PERIOD)
    everybody = evaluate(
        ["total_units"], ProductionEntry.objects.values_list("client_id", flat=True), PERIOD
    )

    assert everybody[0].value == 1998
    assert theirs.value is None
