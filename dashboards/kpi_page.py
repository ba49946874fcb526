"""The page of one KPI: its value, its trend, and everything it can be split by."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from django.utils.translation import gettext as _

from clients.models import Client
from dashboards.absences import Absences
from dashboards.board import Board
from dashboards.drawings import Card, bars_card, flag_words, pareto_card, points_of, trend_card
from dashboards.explanation import explained, numbers_of
from dashboards.overview import heat_of, inside, to_rows
from dashboards.restated import is_restated, tables_now
from dashboards.selection import Selection, Unreadable
from dashboards.tiles import tile_of
from kpis.asking import WITHOUT
from kpis.dimensions import DATES, DIMENSIONS
from kpis.engine import evaluate, window_of
from kpis.figures import Figure, Group
from kpis.pareto import DETAILS, pareto
from kpis.registry import catalogue
from plant.models import Line

# What stands on the page without asking; the rest is one choice away.
AT_ONCE = ("shift", "part")
MOST_BARS = 20
PARETOS = {
    "time": ("lost_minutes", ("reason", "reason_group", "loss_class", "machine", "line")),
    "quality": ("defects", ("defect_type", "severity", "disposition")),
    "people": ("absence_hours", ("absence_type",)),
}
NEVER = {"client", "line", *DATES}


@dataclass(frozen=True)
class Choice:
    label: str
    href: str
    current: bool


def kpi_page(
    selection: Selection, client: Client, key: str, *, by: str, cause: str, count: bool
) -> dict[str, Any]:
    kpi = catalogue.find(key)
    known = catalogue.dimensions_of(key)
    filters = combined(key, selection)
    # The stretch of time that the figure itself is of, where it has one, up to the same day.
    whole = replace(selection, period=selection.period.ending(window_of(key)))
    changed = tables_now([client.pk], whole.period, filters)
    split = "line" if "line" in known else "client"
    keys = [key, *getattr(kpi, "factors", ())]
    board = Board(
        keys, [client.pk], whole.period, filters=filters, by=split, explained=True,
        as_of=selection.as_of,
    )  # fmt: skip
    figure = board.figure(key)
    absences = Absences(client, selection.period, selection.today)
    lines = list(Line.objects.filter(client=client, pk__in=_lines(board)).order_by("code"))
    cards = [
        None if _own_splits(key) else _trend(board, key, selection, absences),
        *_splits(key, selection, board, filters, by),
        _pareto(key, selection, board, filters, cause, count=count),
        heat_of(key, board, selection, lines, absences)
        if split == "line" and not _own_splits(key)
        else None,
    ]
    if split == "line":
        figures = [board.of(group, key) for group in board.groups]
        shown = [each for each in figures if each.rows or each.excluded]
        cards.insert(1, _bars(key, "line", shown, selection))
    return {
        "kpi": kpi,
        "figure": figure,
        "tile": tile_of(board, key, whole, restated=is_restated(key, changed)),
        "previous": board.previous(key),
        "numbers": numbers_of(figure),
        "explained": explained(figure, selection),
        "rows_href": selection.link("kpi-rows", key),
        "factors": [
            (each, numbers_of(each), selection.link("kpi", each.key)) for each in figure.factors
        ],
        "flags": flag_words(figure),
        "cards": [card for card in cards if card],
        "left_out_filters": selection.unknown_to(known),
        "split_choices": list(_split_choices(key, selection, filters, by)),
        "cause_choices": _cause_choices(key, selection, filters, cause, count=count),
        "count_choices": _count_choices(key, selection, filters, cause, count=count),
    }


def combined(key: str, selection: Selection) -> dict[str, list[Any]]:
    """The filters that this figure knows; some of them exclude each other."""
    filters = selection.known_to(catalogue.dimensions_of(key))
    if not fits(key, filters):
        names = ", ".join(str(DIMENSIONS[name].label).lower() for name in filters)
        raise Unreadable(
            _("%(kpi)s is not known by %(names)s at once; take one of them away.")
            % {"kpi": catalogue.find(key).label, "names": names}
        )
    return filters


def fits(key: str, dimensions: Iterable[str]) -> bool:
    """Whether every sum is known by all of these together: by its own rows, or shared out."""
    shares = catalogue.fact(catalogue.sharing.fact)
    for measure in catalogue.base_measures(key):
        fact = catalogue.fact(measure.fact)
        own = all(each in measure.paths or fact.knows(each) for each in dimensions)
        shared = measure.allocated and all(shares.knows(each) for each in dimensions)
        if not own and not shared:
            return False
    return True


def _lines(board: Board) -> list[Any]:
    return [group.value for group in board.groups if group.value is not None]


def _trend(board: Board, key: str, selection: Selection, absences: Absences) -> Card:
    points = points_of(
        board.spots(key),
        board.bucket,
        selection.client_format,
        absences,
        href=lambda spot: selection.link("kpi-rows", key, period=inside(spot, selection.period)),
    )
    return trend_card(key, points, board.bucket)


# -- split by ------------------------------------------------------------------------------------


def _splits(
    key: str, selection: Selection, board: Board, filters: Any, by: str
) -> Iterator[Card | None]:
    known = catalogue.dimensions_of(key)
    if by and (by not in _choosable(known) or not fits(key, {by, *filters})):
        raise Unreadable(_("This KPI is not known by “%(name)s”.") % {"name": by[:40]})
    wanted = (*AT_ONCE, *_own_splits(key))
    names = [each for each in wanted if each in known and fits(key, {each, *filters})]
    question = board.question
    for name in dict.fromkeys([*([by] if by else []), *names]):
        figures = evaluate(
            [key],
            question.clients,
            selection.period,
            filters=filters,
            by=(name,),
            as_of=selection.as_of,
            book=question.book,
        )
        yield _bars(key, name, figures, selection)


def _own_splits(key: str) -> tuple[str, ...]:
    """The only groupings in which a figure makes sense, where that is so."""
    return tuple(each for each in getattr(catalogue.find(key), "known_by", ()) if each not in NEVER)


def _bars(key: str, name: str, figures: list[Figure], selection: Selection) -> Card | None:
    """Of many groups the twenty that weigh most; the table behind has the same."""
    label = DIMENSIONS[name].label
    heaviest = sorted(figures, key=lambda each: -each.rows)[:MOST_BARS]
    shown = [each for each in figures if each in heaviest]
    title = _("By %(what)s") % {"what": label.lower()}
    if len(figures) > len(shown):
        title = _("%(title)s: %(n)s of %(all)s with most rows") % {
            "title": title,
            "n": len(shown),
            "all": len(figures),
        }
    return bars_card(key, shown, title, _narrowed(key, selection), label)


def _narrowed(key: str, selection: Selection) -> Callable[[Group], str]:
    def href(group: Group) -> str:
        return selection.link("kpi", key, **{group.dimension: group.code or WITHOUT})

    return href


def _choosable(known: tuple[str, ...]) -> list[str]:
    return [each for each in known if each not in NEVER]


def _split_choices(key: str, selection: Selection, filters: Any, by: str) -> Iterator[Choice]:
    for name in _choosable(catalogue.dimensions_of(key)):
        if name not in (*AT_ONCE, *_own_splits(key)) and fits(key, {name, *filters}):
            href = "?" + selection.query(by="" if name == by else name)
            yield Choice(str(DIMENSIONS[name].label), href, name == by)


# -- causes --------------------------------------------------------------------------------------


def _causes(key: str, filters: Any) -> tuple[str, list[str]]:
    """Stops explain figures of time, defects those of quality; a measure explains itself.

    Nothing under a filter that the causes do not know: their total would be misread.
    """
    question = getattr(catalogue.find(key), "question", "")
    if not question and key in ("lost_minutes", "unassigned_minutes"):
        question = "time"
    measure, names = PARETOS.get(question, ("", ()))
    detail = DETAILS.get(measure, measure)
    open_to_all = catalogue.dimensions_of(detail) if detail else ()
    return measure, [
        name for name in names if name in open_to_all and fits(detail, {name, *filters})
    ]


def _pareto(
    key: str, selection: Selection, board: Board, filters: Any, cause: str, *, count: bool
) -> Card | None:
    measure, allowed = _causes(key, filters)
    if cause and cause not in allowed:
        raise Unreadable(_("Causes are not known by “%(name)s”.") % {"name": cause[:40]})
    if not allowed:
        return None
    by = cause or allowed[0]
    question = board.question
    shown = pareto(
        measure,
        question.clients,
        selection.period,
        by=by,
        filters=filters,
        count=count,
        as_of=selection.as_of,
        book=question.book,
    )
    label = DIMENSIONS[by].label
    title = _("%(what)s by %(cause)s") % {"what": shown.label, "cause": label.lower()}
    return pareto_card(title, shown, to_rows(selection, DETAILS.get(measure, measure)), label)


def _cause_choices(
    key: str, selection: Selection, filters: Any, cause: str, *, count: bool
) -> list[Choice]:
    _measure, allowed = _causes(key, filters)
    counted = "1" if count else ""
    return [
        Choice(
            str(DIMENSIONS[each].label),
            "?" + selection.query(cause=each, count=counted),
            each == (cause or allowed[0]),
        )
        for each in allowed
    ]


def _count_choices(
    key: str, selection: Selection, filters: Any, cause: str, *, count: bool
) -> list[Choice]:
    measure, allowed = _causes(key, filters)
    if not allowed:
        return []
    words = {"lost_minutes": _("minutes"), "absence_hours": _("hours")}.get(measure, _("units"))
    return [
        Choice(words, "?" + selection.query(cause=cause), not count),
        Choice(_("rows"), "?" + selection.query(cause=cause, count="1"), count),
    ]
