"""What people have typed into a sheet and not confirmed yet."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from django.conf import settings
from django.db import models

from clients.fields import ClientForeignKey
from clients.models import ClientRow


class SheetDraft(ClientRow):
    """The draft of one person for the sheets of one shift. Only that person reads it.

    No fact yet: no figure reads it and no audit keeps it, for it changes every few seconds and
    holds what only its author may know.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    shift_date = models.DateField()
    shift = ClientForeignKey("plant.Shift", related_name="+")
    # By line ("" for the sheet of all lines): what `entry.sheet.Draft` makes of the rows.
    content = models.JSONField(default=dict)
    # Names this content: whoever confirms it twice saves it once.
    submit_key = models.UUIDField(default=uuid.uuid4)
    saved_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = "draft of a sheet"
        verbose_name_plural = "drafts of sheets"
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                fields=["client", "user", "shift_date", "shift"], name="entry_sheetdraft_one"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.shift_date} {self.shift_id}"
