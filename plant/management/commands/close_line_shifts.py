from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from clients.models import Client
from clients.scope import client_scope
from plant.models import LineShift


class Command(BaseCommand):
    help = "Closes the line-shifts that ended two hours ago and that nobody has closed."

    def handle(self, *args: Any, **options: Any) -> None:
        for each in Client.unscoped.filter(active=True):
            with client_scope([each]):
                closed = LineShift.objects.close_forgotten()
            self.stdout.write(f"{each.code}: {closed} line-shifts closed by the system")
