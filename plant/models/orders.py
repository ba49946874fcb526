"""Work orders and their line items."""

from __future__ import annotations

import datetime
from itertools import count
from typing import Any, ClassVar, Self

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q, Sum
from django.db.models.functions import Coalesce

from clients.constraints import Rule, unique_live
from clients.fields import ClientForeignKey, CodeField
from clients.managers import ClientManager, ClientQuerySet
from clients.models import ClientModel
from clients.roles import Action
from plant.related import known


class OrderStatus(models.TextChoices):
    RECEIVED = "RECEIVED", "Received"
    RELEASED = "RELEASED", "Released"
    DEMOTED = "DEMOTED", "Demoted"
    IN_PROGRESS = "IN_PROGRESS", "In progress"
    ON_HOLD = "ON_HOLD", "On hold"
    COMPLETED = "COMPLETED", "Completed"
    SHIPPED = "SHIPPED", "Shipped"
    CLOSED = "CLOSED", "Closed"
    REJECTED = "REJECTED", "Rejected"
    CANCELLED = "CANCELLED", "Cancelled"


FINAL = (OrderStatus.CLOSED, OrderStatus.REJECTED, OrderStatus.CANCELLED)
# Still being made: its rows follow new standards, and it can be late.
OPEN = (
    OrderStatus.RECEIVED,
    OrderStatus.RELEASED,
    OrderStatus.DEMOTED,
    OrderStatus.IN_PROGRESS,
    OrderStatus.ON_HOLD,
)


class Priority(models.TextChoices):
    URGENT = "URGENT", "Urgent"
    HIGH = "HIGH", "High"
    NORMAL = "NORMAL", "Normal"
    LOW = "LOW", "Low"


class DelayClass(models.TextChoices):
    JUSTIFIED = "JUSTIFIED", "Justified"
    UNJUSTIFIED = "UNJUSTIFIED", "Unjustified"


class DelayReason(models.TextChoices):
    CUSTOMER_REQUEST = "CUSTOMER_REQUEST", "Customer's request"
    CUSTOMER_CHANGE_ORDER = "CUSTOMER_CHANGE_ORDER", "Customer's change order"
    MATERIAL_SUPPLIER_DELAY = "MATERIAL_SUPPLIER_DELAY", "Supplier's delay"
    FORCE_MAJEURE = "FORCE_MAJEURE", "Force majeure"
    UPSTREAM_HOLD = "UPSTREAM_HOLD", "Hold upstream"
    OTHER = "OTHER", "Other"


class WorkOrderQuerySet(ClientQuerySet):
    def open(self) -> Self:
        return self.filter(status__in=OPEN)

    def not_final(self) -> Self:
        """Orders that still take rows."""
        return self.exclude(status__in=FINAL)

    def promised_before(self, day: datetime.date) -> Self:
        return self.annotate(promise=Coalesce("promised_date", "required_date")).filter(
            promise__lt=day
        )

    def late(self, *, on: datetime.date) -> Self:
        """Open, and promised for an earlier day; due today is not late."""
        return self.open().promised_before(on)

    def with_job_quantity(self) -> Self:
        """Σ of the jobs beside the ordered quantity."""
        live = Q(jobs__voided_at__isnull=True)
        return self.annotate(job_quantity=Sum("jobs__quantity", filter=live))


class WorkOrder(ClientModel):
    number = CodeField(max_length=50)
    customer_po = models.CharField("customer's order", max_length=100, blank=True)
    style = ClientForeignKey("plant.Style", null=True, blank=True, related_name="work_orders")
    line = ClientForeignKey(
        "plant.Line",
        verbose_name="planned line",
        null=True,
        blank=True,
        related_name="work_orders",
    )
    planned_quantity = models.PositiveIntegerField(
        validators=[MinValueValidator(1, "Quantities must be above zero.")]
    )
    received_date = models.DateField(null=True, blank=True)
    acknowledged_date = models.DateField(null=True, blank=True)
    planned_start_date = models.DateField(null=True, blank=True)
    required_date = models.DateField(null=True, blank=True)
    delivered_date = models.DateField(null=True, blank=True)
    promised_date = models.DateField(null=True, blank=True)
    original_promised_date = models.DateField(
        null=True, editable=False, help_text="The first promise, kept for ever."
    )
    actual_start_date = models.DateField(null=True, editable=False)
    last_output_date = models.DateField(null=True, editable=False)
    completed_date = models.DateField(null=True, editable=False)
    closed_date = models.DateField(null=True, editable=False)
    status = models.CharField(
        max_length=11, choices=OrderStatus, default=OrderStatus.RECEIVED, editable=False
    )
    status_before_hold = models.CharField(
        max_length=11, choices=OrderStatus, blank=True, editable=False
    )
    priority = models.CharField(max_length=6, choices=Priority, default=Priority.NORMAL)
    qc_approved_at = models.DateTimeField(null=True, editable=False)
    qc_approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        editable=False,
        related_name="+",
        db_index=False,
    )
    rejection_reason = models.CharField(max_length=500, blank=True, editable=False)
    delay_class = models.CharField(max_length=11, choices=DelayClass, blank=True)
    delay_reason = models.CharField(max_length=23, choices=DelayReason, blank=True)
    delay_note = models.CharField(max_length=1000, blank=True)
    notes = models.CharField(max_length=1000, blank=True)
    internal_notes = models.CharField(max_length=1000, blank=True)

    objects = ClientManager.from_queryset(WorkOrderQuerySet)()

    natural_key: ClassVar[tuple[str, ...]] = ("number",)
    edit_action: ClassVar[Action] = Action.ORDERS

    class Meta(ClientModel.Meta):
        verbose_name = "work order"
        ordering: ClassVar[list[str]] = ["-received_date", "number"]
        indexes: ClassVar[list[Any]] = [
            models.Index(fields=["client", "status"], name="plant_workorder_status"),
            models.Index(fields=["client", "-received_date"], name="plant_workorder_received"),
        ]
        constraints: ClassVar[list[Any]] = [
            *ClientModel.Meta.constraints,
            unique_live(
                "number",
                name="plant_workorder_number",
                message="This order number exists already.",
            ),
            Rule(
                Q(planned_quantity__gt=0),
                name="plant_workorder_quantity",
                message="Quantities must be above zero.",
                field="planned_quantity",
            ),
            Rule(
                Q(status__in=OrderStatus.values),
                name="plant_workorder_status_known",
                message="Unknown order status.",
            ),
            Rule(
                (Q(status=OrderStatus.REJECTED) & ~Q(rejection_reason=""))
                | (~Q(status=OrderStatus.REJECTED) & Q(rejection_reason="")),
                name="plant_workorder_rejection_reason",
                message="A rejection, and only a rejection, has a reason.",
            ),
            Rule(
                (Q(delay_class=DelayClass.JUSTIFIED) & ~Q(delay_reason=""))
                | (~Q(delay_class=DelayClass.JUSTIFIED) & Q(delay_reason="")),
                name="plant_workorder_delay_reason",
                message="A justified delay, and only that, has a reason.",
                field="delay_reason",
            ),
            Rule(
                (Q(status=OrderStatus.ON_HOLD) & ~Q(status_before_hold=""))
                | (~Q(status=OrderStatus.ON_HOLD) & Q(status_before_hold="")),
                name="plant_workorder_status_before_hold",
                message="An order on hold, and only that, remembers its status.",
            ),
            Rule(
                Q(qc_approved_at__isnull=True, qc_approved_by__isnull=True)
                | Q(qc_approved_at__isnull=False, qc_approved_by__isnull=False),
                name="plant_workorder_qc_both",
                message="An approval has a person and a time.",
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @classmethod
    def prepare(cls, rows: list[Self]) -> None:
        super().prepare(rows)
        for row in rows:
            if row.original_promised_date is None:
                row.original_promised_date = row.promised_date

    def clean(self) -> None:
        super().clean()
        if not self.delay_class:
            self.delay_reason = ""
        elif (client := known(self, "client")) and not self.is_late(
            on=self.delivered_date or client.today()
        ):
            raise ValidationError({"delay_class": "This order is not late."})

    @property
    def promise(self) -> datetime.date | None:
        return self.promised_date or self.required_date

    @property
    def is_final(self) -> bool:
        return self.status in FINAL

    def is_late(self, *, on: datetime.date) -> bool:
        return self.promise is not None and on > self.promise

    @property
    def final_refusal(self) -> str:
        """The sentence for a new row on an order that takes none; empty when it takes rows."""
        if not self.is_final:
            return ""
        return f"Order {self.number} is {self.get_status_display().lower()}."


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
