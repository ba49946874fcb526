"""What the page of orders shows: late now, due next, held, stalled, all; plan against actual."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.core.paginator import Paginator
from django.db.models import Sum
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from clients.models import Client
from clients.roles import Action
from clients.scope import current_scope
from dashboards.charts import Band
from dashboards.order_lists import (
    FILTERS,
    TABS,
    WEEK,
    Asked,
    Moment,
    conditions_of,
    counts_of,
    listed,
    narrowed,
)
from dashboards.paging import pager
from dashboards.selection import Selection
from dashboards.words import amount_of, count_of, day_of
from holds.models import WIPHold
from plant import delivery, inferred, order_flow
from plant.delivery import Progress
from plant.models import WorkOrder
from plant.models.orders import Priority
from plant.order_status import FINAL, OrderStatus

PER_PAGE = 50


@dataclass(frozen=True)
class OrderRow:
    order: Any
    href: str
    lateness: str
    band: str
    held: Sequence[WIPHold]
    progress: Progress | None

    @property
    def is_partly_held(self) -> bool:
        return bool(self.held) and self.order.status_then != OrderStatus.ON_HOLD

    @property
    def status(self) -> str:
        return str(OrderStatus(self.order.status_then).label)


def orders(selection: Selection, client: Client, said: Mapping[str, Any]) -> dict[str, Any]:
    asked, moment = Asked.of(said), Moment.of(client, selection.as_of)
    aside, selection = selection.unknown_to(FILTERS), selection.only(FILTERS)
    chosen = narrowed(WorkOrder.objects.filter(client=client), selection, asked, moment)
    conditions = conditions_of(moment)
    counts = counts_of(chosen, moment, conditions)
    paginator = Paginator(listed(chosen, asked, moment, conditions), PER_PAGE)
    if asked.show in counts:
        paginator.count = counts[asked.show]
    page = paginator.get_page(asked.page)
    may_see_plan = current_scope().may(Action.SEE_PLAN, client.pk)
    may_write = current_scope().may(Action.ORDERS, client.pk)

    def link(**changes: Any) -> str:
        return selection.link("orders", **asked.kept(**changes))

    return {
        "left_out_filters": aside,
        "asked": asked,
        "tab": TABS[asked.show],
        "tabs": [
            (tab, counts.get(tab.key), link(show=tab.key, sort=""), tab.key == asked.show)
            for tab in TABS.values()
        ],
        "rows": rows_of(list(page), moment, selection, may_see_plan=may_see_plan),
        "heads": _heads(asked, link, may_see_plan=may_see_plan),
        "pager": pager(page, lambda to: link(page=to)),
        "may_see_plan": may_see_plan,
        "may_write": may_write,
        # Of a past day there is nothing to move.
        "moves": order_flow.offered(client.order_flow)
        if may_write and not selection.as_of
        else [],
        "all_ticked": said.get("tick") == "all",
        "tick_href": link(page=page.number, tick="all"),
        "untick_href": link(page=page.number),
        "back": link(page=page.number),
        "statuses": OrderStatus.choices,
        "priorities": Priority.choices,
        "hidden": selection.hidden("q", "status", "priority", "show", "sort"),
        "filters": [
            *({"label": each.text, "href": _without(selection, asked, each)}
              for each in selection.chosen()),
            *_chips(asked, selection.as_of, link),
        ],
        "on": moment.on,
    }  # fmt: skip


def _without(selection: Selection, asked: Asked, chosen: Any) -> str:
    gone = (chosen.dimension, chosen.code)
    query = selection.query(without=gone, **asked.kept())
    return f"{reverse('dashboards:orders')}?{query}"


def _chips(asked: Asked, as_of: date | None, link: Callable[..., str]) -> list[dict[str, str]]:
    found = []
    if as_of:
        words = _("As of %(day)s") % {"day": as_of.isoformat()}
        found.append({"label": words, "href": link(as_of=None)})
    if asked.search:
        words = _("Search: %(text)s") % {"text": asked.search}
        found.append({"label": words, "href": link(q="")})
    for name, codes, choices, words in (
        ("status", asked.status, OrderStatus, _("Status: %(text)s")),
        ("priority", asked.priority, Priority, _("Priority: %(text)s")),
    ):
        for code in codes:
            rest = [each for each in codes if each != code]
            label = words % {"text": choices(code).label}
            found.append({"label": label, "href": link(**{name: rest})})
    return found


# -- how they are shown --------------------------------------------------------------------------


def rows_of(
    found: list[Any], moment: Moment, selection: Selection, *, may_see_plan: bool
) -> list[OrderRow]:
    ids = [row.pk for row in found]
    held = open_holds(moment, ids)
    made = made_of(moment, ids) if may_see_plan else {}
    plans = delivery.progress(found, moment.on, made=made) if may_see_plan else {}
    return [
        OrderRow(
            row,
            selection.link("order", str(row.pk)),
            *lateness(row, row.status_then, moment.on),
            held.get(row.pk, ()),
            plans.get(row.pk),
        )
        for row in found
    ]


def open_holds(moment: Moment, ids: Sequence[int]) -> dict[int, list[WIPHold]]:
    found: dict[int, list[WIPHold]] = defaultdict(list)
    rows = moment.holds.filter(work_order__in=ids).select_related("hold_reason")
    for hold in rows.order_by("held_at"):
        found[hold.work_order_id].append(hold)
    return found


def made_of(moment: Moment, ids: Sequence[int]) -> dict[int, int]:
    rows: Any = moment.output.filter(work_order__in=ids).order_by().values_list("work_order")
    return dict(rows.annotate(units=Sum("total_units")))


def lateness(order: Any, status: str, on: date) -> tuple[str, str]:
    """How the order stands to its promise, in words and as a band; needs `with_shipped`."""
    if order.due is None:
        return _("no promise"), Band.NONE
    if status in (OrderStatus.CANCELLED, OrderStatus.REJECTED):
        return "", Band.NONE
    if order.first_shipped and order.first_shipped > order.due:
        return _days_late((order.first_shipped - order.due).days), Band.CRITICAL
    if order.wholly_shipped or (order.first_shipped and status in FINAL):
        return _("in time"), Band.ON_TARGET
    if order.due < on:
        days = _days_late((on - order.due).days)
        if order.first_shipped:
            return _("rest: %(words)s") % {"words": days}, Band.WARNING
        return days, Band.CRITICAL
    left = (order.due - on).days
    if left == 0:
        return _("due today"), Band.WARNING
    return _due_in(left), Band.BELOW_TARGET if left <= WEEK else Band.NONE


def inference(order: WorkOrder, client: Client) -> str:
    """What an inferred promise follows from, in words; empty for a promise that was given."""
    start = inferred.start_of(order)
    if not order.is_promise_inferred or start is None or order.inferred_days is None:
        return ""
    spent = ngettext(
        "%(n)s working day from %(start)s", "%(n)s working days from %(start)s", order.inferred_days
    ) % {"n": count_of(order.inferred_days), "start": day_of(start, client.date_format)}
    said = _("inferred: %(hours)s over a crew of %(crew)s at %(daily)s a day, %(spent)s")
    return said % {
        "hours": amount_of(order.inferred_hours, "h"),
        "crew": count_of(order.inferred_crew or 0),
        "daily": amount_of(Decimal(order.inferred_day_minutes or 0) / 60, "h"),
        "spent": spent,
    }


def _days_late(days: int) -> str:
    return _("1 day late") if days == 1 else _("%(n)s days late") % {"n": count_of(days)}


def _due_in(days: int) -> str:
    return _("in 1 day") if days == 1 else _("in %(n)s days") % {"n": count_of(days)}


@dataclass(frozen=True)
class Head:
    label: str
    href: str = ""
    order: str = ""
    is_number: bool = False
    unit: str = ""


def _heads(asked: Asked, link: Callable[..., str], *, may_see_plan: bool) -> list[Head]:
    def sorted_by(name: str, label: str, *, is_number: bool = False, unit: str = "") -> Head:
        order = {name: "ascending", f"-{name}": "descending"}.get(asked.sort, "")
        to = f"-{name}" if asked.sort == name else name
        return Head(label, link(sort=to), order, is_number, unit)

    units = _("units")
    heads = [
        sorted_by("number", _("Order")),
        sorted_by("status", _("Status")),
        sorted_by("due", _("Promise")),
        sorted_by("style", _("Style, line")),
        sorted_by("quantity", _("Ordered"), is_number=True, unit=units),
        sorted_by("shipped", _("Shipped"), is_number=True, unit=units),
    ]
    if may_see_plan:
        heads += [
            Head(_("Made"), is_number=True, unit=units),
            sorted_by("output", _("Plan against actual"), unit="%"),
        ]
    return heads
