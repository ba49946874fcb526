"""What production rows, stops and inspections have in common: where, when and for which order."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Any, ClassVar, NamedTuple, Self

from django.contrib.postgres.indexes import BrinIndex
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q, prefetch_related_objects

from clients.constraints import Rule
from clients.fields import ClientForeignKey
from clients.models import VerifiedModel
from clients.roles import Action
from plant import clock, shifts
from plant.related import known, shift_refusal
from plant.shifts import LineShiftKey


class Fault(NamedTuple):
    """One thing that is wrong with a row: where it is shown, what is said, and its file code."""

    field: str
    sentence: str
    code: str = "inconsistent"


class ShopFloorRow(VerifiedModel):
    """A row of the shift sheet: one client, one business date, one shift, a line or an order."""

    shift_date = models.DateField("shift date", help_text="The day on which the shift started.")
    shift = ClientForeignKey("plant.Shift", verbose_name="shift")
    line = ClientForeignKey("plant.Line", null=True, blank=True, verbose_name="line")
    work_order = ClientForeignKey(
        "plant.WorkOrder", null=True, blank=True, verbose_name="work order"
    )
    job = ClientForeignKey("plant.Job", null=True, blank=True, verbose_name="job")
    captured_at = models.DateTimeField("captured at", null=True, blank=True)
    notes = models.TextField("notes", max_length=1000, blank=True, default="")
    line_shift = ClientForeignKey(
        "plant.LineShift", null=True, editable=False, verbose_name="line-shift"
    )

    edit_action: ClassVar[Action] = Action.ENTRY
    number_field: ClassVar[str]
    # Only a change of these moves a row; other corrections keep its stamps as they were.
    moved_by: ClassVar[tuple[str, ...]] = (
        "shift_date", "shift_id", "line_id", "work_order_id", "job_id",
    )  # fmt: skip
    remembered: ClassVar[tuple[str, ...]] = ()
    related: ClassVar[tuple[str, ...]] = (
        "client", "shift", "line", "work_order", "work_order__line", "job", "job__work_order",
        "job__part",
    )  # fmt: skip
    stored: dict[str, Any] | None = None

    class Meta(VerifiedModel.Meta):
        abstract = True
        ordering = ["-shift_date", "-id"]
        constraints = [
            *VerifiedModel.Meta.constraints,
            Rule(
                Q(line__isnull=False) | Q(work_order__isnull=False),
                name="%(class)s_line_or_order",
                message="Give a line or a work order.",
                field="line",
            ),
        ]
        indexes = [
            models.Index(fields=["client", "shift_date"], name="%(class)s_date"),
            models.Index(fields=["client", "line_shift"], name="%(class)s_line_shift"),
            models.Index(fields=["client", "work_order"], name="%(class)s_order"),
            BrinIndex(fields=["shift_date"], name="%(class)s_brin"),
        ]

    def __str__(self) -> str:
        return f"{self.shift_date} {known(self, 'shift')} {self.line or self.work_order}"

    @classmethod
    def prepare(cls, rows: list[Self]) -> None:
        super().prepare(rows)
        cls.fetch(rows)
        for row in rows:
            row.fill_place()
        cls.attach_line_shifts(rows)

    @staticmethod
    def with_client(rows: Sequence[Any]) -> list[Any]:
        """Rows whose client is not chosen yet are refused for that; nothing is filled."""
        chosen = [row for row in rows if row.client_id]
        prefetch_related_objects(chosen, "client")
        return [row for row in chosen if known(row, "client")]

    @classmethod
    def fetch(cls, rows: Sequence[Self]) -> None:
        """Everything the rules look at, in one query per relation whatever the number of rows."""
        saved = [row.pk for row in rows if not row._state.adding]
        names = ("pk", *cls.moved_by, *cls.remembered)
        stored = cls.with_voided.filter(pk__in=saved).values(*names) if saved else []
        by_id = {each["pk"]: each for each in stored}
        for row in rows:
            row.stored = by_id.get(row.pk)
        prefetch_related_objects(list(rows), *cls.related)

    @property
    def moved(self) -> bool:
        """New, or no longer where it was stored."""
        if self.stored is None:
            return True
        return any(getattr(self, name) != self.stored[name] for name in self.moved_by)

    def changed(self, name: str) -> bool:
        return self.stored is None or getattr(self, name) != self.stored[name]

    def fill_place(self) -> None:
        if self.job_id and not self.work_order_id:
            self.work_order = self.job.work_order if self.job else None
        if not self.line_id and self.work_order_id:
            self.line = self.work_order.line if self.work_order else None

    @classmethod
    def attach_line_shifts(cls, rows: Sequence[Self]) -> None:
        """The time base of each row. A row that will be refused makes no line-shift."""
        keys = [row.line_shift_key() if row.has_line_shift() else None for row in rows]
        wanted = {key for key in keys if key}
        found = shifts.ensure_line_shifts(wanted) if wanted else {}
        for row, key in zip(rows, keys, strict=True):
            row.line_shift = found.get(key) if key else None

    def line_shift_key(self) -> LineShiftKey:
        return LineShiftKey(self.client_id, self.line_id or 0, self.shift_id, self.shift_date)

    def has_line_shift(self) -> bool:
        if not (self.line_id and self.shift_id and isinstance(self.shift_date, date)):
            return False
        return not any(self.place_faults())

    # Rules that look at more than the row itself. None of them queries after prepare().

    def clean(self) -> None:
        super().clean()
        if known(self, "client") is None:
            return
        errors: dict[str, list[ValidationError]] = defaultdict(list)
        for fault in self.faults():
            errors[fault.field].append(ValidationError(fault.sentence, code=fault.code))
        if errors:
            raise ValidationError(dict(errors))

    def faults(self) -> Iterator[Fault]:
        yield from self.place_faults()
        yield from self.order_faults()

    def place_faults(self) -> Iterator[Fault]:
        if isinstance(self.shift_date, date) and self.shift_date > self.client.today():
            yield Fault("shift_date", "A future date cannot be recorded.", "future_date")
        if refusal := shift_refusal(self):
            yield Fault("shift", refusal)

    def order_faults(self) -> Iterator[Fault]:
        job, order = self.job, self.work_order
        if job and order and job.work_order_id != order.pk:
            yield Fault("job", f"Job {job.code} does not belong to order {order.number}.")
        if order and order.final_refusal and self.changed("work_order_id"):
            yield Fault("work_order", order.final_refusal, "locked")

    def window(self) -> tuple[datetime, datetime] | None:
        if self.line_shift:
            return self.line_shift.starts_at, self.line_shift.ends_at
        shift = known(self, "shift")
        if not shift or not isinstance(self.shift_date, date):
            return None
        return clock.window(shift, self.shift_date, self.client.zone)

    def elapsed_minutes(self) -> int | None:
        """Clock minutes of the shift, breaks included; 480 or 600 in a night of a clock change."""
        window = self.window()
        return clock.elapsed_minutes(window) if window else None

    def clock(self, instant: datetime) -> str:
        return f"{instant.astimezone(self.client.zone):%H:%M}"

    def span(self, start: datetime, end: datetime) -> str:
        return f"{self.clock(start)}–{self.clock(end)}"

    @classmethod
    def number(cls, rows: Sequence[Self]) -> None:
        """The next free number within the natural key; numbers that were given stay."""
        name = cls.number_field
        waiting = [row for row in rows if getattr(row, name) is None]
        if not waiting:
            return
        taken = cls._taken_numbers(waiting)
        for row in rows:
            if getattr(row, name) is not None:
                taken[row.key_without_number()].add(getattr(row, name))
        for row in waiting:
            used = taken[row.key_without_number()]
            setattr(row, name, next(n for n in range(1, len(used) + 2) if n not in used))
            used.add(getattr(row, name))

    @classmethod
    def _taken_numbers(cls, rows: Sequence[Self]) -> dict[tuple[Any, ...], set[int]]:
        stored = cls.objects.filter(
            client_id__in={row.client_id for row in rows},
            shift_date__in={row.shift_date for row in rows if row.shift_date},
            shift_id__in={row.shift_id for row in rows if row.shift_id},
        ).values_list(*cls.key_names(), cls.number_field)
        taken: dict[tuple[Any, ...], set[int]] = defaultdict(set)
        for *key, number in stored:
            taken[tuple(key)].add(number)
        return taken

    @classmethod
    def key_names(cls) -> list[str]:
        names = [name for name in cls.natural_key if name != cls.number_field]
        fields: list[Any] = [cls._meta.get_field(name) for name in names]
        return ["client_id", *(field.attname for field in fields)]

    def key_without_number(self) -> tuple[Any, ...]:
        return tuple(getattr(self, name) for name in self.key_names())
