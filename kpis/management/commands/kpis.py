"""Figures on the command line: the same objects as the API's."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from clients.models import Client
from clients.scope import client_scope
from kpis.engine import NotOffered, evaluate, offered
from kpis.periods import Period, PeriodError
from kpis.registry import UnknownKey, catalogue


def day(text: str) -> date:
    return date.fromisoformat(text)


class Command(BaseCommand):
    help = "Print KPIs of one or several clients as JSON."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--client", action="append", required=True, metavar="CODE")
        parser.add_argument("--from", dest="first", type=day, required=True, metavar="D")
        parser.add_argument("--to", dest="last", type=day, required=True, metavar="D")
        parser.add_argument("--key", action="append", default=[], metavar="K")
        parser.add_argument("--by", default="", metavar="DIM")
        parser.add_argument("--as-of", type=day, metavar="D")

    def handle(self, *args: Any, **options: Any) -> None:
        clients = [self._client(code) for code in dict.fromkeys(options["client"])]
        try:
            with client_scope(clients):
                period = Period.days(options["first"], options["last"])
                by = [each for each in options["by"].split(",") if each]
                keys = options["key"] or offered(catalogue.keys(), by)
                figures = evaluate(keys, clients, period, by=by, as_of=options["as_of"])
        except (NotOffered, PeriodError, UnknownKey) as error:
            raise CommandError(str(error)) from error
        answer = [each.as_json() for each in figures]
        self.stdout.write(json.dumps(answer, indent=2, ensure_ascii=False))

    def _client(self, code: str) -> Client:
        client = Client.unscoped.filter(code=code).first()
        if client is None:
            raise CommandError(f"Unknown client “{code}”.")
        return client
