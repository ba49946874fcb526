"""What production rows, stops and inspections have in common: where, when and for which order."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any, ClassVar, Self

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import Q

from clients.constraints import Rule
from clients.fields import ClientForeignKey
from clients.models import VerifiedModel
from clients.roles import Action
from plant.related import known
from plant.shift_rows import Fault, ShiftRow

__all__ = ["Fault", "ShopFloorRow"]


class ShopFloorRow(ShiftRow, VerifiedModel):
    """A row of the shift sheet: one client, one business date, one shift, a line or an order."""

    work_order = ClientForeignKey(
        "plant.WorkOrder", null=True, blank=True, verbose_name="work order"
    )
    job = ClientForeignKey("plant.Job", null=True, blank=True, verbose_name="job")
    captured_at = models.DateTimeField("captured at", null=True, blank=True)
    notes = models.TextField("notes", max_length=1000, blank=True, default="")

    edit_action: ClassVar[Action] = Action.ENTRY
    number_field: ClassVar[str]
    moved_by: ClassVar[tuple[str, ...]] = (*ShiftRow.moved_by, "work_order_id", "job_id")
    related: ClassVar[tuple[str, ...]] = (
        *ShiftRow.related, "work_order", "work_order__line", "job", "job__work_order", "job__part",
    )  # fmt: skip

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
    def fill_places(cls, rows: Sequence[Self]) -> None:
        for row in rows:
            row.fill_place()

    def fill_place(self) -> None:
        if self.job_id and not self.work_order_id:
            self.work_order = self.job.work_order if self.job else None
        if not self.line_id and self.work_order_id:
            self.line = self.work_order.line if self.work_order else None

    def faults(self) -> Iterator[Fault]:
        yield from super().faults()
        yield from self.order_faults()

    def order_faults(self) -> Iterator[Fault]:
        job, order = self.job, self.work_order
        if job and order and job.work_order_id != order.pk:
            yield Fault("job", f"Job {job.code} does not belong to order {order.number}.")
        if order and order.final_refusal and self.changed("work_order_id"):
            yield Fault("work_order", order.final_refusal, "locked")

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
