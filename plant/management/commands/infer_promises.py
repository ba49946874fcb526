from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from clients.models import Client
from clients.scope import client_scope
from plant.promises import infer_missing


class Command(BaseCommand):
    help = (
        "Infers the promise of orders that have no promised, required or inferred date: those"
        " written before there were any, or before their standard, their job or their start."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--client", metavar="CODE", help="one client instead of all")

    def handle(self, *args: Any, client: str | None, **options: Any) -> None:
        clients = Client.unscoped.filter(active=True)
        if client:
            clients = clients.filter(code=client)
            if not clients.exists():
                raise CommandError(f"Unknown client “{client}”.")
        for each in clients:
            with client_scope([each]):
                inferred = infer_missing(each)
            self.stdout.write(f"{each.code}: {inferred} promises inferred")
