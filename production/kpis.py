"""What is measured of output: units, earned and ideal hours, and performance on them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.db.models import (
    Case,
    Count,
    DecimalField,
    Exists,
    ExpressionWrapper,
    F,
    Max,
    Min,
    OuterRef,
    Q,
    Subquery,
    Sum,
    Value,
    When,
)
from django.db.models.functions import Cast, Coalesce

from kpis.aggregates import combined_time_of_line_shift
from kpis.declarations import (
    Activity,
    Combined,
    Exclusion,
    Fact,
    Measure,
    Need,
    Product,
    Ratio,
    Sharing,
    Unit,
    defaults,
)
from kpis.queries import FINE, Question, exact, worked
from kpis.registry import catalogue
from plant.models import Job
from plant.models.calendar import LineShiftState
from plant.standards import REMARKS

# Both declare what is measured of people and of orders.
from production import delivery_kpis, people_kpis  # noqa: F401
from production.models import ProductionEntry

OUTPUT = Q(operation__isnull=True) | Q(operation__counts_output=True)
FIRM = Decimal(1)
# Wide enough that the shares of a line-shift add up to the whole of it.
SHARE = DecimalField(max_digits=60, decimal_places=40)


def part_made(question: Question) -> Any:
    """That of the job, else of the order's only job."""
    jobs = Job.objects.filter(work_order=OuterRef("work_order")).order_by().values("work_order")
    only = jobs.annotate(n=Count("pk"), only=Min("part")).filter(n=1).values("only")
    return Case(
        When(job__isnull=False, then=F("job__part_id")),
        default=Subquery(only),
    )


def style_made(question: Question) -> Any:
    """That of the part, else of the order."""
    jobs = Job.objects.filter(work_order=OuterRef("work_order")).order_by().values("work_order")
    only = jobs.annotate(n=Count("pk"), only=Min("part__style")).filter(n=1).values("only")
    return Case(
        When(job__part__style__isnull=False, then=F("job__part__style_id")),
        default=Coalesce(
            Case(When(job__isnull=True, then=Subquery(only))), F("work_order__style_id")
        ),
    )


# -- sharing out the clock time of a line-shift -----------------------------------------------


def share() -> Any:
    """A row's part of its line-shift: by run minutes, or equal parts where a row has none.

    Output rows share the time; where none of the rows counts output, all of them do.
    """
    counts = siblings().annotate(
        outputs=Count("pk", filter=OUTPUT),
        silent=Count("pk", filter=OUTPUT & Q(run_minutes__isnull=True)),
        minutes=Sum("run_minutes", filter=OUTPUT),
        all_rows=Count("pk"),
        all_silent=Count("pk", filter=Q(run_minutes__isnull=True)),
        all_minutes=Sum("run_minutes"),
        own_minutes=Max("run_minutes", filter=Q(pk=OuterRef("pk"))),
    )
    own, one = Cast(F("own_minutes"), SHARE), Cast(Value(1), SHARE)
    of_output = Case(
        When(silent=0, then=own / F("minutes")), default=one / F("outputs"), output_field=SHARE
    )
    of_all = Case(
        When(all_silent=0, then=own / F("all_minutes")),
        default=one / F("all_rows"),
        output_field=SHARE,
    )
    no_output = Case(When(outputs=0, then=of_all), default=Value(Decimal(0)), output_field=SHARE)
    return Case(
        When(OUTPUT, then=Subquery(counts.annotate(share=of_output).values("share"))),
        default=Subquery(counts.annotate(share=no_output).values("share")),
        output_field=SHARE,
    )


def shared_equally() -> Q:
    """More than one row, and not all of them say how long they ran."""
    silent = siblings().annotate(
        rows=Count("pk"), silent=Count("pk", filter=Q(run_minutes__isnull=True))
    )
    return Q(Exists(silent.filter(rows__gt=1, silent__gt=0)))


def siblings() -> Any:
    same = ProductionEntry.objects.filter(
        client_id=OuterRef("client_id"), line_shift_id=OuterRef("line_shift_id")
    )
    return same.order_by().values("line_shift_id")


def nothing_counted_as_output() -> Q:
    output = ProductionEntry.objects.filter(
        OUTPUT, client_id=OuterRef("client_id"), line_shift_id=OuterRef("line_shift_id")
    )
    return ~OUTPUT & ~Q(Exists(output))


def run_time_left_out(question: Question) -> Any:
    """The run minutes of the rows that ideal hours leave out: the same rows leave both sums."""
    return ExpressionWrapper(
        combined_time_of_line_shift("run_minutes", question) * share(), output_field=FINE
    )


LEFT_OUT = Q(line_shift__isnull=False) & (
    (OUTPUT & Q(cycle_hours_per_unit__isnull=True)) | nothing_counted_as_output()
)
ON_A_PLANNED_SHIFT = Q(line_shift__isnull=False, line_shift__voided_at__isnull=True) & ~Q(
    line_shift__state=LineShiftState.NOT_PLANNED
)
WITH_CYCLE = OUTPUT & ON_A_PLANNED_SHIFT & Q(cycle_hours_per_unit__isnull=False)

catalogue.register(
    Activity("production", "production.ProductionEntry"),
    Fact(
        "production_entry",
        "Production rows",
        "production.ProductionEntry",
        {
            "line": "line_id",
            "shift": "shift_id",
            "shift_kind": Coalesce("line_shift__shift_kind", "shift__kind"),
            "work_order": "work_order_id",
            "job": "job_id",
            "part": part_made,
            "style": style_made,
            "operation": "operation_id",
            "machine": "machine_id",
        },
        one="production row",
        many="production rows",
    ),
    Sharing(
        "production_entry",
        dimensions=("work_order", "job", "part", "style"),
        share=share,
        guessed=shared_equally,
        has_rows=lambda question: worked("production", question),
    ),
)

NO_LABOUR = Exclusion(
    "no_labour_standard", "has no standard", "have no standard",
    Q(labour_hours_per_unit__isnull=True),
)  # fmt: skip
NO_CYCLE = Exclusion(
    "no_cycle", "has no cycle time", "have no cycle time",
    OUTPUT & ON_A_PLANNED_SHIFT & Q(cycle_hours_per_unit__isnull=True),
)  # fmt: skip
NO_LINE = Exclusion("no_line", "has no line", "have no line", OUTPUT & Q(line_shift__isnull=True))
NO_OUTPUT = Exclusion(
    "no_output",
    "is of an operation before the last one",
    "are of operations before the last one",
    ON_A_PLANNED_SHIFT & nothing_counted_as_output(),
)
NOT_PLANNED = Exclusion(
    "not_planned",
    "is in a shift that was not planned",
    "are in shifts that were not planned",
    OUTPUT & Q(line_shift__isnull=False) & ~ON_A_PLANNED_SHIFT,
)

catalogue.register(
    Measure(
        "total_units", "Units produced", Unit.UNITS, "production_entry", F("total_units"),
        where=OUTPUT, help="Defective units included; finished output only.",
    ),
    Measure(
        "earned_hours", "Earned hours", Unit.HOURS, "production_entry",
        exact(F("total_units") * F("labour_hours_per_unit")),
        where=Q(labour_hours_per_unit__isnull=False),
        estimated=Q(labour_confidence__lt=FIRM), confidence="labour_confidence", remarks=REMARKS,
        exclusions=(NO_LABOUR,),
        help="Units × labour hours per unit by the standard of the day.",
    ),
    Measure(
        "ideal_hours", "Ideal hours", Unit.HOURS, "production_entry",
        exact(F("total_units") * F("cycle_hours_per_unit")),
        where=WITH_CYCLE,
        estimated=Q(cycle_confidence__lt=FIRM), confidence="cycle_confidence", remarks=REMARKS,
        exclusions=(NO_CYCLE, NO_OUTPUT, NO_LINE, NOT_PLANNED),
        help="Units × cycle hours per unit: the time the line would have needed at its best.",
    ),
    Measure(
        "run_minutes_left_out", "Run minutes of rows without cycle time", Unit.MINUTES,
        "production_entry", run_time_left_out, where=LEFT_OUT, left_out_of="ideal_hours",
        estimated=lambda question: shared_equally(),
    ),
    Combined(
        "performance_minutes", "Run minutes with cycle time", Unit.MINUTES,
        {
            "shift_minutes": 1, "leaves_plan_minutes": -1, "lost_minutes": -1,
            "run_minutes_left_out": -1,
        },
    ),
    Measure(
        "ideal_minutes", "Ideal minutes", Unit.MINUTES, "production_entry",
        exact(F("total_units") * F("cycle_hours_per_unit") * Value(60)), where=WITH_CYCLE,
    ),
    Combined(
        "unexplained_minutes", "Unexplained minutes", Unit.MINUTES,
        {
            "shift_minutes": 1, "leaves_plan_minutes": -1, "lost_minutes": -1,
            "run_minutes_left_out": -1, "uncounted_stop_minutes": -1, "ideal_minutes": -1,
        },
        help="Planned time that neither stops nor output explain: slow running and short stops.",
    ),
    Measure(
        "planned_units", "Planned units", Unit.UNITS, "line_shift", F("planned_units"),
        where=lambda question: ~Q(state=LineShiftState.NOT_PLANNED)
        & Q(planned_units__gt=0, starts_at__lte=question.now),
        help="Plan of the line-shifts that have begun.",
    ),
    Measure(
        "units_against_plan", "Units of line-shifts with a plan", Unit.UNITS,
        "production_entry", F("total_units"),
        where=OUTPUT & ON_A_PLANNED_SHIFT & Q(line_shift__planned_units__gt=0),
        help="Output of line-shifts without a plan is compared with nothing.",
    ),
)  # fmt: skip

catalogue.register(
    Ratio(
        key="performance",
        label="Performance",
        unit=Unit.PERCENT,
        direction="up",
        question="efficient",
        formula="60 × ideal hours ÷ run minutes, STANDARD shifts",
        iso_formula="PRI × PQ ÷ APT (effectiveness)",
        help="Output against what the cycle time allows in the run time; the line's cycle, not"
        " the labour standard. Defective units count.",
        defaults=defaults("95", "85", "70"),
        standard_shifts=True,
        numerator="ideal_hours",
        denominator="performance_minutes",
        scale=(6000, 1),
        needs=(
            Need("shift_minutes", "No production and no stop was recorded."),
            Need("ideal_hours", "No output was recorded."),
        ),
        zero="There was no run time: verify downtime.",
        rules=("standard_inference", "industry_default_hours"),
    ),
    Product(
        key="oee",
        label="OEE",
        unit=Unit.PERCENT,
        direction="up",
        question="time",
        formula="availability × performance × quality ratio",
        iso_formula="PRI × GQ ÷ PBT (OEE index)",
        help="Good output at the best possible rate, as a part of the planned time.",
        defaults=defaults("81.225", "75", "60"),
        factors=("availability", "performance", "quality_ratio"),
    ),
    Ratio(
        key="plan_attainment",
        label="Plan attainment",
        unit=Unit.PERCENT,
        direction="up",
        question="efficient",
        formula="units produced ÷ planned units",
        help="Output against the plan of the line-shifts that have begun and have one.",
        numerator="units_against_plan",
        denominator="planned_units",
        needs=(Need("planned_units", "No plan was set.", is_setting=True),),
        may_exceed=True,
    ),
)
