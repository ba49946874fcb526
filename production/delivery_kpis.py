"""The figures of delivery, declared on what is counted in `production.delivery_facts`."""

from __future__ import annotations

from collections.abc import Callable

from kpis.declarations import Answer, Need, Other, Ratio, Unit, defaults
from kpis.registry import catalogue
from kpis.sums import Sums
from production import delivery_facts  # noqa: F401


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
