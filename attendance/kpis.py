"""What is measured of people: scheduled, absent and present hours, and how they were spent."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.db.models import Case, CharField, F, Q, Value, When
from django.db.models.functions import Coalesce, NullIf

from attendance import bradford
from attendance.marks import Presence
from attendance.models import BILLABLE, PRODUCTIVE, Category, Engagement
from clients.roles import Action
from kpis.declarations import (
    Activity,
    Answer,
    Assumed,
    Combined,
    Fact,
    Measure,
    Need,
    Other,
    Ratio,
    Spoken,
    Unit,
    defaults,
)
from kpis.queries import Question, recorded
from kpis.registry import catalogue
from kpis.sums import Sums
from plant.models.calendar import LineShiftState

NO_ROWS_CONFIDENCE = Decimal("0.5")
AT_LINE, ELSEWHERE = "line", "elsewhere"

ASSIGNED = Q(engagement=Engagement.ASSIGNED)
ABSENT = Q(presence=Presence.ABSENT)
# Vacation leaves both sides: neither scheduled nor absent.
SCHEDULED = ASSIGNED & (Q(absence_type__isnull=True) | Q(absence_type__leaves_schedule=False))
MISSED = ASSIGNED & (Q(absence_type__isnull=True) | Q(absence_type__counts_in_absenteeism=True))
PRESENT = ASSIGNED & ~ABSENT
UNSPLIT = Q(normal_hours__isnull=True, double_hours__isnull=True, triple_hours__isnull=True)
ON_RECORD = Q(record__voided_at__isnull=True)
UNAVAILABLE = tuple(each for each in Category if each not in PRODUCTIVE)


def place(question: Question) -> Any:
    """Whether the row belongs to a line-shift that counts."""
    counting = (
        Q(line_shift__isnull=False, line_shift__voided_at__isnull=True)
        & ~Q(line_shift__state=LineShiftState.NOT_PLANNED)
        & recorded(question, "line_shift_id")
    )
    return Case(
        When(counting, then=Value(AT_LINE)), default=Value(ELSEWHERE), output_field=CharField()
    )


def labour_class(prefix: str = "") -> Any:
    """That of the row, else of the person."""
    return Coalesce(
        NullIf(f"{prefix}labour_class_override", Value("")),
        NullIf(f"{prefix}employee__labour_class", Value("")),
    )


def shift_kind(prefix: str = "") -> Any:
    return Coalesce(f"{prefix}line_shift__shift_kind", f"{prefix}shift__kind")


def hours(column: str) -> Any:
    return Coalesce(F(column), Value(Decimal(0)))


# In whose own words a row of people is counted: "10 × 9".
OWN_PEOPLE = Spoken(
    each=F("actual_hours"), number=Value(1), noun=Value("own"), words={"own": ("", "")}
)

catalogue.register(
    Activity("attendance", "attendance.AttendanceRecord", counts=False),
    Fact(
        "attendance_record",
        "Attendance",
        "attendance.AttendanceRecord",
        {
            "line": "line_id",
            "shift": "shift_id",
            "shift_kind": shift_kind(),
            "employee": "employee_id",
            "labour_class": labour_class(),
        },
        splits={"place": place, "person_day": bradford.PERSON_DAY},
        one="attendance record",
        many="attendance records",
    ),
    Fact(
        "hour_allocation",
        "Allocated hours",
        "attendance.HourAllocation",
        {
            "line": "record__line_id",
            "shift": "record__shift_id",
            "shift_kind": shift_kind("record__"),
            "employee": "record__employee_id",
            "labour_class": labour_class("record__"),
            "category": "category",
        },
        date_field="record__shift_date",
        line_shift="record__line_shift",
        one="allocation",
        many="allocations",
    ),
)


# Of hours absent alone: what was scheduled has no type.
BY_TYPE = {"absence_type": "absence_type_id"}


def _hours(key: str, label: str, column: str, where: Q, help: str = "", **more: Any) -> Measure:
    return Measure(
        key, label, Unit.HOURS, "attendance_record", hours(column), where=where, help=help, **more
    )


catalogue.register(
    _hours(
        "scheduled_hours", "Scheduled hours", "scheduled_hours", SCHEDULED,
        "Of the own people, without absences that leave the schedule, such as vacation.",
    ),
    _hours(
        "absence_hours", "Hours absent", "absence_hours", MISSED,
        "Late and partial hours included. Overtime of one never offsets the absence of another.",
        paths=BY_TYPE,
    ),
    _hours("present_hours", "Hours present", "actual_hours", PRESENT, "Of the own people."),
    _hours("actual_hours", "Hours worked", "actual_hours", Q(), "Own people and floaters."),
    _hours("normal_hours", "Normal hours", "normal_hours", Q()),
    _hours("double_hours", "Double hours", "double_hours", Q()),
    _hours("triple_hours", "Triple hours", "triple_hours", Q()),
    _hours(
        "unsplit_hours", "Hours without tiers", "actual_hours", UNSPLIT,
        "Hours worked that nobody split into normal, double and triple.",
    ),
    Measure(
        "absent_days", "Days absent", Unit.COUNT, "attendance_record", Value(1),
        where=SCHEDULED & ABSENT, paths=BY_TYPE,
        help="Whole shifts; a late or partial day is none.",
    ),
    Measure(
        "scheduled_days", "Days scheduled", Unit.COUNT, "attendance_record", Value(1),
        where=SCHEDULED, help="One for each person and shift.",
    ),
    Combined(
        "attended_days", "Days attended", Unit.COUNT, {"scheduled_days": 1, "absent_days": -1}
    ),
    Measure(
        "people_marked", "People marked", Unit.COUNT, "attendance_record", Value(1),
        where=ASSIGNED, help="Own people with an attendance row, whatever it says.",
    ),
    Measure(
        "line_present_hours", "Hours present at the line", Unit.HOURS, "attendance_record",
        F("actual_hours"), where=PRESENT, only={"place": (AT_LINE,)},
        allocated=True, sharing="people", spoken=OWN_PEOPLE,
        help="Of the own people, in line-shifts with output or a stop.",
    ),
    Measure(
        "allocated_hours", "Allocated hours", Unit.HOURS, "hour_allocation", F("hours"),
        where=ON_RECORD, help="What the hours worked were spent on, as far as somebody said it.",
    ),
    Measure(
        "billed_hours", "Billed hours", Unit.HOURS, "hour_allocation", F("hours"),
        where=ON_RECORD & Q(category__in=BILLABLE), help="Billed production.",
    ),
    Measure(
        "unavailable_hours", "Hours not available", Unit.HOURS, "hour_allocation", F("hours"),
        where=ON_RECORD & Q(category__in=UNAVAILABLE),
        help="Training, meetings, waiting, other non-productive time, paid and medical leave.",
    ),
    Combined(
        "hours_available", "Available hours", Unit.HOURS,
        {"actual_hours": 1, "unavailable_hours": -1},
        help="Hours worked without training, meetings, waiting and leave.",
    ),
)  # fmt: skip

# Rows that say when, and how often, somebody was away: with the hr flag only.
catalogue.register(
    Measure(
        "bradford_days", "Days absent that count in the Bradford factor", Unit.COUNT,
        "attendance_record", Value(1), where=ASSIGNED & bradford.COUNTS, apart="person_day",
        right=Action.SEE_ABSENCE_TYPES,
    ),
    Measure(
        "bradford_days_of_pool", "Days absent of floaters that count", Unit.COUNT,
        "attendance_record", Value(1), where=~ASSIGNED & bradford.COUNTS, apart="person_day",
        right=Action.SEE_ABSENCE_TYPES, acts=bradford.may_see_pool,
    ),
    Measure(
        "days_off_schedule", "Days absent that leave the schedule", Unit.COUNT,
        "attendance_record", Value(1), where=ASSIGNED & bradford.OFF_SCHEDULE,
        apart="person_day", right=Action.SEE_ABSENCE_TYPES,
    ),
)  # fmt: skip


def bradford_factor(sums: Sums) -> Answer:
    asked = sums.question
    if "employee" not in asked.by and len(asked.filters.get("employee", ())) != 1:
        return Answer(None, "The Bradford factor is of one person: ask for it by employee.")
    found = bradford.points_of(sums)
    if found is None:
        return Answer(None, "No absence that counts.")
    points, words = found
    return Answer(points, notes=(words, "A prompt for a talk, not a verdict."))


MARKED = Need("people_marked", "No attendance was recorded.")
# Nobody missing is likelier than nobody there where a line produced; but nobody said so.
NOBODY_MISSING = Assumed(
    silent="people_marked",
    given="production_rows",
    value=Decimal(0),
    confidence=NO_ROWS_CONFIDENCE,
    note="There was production but no attendance was recorded: nobody is taken to be absent.",
)

catalogue.register(
    Ratio(
        key="absenteeism_gross",
        label="Absenteeism (gross)",
        unit=Unit.PERCENT,
        direction="down",
        question="people",
        formula="hours absent ÷ scheduled hours",
        help="Of the own people. Late and partial hours count; vacation leaves both sides;"
        " overtime of one never offsets the absence of another. Covered hours count here, and"
        " do not in the net figure.",
        defaults=defaults("5", "8", "12"),
        numerator="absence_hours",
        denominator="scheduled_hours",
        needs=(MARKED,),
        zero="Nothing was scheduled.",
        assumed=NOBODY_MISSING,
    ),
    Ratio(
        key="attendance_rate",
        label="Attendance rate",
        unit=Unit.PERCENT,
        direction="up",
        question="people",
        formula="1 − days absent ÷ days scheduled",
        help="Of the own people, in whole shifts: late and partial days are attended.",
        numerator="attended_days",
        denominator="scheduled_days",
        needs=(MARKED,),
        zero="Nobody was scheduled.",
    ),
    Other(
        key="bradford",
        label="Bradford factor",
        unit=Unit.POINTS,
        direction="down",
        question="people",
        formula="S² × D: spells squared × days absent, of one person in 52 weeks",
        help="A spell joins days absent that follow each other on the person's scheduled working"
        " days; rest days, holidays and vacation do not split it. Late and partial days do not"
        " count. 0–50 low, 51–125 monitor, 126–250 high, from 251 critical. A prompt for a talk,"
        " not a verdict.",
        defaults=defaults("50", "126", "251"),
        tile=False,
        right=Action.SEE_ABSENCE_TYPES,
        window_days=7 * bradford.WEEKS,
        known_by=("client", "employee"),
        uses=("bradford_days", "bradford_days_of_pool", "days_off_schedule"),
        compute=bradford_factor,
    ),
)
