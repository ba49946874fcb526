"""The client: the brand owner whose goods are made, and the unit of separation."""

from __future__ import annotations

import datetime
from typing import Any, ClassVar, Self
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone

from clients import catalogues
from clients.managers import ClientManager
from clients.scope import client_scope, current_scope, every_client, has_scope


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

    @property
    def releases_orders(self) -> bool:
        """Whether a planner lets each order go before it is made."""
        return self.order_flow == self.OrderFlow.STANDARD

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
