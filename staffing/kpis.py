"""What is measured of floaters: their hours, whom they cover, and heads against requirement."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.db.models import (
    Case,
    CharField,
    DecimalField,
    Exists,
    F,
    OuterRef,
    Q,
    Subquery,
    Sum,
    Value,
    When,
)
from django.db.models.functions import Coalesce, Least, NullIf

from attendance.kpis import AT_LINE, MARKED, MISSED, NOBODY_MISSING, PRESENT, place, shift_kind
from attendance.marks import Presence
from attendance.models import AttendanceRecord
from kpis.declarations import (
    Activity,
    Combined,
    Exclusion,
    Fact,
    Measure,
    Need,
    Ratio,
    Spoken,
    Unit,
    defaults,
)
from kpis.once import Once
from kpis.queries import Question, worked
from kpis.registry import catalogue
from plant.models import LineShift
from plant.models.calendar import LineShiftState
from staffing.models import ShiftCoverage, StaffingRequirement

HOURS = DecimalField(max_digits=12, decimal_places=2)
THERE, MISSING = "there", "missing"
COVERING = Q(covers__isnull=False)


def came(question: Question) -> Any:
    """Whether the floater was there: somebody who marks him absent takes his hours away."""
    absent = AttendanceRecord.objects.filter(
        client_id=OuterRef("client_id"),
        employee_id=OuterRef("employee_id"),
        shift_date=OuterRef("shift_date"),
        shift_id=OuterRef("shift_id"),
        presence=Presence.ABSENT,
        # Not needed for the answer: it keeps the search to the days asked for.
        shift_date__gte=question.period.first,
        shift_date__lt=question.period.end,
    )
    return Case(
        When(Exists(absent), then=Value(MISSING)),
        default=Value(THERE),
        output_field=CharField(),
    )


def covered(question: Question) -> Any:
    """Of an absence, the part in which floaters worked instead: never more than the absence."""
    coverers = (
        ShiftCoverage.objects.filter(client_id=OuterRef("client_id"), covers_id=OuterRef("pk"))
        .alias(came=came(question))
        .filter(came=THERE)
        .order_by()
        .values("covers_id")
        .annotate(total=Sum("hours"))
        .values("total")
    )
    hours = Coalesce(Subquery(coverers, output_field=HOURS), Decimal(0), output_field=HOURS)
    # Most people are there: for them nobody is looked for.
    return Case(
        When(absence_hours__gt=0, then=Least(F("absence_hours"), hours)),
        default=Value(Decimal(0)),
        output_field=HOURS,
    )


# -- heads against requirement -----------------------------------------------------------------


def requirement() -> Any:
    return StaffingRequirement.objects.filter(
        client_id=OuterRef("client_id"),
        line_id=OuterRef("line_id"),
        shift_id=OuterRef("shift_id"),
        valid__contains=OuterRef("shift_date"),
    ).order_by()


def required(question: Question, link: str = "pk") -> Q:
    """Line-shifts that have begun and need a number of heads."""
    line_shifts = LineShift.objects.filter(
        ~Q(state=LineShiftState.NOT_PLANNED),
        Exists(requirement()),
        client__in=question.clients,
        shift_date__gte=question.period.first,
        shift_date__lt=question.period.end,
        starts_at__lte=question.now,
    )
    of = ("required", question.clients, question.period, question.now)
    return Q(**{f"{link}__in": Once(line_shifts.order_by().values("pk"), of)})


def marked(question: Question, link: str = "pk") -> Q:
    return Q(**{f"{link}__in": worked("attendance", question)})


def compared(question: Question) -> Q:
    """The rows of line-shifts whose requirement is compared with the people marked."""
    return required(question, "line_shift_id") & marked(question, "line_shift_id")


NOBODY_MARKED = Exclusion(
    "nobody_marked", "has no attendance", "have no attendance",
    lambda question: required(question) & ~marked(question),
)  # fmt: skip

FLOATERS = Spoken(
    each=F("hours"),
    number=Value(1),
    noun=Case(
        When(covers__isnull=True, then=Value("idle")),
        default=Value("covering"),
        output_field=CharField(),
    ),
    words={
        "idle": ("idle floater", "idle floaters"),
        "covering": ("covering floater", "covering floaters"),
    },
)

catalogue.register(
    Activity("coverage", "coverage.ShiftCoverage", counts=False),
    Fact(
        "shift_coverage",
        "Floaters",
        "coverage.ShiftCoverage",
        {
            "line": "line_id",
            "shift": "shift_id",
            "shift_kind": shift_kind(),
            "employee": "employee_id",
            "labour_class": NullIf("employee__labour_class", Value("")),
        },
        splits={"place": place, "came": came},
        one="floater assignment",
        many="floater assignments",
    ),
)

catalogue.register(
    Measure(
        "floater_hours", "Floater hours", Unit.HOURS, "shift_coverage", F("hours"),
        only={"came": (THERE,)},
        help="Of floaters assigned to a line, covering or idle, unless they are marked absent.",
    ),
    Measure(
        "covering_hours", "Hours of covering floaters", Unit.HOURS, "shift_coverage", F("hours"),
        where=COVERING, only={"came": (THERE,)},
        help="Of floaters who take the place of an absent person.",
    ),
    Measure(
        "line_floater_hours", "Floater hours at the line", Unit.HOURS, "shift_coverage",
        F("hours"), only={"came": (THERE,), "place": (AT_LINE,)},
        allocated=True, sharing="people", spoken=FLOATERS,
        help="Covering or idle, in line-shifts with output or a stop.",
    ),
    Measure(
        "covered_hours", "Hours covered", Unit.HOURS, "attendance_record", covered,
        where=MISSED,
        help="Hours absent in which floaters worked instead.",
    ),
    Combined(
        "uncovered_hours", "Hours absent and not covered", Unit.HOURS,
        {"absence_hours": 1, "covered_hours": -1},
    ),
    Measure(
        "required_heads", "Required heads", Unit.COUNT, "line_shift",
        Subquery(requirement().values("required_headcount")[:1]),
        where=lambda question: required(question) & marked(question),
        exclusions=(NOBODY_MARKED,),
        help="Of line-shifts that have begun, with a requirement and with attendance.",
    ),
    Measure(
        "present_people", "Own people present", Unit.COUNT, "attendance_record", Value(1),
        # Their own rows are the attendance of the line-shift.
        where=lambda question: PRESENT & required(question, "line_shift_id"),
    ),
    Measure(
        "present_floaters", "Floaters present", Unit.COUNT, "shift_coverage", Value(1),
        where=compared, only={"came": (THERE,)},
    ),
    Combined(
        "present_heads", "Heads present", Unit.COUNT,
        {"present_people": 1, "present_floaters": 1},
        help="Own people who are not absent, and floaters, where heads are required.",
    ),
)  # fmt: skip

catalogue.register(
    Ratio(
        key="absenteeism_net",
        label="Absenteeism (net of coverage)",
        unit=Unit.PERCENT,
        direction="down",
        question="people",
        formula="(hours absent − hours covered) ÷ scheduled hours",
        help="What is left of the absence after floaters took the place of the absent. An idle"
        " floater covers nobody.",
        defaults=defaults("5", "8", "12"),
        numerator="uncovered_hours",
        denominator="scheduled_hours",
        needs=(MARKED,),
        zero="Nothing was scheduled.",
        assumed=NOBODY_MISSING,
    ),
    Ratio(
        key="staffing",
        label="Staffing",
        unit=Unit.PERCENT,
        direction="up",
        question="people",
        formula="heads present ÷ required heads",
        help="Own people who are not absent, and floaters, against the heads that the line needs"
        " in the shift.",
        numerator="present_heads",
        denominator="required_heads",
        needs=(Need("required_heads", "No head count is required."),),
        zero="No head count is required.",
        may_exceed=True,
    ),
)
