"""Lets a person try to sign in again who has been locked out: unlock NAME."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from clients.models import SignInAttempt


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name")

    def handle(self, *args: Any, name: str, **options: Any) -> None:
        name = SignInAttempt.of(name, "").name
        SignInAttempt.objects.filter(name=name).delete()
