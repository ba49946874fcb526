"""What is measured of people at work: efficiency on the hours at the line's disposal."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.db.models import Case, CharField, ExpressionWrapper, F, Q, Value, When

from attendance.kpis import AT_LINE, PRESENT
from kpis.declarations import (
    Believed,
    Combined,
    Exclusion,
    Measure,
    Need,
    Ratio,
    Sharing,
    Split,
    Spoken,
    Unit,
    defaults,
)
from kpis.queries import Question, exact, worked
from kpis.registry import catalogue
from plant.models import LineShift
from plant.standards import REMARKS
from production import people

LOW = "Garment lines: 40–55 % is low, 65–75 % normal, 80 % and above good."
NO_STOPS_CONFIDENCE = Decimal("0.5")

WITH_LABOUR = Q(labour_hours_per_unit__isnull=False)
WITHOUT_LABOUR = Q(labour_hours_per_unit__isnull=True)
ON_A_LINE = Q(line_shift__isnull=False)
WITHOUT_LINE = Q(line_shift__isnull=True)
AT_AN_OPERATION = Q(operation__isnull=False)
EARNED = exact(F("total_units") * F("labour_hours_per_unit"))


def line_shifts(question: Question) -> Any:
    return LineShift.objects.filter(
        client__in=question.clients,
        shift_date__gte=question.period.first,
        shift_date__lt=question.period.end,
    ).order_by()


def people_unknown(question: Question) -> Q:
    """Rows of which nothing says how many people made them."""
    unknown = line_shifts(question).filter(people.people_unknown(question)).values("pk")
    return (WITHOUT_LINE & ~people.WITH_HEADS) | (ON_A_LINE & Q(line_shift_id__in=unknown))


def nobody_marked(question: Question) -> Q:
    """Rows of line-shifts without any attendance; a row without line belongs to nobody's."""
    return WITHOUT_LINE | ~Q(line_shift_id__in=worked("attendance", question))


def without_stops(question: Question) -> Q:
    """Nobody wrote down a stop in the line-shift, and nobody said that there was none."""
    stopped = worked("downtime", question)
    return Q(line_shift__no_downtime=False) & ~Q(line_shift_id__in=stopped)


def worked_and_run(question: Question) -> Any:
    return ExpressionWrapper(F("actual_hours") * people.run_share(question), people.SHARE)


def covered_and_run(question: Question) -> Any:
    return ExpressionWrapper(F("hours") * people.run_share(question), people.SHARE)


def hours_without_line(question: Question) -> Any:
    return ExpressionWrapper(people.HEADS * people.net_hours_of_shift(), people.SHARE)


NO_LABOUR = Exclusion("no_labour_standard", "has no standard", "have no standard", WITHOUT_LABOUR)
NO_PEOPLE = Exclusion(
    "no_people",
    "has neither attendance nor a head count",
    "have neither attendance nor a head count",
    people.people_unknown,
    outside=True,
)
NO_HEADS = Exclusion(
    "no_heads",
    "has neither a line nor a head count",
    "have neither a line nor a head count",
    WITH_LABOUR & WITHOUT_LINE & ~people.WITH_HEADS,
)
NOT_MARKED = Exclusion(
    "nobody_marked", "has no attendance", "have no attendance",
    lambda question: WITH_LABOUR & nobody_marked(question), outside=True,
)  # fmt: skip
INFERRED = Spoken(
    each=people.net_hours(),
    number=people.heads,
    noun=lambda question: people.people_known_by(question),
    words={
        people.BY_ROWS: ("head on the rows", "heads on the rows"),
        people.BY_MEAN: ("head of the 30 days before", "heads of the 30 days before"),
        people.BY_CREW: ("head of the standard crew", "heads of the standard crew"),
    },
)

NO_LABOUR_AT_OPERATION = Exclusion(
    "no_labour_standard", "has no standard", "have no standard", WITHOUT_LABOUR & AT_AN_OPERATION
)
NO_PEOPLE_AT_OPERATION = Exclusion(
    "no_people",
    "has neither attendance nor a head count",
    "have neither attendance nor a head count",
    lambda question: WITH_LABOUR & AT_AN_OPERATION & people_unknown(question),
)


def attendance_of_row(question: Question) -> Any:
    return Case(
        When(nobody_marked(question), then=Value(people.UNKNOWN)),
        default=Value(people.MARKED),
        output_field=CharField(),
    )


def doubtful_people(question: Question) -> Q:
    return people.shared_equally() | nobody_marked(question)


catalogue.register(
    Split("line_shift", "people", people.people_known_by),
    Split("production_entry", "attendance", attendance_of_row),
    Sharing(
        "production_entry",
        dimensions=("work_order", "job", "part", "style", "operation"),
        share=people.people_share,
        guessed=people.shared_equally,
        has_rows=lambda question: worked("production", question),
        key="people",
    ),
    Measure(
        "production_rows", "Production rows", Unit.COUNT, "production_entry", Value(1),
        help="Whatever they made.",
    ),
    # -- hours at the line's disposal ----------------------------------------------------------
    Measure(
        "inferred_person_hours", "Person-hours inferred", Unit.HOURS, "line_shift",
        people.inferred_hours,
        only={"people": (people.MARKED, *people.CONFIDENCE)},
        believed=Believed("people", people.CONFIDENCE),
        allocated=True, sharing="people", exclusions=(NO_PEOPLE,), spoken=INFERRED,
        help="Heads × net shift hours where nobody was marked: the largest head count of the"
        " rows, else its mean of 30 days, else the standard crew.",
    ),
    Measure(
        "unlined_person_hours", "Person-hours of rows without line", Unit.HOURS,
        "production_entry", hours_without_line,
        where=WITH_LABOUR & WITHOUT_LINE & people.WITH_HEADS,
        estimated=Q(), confidence=people.CONFIDENCE[people.BY_ROWS], exclusions=(NO_HEADS,),
        help="Their own heads × net hours of the shift.",
    ),
    Combined(
        "line_person_hours", "Person-hours of the line-shifts", Unit.HOURS,
        {"line_present_hours": 1, "line_floater_hours": 1, "inferred_person_hours": 1},
    ),
    Measure(
        "person_hours_left_out", "Person-hours of rows without standard", Unit.HOURS,
        "production_entry", people.part_of("line_person_hours"),
        where=WITHOUT_LABOUR & ON_A_LINE, left_out_of="earned_hours",
        estimated=lambda question: people.shared_equally(),
        help="The share of the people who made what has no standard.",
    ),
    Combined(
        "available_person_hours", "Available person-hours", Unit.HOURS,
        {
            "line_present_hours": 1, "line_floater_hours": 1, "inferred_person_hours": 1,
            "unlined_person_hours": 1, "person_hours_left_out": -1,
        },
        help="Of everyone at the line's disposal: own people present, floaters covering or idle.",
    ),
    Measure(
        "earned_hours_without_people", "Earned hours of nobody knows how many", Unit.HOURS,
        "production_entry", EARNED, where=lambda question: WITH_LABOUR & people_unknown(question),
        left_out_of="nobody_known",
    ),
    Combined(
        "nobody_known", "Person-hours that nobody knows", Unit.HOURS,
        {"inferred_person_hours": 1, "unlined_person_hours": 1},
    ),
    Combined(
        "people_earned_hours", "Earned hours of known people", Unit.HOURS,
        {"earned_hours": 1, "earned_hours_without_people": -1},
    ),
    # -- hours while the line ran --------------------------------------------------------------
    Measure(
        "present_run_hours", "Hours present while the line ran", Unit.HOURS, "attendance_record",
        worked_and_run, where=PRESENT, only={"place": (AT_LINE,)},
        estimated=without_stops, confidence=NO_STOPS_CONFIDENCE, allocated=True, sharing="people",
        help="Hours present × run minutes ÷ planned minutes of the line-shift.",
    ),
    Measure(
        "covering_run_hours", "Covering hours while the line ran", Unit.HOURS, "shift_coverage",
        covered_and_run, where=Q(covers__isnull=False),
        only={"came": ("there",), "place": (AT_LINE,)},
        allocated=True, sharing="people",
        help="Hours of covering floaters × run minutes ÷ planned minutes of the line-shift.",
    ),
    Combined(
        "run_person_hours", "Run person-hours", Unit.HOURS,
        {"present_run_hours": 1, "covering_run_hours": 1},
        help="(Hours present + hours of covering floaters) × run minutes ÷ planned minutes.",
    ),
    Measure(
        "run_person_hours_left_out", "Run person-hours of rows without standard", Unit.HOURS,
        "production_entry", people.part_of("run_person_hours"),
        where=WITHOUT_LABOUR & ON_A_LINE, left_out_of="earned_hours",
        estimated=lambda question: people.shared_equally(),
    ),
    Combined(
        "compared_run_person_hours", "Run person-hours with standard", Unit.HOURS,
        {"present_run_hours": 1, "covering_run_hours": 1, "run_person_hours_left_out": -1},
    ),
    Measure(
        "marked_earned_hours", "Earned hours with attendance", Unit.HOURS, "production_entry",
        EARNED, where=WITH_LABOUR, only={"attendance": (people.MARKED,)},
        estimated=Q(labour_confidence__lt=1), confidence="labour_confidence", remarks=REMARKS,
        exclusions=(NO_LABOUR, NOT_MARKED),
        help="Of line-shifts whose attendance was recorded.",
    ),
    # -- hours by what they were spent on ------------------------------------------------------
    Measure(
        "available_hours_left_out", "Available hours of rows without standard", Unit.HOURS,
        "production_entry", people.part_of("hours_available"),
        where=WITHOUT_LABOUR & ON_A_LINE, left_out_of="earned_hours",
        estimated=lambda question: people.shared_equally(),
    ),
    Combined(
        "compared_hours_available", "Available hours with standard", Unit.HOURS,
        {"actual_hours": 1, "unavailable_hours": -1, "available_hours_left_out": -1},
    ),
    Measure(
        "billed_hours_left_out", "Billed hours of rows without standard", Unit.HOURS,
        "production_entry", people.part_of("billed_hours"),
        where=WITHOUT_LABOUR & ON_A_LINE, left_out_of="earned_hours",
        estimated=lambda question: people.shared_equally(),
    ),
    Combined(
        "compared_billed_hours", "Billed hours with standard", Unit.HOURS,
        {"billed_hours": 1, "billed_hours_left_out": -1},
    ),
    # -- by operation --------------------------------------------------------------------------
    Measure(
        "operation_earned_hours", "Earned hours of operations", Unit.HOURS, "production_entry",
        EARNED, where=lambda question: WITH_LABOUR & AT_AN_OPERATION & ~people_unknown(question),
        estimated=Q(labour_confidence__lt=1), confidence="labour_confidence", remarks=REMARKS,
        exclusions=(NO_LABOUR_AT_OPERATION, NO_PEOPLE_AT_OPERATION),
    ),
    Measure(
        "operation_line_hours", "Person-hours of operations", Unit.HOURS, "production_entry",
        people.part_of("line_person_hours"),
        where=WITH_LABOUR & AT_AN_OPERATION & ON_A_LINE,
        estimated=doubtful_people, confidence=people.confidence_of_row,
        help="The hours of the line-shift's people, by heads × run minutes of its rows.",
    ),
    Measure(
        "operation_unlined_hours", "Person-hours of operations without line", Unit.HOURS,
        "production_entry", hours_without_line,
        where=WITH_LABOUR & AT_AN_OPERATION & WITHOUT_LINE & people.WITH_HEADS,
        estimated=Q(), confidence=people.CONFIDENCE[people.BY_ROWS],
    ),
    Combined(
        "operation_person_hours", "Allocated person-hours", Unit.HOURS,
        {"operation_line_hours": 1, "operation_unlined_hours": 1},
    ),
)  # fmt: skip

PRODUCED = Need("earned_hours", "No production was recorded.")

catalogue.register(
    Ratio(
        key="efficiency",
        label="Labour efficiency",
        unit=Unit.PERCENT,
        direction="up",
        question="efficient",
        formula="earned hours ÷ available person-hours",
        help="Everyone at the line's disposal counts, floaters included, whether they cover"
        " somebody or are idle; downtime, changeover and paid breaks do not reduce the hours. An"
        " uncovered absence raises this ratio: its cost shows in absenteeism and in the output."
        f" {LOW}",
        defaults=defaults("90", "80", "70"),
        numerator="people_earned_hours",
        denominator="available_person_hours",
        needs=(PRODUCED,),
        zero="Nobody is known to have been at the line.",
        rules=("standard_inference", "industry_default_hours"),
    ),
    Ratio(
        key="labour_performance",
        label="Labour performance",
        unit=Unit.PERCENT,
        direction="up",
        question="efficient",
        formula="earned hours ÷ run person-hours",
        iso_formula="≈ APWT ÷ APAT (worker efficiency), on its own time base",
        help="The labour view of performance: people present and covering, while the line ran."
        " Above 100 %: verify staffing or standard.",
        numerator="marked_earned_hours",
        denominator="compared_run_person_hours",
        needs=(
            Need("production_rows", "No production was recorded."),
            Need("present_run_hours", "No attendance was recorded."),
            Need("marked_earned_hours", "No production was recorded."),
        ),
        zero="Nobody is known to have been there while the line ran.",
        rules=("standard_inference", "industry_default_hours"),
    ),
    Ratio(
        key="efficiency_available",
        label="Efficiency on available hours",
        unit=Unit.PERCENT,
        direction="up",
        question="efficient",
        formula="earned hours ÷ available hours",
        help="Hours worked by everybody, without training, meetings, waiting and leave.",
        tile=False,
        numerator="earned_hours",
        denominator="compared_hours_available",
        needs=(PRODUCED, Need("actual_hours", "No attendance was recorded.")),
        zero="No hour was available.",
        rules=("standard_inference", "industry_default_hours"),
    ),
    Ratio(
        key="efficiency_billed",
        label="Efficiency on billed hours",
        unit=Unit.PERCENT,
        direction="up",
        question="efficient",
        formula="earned hours ÷ billed hours",
        help="Against the hours that were allocated to billed production.",
        tile=False,
        numerator="earned_hours",
        denominator="compared_billed_hours",
        needs=(PRODUCED, Need("billed_hours", "No hours were billed.")),
        zero="No hours were billed.",
        rules=("standard_inference", "industry_default_hours"),
    ),
    Ratio(
        key="operation_efficiency",
        label="Production hours by operation",
        unit=Unit.PERCENT,
        direction="up",
        question="efficient",
        formula="earned hours ÷ person-hours, of rows that name an operation",
        help="Earned hours of an operation against its part of the people's hours, by heads ×"
        " run minutes. Both sums are shown.",
        tile=False,
        numerator="operation_earned_hours",
        denominator="operation_person_hours",
        needs=(Need("operation_earned_hours", "No production row names an operation."),),
        zero="Nobody is known to have worked at an operation.",
        rules=("standard_inference", "industry_default_hours"),
    ),
)
