"""Which orders are late, due next or standing still, and how far each is against its plan.

All of it is set-based. `on` is the client's day as of which it is asked; with `at`, an instant of
the past, the orders are taken as they stood then: by their course, never by their present status.
Promises are calendar dates: what is due today is not late.
"""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import (
    Case,
    Exists,
    F,
    IntegerField,
    OuterRef,
    Q,
    Subquery,
    Sum,
    Value,
    When,
)
from django.db.models.functions import Coalesce, TruncDate

from clients.models import Client
from plant import inferred, order_flow
from plant.models import OrderTransition, Shipment, WorkOrder
from plant.order_status import FINAL, OrderStatus
from plant.shifts import PlantCalendar

QUIET_DAYS = 3
"""Working days without output after which an order in progress is stalled."""
# A plant that rests for longer than this stands still for other reasons than its orders.
LOOK_BACK = datetime.timedelta(days=60)
DAY = datetime.timedelta(days=1)


# -- lists of orders -----------------------------------------------------------------------------


def standing(orders: Any, *, at: datetime.datetime | None = None) -> Any:
    """The orders with `stood`, their status now, or at the instant; those that were not received
    by then are left out. An order without any course is taken as it stands."""
    if at is None:
        return orders.alias(stood=F("status"))
    course = OrderTransition.objects.filter(work_order=OuterRef("pk"))
    last = course.filter(at__lte=at).order_by("-at", "-id").values("to_status")[:1]
    without_course = Case(When(~Exists(course), then=F("status")))
    return orders.alias(stood=Coalesce(Subquery(last), without_course)).filter(stood__isnull=False)


def not_final(orders: Any, *, at: datetime.datetime | None = None) -> Any:
    """Orders that somebody still has to bring to an end."""
    return standing(orders, at=at).exclude(stood__in=FINAL)


def with_shipped(orders: Any, on: datetime.date) -> Any:
    """What had left by the day: `due`, the promise; `first_shipped` and `wholly_shipped`, the days
    of the first unit and of the last one, where there are no shipments the day of the delivery."""
    delivered = When(delivered_date__lte=on, then=F("delivered_date"))
    return orders.annotate(
        due=inferred.current(),
        first_shipped=Case(
            When(first_shipped_date__lte=on, then=F("first_shipped_date")), delivered
        ),
        wholly_shipped=Case(
            When(shipped_in_full_date__lte=on, then=F("shipped_in_full_date")),
            # Shipped in part, whatever a day of delivery says.
            When(first_shipped_date__lte=on, then=None),
            delivered,
        ),
    )


def with_units_shipped(orders: Any, on: datetime.date) -> Any:
    """`units_shipped` by the day, beside `with_shipped`: for the rows that are shown."""
    shipped = Shipment.objects.filter(work_order=OuterRef("pk"), shipped_date__lte=on)
    by_order = shipped.order_by().values("work_order")
    rows = by_order.annotate(units=Sum("quantity")).values("units")
    delivered = When(wholly_shipped__isnull=False, then=F("planned_quantity"))
    return orders.annotate(
        units_shipped=Coalesce(
            Subquery(rows), Case(delivered, default=Value(0)), output_field=IntegerField()
        )
    )


def is_late(on: datetime.date) -> Q:
    """Of orders with what was shipped: it left after its promise, or the promise is past and
    nothing left. The first unit decides, as in the gross on-time figure."""
    return Q(first_shipped__gt=F("due")) | Q(first_shipped__isnull=True, due__lt=on)


def is_rest_overdue(on: datetime.date) -> Q:
    """The first units left in time, the rest is past its promise."""
    return Q(wholly_shipped__isnull=True, due__lt=on, first_shipped__lte=F("due"))


def is_due_within(on: datetime.date, days: int) -> Q:
    """Something is still to be shipped, promised for the day itself or one of the `days` after."""
    last = on + datetime.timedelta(days=days)
    return Q(wholly_shipped__isnull=True, due__gte=on, due__lte=last)


def late_now(orders: Any, on: datetime.date, *, at: datetime.datetime | None = None) -> Any:
    """Late, and not yet brought to an end."""
    return with_shipped(not_final(orders, at=at), on).filter(is_late(on))


# -- stalled -------------------------------------------------------------------------------------


def stalled(
    orders: Any,
    client: Client,
    on: datetime.date,
    *,
    at: datetime.datetime | None = None,
    last_output: Any = "last_output_date",
) -> Any:
    """In progress, so not on hold, and without output on the last three finished working days of
    its line. Two queries for the calendar. `last_output` gives the day of the last output as it
    was known then, where that is a day of the past."""
    rows = standing(orders, at=at).filter(client=client)
    return rows.alias(**quiet_from(client, last_output)).filter(is_stalled(client, on))


def quiet_from(client: Client, last_output: Any = "last_output_date") -> dict[str, Any]:
    """For `alias`: since when an order in progress made nothing. One that was moved by hand
    before any output counts from that move."""
    moved = OrderTransition.objects.filter(
        work_order=OuterRef("pk"), to_status=OrderStatus.IN_PROGRESS
    )
    day = TruncDate("at", tzinfo=client.zone)
    latest = moved.order_by("-at", "-id").annotate(day=day).values("day")[:1]
    return {"quiet_from": Coalesce(last_output, Subquery(latest), "actual_start_date")}


def is_stalled(client: Client, on: datetime.date) -> Q:
    """Of orders with `stood` and `quiet_from`."""
    lines, all_others = first_quiet_days(client, on)
    quiet, special = Q(pk__in=[]), [line for own in lines.values() for line in own]
    for first, own in lines.items():
        quiet |= Q(line__in=own, quiet_from__lt=first)
    if all_others:
        quiet |= (
            ~Q(line__in=special) & Q(quiet_from__lt=all_others)
            if special
            else Q(quiet_from__lt=all_others)
        )
    return Q(stood=OrderStatus.IN_PROGRESS) & quiet


def first_quiet_days(
    client: Client, on: datetime.date
) -> tuple[dict[datetime.date, list[int]], datetime.date | None]:
    """The first of the last three working days before `on`: by day, the lines with a calendar of
    their own; and that of everybody else. None where the plant did not work that often."""
    calendar = PlantCalendar.of(client, on - LOOK_BACK, on)
    own = {shift.line_id for shift in calendar.shifts} | {line for line, _day in calendar.days}
    lines: dict[datetime.date, list[int]] = defaultdict(list)
    for line in sorted(each for each in own if each):
        if first := _working_day_before(calendar, line, on, QUIET_DAYS):
            lines[first].append(line)
    return dict(lines), _working_day_before(calendar, None, on, QUIET_DAYS)


def _working_day_before(
    calendar: PlantCalendar, line: int | None, on: datetime.date, number: int
) -> datetime.date | None:
    day = on
    for _step in range(LOOK_BACK.days):
        day -= DAY
        number -= bool(calendar.running(line, day))
        if number == 0:
            return day
    return None


# -- plan against actual -------------------------------------------------------------------------


@dataclass(frozen=True)
class Progress:
    """Of one order. Shares are percent; never capped at the top, so that a surplus shows."""

    made: int
    planned: int
    elapsed: Decimal | None
    """The share of its planned days that is over; none without a plan in days."""

    @property
    def share(self) -> Decimal:
        return Decimal(100) * self.made / self.planned

    @property
    def gap(self) -> Decimal | None:
        """Percentage points behind the plan; below zero: ahead of it."""
        return None if self.elapsed is None else self.elapsed - self.share

    @property
    def drawn_share(self) -> int:
        """Whole percent inside a bar."""
        return min(round(self.share), 100)

    @property
    def drawn_elapsed(self) -> int:
        return round(self.elapsed or 0)

    @property
    def is_behind(self) -> bool:
        return self.gap is not None and self.gap > 0


def progress(
    orders: Iterable[WorkOrder], on: datetime.date, *, made: Mapping[int, int] | None = None
) -> dict[int, Progress]:
    """By order; one query per app that tells output, however many orders. `made` are the finished
    units by order where they are at hand, or where those of a past day are asked for."""
    rows = list(orders)
    if made is None:
        made = order_flow.output_of([row.pk for row in rows])
    return {
        row.pk: Progress(made.get(row.pk, 0), row.planned_quantity, elapsed_share(row, on))
        for row in rows
    }


def elapsed_share(order: WorkOrder, on: datetime.date) -> Decimal | None:
    """Finished days of the planned ones: from the planned start, else the receipt, to the promise,
    both included. The day itself is not finished."""
    start, end = order.planned_start_date or order.received_date, order.promise
    if start is None or end is None or end < start:
        return None
    days = (end - start).days + 1
    return Decimal(100) * min(max((on - start).days, 0), days) / days
