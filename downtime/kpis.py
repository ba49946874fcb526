"""What is measured of line time and stops: planned, lost and run minutes, and failures."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from django.db.models import F, Q, Value
from django.db.models.functions import Coalesce, NullIf

from downtime.models import LEAVES_PLAN_BY, DowntimeEvent, LossClass, Treatment
from kpis.contract import ContractBook, stamps_rows
from kpis.declarations import (
    Activity,
    Combined,
    Exclusion,
    Fact,
    Iso,
    Measure,
    Need,
    Ratio,
    Unit,
    defaults,
)
from kpis.queries import Question, recorded, worked
from kpis.registry import catalogue
from kpis.sums import Sums
from plant.models.calendar import LineShiftState

NO_STOPS_CONFIDENCE = Decimal("0.5")

ON_A_PLANNED_SHIFT = Q(line_shift__isnull=False, line_shift__voided_at__isnull=True) & ~Q(
    line_shift__state=LineShiftState.NOT_PLANNED
)
# A reason may say that its stops do not count, such as a stop the line did not notice.
IN_AVAILABILITY = (
    ON_A_PLANNED_SHIFT
    & Q(minutes__isnull=False)
    & (Q(reason__isnull=True) | Q(reason__counts_in_availability=True))
)
BROKEN = IN_AVAILABILITY & Q(treatment=Treatment.LOSS, reason__loss_class=LossClass.BREAKDOWN)
PLANNED_STOPS = IN_AVAILABILITY & Q(reason__loss_class=LossClass.PLANNED_STOP)


def counting(question: Question) -> Q:
    """Line-shifts that were meant to run, and in which something was recorded."""
    return ~Q(state=LineShiftState.NOT_PLANNED) & recorded(question)


def without_stops(question: Question) -> Q:
    """Nobody wrote down a stop, and nobody said that there was none."""
    return Q(no_downtime=False) & ~Q(pk__in=worked("downtime", question))


catalogue.register(
    Activity("downtime", "downtime.DowntimeEvent"),
    Fact(
        "line_shift",
        "Line-shifts",
        "plant.LineShift",
        {"line": "line_id", "shift": "shift_id", "shift_kind": "shift_kind"},
        line_shift="pk",
        one="line-shift",
        many="line-shifts",
    ),
    Fact(
        "downtime_event",
        "Stops",
        "downtime.DowntimeEvent",
        {
            "line": "line_id",
            "shift": "shift_id",
            "shift_kind": Coalesce("line_shift__shift_kind", "shift__kind"),
            "machine": "machine_id",
            "reason": "reason_id",
            "reason_group": "reason__parent_id",
            "loss_class": NullIf("reason__loss_class", Value("")),
            "planned": Coalesce("reason__planned", Value(False)),
            "root_cause": Coalesce(
                NullIf("root_cause", Value("")), NullIf("reason__root_cause", Value(""))
            ),
        },
        one="stop",
        many="stops",
    ),
)


def left_plan(question: Question) -> Q:
    """By the stamp on each stop; a rule that is only being tried out is applied to its class."""
    stamped = Q(treatment=Treatment.LEAVES_PLAN)
    for loss_class, (key, leaves) in LEAVES_PLAN_BY.items():
        if key in question.book.proposed:
            tried = question.book.condition(key, leaves, question.period)
            mine = Q(reason__loss_class=loss_class)
            stamped = (stamped & ~mine) | (mine & tried)
    return IN_AVAILABILITY & stamped


def lost(question: Question) -> Q:
    stamped = Q(treatment=Treatment.LOSS)
    if not question.book.proposed & {key for key, _leaves in LEAVES_PLAN_BY.values()}:
        return IN_AVAILABILITY & stamped
    return IN_AVAILABILITY & ~left_plan(question)


@stamps_rows
def restamp_treatment(client_id: int, key: str, first: date) -> None:
    """Stops of the day of approval, written before it."""
    classes = [each for each, (rule, _word) in LEAVES_PLAN_BY.items() if rule == key]
    if not classes:
        return
    book = ContractBook.load([client_id])
    stops = DowntimeEvent.objects.filter(
        client_id=client_id, shift_date__gte=first, reason__loss_class__in=classes
    ).select_related("reason")
    changed = []
    for stop in stops:
        before, stop.treatment = stop.treatment, stop.treatment_by(book)
        if stop.treatment != before:
            changed.append(stop)
    DowntimeEvent.objects.bulk_update(changed, ["treatment"])


NO_LINE = Exclusion("no_line", "has no line", "have no line", Q(line_shift__isnull=True))
NOT_PLANNED = Exclusion(
    "not_planned",
    "is in a shift that was not planned",
    "are in shifts that were not planned",
    Q(line_shift__isnull=False) & ~ON_A_PLANNED_SHIFT,
)
STILL_ON = Exclusion(
    "ongoing", "is still going on", "are still going on",
    ON_A_PLANNED_SHIFT & Q(minutes__isnull=True),
)  # fmt: skip
NOT_COUNTING = Exclusion(
    "not_counting",
    "has a reason that does not count in availability",
    "have a reason that does not count in availability",
    ON_A_PLANNED_SHIFT & Q(reason__counts_in_availability=False),
)

catalogue.register(
    Measure(
        "shift_minutes", "Planned minutes of the shifts", Unit.MINUTES, "line_shift",
        F("planned_minutes"),
        where=counting,
        estimated=without_stops,
        confidence=NO_STOPS_CONFIDENCE,
        allocated=True,
        help="Net minutes of line-shifts that were planned and have a production row or a stop.",
    ),
    Measure(
        "leaves_plan_minutes", "Minutes that leave the plan", Unit.MINUTES, "downtime_event",
        F("lost_line_minutes"), where=left_plan, allocated=True,
        help="Stops which by the KPI contract are no loss but were never planned time.",
    ),
    Combined(
        "planned_minutes", "Planned minutes", Unit.MINUTES,
        {"shift_minutes": 1, "leaves_plan_minutes": -1},
        help="Minutes of the counting line-shifts, without stops that leave the plan.",
    ),
    Measure(
        "lost_minutes", "Lost minutes", Unit.MINUTES, "downtime_event",
        F("lost_line_minutes"), where=lost, allocated=True,
        exclusions=(NO_LINE, NOT_PLANNED, STILL_ON, NOT_COUNTING),
        help="Minutes of stops × stations affected / stations of the line.",
    ),
    Combined(
        "run_minutes", "Run minutes", Unit.MINUTES,
        {"shift_minutes": 1, "leaves_plan_minutes": -1, "lost_minutes": -1},
        help="Planned minutes without lost minutes.",
    ),
    Measure(
        "breakdown_minutes", "Breakdown minutes", Unit.MINUTES, "downtime_event",
        F("lost_line_minutes"), where=BROKEN,
        help="Lost minutes of stops whose reason is a breakdown.",
    ),
    Measure(
        "breakdowns", "Breakdowns", Unit.COUNT, "downtime_event", Value(1), where=BROKEN,
        help="Number of stops whose reason is a breakdown.",
    ),
    Measure(
        "unassigned_minutes", "Minutes without a reason", Unit.MINUTES, "downtime_event",
        F("lost_line_minutes"),
        where=IN_AVAILABILITY & Q(reason__isnull=True, treatment=Treatment.LOSS),
        help="Lost minutes of stops nobody has given a reason yet.",
    ),
    Measure(
        "planned_stop_minutes", "Planned stops", Unit.MINUTES, "downtime_event",
        F("lost_line_minutes"), where=PLANNED_STOPS, allocated=True,
        help="What ISO 22400-2 takes out of planned time, whatever the contract says.",
    ),
    Measure(
        "uncounted_stop_minutes", "Stops outside availability", Unit.MINUTES, "downtime_event",
        F("lost_line_minutes"),
        where=ON_A_PLANNED_SHIFT & Q(reason__counts_in_availability=False),
        allocated=True,
    ),
    Combined(
        "iso_planned_minutes", "Planned busy time (ISO 22400-2)", Unit.MINUTES,
        {"shift_minutes": 1, "planned_stop_minutes": -1},
    ),
    # Machines have the planned time of their line.
    Measure(
        "machine_shift_minutes", "Planned minutes of the machine's line", Unit.MINUTES,
        "line_shift", F("planned_minutes"), where=counting,
        paths={"machine": "line__machines__id"},
    ),
    Measure(
        "machine_leaves_plan_minutes", "Minutes of its line that leave the plan", Unit.MINUTES,
        "downtime_event", F("lost_line_minutes"), where=left_plan,
        paths={"machine": "line_shift__line__machines__id"},
    ),
    Combined(
        "failure_base_minutes", "Planned minutes without breakdowns", Unit.MINUTES,
        {"machine_shift_minutes": 1, "machine_leaves_plan_minutes": -1, "breakdown_minutes": -1},
    ),
)  # fmt: skip


def iso_plan(sums: Sums) -> str:
    by_contract = sums.value("leaves_plan_minutes")
    by_iso = sums.value("planned_stop_minutes")
    return (
        f"By contract {by_contract:,.0f} min of stops leave planned time; by ISO 22400-2 planned"
        f" stops leave it ({by_iso:,.0f} min), set-up and lack of orders are losses."
    )


def no_failure(sums: Sums) -> str:
    hours = sums.value("failure_base_minutes") / 60
    return f"No failure in {hours:,.1f} h.".replace(".0 h", " h")


NOTHING_PLANNED = Need("shift_minutes", "No production and no stop was recorded.")

catalogue.register(
    Ratio(
        key="availability",
        label="Availability",
        unit=Unit.PERCENT,
        direction="up",
        question="time",
        formula="run minutes ÷ planned minutes, STANDARD shifts",
        iso_formula="APT ÷ PBT",
        help="The part of the planned time in which the line ran. A stop of one of ten stations"
        " counts a tenth.",
        defaults=defaults("90", "80", "70"),
        standard_shifts=True,
        numerator="run_minutes",
        denominator="planned_minutes",
        needs=(NOTHING_PLANNED,),
        zero="Stops that leave the plan fill the whole planned time.",
        iso=Iso("run_minutes", "iso_planned_minutes", iso_plan),
        rules=("planned_time_basis", "setup_treatment", "no_orders_treatment"),
    ),
    Ratio(
        key="mtbf",
        label="Mean time between failures",
        unit=Unit.HOURS,
        direction="up",
        question="time",
        formula="(planned minutes − breakdown minutes) ÷ 60 ÷ breakdowns",
        help="Planned hours without breakdowns for each breakdown. A machine has the planned"
        " time of its line.",
        numerator="failure_base_minutes",
        denominator="breakdowns",
        scale=(1, 60),
        needs=(Need("machine_shift_minutes", "No production and no stop was recorded on a line."),),
        zero=no_failure,
    ),
    Ratio(
        key="mttr",
        label="Mean time to repair",
        unit=Unit.HOURS,
        direction="down",
        question="time",
        formula="breakdown minutes ÷ 60 ÷ breakdowns",
        help="Lost line hours of a breakdown, on average.",
        numerator="breakdown_minutes",
        denominator="breakdowns",
        scale=(1, 60),
        needs=(Need("breakdowns", "No failure was recorded."),),
    ),
)
