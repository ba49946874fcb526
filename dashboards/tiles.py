"""A tile: one KPI with all that is needed to believe it at a glance."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from dashboards import charts
from dashboards.board import Board, is_of_the_floor
from dashboards.charts import Point, unit_named
from dashboards.drawings import is_flagged, is_up, point_of
from dashboards.panel import SPARKS
from dashboards.selection import Selection
from dashboards.words import number_of, short_day
from kpis.declarations import Kpi
from kpis.figures import Figure, Group
from kpis.registry import catalogue


@dataclass(frozen=True)
class Tile:
    """What templates/partials/tile.html draws."""

    key: str
    label: str
    value: str
    unit: str = ""
    href: str = ""
    explain_href: str = ""
    state: str = ""
    reason: str = ""
    band: str = ""
    target: str = ""
    target_href: str = ""
    change: str = ""
    verdict: str = ""
    against: str = ""
    sparkline: SafeString | str = ""
    grade: str = ""
    estimated: str = ""
    flagged: bool = False
    restated: bool = False
    signal: str = ""


def tile_of(
    board: Board,
    key: str,
    selection: Selection,
    *,
    target_href: str = "",
    restated: bool = False,
    href: str = "",
) -> Tile:
    figure, before = board.figure(key), board.before(key)
    unit = unit_named(figure.unit)
    change, verdict = change_of(figure, before)
    return Tile(
        key,
        figure.label,
        number_of(figure),
        str(unit.symbol),
        href or selection.link("kpi", key),
        selection.link("kpi-explain", key),
        state_of(figure),
        figure.reason,
        figure.band or "",
        target_of(figure),
        target_href,
        change,
        verdict,
        against(selection),
        board.kept(("spark", key), lambda: spark(board, key))
        if is_of_the_floor(key)
        else spark(board, key),
        figure.grade or "",
        estimated_words(figure),
        is_flagged(figure),
        restated,
    )


def state_of(figure: Figure) -> str:
    if figure.value is not None:
        return ""
    if figure.rows or figure.excluded or figure.lacks_setting:
        return "missing"
    return "none_recorded"


def target_of(figure: Figure) -> str:
    return unit_named(figure.unit).show(figure.target.target) if figure.target else ""


def change_of(figure: Figure, before: Decimal | None) -> tuple[str, str]:
    """The signed difference in the figure's unit, and whether it is better or worse.

    A volume is neither: more output is no better work.
    """
    if figure.value is None or before is None:
        return "", ""
    text, verdict = charts.change(
        figure.value,
        before,
        unit_named(figure.unit),
        higher_is_better=is_up(figure.key),
    )
    if verdict == "same" or isinstance(figure.kpi, Kpi):
        return text, verdict
    if is_up(figure.key):
        return text, "neutral"
    # Lost or unexplained minutes: nearer to zero is better, also from below.
    return text, "better" if abs(figure.value) < abs(before) else "worse"


def against(selection: Selection) -> str:
    days = selection.period.length
    return _("the day before") if days == 1 else _("the %(n)s days before") % {"n": days}


def estimated_words(figure: Figure) -> str:
    if not figure.estimated or figure.confidence is None:
        return ""
    return _("est. %(confidence)s") % {"confidence": trimmed(figure.confidence)}


def trimmed(value: Decimal) -> str:
    return charts.Unit("", 2, trim=True).number(value)


def spark(board: Board, key: str, of: Group | None = None) -> SafeString | str:
    """The newest closed buckets; only the last one is judged, for it alone shows its band."""
    spots = board.spots(key, of=of, last=SPARKS)
    points = [
        Point(short_day(spot.start), spot.value, target=spot.target) for spot in spots[:-1]
    ] + [point_of(spot.figure, short_day(spot.start), target=spot.target) for spot in spots[-1:]]
    if sum(point.y is not None for point in points) < 2:
        return ""
    targets = [point.target for point in points if point.target is not None]
    unit = unit_named(str(catalogue.find(key).unit))
    return charts.sparkline(points, unit=unit, target=targets[-1] if targets else None)
