"""Who was there, and for how long."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator, Sequence, Set
from decimal import Decimal
from typing import Any, ClassVar, Self

from django.contrib.postgres.indexes import BrinIndex
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models, transaction
from django.db.models import F, Q, Value
from django.db.models.functions import Coalesce, Greatest

from attendance import hours, places
from attendance.floaters import PersonShift
from attendance.marks import SHARE, UNSCHEDULED, Mark, Presence, mark_for
from attendance.models.absences import AbsenceType
from attendance.models.allocations import BETWEEN_0_AND_24, allocated_sentence
from clients.constraints import LIVE, Rule
from clients.fields import ClientForeignKey, EmployeeForeignKey
from clients.managers import ClientManager, ClientQuerySet
from clients.models import ClientModel, VerifiedModel
from clients.roles import Action
from clients.scope import Scope, current_scope
from plant.constraints import Guard, Stored, StoredUnique
from plant.models.calendar import LineShiftState
from plant.models.people import LabourClass
from plant.related import known
from plant.shift_rows import Fault, ShiftRow

ABSENT_WITH_HOURS = "An absent person has no hours worked."
PRESENT_WITH_TYPE = "An absence type needs an absence: choose absent or partly present."
ABSENT_AND_LATE = "An absent person is neither late nor leaves early."
GIVE_A_TYPE = "Give the absence type."
GIVE_SCHEDULED = "Give the scheduled hours: this shift has no net hours to take them from."
WOULD_OPEN = "Only people with the hr flag take an absence out of a closed shift."
LEAVES_BEFORE_COMING = "The departure lies before the arrival."
TIERS = ("normal_hours", "double_hours", "triple_hours")


class Engagement(models.TextChoices):
    ASSIGNED = "ASSIGNED", "Assigned"
    FLOATER = "FLOATER", "Floater"


class AttendanceQuerySet(ClientQuerySet):
    def of_shift(self, shift_date: datetime.date, shift: Any) -> Self:
        return self.filter(shift_date=shift_date, shift=shift)

    def assigned(self) -> Self:
        return self.filter(engagement=Engagement.ASSIGNED)

    def absent(self) -> Self:
        return self.filter(presence=Presence.ABSENT)

    def types_open(self) -> Self:
        """Rows whose absence type the user may know: of open shifts, and with the hr flag all.

        Without a line there is no line-shift that could be open.
        """
        return self.filter(type_is_open())


def type_is_open() -> Q:
    """The condition of `types_open`, by the roles of the current scope."""
    scope = current_scope()
    trusted = [each for each in scope.ids if scope.may(Action.SEE_ABSENCE_TYPES, each)]
    still_open = Q(line_shift__isnull=False) & ~Q(line_shift__state=LineShiftState.CLOSED)
    return Q(client__in=trusted) | still_open


def in_a_day(name: str, *, above: bool = False) -> Rule:
    """Hours of one person in one shift: 0 to 24, or above 0."""
    limits = {f"{name}__gt" if above else f"{name}__gte": 0, f"{name}__lte": 24}
    return Rule(
        Q(**{f"{name}__isnull": True}) | Q(**limits),
        name=f"attendancerecord_{name}",
        message=BETWEEN_0_AND_24,
        field=name,
    )


def hours_field(name: str, least: Decimal = Decimal(0), **kwargs: Any) -> Any:
    """Hours of one day. The limits stand here too: a file tells them from other faults."""
    limits = [MinValueValidator(least, BETWEEN_0_AND_24), MaxValueValidator(24, BETWEEN_0_AND_24)]
    return models.DecimalField(
        name, max_digits=5, decimal_places=2, blank=True, validators=limits, **kwargs
    )


class AttendanceRecord(ShiftRow, VerifiedModel):
    """One person in one shift of one day."""

    employee = EmployeeForeignKey(related_name="attendance", verbose_name="employee")
    engagement = models.CharField(
        "engagement", max_length=8, choices=Engagement, default=Engagement.ASSIGNED, editable=False
    )
    presence = models.CharField("presence", max_length=7, choices=Presence)
    scheduled_hours = hours_field(
        "scheduled hours", hours.CENT, default=None, help_text="Empty: the net hours of the shift."
    )
    actual_hours = hours_field(
        "hours worked", default=None,
        help_text="Empty: as scheduled when present, half of it when partly present, else 0.",
    )  # fmt: skip
    absence_hours = models.GeneratedField(
        expression=Greatest(
            F("scheduled_hours") - F("actual_hours"), Value(Decimal(0)),
            output_field=models.DecimalField(max_digits=5, decimal_places=2),
        ),
        output_field=models.DecimalField("hours absent", max_digits=5, decimal_places=2),
        db_persist=True,
    )  # fmt: skip
    absence_type = ClientForeignKey(
        "attendance.AbsenceType", null=True, blank=True, verbose_name="absence type",
        help_text="Empty: an unscheduled absence.",
    )  # fmt: skip
    is_late = models.BooleanField("late", default=False, help_text="Costs hours only when typed.")
    is_early_departure = models.BooleanField("left early", default=False)
    arrival_time = models.TimeField("in", null=True, blank=True)
    departure_time = models.TimeField("out", null=True, blank=True)
    normal_hours = hours_field("normal hours", null=True)
    double_hours = hours_field("double hours", null=True)
    triple_hours = hours_field("triple hours", null=True)
    labour_class_override = models.CharField(
        "labour class", max_length=8, choices=LabourClass, blank=True, default="",
        help_text="Empty: that of the employee.",
    )  # fmt: skip
    notes = models.TextField("notes", max_length=500, blank=True, default="")

    objects = ClientManager.from_queryset(AttendanceQuerySet)()

    natural_key: ClassVar[tuple[str, ...]] = ("employee", "shift_date", "shift")
    edit_action: ClassVar[Action] = Action.ENTRY
    verify_action: ClassVar[Action] = Action.VERIFY_ATTENDANCE
    moved_by: ClassVar[tuple[str, ...]] = (*ShiftRow.moved_by, "employee_id")
    remembered: ClassVar[tuple[str, ...]] = (
        "presence", "scheduled_hours", "actual_hours", "absence_type_id", "line_shift_id",
        "line_shift__state",
    )  # fmt: skip
    related: ClassVar[tuple[str, ...]] = (*ShiftRow.related, "employee", "absence_type")
    already_recorded = False
    sent_here = True
    # Hours of the allocation, where the sum is in question, and its categories.
    allocated: Decimal | None = None
    allocated_to: Set[str] = frozenset()

    class Meta(VerifiedModel.Meta):
        verbose_name = "attendance record"
        ordering: ClassVar[list[str]] = ["-shift_date", "-id"]
        indexes: ClassVar[list[Any]] = [
            models.Index(fields=["client", "shift_date"], name="attendancerecord_date"),
            models.Index(fields=["client", "line_shift"], name="attendancerecord_line_shift"),
            BrinIndex(fields=["shift_date"], name="attendancerecord_brin"),
        ]
        constraints: ClassVar[list[Any]] = [
            *VerifiedModel.Meta.constraints,
            StoredUnique(
                fields=["client", "employee", "shift_date", "shift"],
                condition=LIVE,
                nulls_distinct=False,
                name="attendancerecord_once",
                violation_error_message="This person is already recorded in this shift.",
                violation_error_code="unique",
            ),
            in_a_day("scheduled_hours", above=True),
            in_a_day("actual_hours"),
            *(in_a_day(name) for name in TIERS),
            Rule(
                ~Q(presence=Presence.ABSENT) | Q(actual_hours=0),
                name="attendancerecord_absent_hours",
                message=ABSENT_WITH_HOURS,
                field="actual_hours",
            ),
            Rule(
                ~Q(presence=Presence.ABSENT) | Q(absence_type__isnull=False),
                name="attendancerecord_absent_type",
                message=GIVE_A_TYPE,
                field="absence_type",
            ),
            Rule(
                ~Q(presence=Presence.PRESENT) | Q(absence_type__isnull=True),
                name="attendancerecord_present_type",
                message=PRESENT_WITH_TYPE,
                field="absence_type",
            ),
            Rule(
                ~Q(presence=Presence.ABSENT) | Q(is_late=False, is_early_departure=False),
                name="attendancerecord_absent_late",
                message=ABSENT_AND_LATE,
                field="presence",
            ),
            Stored(
                condition=Q(
                    normal_hours__isnull=True, double_hours__isnull=True, triple_hours__isnull=True
                )
                | Q(
                    actual_hours=Coalesce(F("normal_hours"), Value(Decimal(0)))
                    + Coalesce(F("double_hours"), Value(Decimal(0)))
                    + Coalesce(F("triple_hours"), Value(Decimal(0)))
                ),
                name="attendancerecord_tiers",
                violation_error_message="Overtime tiers must add up to the hours worked.",
            ),
            # Only a change can leave less hours than are allocated.
            Guard(
                name="attendance_record_allocation",
                event="UPDATE",
                when="NEW.voided_at IS NULL AND NEW.actual_hours < OLD.actual_hours",
                refuses="""NEW.actual_hours < (
                    SELECT coalesce(sum(hours), 0) FROM attendance_hourallocation
                     WHERE client_id = NEW.client_id AND record_id = NEW.id
                       AND voided_at IS NULL)""",
                message="The allocated hours exceed the hours worked.",
                deferrable=True,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.shift_date} {known(self, 'shift')} {known(self, 'employee')}"

    @classmethod
    def prepare(cls, rows: list[Self]) -> None:
        rows = cls.with_client(rows)
        super().prepare(rows)
        hours.fill_scheduled(rows)
        for row in rows:
            row.fill_actual()
        cls._fill_absence_types(rows)
        cls._look_for_others(rows)
        cls._look_up_allocated(rows)

    @classmethod
    def fill_places(cls, rows: Sequence[Self]) -> None:
        """The line, the engagement, and whether a floater was sent here at all."""
        keys = {row.person_shift(): row for row in rows if row.has_key()}
        pool = {key for key, row in keys.items() if row.is_floater}
        unplaced = {key for key, row in keys.items() if key in pool or row.line_id is None}
        shifts = {row.shift_id: row.shift for row in keys.values()}
        lines = places.lines_of(unplaced, pool, shifts)
        for row in rows:
            row.engagement = Engagement.FLOATER if row.is_floater else Engagement.ASSIGNED
            line = lines.get(row.person_shift()) if row.has_key() else None
            row.sent_here = line is not None or not (row.is_floater and row.has_key())
            if row.line_id is None and line:
                row.line = line

    def has_key(self) -> bool:
        shift, person = known(self, "shift"), known(self, "employee")
        return bool(shift and person and isinstance(self.shift_date, datetime.date))

    def person_shift(self) -> PersonShift:
        return PersonShift(self.client_id, self.employee_id, self.shift_id, self.shift_date)

    @property
    def is_floater(self) -> bool:
        person = known(self, "employee")
        return person is not None and person.client_id is None

    def take(self, mark: Mark) -> None:
        """What the mark says; hours and a plain absence's type follow in `prepare`."""
        self.presence, self.is_late = mark.presence, mark.is_late

    @property
    def mark(self) -> Mark:
        kind = self.absence_type if self.may_see_type() else None
        return mark_for(self.presence, is_late=self.is_late, absence_type=kind.code if kind else "")

    def may_see_type(self, scope: Scope | None = None) -> bool:
        """Whether the absence type is open to the user: with the hr flag, or an open shift's."""
        if (scope or current_scope()).may(Action.SEE_ABSENCE_TYPES, self.client_id):
            return True
        place = self.line_shift
        return place is not None and place.state != LineShiftState.CLOSED

    def hidden_fields(self) -> set[str]:
        hidden = super().hidden_fields()
        return hidden if self.may_see_type() else hidden | {"absence_type"}

    def fill_actual(self) -> None:
        """By the presence, until somebody types it; again when the presence changes."""
        untouched = self.stored is not None and not self.changed("actual_hours")
        moves = self.stored is not None and (
            self.changed("presence") or (self.changed("scheduled_hours") and self.stored_by_share())
        )
        if self.actual_hours is not None and not (untouched and moves):
            return
        if self.presence in SHARE and isinstance(self.scheduled_hours, Decimal):
            worked = self.scheduled_hours * SHARE[Presence(self.presence)]
            self.actual_hours = hours.rounded(worked)

    def stored_by_share(self) -> bool:
        """Whether the stored hours were those of the presence, so that nobody typed them."""
        was = self.stored or {}
        worked = was["scheduled_hours"] * SHARE[Presence(was["presence"])]
        return bool(was["actual_hours"] == hours.rounded(worked))

    @classmethod
    def _fill_absence_types(cls, rows: Iterable[Self]) -> None:
        without = []
        for row in rows:
            was_away = row.stored is not None and row.changed("presence")
            if row.presence == Presence.PRESENT and was_away and not row.changed("absence_type_id"):
                row.absence_type = None
            if row.presence == Presence.ABSENT and row.absence_type_id is None:
                without.append(row)
        if not without:
            return
        plain = AbsenceType.objects.filter(
            code=UNSCHEDULED, client__in={row.client_id for row in without}
        )
        of_client = {each.client_id: each for each in plain}
        for row in without:
            row.absence_type = of_client.get(row.client_id)

    @classmethod
    def _look_for_others(cls, rows: Sequence[Self]) -> None:
        """Who is recorded in these shifts already, beside the rows being written."""
        asked = [row for row in rows if row.has_key() and row.moved]
        if not asked:
            return
        stored = cls.objects.filter(
            client__in={row.client_id for row in asked},
            shift_date__in={row.shift_date for row in asked},
            shift__in={row.shift_id for row in asked},
        ).values_list("pk", "client_id", "employee_id", "shift_id", "shift_date")
        taken = {PersonShift(*key): pk for pk, *key in stored}
        for row in asked:
            row.already_recorded = taken.get(row.person_shift(), row.pk) != row.pk

    @classmethod
    def _look_up_allocated(cls, rows: Iterable[Self]) -> None:
        """The hours that are allocated already, of rows whose hours change."""
        changed = [r.pk for r in rows if r.stored is not None and r.changed("actual_hours")]
        if not changed:
            return
        parts = cls.objects.filter(pk__in=changed, allocations__voided_at__isnull=True)
        sums = parts.values_list("pk").annotate(total=models.Sum("allocations__hours")).order_by()
        found = dict(sums)
        for row in rows:
            # A set that is written together with the row was put here before.
            if row.pk in found and row.allocated is None:
                row.allocated = found[row.pk]

    # -- what is wrong ---------------------------------------------------------------------

    def faults(self) -> Iterator[Fault]:
        yield from super().faults()
        yield from self.person_faults()
        yield from self.hour_faults()

    def person_faults(self) -> Iterator[Fault]:
        person = known(self, "employee")
        if person is None:
            return
        if self.already_recorded:
            sentence = f"{person.code} is already recorded in this shift."
            yield Fault("employee", sentence, "inconsistent")
        if not self.sent_here and self.moved:
            yield Fault("employee", f"{person.code} is not assigned to this shift.", "inconsistent")
        if self._would_open_its_type():
            yield Fault("shift_date", WOULD_OPEN, "locked")
        kind = known(self, "absence_type")
        if kind and not kind.active and self.changed("absence_type_id"):
            yield Fault("absence_type", f"{kind.code} is no longer in use.", "locked")

    def _would_open_its_type(self) -> bool:
        """Whether the move shows a type that was hidden where the row was stored. On the day of
        entry a row without a line may still be placed: its type was never closed."""
        was = self.stored
        if was is None or not self.moved or was["presence"] == Presence.PRESENT:
            return False
        if was["line_shift_id"] is None and ClientModel.is_day_of_entry(self):
            return False
        was_hidden = was["line_shift__state"] in (None, LineShiftState.CLOSED)
        trusted = current_scope().may(Action.SEE_ABSENCE_TYPES, self.client_id)
        return was_hidden and not trusted and self.may_see_type()

    def hour_faults(self) -> Iterator[Fault]:
        if self.scheduled_hours is None and self.has_key():
            yield Fault("scheduled_hours", GIVE_SCHEDULED, "required")
        if not isinstance(self.actual_hours, Decimal):
            return
        tiers = [value for name in TIERS if isinstance(value := getattr(self, name), Decimal)]
        in_limits = all(0 <= each <= 24 for each in tiers)
        if tiers and in_limits and sum(tiers) != self.actual_hours:
            worked = hours.shown(self.actual_hours)
            yield Fault("normal_hours", f"Overtime tiers must add up to {worked} h.")
        if self.allocated is not None and self.allocated > self.actual_hours:
            yield Fault("actual_hours", allocated_sentence(self.allocated, self.actual_hours))
        if self._leaves_before_coming():
            yield Fault("departure_time", LEAVES_BEFORE_COMING)

    def _leaves_before_coming(self) -> bool:
        shift = known(self, "shift")
        times = (self.arrival_time, self.departure_time)
        if shift is None or not all(isinstance(each, datetime.time) for each in times):
            return False
        came, left = hours.minutes_into(shift, *times)
        return left <= came

    # -- verbs -----------------------------------------------------------------------------

    def void(self, *, by: Any, reason: str) -> None:
        """The allocation of the hours leaves with them."""
        with transaction.atomic():
            super().void(by=by, reason=reason)
            for part in self.allocations.all():
                part.void(by=by, reason=reason)
