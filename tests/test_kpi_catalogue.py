"""What the catalogue promises of every KPI, also of one that is added tomorrow."""

from __future__ import annotations

import datetime
from dataclasses import replace
from decimal import Decimal

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db.models import F

from clients.models import Client
from kpis.declarations import Combined, Fact, Known, Measure, Other, Product, Ratio, Unit
from kpis.dimensions import COMMON, DATES
from kpis.engine import evaluate
from kpis.figures import TargetValues
from kpis.judgement import band, grade
from kpis.registry import Catalogue, UnknownKey, catalogue
from plant.models import WorkOrder
from tests.kpis.factories import make_inspection
from tests.kpis.test_trends import WEEK
from tests.production.factories import Floor

NAMED = [
    "availability", "mtbf", "mttr", "performance", "oee", "plan_attainment", "quality_ratio",
    "fpy", "rty", "final_yield", "ppm", "dpmo", "sigma", "dhu", "scrap_rate", "rework_rate",
    "recovery_rate", "escape_rate", "efficiency", "efficiency_available", "efficiency_billed",
    "operation_efficiency", "labour_performance", "absenteeism_gross", "absenteeism_net",
    "attendance_rate", "bradford", "staffing", "otd", "otd_net", "true_otd", "otd_controlled",
    "lead_time",
]  # fmt: skip
# Known without anybody recording it: none is zero.
COUNTED = {"demotions", "late_now"}
D = Decimal


def facts(key: str) -> list[Fact]:
    return [catalogue.fact(each.fact) for each in catalogue.base_measures(key)]


def stands(key: str) -> bool:
    """Whether it is of rows that stand at one instant: of no day, and never unknown."""
    return all(each.standing for each in facts(key))


def common(key: str) -> set[str]:
    """Orders and holds are of no shift."""
    known = set(COMMON)
    if not all(each.is_of_the_floor for each in facts(key)):
        known -= {"shift", "shift_kind"}
    return known - DATES if stands(key) else known


@pytest.fixture
def floor(in_acme: Client, made_floor: Floor) -> Floor:
    # An order that nobody can judge is named by the figures of what is late.
    WorkOrder.objects.update(promised_date=datetime.date(2099, 12, 31))
    return made_floor


def test_all_named_kpis_are_declared() -> None:
    assert set(NAMED) <= set(catalogue.keys())


@pytest.mark.parametrize("key", catalogue.keys())
def test_a_kpi_explains_itself(key: str) -> None:
    kpi = catalogue.kpi(key)

    assert kpi.label
    assert kpi.formula
    assert kpi.help
    assert kpi.direction in ("up", "down")
    assert set(kpi.known_by or common(key)) <= set(kpi.dimensions)
    assert isinstance(kpi, Ratio | Product | Other)


@pytest.mark.parametrize("key", catalogue.keys())
def test_an_empty_period_is_no_value_with_a_reason(floor: Floor, key: str) -> None:
    (figure,) = evaluate([key], [floor.client.pk], WEEK)

    if key in COUNTED:
        assert figure.value == 0
        return
    assert figure.value is None
    assert len(figure.reason) > 10
    assert (figure.display, figure.band, figure.grade, figure.confidence) == (
        "n/a", None, None, None,
    )  # fmt: skip


@pytest.mark.parametrize("measure", [each.key for each in catalogue.measures()])
def test_an_empty_measure_is_no_value(floor: Floor, measure: str) -> None:
    (figure,) = evaluate([measure], [floor.client.pk], WEEK)

    nothing = [0, ""] if stands(measure) else [None, "Nothing was recorded."]
    assert [figure.value, figure.reason] == nothing


@pytest.mark.parametrize("key", catalogue.keys())
def test_no_group_without_rows(floor: Floor, key: str) -> None:
    by = "client" if catalogue.kpi(key).known_by or stands(key) else "day"
    assert evaluate([key], [floor.client.pk], WEEK, by=by) == []


def test_no_client_no_value(floor: Floor) -> None:
    assert [each.value for each in evaluate(NAMED, [], WEEK)] == [None] * len(NAMED)


# -- registry ----------------------------------------------------------------------------------


def measure(key: str, fact: str = "rows") -> Measure:
    return Measure(key, key, Unit.UNITS, fact, F("units"))


def rows() -> Fact:
    return Fact("rows", "Rows", "plant.LineShift", {})


@pytest.mark.parametrize("twice", [measure, lambda key: Combined(key, key, Unit.UNITS, {"x": 1})])
def test_a_key_declared_twice_fails(twice: object) -> None:
    shelf = Catalogue()
    shelf.register(rows(), measure("units"))

    with pytest.raises(ImproperlyConfigured, match="“units” is declared twice."):
        shelf.register(twice("units"))  # type: ignore[operator]


def test_a_kpi_may_not_have_the_key_of_a_measure() -> None:
    shelf = Catalogue()
    shelf.register(rows(), measure("fpy"))

    with pytest.raises(ImproperlyConfigured, match="“fpy” is declared twice."):
        shelf.register(catalogue.kpi("fpy"))


def test_what_is_of_days_of_its_own_is_no_tile() -> None:
    with pytest.raises(ImproperlyConfigured, match="“bradford” is of 364 days of its own"):
        replace(catalogue.kpi("bradford"), tile=True)


def test_a_name_that_leads_nowhere_fails_at_the_start() -> None:
    shelf = Catalogue()
    shelf.register(Combined("sum", "Sum", Unit.UNITS, {"nowhere": 1}))

    with pytest.raises(UnknownKey, match="Unknown KPI “nowhere”."):
        shelf.check()


def test_the_grade_waits_for_completeness(floor: Floor, monkeypatch: pytest.MonkeyPatch) -> None:
    make_inspection(floor, 100, 95, 5)
    (before,) = evaluate(["fpy"], [floor.client.pk], WEEK)
    monkeypatch.setattr(catalogue, "_known", lambda question, group: Known(D(95), D(1), D(5)))

    (after,) = evaluate(["fpy"], [floor.client.pk], WEEK)

    assert (before.grade, after.grade) == (None, "A")


# -- judgement ---------------------------------------------------------------------------------

UP = TargetValues(D(90), D(80), D(70), "client")
DOWN = TargetValues(D(10), D(15), D(20), "client")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("90", "on_target"), ("89.99", "below_target"), ("80.01", "below_target"),
        ("80", "warning"), ("74.07", "warning"), ("70.01", "warning"), ("70", "critical"),
        ("0", "critical"),
    ],
)  # fmt: skip
def test_bands_upwards(value: str, expected: str) -> None:
    assert band(D(value), UP, "up") == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("0", "on_target"), ("10", "on_target"), ("10.01", "below_target"),
        ("15", "warning"), ("19.99", "warning"), ("20", "critical"), ("99", "critical"),
    ],
)  # fmt: skip
def test_bands_downwards(value: str, expected: str) -> None:
    assert band(D(value), DOWN, "down") == expected


def test_no_target_no_band() -> None:
    assert band(D(90), None, "up") is None
    assert band(None, UP, "up") is None


@pytest.mark.parametrize(
    ("share", "confidence", "complete", "unexplained", "letter"),
    [
        ("0", "1", "90", "5", "A"),
        ("0.05", "0.9", "100", "0", "A"),
        ("0.06", "1", "100", "0", "B"),
        ("0", "0.89", "100", "0", "B"),
        ("0", "1", "89", "0", "B"),
        ("0", "1", "100", "5.1", "B"),
        ("0.26", "1", "100", "0", "C"),
        ("0", "0.69", "100", "0", "C"),
        ("0", "1", "69", "0", "C"),
        ("0", "1", None, None, None),
        ("0.26", "1", None, None, "C"),
        ("0", "0.5", None, None, "C"),
    ],
)
def test_grade_by_the_worst_criterion(
    share: str, confidence: str, complete: str | None, unexplained: str | None, letter: str | None
) -> None:
    found = grade(
        estimated_share=D(share),
        confidence=D(confidence),
        completeness=D(complete) if complete else None,
        unexplained_pct=D(unexplained) if unexplained else None,
        tolerance_pct=D(5),
    )

    assert found.letter == letter
    assert bool(found.reason) is (letter in ("B", "C"))
