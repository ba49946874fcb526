"""Rows that may name a machine: production and stops."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import ClassVar

from django.db import models

from clients.fields import ClientForeignKey
from plant.shopfloor import Fault, ShopFloorRow


class MachineRow(ShopFloorRow):
    machine = ClientForeignKey("machines.Machine", null=True, blank=True, verbose_name="machine")
    started_at = models.DateTimeField("started at", null=True, blank=True)
    ended_at = models.DateTimeField("ended at", null=True, blank=True)

    moved_by: ClassVar[tuple[str, ...]] = (*ShopFloorRow.moved_by, "machine_id")
    related: ClassVar[tuple[str, ...]] = (*ShopFloorRow.related, "machine", "machine__line")

    class Meta(ShopFloorRow.Meta):
        abstract = True

    def fill_place(self) -> None:
        if not self.line_id and self.machine_id:
            self.line = self.machine.line if self.machine else None
        super().fill_place()

    def faults(self) -> Iterator[Fault]:
        yield from super().faults()
        yield from self.instant_faults()
        machine = self.machine
        if machine and machine.retired_refusal and self.changed("machine_id"):
            yield Fault("machine", machine.retired_refusal, "locked")

    def instant_faults(self) -> Iterator[Fault]:
        """The shift is half-open: nothing starts at its end, but it may end there."""
        window = self.window()
        if not window:
            return
        opens, closes = window
        if self.started_at and not opens <= self.started_at < closes:
            yield self._outside("started_at", window)
        if self.ended_at and not opens < self.ended_at <= closes:
            yield self._outside("ended_at", window)

    def _outside(self, name: str, window: tuple[datetime, datetime]) -> Fault:
        clock, span = self.clock(getattr(self, name)), self.span(*window)
        return Fault(name, f"{clock} is outside the shift {span}.", "out_of_range")
