"""Where floaters are, and whom they stand in for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, ClassVar, Self

from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.core.exceptions import ValidationError
from django.db import models
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import Q
from django.utils import timezone

from attendance.hours import as_hours
from attendance.marks import Presence
from attendance.models import AttendanceRecord, Engagement
from clients.constraints import LIVE, Rule
from clients.fields import ClientForeignKey
from clients.managers import ClientManager, ClientQuerySet
from clients.roles import Action
from clients.scope import because
from plant import clock
from plant.clock import unpaid_minutes
from plant.constraints import Guard, StoredExclusion
from plant.models import ShiftBreak
from plant.related import known
from plant.shift_rows import Fault, ShiftRow
from staffing import availability
from staffing.availability import Wanted
from staffing.fields import FloaterForeignKey, unknown_floater

STALE_AFTER = timedelta(hours=24)
ENDED = "This assignment has ended."
RECORDED = "{code} is recorded in this shift. Void the attendance first."


class CoverageQuerySet(ClientQuerySet):
    def unconfirmed(self) -> Self:
        return self.filter(confirmed_at__isnull=True)

    def stale(self, now: datetime | None = None) -> Self:
        """Nobody has confirmed them a day after their start."""
        latest = (now or timezone.now()) - STALE_AFTER
        return self.unconfirmed().filter(during__startswith__lte=latest)


class ShiftCoverage(ShiftRow):
    """A floater's place: one client, one line, one shift or an interval inside it."""

    employee = FloaterForeignKey(verbose_name="floater", related_name="coverages")
    line = ClientForeignKey("plant.Line", verbose_name="line")
    during = DateTimeRangeField(
        "from, to", blank=True, default=None, help_text="Empty: the whole shift."
    )
    hours = models.DecimalField(
        "hours", max_digits=5, decimal_places=2, default=None, editable=False,
        help_text="Elapsed hours without the unpaid breaks inside.",
    )  # fmt: skip
    covers = ClientForeignKey(
        "attendance.AttendanceRecord", null=True, blank=True, related_name="coverers",
        verbose_name="covers", help_text="The absent person whose place is taken.",
    )  # fmt: skip
    confirmed_at = models.DateTimeField("confirmed at", null=True, editable=False)
    confirmed_by = models.ForeignKey(
        "clients.User", models.PROTECT, null=True, editable=False, related_name="+", db_index=False
    )
    note = models.CharField("note", max_length=500, blank=True, default="")

    objects = ClientManager.from_queryset(CoverageQuerySet)()

    natural_key: ClassVar[tuple[str, ...]] = ("employee", "during")
    edit_action: ClassVar[Action] = Action.ASSIGN_FLOATERS
    may_lie_ahead: ClassVar[bool] = True
    related: ClassVar[tuple[str, ...]] = (*ShiftRow.related, "employee", "covers")
    remembered: ClassVar[tuple[str, ...]] = (
        "employee_id", "during", "covers_id", "line_shift__starts_at", "line_shift__ends_at",
    )  # fmt: skip
    # What prepare() finds out for clean(): whether the person is taken, and by what we may see.
    is_taken = False
    held_by: ShiftCoverage | None = None

    class Meta(ShiftRow.Meta):
        verbose_name = "shift coverage"
        ordering: ClassVar[list[str]] = ["-shift_date", "employee", "-id"]
        constraints: ClassVar[list[Any]] = [
            *ShiftRow.Meta.constraints,
            # Across all clients, so without the client. Also the last word between two writers.
            StoredExclusion(
                name="coverage_shiftcoverage_free",
                expressions=[
                    ("employee", RangeOperators.EQUAL),
                    ("during", RangeOperators.OVERLAPS),
                ],
                condition=LIVE,
                violation_error_code="taken",
                violation_error_message="This floater is already assigned in this period.",
            ),
            Guard(
                name="coverage_shiftcoverage_floater",
                lock="NEW.employee_id",
                refuses="""EXISTS (SELECT FROM plant_employee
                    WHERE id = NEW.employee_id AND client_id IS NOT NULL)""",
                message="Only floating employees can be assigned.",
            ),
            Rule(
                Q(hours__gt=0),
                name="coverage_shiftcoverage_hours",
                message="Breaks leave no working time.",
                field="during",
            ),
            Rule(
                Q(confirmed_at__isnull=True, confirmed_by__isnull=True)
                | Q(confirmed_at__isnull=False, confirmed_by__isnull=False),
                name="coverage_shiftcoverage_confirmed_both",
                message="A confirmation has a person and a time.",
            ),
        ]
        indexes: ClassVar[list[Any]] = [
            models.Index(fields=["client", "shift_date"], name="shiftcoverage_date"),
            models.Index(fields=["client", "line_shift"], name="shiftcoverage_line_shift"),
            models.Index(fields=["client", "covers"], name="shiftcoverage_covers"),
        ]

    def __str__(self) -> str:
        person, line = known(self, "employee"), known(self, "line")
        return f"{person} · {line} · {self.shift_date} {known(self, 'shift')}"

    @classmethod
    def prepare(cls, rows: list[Self]) -> None:
        rows = cls.with_client(rows)
        super().prepare(rows)
        for row in rows:
            row.fill_interval()
        cls.fill_hours(rows)
        cls.find_holders(rows)

    def fill_interval(self) -> None:
        """The whole shift, or the end that nobody named; a row that moves takes its new shift."""
        window = self.window()
        if window is None:
            return
        if self._follows_its_shift():
            self.during = None
        start, end = (self.during.lower, self.during.upper) if self.during else (None, None)
        if start is None or end is None or end > start:
            self.during = DateTimeTZRange(start or window[0], end or window[1], "[)")

    def _follows_its_shift(self) -> bool:
        """It was there for the whole shift, and is now in another one."""
        stored = self.stored
        if stored is None or not self.moved or self.during != stored["during"]:
            return False
        whole = stored["line_shift__starts_at"], stored["line_shift__ends_at"]
        return (self.during.lower, self.during.upper) == whole

    @property
    def has_interval(self) -> bool:
        during = self.during
        if not during or during.isempty or not (during.lower and during.upper):
            return False
        return bool(during.lower < during.upper)

    @property
    def starts_at(self) -> datetime:
        return self.during.lower  # type: ignore[no-any-return]

    @property
    def ends_at(self) -> datetime:
        return self.during.upper  # type: ignore[no-any-return]

    @classmethod
    def fill_hours(cls, rows: Sequence[Self]) -> None:
        """Hours of rows that are new, moved or re-timed; the others keep theirs."""
        timed = [row for row in rows if row.has_interval and row.window() and row.retimed]
        breaks: dict[int, list[ShiftBreak]] = defaultdict(list)
        if timed:
            for each in ShiftBreak.objects.filter(shift__in={row.shift_id for row in timed}):
                breaks[each.shift_id].append(each)
        for row in timed:
            row.hours = row.net_hours(breaks[row.shift_id])
            if row.stored is not None:
                # Somebody confirmed other hours than these.
                row.confirmed_at = row.confirmed_by = None

    @property
    def retimed(self) -> bool:
        return self.moved or self.changed("employee_id") or self.changed("during")

    def net_hours(self, breaks: Sequence[ShiftBreak]) -> Decimal:
        """Of a whole shift the planned minutes of the line, frozen when it started."""
        window = self.window()
        if window is None:
            return Decimal(0)
        if self.line_shift and (self.starts_at, self.ends_at) == window:
            return as_hours(self.line_shift.planned_minutes)
        first, last = (
            clock.elapsed_minutes((window[0], instant))
            for instant in (self.starts_at, self.ends_at)
        )
        unpaid = unpaid_minutes(breaks, self.line_id, last)
        unpaid -= unpaid_minutes(breaks, self.line_id, first)
        return as_hours(max(last - first - unpaid, 0))

    # Free or taken ------------------------------------------------------------------------

    @classmethod
    def find_holders(cls, rows: Sequence[Self]) -> None:
        """Whether each floater is taken: stored among all clients, or by a row before this one."""
        asking = [row for row in rows if row.asks_for_person()]
        for row in rows:
            row.is_taken, row.held_by = False, None
        if not asking:
            return
        availability.wait_for(row.employee_id for row in asking)
        wanted = [row.wanted for row in asking]
        answers = availability.taken(wanted)
        if any(answers):
            found = availability.holders(wanted)
            for row, is_taken, holder in zip(asking, answers, found, strict=True):
                row.is_taken, row.held_by = is_taken, holder if is_taken else None
        cls._find_among_themselves(asking)

    def asks_for_person(self) -> bool:
        person = known(self, "employee") if self.employee_id else None
        return bool(person and person.is_pool and self.has_interval and self.retimed)

    @property
    def wanted(self) -> Wanted:
        return Wanted(self.employee_id, self.starts_at, self.ends_at, self.pk)

    @classmethod
    def _find_among_themselves(cls, rows: Sequence[Self]) -> None:
        before: dict[int, list[Self]] = defaultdict(list)
        for row in rows:
            if row.is_taken:
                continue
            holder = availability.held(row.wanted, before[row.employee_id])
            if holder is not None:
                row.is_taken, row.held_by = True, holder
            else:
                before[row.employee_id].append(row)

    @property
    def place(self) -> str:
        """“ACME, L1, 07:00–17:00”, as members of the client read it."""
        span = self.span(self.starts_at, self.ends_at)
        return f"{self.client.code}, {self.line.code}, {span}"

    # What is refused ----------------------------------------------------------------------

    def faults(self) -> Iterator[Fault]:
        yield from super().faults()
        yield from self.person_faults()
        yield from self.interval_faults()
        yield from self.covers_faults()

    def person_faults(self) -> Iterator[Fault]:
        person = known(self, "employee")
        if person is None or not person.is_pool:
            return
        if not person.active and self.changed("employee_id"):
            yield Fault("employee", " ".join(unknown_floater(person.code).messages), "unknown_code")
        elif self.is_taken and self.held_by:
            yield Fault("employee", f"{person.code} is assigned to {self.held_by.place}.", "taken")
        elif self.is_taken:
            yield Fault("employee", f"{person.code} is already assigned in this period.", "taken")

    def interval_faults(self) -> Iterator[Fault]:
        window = self.window()
        if window is None or self.during is None:
            return
        if not self.has_interval:
            yield Fault("during", "The end must be after the start.")
            return
        for instant in (self.starts_at, self.ends_at):
            if not window[0] <= instant <= window[1]:
                sentence = f"{self.clock(instant)} is outside the shift {self.span(*window)}."
                yield Fault("during", sentence, "out_of_range")

    def covers_faults(self) -> Iterator[Fault]:
        covered, person = known(self, "covers"), known(self, "employee")
        if covered is None or person is None or covered.client_id != self.client_id:
            return
        if covered.employee_id == person.pk:
            yield Fault("covers", "A person cannot cover themselves.")
        elif not self.changed("covers_id") and not self.moved:
            return  # What the covered person's record says by now is not this row's doing.
        elif not self.may_cover(covered):
            yield Fault("covers", f"{person.code} cannot cover this record.")

    def may_cover(self, record: AttendanceRecord) -> bool:
        return (
            record.engagement == Engagement.ASSIGNED
            and record.presence in (Presence.ABSENT, Presence.PARTIAL)
            and (record.shift_date, record.shift_id) == (self.shift_date, self.shift_id)
            and not record.is_voided
        )

    # Verbs --------------------------------------------------------------------------------

    @property
    def is_stale(self) -> bool:
        return self.confirmed_at is None and self.starts_at <= timezone.now() - STALE_AFTER

    @property
    def has_ended(self) -> bool:
        return self.ends_at <= timezone.now()

    def confirm(self, *, by: Any) -> None:
        """A supervisor says that the person was there."""
        if self.confirmed_at:
            raise ValidationError("This coverage is confirmed already.", code="inconsistent")
        self.confirmed_at, self.confirmed_by = timezone.now(), by
        with because("confirmed"):
            self.save(update_fields=["confirmed_at", "confirmed_by"])

    def unassign(self, *, by: Any, now: datetime | None = None) -> None:
        """Free the person from now on; an assignment that has not begun is taken back."""
        now = (now or timezone.now()).replace(second=0, microsecond=0)
        if self.ends_at <= now:
            raise ValidationError(ENDED, code="inconsistent")
        if not self._end_at(now):
            self.void(by=by, reason="Unassigned before it began.")

    def _end_at(self, now: datetime) -> bool:
        """Whether any working time had passed, so that the row stays, shortened."""
        if now <= self.starts_at:
            return False
        self.during = DateTimeTZRange(self.starts_at, now, "[)")
        breaks = list(ShiftBreak.objects.filter(shift=self.shift_id))
        self.hours = self.net_hours(breaks)
        if not self.hours:
            return False
        self.confirmed_at = self.confirmed_by = None
        with because("unassigned"):
            self.save(update_fields=["during", "hours", "confirmed_at", "confirmed_by"])
        return True

    def void(self, *, by: Any, reason: str) -> None:
        if self.attendance_of_floater().exists():
            raise ValidationError(RECORDED.format(code=self.employee.code), code="inconsistent")
        super().void(by=by, reason=reason)

    def attendance_of_floater(self) -> Any:
        """The record that rests on this coverage: it may not lose it."""
        others = ShiftCoverage.objects.filter(
            client=self.client_id, employee=self.employee_id, shift_date=self.shift_date,
            shift=self.shift_id,
        ).exclude(pk=self.pk)  # fmt: skip
        records = AttendanceRecord.objects.filter(
            client=self.client_id, employee=self.employee_id, shift_date=self.shift_date,
            shift=self.shift_id, engagement=Engagement.FLOATER,
        )  # fmt: skip
        return records.exclude(models.Exists(others))
