"""The line items of orders."""

from __future__ import annotations

from itertools import count
from typing import Any, ClassVar, Self

from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q

from clients.constraints import Rule, unique_live
from clients.fields import ClientForeignKey, CodeField
from clients.managers import ClientManager, ClientQuerySet
from clients.models import ClientModel
from clients.roles import Action
from plant.order_status import OPEN
from plant.related import known


class JobQuerySet(ClientQuerySet):
    def open(self) -> Self:
        return self.filter(work_order__status__in=OPEN, completed_at__isnull=True)


class Job(ClientModel):
    """A line item of an order: one part in one quantity."""

    work_order = ClientForeignKey("plant.WorkOrder", related_name="jobs")
    code = CodeField(
        max_length=50, blank=True, help_text="Empty: the order's number with -L1, -L2 …"
    )
    customer_job_number = models.CharField(max_length=50, blank=True)
    part = ClientForeignKey("plant.Part", null=True, blank=True, related_name="jobs")
    quantity = models.PositiveIntegerField(
        validators=[MinValueValidator(1, "Quantities must be above zero.")]
    )
    completed_at = models.DateTimeField(null=True, editable=False)
    frozen_labour_hours_per_unit = models.DecimalField(
        max_digits=12, decimal_places=6, null=True, editable=False
    )
    frozen_cycle_hours_per_unit = models.DecimalField(
        max_digits=12, decimal_places=6, null=True, editable=False
    )
    frozen_at = models.DateTimeField(null=True, editable=False)
    replaces = ClientForeignKey(
        "plant.Job",
        null=True,
        blank=True,
        related_name="replacements",
        help_text="The job whose scrap this one makes again.",
    )
    notes = models.CharField(max_length=1000, blank=True)

    objects = ClientManager.from_queryset(JobQuerySet)()

    natural_key: ClassVar[tuple[str, ...]] = ("code",)
    edit_action: ClassVar[Action] = Action.ORDERS

    class Meta(ClientModel.Meta):
        verbose_name = "job"
        ordering: ClassVar[list[str]] = ["code"]
        indexes: ClassVar[list[Any]] = [
            models.Index(fields=["client", "work_order"], name="plant_job_order"),
        ]
        constraints: ClassVar[list[Any]] = [
            *ClientModel.Meta.constraints,
            unique_live("code", name="plant_job_code", message="This job code exists already."),
            Rule(
                ~Q(code=""),
                name="plant_job_has_code",
                message="Give a job code.",
                field="code",
            ),
            Rule(
                Q(quantity__gt=0),
                name="plant_job_quantity",
                message="Quantities must be above zero.",
                field="quantity",
            ),
            Rule(
                Q(frozen_at__isnull=False)
                | Q(
                    frozen_labour_hours_per_unit__isnull=True,
                    frozen_cycle_hours_per_unit__isnull=True,
                ),
                name="plant_job_frozen",
                message="Frozen hours have the time of freezing.",
            ),
            Rule(
                Q(replaces__isnull=True) | ~Q(replaces=F("id")),
                name="plant_job_replaces_another",
                message="A job cannot replace itself.",
                field="replaces",
            ),
        ]

    def __str__(self) -> str:
        return self.code

    @classmethod
    def prepare(cls, rows: list[Self]) -> None:
        super().prepare(rows)
        unnamed = [row for row in rows if not row.code and known(row, "work_order")]
        if not unnamed:
            return
        orders = {row.work_order_id for row in unnamed}
        taken = set(cls.objects.filter(work_order__in=orders).values_list("code", flat=True))
        taken |= {row.code for row in rows}
        for row in unnamed:
            codes = (f"{row.work_order.number}-L{number}" for number in count(1))
            row.code = next(code for code in codes if code not in taken)
            taken.add(row.code)

    def clean(self) -> None:
        super().clean()
        replaced = known(self, "replaces")
        if replaced is not None and replaced.work_order_id != self.work_order_id:
            raise ValidationError({"replaces": "Both jobs must belong to one order."})
