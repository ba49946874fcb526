"""What the overview of one client shows, put together from one board."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from clients.models import Client
from clients.roles import Action
from clients.scope import current_scope
from dashboards.absences import Absences
from dashboards.board import Board
from dashboards.charts import Band, HeatRow, State, unit_named
from dashboards.drawings import (
    Card,
    Cell,
    bucket_words,
    cause_name,
    flag_words,
    heat_card,
    is_flagged,
    pareto_card,
    points_of,
    trend_card,
)
from dashboards.first_steps import empty_state
from dashboards.freshness import last_entry
from dashboards.panel import Spot, heat_bucket
from dashboards.restated import is_restated, tables
from dashboards.selection import Selection
from dashboards.tiles import Tile, tile_of
from dashboards.words import amount_of, with_unit
from kpis.asking import WITHOUT
from kpis.declarations import Kpi
from kpis.dimensions import DIMENSIONS
from kpis.figures import Figure, Group
from kpis.pareto import Pareto, paretos
from kpis.periods import Period
from kpis.registry import catalogue
from kpis.sums import is_kpi
from plant.models import Line

QUESTIONS = {
    "efficient": gettext_lazy("Efficient?"),
    "time": gettext_lazy("Time?"),
    "people": gettext_lazy("People?"),
    "delivery": gettext_lazy("Delivered?"),
    "quality": gettext_lazy("Quality?"),
    "shuffle": gettext_lazy("Re-shuffled?"),
    "hold": gettext_lazy("On hold?"),
}
OUTPUT, LOST, UNASSIGNED, DEFECTS = (
    "total_units", "lost_minutes", "unassigned_minutes", "defect_quantity",
)  # fmt: skip
MEASURES = {
    "efficient": (OUTPUT,),
    "time": (UNASSIGNED, "unexplained_minutes"),
    "hold": ("open_holds", "open_held_units"),
}
# Asked for with the tiles, for what is said beside them.
PENDING = "pending_holds"
# Tiles of what stands open the list of it.
LISTS = {"open_holds": "holds", "open_held_units": "holds", "wip_age": "wip"}
# Which of the two on-time figures the client is not shown.
HIDDEN = {Client.OtdMode.STANDARD: ("true_otd",), Client.OtdMode.TRUE: ("otd",)}
LATE = "late_now"
LINE_COLUMNS = ("oee", "availability", "performance", "quality_ratio")
FILTERS = ("line", "shift", "shift_kind")
MOST_REMARKS = 14
SEVERITY = (Band.CRITICAL, Band.WARNING, Band.BELOW_TARGET, Band.NONE)


@dataclass(frozen=True)
class Remark:
    """Something that needs somebody: how bad, what, and where to look."""

    band: str
    words: str
    href: str


@dataclass(frozen=True)
class LineRow:
    """One line: its figures, or which kind of nothing there is."""

    group: Group
    name: str
    state: str = ""
    absence: str = ""
    href: str = ""
    cells: Sequence[Cell] = ()
    units: Figure | None = None
    unassigned: Figure | None = None
    unassigned_href: str = ""


@dataclass(frozen=True)
class Floor:
    """What of the page is made of what is recorded shift by shift."""

    lines: Sequence[LineRow]
    cards: Sequence[Card]
    top_stop: Mapping[str, Any]
    last_entry: datetime | None
    # The tables whose rows changed after their shift was closed.
    changed: frozenset[str]
    is_empty: bool


def overview(selection: Selection, client: Client) -> dict[str, Any]:
    aside, selection = selection.unknown_to(FILTERS), selection.only(FILTERS)
    board = Board(
        all_keys(), [client.pk], selection.period, filters=selection.filters,
        as_of=selection.as_of,
    )  # fmt: skip
    floor = board.kept(("floor", selection.place), lambda: floor_of(board, selection, client))
    return {
        "left_out_filters": aside,
        "questions": list(questions(board, selection, floor.changed)),
        "lines": floor.lines,
        "line_columns": [catalogue.kpi(key).label for key in LINE_COLUMNS],
        **floor.top_stop,
        **_remarks(remarks(board, selection, floor.lines)),
        "cards": floor.cards,
        "last_entry_at": floor.last_entry,
        "is_empty": floor.is_empty,
        **(empty_state(client, selection) if floor.is_empty else {}),
    }


def floor_of(board: Board, selection: Selection, client: Client) -> Floor:
    period, filters = selection.period, selection.filters
    lines = list(
        Line.with_voided.filter(client=client)
        .annotate(last_entry=last_entry(client.pk), changed=tables([client.pk], period, filters))
        .order_by("code")
    )
    absences = Absences(client, period, selection.today)
    shown = [
        line
        for line in lines
        if line.pk in filters.get("line", [line.pk])
        and (line.voided_at is None or not board.is_silent(line.pk))
    ]
    causes = {LOST: "reason", DEFECTS: "defect_type"}
    book = board.question.book
    stops, defects = paretos(causes, [client.pk], period, filters=filters, book=book)
    cards = (
        oee_trend(board, selection, absences),
        pareto_card(_("Lost minutes by reason"), stops, to_rows(selection, LOST), _("Reason")),
        pareto_card(
            _("Defects in detail, by type"), defects, to_rows(selection, DEFECTS), _("Defect type")
        ),
        heat_of("oee", board, selection, shown, absences),
    )
    return Floor(
        lines=line_rows(board, selection, shown, absences),
        cards=[card for card in cards if card],
        top_stop=_top_stop(stops, selection),
        last_entry=lines[0].last_entry if lines else None,
        changed=frozenset(lines[0].changed if lines else ()),
        is_empty=all(board.is_silent(value) for value in (None, *(each.pk for each in lines))),
    )


def _top_stop(stops: Pareto, selection: Selection) -> dict[str, Any]:
    top = next((bar for bar in stops.bars if bar.group.value is not None), None)
    return {
        "top_stop": top,
        "top_stop_name": cause_name(top.group) if top else "",
        "top_stop_href": to_rows(selection, LOST)(top.group) if top else "",
    }


def _remarks(found: list[Remark]) -> dict[str, Any]:
    return {"remarks": found[:MOST_REMARKS], "more_remarks": found[MOST_REMARKS:]}


# -- tiles ---------------------------------------------------------------------------------------


def tiles_of_client(selection: Selection) -> list[Kpi]:
    hidden = HIDDEN.get(Client.OtdMode(selection.client.otd_mode), ()) if selection.client else ()
    return [kpi for kpi in catalogue.tiles() if kpi.key not in hidden]


def all_keys() -> list[str]:
    keys = [key for keys in MEASURES.values() for key in keys]
    return list(dict.fromkeys([*(kpi.key for kpi in catalogue.tiles()), *keys, PENDING]))


def questions(
    board: Board, selection: Selection, changed: Set[str] = frozenset()
) -> Iterator[tuple[str, str, list[Tile]]]:
    """A row of tiles a question; a KPI of a question that nobody foresaw comes last.

    `changed`: the tables whose rows changed after their shift was closed.
    """
    found: dict[str, list[str]] = {name: [] for name in QUESTIONS}
    for kpi in tiles_of_client(selection):
        found.setdefault(kpi.question, []).append(kpi.key)
    for name, keys in MEASURES.items():
        found[name] += keys
    for name, wanted in found.items():
        chosen = [key for key in wanted if _is_known_by(key, selection.filters)]
        if chosen:
            tiles = [
                tile_of(
                    board,
                    key,
                    selection,
                    target_href=target_address(key, board.question.clients),
                    restated=is_restated(key, changed),
                    href=selection.link(LISTS[key]) if key in LISTS else "",
                )
                for key in chosen
            ]
            yield name, str(QUESTIONS.get(name, name.capitalize())), tiles


def _is_known_by(key: str, filters: Mapping[str, Any]) -> bool:
    """An order has no shift: under such a filter, its tile would speak of all."""
    return not filters or set(filters) <= set(catalogue.dimensions_of(key))


def target_address(key: str, clients: Iterable[int]) -> str:
    """Where a target is set, for those who may."""
    if not is_kpi(key) or not all(current_scope().may(Action.TARGETS, each) for each in clients):
        return ""
    return f"{reverse('admin:kpis_target_add')}?kpi_key={key}"


# -- lines ---------------------------------------------------------------------------------------


def line_rows(
    board: Board, selection: Selection, lines: Sequence[Line], absences: Absences
) -> list[LineRow]:
    """Every line in use, also a silent one, and every line that has rows."""
    rows = [
        _line_row(board, selection, line, absences)
        for line in lines
        if line.active or not board.is_silent(line.pk)
    ]
    if not board.is_silent(None):
        nowhere = Group("line", None, "", DIMENSIONS["line"].nothing)
        rows.append(_filled(board, selection, nowhere, ""))
    return rows


def _line_row(board: Board, selection: Selection, line: Line, absences: Absences) -> LineRow:
    group = Group("line", line.pk, line.code, line.code)
    if not board.is_silent(line.pk):
        return _filled(board, selection, group, line.name)
    period = selection.period
    state, words = absences.between(period.first, period.end, line.pk)
    return LineRow(group, line.name, str(state), words)


def _filled(board: Board, selection: Selection, group: Group, name: str) -> LineRow:
    return LineRow(
        group,
        name,
        href=selection.link("kpi", "oee", line=group.code or WITHOUT),
        cells=[
            Cell(board.of(group, key), selection.link("kpi", key, line=group.code or WITHOUT))
            for key in LINE_COLUMNS
        ],
        units=board.of(group, OUTPUT),
        unassigned=board.of(group, UNASSIGNED),
        unassigned_href=selection.link("kpi-rows", UNASSIGNED, line=group.code or WITHOUT),
    )


# -- exceptions ----------------------------------------------------------------------------------


def remarks(board: Board, selection: Selection, rows: Sequence[LineRow]) -> list[Remark]:
    """What somebody has to look at, the worst first."""
    found = [
        *_critical(board, selection, rows),
        *_late(board, selection),
        *_to_decide(board, selection),
        *_flagged(rows),
        *_without_reason(board, selection, rows),
        *_left_out(board, selection),
        *_silent(rows),
    ]
    return sorted(found, key=lambda remark: SEVERITY.index(remark.band))


def _critical(board: Board, selection: Selection, rows: Sequence[LineRow]) -> Iterator[Remark]:
    for key in (kpi.key for kpi in tiles_of_client(selection)):
        figure = board.figure(key)
        if figure.band == Band.CRITICAL:
            yield Remark(Band.CRITICAL, _judged(figure), selection.link("kpi", key))
    for row in rows:
        for cell in row.cells[:1]:
            if cell.figure.band == Band.CRITICAL:
                yield Remark(Band.CRITICAL, f"{row.group}: {_judged(cell.figure)}", cell.href)


def _late(board: Board, selection: Selection) -> Iterator[Remark]:
    late = int(board.figure(LATE).value or 0)
    if late:
        words = ngettext("%(n)s order is late", "%(n)s orders are late", late)
        yield Remark(Band.WARNING, words % {"n": late}, selection.link("kpi-rows", LATE))


def _to_decide(board: Board, selection: Selection) -> Iterator[Remark]:
    waiting = board.figure(PENDING).value
    if waiting:
        words = ngettext(
            "%(n)s hold waits for a decision", "%(n)s holds wait for a decision", int(waiting)
        )
        yield Remark(Band.WARNING, words % {"n": int(waiting)}, selection.link("holds"))


def _judged(figure: Figure) -> str:
    words = {"kpi": figure.label, "value": with_unit(figure)}
    if figure.target is None:
        return _("%(kpi)s %(value)s") % words
    target = unit_named(figure.unit).show(figure.target.target)
    return _("%(kpi)s %(value)s, target %(target)s") % {**words, "target": target}


def _flagged(rows: Sequence[LineRow]) -> Iterator[Remark]:
    """One remark a figure, naming the lines."""
    found: dict[tuple[str, str], list[LineRow]] = defaultdict(list)
    for row in rows:
        for cell in row.cells:
            if is_flagged(cell.figure):
                found[cell.figure.label, flag_words(cell.figure)[0]].append(row)
    for (label, words), lines in found.items():
        href = next(c.href for c in lines[0].cells if c.figure.label == label)
        yield Remark(Band.WARNING, f"{label}, {_named(lines)}: {words}", href)


def _named(rows: Sequence[LineRow]) -> str:
    return ", ".join(row.group.code or str(row.group) for row in rows)


def _without_reason(
    board: Board, selection: Selection, rows: Sequence[LineRow]
) -> Iterator[Remark]:
    minutes = board.figure(UNASSIGNED)
    lines = [row for row in rows if row.unassigned and row.unassigned.value]
    if minutes.value:
        words = _("%(minutes)s of stops without a reason: %(lines)s") % {
            "minutes": amount_of(minutes.value, minutes.unit),
            "lines": _named(lines),
        }
        yield Remark(Band.WARNING, words, selection.link("kpi-rows", UNASSIGNED))


def _left_out(board: Board, selection: Selection) -> Iterator[Remark]:
    seen = set()
    for key in (kpi.key for kpi in tiles_of_client(selection)):
        for each in board.figure(key).excluded:
            if (each.code, each.reason) not in seen:
                seen.add((each.code, each.reason))
                href = selection.link("kpi-rows", key, measure=each.measure, left_out=each.code)
                yield Remark(Band.BELOW_TARGET, each.reason, href)


def _silent(rows: Sequence[LineRow]) -> Iterator[Remark]:
    for row in rows:
        if row.state == State.NONE_RECORDED:
            yield Remark(Band.NONE, _("%(line)s: nothing recorded") % {"line": row.group}, "")


# -- cards ---------------------------------------------------------------------------------------


def oee_trend(board: Board, selection: Selection, absences: Absences) -> Card:
    points = points_of(
        board.spots("oee"),
        board.bucket,
        selection.client_format,
        absences,
        href=lambda spot: selection.link("kpi", "oee", period=inside(spot, selection.period)),
    )
    return trend_card("oee", points, board.bucket)


def inside(spot: Spot, period: Period) -> Period:
    return Period(max(spot.start, period.first), min(spot.end, period.end))


def to_rows(selection: Selection, key: str) -> Callable[[Group], str]:
    def href(group: Group) -> str:
        return selection.link("kpi-rows", key, **{group.dimension: group.code or WITHOUT})

    return href


def heat_of(
    key: str, board: Board, selection: Selection, lines: Sequence[Line], absences: Absences
) -> Card | None:
    """Lines by days, or by weeks where days would be too many; each cell opens its rows."""
    rows, bucket = [], heat_bucket(selection.period)
    for line in lines:
        if not line.active and board.is_silent(line.pk):
            continue
        group = Group("line", line.pk, line.code, line.code)
        cells = points_of(
            board.spots(key, of=group, bucket=bucket),
            bucket,
            selection.client_format,
            absences,
            href=lambda spot, code=line.code: selection.link(
                "kpi-rows", key, period=inside(spot, selection.period), line=code
            ),
            line_id=line.pk,
        )
        href = selection.link("kpi", key, line=line.code)
        rows.append(HeatRow(line.code, cells, href))
    columns = [
        bucket_words(start, bucket, selection.client_format)[0] for start in board.buckets(bucket)
    ]
    title = _("%(kpi)s by line and day") if bucket == "day" else _("%(kpi)s by line over time")
    return heat_card(key, rows, columns, title % {"kpi": catalogue.find(key).label}, _("Line"))
