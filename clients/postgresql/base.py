"""Django's PostgreSQL backend, with our schema editor and two roles."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.db import connections
from django.db.backends.postgresql import base

from clients.postgresql.schema import SchemaEditor


class DatabaseWrapper(base.DatabaseWrapper):
    SchemaEditorClass = SchemaEditor


@contextmanager
def as_owner(using: str = "default") -> Iterator[None]:
    """Connect as the owner of the schema: for migrations and for making test databases.

    The web role owns nothing, so it cannot switch row-level security off.
    """
    connection = connections[using]
    web: dict[str, Any] = dict(connection.settings_dict)
    owner = getattr(settings, "OWNER_DATABASE", {})
    login = {key: value for key, value in owner.items() if key not in ("NAME", "OPTIONS")}
    options = {key: value for key, value in web["OPTIONS"].items() if key != "options"}
    connection.close()
    _close_pool(connection)
    connection.settings_dict.update({**login, "OPTIONS": options})
    try:
        yield
    finally:
        connection.close()
        _close_pool(connection)
        name = connection.settings_dict["NAME"]
        connection.settings_dict.update({**web, "NAME": name})


def _close_pool(connection: Any) -> None:
    if connection.settings_dict.get("OPTIONS", {}).get("pool"):
        connection.close_pool()
