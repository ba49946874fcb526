"""Whether a database may be filled with invented rows. Nobody's real database carries the mark."""

from __future__ import annotations

from django.db import connection

from clients.models import Client

MARK = "demo"


def database_name() -> str:
    return str(connection.settings_dict["NAME"])


def is_demo_database() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT shobj_description(oid, 'pg_database') FROM pg_database"
            " WHERE datname = current_database()"
        )
        (comment,) = cursor.fetchone()
    return bool(comment == MARK)


def is_empty() -> bool:
    return not Client.unscoped.exists()
