"""How many heads a line needs in a shift."""

from __future__ import annotations

from typing import Any, ClassVar, Self

from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q

from clients.constraints import Rule, no_overlap
from clients.fields import ClientForeignKey
from clients.managers import ClientManager, ClientQuerySet
from clients.models import ClientModel
from clients.periods import PeriodField, as_period
from clients.roles import Action
from plant.constraints import period_rule
from plant.related import known, shift_refusal

WHOLE_HEADS = "Required heads must be a whole number above 0."


class StaffingQuerySet(ClientQuerySet):
    def valid_on(self, day: Any) -> Self:
        return self.filter(valid__contains=day)


class StaffingRequirement(ClientModel):
    """How many people a line needs in a shift."""

    line = ClientForeignKey("plant.Line", verbose_name="line", related_name="+")
    shift = ClientForeignKey("plant.Shift", verbose_name="shift", related_name="+")
    required_headcount = models.PositiveSmallIntegerField(
        "required heads", validators=[MinValueValidator(1, WHOLE_HEADS)]
    )
    valid = PeriodField()

    objects = ClientManager.from_queryset(StaffingQuerySet)()

    natural_key: ClassVar[tuple[str, ...]] = ("line", "shift", "valid")
    edit_action: ClassVar[Action] = Action.MASTERS

    class Meta(ClientModel.Meta):
        verbose_name = "staffing requirement"
        ordering: ClassVar[list[str]] = ["line", "shift", "-valid"]
        constraints: ClassVar[list[Any]] = [
            *ClientModel.Meta.constraints,
            Rule(
                Q(required_headcount__gt=0),
                name="coverage_staffingrequirement_heads",
                message=WHOLE_HEADS,
                field="required_headcount",
            ),
            period_rule("valid", name="coverage_staffingrequirement_valid"),
            no_overlap(
                "valid", "line", "shift",
                name="coverage_staffingrequirement_once",
                message="Another requirement of this line and shift is valid in this period.",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{known(self, 'line')} {known(self, 'shift')}: {self.required_headcount}"

    @classmethod
    def prepare(cls, rows: list[Self]) -> None:
        super().prepare(rows)
        for row in rows:
            row.valid = as_period(row.valid)

    def clean(self) -> None:
        super().clean()
        if refusal := shift_refusal(self):
            raise ValidationError({"shift": refusal})
