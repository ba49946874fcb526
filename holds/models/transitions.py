"""The course of a hold: every step it took, for ever."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone

from clients.append_only import AppendOnly
from clients.fields import ClientForeignKey
from clients.rows import ClientRow
from holds.states import HoldState


def person() -> Any:
    return models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        editable=False,
        related_name="+",
        db_index=False,
    )


class HoldTransition(ClientRow):
    """A step of a hold. Written by the database whenever a state changes; the first one comes
    from nowhere and stands at the start of the hold. Never changed and never deleted."""

    hold = ClientForeignKey("holds.WIPHold", related_name="transitions", editable=False)
    from_state = models.CharField(
        "from", max_length=14, choices=HoldState, blank=True, editable=False
    )
    to_state = models.CharField("to", max_length=14, choices=HoldState, editable=False)
    at = models.DateTimeField(default=timezone.now, editable=False)
    by = person()
    note = models.CharField(max_length=500, blank=True, editable=False)

    class Meta:
        verbose_name = "hold transition"
        ordering: ClassVar[list[str]] = ["at", "id"]
        indexes: ClassVar[list[Any]] = [
            models.Index(fields=["client", "hold", "at"], name="holds_transition_hold"),
            models.Index(fields=["client", "to_state", "at"], name="holds_transition_to"),
        ]
        constraints: ClassVar[list[Any]] = [AppendOnly(name="holds_holdtransition_once")]

    def __str__(self) -> str:
        origin = f"{self.get_from_state_display()} → " if self.from_state else ""
        return f"{origin}{self.get_to_state_display()}"
