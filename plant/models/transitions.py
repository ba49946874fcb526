"""The course of an order: every move it made, for ever."""

from __future__ import annotations

from typing import Any, ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import ExpressionWrapper, F, OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone

from clients.append_only import AppendOnly
from clients.fields import ClientForeignKey
from clients.managers import ClientManager, ClientQuerySet
from clients.rows import ClientRow
from plant.order_status import MoveSource, OrderStatus


class OrderTransitionQuerySet(ClientQuerySet):
    def with_elapsed(self) -> Self:
        """`since_received` and `since_previous`: time from the order's first move, and from the
        one before; zero for the first."""
        own = self.model.objects.filter(work_order=OuterRef("work_order"))
        first = own.order_by("at", "id").values("at")[:1]
        before = own.filter(models.Q(at__lt=OuterRef("at")) | models.Q(
            at=OuterRef("at"), id__lt=OuterRef("id"))
        ).order_by("-at", "-id").values("at")[:1]  # fmt: skip

        def since(instant: Any) -> ExpressionWrapper:
            return ExpressionWrapper(F("at") - instant, output_field=models.DurationField())

        return self.annotate(
            since_received=since(Coalesce(Subquery(first), F("at"))),
            since_previous=since(Coalesce(Subquery(before), F("at"))),
        )


class OrderTransition(ClientRow):
    """A move of an order. Written by the database whenever a status changes; the first one of
    an order comes from nowhere. Never changed and never deleted."""

    work_order = ClientForeignKey("plant.WorkOrder", related_name="transitions", editable=False)
    from_status = models.CharField(
        "from", max_length=11, choices=OrderStatus, blank=True, editable=False
    )
    to_status = models.CharField("to", max_length=11, choices=OrderStatus, editable=False)
    at = models.DateTimeField(default=timezone.now, editable=False)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        editable=False,
        related_name="+",
        db_index=False,
    )
    note = models.CharField(max_length=500, blank=True, editable=False)
    source = models.CharField(
        max_length=9, choices=MoveSource, default=MoveSource.MANUAL, editable=False
    )

    objects = ClientManager.from_queryset(OrderTransitionQuerySet)()

    class Meta:
        verbose_name = "order transition"
        ordering: ClassVar[list[str]] = ["at", "id"]
        indexes: ClassVar[list[Any]] = [
            models.Index(fields=["client", "work_order", "at"], name="plant_transition_order"),
            models.Index(fields=["client", "to_status", "at"], name="plant_transition_to"),
        ]
        constraints: ClassVar[list[Any]] = [AppendOnly(name="plant_ordertransition_once")]

    def __str__(self) -> str:
        origin = f"{self.get_from_status_display()} → " if self.from_status else ""
        return f"{origin}{self.get_to_status_display()}"
