"""What the page of work in process shows: every order in work by age, oldest first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clients.models import Client
from dashboards.holds_page import LONGEST_SEARCH, Chip
from dashboards.order_lists import Moment
from dashboards.paging import pager
from dashboards.selection import Selection, Unreadable
from holds.ageing import FIRM, in_work
from holds.intervals import DAY, HoldBook, held_time
from holds.kpis import BUCKET_NAMES, BUCKETS
from holds.models import partly_held
from kpis.books import books_of
from kpis.engine import ask, evaluate
from plant import delivery, inferred
from plant.models import WorkOrder
from plant.order_status import OrderStatus

FILTERS = ("line", "style", "work_order")
COLUMNS = {"line": "line", "style": "style", "work_order": "pk"}
PER_PAGE = 50
TRIAD: dict[str, str | Promise] = {
    "old": gettext_lazy("Old"),
    "stalled": gettext_lazy("Stalled"),
    "past_due": gettext_lazy("Past due"),
}


@dataclass(frozen=True)
class WipRow:
    order: WorkOrder
    href: str
    age: int
    held_days: int
    active_hours: float
    held_hours: float
    is_estimated: bool
    confidence: str
    marks: Sequence[str]
    is_on_hold: bool
    is_partly_held: bool


def wip(selection: Selection, client: Client, said: Mapping[str, Any]) -> dict[str, Any]:
    aside, selection = selection.unknown_to(FILTERS), selection.only(FILTERS)
    moment = Moment.of(client, selection.as_of)
    book, targets, _fresh = books_of([client.pk])
    question = ask([client.pk], selection.period, as_of=selection.as_of, book=book)
    goal = targets.target([client.pk], "wip_age", moment.on)
    warning = int(goal.warning) if goal and goal.warning is not None else None
    (figure,) = evaluate(
        ["wip_age"], [client.pk], selection.period, filters=selection.filters,
        as_of=selection.as_of, book=book,
    )  # fmt: skip
    rows = in_work(question).filter(client=client, start__isnull=False)
    rows = rows.annotate(due=inferred.current())
    rows = rows.alias(**delivery.quiet_from(client, moment.last_output))
    for name, values in selection.filters.items():
        rows = rows.filter(_one_of(COLUMNS[name], values))
    triad, buckets = _triad(client, moment, warning), _buckets()
    show = said.get("show") or ""
    if show and show not in {**triad, **buckets}:
        raise Unreadable(_("Unknown list “%(name)s”.") % {"name": show[:LONGEST_SEARCH]})
    counts = _counts(rows, {**triad, **buckets})
    for name, where in triad.items():
        rows = rows.annotate(**{f"is_{name}": where})
    listed = rows.filter({**triad, **buckets}[show]) if show else rows
    listed = listed.select_related("style", "line").order_by("-age", "number")
    page = Paginator(listed, PER_PAGE).get_page(said.get("page"))
    return {
        "on": moment.on,
        "as_of": selection.as_of,
        "left_out_filters": aside,
        "figure": figure,
        "warning_days": warning,
        "explain_href": selection.link("kpi-explain", "wip_age"),
        "rows_href": selection.link("kpi-rows", "wip_age"),
        "triad": _chips(TRIAD, counts, selection, show),
        "buckets": _chips(
            {name: _("%(name)s days") % {"name": name} for name in buckets},
            counts, selection, show,
        ),
        "rows": _rows(list(page), client, moment),
        "pager": pager(page, lambda to: selection.link("wip", show=show, page=to)),
        "show": show,
        "count": counts["all"],
        "is_narrowed": bool(show or selection.codes),
    }  # fmt: skip


def _one_of(column: str, values: Sequence[Any]) -> Q:
    named = Q(**{f"{column}__in": [each for each in values if each is not None]})
    return named | Q(**{f"{column}__isnull": True}) if None in values else named


def _triad(client: Client, moment: Moment, warning: int | None) -> dict[str, Q]:
    """Old: above the client's own warning. Stalled and past due: as on the page of orders."""
    return {
        "old": Q(age__gt=warning) if warning is not None else Q(pk__in=[]),
        "stalled": delivery.is_stalled(client, moment.on),
        "past_due": Q(due__lt=moment.on),
    }


def _buckets() -> dict[str, Q]:
    firsts = [None, *BUCKETS]
    return {
        name: (Q(age__gt=after) if after is not None else Q())
        & (Q(age__lte=last) if last is not None else Q())
        for name, after, last in zip(BUCKET_NAMES, firsts, [*BUCKETS, None], strict=True)
    }


def _counts(rows: Any, conditions: Mapping[str, Q]) -> dict[str, int]:
    """All chips in one query."""
    asked = {f"n{n}": Count("pk", filter=where) for n, where in enumerate(conditions.values())}
    found = rows.order_by().aggregate(all=Count("pk"), **asked)
    return {"all": found["all"]} | {name: found[f"n{n}"] for n, name in enumerate(conditions)}


def _chips(
    labels: Mapping[str, Any], counts: Mapping[str, int], selection: Selection, show: str
) -> list[Chip]:
    return [
        Chip(
            key, str(label), counts[key],
            selection.link("wip", show="" if key == show else key), key == show,
        )
        for key, label in labels.items()
    ]  # fmt: skip


def _rows(orders: list[Any], client: Client, moment: Moment) -> list[WipRow]:
    at = moment.at or timezone.now()
    ids = [order.pk for order in orders]
    book = HoldBook.load(ids, at=at)
    partly = partly_held(ids) if moment.at is None else set()
    return [_row(order, client, book, at, partly) for order in orders]


def _row(order: Any, client: Client, book: HoldBook, at: datetime, partly: set[int]) -> WipRow:
    began = datetime.combine(order.start, time(), client.zone)
    held = held_time(book.of_order(order.pk), began, at)
    marks = [str(TRIAD[name]) for name in TRIAD if getattr(order, f"is_{name}")]
    return WipRow(
        order,
        f"{reverse('dashboards:order', args=[order.pk])}?client={client.code}",
        order.age,
        _whole_days(order.start, order.age_end) - order.age,
        (at - began - held).total_seconds() / 3600,
        held.total_seconds() / 3600,
        order.start_confidence < FIRM,
        f"{order.start_confidence.normalize():f}",
        marks,
        order.stood == OrderStatus.ON_HOLD,
        order.pk in partly,
    )


def _whole_days(first: date, last: date) -> int:
    return (last - first + DAY).days
