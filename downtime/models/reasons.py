"""The reasons that a client gives for its stops."""

from __future__ import annotations

from typing import ClassVar, Self

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Count, Q

from clients.constraints import Rule, unique_live
from clients.fields import ClientForeignKey, CodeField
from clients.managers import ClientManager, ClientQuerySet
from clients.models import ClientModel
from clients.roles import Action


class LossClass(models.TextChoices):
    BREAKDOWN = "BREAKDOWN", "Breakdown"
    PLANNED_STOP = "PLANNED_STOP", "Planned stop"
    MATERIAL = "MATERIAL", "Material"
    SETUP = "SETUP", "Set-up"
    NO_ORDERS = "NO_ORDERS", "No orders"
    INFORMATION = "INFORMATION", "Information"
    QUALITY = "QUALITY", "Quality"
    PEOPLE = "PEOPLE", "People"
    UTILITIES = "UTILITIES", "Utilities"
    OTHER = "OTHER", "Other"


class RootCause(models.TextChoices):
    MACHINE = "MACHINE", "Machine"
    MATERIALS = "MATERIALS", "Materials"
    SCHEDULING = "SCHEDULING", "Scheduling"
    ATTENDANCE = "ATTENDANCE", "Attendance"
    OTHER = "OTHER", "Other"


class StopGroup(models.TextChoices):
    """The six-big-loss view of a stop."""

    PLANNED = "PLANNED", "Planned stop"
    UNPLANNED = "UNPLANNED", "Unplanned stop"
    SCHEDULE = "SCHEDULE", "Schedule loss"


class ReasonQuerySet(ClientQuerySet):
    def groups(self) -> Self:
        return self.filter(parent__isnull=True)

    def reasons(self) -> Self:
        """What an event may name: the second level."""
        return self.filter(parent__isnull=False)

    def offered(self) -> Self:
        return self.reasons().filter(active=True)


class DowntimeReason(ClientModel):
    """Two levels: a group without parent, and the reasons under it."""

    code = CodeField("code", max_length=30)
    name = models.CharField("name", max_length=100)
    parent = ClientForeignKey(
        "self", null=True, blank=True, related_name="children", verbose_name="group",
        help_text="Empty for a group. Stops name a reason, never a group.",
    )  # fmt: skip
    loss_class = models.CharField(
        "loss class", max_length=12, choices=LossClass, blank=True, default=""
    )
    planned = models.BooleanField("planned", default=False)
    counts_in_availability = models.BooleanField("counts in availability", default=True)
    root_cause = models.CharField(
        "root cause", max_length=10, choices=RootCause, blank=True, default=""
    )
    sort_order = models.SmallIntegerField("order", default=0)
    active = models.BooleanField("active", default=True)

    objects = ClientManager.from_queryset(ReasonQuerySet)()

    natural_key: ClassVar[tuple[str, ...]] = ("code",)
    edit_action: ClassVar[Action] = Action.MASTERS
    children_count = 0

    class Meta(ClientModel.Meta):
        verbose_name = "downtime reason"
        ordering = ["sort_order", "code"]
        constraints = [
            *ClientModel.Meta.constraints,
            unique_live("code", name="downtimereason_code", message="This code is already in use."),
            Rule(
                Q(parent__isnull=True) | ~Q(loss_class=""),
                name="downtimereason_loss_class",
                message="Give the loss class of this reason.",
                field="loss_class",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"

    @classmethod
    def prepare(cls, rows: list[Self]) -> None:
        super().prepare(rows)
        models.prefetch_related_objects(list(rows), "parent")
        saved = [row.pk for row in rows if row.pk]
        counted = cls.objects.filter(parent_id__in=saved).values_list("parent_id")
        counts = dict(counted.annotate(n=Count("pk")).order_by()) if saved else {}
        for row in rows:
            row.children_count = counts.get(row.pk, 0)

    @property
    def is_group(self) -> bool:
        return self.parent_id is None

    @property
    def stop_group(self) -> StopGroup:
        if self.planned:
            return StopGroup.PLANNED
        if self.loss_class == LossClass.NO_ORDERS:
            return StopGroup.SCHEDULE
        return StopGroup.UNPLANNED

    def clean(self) -> None:
        super().clean()
        parent = self.parent
        if parent and (parent.parent_id or self.children_count or parent.pk == self.pk):
            raise ValidationError({"parent": "Reasons have at most two levels."})
