"""Stops."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, ClassVar, NamedTuple, Self

from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Func, GeneratedField, Q
from django.db.models.functions import Cast

from clients.constraints import LIVE, Rule, unique_live
from clients.fields import ClientForeignKey, EmployeeForeignKey
from clients.managers import ClientManager, ClientQuerySet
from downtime.models.reasons import LossClass, RootCause
from kpis.contract import ContractBook
from machines.shopfloor import MachineRow
from plant import clock
from plant.constraints import StoredExclusion
from plant.shopfloor import Fault
from plant.ticks import Withdraws


class Scope(models.TextChoices):
    LINE = "LINE", "Whole line"
    STATIONS = "STATIONS", "Some stations"
    MACHINE = "MACHINE", "One machine"


class Treatment(models.TextChoices):
    """What a stop does to the time base, by the KPI contract valid on its date."""

    LOSS = "LOSS", "Loss"
    LEAVES_PLAN = "LEAVES_PLAN", "Leaves planned time"


# The rule of the contract that may take a loss class out of planned time, and its word for it.
LEAVES_PLAN_BY: dict[str, tuple[str, str]] = {
    LossClass.PLANNED_STOP: ("planned_time_basis", "EXCLUDE_PLANNED_MAINTENANCE"),
    LossClass.SETUP: ("setup_treatment", "LEAVES_PLAN"),
    LossClass.NO_ORDERS: ("no_orders_treatment", "LEAVES_PLAN"),
}


class Period(Func):
    """The half-open range of a stop that has both instants."""

    function = "TSTZRANGE"
    output_field = DateTimeRangeField()


class Stop(NamedTuple):
    """A stop of a machine with both instants; rows of one key are one row."""

    start: datetime
    end: datetime
    machine: tuple[int, int]
    key: tuple[Any, ...]


class EventQuerySet(ClientQuerySet):
    def ongoing(self) -> Self:
        return self.filter(resolved=False, started_at__isnull=False, ended_at__isnull=True)

    def timed(self) -> Self:
        return self.filter(started_at__isnull=False, ended_at__isnull=False)


class DowntimeEvent(MachineRow):
    """A stop inside one shift. A longer one is split at the shift's boundary."""

    reason = ClientForeignKey("downtime.DowntimeReason", null=True, blank=True)
    reason_detail = models.CharField("detail", max_length=500, blank=True, default="")
    scope = models.CharField("scope", max_length=8, choices=Scope, default=Scope.LINE)
    stations_affected = models.SmallIntegerField(
        "stations affected", blank=True, default=None, validators=[MinValueValidator(1)],
        help_text="Needed for “some stations”; otherwise filled.",
    )  # fmt: skip
    stations_total = models.SmallIntegerField(
        "stations of the line", blank=True, default=None, editable=False
    )
    minutes = models.SmallIntegerField(
        "minutes", null=True, blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(1440)],
        help_text="Follows from start and end when both are given.",
    )  # fmt: skip
    event_no = models.SmallIntegerField(
        "number", blank=True, default=None,
        validators=[MinValueValidator(1), MaxValueValidator(99)],
    )  # fmt: skip
    lost_line_minutes = GeneratedField(
        expression=Cast("minutes", models.DecimalField(max_digits=20, decimal_places=10))
        * F("stations_affected")
        / F("stations_total"),
        output_field=models.DecimalField(max_digits=20, decimal_places=10),
        db_persist=True,
        verbose_name="lost line minutes",
    )
    responsible = EmployeeForeignKey(
        null=True, blank=True, related_name="+", verbose_name="responsible"
    )
    resolved = models.BooleanField("resolved", default=True)
    corrective_action = models.TextField(
        "corrective action", max_length=1000, blank=True, default=""
    )
    root_cause = models.CharField(
        "root cause", max_length=10, choices=RootCause, blank=True, default="",
        help_text="Empty: the root cause of the reason.",
    )  # fmt: skip
    treatment = models.CharField(
        "treatment", max_length=12, choices=Treatment, default=Treatment.LOSS, editable=False
    )

    objects = ClientManager.from_queryset(EventQuerySet)()

    natural_key: ClassVar[tuple[str, ...]] = (
        "line", "machine", "shift_date", "shift", "reason", "started_at", "event_no",
    )  # fmt: skip
    number_field: ClassVar[str] = "event_no"
    related: ClassVar[tuple[str, ...]] = (*MachineRow.related, "reason", "responsible")
    remembered: ClassVar[tuple[str, ...]] = ("reason_id", "root_cause", "stations_affected")
    overlapped: Stop | None = None

    class Meta(MachineRow.Meta):
        verbose_name = "downtime event"
        constraints = [
            *MachineRow.Meta.constraints,
            unique_live(
                "line",
                "machine",
                "shift_date",
                "shift",
                "reason",
                "started_at",
                "event_no",
                name="downtimeevent_natural_key",
                message="This stop is already recorded. Give it another number.",
            ),
            Rule(
                Q(minutes__range=(1, 1440)),
                name="downtimeevent_minutes",
                message="Minutes must be a whole number from 1 to 1,440.",
                field="minutes",
            ),
            Rule(
                Q(minutes__isnull=False)
                | Q(resolved=False, started_at__isnull=False, ended_at__isnull=True),
                name="downtimeevent_minutes_or_ongoing",
                message="Give the minutes, or start and end. Only an ongoing stop has none.",
                field="minutes",
            ),
            Rule(
                Q(ended_at__gt=F("started_at")),
                name="downtimeevent_end_after_start",
                message="The end must be after the start.",
                field="ended_at",
            ),
            Rule(
                Q(event_no__range=(1, 99)),
                name="downtimeevent_event_no",
                message="The number must be from 1 to 99.",
                field="event_no",
            ),
            Rule(
                Q(stations_affected__gte=1, stations_affected__lte=F("stations_total")),
                name="downtimeevent_stations",
                message="The line does not have so many stations.",
                field="stations_affected",
            ),
            Rule(
                ~Q(scope="LINE") | Q(stations_affected=F("stations_total")),
                name="downtimeevent_whole_line",
                message="A stop of the whole line stops all its stations. Choose “some stations”.",
                field="stations_affected",
            ),
            Rule(
                ~Q(scope="MACHINE") | Q(machine__isnull=False),
                name="downtimeevent_machine",
                message="Give the machine that stood.",
                field="machine",
            ),
            Rule(
                ~Q(scope="MACHINE") | Q(stations_affected=1),
                name="downtimeevent_machine_station",
                message="A machine counts as one station.",
                field="stations_affected",
            ),
            # The sentence with the other stop's times comes from clean(); this one is for
            # two people who save at the same moment.
            StoredExclusion(
                name="downtimeevent_machine_overlap",
                expressions=[
                    ("client", RangeOperators.EQUAL),
                    ("machine", RangeOperators.EQUAL),
                    (Period("started_at", "ended_at"), RangeOperators.OVERLAPS),
                ],
                condition=LIVE
                & Q(machine__isnull=False, started_at__isnull=False, ended_at__isnull=False),
                violation_error_message="Overlaps with another stop on this machine.",
            ),
            Withdraws(tick="no_downtime", name="downtimeevent_withdraws_tick"),
        ]

    @classmethod
    def prepare(cls, rows: list[Self]) -> None:
        rows = cls.with_client(rows)
        for row in rows:
            row.fill_minutes()
        super().prepare(rows)
        book = ContractBook.load({row.client_id for row in rows})
        for row in rows:
            row.fill_stations()
            row.fill_root_cause()
            row.treatment = row.treatment_by(book)
        cls.number(rows)
        cls.find_overlaps(rows)

    def fill_minutes(self) -> None:
        if self.started_at and self.ended_at and self.ended_at > self.started_at:
            self.minutes = clock.elapsed_minutes((self.started_at, self.ended_at))

    def fill_stations(self) -> None:
        self.stations_total = self.stations_of_line()
        if self.scope == Scope.MACHINE:
            self.stations_affected = 1
        elif self.scope == Scope.LINE and not self.stations_typed():
            self.stations_affected = self.stations_total

    def stations_of_line(self) -> int:
        if self.line_shift:
            return self.line_shift.stations
        return self.line.stations if self.line else 1

    def stations_typed(self) -> bool:
        return self.stations_affected is not None and self.changed("stations_affected")

    def fill_root_cause(self) -> None:
        if not self.reason:
            return
        inherited = self.stored and self.changed("reason_id") and not self.changed("root_cause")
        if inherited or not self.root_cause:
            self.root_cause = self.reason.root_cause

    def treatment_by(self, book: ContractBook) -> Treatment:
        if not self.reason:
            return Treatment.LOSS
        rule, word = LEAVES_PLAN_BY.get(self.reason.loss_class, ("", ""))
        if rule and self.shift_date and book.value(self.client_id, rule, self.shift_date) == word:
            return Treatment.LEAVES_PLAN
        return Treatment.LOSS

    def stop_of_machine(self) -> Stop | None:
        if not (self.machine_id and self.started_at and self.ended_at):
            return None
        machine = self.client_id, self.machine_id
        return Stop(self.started_at, self.ended_at, machine, self.whole_key())

    @classmethod
    def find_overlaps(cls, rows: Sequence[Self]) -> None:
        """The stop of the same machine that a row runs into: a stored one, or one before it."""
        timed = [(row, stop) for row in rows if (stop := row.stop_of_machine())]
        for row in rows:
            row.overlapped = None
        stops = cls._stored_stops(timed) if timed else {}
        for row, own in timed:
            others = stops[own.machine]
            row.overlapped = _first_overlap(own, others)
            others.insert(bisect_left(others, own.start, key=lambda stop: stop.start), own)

    @classmethod
    def _stored_stops(cls, timed: Sequence[tuple[Self, Stop]]) -> dict[Any, list[Stop]]:
        stored = cls.objects.timed().filter(
            client_id__in={row.client_id for row, _ in timed},
            machine_id__in={row.machine_id for row, _ in timed},
            started_at__lt=max(stop.end for _, stop in timed),
            ended_at__gt=min(stop.start for _, stop in timed),
        )
        stops: dict[Any, list[Stop]] = defaultdict(list)
        for each in stored.exclude(pk__in=[row.pk for row, _ in timed if row.pk]):
            stop = each.stop_of_machine()
            stops[stop.machine].append(stop)
        for each in stops.values():
            each.sort(key=lambda stop: stop.start)
        return stops

    def whole_key(self) -> tuple[Any, ...]:
        return *self.key_without_number(), self.event_no

    def faults(self) -> Iterator[Fault]:
        yield from super().faults()
        longest = self.elapsed_minutes()
        if self.minutes and longest and self.minutes > longest:
            sentence = f"A stop cannot be longer than its shift ({longest:,} min)."
            yield Fault("minutes", sentence, "out_of_range")
        if self.reason and self.reason.is_group:
            sentence = f"{self.reason.code} is a group of reasons. Choose one of its reasons."
            yield Fault("reason", sentence, "choice")
        if self.scope == Scope.STATIONS and self.stations_affected is None:
            yield Fault("stations_affected", "Give the number of stations.", "required")
        if self.overlapped:
            span = self.span(self.overlapped.start, self.overlapped.end)
            yield Fault("started_at", f"Overlaps with the stop {span} on this machine.")


def _first_overlap(own: Stop, others: list[Stop]) -> Stop | None:
    """Among stops in order of their start. Only stops within a day back can reach this one."""
    earliest = own.start - timedelta(hours=25)
    for other in others[bisect_left(others, earliest, key=lambda stop: stop.start) :]:
        if other.start >= own.end:
            return None
        if other.end > own.start and other.key != own.key:
            return other
    return None
