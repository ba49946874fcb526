from typing import Any

from django.core.management.commands import migrate

from clients.postgresql.base import as_owner


class Command(migrate.Command):
    """Migrates as the owner of the schema; the web role may not change it."""

    def handle(self, *args: Any, **options: Any) -> None:
        with as_owner(options["database"]):
            super().handle(*args, **options)
