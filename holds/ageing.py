"""How old the work in process is, in SQL: one expression for figures, lists and rows.

Age is end − start + 1 − held days, in calendar dates of each order's own client; the end is the
day of completion, or the day as of which it is asked. What is held twice at once counts once.
`holds.intervals` says the same of a few orders in Python, and by the hour.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.db.models import (
    Aggregate,
    Case,
    CharField,
    DateField,
    DateTimeField,
    DecimalField,
    Exists,
    F,
    Field,
    Func,
    IntegerField,
    OuterRef,
    Q,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Coalesce, Least

from holds.models import WIPHold
from kpis.asof import instant, local_day, today
from kpis.once import Once
from kpis.queries import Question
from plant.models import OrderTransition, WorkOrder
from plant.order_status import OPEN, OrderStatus
from plant.waits import mean_waits

# How far a start is to be believed: recorded; planned; the client's mean wait after the receipt.
FIRM, PLANNED, GUESSED = Decimal(1), Decimal("0.8"), Decimal("0.5")
IN_WORK = OrderStatus.IN_PROGRESS
SQL_DATE, SQL_INSTANT, WHOLE = DateField(), DateTimeField(), IntegerField()
SQL_HOURS = DecimalField(max_digits=30, decimal_places=10)


# -- which orders are in work --------------------------------------------------------------------


def in_work(question: Question) -> Any:
    """Orders that have begun and are neither made nor given up, with `as_of_day`, `start`,
    `start_confidence` and `age` in days; `stood` is their status then."""
    orders = WorkOrder.objects.annotate(as_of_day=today(question))
    is_now = question.as_of is None
    orders = _begun_now(orders) if is_now else _begun_by(orders, question)
    return aged(orders, question)


def _begun_now(orders: Any) -> Any:
    begun = Q(actual_start_date__lte=F("as_of_day")) | Q(status=IN_WORK)
    orders = orders.filter(begun | Q(status_before_hold=IN_WORK), status__in=OPEN)
    return orders.annotate(stood=F("status"))


def _begun_by(orders: Any, question: Question) -> Any:
    """By the course of the order. Before its first move is known, files may tell of it: then its
    dates count."""
    course = OrderTransition.objects.filter(work_order=OuterRef("pk"))
    last = course.filter(at__lte=instant(question)).order_by("-at", "-pk")
    orders = orders.alias(
        known=Subquery(last.values("to_status")[:1]),
        before=Subquery(last.values("from_status")[:1]),
    )
    by_status = Q(known=IN_WORK) | Q(known=OrderStatus.ON_HOLD, before=IN_WORK)
    by_dates = Q(actual_start_date__lte=F("as_of_day"))
    not_made = Q(completed_date__isnull=True) | Q(completed_date__gt=F("as_of_day"))
    # Without any course there is no telling when it was given up.
    given_up = Q(status__in=(OrderStatus.CANCELLED, OrderStatus.REJECTED)) & ~Exists(course)
    unknown = Q(known__isnull=True) & not_made & ~given_up
    orders = orders.filter(Q(known__in=OPEN) | unknown, by_status | by_dates)
    return orders.annotate(stood=Coalesce("known", Value(IN_WORK), output_field=CharField()))


# -- how old they are ----------------------------------------------------------------------------


def aged(orders: Any, question: Question) -> Any:
    """`start`, `start_confidence`, `age_end` and `age` of orders that have begun; without a start
    there is no age.

    The age of an order that is made is final.
    """
    day = F("as_of_day")
    known = {
        FIRM: (Q(actual_start_date__lte=day), F("actual_start_date")),
        PLANNED: (Q(planned_start_date__lte=day), F("planned_start_date")),
    }
    guessed = Least(_after_the_mean_wait(), day)
    return orders.annotate(
        start=Case(
            *(When(where, then=start) for where, start in known.values()),
            default=Case(When(received_date__isnull=False, then=guessed)),
            output_field=SQL_DATE,
        ),
        start_confidence=Case(
            *(When(where, then=Value(sure)) for sure, (where, _start) in known.items()),
            default=Value(GUESSED),
            output_field=DecimalField(max_digits=3, decimal_places=2),
        ),
        age_end=Case(When(completed_date__lte=day, then=F("completed_date")), default=day),
        age=Func(
            F("start"), F("age_end"), _if_held(_held_days(question), question),
            template=AGE, output_field=WHOLE,
        ),
    )  # fmt: skip


# Days of the life, without those that were held in it.
AGE = """(
    SELECT greatest(last, first) - first + 1 - COALESCE((
        SELECT SUM(upper(each) - lower(each))
        FROM unnest(held * datemultirange(daterange(first, greatest(last, first), '[]'))) each
    ), 0)::int
    FROM (VALUES (%(expressions)s)) AS life (first, last, held)
    WHERE first IS NOT NULL
)"""
# The same by the hour, for orders in work: from the midnight on which they began.
HELD_HOURS = """(
    SELECT COALESCE((
        SELECT SUM(EXTRACT(EPOCH FROM upper(each) - lower(each))) / 3600
        FROM unnest(held * tstzmultirange(tstzrange(first, greatest(last, first)))) each
    ), 0)
    FROM (VALUES (%(expressions)s)) AS life (first, last, held)
    WHERE first IS NOT NULL
)"""


def held_hours(question: Question) -> Any:
    """Hours that an order in work with a `start` stood, merged."""
    midnight = Func(
        F("client__timezone"), F("start"), arg_joiner=", ",
        template="timezone(%(expressions)s::timestamp)", output_field=SQL_INSTANT,
    )  # fmt: skip
    return Func(
        midnight, end_of(question), _if_held(_held_times(question), question),
        template=HELD_HOURS, output_field=SQL_HOURS,
    )  # fmt: skip


def _after_the_mean_wait() -> Any:
    """The receipt and the client's mean wait from receipt to start, as far as it was recorded."""
    mean = mean_waits().filter(client=OuterRef("client")).values("mean")
    days = Func(Coalesce(Subquery(mean), 0.0), template="round(%(expressions)s::numeric)::int")
    return Func(
        F("received_date"), days, arg_joiner=" + ", template="(%(expressions)s)",
        output_field=SQL_DATE,
    )  # fmt: skip


def end_of(question: Question) -> Any:
    """The first instant that is not asked for, to which what still stands is counted."""
    if question.as_of is None:
        return instant(question)
    midnight = "(%(expressions)s + interval '1 microsecond')"
    return Func(instant(question), template=midnight, output_field=SQL_INSTANT)


def _if_held(ranges: Any, question: Question) -> Any:
    """Most orders were never held; who was is gathered once, and the holds of the rest are not
    looked for."""
    ever = Once(
        _of_whole_orders(question).values("work_order_id"),
        ("held orders", question.clients, question.now, question.as_of),
    )
    return Case(When(pk__in=ever, then=Subquery(ranges)), output_field=Field())


def _of_whole_orders(question: Question) -> Any:
    """As it was known then."""
    at = instant(question)
    holds = WIPHold.objects.standing_by(at).whole_order()
    return holds.filter(client__in=question.clients, held_at__lte=at).order_by()


def _holds(question: Question) -> Any:
    return _of_whole_orders(question).filter(client=OuterRef("client"), work_order=OuterRef("pk"))


def _held_days(question: Question) -> Any:
    """Days from each hold to the day before its end, an open one to the last day, merged."""
    # A hold that ended later still stood.
    resumed = When(ended_at__lte=instant(question), then=local_day(F("ended_at")))
    day_after = Func(OuterRef("as_of_day"), template="(%(expressions)s + 1)", output_field=SQL_DATE)
    end = Case(resumed, default=day_after, output_field=SQL_DATE)
    days = Func(local_day(F("held_at")), end, function="daterange", output_field=Field())
    return _merged(_holds(question), days)


def _held_times(question: Question) -> Any:
    end = Least("ended_at", end_of(question))
    return _merged(_holds(question), Func("held_at", end, function="tstzrange"))


def _merged(holds: Any, held: Any) -> Any:
    return holds.values("work_order").annotate(held=Merged(held)).values("held")


class Merged(Aggregate):
    """Ranges as one multirange, without overlap."""

    function = "range_agg"
    output_field = Field()
