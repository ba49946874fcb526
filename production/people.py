"""How many people were at a line, and how their hours are shared out to what was made.

Attendance says it; where nobody was marked, the heads on the production rows, their mean of the
thirty days before, or the standard crew of the line stand in for it, believed less and less.
"""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.db.models import (
    Avg,
    Case,
    CharField,
    Count,
    DateField,
    DateTimeField,
    DecimalField,
    DurationField,
    Exists,
    ExpressionWrapper,
    F,
    Func,
    Max,
    OuterRef,
    Q,
    Subquery,
    Sum,
    TextField,
    Value,
    When,
)
from django.db.models.functions import Cast, Coalesce, Extract, Greatest, Mod

from kpis.aggregates import combined_time_of_line_shift
from kpis.once import Once
from kpis.queries import NUMBER, Question, recorded, resolve, worked
from kpis.registry import catalogue
from plant.models import LineShift, ShiftBreak
from plant.models.calendar import LineShiftState
from production.models import ProductionEntry

# Wide enough that the shares of a line-shift add up to the whole of it.
SHARE = DecimalField(max_digits=60, decimal_places=40)
HISTORY = timedelta(days=30)
BY_ROWS, BY_MEAN, BY_CREW = "rows", "mean", "crew"
MARKED, UNKNOWN, OUTSIDE = "marked", "unknown", "outside"
CONFIDENCE = {BY_ROWS: Decimal("0.8"), BY_MEAN: Decimal("0.5"), BY_CREW: Decimal("0.3")}

# Of a row: who was there, else who was meant to be.
HEADS = Coalesce("operators_present", "operators_assigned")
WITH_HEADS = Q(operators_present__isnull=False) | Q(operators_assigned__isnull=False)


# -- who was at the line -----------------------------------------------------------------------


def heads_on_rows(line_shift: str = "pk") -> Any:
    """The largest head count of a line-shift's rows, once: one crew, however many orders run."""
    rows = ProductionEntry.objects.filter(
        client_id=OuterRef("client_id"), line_shift_id=OuterRef(line_shift)
    )
    return Subquery(
        rows.order_by().values("line_shift_id").annotate(heads=Max(HEADS)).values("heads"),
        output_field=NUMBER,
    )


def before(day: Any) -> Any:
    return ExpressionWrapper(
        day - Value(HISTORY, output_field=DurationField()), output_field=DateTimeField()
    )


def mean_heads() -> Any:
    """Of the same line and shift in the thirty days before."""
    earlier = LineShift.objects.filter(
        client_id=OuterRef("client_id"),
        line_id=OuterRef("line_id"),
        shift_id=OuterRef("shift_id"),
        shift_date__lt=OuterRef("shift_date"),
        shift_date__gte=before(OuterRef("shift_date")),
    )
    means = earlier.annotate(heads=heads_on_rows()).order_by().values("line_id")
    return Subquery(means.annotate(mean=Avg("heads")).values("mean"), output_field=NUMBER)


def anybody_counts_heads(question: Question) -> Q:
    """Asked once: where no row ever says how many they were, there is no mean to look for."""
    rows = ProductionEntry.objects.filter(
        WITH_HEADS,
        client__in=question.clients,
        shift_date__gte=before(Value(question.period.first, DateField())),
        shift_date__lt=question.period.end,
    )
    return Q(Exists(rows))


def heads(question: Question) -> Any:
    mean = Case(When(anybody_counts_heads(question), then=mean_heads()), output_field=NUMBER)
    return Coalesce(heads_on_rows(), mean, Cast("line__standard_crew", NUMBER), output_field=NUMBER)


def marked(question: Question) -> Q:
    return Q(pk__in=worked("attendance", question))


def with_floaters(question: Question) -> Q:
    return Q(pk__in=worked("coverage", question))


def people_known_by(question: Question) -> Any:
    """How it is known who was at the line in a line-shift."""
    counting = ~Q(state=LineShiftState.NOT_PLANNED) & recorded(question)
    return Case(
        When(~counting, then=Value(OUTSIDE)),
        When(marked(question), then=Value(MARKED)),
        When(Q(Exists(_rows_with_heads(question))), then=Value(BY_ROWS)),
        When(Q(anybody_counts_heads(question)) & Q(Exists(_heads_before())), then=Value(BY_MEAN)),
        When(line__standard_crew__isnull=False, then=Value(BY_CREW)),
        When(with_floaters(question), then=Value(MARKED)),
        default=Value(UNKNOWN),
        output_field=CharField(),
    )


def _rows_with_heads(question: Question) -> Any:
    return ProductionEntry.objects.filter(
        WITH_HEADS,
        client_id=OuterRef("client_id"),
        line_shift_id=OuterRef("pk"),
        # Not needed for the answer: it keeps the search to the days asked for.
        shift_date__gte=question.period.first,
        shift_date__lt=question.period.end,
    )


def _heads_before() -> Any:
    return ProductionEntry.objects.filter(
        WITH_HEADS,
        client_id=OuterRef("client_id"),
        line_id=OuterRef("line_id"),
        shift_id=OuterRef("shift_id"),
        shift_date__lt=OuterRef("shift_date"),
        shift_date__gte=before(OuterRef("shift_date")),
        line_shift__isnull=False,
    )


def people_unknown(question: Question) -> Q:
    """Line-shifts that count, of which nothing says who was there. The rare case comes first."""
    return (
        Q(line__standard_crew__isnull=True)
        & ~Q(state=LineShiftState.NOT_PLANNED)
        & recorded(question)
        & ~marked(question)
        & ~with_floaters(question)
        & ~Q(Exists(_rows_with_heads(question)))
        & ~Q(Exists(_heads_before()))
    )


def net_hours() -> Any:
    """Of the line-shift."""
    return Cast(F("planned_minutes"), SHARE) / Value(60)


def inferred_hours(question: Question) -> Any:
    """Heads × net shift hours, of which floaters who are known to be there are a part."""
    known = combined_hours_of_floaters(question)
    hours = heads(question) * net_hours() - known
    nothing = Value(Decimal(0), output_field=SHARE)
    rest = Greatest(ExpressionWrapper(hours, output_field=SHARE), nothing)
    return Case(
        When(marked(question), then=nothing),
        default=Coalesce(rest, nothing, output_field=SHARE),
        output_field=SHARE,
    )


def combined_hours_of_floaters(question: Question) -> Any:
    """Of the assignments in a line-shift, named by key: their app stands above this one."""
    measure = catalogue.measure("floater_hours")
    fact = catalogue.fact(measure.fact)  # type: ignore[union-attr]
    rows = fact.rows.filter(client_id=OuterRef("client_id"), line_shift_id=OuterRef("pk"))
    for name, values in measure.only.items():  # type: ignore[union-attr]
        rows = rows.alias(**{name: resolve(catalogue.split_of(fact, name), question)})
        rows = rows.filter(**{f"{name}__in": values})
    total = rows.order_by().values("line_shift_id").annotate(total=Sum("hours")).values("total")
    return Coalesce(Subquery(total, output_field=NUMBER), Decimal(0), output_field=NUMBER)


def confidence_of_row(question: Question) -> Any:
    """How far the people of the row's line-shift can be believed."""
    cases = [When(word=word, then=Value(each)) for word, each in CONFIDENCE.items()]
    known = (
        LineShift.objects.filter(client_id=OuterRef("client_id"), pk=OuterRef("line_shift_id"))
        .annotate(word=people_known_by(question))
        .order_by()
        .annotate(confidence=Case(*cases, default=Value(Decimal(1))))
        .values("confidence")
    )
    return Subquery(known, output_field=NUMBER)


# -- rows without a line -----------------------------------------------------------------------


def net_hours_of_shift() -> Any:
    """Of a row without line-shift: its shift on a day without a change of clocks."""
    elapsed = Extract(F("shift__end_time"), "epoch") - Extract(F("shift__start_time"), "epoch")
    breaks = ShiftBreak.objects.filter(
        client_id=OuterRef("client_id"), shift_id=OuterRef("shift_id"), line__isnull=True,
        paid=False,
    )  # fmt: skip
    unpaid = breaks.order_by().values("shift_id").annotate(n=Sum("duration_minutes")).values("n")
    minutes = Mod(Cast(elapsed, SHARE) / 60 + 1440, Value(Decimal(1440)))
    return (Cast(minutes, SHARE) - Coalesce(Subquery(unpaid), 0)) / Value(60)


# -- sharing out -------------------------------------------------------------------------------


def weight() -> Any:
    """Heads × run minutes of a row; one head where nobody wrote a number."""
    return Coalesce(HEADS, Value(1)) * F("run_minutes")


def people_share() -> Any:
    """A row's part of its line-shift's people, among all of its rows.

    Equal parts where a row does not say how long it ran, or where nobody is said to have worked.
    """
    counts = siblings().annotate(
        rows=Count("pk"),
        silent=Count("pk", filter=Q(run_minutes__isnull=True)),
        whole=Sum(weight()),
        own=Max(weight(), filter=Q(pk=OuterRef("pk"))),
    )
    own, one = Cast(F("own"), SHARE), Cast(Value(1), SHARE)
    share = Case(
        When(silent=0, whole__gt=0, then=own / F("whole")),
        default=one / F("rows"),
        output_field=SHARE,
    )
    return Subquery(counts.annotate(share=share).values("share"), output_field=SHARE)


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


def part_of(key: str) -> Any:
    """The row's share of the hours of its line-shift that this measure sums."""

    def amount(question: Question) -> Any:
        hours = combined_time_of_line_shift(key, question)
        return ExpressionWrapper(hours * people_share(), output_field=SHARE)

    return amount


# -- the part of a line-shift in which the line ran --------------------------------------------


class ByLineShift(Once):
    """Values of line-shifts, gathered once and looked up by the line-shift of each row."""

    template = "(SELECT jsonb_object_agg(_by.k, _by.v) FROM (%(subquery)s) _by(k, v))"
    front = "{}"


def run_share(question: Question) -> Any:
    """Run minutes ÷ planned minutes of the row's line-shift; 1 where no stop was recorded."""
    stops = catalogue.measure("lost_minutes")
    fact = catalogue.fact(stops.fact)  # type: ignore[union-attr]
    rows = fact.rows.filter(
        client__in=question.clients,
        shift_date__gte=question.period.first,
        shift_date__lt=question.period.end,
        line_shift__isnull=False,
    )
    planned = Cast(F("line_shift__planned_minutes"), SHARE) - _minutes(
        "leaves_plan_minutes", question
    )
    ratio = Case(
        When(planned__gt=0, then=(F("planned") - F("lost")) / F("planned")),
        default=Value(Decimal(0)),
        output_field=SHARE,
    )
    gathered = (
        rows.order_by()
        .values("line_shift_id", "line_shift__planned_minutes")
        .annotate(planned=planned, lost=_minutes("lost_minutes", question))
        .annotate(ratio=ratio)
        .values_list("line_shift_id", "ratio")
    )
    found = Func(
        ByLineShift(
            gathered, ("run share", question.clients, question.period), output_field=TextField()
        ),
        Cast("line_shift_id", TextField()),
        template="(%(expressions)s)", arg_joiner=" ->> ", output_field=TextField(),
    )  # fmt: skip
    return Coalesce(Cast(found, SHARE), Value(Decimal(1)), output_field=SHARE)


def _minutes(key: str, question: Question) -> Any:
    measure: Any = catalogue.measure(key)
    total = Sum(resolve(measure.amount, question), filter=resolve(measure.where, question))
    return Coalesce(Cast(total, SHARE), Value(Decimal(0)), output_field=SHARE)
