"""Load every <entity>.csv of a folder, in the order in which the entities name each other."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from clients.imports.errors import Refused
from clients.imports.folders import Load


class Command(BaseCommand):
    help = "Load every <entity>.csv of a folder as platform admin; one JSON line per file."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path)
        parser.add_argument(
            "--update", action="store_true", help="write changed rows, which are skipped otherwise"
        )

    def handle(self, *args: Any, folder: Path, update: bool, **options: Any) -> None:
        if not folder.is_dir():
            raise CommandError(f"There is no folder {folder}.")
        refused = False
        try:
            for line in Load(folder, update=update).run():
                self.stdout.write(json.dumps(line, ensure_ascii=False))
                refused = refused or bool(line.get("rejected"))
        except Refused as error:
            raise CommandError(str(error)) from None
        if refused:
            sys.exit(1)
