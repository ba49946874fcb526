"""The chart kit: what a drawing says, where it stands, and that nothing breaks out of it."""

import re
from decimal import Decimal

import pytest
from django.utils.safestring import SafeString

from dashboards.charts import (
    MINUTES,
    PERCENT,
    Band,
    Cause,
    HeatRow,
    Point,
    State,
    Unit,
    bars,
    bars_across,
    heat_map,
    line,
    pareto,
    ranked,
    sparkline,
)
from dashboards.charts.pareto import cumulative, vital
from tests.dashboards.drawn import (
    HEAT_ROW,
    HOSTILE,
    STOPS,
    SVG,
    corners,
    parsed,
    series,
    texts,
    with_class,
)


class TestEveryChart:
    AWKWARD = (
        [],
        series(80),
        series(None, None, None),
        series(0, 0, 0),
        series(55.5, 55.5, 55.5),
        series(-40, 20, -3),
        series(99, 104.5, 250),
        series(1e18, 3, None),
        series(0.00001, 0.00002),
        series(float("nan"), float("inf"), 3),
        series(Decimal("80.005"), Decimal("79.995")),
        series(*range(400)),
        [Point(HOSTILE, 3, HOSTILE, note=HOSTILE, title=HOSTILE), Point(HOSTILE, None)],
    )

    @pytest.mark.parametrize("points", AWKWARD)
    def test_awkward_figures_give_well_formed_drawings(self, points: list[Point]) -> None:
        causes = [Cause(p.label, p.value or 0) for p in points if p.y is not None]
        drawings = [
            line(points, title=HOSTILE, finding=HOSTILE, unit=PERCENT, target=80),
            bars(points, title=HOSTILE, unit=Unit(HOSTILE), target=80),
            bars_across(points, title=HOSTILE, unit=PERCENT, target=80),
            sparkline(points, unit=PERCENT, target=80),
            heat_map([HeatRow(HOSTILE, points)], [p.label for p in points], title=HOSTILE),
            pareto(causes, title=HOSTILE, unit=MINUTES),
        ]
        for drawing in drawings:
            root = parsed(drawing)
            assert isinstance(drawing, SafeString)
            assert root.get("role") == "img"
            assert root[0].tag == f"{SVG}title"
            assert root[1].tag == f"{SVG}desc"
            assert not list(root.iter(f"{SVG}script"))
            assert "style=" not in drawing
            assert "nan" not in re.sub("<(title|text)[^>]*>[^<]*", "", drawing)
            assert "inf" not in re.sub("<(title|text)[^>]*>[^<]*", "", drawing)

    def test_title_and_finding_are_the_name_and_description(self) -> None:
        root = parsed(line(series(80), title="OEE per day", finding="Last 80 %."))
        assert [root[0].text, root[1].text] == ["OEE per day", "Last 80 %."]

    def test_hostile_labels_are_text(self) -> None:
        drawing = bars_across([Point("<script>alert(1)</script>", 3)], title="x")
        assert "<script" not in drawing
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in drawing

    @pytest.mark.parametrize(
        "href", ["javascript:alert(1)", "//evil.example/", "https://evil.example/", "/\\evil", ""]
    )
    def test_only_addresses_of_the_site_are_links(self, href: str) -> None:
        assert not list(parsed(bars([Point("a", 3, href)], title="x")).iter(f"{SVG}a"))

    def test_a_point_is_a_link_that_says_its_figure(self) -> None:
        point = Point("2 Dec", 74.074, "/kpi/oee/rows/?a=1&b=2", band=Band.WARNING)
        link = next(parsed(line([point], title="x", unit=PERCENT)).iter(f"{SVG}a"))
        assert link.get("href") == "/kpi/oee/rows/?a=1&b=2"
        assert link[0].text == "2 Dec: 74.1\u00a0%, warning"


class TestLine:
    def test_a_gap_gives_two_paths(self) -> None:
        paths = with_class(line(series(80, 82, None, 81, 79, 83), title="x"), "ch-line")
        assert [len(corners(p)) for p in paths] == [2, 3]

    def test_a_lone_point_between_gaps_is_a_dot(self) -> None:
        drawing = line(series(80, None, 82, None, 81), title="x")
        assert with_class(drawing, "ch-line") == []
        assert len(with_class(drawing, "ch-dot")) == 3

    def test_lone_points_keep_their_dot_in_a_long_series(self) -> None:
        values: list[float | None] = [80.0] * 100
        values[50:53] = [None, 81.0, None]
        drawing = line(series(*values), title="x")
        assert len(with_class(drawing, "ch-dot")) == 2

    def test_the_way_to_a_running_bucket_is_apart_and_its_dot_open(self) -> None:
        points = [*series(80, 82, 81), Point("4 Dec", 60, state=State.IN_PROGRESS)]
        paths = with_class(line(points, title="x"), "ch-line")
        assert [p.get("class") for p in paths] == ["ch-line", "ch-line ch-open"]
        assert [len(corners(p)) for p in paths] == [3, 2]
        assert len(with_class(line(points, title="x"), "ch-open")) == 3  # path, dot, legend

    def test_points_stand_in_the_middle_of_equal_slots(self) -> None:
        path = with_class(line(series(80, 82, 81), title="x"), "ch-line")[0]
        xs = [x for x, _y in corners(path)]
        assert xs[1] - xs[0] == pytest.approx(xs[2] - xs[1], abs=0.11)

    def test_higher_values_stand_higher(self) -> None:
        (_, low), (_, high) = corners(with_class(line(series(70, 90), title="x"), "ch-line")[0])
        assert high < low

    def test_the_target_is_one_stepped_line(self) -> None:
        points = [Point(str(i), 80, target=t) for i, t in enumerate((80, 80, 85, 85))]
        (path,) = with_class(line(points, title="x"), "ch-target")
        assert re.sub(r"[\d.]+", "#", path.get("d") or "") == "M# #H#V#H#"

    def test_no_target_in_the_middle_breaks_the_target_line(self) -> None:
        points = [Point(str(i), 80, target=t) for i, t in enumerate((80, None, 85))]
        assert len(with_class(line(points, title="x"), "ch-target")) == 2

    def test_the_target_label_stands_right_of_the_plot_and_clear_of_the_last_value(self) -> None:
        drawing = line(series(80, 81.3), title="x", unit=PERCENT, target=81.2)
        target = with_class(drawing, "ch-target-label")[0]
        last = with_class(drawing, "ch-last")[0]
        edge = max(x for x, _y in corners(with_class(drawing, "ch-grid")[0]))
        assert target.text == "Target 81.2"
        assert float(target.get("x") or 0) > edge
        assert abs(float(target.get("y") or 0) - float(last.get("y") or 0)) >= 17

    def test_the_interval_is_a_closed_area_per_stretch(self) -> None:
        points = [
            Point("1", 80, low=78, high=82),
            Point("2", 80, low=77, high=83),
            Point("3", None),
            Point("4", None, low=76, high=84),
        ]
        areas = with_class(line(points, title="x", interval="95 % interval"), "ch-interval")
        assert [len(corners(a)) for a in areas if a.tag == f"{SVG}path"] == [4, 2]

    def test_three_kinds_of_nothing_stand_at_the_foot_of_their_gaps(self) -> None:
        points = [
            Point("1", 80),
            Point("2", None, state=State.NONE_RECORDED, note="No entries for 1ST on 2 Dec: L1."),
            Point("3", None, state=State.NOT_PLANNED, note="holiday"),
            Point("4", None, note="No cycle time for 2 parts"),
            Point("5", 0),
        ]
        drawing = line(points, title="x", unit=PERCENT)
        titles = [t.text for t in parsed(drawing).iter(f"{SVG}title")]
        assert "2: none recorded, No entries for 1ST on 2 Dec: L1." in titles
        assert "3: not planned, holiday" in titles
        assert "4: n/a, No cycle time for 2 parts" in titles
        keys = [t.text for t in with_class(drawing, "ch-key")]
        assert keys == ["none recorded", "not planned", "n/a"]


class TestBars:
    def test_bars_stand_on_zero(self) -> None:
        drawing = bars(series(95, 96, 97), title="x", unit=PERCENT)
        feet = {
            round(float(r.get("y") or 0) + float(r.get("height") or 0), 1)
            for r in with_class(drawing, "ch-bar")
        }
        assert feet == {corners(with_class(drawing, "ch-base")[0])[0][1]}
        assert "0" in texts(drawing)

    def test_heights_are_in_proportion(self) -> None:
        one, two = with_class(bars(series(25, 100), title="x"), "ch-bar")
        height = float(one.get("height") or 0) / float(two.get("height") or 1)
        assert height == pytest.approx(0.25, abs=0.01)

    def test_negative_values_hang_below_zero(self) -> None:
        drawing = bars(series(-40, 40), title="x")
        below, above = with_class(drawing, "ch-bar")
        assert float(below.get("y") or 0) == pytest.approx(
            float(above.get("y") or 0) + float(above.get("height") or 0), abs=0.11
        )

    def test_value_labels_stay_inside_the_drawing(self) -> None:
        values = [
            float(t.get("y") or 0) for t in with_class(bars(series(100), title="x"), "ch-value")
        ]
        assert values
        assert min(values) > 16

    def test_values_that_would_overlap_are_left_to_the_tooltip(self) -> None:
        assert with_class(bars(series(*[12345.0] * 60), title="x"), "ch-value") == []

    def test_the_band_is_a_colour_and_a_shape(self) -> None:
        drawing = bars_across([Point("L1", 60, band=Band.CRITICAL)], title="x", unit=PERCENT)
        assert len(with_class(drawing, "ch-bar")) == 1
        assert [e.tag for e in with_class(drawing, "ch-mark")] == [f"{SVG}rect"]

    def test_each_name_has_its_row_and_long_names_are_cut_with_the_whole_in_the_tooltip(
        self,
    ) -> None:
        name = "Packing line with a name that no label column could ever hold in full"
        drawing = bars_across([Point(name, 60), Point("L2", 70)], title="x")
        shown = [t.text or "" for t in with_class(drawing, "ch-name")]
        assert shown[0].endswith("…")
        assert f"{name}: 60" in [t.text for t in parsed(drawing).iter(f"{SVG}title")]

    def test_nothing_is_no_bar(self) -> None:
        points = [
            Point("a", None, state=State.NONE_RECORDED),
            Point("b", None, state=State.NOT_PLANNED),
            Point("c", None),
        ]
        drawing = bars_across(points, title="x", unit=PERCENT)
        assert with_class(drawing, "ch-bar") == []
        counts = [len(with_class(drawing, c)) for c in ("ch-hatch", "ch-dash", "ch-none-text")]
        assert counts == [1, 1, 1]


class TestPareto:
    def test_bars_fall_and_no_reason_yet_keeps_its_place(self) -> None:
        assert [c.label for c in ranked(STOPS)] == [
            "Changeover",
            "Jam",
            "No reason yet",
            "Cleaning",
        ]

    def test_other_stands_last_however_large(self) -> None:
        causes = [Cause("Other", 900, other=True), *STOPS]
        assert ranked(causes)[-1].label == "Other"

    def test_small_causes_fold_into_other_but_never_no_reason_yet(self) -> None:
        causes = [Cause(f"R{i}", 100 - i) for i in range(12)]
        causes.append(Cause("No reason yet", 1, unassigned=True))
        shown = ranked(causes, most=5)
        assert [c.label for c in shown] == ["R0", "R1", "R2", "No reason yet", "Other (9 causes)"]
        assert shown[-1].value == sum(100 - i for i in range(3, 12))

    def test_folding_keeps_the_sum(self) -> None:
        causes = [Cause(f"R{i}", Decimal("1.5") * i) for i in range(1, 30)]
        assert sum(c.value for c in ranked(causes)) == Decimal("652.5")

    def test_the_cumulative_line_ends_at_100(self) -> None:
        shares = cumulative(ranked(STOPS))
        assert [round(s, 2) for s in shares] == [41.84, 72.45, 92.86, 100.0]
        drawing = pareto(STOPS, title="x", unit=MINUTES)
        path = next(p for p in with_class(drawing, "ch-cumulative") if len(corners(p)) == 4)
        top = min(y for g in with_class(drawing, "ch-grid") for _x, y in corners(g))
        assert corners(path)[-1][1] == pytest.approx(top, abs=0.11)

    def test_causes_up_to_80_percent_are_marked(self) -> None:
        assert vital(ranked(STOPS)) == 3
        drawing = pareto([Cause("a", 80), Cause("b", 15), Cause("c", 5)], title="x")
        bars_of = {
            css: len([e for e in with_class(drawing, css) if float(e.get("width") or 0) > 14])
            for css in ("ch-bar-vital", "ch-bar-rest")
        }
        assert bars_of == {"ch-bar-vital": 1, "ch-bar-rest": 2}

    def test_no_reason_yet_has_a_look_of_its_own(self) -> None:
        assert len(with_class(pareto(STOPS, title="x"), "ch-bar-unassigned")) == 1

    def test_the_first_value_stays_clear_of_the_legend(self) -> None:
        values = with_class(pareto(STOPS, title="x", unit=MINUTES), "ch-value")
        assert [v.text for v in values] == ["410", "300", "200", "70"]
        assert min(float(v.get("y") or 0) for v in values) > 26

    def test_zero_causes_are_no_bars(self) -> None:
        assert [c.label for c in ranked([Cause("a", 0), Cause("b", 3)])] == ["b"]
        assert "Nothing recorded" in texts(pareto([Cause("a", 0)], title="x"))


class TestSparkline:
    def test_gaps_stay_open(self) -> None:
        drawing = sparkline(series(80, 81, None, 82, 83), unit=PERCENT)
        assert len(with_class(drawing, "ch-line")) == 2

    def test_it_says_its_range(self) -> None:
        title = parsed(sparkline(series(80, 71.2, None, 84.2), unit=PERCENT))[0].text
        assert title == "4 points, 71.2\u00a0% to 84.2\u00a0%, last 84.2\u00a0%, 1 without value"

    def test_the_last_point_carries_the_band(self) -> None:
        drawing = sparkline([Point("1", 80), Point("2", 60, band=Band.CRITICAL)])
        assert [e.tag for e in with_class(drawing, "ch-mark")] == [f"{SVG}rect"]


class TestHeatMap:
    DAYS = ("1 Dec", "2 Dec", "3 Dec", "4 Dec", "5 Dec")

    def test_zero_and_three_kinds_of_nothing_are_told_apart(self) -> None:
        drawing = heat_map([HEAT_ROW], self.DAYS, title="x", unit=PERCENT)
        assert [t.text for t in with_class(drawing, "ch-cell-text")] == ["84", "0"]
        assert len(with_class(drawing, "ch-blank")) == 1
        assert [t.text for t in with_class(drawing, "ch-none-text")] == ["n/a"]
        frames = [f for f in with_class(drawing, "ch-frame") if float(f.get("width") or 0) > 14]
        assert len(frames) == 1

    def test_a_cell_carries_band_colour_and_mark(self) -> None:
        drawing = heat_map([HeatRow("L1", [Point("1", 60, band=Band.WARNING)])], ["1"], title="x")
        assert len(with_class(drawing, "ch-cell")) == 1
        marks = [m for m in with_class(drawing, "ch-mark") if m.tag == f"{SVG}path"]
        assert len(marks) == 2  # cell and legend

    def test_cells_never_get_narrower_than_their_figure(self) -> None:
        row = HeatRow("L1", [Point(str(i), 100) for i in range(60)])
        drawing = heat_map([row], [str(i) for i in range(60)], title="x")
        assert {c.get("width") for c in with_class(drawing, "ch-cell")} == {"35"}

    def test_large_figures_are_shortened(self) -> None:
        row = HeatRow("L1", [Point("1", 12_400), Point("2", 1_250_000), Point("3", 9_999)])
        drawing = heat_map([row], ["1", "2", "3"], title="x")
        assert [t.text for t in with_class(drawing, "ch-cell-text")] == ["12.4k", "1.3M", "9,999"]
