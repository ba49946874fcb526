"""The reasons that a client gives for its holds."""

from __future__ import annotations

from typing import Any, ClassVar, Self

from django.db import models

from clients.constraints import unique_live
from clients.fields import CodeField
from clients.managers import ClientManager, ClientQuerySet
from clients.models import ClientModel
from clients.roles import Action


class HoldReasonQuerySet(ClientQuerySet):
    def offered(self) -> Self:
        return self.filter(active=True)


class HoldReason(ClientModel):
    code = CodeField(max_length=30)
    name = models.CharField(max_length=100)
    sort_order = models.SmallIntegerField("order", default=0)
    active = models.BooleanField(default=True)

    objects = ClientManager.from_queryset(HoldReasonQuerySet)()

    natural_key: ClassVar[tuple[str, ...]] = ("code",)
    edit_action: ClassVar[Action] = Action.MASTERS

    class Meta(ClientModel.Meta):
        verbose_name = "hold reason"
        ordering: ClassVar[list[str]] = ["sort_order", "code"]
        constraints: ClassVar[list[Any]] = [
            *ClientModel.Meta.constraints,
            unique_live("code", name="holds_reason_code", message="This code is already in use."),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"
