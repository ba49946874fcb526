"""From figures to charts: points with their state, links and words, and the cards around them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from dashboards import charts
from dashboards.absences import Absences
from dashboards.charts import Cause, HeatRow, Point, State, TableRow, unit_named
from dashboards.panel import Spot
from dashboards.words import day_of, month_of, short_day
from kpis.declarations import Unit as KpiUnit
from kpis.figures import FLAGS, Figure, Group
from kpis.registry import catalogue

# Drawn twice where a page may be wide or narrow: no digit shrinks below what can be read.
WIDE, NARROW = 1240, 720
REASONS = ("reason", "reason_group", "loss_class")


@dataclass(frozen=True)
class Card:
    """What templates/partials/chart.html draws."""

    title: str
    finding: str
    chart: SafeString
    rows: Sequence[TableRow] = ()
    heads: Sequence[str] = ()
    row_head: str = ""
    words_head: str = ""
    wide: bool = False


@dataclass(frozen=True)
class Cell:
    """A figure in a table, and the page behind it."""

    figure: Figure
    href: str


def is_up(key: str) -> bool:
    """Whether more is better. Of plain sums, minutes are lost ones and all others are output."""
    each = catalogue.find(key)
    direction = getattr(each, "direction", "")
    return direction == "up" if direction else each.unit is not KpiUnit.MINUTES


def point_of(
    figure: Figure | None,
    label: str,
    *,
    title: str = "",
    href: str = "",
    running: bool = False,
    target: Decimal | None = None,
    absence: tuple[State, str] = (State.NONE_RECORDED, ""),
) -> Point:
    if figure is None:
        state, note = absence
        return Point(label, None, href, state, title=title, note=note, target=target)
    if figure.value is None:
        return Point(
            label, None, href, State.MISSING, title=title, note=figure.reason, target=target
        )
    return Point(
        label,
        figure.value,
        href,
        State.IN_PROGRESS if running else State.CLOSED,
        figure.band or "",
        title,
        target=target,
        estimated=figure.estimated,
        flagged=is_flagged(figure),
    )


def is_flagged(figure: Figure) -> bool:
    return any(flag in ("verify_standard", "verify_downtime") for flag in figure.flags)


def flag_words(figure: Figure) -> list[str]:
    """What the flags say; "above six" is said by the value itself."""
    return [FLAGS[flag] for flag in figure.flags if flag in FLAGS and flag != "over_six"]


def bucket_words(start: date, bucket: str, order: str) -> tuple[str, str]:
    """On the axis, and in full."""
    if bucket == "day":
        return short_day(start), day_of(start, order)
    if bucket == "week":
        return short_day(start), _("week from %(day)s") % {"day": day_of(start, order)}
    return month_of(start), month_of(start)


def points_of(
    spots: Iterable[Spot],
    bucket: str,
    order: str,
    absences: Absences,
    *,
    href: Callable[[Spot], str] = lambda spot: "",
    line_id: int | None = None,
) -> list[Point]:
    found = []
    for spot in spots:
        label, title = bucket_words(spot.start, bucket, order)
        absence = (State.NONE_RECORDED, "")
        if spot.figure is None:
            absence = absences.between(spot.start, spot.end, line_id)
        found.append(
            point_of(
                spot.figure,
                label,
                title=title,
                href=href(spot) if spot.figure else "",
                running=spot.running,
                target=spot.target,
                absence=absence,
            )
        )
    return found


def bucket_name(bucket: str) -> str:
    return {"day": _("days"), "week": _("weeks"), "month": _("months")}.get(bucket, _("points"))


def trend_card(
    key: str, points: Sequence[Point], bucket: str, *, title: str = "", wide: bool = True
) -> Card:
    kpi = catalogue.find(key)
    unit = unit_named(str(kpi.unit))
    finding = charts.against_target(
        points, unit, higher_is_better=is_up(key), buckets=bucket_name(bucket)
    )
    title = title or _("%(kpi)s over time") % {"kpi": kpi.label}
    heads = [_("%(kpi)s, %(unit)s") % {"kpi": kpi.label, "unit": unit.symbol}]
    if any(point.target is not None for point in points):
        heads.append(_("Target"))
    return Card(
        title,
        finding,
        format_html(
            '<div class="on-wide">{}</div><div class="on-narrow">{}</div>',
            *(
                charts.line(points, title=title, unit=unit, finding=finding, width=width)
                for width in (WIDE, NARROW)
            ),
        )
        if wide
        else charts.line(points, title=title, unit=unit, finding=finding),
        charts.point_rows(points, unit),
        heads,
        bucket_name(bucket).capitalize(),
        _("Remarks"),
        wide,
    )


def cause_name(group: Group) -> str:
    """Reasons and defects are known by name; their codes are for files."""
    if group.dimension in (*REASONS, "defect_type"):
        return group.label.removeprefix(f"{group.code} ")
    return group.label


def cause_of(bar: Any, href: str) -> Cause:
    return Cause(
        cause_name(bar.group),
        bar.value,
        href,
        unassigned=bar.group.value is None and bar.group.dimension in REASONS,
        note=_("%(n)s rows") % {"n": bar.rows},
    )


def pareto_card(title: str, found: Any, href: Callable[[Group], str], row_head: str) -> Card | None:
    """Nothing when there is nothing: an empty Pareto says less than its absence."""
    unit = unit_named(str(found.unit))
    causes = [cause_of(bar, href(bar.group)) for bar in found.bars if bar.value > 0]
    if not causes:
        return None
    ranked = charts.ranked(causes)
    return Card(
        title,
        _finding(found, causes, unit),
        charts.pareto(causes, title=title, unit=unit, finding=found.sentence),
        charts.cause_rows(ranked, unit),
        [str(unit.symbol) or _("Count"), _("Share"), _("Cumulative")],
        row_head,
        "",
    )


def _finding(found: Any, causes: Sequence[Cause], unit: charts.Unit) -> str:
    top = found.bars[0]
    if top.group.value is None and top.group.dimension not in REASONS:
        words = {"part": unit.number(top.value), "total": unit.show(found.total)}
        return _("%(part)s of %(total)s are not told apart.") % words
    return charts.largest_cause(causes, unit)


def bars_card(
    key: str, figures: Sequence[Figure], title: str, href: Callable[[Group], str], row_head: str
) -> Card | None:
    """One lying bar a group, each against its own target."""
    if not figures:
        return None
    unit = unit_named(figures[0].unit)
    points = [
        point_of(
            figure,
            str(figure.by[0]),
            href=href(figure.by[0]),
            target=figure.target.target if figure.target else None,
        )
        for figure in figures
    ]
    finding = charts.extremes(points, unit)
    heads = [_("%(kpi)s, %(unit)s") % {"kpi": figures[0].label, "unit": unit.symbol}]
    if any(point.target is not None for point in points):
        heads.append(_("Target"))
    return Card(
        title,
        finding,
        charts.bars_across(points, title=title, unit=unit, finding=finding),
        charts.point_rows(points, unit),
        heads,
        row_head,
        _("Remarks"),
    )


def heat_card(
    key: str, rows: Sequence[HeatRow], columns: Sequence[str], title: str, row_head: str
) -> Card | None:
    if not rows or not columns:
        return None
    unit = unit_named(str(catalogue.find(key).unit))
    cells = [
        Point(f"{row.label}, {cell.name}", cell.value, state=cell.state)
        for row in rows
        for cell in row.cells
    ]
    finding = charts.extremes(cells, unit)
    return Card(
        title,
        finding,
        charts.heat_map(rows, columns, title=title, unit=unit, finding=finding, width=WIDE),
        charts.heat_rows(rows, unit),
        list(columns),
        row_head,
        "",
        True,
    )
