"""Deletes drafts that nobody has touched for a week, and those of people who have left."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from clients.models import Client
from clients.scope import client_scope
from entry.drafts import drop_old


class Command(BaseCommand):
    help = __doc__

    def handle(self, *args: Any, **options: Any) -> None:
        for each in Client.unscoped.all():
            with client_scope([each]):
                dropped = drop_old(each)
            self.stdout.write(f"{each.code}: {dropped} drafts deleted")
