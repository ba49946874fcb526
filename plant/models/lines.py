"""Lines, and the shifts and breaks by which they run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import time
from types import MappingProxyType
from typing import Any, ClassVar, Self

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q

from clients.constraints import Rule, unique_live
from clients.fields import ClientForeignKey, CodeField
from clients.managers import ClientManager, ClientQuerySet
from clients.models import ClientModel
from clients.roles import Action
from plant.clock import minutes_of_clock, unpaid_minutes
from plant.constraints import Guard, Stored
from plant.fields import WeekdaysField, working_week
from plant.related import known, shift_refusal

NO_WORKING_TIME = "Breaks leave no working time."


class ActiveQuerySet(ClientQuerySet):
    def offered(self) -> Self:
        """What lists and code cells offer for new rows."""
        return self.filter(active=True)


class LineType(models.TextChoices):
    DEDICATED = "DEDICATED", "Dedicated"
    SHARED = "SHARED", "Shared"
    SECTION = "SECTION", "Section of a line"


class Line(ClientModel):
    code = CodeField(max_length=20)
    name = models.CharField(max_length=100)
    line_type = models.CharField(max_length=10, choices=LineType, default=LineType.DEDICATED)
    parent = ClientForeignKey(
        "plant.Line", verbose_name="part of line", null=True, blank=True, related_name="sections"
    )
    department = models.CharField(max_length=50, blank=True)
    stations = models.PositiveSmallIntegerField(
        default=1,
        validators=[MinValueValidator(1), MaxValueValidator(500)],
        help_text="Base of a stop's scope: 1 of 10 stations stopped is a tenth of the line.",
    )
    standard_crew = models.PositiveSmallIntegerField(
        null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(500)]
    )
    max_operators = models.PositiveSmallIntegerField(
        null=True, blank=True, validators=[MinValueValidator(1)]
    )
    active = models.BooleanField(default=True)

    objects = ClientManager.from_queryset(ActiveQuerySet)()

    natural_key: ClassVar[tuple[str, ...]] = ("code",)
    edit_action: ClassVar[Action] = Action.MASTERS
    known_parents: Mapping[int, int | None] = MappingProxyType({})

    class Meta(ClientModel.Meta):
        verbose_name = "line"
        ordering: ClassVar[list[str]] = ["code"]
        constraints: ClassVar[list[Any]] = [
            *ClientModel.Meta.constraints,
            unique_live(
                "code", name="plant_line_code_once", message="This line code exists already."
            ),
            Rule(
                Q(line_type=LineType.SECTION, parent__isnull=False)
                | (~Q(line_type=LineType.SECTION) & Q(parent__isnull=True)),
                name="plant_line_section_has_parent",
                message="A section, and only a section, is part of another line.",
                field="parent",
            ),
            Rule(
                Q(stations__range=(1, 500)),
                name="plant_line_stations_1_500",
                message="A line has 1 to 500 stations.",
                field="stations",
            ),
            Rule(
                Q(standard_crew__isnull=True) | Q(standard_crew__range=(1, 500)),
                name="plant_line_crew_1_500",
                message="A crew has 1 to 500 people.",
                field="standard_crew",
            ),
            Rule(
                Q(max_operators__isnull=True) | Q(max_operators__gte=1),
                name="plant_line_operators_from_1",
                message="Give at least one operator.",
                field="max_operators",
            ),
            Guard(
                name="plant_line_without_circle",
                lock="NEW.client_id",
                refuses="""NEW.parent_id IS NOT NULL AND EXISTS (
                    WITH RECURSIVE above AS (
                        SELECT id, parent_id FROM plant_line WHERE id = NEW.parent_id
                        UNION SELECT line.id, line.parent_id
                          FROM plant_line line JOIN above ON line.id = above.parent_id)
                    SELECT FROM above WHERE id = NEW.id)""",
                message="A line cannot be part of itself.",
            ),
        ]

    def __str__(self) -> str:
        return self.code

    @classmethod
    def prepare(cls, rows: list[Self]) -> None:
        super().prepare(rows)
        sections = [row for row in rows if row.pk and row.parent_id]
        if not sections:
            return
        clients = {row.client_id for row in sections}
        stored = cls.objects.filter(client__in=clients, parent__isnull=False)
        above = dict(stored.values_list("pk", "parent_id"))
        above.update({row.pk: row.parent_id for row in sections})
        for row in sections:
            row.known_parents = above

    def clean(self) -> None:
        super().clean()
        parents = self.known_parents
        seen, at = set(), self.parent_id
        while at is not None and at not in seen:
            if at == self.pk:
                raise ValidationError({"parent": "A line cannot be part of itself."})
            seen.add(at)
            at = parents.get(at)


class ShiftKind(models.TextChoices):
    STANDARD = "STANDARD", "Standard"
    OVERTIME = "OVERTIME", "Overtime"
    SPECIAL = "SPECIAL", "Special"


class Shift(ClientModel):
    """Wall-clock times. Its window on a day, `[start, end)`, is made by `plant.shifts`."""

    line = ClientForeignKey(
        "plant.Line",
        null=True,
        blank=True,
        related_name="shifts",
        help_text="Empty: all lines.",
    )
    code = CodeField(max_length=20)
    name = models.CharField(max_length=50)
    start_time = models.TimeField()
    end_time = models.TimeField()
    crosses_midnight = models.GeneratedField(
        expression=Q(end_time__lt=F("start_time")),  # type: ignore[arg-type]
        output_field=models.BooleanField(),
        db_persist=True,
    )
    kind = models.CharField(max_length=10, choices=ShiftKind, default=ShiftKind.STANDARD)
    weekdays = WeekdaysField(default=working_week, help_text="Days on which the shift starts.")
    active = models.BooleanField(default=True)

    objects = ClientManager.from_queryset(ActiveQuerySet)()

    natural_key: ClassVar[tuple[str, ...]] = ("line", "code")
    edit_action: ClassVar[Action] = Action.MASTERS
    known_breaks: Sequence[ShiftBreak] = ()

    class Meta(ClientModel.Meta):
        verbose_name = "shift"
        ordering: ClassVar[list[str]] = ["start_time", "code"]
        constraints: ClassVar[list[Any]] = [
            *ClientModel.Meta.constraints,
            unique_live(
                "line",
                "code",
                name="plant_shift_code_once",
                message="This shift code exists already.",
            ),
            Rule(
                ~Q(start_time=F("end_time")),
                name="plant_shift_start_differs_from_end",
                message="Start and end of a shift must differ.",
                field="end_time",
            ),
            Stored(
                condition=Q(weekdays__contained_by=[1, 2, 3, 4, 5, 6, 7]) & ~Q(weekdays=[]),
                name="plant_shift_weekdays_1_7",
                violation_error_message="Give at least one weekday.",
            ),
        ]

    def __str__(self) -> str:
        return self.code

    @classmethod
    def prepare(cls, rows: list[Self]) -> None:
        super().prepare(rows)
        _remember_breaks(rows, [])

    def clean(self) -> None:
        super().clean()
        _refuse_without_working_time(self, self.known_breaks)

    def serves(self, line_id: int | None) -> bool:
        return self.line_id is None or line_id is None or self.line_id == line_id


class ShiftBreak(ClientModel):
    shift = ClientForeignKey("plant.Shift", related_name="breaks")
    line = ClientForeignKey(
        "plant.Line", null=True, blank=True, related_name="+", help_text="Empty: all lines."
    )
    name = models.CharField(max_length=50, default="Break")
    start_offset_minutes = models.PositiveSmallIntegerField(
        verbose_name="starts after (minutes)", validators=[MaxValueValidator(1440)]
    )
    duration_minutes = models.PositiveSmallIntegerField(
        validators=[MinValueValidator(1), MaxValueValidator(480)]
    )
    paid = models.BooleanField(default=False, help_text="Unpaid breaks leave the net hours.")

    natural_key: ClassVar[tuple[str, ...]] = ("shift", "start_offset_minutes")
    edit_action: ClassVar[Action] = Action.MASTERS

    class Meta(ClientModel.Meta):
        verbose_name = "break"
        ordering: ClassVar[list[str]] = ["shift", "start_offset_minutes"]
        constraints: ClassVar[list[Any]] = [
            *ClientModel.Meta.constraints,
            unique_live(
                "shift",
                "start_offset_minutes",
                name="plant_shift_break_once",
                message="This shift has a break at that time already.",
            ),
            Rule(
                Q(start_offset_minutes__range=(0, 1440)),
                name="plant_shift_break_starts_0_1440",
                message="A break starts 0 to 1,440 minutes after the shift.",
                field="start_offset_minutes",
            ),
            Rule(
                Q(duration_minutes__range=(1, 480)),
                name="plant_shift_break_lasts_1_480",
                message="A break lasts 1 to 480 minutes.",
                field="duration_minutes",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.duration_minutes} min)"

    @classmethod
    def prepare(cls, rows: list[Self]) -> None:
        super().prepare(rows)
        shifts = {row.shift_id: known(row, "shift") for row in rows}
        _remember_breaks([shift for shift in shifts.values() if shift], rows)

    def clean(self) -> None:
        super().clean()
        if refusal := shift_refusal(self):
            raise ValidationError({"line": refusal})
        if shift := known(self, "shift"):
            _refuse_without_working_time(shift, shift.known_breaks)


def _remember_breaks(shifts: Iterable[Shift], written: list[Any]) -> None:
    """Give each shift its breaks: the stored ones, with those being written in their place."""
    stored = [shift.pk for shift in shifts if shift.pk]
    rows = {each.pk for each in written if each.pk}
    others = ShiftBreak.objects.filter(shift__in=stored).exclude(pk__in=rows)
    breaks = list(others) if stored else []
    for shift in shifts:
        own = [each for each in breaks if each.shift_id == shift.pk]
        own += [each for each in written if each.shift_id == shift.pk and not each.voided_at]
        shift.known_breaks = own


def _refuse_without_working_time(shift: Shift, breaks: Sequence[ShiftBreak]) -> None:
    if not (isinstance(shift.start_time, time) and isinstance(shift.end_time, time)):
        return
    breaks = [each for each in breaks if isinstance(each.duration_minutes, int)]
    breaks = [each for each in breaks if isinstance(each.start_offset_minutes, int)]
    elapsed = minutes_of_clock(shift)
    lines = {None, *(each.line_id for each in breaks)}
    if any(elapsed - unpaid_minutes(breaks, line, elapsed) <= 0 for line in lines):
        raise ValidationError(NO_WORKING_TIME, code="inconsistent")
