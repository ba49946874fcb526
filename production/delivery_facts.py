"""What is counted of delivery: orders by the day of their promise, late ones, and re-shuffles."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, F, Min, OuterRef, Q, Subquery, Value
from django.db.models.functions import Coalesce, NullIf

from kpis.asof import instant, local_day
from kpis.declarations import Exclusion, Fact, Measure, Unit
from kpis.queries import Question
from kpis.registry import catalogue
from plant.models import Job, OrderTransition
from plant.order_status import OrderStatus
from production.deliveries import (
    COMPLETE,
    COMPLETE_IN_TIME,
    DELIVERED,
    DELIVERED_ONLY,
    IN_TIME,
    INFERRED_PROMISE,
    INFERRED_SHIPMENT,
    PROMISED,
    WITH_RECEIPT,
    called_off_and_overdue,
    confidence,
    days_between,
    due,
    due_with_buffer,
    in_time_or_justified,
    in_time_with_buffer,
    is_late_now,
    late_orders,
    orders,
    without_promise,
)


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
LATE_WITHOUT_PROMISE = NO_PROMISE._replace(rows=~PROMISED)
NOT_RECEIVED = Exclusion(
    "no_receipt", "has no day of receipt", "have no day of receipt", COMPLETE & ~WITH_RECEIPT
)
ESTIMATED: dict[str, Any] = {
    "estimated": INFERRED_PROMISE | INFERRED_SHIPMENT,
    "confidence": lambda question: confidence(INFERRED_SHIPMENT),
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
        estimated=INFERRED_SHIPMENT, confidence=DELIVERED,
        exclusions=(NOT_RECEIVED, COMPLETE_WITHOUT_PROMISE),
    ),
    Measure(
        "orders_with_lead_time", "Orders complete, with a day of receipt", Unit.COUNT,
        "order_due", Value(1), where=COMPLETE & WITH_RECEIPT,
        estimated=INFERRED_SHIPMENT, confidence=DELIVERED,
    ),
    Measure(
        "order_demotions", "Re-shuffled orders", Unit.COUNT, "demotion", Value(1),
        help="Each move of a released order back to demoted.",
    ),
    Measure(
        "late_orders", "Late orders", Unit.COUNT, "late_order", Value(1), where=is_late_now,
        estimated=INFERRED_PROMISE | DELIVERED_ONLY,
        confidence=lambda question: confidence(DELIVERED_ONLY),
        exclusions=(LATE_WITHOUT_PROMISE,),
        help="Not closed, and shipped after the promise, or not shipped and the promise is past.",
    ),
)  # fmt: skip
