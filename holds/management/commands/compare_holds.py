from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from clients.models import Client
from clients.scope import client_scope
from holds.comparison import disagreements


class Command(BaseCommand):
    help = (
        "Lists every order whose status and holds disagree: on hold without an open hold of the "
        "whole order, or the other way round. For the night; exit code 1 when there is one."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--client", metavar="CODE", help="one client instead of all")

    def handle(self, *args: Any, client: str | None, **options: Any) -> None:
        clients = Client.unscoped.filter(active=True)
        if client:
            clients = clients.filter(code=client)
            if not clients.exists():
                raise CommandError(f"Unknown client “{client}”.")
        found = 0
        for each in clients:
            with client_scope([each]):
                for sentence in disagreements():
                    found += 1
                    self.stdout.write(f"{each.code}: {sentence}")
        if found:
            raise CommandError(f"Orders whose status and holds disagree: {found}.")
        self.stdout.write("The status of every order agrees with its holds.")
