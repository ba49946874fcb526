"""What left the plant for an order, in one go or in several."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q, Sum

from clients.constraints import Rule, unique_live
from clients.fields import ClientForeignKey
from clients.managers import ClientManager, ClientQuerySet
from clients.models import ClientModel
from clients.roles import Action
from plant.related import known


class ShipmentQuerySet(ClientQuerySet):
    def shipped(self, orders: Any) -> dict[int, int]:
        """Σ quantity by order."""
        rows: Any = self.filter(work_order__in=orders).order_by().values_list("work_order")
        return dict(rows.annotate(Sum("quantity")))

    def completing(self, ordered: Mapping[int, int]) -> dict[int, datetime.date]:
        """By order, the day on which what was shipped came up to what was ordered; orders that
        are not complete are left out. `ordered` is the quantity of each order by its id."""
        rows: Any = self.filter(work_order__in=ordered).order_by("shipped_date", "pk")
        sums: dict[int, int] = dict.fromkeys(ordered, 0)
        days: dict[int, datetime.date] = {}
        for order, on, quantity in rows.values_list("work_order", "shipped_date", "quantity"):
            sums[order] += quantity
            if sums[order] >= ordered[order]:
                days.setdefault(order, on)
        return days


class Shipment(ClientModel):
    work_order = ClientForeignKey("plant.WorkOrder", related_name="shipments")
    job = ClientForeignKey("plant.Job", null=True, blank=True, related_name="shipments")
    shipped_date = models.DateField()
    quantity = models.PositiveIntegerField(
        validators=[MinValueValidator(1, "Quantities must be above zero.")]
    )
    reference = models.CharField(max_length=50, blank=True)
    received_date = models.DateField(
        null=True, blank=True, help_text="The day on which the customer had it."
    )
    notes = models.CharField(max_length=1000, blank=True)

    objects = ClientManager.from_queryset(ShipmentQuerySet)()

    natural_key: ClassVar[tuple[str, ...]] = ("work_order", "job", "shipped_date", "reference")
    edit_action: ClassVar[Action] = Action.ORDERS

    class Meta(ClientModel.Meta):
        verbose_name = "shipment"
        ordering: ClassVar[list[str]] = ["-shipped_date", "-id"]
        indexes: ClassVar[list[Any]] = [
            models.Index(fields=["client", "work_order"], name="plant_shipment_order"),
            models.Index(fields=["client", "shipped_date"], name="plant_shipment_date"),
        ]
        constraints: ClassVar[list[Any]] = [
            *ClientModel.Meta.constraints,
            unique_live(
                "work_order", "job", "shipped_date", "reference",
                name="plant_shipment_natural_key",
                message="This shipment is already recorded. Give it another reference.",
            ),
            Rule(
                Q(quantity__gt=0),
                name="plant_shipment_quantity",
                message="Quantities must be above zero.",
                field="quantity",
            ),
            Rule(
                Q(received_date__gte=F("shipped_date")),
                name="plant_shipment_received",
                message="It cannot be received before it was shipped.",
                field="received_date",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        reference = f" {self.reference}" if self.reference else ""
        return f"{self.shipped_date}{reference}: {self.quantity:,} of {known(self, 'work_order')}"

    def clean(self) -> None:
        super().clean()
        client, job, order = (known(self, name) for name in ("client", "job", "work_order"))
        if job and order and job.work_order_id != order.pk:
            sentence = f"Job {job.code} does not belong to order {order.number}."
            raise ValidationError({"job": sentence}, code="inconsistent")
        for name in ("shipped_date", "received_date"):
            day = getattr(self, name)
            if client and isinstance(day, datetime.date) and day > client.today():
                error = ValidationError("A future date cannot be recorded.", code="future_date")
                raise ValidationError({name: error})
