"""What the page of people shows: absence, heads against requirement, floaters, labour hours."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from attendance.chronic import chronic
from clients.models import Client
from clients.roles import Action
from clients.scope import current_scope
from dashboards.absences import Absences
from dashboards.board import Board
from dashboards.drawings import Card, Cell, pareto_card, points_of, trend_card
from dashboards.overview import inside, target_address, to_rows
from dashboards.restated import is_restated, tables_now
from dashboards.selection import Selection
from dashboards.tiles import Tile, tile_of
from kpis.asking import WITHOUT
from kpis.engine import evaluate
from kpis.figures import Figure, Group
from kpis.pareto import pareto
from kpis.periods import Period
from kpis.registry import catalogue
from plant.models import Shift
from plant.shifts import LOOK_BACK, PlantCalendar, proposed_shift
from staffing.models import ShiftCoverage
from staffing.pool import Floater, floaters_of

FILTERS = ("line", "shift", "shift_kind")
TILES = ("absenteeism_gross", "absenteeism_net", "attendance_rate", "staffing", "floater_hours")
JUDGED = ("absenteeism_gross", "absenteeism_net", "staffing")
HEADS = ("required_heads", "present_heads")
HOURS = ("scheduled_hours", "absence_hours", "covered_hours", "floater_hours")
PLACED = (*JUDGED, *HEADS, *HOURS)
TIERS = (
    "actual_hours", "normal_hours", "double_hours", "triple_hours", "unsplit_hours",
    "billed_hours", "hours_available",
)  # fmt: skip
TREND, TYPED = "absenteeism_gross", "absence_hours"
MOST_PEOPLE, MOST_STALE = 20, 12


@dataclass(frozen=True)
class Row:
    """One group of a table: what it is called, and its figures in the order of the heads.

    None: this figure has no such group, as nothing of the kind was recorded there.
    """

    groups: Sequence[Group]
    cells: Sequence[Cell | None]


@dataclass(frozen=True)
class Person:
    """One person in a list for the people of hr."""

    code: str
    name: str
    figure: Figure
    href: str


@dataclass(frozen=True)
class Stale:
    row: ShiftCoverage
    href: str


def people(selection: Selection, client: Client) -> dict[str, Any]:
    aside, selection = selection.unknown_to(FILTERS), selection.only(FILTERS)
    scope = current_scope()
    filters, absences = selection.filters, Absences(client, selection.period, selection.today)
    keys = list(dict.fromkeys([*TILES, TREND, *PLACED, *TIERS]))
    board = Board(keys, [client.pk], selection.period, filters=filters, by="line")
    hr = scope.may(Action.SEE_ABSENCE_TYPES, client.pk)
    return {
        "left_out_filters": aside,
        "tiles": list(_tiles(board, selection)),
        "heads": [catalogue.find(key) for key in PLACED],
        "places": _rows(PLACED, board, selection, ("line", "shift")),
        "tier_heads": [catalogue.find(key) for key in TIERS],
        "tiers": _rows(TIERS, board, selection, ("labour_class",)),
        "spent": _spent(selection, client),
        "cards": [card for card in _cards(board, selection, absences, hr=hr) if card],
        "may_see_hr": hr,
        **(_hr(selection, client) if hr else {}),
        **_floaters(client),
    }


def _tiles(board: Board, selection: Selection) -> Iterator[Tile]:
    clients = board.question.clients
    changed = tables_now(clients, selection.period, selection.filters)
    for key in TILES:
        yield tile_of(
            board,
            key,
            selection,
            target_href=target_address(key, clients),
            restated=is_restated(key, changed),
        )


# -- tables --------------------------------------------------------------------------------------


def _rows(
    keys: Sequence[str], board: Board, selection: Selection, by: tuple[str, ...]
) -> list[Row]:
    """Every group of which anything was recorded, and all of them in total at the end."""
    question = board.question
    figures = evaluate(
        keys, question.clients, selection.period, filters=selection.filters, by=by,
        book=question.book,
    )  # fmt: skip
    found: dict[tuple[Any, ...], dict[str, Figure]] = {}
    for figure in figures:
        found.setdefault(figure.by, {})[figure.key] = figure
    rows = [
        Row(groups, [_cell(of.get(key), selection) for key in keys])
        for groups, of in found.items()
        if any(figure.rows or figure.excluded for figure in of.values())
    ]
    total = Row((), [_cell(board.figure(key), selection) for key in keys])
    return [*rows, total] if rows else []


def _cell(figure: Figure | None, selection: Selection) -> Cell | None:
    return Cell(figure, _href(selection, figure)) if figure else None


def _href(selection: Selection, figure: Figure) -> str:
    chosen = {group.dimension: group.code or WITHOUT for group in figure.by}
    name = "kpi" if figure.key in JUDGED else "kpi-rows"
    is_sum = figure.key in ("present_heads", "hours_available")
    return "" if is_sum else selection.link(name, figure.key, **chosen)


def _spent(selection: Selection, client: Client) -> list[Figure]:
    """What the hours worked were spent on, as far as somebody said it."""
    return evaluate(
        ["allocated_hours"], [client.pk], selection.period,
        filters=selection.filters, by=("category",),
    )  # fmt: skip


# -- charts --------------------------------------------------------------------------------------


def _cards(
    board: Board, selection: Selection, absences: Absences, *, hr: bool
) -> Iterator[Card | None]:
    points = points_of(
        board.spots(TREND),
        board.bucket,
        selection.client_format,
        absences,
        href=lambda spot: selection.link("kpi", TREND, period=inside(spot, selection.period)),
    )
    yield trend_card(TREND, points, board.bucket)
    if hr:
        shown = pareto(
            TYPED, board.question.clients, selection.period, by="absence_type",
            filters=selection.filters, book=board.question.book,
        )  # fmt: skip
        title = _("Hours absent by type")
        yield pareto_card(title, shown, to_rows(selection, TYPED), _("Absence type"))


# -- for people with the hr flag alone -----------------------------------------------------------


def _hr(selection: Selection, client: Client) -> dict[str, Any]:
    last = selection.period.last
    year = evaluate(["bradford"], [client.pk], Period.days(last, last), by=("employee",))
    scores = [each for each in year if each.value]
    scores.sort(key=lambda each: (-(each.value or 0), each.by[0].code))
    return {
        "bradford": [_person(each, selection) for each in scores[:MOST_PEOPLE]],
        "bradford_more": max(len(scores) - MOST_PEOPLE, 0),
        "chronic": [_person(each, selection) for each in chronic(client.pk, last)],
    }


def _person(figure: Figure, selection: Selection) -> Person:
    (group,) = figure.by
    href = selection.link("kpi-rows", "absence_hours", employee=group.code)
    return Person(group.code, str(group).removeprefix(group.code).strip(), figure, href)


# -- floaters ------------------------------------------------------------------------------------


def _floaters(client: Client) -> dict[str, Any]:
    """Of the shift that runs, or of the one that ended last. Names for those who may read them."""
    scope, now = current_scope(), timezone.now()
    on = client.local_day(now)
    calendar = PlantCalendar.of(client, on - LOOK_BACK, on)
    proposed = proposed_shift(calendar, now, client.zone)
    if proposed is None:
        return {}
    shift, day = proposed
    shift.client = client
    floaters = floaters_of(client, day, shift)
    may_read = scope.may(Action.SEE_NAMES, client.pk)
    return {
        "floater_shift": shift,
        "floater_day": day,
        "floater_count": len(floaters),
        "floaters_free": sum(not each.is_taken for each in floaters),
        "floaters_stale": ShiftCoverage.objects.filter(client=client).stale(now).count(),
        "floaters": [(each, _is_stale(each)) for each in floaters] if may_read else [],
        "pool_href": _pool(client, day, shift) if may_read else "",
        "stale": _stale(client) if scope.may(Action.ASSIGN_FLOATERS, client.pk) else [],
    }


def _is_stale(floater: Floater) -> bool:
    return any(place.row.is_stale for place in floater.places)


def _stale(client: Client) -> list[Stale]:
    """The newest assignments that nobody confirmed within a day."""
    rows = ShiftCoverage.objects.filter(client=client).stale()
    rows = rows.select_related("client", "line", "shift", "employee").order_by("-shift_date", "pk")
    return [Stale(row, _pool(client, row.shift_date, row.shift)) for row in rows[:MOST_STALE]]


def _pool(client: Client, day: date, shift: Shift) -> str:
    pairs = [("client", client.code), ("date", day.isoformat()), ("shift", shift.pk)]
    return f"{reverse('coverage:pool')}?{urlencode(pairs)}"
