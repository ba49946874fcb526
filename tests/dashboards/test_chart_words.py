"""What stands around a drawing: axes, units, findings in words, and the table behind it."""

from decimal import Decimal
from itertools import pairwise
from xml.etree import ElementTree

import pytest
from django.utils import translation

from dashboards.charts import (
    COUNT,
    HOURS,
    MINUTES,
    PERCENT,
    PPM,
    UNITS,
    Band,
    Cause,
    Point,
    State,
    Unit,
    against_target,
    cause_rows,
    change,
    extremes,
    few_causes,
    heat_rows,
    largest_cause,
    line,
    point_rows,
    ranked,
    unit_named,
)
from dashboards.charts.axes import apart, nice_ticks, value_ticks
from dashboards.charts.svg import clipped, hatch, text_width, wrapped
from tests.dashboards.drawn import (
    HEAT_ROW,
    STOPS,
    corners,
    series,
    with_class,
)


class TestAxes:
    @pytest.mark.parametrize(
        ("low", "high", "step"), [(0, 100, 20), (0, 1240, 500), (71, 84, 5), (0, 0.3, 0.1)]
    )
    def test_steps_are_1_2_or_5(self, low: float, high: float, step: float) -> None:
        ticks = nice_ticks(low, high)
        assert ticks.step == pytest.approx(step)
        assert ticks.low <= low
        assert ticks.high >= high

    def test_percentages_end_at_100_unless_a_value_is_above(self) -> None:
        assert value_ticks([92, 99.9], zero=False, percent=True).high == 100
        assert value_ticks([92, 104], zero=False, percent=True).high > 104

    def test_counts_never_reach_below_zero(self) -> None:
        assert value_ticks([0.2, 40], zero=False).low == 0

    def test_labels_are_moved_apart_and_stay_inside(self) -> None:
        assert apart([50, 52, 49], 0, 60, gap=10) == [50, 60, 40]

    def test_bucket_labels_do_not_touch(self) -> None:
        drawing = line([Point(f"{i} November", 80) for i in range(40)], title="x")
        labels = [e for e in with_class(drawing, "ch-axis") if "November" in (e.text or "")]
        xs = [float(e.get("x") or 0) for e in labels]
        gaps = [b - a for a, b in pairwise(xs)]
        assert min(gaps) > text_width("30 November")

    def test_text_is_cut_and_wrapped_within_its_width(self) -> None:
        assert clipped("short", 200) == "short"
        assert text_width(clipped("a very long label indeed", 80)) <= 80
        rows = wrapped("Material shortage at the warehouse", 70, 3)
        assert rows[:2] == ["Material", "shortage"]
        assert wrapped("Changeover", 66, 3) == ["Change-", "over"]

    def test_hatching_stays_inside_its_rectangle(self) -> None:
        path = ElementTree.fromstring(hatch(10, 20, 30, 12))
        assert all(10 <= x <= 40 and 20 <= y <= 32 for x, y in corners(path))


class TestUnits:
    @pytest.mark.parametrize(
        ("unit", "value", "text"),
        [
            (PERCENT, Decimal("74.074"), "74.07\u00a0%"),
            (PERCENT, Decimal("74.075"), "74.08\u00a0%"),
            (PERCENT, 0, "0.00\u00a0%"),
            (PPM, 14999.5, "15,000\u00a0ppm"),
            (MINUTES, 3925, "3,925\u00a0min"),
            (MINUTES, 36.25, "36.3\u00a0min"),
            (HOURS, Decimal("-0.004"), "0.00\u00a0h"),
            (HOURS, -1.5, "\u22121.50\u00a0h"),
            (COUNT, None, "n/a"),
            (COUNT, float("nan"), "n/a"),
        ],
    )
    def test_figures_are_rounded_half_up_and_grouped(
        self, unit: Unit, value: float | None, text: str
    ) -> None:
        assert unit.show(value) == text

    def test_numbers_follow_the_language(self) -> None:
        with translation.override("es"):
            assert PERCENT.number(83.335) == "83,34"

    def test_changes_are_signed_and_zero_is_not(self) -> None:
        assert [PERCENT.signed(v) for v in (2.1, -0.4, 0, 0.001)] == [
            "+2.10",
            "\u22120.40",
            "0.00",
            "0.00",
        ]

    def test_a_unit_is_found_by_its_symbol(self) -> None:
        assert unit_named("%") is PERCENT
        assert unit_named("kWh").show(3) == "3\u00a0kWh"


class TestFindings:
    def test_the_largest_cause(self) -> None:
        assert largest_cause(STOPS, MINUTES) == (
            "Changeover is the largest cause: 410 of 980\u00a0min (42\u00a0%)."
        )

    def test_minutes_without_reason_are_no_cause(self) -> None:
        causes = [*STOPS, Cause("No reason yet", 800, unassigned=True)]
        assert largest_cause(causes, MINUTES) == (
            "800 of 1,780\u00a0min have no reason yet (45\u00a0%)."
        )

    def test_few_causes(self) -> None:
        assert few_causes(STOPS, MINUTES) == "3 of 4 causes make 80 % of 980\u00a0min."

    def test_nothing_recorded(self) -> None:
        assert largest_cause([], MINUTES) == "Nothing recorded."
        assert few_causes([Cause("a", 0)], MINUTES) == "Nothing recorded."

    def test_against_target_leaves_running_buckets_out(self) -> None:
        points = [*series(82, 79, 84.2), Point("4 Dec", 10, state=State.IN_PROGRESS)]
        assert against_target(points, PERCENT, target=80, buckets="days") == (
            "Last 84.2\u00a0%, target 80\u00a0%; 1 of 3 days below target."
        )

    def test_against_target_where_less_is_better(self) -> None:
        sentence = against_target(series(9000, 12000), PPM, target=10000, higher_is_better=False)
        assert (
            sentence == "Last 12,000\u00a0ppm, target 10,000\u00a0ppm; 1 of 2 points above target."
        )

    def test_against_no_target(self) -> None:
        assert against_target(series(82), PERCENT) == "Last 82.0\u00a0%; no target set."
        assert against_target(series(None), PERCENT) == "No closed values in this period."

    def test_extremes(self) -> None:
        points = [Point("L1", 91.25), Point("L2", None), Point("L3", 53.1)]
        assert extremes(points, PERCENT) == "Highest: L1, 91.3\u00a0%; lowest: L3, 53.1\u00a0%."

    @pytest.mark.parametrize(
        ("now", "before", "higher", "expected"),
        [
            (84, 82, True, ("+2.00", "better")),
            (84, 82, False, ("+2.00", "worse")),
            (82, 84, True, ("\u22122.00", "worse")),
            (82, 82.001, True, ("0.00", "same")),
            (0, 0, True, ("0.00", "same")),
            (82, None, True, ("", "unknown")),
        ],
    )
    def test_a_change_is_judged_by_the_direction(
        self, now: float, before: float | None, higher: bool, expected: tuple[str, str]
    ) -> None:
        assert change(now, before, PERCENT, higher_is_better=higher) == expected


class TestTablesBehind:
    def test_every_point_has_its_row(self) -> None:
        points = [
            Point("1 Dec", 80, "/r", target=81.2, band=Band.BELOW_TARGET, estimated=True),
            Point("2 Dec", None, state=State.NONE_RECORDED, note="L1, L2"),
        ]
        first, second = point_rows(points, PERCENT)
        assert first.figures == ("80.00\u00a0%", "81.20\u00a0%")
        assert (first.words, first.href, first.band) == (
            "below target, estimated",
            "/r",
            "below_target",
        )
        assert (second.figures, second.words) == (("none recorded", ""), "L1, L2")

    def test_causes_have_share_and_running_share(self) -> None:
        first = cause_rows(ranked(STOPS), MINUTES)[0]
        assert first.figures == ("410\u00a0min", "41.8\u00a0%", "41.8\u00a0%")

    def test_heat_rows_say_bands_in_words(self) -> None:
        (row,) = heat_rows([HEAT_ROW], PERCENT)
        assert row.figures == (
            "84.20\u00a0% (on target)",
            "0.00\u00a0% (critical)",
            "none recorded",
            "not planned",
            "n/a",
        )


def test_units_of_a_count_are_whole() -> None:
    assert UNITS.show(100) == "100\u00a0units"
