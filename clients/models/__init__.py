"""Clients, the people who work for them, and the records of what they did."""

from clients.models.audit import AuditEntry
from clients.models.batches import ImportBatch, ImportMapping
from clients.models.clients import Client, validate_time_zone
from clients.models.people import ApiToken, Membership, User, UserManager
from clients.models.signing import PasswordRequest, SignInAttempt
from clients.rows import (
    ClientManager,
    ClientModel,
    ClientQuerySet,
    ClientRow,
    EntryMethod,
    PartModel,
    SharedClientModel,
    VerifiedModel,
)

__all__ = [
    "ApiToken",
    "AuditEntry",
    "Client",
    "ClientManager",
    "ClientModel",
    "ClientQuerySet",
    "ClientRow",
    "EntryMethod",
    "ImportBatch",
    "ImportMapping",
    "Membership",
    "PartModel",
    "PasswordRequest",
    "SharedClientModel",
    "SignInAttempt",
    "User",
    "UserManager",
    "VerifiedModel",
    "validate_time_zone",
]
