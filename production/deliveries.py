"""Orders by their promise: which were due, which left in time, and what is guessed of them.

Orders are counted on the day of their promise. An order is on time when its first shipment left
on that day or before; what is due today is not late. What was shipped by the day as of which it
is asked counts, and what was called off by then without a shipment is left out. An order without
any promise cannot be on time or late: it is left out, and named on the day of its start.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.db.models import (
    Case,
    DecimalField,
    F,
    Func,
    IntegerField,
    Q,
    Value,
    When,
)
from django.db.models.functions import Coalesce
from django.db.models.lookups import LessThanOrEqual

from kpis.asof import instant, local_day, today
from kpis.queries import Question
from plant import delivery, inferred
from plant.models import OrderTransition, WorkOrder
from plant.models.orders import DelayClass
from plant.order_status import OrderStatus

# Of a shipment that is only a delivery.
DELIVERED = Decimal("0.8")
CALLED_OFF = (OrderStatus.CANCELLED, OrderStatus.REJECTED)


# -- days of an order ----------------------------------------------------------------------------


def promise(question: Question) -> Any:
    """The promised day, else the required one, else the inferred one. Which promise counts is told
    by the rule that was valid on the first one: it never changes, so a figure of the past does not
    change either."""
    original = Coalesce("original_promised_date", "required_date")
    by_value = {"CURRENT": inferred.current(), "ORIGINAL": original}
    return question.book.case("otd_promise", by_value, question.period, "original_promised_date")


def orders(question: Question) -> Any:
    """With `due`, `shipped` and `complete` as of the day; what was not shipped yet has no day.

    `counted_on` is the day of the promise; without one that of the start, else of the receipt.
    """
    day, period = today(question), question.period
    rows = WorkOrder.objects.alias(due=promise(question))
    # Said of the promise itself as well, for its index.
    of_the_period = Q(due__gte=period.first, due__lt=period.end)
    rows = rows.filter(of_the_period | Q(due__isnull=True))
    rows = rows.alias(
        counted_on=Coalesce(
            "due", "actual_start_date", "planned_start_date", "received_date",
            local_day(F("created_at")),
        ),
        seen_on=day,
        left_on=Coalesce("first_shipped_date", "delivered_date"),
        full_on=Case(
            When(first_shipped_date__isnull=True, then=F("delivered_date")),
            default=F("shipped_in_full_date"),
        ),
    )  # fmt: skip
    return rows.alias(
        shipped=Case(When(left_on__lte=F("seen_on"), then=F("left_on"))),
        complete=Case(When(full_on__lte=F("seen_on"), then=F("full_on"))),
    )


PROMISED = Q(due__isnull=False)
SHIPPED = PROMISED & Q(shipped__isnull=False)
COMPLETE = PROMISED & Q(complete__isnull=False)
OVERDUE = Q(shipped__isnull=True, due__lt=F("seen_on"))
IN_TIME = Q(shipped__lte=F("due"))
LATE = Q(shipped__gt=F("due")) | OVERDUE
COMPLETE_IN_TIME = Q(complete__lte=F("due"))
INFERRED_PROMISE = Q(promised_date__isnull=True)
# Neither promised nor required, at any time.
GUESSED_PROMISE = Q(inferred_promise_date__isnull=False, due=F("inferred_promise_date"))
INFERRED_SHIPMENT = Q(shipped__isnull=False, first_shipped_date__isnull=True)
WITH_RECEIPT = Q(received_date__isnull=False)


def confidence(shipment: Q) -> Any:
    """The lowest of an order's inputs, by what is guessed of its promise and of its shipment."""
    return Case(
        When(GUESSED_PROMISE, then=Value(inferred.INFERRED)),
        When(INFERRED_PROMISE | shipment, then=Value(min(inferred.REQUIRED, DELIVERED))),
        default=Value(inferred.PROMISED),
        output_field=DecimalField(max_digits=3, decimal_places=2),
    )


def called_off(question: Question) -> Q:
    """Cancelled or rejected by then. Nobody comes back from there, so one move says it."""
    if question.as_of is None:
        return Q(status__in=CALLED_OFF)
    moves = OrderTransition.objects.filter(
        client__in=question.clients, to_status__in=CALLED_OFF, at__lte=instant(question)
    )
    return Q(pk__in=moves.order_by().values("work_order_id"))


def due(question: Question) -> Q:
    return SHIPPED | (OVERDUE & ~called_off(question))


def called_off_and_overdue(question: Question) -> Q:
    return OVERDUE & called_off(question)


def without_promise(question: Question) -> Q:
    return ~PROMISED & ~called_off(question)


def in_time_or_justified(question: Question) -> Q:
    justified = LATE & Q(delay_class=DelayClass.JUSTIFIED)
    return due(question) & (IN_TIME | justified)


# -- orders that are late now ---------------------------------------------------------------------


def late_orders(question: Question) -> Any:
    """Orders that are not at their end and are late, or could not be: they have no promise."""
    at, day = None if question.as_of is None else instant(question), today(question)
    rows = delivery.with_shipped(delivery.not_final(WorkOrder.objects.all(), at=at), day)
    return rows.filter(is_late_now(question) | ~PROMISED).annotate(seen_on=day)


def is_late_now(question: Question) -> Q:
    return PROMISED & delivery.is_late(today(question))


# As `INFERRED_SHIPMENT`, of orders with what was shipped by the day.
DELIVERED_ONLY = Q(first_shipped__isnull=False, first_shipped_date__isnull=True)


# -- the promise and the carrier's buffer --------------------------------------------------------


def days_between(later: str, earlier: str) -> Any:
    return Func(
        F(later), F(earlier), template="(%(expressions)s)", arg_joiner=" - ",
        output_field=IntegerField(),
    )  # fmt: skip


def buffer_pct(question: Question) -> Any:
    """The rule of the day on which the order was due."""
    found = question.book.overrides("otd_carrier_buffer_pct", question.period)
    agreed = [When(each.rows("due", "client_id"), then=_number(each.value)) for each in found]
    return Case(*agreed, default=_number(0)) if agreed else _number(0)


def _number(value: Any) -> Value:
    return Value(Decimal(str(value)), output_field=DecimalField(max_digits=9, decimal_places=4))


def buffered(question: Question) -> Any:
    """Hundredths of days that the promise is extended by; lead time is receipt to promise."""
    lead = Case(When(WITH_RECEIPT, then=days_between("due", "received_date")), default=Value(0))
    return buffer_pct(question) * lead


def in_time_with_buffer(question: Question) -> Q:
    delay = days_between("shipped", "due") * Value(100)
    return SHIPPED & (IN_TIME | _at_most(delay, buffered(question)))


def due_with_buffer(question: Question) -> Q:
    """Nobody is late who may still arrive within the buffer."""
    delay = days_between("seen_on", "due") * Value(100)
    overdue = OVERDUE & ~_at_most(delay, buffered(question)) & ~called_off(question)
    return SHIPPED | overdue


def _at_most(left: Any, right: Any) -> Q:
    return Q(LessThanOrEqual(left, right))
