from __future__ import annotations

import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from clients.models import User
from demo.mark import MARK, database_name, is_demo_database, is_empty
from demo.people import ADMIN, password, sign_in_names
from demo.seeding import refresh_statistics, seed


class Command(BaseCommand):
    help = "Fills a database that is marked as demo with invented clients and their rows."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--clients", type=int, default=4, help="how many clients")
        parser.add_argument("--months", type=int, default=12, help="how far back they reach")
        parser.add_argument(
            "--only-when-empty",
            action="store_true",
            help="do nothing, without complaint, where there is something already",
        )

    def handle(
        self, *args: Any, clients: int, months: int, only_when_empty: bool, **options: Any
    ) -> None:
        if clients < 1 or not 1 <= months <= 36:
            raise CommandError("Give at least one client and 1 to 36 months.")
        if only_when_empty and not (is_demo_database() and is_empty()):
            self._tell_sign_ins()
            return
        self._refuse()
        self.stdout.write(f"Inventing {clients} clients and {months} months …")
        started = time.monotonic()
        rows = seed(clients=clients, months=months)
        refresh_statistics()
        seconds = time.monotonic() - started
        self.stdout.write("  " + ", ".join(f"{count:,} {what}" for what, count in rows.items()))
        self.stdout.write(f"Demo data are there: {rows.total():,} rows in {seconds:.0f} s.")
        self._tell_sign_ins()

    def _refuse(self) -> None:
        name = database_name()
        if not is_demo_database():
            raise CommandError(
                f"The database “{name}” is not marked as demo, so nothing was written."
                f" If nobody misses it: COMMENT ON DATABASE {name} IS '{MARK}'"
            )
        if not is_empty():
            raise CommandError(f"The database “{name}” holds clients already; nothing was written.")

    def _tell_sign_ins(self) -> None:
        names = sign_in_names()
        demo_users = User.objects.filter(username__in=names, email__endswith="@example.com")
        if not is_demo_database() or demo_users.count() < len(names):
            return
        self.stdout.write("Demo sign-ins (name / password):")
        for name in names:
            note = "  (all clients)" if name == ADMIN else ""
            self.stdout.write(f"  {name} / {password(name)}{note}")
