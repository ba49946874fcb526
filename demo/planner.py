"""What PostgreSQL has to know of tables while one transaction fills them."""

from __future__ import annotations

from typing import Any

from django.db import connection


def tell_planner(*models: Any) -> None:
    """How large these tables are by now, in the transaction that fills them.

    A table without statistics passes for tiny, and each row that names one of its rows has all
    of them looked through. Only the owner of a table may count it.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_user, tableowner, pg_has_role(session_user, tableowner, 'SET')"
            " FROM pg_tables WHERE schemaname = 'public' AND tablename = %s",
            [models[0]._meta.db_table],
        )
        role, owner, is_possible = cursor.fetchone()
        if not is_possible:
            return
        cursor.execute(f'SET LOCAL ROLE "{owner}"')
        cursor.execute("ANALYZE " + ", ".join(f'"{each._meta.db_table}"' for each in models))
        cursor.execute(f'SET LOCAL ROLE "{role}"')
