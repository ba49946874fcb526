"""Clients, the people who work for them, and the records of what they did."""

from __future__ import annotations

import datetime
import hashlib
import secrets
import uuid
from dataclasses import replace
from typing import Any, ClassVar, Self
from zoneinfo import ZoneInfo

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone

from clients import catalogues
from clients.fields import ClientForeignKey
from clients.managers import ClientManager
from clients.roles import Action, Role
from clients.rows import (
    ClientModel,
    ClientQuerySet,
    ClientRow,
    EntryMethod,
    SharedClientModel,
    VerifiedModel,
)
from clients.scope import Scope, client_scope, current_scope, every_client, has_scope

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
    "SharedClientModel",
    "User",
    "VerifiedModel",
]


def validate_time_zone(name: str) -> None:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ValidationError(
            "Unknown time zone “%(name)s”. Use a name such as America/Matamoros.",
            params={"name": name},
        ) from None


class OwnClients(ClientManager):
    """The clients in scope: a list of clients in a form or menu is the user's own."""

    column = "pk"


class Client(models.Model):
    """A brand owner whose goods are made here; the unit of separation."""

    class Type(models.TextChoices):
        HOURLY = "HOURLY", "Hourly"
        PIECE = "PIECE", "Piece rate"
        HYBRID = "HYBRID", "Hybrid"
        SERVICE = "SERVICE", "Service"
        OTHER = "OTHER", "Other"

    class Language(models.TextChoices):
        EN = "en", "English"
        ES = "es", "Español"

    class DateFormat(models.TextChoices):
        YMD = "YMD", "YYYY-MM-DD"
        DMY = "DMY", "DD/MM/YYYY"
        MDY = "MDY", "MM/DD/YYYY"

    class OtdMode(models.TextChoices):
        STANDARD = "STANDARD", "On-time delivery"
        TRUE = "TRUE", "TRUE-OTD"
        BOTH = "BOTH", "Both"

    class DowntimeEntry(models.TextChoices):
        DURATION = "DURATION", "Duration"
        TIMES = "TIMES", "Start and end"
        EITHER = "EITHER", "Either"

    class ClosureTrigger(models.TextChoices):
        AT_SHIPMENT = "AT_SHIPMENT", "At the last shipment"
        AT_CLIENT_RECEIPT = "AT_CLIENT_RECEIPT", "At the client's receipt"
        AT_COMPLETION = "AT_COMPLETION", "At completion"
        MANUAL = "MANUAL", "By hand"

    class OrderFlow(models.TextChoices):
        STANDARD = "STANDARD", "Standard"
        SIMPLE = "SIMPLE", "Simple"
        EXPRESS = "EXPRESS", "Express"

    class DefectTemplate(models.TextChoices):
        TEXTILE = "TEXTILE", "Textile"
        ELECTRONICS = "ELECTRONICS", "Electronics"
        GENERAL = "GENERAL", "General"
        MEDICAL = "MEDICAL", "Medical"
        PACKAGING = "PACKAGING", "Packaging"

    code = models.CharField(
        max_length=20,
        unique=True,
        validators=[
            RegexValidator(
                r"^[A-Z0-9][A-Z0-9-]{2,19}\Z",
                "Use 3 to 20 characters A–Z, 0–9 and -, beginning with a letter or digit.",
            )
        ],
        error_messages={"unique": "A client with this code exists."},
    )
    name = models.CharField(max_length=255)
    contact_name = models.CharField(max_length=255, blank=True)
    email = models.EmailField(max_length=255, blank=True)
    phone = models.CharField(max_length=255, blank=True)
    location = models.CharField(max_length=255, blank=True)
    client_type = models.CharField(max_length=8, choices=Type, default=Type.PIECE)
    timezone = models.CharField(
        "time zone", max_length=63, default="America/Matamoros", validators=[validate_time_zone]
    )
    currency = models.CharField(
        max_length=3,
        default="MXN",
        validators=[RegexValidator(r"^[A-Z]{3}\Z", "Use a three-letter code such as MXN.")],
    )
    language = models.CharField(max_length=2, choices=Language, default=Language.ES)
    date_format = models.CharField(max_length=3, choices=DateFormat, default=DateFormat.YMD)
    week_start = models.PositiveSmallIntegerField(
        default=1, validators=[MinValueValidator(1), MaxValueValidator(7)]
    )
    otd_mode = models.CharField(
        "on-time delivery shown", max_length=8, choices=OtdMode, default=OtdMode.BOTH
    )
    downtime_entry = models.CharField(
        max_length=8, choices=DowntimeEntry, default=DowntimeEntry.EITHER
    )
    closure_trigger = models.CharField(
        max_length=17, choices=ClosureTrigger, default=ClosureTrigger.AT_SHIPMENT
    )
    order_flow = models.CharField(max_length=8, choices=OrderFlow, default=OrderFlow.STANDARD)
    hold_four_eyes = models.BooleanField("holds need a second person", default=False)
    balance_tolerance_pct = models.DecimalField(
        "time balance tolerance, %",
        max_digits=4,
        decimal_places=1,
        default=5,
        validators=[MinValueValidator(0), MaxValueValidator(50)],
    )
    defect_template = models.CharField(
        max_length=11, choices=DefectTemplate, default=DefectTemplate.GENERAL
    )
    supervisor = models.ForeignKey(
        "clients.User", models.PROTECT, null=True, blank=True, related_name="+"
    )
    planner = models.ForeignKey(
        "clients.User", models.PROTECT, null=True, blank=True, related_name="+"
    )
    engineer = models.ForeignKey(
        "clients.User", models.PROTECT, null=True, blank=True, related_name="+"
    )
    active = models.BooleanField(default=True)

    objects = OwnClients()
    # Read by the scope itself before it exists; everything else uses `objects`.
    unscoped = models.Manager()  # noqa: DJ012

    class Meta:
        ordering: ClassVar[list[str]] = ["code"]
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(
                condition=Q(week_start__range=(1, 7)), name="clients_client_week_start"
            ),
            models.CheckConstraint(
                condition=Q(balance_tolerance_pct__range=(0, 50)), name="clients_client_tolerance"
            ),
        ]

    def __str__(self) -> str:
        return self.code

    @classmethod
    def open(cls, **fields: Any) -> Self:
        """Create a client together with its own copy of the starter catalogues."""
        client = cls(**fields)
        client.full_clean()
        client.save()
        with client_scope([client], user=current_scope().user if has_scope() else None):
            catalogues.copy_all(client)
        return client

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    def today(self) -> datetime.date:
        return self.local_day(timezone.now())

    def local_day(self, instant: datetime.datetime) -> datetime.date:
        return instant.astimezone(self.zone).date()

    def validate_unique(self, exclude: Any = None) -> None:
        # A code is taken or not whoever asks: only platform admins create clients.
        if has_scope():
            super().validate_unique(exclude)
            return
        with every_client("client codes are unique in the installation"):
            super().validate_unique(exclude)


class UserManager(BaseUserManager["User"]):
    def create_user(
        self, username: str, email: str, password: str | None = None, **more: Any
    ) -> User:
        user = self.model(username=username, email=self.normalize_email(email), **more)
        user.set_password(password)
        user.save()
        return user

    def create_superuser(
        self, username: str, email: str, password: str | None = None, **more: Any
    ) -> User:
        return self.create_user(username, email, password, is_superuser=True, **more)

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(username__iexact=username)


class User(AbstractBaseUser):
    """A person who signs in. What they may do hangs on their memberships."""

    username = models.CharField(
        max_length=50,
        unique=True,
        error_messages={"unique": "This user name is taken."},
        validators=[RegexValidator(r"^\S{5,50}\Z", "Use 5 to 50 characters without spaces.")],
    )
    email = models.EmailField(max_length=255)
    full_name = models.CharField(max_length=255, blank=True)
    language = models.CharField(max_length=2, choices=Client.Language, blank=True)
    is_active = models.BooleanField("active", default=True)
    is_superuser = models.BooleanField("platform admin", default=False)

    objects = UserManager()

    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["email"]

    class Meta:
        ordering: ClassVar[list[str]] = ["username"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                Lower("username"),
                name="clients_user_username",
                violation_error_message="This user name is taken.",
            ),
            models.UniqueConstraint(
                Lower("email"),
                name="clients_user_email",
                violation_error_message="This e-mail address is taken.",
            ),
        ]

    def __str__(self) -> str:
        return self.username

    @property
    def is_staff(self) -> bool:
        """Whether the data entry pages (the admin) open for this person at all."""
        if self.is_superuser:
            return True
        if has_scope() and current_scope().user == self:
            return current_scope().may(Action.USE_ADMIN)
        return Membership.objects.held_by(self).exclude(role=Role.VIEWER).exists()

    def has_perm(self, perm: str, obj: Any = None) -> bool:
        """Platform admins only; everybody else is judged by role and client."""
        return self.is_active and self.is_superuser

    def has_perms(self, perms: Any, obj: Any = None) -> bool:
        return all(self.has_perm(perm, obj) for perm in perms)

    def has_module_perms(self, app_label: str) -> bool:
        return self.is_active


class MembershipQuerySet(models.QuerySet["Membership"]):
    def in_force(self) -> Self:
        """Active memberships of active people in active clients; their period is judged in the
        client's own zone by `valid_today`."""
        return self.filter(active=True, client__active=True, user__is_active=True)

    def held_by(self, user: User) -> Self:
        return self.in_force().filter(user=user).select_related("client")


class Membership(models.Model):
    """A user's role in a client for a time."""

    user = models.ForeignKey(User, models.PROTECT, related_name="memberships")
    client = models.ForeignKey(Client, models.PROTECT, related_name="memberships")
    role = models.CharField(max_length=10, choices=Role)
    quality = models.BooleanField("quality flag", default=False)
    hr = models.BooleanField("HR flag", default=False)
    active = models.BooleanField(default=True)
    valid = DateRangeField(help_text="From today without end, unless said otherwise.")

    objects = MembershipQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["client__code", "user__username"]
        constraints: ClassVar[list[Any]] = [
            ExclusionConstraint(
                name="clients_membership_one_role",
                expressions=[
                    ("user", RangeOperators.EQUAL),
                    ("client", RangeOperators.EQUAL),
                    ("valid", RangeOperators.OVERLAPS),
                ],
                condition=Q(active=True),
                violation_error_message=(
                    "This user already has a role in this client in that period."
                ),
            ),
            models.CheckConstraint(
                condition=~Q(role="VIEWER") | Q(quality=False, hr=False),
                name="clients_membership_viewer_without_flags",
                violation_error_message="A viewer carries no flags.",
            ),
            models.CheckConstraint(
                condition=Q(role__in=Role.values),
                name="clients_membership_known_role",
                violation_error_message="Choose a role.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} · {self.client} · {self.get_role_display()}"

    def clean(self) -> None:
        if self.user_id and self.user.is_superuser:
            raise ValidationError("A platform admin belongs to no client.")

    def valid_today(self) -> bool:
        today = self.client.today()
        return today in self.valid if self.valid else False


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


class AuditEntry(models.Model):
    """What changed, when and by whom; written by the database, never changed."""

    class Kind(models.TextChoices):
        INSERT = "INSERT", "created"
        UPDATE = "UPDATE", "changed"
        DELETE = "DELETE", "deleted"

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

    objects = ClientManager()

    class Meta:
        verbose_name_plural = "audit entries"
        ordering: ClassVar[list[str]] = ["-occurred_at", "-id"]
        indexes: ClassVar[list[Any]] = [
            models.Index(fields=["client_id", "table_name", "row_id"], name="clients_audit_row"),
            models.Index(fields=["client_id", "-occurred_at"], name="clients_audit_recent"),
        ]

    def __str__(self) -> str:
        return f"{self.table_name} {self.row_id} {self.get_action_display()}"


class ApiToken(models.Model):
    """A key for integrators: hashed, expiring, bound to a user, narrowed at will."""

    user = models.ForeignKey(User, models.CASCADE, related_name="api_tokens")
    name = models.CharField(max_length=100)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    client = models.ForeignKey(
        Client, models.CASCADE, null=True, blank=True, help_text="Empty: all clients of the user."
    )
    read_only = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True, editable=False)
    revoked_at = models.DateTimeField(null=True, blank=True)

    LONGEST: ClassVar[datetime.timedelta] = datetime.timedelta(days=366)

    class Meta:
        verbose_name = "API token"
        ordering: ClassVar[list[str]] = ["user__username", "name"]

    def __str__(self) -> str:
        return f"{self.user}: {self.name}"

    @classmethod
    def issue(cls, user: User, name: str, **more: Any) -> tuple[ApiToken, str]:
        """A new token and its key, which is shown once and stored hashed only."""
        key = secrets.token_urlsafe(32)
        more.setdefault("expires_at", timezone.now() + datetime.timedelta(days=90))
        token = cls(user=user, name=name, digest=cls.digest_of(key), **more)
        token.full_clean()
        token.save()
        return token, key

    @staticmethod
    def digest_of(key: str) -> str:
        return hashlib.sha256(key.encode()).hexdigest()

    def clean(self) -> None:
        if self.expires_at and self.expires_at > timezone.now() + self.LONGEST:
            raise ValidationError({"expires_at": "A token expires within a year."})

    def narrows(self, scope: Scope) -> Scope:
        """The scope of the token's user, less what the token leaves out."""
        narrowed = scope.narrowed_to(self.client_id) if self.client_id else scope
        return replace(narrowed, read_only=self.read_only)

    def is_usable(self) -> bool:
        return self.revoked_at is None and self.user.is_active and self.expires_at > timezone.now()
