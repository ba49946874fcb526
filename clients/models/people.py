"""Users, their roles in clients, and the keys of integrators."""

from __future__ import annotations

import datetime
import hashlib
import secrets
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, ClassVar, Self

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.crypto import salted_hmac

from clients.models.clients import Client
from clients.roles import Action, Role
from clients.scope import Scope, current_scope, has_scope


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
    # Sessions of an earlier epoch are over. The database counts on when a role or activity ends.
    session_epoch = models.IntegerField(default=0, editable=False)

    objects = UserManager()

    # Memberships that were read together with the user of a request.
    held: list[Membership]
    # All clients there are, read together with a platform admin.
    every_client_id: frozenset[int]

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

    def save(self, *args: Any, **more: Any) -> None:
        """A new password ends the tokens; the same one, hashed anew at a sign-in, does not."""
        is_new = getattr(self, "_password", None) is not None and self.pk is not None
        super().save(*args, **more)
        if is_new:
            self.api_tokens.filter(revoked_at=None).update(revoked_at=timezone.now())

    def get_session_auth_hash(self) -> str:
        """What a session is compared with at each request: password and epoch."""
        text = f"{self.session_epoch}:{self.password}"
        return salted_hmac("clients.User.session", text, algorithm="sha256").hexdigest()

    def get_session_auth_fallback_hash(self) -> Iterator[str]:
        yield from ()

    def end_sessions(self) -> None:
        """Sign the person out wherever they are signed in."""
        User.objects.filter(pk=self.pk).update(session_epoch=F("session_epoch") + 1)

    def clean(self) -> None:
        super().clean()
        if self.is_superuser and self.pk and self.memberships.filter(active=True).exists():
            raise ValidationError({"is_superuser": "A platform admin belongs to no client."})

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
        if self.client_id:
            scope = scope.narrowed_to(self.client_id)
            scope = replace(scope, widest=scope.ids)
        return replace(scope, read_only=self.read_only, token=self.pk)

    def is_usable(self) -> bool:
        return self.revoked_at is None and self.user.is_active and self.expires_at > timezone.now()
