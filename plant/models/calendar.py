"""Which shifts run on which day, and the line-shift: the time base of every figure."""

from __future__ import annotations

import datetime
from collections.abc import Set
from typing import Any, ClassVar, Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import BrinIndex
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from clients.constraints import Rule, unique_live
from clients.fields import ClientForeignKey
from clients.managers import ClientManager, ClientQuerySet
from clients.models import ClientModel
from clients.roles import Action
from clients.scope import because, current_scope
from plant import clock
from plant.corrections import Restates
from plant.fields import CodesField
from plant.models.lines import NO_WORKING_TIME, Shift, ShiftBreak, ShiftKind
from plant.related import known, shift_refusal

CLOSED_BY_SYSTEM_AFTER = datetime.timedelta(hours=2)
FROZEN = "The planned minutes are frozen since the shift has started."


class DayKind(models.TextChoices):
    WORKING = "WORKING", "Working day"
    HOLIDAY = "HOLIDAY", "Holiday"
    SHUTDOWN = "SHUTDOWN", "Shutdown"


NO_WORK = (DayKind.HOLIDAY, DayKind.SHUTDOWN)


class CalendarDay(ClientModel):
    """An exception from the weekdays of the shifts; a row of a line beats that of all lines."""

    line = ClientForeignKey(
        "plant.Line", null=True, blank=True, related_name="+", help_text="Empty: all lines."
    )
    date = models.DateField()
    kind = models.CharField(max_length=8, choices=DayKind, default=DayKind.HOLIDAY)
    shifts = CodesField(
        help_text="Codes of the shifts that run on a working day. Empty: by weekday."
    )
    name = models.CharField(max_length=100, blank=True)

    natural_key: ClassVar[tuple[str, ...]] = ("line", "date")
    edit_action: ClassVar[Action] = Action.MASTERS
    known_shifts: Set[str] = frozenset()

    class Meta(ClientModel.Meta):
        verbose_name = "calendar day"
        ordering: ClassVar[list[str]] = ["-date", "line"]
        constraints: ClassVar[list[Any]] = [
            *ClientModel.Meta.constraints,
            unique_live(
                "line",
                "date",
                name="plant_calendarday_once",
                message="This day has a calendar entry already.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.date} {self.name or self.get_kind_display()}"

    @classmethod
    def prepare(cls, rows: list[Self]) -> None:
        super().prepare(rows)
        naming = [row for row in rows if row.shifts]
        if not naming:
            return
        known = set(
            Shift.objects.filter(client__in={row.client_id for row in naming}).values_list(
                "client_id", "code"
            )
        )
        for row in naming:
            row.known_shifts = {code for client, code in known if client == row.client_id}

    def clean(self) -> None:
        super().clean()
        known = self.known_shifts
        for code in self.shifts or ():
            if code not in known:
                raise ValidationError(
                    {"shifts": ValidationError(f"Unknown shift “{code}”.", code="unknown_code")}
                )
        if self.kind in NO_WORK and self.shifts:
            raise ValidationError({"shifts": "No shift runs on a day without work."})

    def runs(self, shift: Shift) -> bool:
        """Whether this day lets the shift run."""
        if self.kind in NO_WORK:
            return False
        if self.shifts:
            return shift.code in self.shifts
        return bool(self.date.isoweekday() in shift.weekdays)


class LineShiftState(models.TextChoices):
    PLANNED = "PLANNED", "Planned"
    CLOSED = "CLOSED", "Closed"
    NOT_PLANNED = "NOT_PLANNED", "Not planned"


class LineShiftQuerySet(ClientQuerySet):
    def counting(self) -> Self:
        """Line-shifts whose planned time is planned at all."""
        return self.exclude(state=LineShiftState.NOT_PLANNED)

    def not_started(self, now: datetime.datetime) -> Self:
        return self.filter(starts_at__gt=now)

    def running(self, now: datetime.datetime) -> Self:
        return self.filter(starts_at__lte=now, ends_at__gt=now)

    def forgotten(self, now: datetime.datetime) -> Self:
        """Over for two hours, and nobody has closed them."""
        over = now - CLOSED_BY_SYSTEM_AFTER
        return self.filter(state=LineShiftState.PLANNED, ends_at__lte=over)

    def close_forgotten(self, now: datetime.datetime | None = None) -> int:
        """Closed by nobody, which says: by the system. Returns how many."""
        now = now or timezone.now()
        with because("closed by system"):
            return self.forgotten(now).update(state=LineShiftState.CLOSED, closed_at=now)


class LineShift(ClientModel):
    """One line in one shift of one day: planned time is counted here and nowhere else."""

    line = ClientForeignKey("plant.Line", related_name="line_shifts")
    shift = ClientForeignKey("plant.Shift", related_name="line_shifts")
    shift_date = models.DateField()
    shift_kind = models.CharField(max_length=10, choices=ShiftKind, editable=False)
    starts_at = models.DateTimeField(editable=False)
    ends_at = models.DateTimeField(editable=False)
    planned_minutes = models.PositiveSmallIntegerField(
        blank=True,
        validators=[MinValueValidator(1, NO_WORKING_TIME), MaxValueValidator(1500)],
        help_text="Elapsed minutes without unpaid breaks. Frozen when the shift starts.",
    )
    stations = models.PositiveSmallIntegerField(editable=False)
    planned_units = models.PositiveIntegerField(null=True, blank=True)
    state = models.CharField(
        max_length=11, choices=LineShiftState, default=LineShiftState.PLANNED, editable=False
    )
    state_reason = models.CharField(max_length=300, blank=True, editable=False)
    no_downtime = models.BooleanField("no downtime today", default=False)
    no_inspection = models.BooleanField("no inspection today", default=False)
    no_new_hold = models.BooleanField("no new hold today", default=False)
    closed_at = models.DateTimeField(null=True, editable=False)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        editable=False,
        related_name="+",
        db_index=False,
    )
    # Stays when the shift is reopened: what changes from then on is a correction.
    first_closed_at = models.DateTimeField(null=True, editable=False)
    # The tables whose rows changed after that; the database writes both.
    restated = ArrayField(models.CharField(max_length=63), default=list, editable=False)
    handoff_note = models.CharField(max_length=2000, blank=True)
    received_at = models.DateTimeField(null=True, editable=False)
    received_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        editable=False,
        related_name="+",
        db_index=False,
    )

    objects = ClientManager.from_queryset(LineShiftQuerySet)()

    natural_key: ClassVar[tuple[str, ...]] = ("line", "shift_date", "shift")
    edit_action: ClassVar[Action] = Action.CLOSE_SHIFT
    stored_minutes: int | None = None

    class Meta(ClientModel.Meta):
        verbose_name = "line-shift"
        ordering: ClassVar[list[str]] = ["-shift_date", "line", "shift"]
        indexes: ClassVar[list[Any]] = [
            models.Index(fields=["client", "shift_date"], name="plant_lineshift_day"),
            BrinIndex(fields=["shift_date"], name="plant_lineshift_date_brin"),
            models.Index(
                fields=["client", "shift_date"],
                condition=~Q(restated=[]),
                name="plant_lineshift_restated",
            ),
        ]
        constraints: ClassVar[list[Any]] = [
            *ClientModel.Meta.constraints,
            unique_live(
                "line",
                "shift_date",
                "shift",
                name="plant_lineshift_once",
                message="This line-shift exists already.",
            ),
            Rule(
                Q(planned_minutes__gte=1),
                name="plant_lineshift_working_time",
                message=NO_WORKING_TIME,
                field="planned_minutes",
            ),
            Rule(
                Q(planned_minutes__lte=1500),
                name="plant_lineshift_minutes_1500",
                message="A shift has at most 1,500 planned minutes.",
                field="planned_minutes",
            ),
            Rule(
                Q(ends_at__gt=F("starts_at")),
                name="plant_lineshift_ends_after_start",
                message="A shift ends after it starts.",
            ),
            Rule(
                Q(stations__gte=1),
                name="plant_lineshift_stations",
                message="A line has at least one station.",
            ),
            Rule(
                ~Q(state=LineShiftState.NOT_PLANNED) | ~Q(state_reason=""),
                name="plant_lineshift_not_planned_reason",
                message="Say why the shift was not planned.",
            ),
            Rule(
                Q(state=LineShiftState.CLOSED, closed_at__isnull=False)
                | (~Q(state=LineShiftState.CLOSED) & Q(closed_at__isnull=True)),
                name="plant_lineshift_closed_has_time",
                message="A closed shift has a closing time.",
            ),
            Rule(
                Q(received_at__isnull=True, received_by__isnull=True)
                | Q(received_at__isnull=False, received_by__isnull=False),
                name="plant_lineshift_received_both",
                message="A hand-off is received by a person at a time.",
            ),
            Restates(name="plant_lineshift_restates"),
        ]

    def __str__(self) -> str:
        return f"{self.line} {self.shift_date} {self.shift}"

    @classmethod
    def prepare(cls, rows: list[Self]) -> None:
        super().prepare(rows)
        saved = {row.pk for row in rows if not row._state.adding}
        minutes = cls.objects.filter(pk__in=saved).values_list("pk", "planned_minutes")
        stored = dict(minutes if saved else ())
        for row in rows:
            row.stored_minutes = stored.get(row.pk)
        new = [
            row
            for row in rows
            if row._state.adding
            and known(row, "shift")
            and known(row, "line")
            and isinstance(row.shift_date, datetime.date)
        ]
        if not new:
            return
        breaks = list(ShiftBreak.objects.filter(shift__in={row.shift_id for row in new}))
        for row in new:
            row.take_plan(breaks)

    def clean(self) -> None:
        super().clean()
        if refusal := shift_refusal(self):
            raise ValidationError({"shift": refusal})
        stored = self.stored_minutes
        if stored not in (None, self.planned_minutes) and self.has_started:
            raise ValidationError({"planned_minutes": FROZEN})

    @property
    def has_started(self) -> bool:
        return self.starts_at is not None and self.starts_at <= timezone.now()

    def take_plan(self, breaks: list[ShiftBreak]) -> None:
        """Copy what the line, the shift and its breaks say; a typed number of minutes stays."""
        window = clock.window(self.shift, self.shift_date, self.client.zone)
        self.starts_at, self.ends_at = window
        self.shift_kind, self.stations = self.shift.kind, self.line.stations
        if self.planned_minutes is None:
            own = [each for each in breaks if each.shift_id == self.shift_id]
            self.planned_minutes = max(clock.net_minutes(window, own, self.line_id), 0)

    def replan(self, *, minutes: int, reason: str) -> None:
        """Change the planned minutes, also after the start; by a manager, with a reason."""
        if not current_scope().may(Action.CHANGE_PLAN, self.client_id):
            raise ValidationError("Only a manager changes a frozen plan.", code="locked")
        if not reason.strip():
            raise ValidationError("Give a reason for the change.", code="required")
        self.planned_minutes = minutes
        self.clean_fields(exclude={"shift", "line"})
        with because(reason.strip()):
            self.save(update_fields=["planned_minutes"])

    @property
    def is_closed(self) -> bool:
        return self.state == LineShiftState.CLOSED

    @property
    def is_restated(self) -> bool:
        return bool(self.restated)

    def why_reason(self) -> str:
        return "The shift is closed." if self.is_closed else ""

    def close(self, *, by: Any) -> None:
        """Says that what was recorded is complete. Gaps do not stop it; they are listed."""
        if self.is_closed:
            raise ValidationError("This shift is closed already.", code="inconsistent")
        if self.state == LineShiftState.NOT_PLANNED:
            raise ValidationError("This shift was not planned.", code="inconsistent")
        if not self.has_started:
            raise ValidationError("This shift has not begun.", code="inconsistent")
        self.state, self.closed_at, self.closed_by = LineShiftState.CLOSED, timezone.now(), by
        with because("closed"):
            self.save(update_fields=["state", "closed_at", "closed_by"])

    def reopen(self, *, reason: str) -> None:
        """Open again, by a manager; figures that change from now on are restated all the same."""
        if not current_scope().may(Action.REOPEN_SHIFT, self.client_id):
            raise ValidationError("Only a manager reopens a closed shift.", code="locked")
        if not self.is_closed:
            raise ValidationError("This shift is not closed.", code="inconsistent")
        if not reason.strip():
            raise ValidationError("Give a reason for the reopening.", code="required")
        self.state, self.closed_at, self.closed_by = LineShiftState.PLANNED, None, None
        with because(reason.strip()):
            self.save(update_fields=["state", "closed_at", "closed_by"])

    def set_not_planned(self, *, reason: str) -> None:
        """The line did not run and was not meant to. Refused while rows exist."""
        if not reason.strip():
            raise ValidationError("Say why the shift was not planned.", code="required")
        if self.is_closed:
            raise ValidationError("This shift is closed. Reopen it first.", code="inconsistent")
        if self.has_rows():
            raise ValidationError("Rows are recorded in this shift.", code="inconsistent")
        self.state, self.state_reason = LineShiftState.NOT_PLANNED, reason.strip()
        with because(self.state_reason):
            self.save(update_fields=["state", "state_reason"])

    def has_rows(self) -> bool:
        """Whether anything is recorded here, by whichever app above this one."""
        fields: list[Any] = self._meta.get_fields(include_hidden=True)
        return any(
            each.related_model.objects.filter(**{each.field.name: self}).exists()
            for each in fields
            if each.one_to_many and each.auto_created
        )
