"""Preview a file for one client, or preview and commit it."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from clients.imports.batches import open_batch, settle
from clients.imports.entities import EntityImport, registry
from clients.imports.errors import Fault, Refused, UnknownEntity
from clients.imports.files import LARGEST_BYTES, TOO_LARGE, read_file
from clients.imports.pipeline import Outcome, look, run
from clients.imports.tables import Table, table_of
from clients.models import Client, EntryMethod, ImportBatch
from clients.scope import client_scope, every_client


class Command(BaseCommand):
    help = "Check the rows of a file and print what they would do; --confirm writes them."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("entity", help="production_entry, ProductionEntry, production-entries")
        parser.add_argument("file", type=Path)
        parser.add_argument("--client", required=True)
        parser.add_argument("--confirm", action="store_true", help="write the accepted rows")
        parser.add_argument("--update", action="store_true", help="write changed rows as well")
        parser.add_argument("--reason", default="", help="of changes that need one")
        parser.add_argument("--sheet", default="", help="the sheet of a workbook")

    def handle(self, *args: Any, **options: Any) -> None:
        entity, client = self._named(options["entity"], options["client"])
        try:
            table = self._table(entity, options["file"], options["sheet"])
            with client_scope([client], source="FILE"):
                told = self._run(entity, client, table, options).as_json()
        except Refused as refused:
            error = Fault(0, "", "", refused.code, str(refused)).as_json()
            counts = dict.fromkeys(("rows_total", "new", "changed", "same", "rejected"), 0)
            told = {"entity": entity.name, **counts, "errors": [error]}
        self.stdout.write(json.dumps(told, ensure_ascii=False))
        if told["errors"]:
            sys.exit(1)

    def _named(self, entity: str, code: str) -> tuple[EntityImport, Client]:
        try:
            importer = registry.get(entity)
        except UnknownEntity as error:
            raise CommandError(str(error)) from None
        with every_client("the client is named on the command line"):
            client = Client.objects.filter(code=code, active=True).first()
        if client is None:
            raise CommandError(f"Unknown client “{code}”.")
        return importer, client

    def _table(self, entity: EntityImport, path: Path, sheet: str) -> Table:
        if not path.is_file():
            raise CommandError(f"There is no file {path}.")
        if path.stat().st_size > LARGEST_BYTES:
            raise Refused(TOO_LARGE, "too_large")
        return table_of(read_file(path.read_bytes(), path.name, sheet), entity)

    def _run(
        self, entity: EntityImport, client: Client, table: Table, options: dict[str, Any]
    ) -> Outcome:
        if not options["confirm"]:
            return look(entity, client, table)
        with transaction.atomic():
            batch = open_batch(
                entity,
                client,
                ImportBatch.Kind.FILE,
                file_name=table.file_name,
                sha256=table.digest,
                rows_total=len(table.rows),
                entry_method=EntryMethod.FILE,
            )
            outcome = run(
                entity, client, table, batch, update=options["update"], reason=options["reason"]
            )
            if outcome.written:
                settle(batch, outcome)
            transaction.set_rollback(not outcome.written)
        return outcome
