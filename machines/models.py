"""Machines of the lines."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, ClassVar, Self

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q

from clients.constraints import Rule, unique_live
from clients.fields import ClientForeignKey, CodeField
from clients.managers import ClientManager, ClientQuerySet
from clients.models import ClientModel
from clients.roles import Action


class MachineStatus(models.TextChoices):
    ACTIVE = "ACTIVE", "Active"
    MAINTENANCE = "MAINTENANCE", "In maintenance"
    RETIRED = "RETIRED", "Retired"


class MachineQuerySet(ClientQuerySet):
    def offered(self) -> Self:
        """Retired machines keep their rows and get no new ones."""
        return self.exclude(status=MachineStatus.RETIRED)


class Machine(ClientModel):
    code = CodeField(max_length=50)
    name = models.CharField(max_length=100)
    machine_type = models.CharField(max_length=50, blank=True)
    line = ClientForeignKey(
        "plant.Line",
        null=True,
        blank=True,
        related_name="machines",
        help_text="Empty: shared between lines.",
    )
    status = models.CharField(max_length=11, choices=MachineStatus, default=MachineStatus.ACTIVE)
    ideal_cycle_hours_per_unit = models.DecimalField(
        max_digits=12,
        decimal_places=6,
        null=True,
        blank=True,
        validators=[MinValueValidator(Decimal("0.000001"), "Hours per unit must be above zero.")],
    )
    last_maintenance_date = models.DateField(null=True, blank=True)
    next_maintenance_date = models.DateField(null=True, blank=True)
    notes = models.CharField(max_length=500, blank=True)

    objects = ClientManager.from_queryset(MachineQuerySet)()

    natural_key: ClassVar[tuple[str, ...]] = ("code",)
    edit_action: ClassVar[Action] = Action.MASTERS

    class Meta(ClientModel.Meta):
        verbose_name = "machine"
        ordering: ClassVar[list[str]] = ["code"]
        indexes: ClassVar[list[Any]] = [
            models.Index(fields=["client", "line"], name="machines_machine_line"),
        ]
        constraints: ClassVar[list[Any]] = [
            *ClientModel.Meta.constraints,
            unique_live(
                "code", name="machines_machine_code", message="This machine code exists already."
            ),
            Rule(
                Q(ideal_cycle_hours_per_unit__isnull=True) | Q(ideal_cycle_hours_per_unit__gt=0),
                name="machines_machine_cycle_above_0",
                message="Hours per unit must be above zero.",
                field="ideal_cycle_hours_per_unit",
            ),
        ]

    def __str__(self) -> str:
        return self.code

    @property
    def is_retired(self) -> bool:
        return self.status == MachineStatus.RETIRED

    @property
    def retired_refusal(self) -> str:
        """The sentence for a new row on this machine; empty when it takes rows."""
        return f"{self.code} is retired." if self.is_retired else ""
