"""Work orders: what was ordered, what was promised, and where it stands."""

from __future__ import annotations

import datetime
from typing import Any, ClassVar, Self

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models, transaction
from django.db.models import Q
from django.utils import formats, timezone

from clients.constraints import Rule, unique_live
from clients.fields import ClientForeignKey, CodeField
from clients.managers import ClientManager, ClientQuerySet
from clients.models import Client, ClientModel
from clients.roles import Action
from plant import inferred, order_flow, order_moves
from plant.models.shipments import Shipment
from plant.order_moves import MOVED_FIELDS
from plant.order_status import FINAL, HOLDABLE, NOT_RELEASED, OPEN, MoveSource, OrderStatus
from plant.related import known

__all__ = ["FINAL", "OPEN", "DelayClass", "DelayReason", "OrderStatus", "Priority", "WorkOrder"]

APPROVAL = ("qc_approved_at", "qc_approved_by")
DELAY = ("delay_class", "delay_reason", "delay_note")


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
        return self.annotate(promise=inferred.current()).filter(promise__lt=day)

    def late(self, *, on: datetime.date) -> Self:
        """Open, and promised for an earlier day; due today is not late."""
        return self.open().promised_before(on)

    def locked(self) -> Self:
        """For a move: with their clients, in one order for everybody, so that nobody waits for
        somebody who waits for them."""
        rows = self.select_for_update(of=("self",), no_key=True)
        return rows.select_related("client").order_by("pk")


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
    # What an order without a date is due on, and what it follows from: `plant.promises`.
    inferred_promise_date = models.DateField("inferred promise", null=True, editable=False)
    # The planned start, or the receipt and the mean wait: counts until production starts.
    inferred_start_date = models.DateField(null=True, editable=False)
    inferred_days = models.PositiveSmallIntegerField(null=True, editable=False)
    inferred_hours = models.DecimalField(null=True, editable=False, max_digits=24, decimal_places=6)
    inferred_crew = models.PositiveSmallIntegerField(null=True, editable=False)
    inferred_day_minutes = models.PositiveSmallIntegerField(null=True, editable=False)
    actual_start_date = models.DateField(null=True, editable=False)
    last_output_date = models.DateField(null=True, editable=False)
    # The first shipment, and the one that made it up to what was ordered; told by the database.
    first_shipped_date = models.DateField(null=True, editable=False)
    shipped_in_full_date = models.DateField(null=True, editable=False)
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
            models.Index(
                "client",
                inferred.current(),
                name="plant_workorder_promise",
            ),
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
            if not row.delay_class:
                row.delay_reason = ""
        inferred.stamp(rows)
        cls._look_at_delays([row for row in rows if row.delay_class])

    # Whether the class of the delay is new, and what the order is judged by.
    is_newly_classified = False
    shipped_on: datetime.date | None = None

    @classmethod
    def _look_at_delays(cls, rows: list[Self]) -> None:
        stored: Any = cls.with_voided.filter(pk__in=[row.pk for row in rows if row.pk])
        classes = dict(stored.values_list("pk", "delay_class")) if rows else {}
        for row in rows:
            row.is_newly_classified = row.delay_class != classes.get(row.pk, "")
        fresh = [row for row in rows if row.is_newly_classified]
        shipped = Shipment.objects.completing({row.pk: row.planned_quantity or 0 for row in fresh})
        for row in fresh:
            row.shipped_on = shipped.get(row.pk)

    def clean(self) -> None:
        super().clean()
        client = known(self, "client") if self.is_newly_classified else None
        if client is None:
            return
        if not self.is_late(on=self.shipped_on or self.delivered_date or client.today()):
            raise ValidationError({"delay_class": "This order is not late."})

    @property
    def promise(self) -> datetime.date | None:
        return self.promised_date or self.required_date or self.inferred_promise_date

    @property
    def is_promise_inferred(self) -> bool:
        return not (self.promised_date or self.required_date) and bool(self.inferred_promise_date)

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

    def oddity_of_a_row(self, client: Client) -> str:
        """What is strange about a production row of this order now; empty when nothing is.

        The client is the row's own, which the writer has at hand.
        """
        if self.status == OrderStatus.ON_HOLD:
            return f"Order {self.number} is on hold."
        released = self.status not in NOT_RELEASED
        if released or (self.status == OrderStatus.RECEIVED and not client.releases_orders):
            return ""
        status = self.get_status_display().lower()
        return f"Order {self.number} is {status}, not released: the first row starts it."

    # -- verbs. Each locks the row, so that of two people at once one wins and the other hears it.

    def lock(self) -> None:
        """Read anew what the verbs change, and keep everybody else from changing it."""
        names = [*MOVED_FIELDS, *APPROVAL, *DELAY, "version"]
        self.refresh_from_db(
            fields=names, from_queryset=WorkOrder.objects.select_for_update(no_key=True)
        )

    @transaction.atomic
    def move(
        self, to: str, *, by: Any, note: str = "", source: str = MoveSource.MANUAL
    ) -> list[str]:
        """Move to another status; `note` is the reason where one is asked for. Returns what is
        strange about it, as sentences."""
        self.lock()
        done = order_moves.move([self], to, by=by, note=note, source=source)
        if self.pk in done.refused:
            raise ValidationError(done.refused[self.pk], code="locked")
        self.refresh_from_db(fields=[*MOVED_FIELDS, "version", "updated_at"])
        return done.warnings.get(self.pk, [])

    def cancel(self, *, by: Any, reason: str, source: str = MoveSource.MANUAL) -> None:
        self.move(OrderStatus.CANCELLED, by=by, note=reason, source=source)

    def reject(self, *, by: Any, reason: str, source: str = MoveSource.MANUAL) -> None:
        self.move(OrderStatus.REJECTED, by=by, note=reason, source=source)

    @transaction.atomic
    def hold(self, *, by: Any = None, note: str = "") -> None:
        """Stop the order and remember where it stood; nothing happens to one that is stopped.

        For holds alone, in the transaction of the hold: nobody moves an order there by hand.
        """
        self.lock()
        if self.status == OrderStatus.ON_HOLD:
            return
        if self.status not in HOLDABLE:
            raise ValidationError(order_flow.never(self.status, OrderStatus.ON_HOLD), code="locked")
        order_moves.set_hold([self], held=True, note=note, by=by)

    @transaction.atomic
    def resume_from_hold(self, *, by: Any = None, note: str = "") -> None:
        """Let the order go on from where it stood; nothing happens to one that is not stopped.

        For holds alone, when the last open hold of the whole order ends.
        """
        self.lock()
        if self.status == OrderStatus.ON_HOLD:
            order_moves.set_hold([self], held=False, note=note, by=by)

    @transaction.atomic
    def approve_quality(self, *, by: Any) -> None:
        """The gate before shipping. A change of an inspection of the order withdraws it."""
        self.lock()
        if self.final_refusal:
            raise ValidationError(self.final_refusal, code="locked")
        if self.qc_approved_at:
            at = formats.date_format(self.qc_approved_at.astimezone(self.client.zone), "Y-m-d H:i")
            who = self.qc_approved_by.get_username() if self.qc_approved_by else "the system"
            raise ValidationError(f"This order was approved by {who} at {at}.", code="locked")
        self.qc_approved_at, self.qc_approved_by = timezone.now(), by
        self.save(update_fields=APPROVAL)

    @transaction.atomic
    def classify_delay(self, delay_class: str, *, reason: str = "", note: str = "") -> None:
        """Say whether a late order is late for a good reason; an empty class takes it back."""
        self.lock()
        self.delay_class, self.delay_reason, self.delay_note = delay_class, reason, note
        type(self).prepare([self])
        self.validate_row()
        self.save(update_fields=DELAY)
