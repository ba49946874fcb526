"""Rows of one shift of one business date, on a line or not: what they fill in and refuse alike."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Any, ClassVar, NamedTuple, Self

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import prefetch_related_objects
from django.utils import timezone

from clients.fields import ClientForeignKey
from clients.models import ClientModel
from plant import clock, shifts
from plant.models.calendar import LineShiftState
from plant.related import known, shift_refusal
from plant.shifts import LineShiftKey


class Fault(NamedTuple):
    """One thing that is wrong with a row: where it is shown, what is said, and its file code."""

    field: str
    sentence: str
    code: str = "inconsistent"


class ShiftRow(ClientModel):
    """A row of one business date and shift; its line-shift is the time base of its figures."""

    shift_date = models.DateField("shift date", help_text="The day on which the shift started.")
    shift = ClientForeignKey("plant.Shift", verbose_name="shift")
    line = ClientForeignKey("plant.Line", null=True, blank=True, verbose_name="line")
    line_shift = ClientForeignKey(
        "plant.LineShift", null=True, editable=False, verbose_name="line-shift"
    )

    # Only a change of these moves a row; other corrections keep its stamps as they were.
    moved_by: ClassVar[tuple[str, ...]] = ("shift_date", "shift_id", "line_id")
    remembered: ClassVar[tuple[str, ...]] = ()
    related: ClassVar[tuple[str, ...]] = ("client", "shift", "line")
    judged_by: ClassVar[tuple[str, ...]] = ("shift", "line_shift")
    may_lie_ahead: ClassVar[bool] = False
    stored: dict[str, Any] | None = None

    class Meta(ClientModel.Meta):
        abstract = True

    @classmethod
    def prepare(cls, rows: list[Self]) -> None:
        super().prepare(rows)
        cls.fetch(rows)
        cls.fill_places(rows)
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

    @classmethod
    def fill_places(cls, rows: Sequence[Self]) -> None:
        """The line of rows that name none; set-based."""

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

    def place_faults(self) -> Iterator[Fault]:
        ahead = isinstance(self.shift_date, date) and self.shift_date > self.client.today()
        if ahead and not self.may_lie_ahead:
            yield Fault("shift_date", "A future date cannot be recorded.", "future_date")
        if refusal := shift_refusal(self):
            yield Fault("shift", refusal)

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

    def is_day_of_entry(self) -> bool:
        """Until the local day of the entry ends, or the shift, whichever is later."""
        if super().is_day_of_entry():
            return True
        window = self.window()
        return window is not None and timezone.now() < window[1]

    def why_reason(self) -> str:
        place = self.line_shift
        is_closed = place is not None and place.state == LineShiftState.CLOSED
        return super().why_reason() or ("The shift is closed." if is_closed else "")

    def clock(self, instant: datetime) -> str:
        return f"{instant.astimezone(self.client.zone):%H:%M}"

    def span(self, start: datetime, end: datetime) -> str:
        return f"{self.clock(start)}–{self.clock(end)}"
