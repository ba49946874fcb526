"""Take back an import, or the last load of a folder, as a whole."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from clients.imports.errors import Refused
from clients.imports.folders import undo_load
from clients.imports.undo import undo
from clients.models import ImportBatch
from clients.scope import every_client


class Command(BaseCommand):
    help = "Void the new rows of an import and restore the changed ones, all or nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("batch", nargs="?", type=int, help="number of the import batch")
        parser.add_argument(
            "--last-load",
            action="store_true",
            help="everything that the last load_folder wrote; the clients themselves stay, empty",
        )

    def handle(self, *args: Any, batch: int | None, last_load: bool, **options: Any) -> None:
        if (batch is None) == (not last_load):
            raise CommandError("Name a batch, or --last-load.")
        try:
            undone = undo_load() if last_load else [self._undo(batch)]
        except Refused as error:
            raise CommandError(str(error)) from None
        for each in undone:
            journal = each.result.get("journal", {}).get("tables", {})
            rows = sum(len(table["new"]) + len(table["changed"]) for table in journal.values())
            told = {"batch": each.pk, "entity": each.entity, "state": each.state, "rows": rows}
            self.stdout.write(json.dumps(told))

    def _undo(self, number: int | None) -> ImportBatch:
        with every_client("a platform admin undoes an import", source="FILE"):
            found = ImportBatch.objects.filter(pk=number).first()
            if found is None:
                raise Refused(f"There is no import {number}.", "unknown")
            return undo(found)
