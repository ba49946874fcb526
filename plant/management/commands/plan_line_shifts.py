from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from clients.models import Client
from clients.scope import client_scope
from plant.shifts import plan_line_shifts


class Command(BaseCommand):
    help = "Makes the planned line-shifts of the coming days, by weekday and calendar."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--days", type=int, default=7)
        parser.add_argument("--client", metavar="CODE", help="one client instead of all")

    def handle(self, *args: Any, days: int, client: str | None, **options: Any) -> None:
        clients = Client.unscoped.filter(active=True)
        if client:
            clients = clients.filter(code=client)
            if not clients.exists():
                raise CommandError(f"Unknown client “{client}”.")
        for each in clients:
            with client_scope([each]):
                made = plan_line_shifts(each, days=days)
            self.stdout.write(f"{each.code}: {made} line-shifts planned")
