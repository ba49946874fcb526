"""What is measured of delivery: what was due, what left in time, and what was re-shuffled.

Orders are counted on the day of their promise. An order is on time when its first shipment left
on that day or before; what is due today is not late. What was shipped by the day as of which it
is asked counts, and what was called off by then without a shipment is left out. An order without
any promise cannot be on time or late: it is left out, and named on the day of its start.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from django.db.models import (
    Case,
    Count,
    DecimalField,
    F,
    Func,
    IntegerField,
    Min,
    OuterRef,
    Q,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Coalesce, NullIf
from django.db.models.lookups import LessThanOrEqual

from kpis.asof import instant, local_day, today
from kpis.declarations import (
    Answer,
    Exclusion,
    Fact,
    Measure,
    Need,
    Other,
    Ratio,
    Unit,
    defaults,
)
from kpis.queries import Question
from kpis.registry import catalogue
from kpis.sums import Sums
from plant import delivery
from plant.models import Job, OrderTransition, WorkOrder
from plant.models.orders import DelayClass
from plant.order_status import OrderStatus

# Of a promise that is only a required date, and of a shipment that is only a delivery.
INFERRED = Decimal("0.8")
CALLED_OFF = (OrderStatus.CANCELLED, OrderStatus.REJECTED)


# -- days of an order ----------------------------------------------------------------------------


def promise(question: Question) -> Any:
    """The promised day, else the required one. Which promise counts is told by the rule that was
    valid on the first one: it never changes, so a figure of the past does not change either."""
    current = Coalesce("promised_date", "required_date")
    original = Coalesce("original_promised_date", "required_date")
    by_value = {"CURRENT": current, "ORIGINAL": original}
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
INFERRED_SHIPMENT = Q(shipped__isnull=False, first_shipped_date__isnull=True)
WITH_RECEIPT = Q(received_date__isnull=False)


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


# -- facts ---------------------------------------------------------------------------------------


def only_job(column: str, question: Question) -> Any:
    """Of an order with a single job, that one's."""
    jobs = Job.objects.filter(work_order=OuterRef("pk")).order_by().values("work_order")
    return Subquery(jobs.annotate(n=Count("pk"), only=Min(column)).filter(n=1).values("only"))


def part_ordered(question: Question) -> Any:
    return only_job("part", question)


def style_ordered(question: Question) -> Any:
    """That of the order, else of its only job."""
    return Coalesce(F("style_id"), only_job("part__style", question))


OF_AN_ORDER = {
    "line": "line_id",
    "work_order": "pk",
    "part": part_ordered,
    "style": style_ordered,
    "customer": NullIf("customer_po", Value("")),
    "delay_class": NullIf("delay_class", Value("")),
    "delay_reason": NullIf("delay_reason", Value("")),
}


def demotions(question: Question) -> Any:
    """Moves back from the floor to the plan, on the client's calendar day."""
    moves = OrderTransition.objects.filter(to_status=OrderStatus.DEMOTED)
    moves = moves.filter(work_order__voided_at__isnull=True, at__lte=instant(question))
    return moves.annotate(moved_on=local_day(F("at")))


def late_orders(question: Question) -> Any:
    at = None if question.as_of is None else instant(question)
    late = delivery.late_now(WorkOrder.objects.all(), today(question), at=at)
    return late.annotate(seen_on=today(question))


catalogue.register(
    Fact(
        "order_due", "Orders", "plant.WorkOrder", OF_AN_ORDER,
        date_field="counted_on", dated=orders, line_shift="", one="order", many="orders",
    ),
    Fact(
        "demotion", "Re-shuffles", "plant.OrderTransition",
        {
            "line": "work_order__line_id",
            "work_order": "work_order_id",
            "style": "work_order__style_id",
            "customer": NullIf("work_order__customer_po", Value("")),
        },
        date_field="moved_on", dated=demotions, line_shift="", one="move", many="moves",
    ),
    Fact(
        "late_order", "Late orders", "plant.WorkOrder", OF_AN_ORDER,
        date_field="seen_on", standing=late_orders, line_shift="", one="order", many="orders",
    ),
)  # fmt: skip

CALLED_OFF_ORDERS = Exclusion(
    "called_off",
    "was cancelled or rejected before anything was shipped",
    "were cancelled or rejected before anything was shipped",
    called_off_and_overdue,
)
NO_PROMISE = Exclusion(
    "no_promise",
    "has neither a promised nor a required date",
    "have neither a promised nor a required date",
    without_promise,
)
COMPLETE_WITHOUT_PROMISE = NO_PROMISE._replace(rows=~PROMISED & Q(complete__isnull=False))
NOT_RECEIVED = Exclusion(
    "no_receipt", "has no day of receipt", "have no day of receipt", COMPLETE & ~WITH_RECEIPT
)
ESTIMATED: dict[str, Any] = {
    "estimated": INFERRED_PROMISE | INFERRED_SHIPMENT,
    "confidence": INFERRED,
}

catalogue.register(
    Measure(
        "orders_due", "Orders due", Unit.COUNT, "order_due", Value(1), where=due,
        exclusions=(CALLED_OFF_ORDERS, NO_PROMISE), **ESTIMATED,
        help="Promised in the period, and shipped (also partly) or past their promise.",
    ),
    Measure(
        "orders_on_time", "Orders on time", Unit.COUNT, "order_due", Value(1), where=IN_TIME,
        **ESTIMATED, help="The first shipment left on the promised day or before.",
    ),
    Measure(
        "orders_on_time_net", "Orders on time or justified", Unit.COUNT, "order_due", Value(1),
        where=in_time_or_justified, **ESTIMATED,
        help="With late orders whose delay is classified as justified.",
    ),
    Measure(
        "orders_complete", "Orders complete", Unit.COUNT, "order_due", Value(1), where=COMPLETE,
        exclusions=(COMPLETE_WITHOUT_PROMISE,), **ESTIMATED,
        help="Of the orders due: all that was ordered has left.",
    ),
    Measure(
        "orders_complete_on_time", "Orders complete on time", Unit.COUNT, "order_due", Value(1),
        where=COMPLETE_IN_TIME, **ESTIMATED,
        help="The shipment that completed the order left on the promised day or before.",
    ),
    Measure(
        "orders_due_buffered", "Orders due, with the carrier's buffer", Unit.COUNT, "order_due",
        Value(1), where=due_with_buffer, exclusions=(CALLED_OFF_ORDERS, NO_PROMISE), **ESTIMATED,
    ),
    Measure(
        "orders_on_time_buffered", "Orders on time, with the carrier's buffer", Unit.COUNT,
        "order_due", Value(1), where=in_time_with_buffer, **ESTIMATED,
    ),
    Measure(
        "lead_days", "Days from receipt to the last shipment", Unit.DAYS, "order_due",
        days_between("complete", "received_date"), where=COMPLETE & WITH_RECEIPT,
        estimated=INFERRED_SHIPMENT, confidence=INFERRED,
        exclusions=(NOT_RECEIVED, COMPLETE_WITHOUT_PROMISE),
    ),
    Measure(
        "orders_with_lead_time", "Orders complete, with a day of receipt", Unit.COUNT,
        "order_due", Value(1), where=COMPLETE & WITH_RECEIPT,
        estimated=INFERRED_SHIPMENT, confidence=INFERRED,
    ),
    Measure(
        "order_demotions", "Re-shuffled orders", Unit.COUNT, "demotion", Value(1),
        help="Each move of a released order back to demoted.",
    ),
    Measure(
        "late_orders", "Late orders", Unit.COUNT, "late_order", Value(1),
        help="Not closed, and shipped after the promise, or not shipped and the promise is past.",
    ),
)  # fmt: skip


# -- figures -------------------------------------------------------------------------------------


def counted(key: str) -> Callable[[Sums], Answer]:
    """None is zero, not a gap in the records: moves are written by the database, and what is late
    follows from the promise."""
    return lambda sums: Answer(sums.value(key))


GOALS = defaults("95", "90", "80")
NONE_DUE = (Need("orders_due", "No order was due."),)

catalogue.register(
    Ratio(
        key="otd",
        label="On-time delivery (gross)",
        unit=Unit.PERCENT,
        direction="up",
        question="delivery",
        formula="orders on time ÷ orders due",
        help="Of the orders due, those whose first shipment left by the promise; early is on"
        " time, and due today is not late.",
        defaults=GOALS,
        numerator="orders_on_time",
        denominator="orders_due",
        needs=NONE_DUE,
        proportion=True,
        rules=("otd_promise",),
    ),
    Ratio(
        key="otd_net",
        label="On-time delivery (net)",
        unit=Unit.PERCENT,
        direction="up",
        question="delivery",
        formula="(orders on time + late orders with a justified delay) ÷ orders due",
        help="A late order that nobody has classified counts as unjustified.",
        defaults=GOALS,
        tile=False,
        numerator="orders_on_time_net",
        denominator="orders_due",
        needs=NONE_DUE,
        proportion=True,
        rules=("otd_promise",),
    ),
    Ratio(
        key="true_otd",
        label="TRUE-OTD",
        unit=Unit.PERCENT,
        direction="up",
        question="delivery",
        formula="orders complete on time ÷ orders complete",
        help="Of the orders that left in full, those whose last missing unit left by the promise.",
        defaults=GOALS,
        numerator="orders_complete_on_time",
        denominator="orders_complete",
        needs=(Need("orders_complete", "No order due was shipped in full."),),
        proportion=True,
        rules=("otd_promise",),
    ),
    Ratio(
        key="otd_controlled",
        label="On-time delivery, manufacturing-controlled",
        unit=Unit.PERCENT,
        direction="up",
        question="delivery",
        formula="orders on time with buffer ÷ orders due with buffer",
        help="The promise is extended by the carrier's buffer: a share of the days from receipt"
        " to promise.",
        tile=False,
        numerator="orders_on_time_buffered",
        denominator="orders_due_buffered",
        needs=(Need("orders_due_buffered", "No order was due."),),
        proportion=True,
        rules=("otd_promise", "otd_carrier_buffer_pct"),
    ),
    Ratio(
        key="lead_time",
        label="Lead time",
        unit=Unit.DAYS,
        direction="down",
        question="delivery",
        formula="Σ days from receipt to the completing shipment ÷ orders",
        help="Calendar days, of the orders due in the period that were shipped in full.",
        tile=False,
        numerator="lead_days",
        denominator="orders_with_lead_time",
        scale=(1, 1),
        needs=(Need("orders_with_lead_time", "No order due was shipped in full."),),
    ),
    Other(
        key="late_now",
        label="Late now",
        unit=Unit.COUNT,
        direction="down",
        question="delivery",
        formula="orders not closed that were shipped after their promise, or not shipped by it",
        help="As it stands, whatever the period. An order that is due today is not late.",
        # It has no course over time: it is of one day.
        known_by=("client", "line", "work_order", "part", "style", "customer", "delay_class"),
        uses=("late_orders",),
        compute=counted("late_orders"),
    ),
    Other(
        key="demotions",
        label="Re-shuffles",
        unit=Unit.COUNT,
        direction="down",
        question="shuffle",
        formula="moves of released orders back to demoted",
        help="How often the plan was changed after an order was released to the floor.",
        uses=("order_demotions",),
        compute=counted("order_demotions"),
    ),
)
