"""Which orders stand on the lists of the page of orders, as of now or of a past day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import (
    Case,
    Count,
    Exists,
    F,
    IntegerField,
    OuterRef,
    Q,
    Subquery,
    Value,
    When,
)
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clients.models import Client
from dashboards.selection import Selection, Unreadable
from holds.intervals import end_of_day
from holds.models import WIPHold
from plant import delivery
from plant.models.orders import Priority
from plant.order_status import FINAL, OrderStatus
from production.models import ProductionEntry

FILTERS = ("line", "style", "customer")
COLUMNS = {"line": "line", "style": "style", "customer": "customer_po"}
WEEK, FORTNIGHT = 7, 14
LONGEST_SEARCH = 100

type Words = str | Promise


@dataclass(frozen=True)
class Tab:
    """One list of orders; `none` is said where nothing is on it."""

    key: str
    label: Words
    finding: Words
    none: Words
    order: str = "due"


TABS = {
    tab.key: tab
    for tab in (
        Tab(
            "late",
            gettext_lazy("Late now"),
            gettext_lazy("Shipped after the promise, or past it and not shipped."),
            gettext_lazy("No order is late now."),
        ),
        Tab(
            "rest",
            gettext_lazy("Rest overdue"),
            gettext_lazy("The first units left in time, the rest is past its promise."),
            gettext_lazy("No rest of an order is overdue."),
        ),
        Tab(
            "due7",
            gettext_lazy("Due in 7 days"),
            gettext_lazy("Promised for today or the next seven days, and not wholly shipped."),
            gettext_lazy("No order is due in the next 7 days."),
        ),
        Tab(
            "due14",
            gettext_lazy("Due in 14 days"),
            gettext_lazy("Promised for today or the next fourteen days, and not wholly shipped."),
            gettext_lazy("No order is due in the next 14 days."),
        ),
        Tab(
            "held",
            gettext_lazy("Held"),
            gettext_lazy("On hold as a whole, or in part."),
            gettext_lazy("No order is held."),
        ),
        Tab(
            "stalled",
            gettext_lazy("Stalled"),
            gettext_lazy("In progress, not on hold, and without output for three working days."),
            gettext_lazy("No order is stalled."),
        ),
        Tab(
            "all",
            gettext_lazy("All"),
            gettext_lazy("Every order, also those at their end."),
            gettext_lazy("No order is recorded."),
            order="-received",
        ),
    )
}  # fmt: skip

URGENCY = Case(
    *(When(priority=each, then=Value(rank)) for rank, each in enumerate(Priority)),
    default=Value(len(Priority)),
    output_field=IntegerField(),
)
# By what the list can be sorted, and the columns behind each word.
SORTS: dict[str, Any] = {
    "number": F("number"),
    "style": F("style__code"),
    "line": F("line__code"),
    "status": F("status"),
    "priority": URGENCY,
    "received": F("received_date"),
    "due": F("due"),
    "quantity": F("planned_quantity"),
    "shipped": F("units_shipped"),
    "output": F("last_output_date"),
}


@dataclass(frozen=True)
class Asked:
    """What the address asks for, beyond client, line and style."""

    show: str
    sort: str
    search: str
    status: tuple[str, ...]
    priority: tuple[str, ...]
    page: str

    @classmethod
    def of(cls, said: Mapping[str, Any]) -> Asked:
        show, several = said.get("show") or "late", getattr(said, "getlist", None)
        if show not in TABS:
            raise Unreadable(_("Unknown list “%(name)s”.") % {"name": show[:LONGEST_SEARCH]})
        sort = said.get("sort") or TABS[show].order
        if sort.removeprefix("-") not in SORTS:
            raise Unreadable(_("Orders cannot be sorted by “%(name)s”.") % {"name": sort[:50]})
        status, priority = (
            _known(name, several(name) if several else [], choices)
            for name, choices in (("status", OrderStatus), ("priority", Priority))
        )
        search = (said.get("q") or "").strip()[:LONGEST_SEARCH].replace("\x00", "")
        return cls(show, sort, search, status, priority, said.get("page") or "1")

    def kept(self, **changes: Any) -> dict[str, Any]:
        """For links that change one thing; a changed list begins at its first page."""
        sort = self.sort if self.sort != TABS[self.show].order else ""
        own = {
            "show": self.show, "q": self.search, "status": list(self.status),
            "priority": list(self.priority), "sort": sort,
        }  # fmt: skip
        return {**own, **changes}


def _known(name: str, given: Sequence[str], choices: Any) -> tuple[str, ...]:
    given = [each for each in given if each]
    for each in given:
        if each not in choices.values:
            words = {"what": name, "code": each[:LONGEST_SEARCH]}
            raise Unreadable(_("Unknown %(what)s “%(code)s”.") % words)
    return tuple(dict.fromkeys(given))


@dataclass(frozen=True)
class Moment:
    """As of when a client's orders are asked: now, or the end of a past day."""

    client: Client
    on: date
    at: datetime | None = None

    @classmethod
    def of(cls, client: Client, as_of: date | None) -> Moment:
        if as_of is None:
            return cls(client, client.today())
        return cls(client, as_of, end_of_day(as_of, client.zone))

    @property
    def holds(self) -> Any:
        return WIPHold.objects.open(at=self.at)

    @property
    def output(self) -> Any:
        """Rows of finished output that were known by then."""
        rows = ProductionEntry.objects.output().filter(client=self.client)
        return rows.filter(shift_date__lte=self.on) if self.at else rows

    @property
    def last_output(self) -> Any:
        if self.at is None:
            return "last_output_date"
        rows = self.output.filter(work_order=OuterRef("pk"), total_units__gt=0)
        return Subquery(rows.order_by("-shift_date").values("shift_date")[:1])


def narrowed(rows: Any, selection: Selection, asked: Asked, moment: Moment) -> Any:
    """With `stood`, the status as of the moment."""
    rows = delivery.standing(rows, at=moment.at)
    for name, values in selection.filters.items():
        rows = rows.filter(one_of(name, values))
    if asked.status:
        rows = rows.filter(stood__in=asked.status)
    if asked.priority:
        rows = rows.filter(priority__in=asked.priority)
    if asked.search:
        rows = rows.filter(
            Q(number__icontains=asked.search) | Q(customer_po__icontains=asked.search)
        )
    return rows


def one_of(name: str, values: Sequence[Any]) -> Q:
    """A filter value None asks for the orders without one."""
    column = COLUMNS[name]
    found = Q(**{f"{column}__in": [each for each in values if each is not None]})
    nothing = Q(**{column: ""}) if name == "customer" else Q(**{f"{column}__isnull": True})
    return found | nothing if None in values else found


def conditions_of(moment: Moment) -> dict[str, Q]:
    """Of orders that are not at their end, as `prepared`."""
    client, on = moment.client, moment.on
    return {
        "late": delivery.is_late(on),
        "rest": delivery.is_rest_overdue(on),
        "due7": delivery.is_due_within(on, WEEK),
        "due14": delivery.is_due_within(on, FORTNIGHT),
        "held": Q(stood=OrderStatus.ON_HOLD) | Q(has_holds=True),
        "stalled": delivery.is_stalled(client, on),
    }


def prepared(rows: Any, moment: Moment) -> Any:
    rows = delivery.with_shipped(rows.exclude(stood__in=FINAL), moment.on)
    held = moment.holds.filter(work_order=OuterRef("pk"))
    quiet = delivery.quiet_from(moment.client, moment.last_output)
    return rows.alias(has_holds=Exists(held), **quiet)


def counts_of(rows: Any, moment: Moment, conditions: Mapping[str, Q]) -> dict[str, Any]:
    """All tabs in one query."""
    counts = {key: Count("pk", filter=condition) for key, condition in conditions.items()}
    found: dict[str, Any] = prepared(rows, moment).aggregate(**counts)
    return found


def listed(rows: Any, asked: Asked, moment: Moment, conditions: Mapping[str, Q]) -> Any:
    if asked.show == "all":
        rows = delivery.with_shipped(rows, moment.on)
    else:
        rows = prepared(rows, moment).filter(conditions[asked.show])
    by = SORTS[asked.sort.removeprefix("-")]
    first = by.desc(nulls_last=True) if asked.sort.startswith("-") else by.asc(nulls_last=True)
    rows = delivery.with_units_shipped(rows, moment.on).annotate(status_then=F("stood"))
    return rows.select_related("style", "line").order_by(first, "number")
