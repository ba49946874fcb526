"""Attempts to sign in, counted for all workers, and requests for a new password."""

from __future__ import annotations

import datetime
import unicodedata
from typing import Any, ClassVar

from django.db import connection, models
from django.utils import timezone

from clients.models.people import User

NAME_LENGTH, ADDRESS_LENGTH = 150, 64


class SignInAttempt(models.Model):
    """A password that somebody tried. Names that nobody has are counted like all others."""

    at = models.DateTimeField()
    name = models.CharField(max_length=NAME_LENGTH, blank=True)
    address = models.CharField(max_length=ADDRESS_LENGTH)
    succeeded = models.BooleanField(default=False)

    FAILURES: ClassVar[int] = 5
    FAILURES_WITHIN: ClassVar[datetime.timedelta] = datetime.timedelta(minutes=15)
    LOCKED_FOR: ClassVar[datetime.timedelta] = datetime.timedelta(minutes=15)
    A_MINUTE: ClassVar[int] = 10
    KEPT_FOR: ClassVar[datetime.timedelta] = datetime.timedelta(hours=1)

    class Meta:
        ordering: ClassVar[list[str]] = ["-at", "-id"]
        indexes: ClassVar[list[Any]] = [
            models.Index(fields=["name", "-at"], name="clients_attempt_name"),
            models.Index(fields=["address", "-at"], name="clients_attempt_address"),
            models.Index(fields=["at"], name="clients_attempt_at"),
        ]

    def __str__(self) -> str:
        return f"{self.address} {self.at:%H:%M:%S}"

    @classmethod
    def of(cls, typed: str, address: str) -> SignInAttempt:
        """The attempt that begins now; the ways to write a name count as one, as in the form."""
        name = unicodedata.normalize("NFKC", typed).replace("\x00", "").strip().upper()
        return cls(at=timezone.now(), name=name[:NAME_LENGTH], address=address[:ADDRESS_LENGTH])

    def is_refused(self) -> bool:
        """Whether the name is locked, or the address asks too often; nothing is tried then.

        Until the end of the transaction no other attempt of the name or the address begins:
        many at once are counted one by one.
        """
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_advisory_xact_lock(71, hashtext(%s)),"
                " pg_advisory_xact_lock(72, hashtext(%s))",
                [self.name, self.address],
            )
        return self._is_locked() or self._in_this_minute() >= self.A_MINUTE

    def succeed(self, user: User) -> None:
        self.succeeded = True
        self._note("LOGIN", user.pk)

    def fail(self) -> None:
        """For names that nobody has, the same work is done as for those of people."""
        people = User.objects.filter(username__iexact=self.name).values_list("pk", flat=True)
        person = people.first()
        self._note("FAILED", person)
        if self._is_locked():
            signed("LOCKED", person, self.address)

    def count(self) -> None:
        """Count it for the address, which has asked for something else than a sign-in."""
        self.name = ""
        self.save()

    def _note(self, what: str, person: int | None) -> None:
        self.save()
        SignInAttempt.objects.filter(at__lt=self.at - self.KEPT_FOR).delete()
        signed(what, person, self.address)
        if self._in_this_minute() == self.A_MINUTE:
            signed("LOCKED", None, self.address)

    def _is_locked(self) -> bool:
        tried = SignInAttempt.objects.filter(name=self.name).exclude(name="")
        last = list(tried.values_list("at", "succeeded")[: self.FAILURES])
        if len(last) < self.FAILURES or any(succeeded for _, succeeded in last):
            return False
        newest, oldest = last[0][0], last[-1][0]
        return newest - oldest < self.FAILURES_WITHIN and timezone.now() < newest + self.LOCKED_FOR

    def _in_this_minute(self) -> int:
        begin = self.at - datetime.timedelta(minutes=1)
        return SignInAttempt.objects.filter(address=self.address, at__gt=begin).count()


def signed(what: str, person: int | None, address: str) -> None:
    """Note LOGIN, LOGOUT, FAILED or LOCKED in the audit."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT kpi_signed(%s, %s, %s)", [what, person, address])


class PasswordRequest(models.Model):
    """Somebody has asked for a link to a new password, for an account or for none.

    Whether there is an account is looked up when the page was answered long ago.
    """

    asked_at = models.DateTimeField(auto_now_add=True, db_index=True)
    email = models.EmailField(max_length=255)
    site = models.CharField(max_length=300)  # https://kpi.example.com, as the person reached it
    done_at = models.DateTimeField(null=True)
    was_sent = models.BooleanField(default=False)

    class Meta:
        ordering: ClassVar[list[str]] = ["asked_at", "id"]

    def __str__(self) -> str:
        return f"{self.asked_at:%Y-%m-%d %H:%M}"
