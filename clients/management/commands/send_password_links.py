"""Mails the links to a new password that were asked for; a job runs this every few seconds."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

from django.core.mail import send_mail
from django.core.management.base import BaseCommand
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode
from django.utils.translation import gettext as _

from clients.models import PasswordRequest, User
from clients.signing import link_tokens

# Whoever asks again within this time is helped by the mail that is on its way.
AGAIN_AFTER = timedelta(minutes=5)
TOO_LATE_AFTER = timedelta(hours=1)
KEPT_FOR = timedelta(days=1)

log = logging.getLogger(__name__)


class Command(BaseCommand):
    help = __doc__

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        PasswordRequest.objects.filter(asked_at__lt=now - KEPT_FOR).delete()
        while self.answered_one():
            pass

    @transaction.atomic
    def answered_one(self) -> bool:
        """Several of these processes at once do not send a mail twice."""
        waiting = PasswordRequest.objects.filter(done_at=None)
        asked = waiting.select_for_update(skip_locked=True).first()
        if asked is None:
            return False
        asked.done_at = timezone.now()
        asked.was_sent = self.sent(asked)
        asked.save(update_fields=["done_at", "was_sent"])
        return True

    def sent(self, asked: PasswordRequest) -> bool:
        now = timezone.now()
        user = User.objects.filter(email__iexact=asked.email, is_active=True).first()
        before = PasswordRequest.objects.filter(
            email__iexact=asked.email, was_sent=True, done_at__gt=now - AGAIN_AFTER
        )
        if user is None or asked.asked_at < now - TOO_LATE_AFTER or before.exists():
            return False
        try:
            mail(user, asked.site)
        except OSError:  # what smtplib raises, too
            log.exception("A password link could not be mailed.")
            return False
        return True


def mail(user: User, site: str) -> None:
    """To the address that the account has, not to the one that was typed."""
    key = urlsafe_base64_encode(force_bytes(user.pk))
    token = link_tokens.make_token(user)
    link = reverse("password_reset_confirm", kwargs={"uidb64": key, "token": token})
    with translation.override(user.language or None):
        text = render_to_string(
            "registration/password_reset_email.txt", {"user": user, "link": f"{site}{link}"}
        )
        send_mail(_("A new password for KPI Ops"), text, None, [user.email])
