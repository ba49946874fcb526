"""What was submitted in one go, and what was learnt about the layout of files."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.db import models

from clients.fields import ClientForeignKey
from clients.models.clients import Client
from clients.models.people import User
from clients.roles import Action
from clients.rows import (
    ClientModel,
)


class ImportBatch(ClientModel):
    """One submit of a file, sheet or API call: the unit of idempotency and undo."""

    class Kind(models.TextChoices):
        FILE = "FILE", "File"
        SHEET = "SHEET", "Sheet"
        API = "API", "API"

    class State(models.TextChoices):
        PREVIEW = "PREVIEW", "Preview"
        CONFIRMED = "CONFIRMED", "Confirmed"
        UNDONE = "UNDONE", "Undone"
        EXPIRED = "EXPIRED", "Expired"

    kind = models.CharField(max_length=5, choices=Kind)
    entity = models.CharField(max_length=50, blank=True)
    file_name = models.CharField(max_length=255, blank=True)
    sha256 = models.CharField(max_length=64, blank=True)
    idempotency_key = models.UUIDField(default=uuid.uuid4)
    state = models.CharField(max_length=9, choices=State, default=State.PREVIEW)
    rows_total = models.PositiveIntegerField(default=0)
    rows_new = models.PositiveIntegerField(default=0)
    rows_changed = models.PositiveIntegerField(default=0)
    rows_same = models.PositiveIntegerField(default=0)
    rows_rejected = models.PositiveIntegerField(default=0)
    errors = models.JSONField(default=list)
    content = models.JSONField(default=dict, editable=False)
    result = models.JSONField(default=dict, editable=False)
    mapping = ClientForeignKey(
        "clients.ImportMapping", null=True, blank=True, related_name="batches"
    )
    expires_at = models.DateTimeField(null=True)
    confirmed_at = models.DateTimeField(null=True)
    confirmed_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    undone_at = models.DateTimeField(null=True)
    undone_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")

    edit_action = Action.ENTRY

    class Meta(ClientModel.Meta):
        verbose_name = "import batch"
        verbose_name_plural = "import batches"
        ordering: ClassVar[list[str]] = ["-created_at", "-id"]
        constraints: ClassVar[list[Any]] = [
            *ClientModel.Meta.constraints,
            models.UniqueConstraint(
                fields=["client", "idempotency_key"],
                name="clients_importbatch_idempotency",
                violation_error_message="This batch was submitted already.",
            ),
        ]
        indexes: ClassVar[list[Any]] = [
            models.Index(fields=["client", "-created_at"], name="clients_importbatch_recent"),
        ]

    def __str__(self) -> str:
        return f"{self.entity} {self.file_name or self.get_kind_display()}"


class ImportMapping(ClientModel):
    """What was learnt about a file layout: its headers, words, dates and decimals."""

    entity = models.CharField(max_length=50)
    header_fingerprint = models.CharField(max_length=64)
    columns = models.JSONField(default=dict)
    value_map = models.JSONField(default=dict)
    date_format = models.CharField(max_length=3, choices=Client.DateFormat, blank=True)
    decimal_mark = models.CharField(max_length=1, blank=True)
    header_row = models.PositiveIntegerField(default=1)
    last_used_at = models.DateTimeField(null=True)

    edit_action = Action.ENTRY

    class Meta(ClientModel.Meta):
        constraints: ClassVar[list[Any]] = [
            *ClientModel.Meta.constraints,
            models.UniqueConstraint(
                fields=["client", "entity", "header_fingerprint"],
                name="clients_importmapping_layout",
                violation_error_message="This layout has a mapping already.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.entity} {self.header_fingerprint[:8]}"

    def clean(self) -> None:
        super().clean()
        texts = isinstance(self.columns, dict) and set(map(type, self.columns.values())) <= {str}
        if not texts:
            raise ValidationError({"columns": 'Write it as {"header": "column"}.'})
