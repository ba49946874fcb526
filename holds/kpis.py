"""What is measured of holds, and how old the work in process is."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.db.models import Case, CharField, Exists, F, Func, OuterRef, Q, Value, When
from django.db.models.functions import Cast, Least

from holds.ageing import SQL_HOURS, end_of, held_hours, in_work
from holds.models import HoldTransition, WIPHold
from holds.states import NOT_FINAL, OPEN, PENDING, STOOD, HoldState
from kpis.asof import instant, today
from kpis.declarations import (
    Answer,
    Exclusion,
    Fact,
    Measure,
    Other,
    Unit,
    defaults,
)
from kpis.queries import Question
from kpis.registry import catalogue
from kpis.sums import Sums

FIRM = Decimal(1)
# Last day of each bucket of ages; the last bucket has no end.
BUCKETS = (7, 14, 30)
# Days after which a hold is aging, critical, chronic.
AGING, CRITICAL, CHRONIC = 7, 14, 28
DAYS_COUNTED = "Active calendar days, first and last day counted."


# -- holds that began in a period ----------------------------------------------------------------


def stood(question: Question) -> Q:
    """Holds that were known to stop material: decided by then, and not cancelled by then."""
    at = instant(question)
    decided = Q(hold_decided_at__lte=at) | Q(hold_decided_at__isnull=True, held_at__lte=at)
    if question.as_of is None:
        return decided & Q(state__in=STOOD)
    cancelled_later = HoldTransition.objects.filter(
        hold=OuterRef("pk"), from_state__in=OPEN, to_state=HoldState.CANCELLED, at__gt=at
    )
    kept = Q(state__in=STOOD) | (Q(state=HoldState.CANCELLED) & Q(Exists(cancelled_later)))
    return decided & kept


def hours(question: Question) -> Any:
    """To the end, or to the instant as of which it is asked."""
    end = Least("ended_at", end_of(question))
    return Func(
        end, F("held_at"), arg_joiner=" - ",
        template="(EXTRACT(EPOCH FROM %(expressions)s)::numeric / 3600)", output_field=SQL_HOURS,
    )  # fmt: skip


def without_quantity(question: Question) -> Q:
    return stood(question) & Q(quantity__isnull=True)


OF_A_HOLD = {
    "line": "line_id",
    "work_order": "work_order_id",
    "job": "job_id",
    "style": "work_order__style_id",
    "hold_reason": "hold_reason_id",
}
WHOLE = (
    "is of a whole order or job and says no quantity",
    "are of whole orders or jobs and say no quantity",
)

catalogue.register(
    Fact(
        "hold",
        "Holds",
        "holds.WIPHold",
        {**OF_A_HOLD, "shift": "shift_id", "shift_kind": "shift__kind"},
        line_shift="",
        one="hold",
        many="holds",
    ),
    Measure(
        "holds_opened", "Holds", Unit.COUNT, "hold", Value(1), where=stood,
        help="By the day from which they count. Requests count once they are approved.",
    ),
    Measure(
        "held_hours", "Held hours", Unit.HOURS, "hold", hours, where=stood,
        help="Of the holds that began in the period: to their end, or to now.",
    ),
    Measure(
        "held_units", "Units of holds", Unit.UNITS, "hold", F("quantity"),
        where=lambda question: stood(question) & Q(quantity__isnull=False),
        exclusions=(Exclusion("whole", *WHOLE, without_quantity),),
        help="Of the holds that began in the period and say a quantity.",
    ),
)  # fmt: skip


# -- holds as they stand -------------------------------------------------------------------------


def standing(question: Question) -> Any:
    """Holds that stand or wait for a decision, with `stands` and `waits`."""
    rows = WIPHold.objects.annotate(as_of_day=today(question))
    if question.as_of is None:
        return rows.filter(state__in=NOT_FINAL).annotate(
            stands=_word(Q(state__in=OPEN)), waits=_word(Q(state__in=PENDING))
        )
    at = instant(question)
    stands, waits = WIPHold.objects.open(at=at), WIPHold.objects.pending(at=at)
    return rows.annotate(
        stands=_word(Q(pk__in=stands.values("pk"))), waits=_word(Q(pk__in=waits.values("pk")))
    ).exclude(stands=NO, waits=NO)


YES, NO = "yes", "no"


def _word(where: Q) -> Any:
    return Case(When(where, then=Value(YES)), default=Value(NO), output_field=CharField())


STANDS = Q(stands=YES)

catalogue.register(
    Fact(
        "standing_hold",
        "Holds that stand",
        "holds.WIPHold",
        OF_A_HOLD,
        date_field="as_of_day",
        line_shift="",
        standing=standing,
        one="hold",
        many="holds",
    ),
    Measure(
        "open_holds", "Open holds", Unit.COUNT, "standing_hold", Value(1), where=STANDS,
        help="Material that stands now, also while its resume is being asked for.",
    ),
    Measure(
        "open_held_units", "Held units", Unit.UNITS, "standing_hold", F("quantity"),
        where=STANDS & Q(quantity__isnull=False),
        exclusions=(Exclusion("whole", *WHOLE, STANDS & Q(quantity__isnull=True)),),
        help="Of open holds that say a quantity.",
    ),
    Measure(
        "pending_holds", "Holds to decide", Unit.COUNT, "standing_hold", Value(1),
        where=Q(waits=YES), help="Requests to hold or to resume that nobody has decided yet.",
    ),
)  # fmt: skip


# -- work in process -----------------------------------------------------------------------------


def wip_age(sums: Sums) -> Answer:
    """Mean, with median, oldest and buckets beside it, over the ages in whole days."""
    days, ages = sums.amount("wip_days"), sums.parts("wip_days")
    if not days.rows:
        return Answer(None, "No order is in work.")
    orders = {int(age): part.rows for age, part in ages.items() if part.rows}
    return Answer(
        days.value / days.rows,
        numerator=days.value,
        denominator=Decimal(days.rows),
        notes=tuple(_notes(orders, sums.value("wip_held_hours"))),
    )


def median(orders: dict[int, int]) -> Decimal:
    """Of ages with so many orders each."""
    ages = [age for age, number in sorted(orders.items()) for _order in range(number)]
    middle = len(ages) // 2
    return Decimal(ages[middle] + ages[~middle]) / 2


def in_buckets(orders: dict[int, int]) -> dict[str, int]:
    """How many orders are 0–7, 8–14, 15–30 and more than 30 days old."""
    found = dict.fromkeys(BUCKET_NAMES, 0)
    for age, number in orders.items():
        found[bucket_of(age)] += number
    return found


BUCKET_NAMES = ("0–7", "8–14", "15–30", "> 30")


def bucket_of(days: int) -> str:
    return BUCKET_NAMES[sum(days > last for last in BUCKETS)]


def _notes(orders: dict[int, int], hours: Decimal) -> Any:
    middle = f"{median(orders):.1f}".removesuffix(".0")
    yield f"{DAYS_COUNTED} Median {middle}, oldest {max(orders)} days."
    yield ", ".join(f"{name} days: {number}" for name, number in in_buckets(orders).items()) + "."
    yield f"Held beside it: {hours:,.1f} h, by the hour and whatever overlaps once."


NO_START = Exclusion("no_start", "has no start date", "have no start date", Q(start__isnull=True))
WITH_START = Q(start__isnull=False)

catalogue.register(
    Fact(
        "wip",
        "Orders in work",
        "plant.WorkOrder",
        {"line": "line_id", "work_order": "pk", "style": "style_id"},
        date_field="as_of_day",
        line_shift="",
        splits={"age": Cast("age", CharField())},
        standing=in_work,
        one="order",
        many="orders",
    ),
    Measure(
        "wip_days", "Days in work", Unit.DAYS, "wip", F("age"), where=WITH_START, apart="age",
        estimated=Q(start_confidence__lt=FIRM), confidence="start_confidence",
        exclusions=(NO_START,),
        help="Without the days on which the whole order was held.",
    ),
    Measure(
        "wip_held_hours", "Held hours of orders in work", Unit.HOURS, "wip", held_hours,
        where=WITH_START, help="Hours since the start on which the whole order was held.",
    ),
    Other(
        key="wip_age",
        label="WIP age",
        unit=Unit.DAYS,
        direction="down",
        question="hold",
        formula="Σ (as-of day − start + 1 − held days) ÷ orders in work",
        help="How long orders are in work: active calendar days, first and last day counted. Only"
        " holds of the whole order stop the clock.",
        defaults=defaults("7", "14", "21"),
        uses=("wip_days", "wip_held_hours"),
        compute=wip_age,
        known_by=("client", "line", "work_order", "style"),
    ),
)  # fmt: skip
