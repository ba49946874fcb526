"""The record of what changed, kept by the database."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.db.models import Func, TextField
from django.db.models.functions import Cast

from clients.managers import ClientManager, PlatformManager


def this_transaction() -> Any:
    number = Func(function="pg_current_xact_id", output_field=TextField())
    return Cast(Cast(number, TextField()), models.BigIntegerField())


class AuditEntry(models.Model):
    """What changed, when and by whom; written by the database, never changed."""

    class Kind(models.TextChoices):
        INSERT = "INSERT", "created"
        UPDATE = "UPDATE", "changed"
        DELETE = "DELETE", "deleted"
        LOGIN = "LOGIN", "signed in"
        LOGOUT = "LOGOUT", "signed out"
        FAILED = "FAILED", "failed to sign in"
        LOCKED = "LOCKED", "locked out"

    occurred_at = models.DateTimeField()
    actor_id = models.BigIntegerField(null=True)
    actor_name = models.CharField(max_length=50, blank=True)
    client_id = models.BigIntegerField(null=True)
    table_name = models.CharField(max_length=63)
    row_id = models.BigIntegerField()
    action = models.CharField(max_length=6, choices=Kind)
    changes = models.JSONField()
    reason = models.CharField(max_length=300, blank=True)
    source = models.CharField(max_length=10, blank=True)
    batch_id = models.BigIntegerField(null=True)
    # The number of the transaction, by which a reader knows what it has not seen yet.
    xact = models.BigIntegerField(db_default=this_transaction(), editable=False)

    objects = ClientManager()
    # Users, the pool and shared targets have no client; platform admins read of them as well.
    of_platform = PlatformManager()

    class Meta:
        verbose_name_plural = "audit entries"
        ordering: ClassVar[list[str]] = ["-occurred_at", "-id"]
        indexes: ClassVar[list[Any]] = [
            models.Index(fields=["client_id", "table_name", "row_id"], name="clients_audit_row"),
            models.Index(fields=["client_id", "-occurred_at"], name="clients_audit_recent"),
            models.Index(fields=["client_id", "xact"], name="clients_audit_xact"),
            # The newest of all clients together, which only platform admins ask for.
            models.Index(fields=["-occurred_at", "-id"], name="clients_audit_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.table_name} {self.row_id} {self.get_action_display()}"
