"""The kinds of absence that a client tells apart."""

from __future__ import annotations

from typing import Any, ClassVar, Self

from django.db import models

from clients.constraints import unique_live
from clients.fields import CodeField
from clients.managers import ClientManager, ClientQuerySet
from clients.models import ClientModel
from clients.roles import Action


class AbsenceTypeQuerySet(ClientQuerySet):
    def offered(self) -> Self:
        return self.filter(active=True)


class AbsenceType(ClientModel):
    code = CodeField("code", max_length=30)
    name = models.CharField("name", max_length=100)
    counts_in_absenteeism = models.BooleanField("counts in absenteeism", default=True)
    leaves_schedule = models.BooleanField(
        "leaves the schedule", default=False,
        help_text="The scheduled hours of such a day leave the denominator too.",
    )  # fmt: skip
    counts_in_bradford = models.BooleanField("counts in the Bradford factor", default=True)
    active = models.BooleanField("active", default=True)

    objects = ClientManager.from_queryset(AbsenceTypeQuerySet)()

    natural_key: ClassVar[tuple[str, ...]] = ("code",)
    edit_action: ClassVar[Action] = Action.MASTERS

    class Meta(ClientModel.Meta):
        verbose_name = "absence type"
        ordering: ClassVar[list[str]] = ["code"]
        constraints: ClassVar[list[Any]] = [
            *ClientModel.Meta.constraints,
            unique_live("code", name="absencetype_code", message="This code is already in use."),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"
