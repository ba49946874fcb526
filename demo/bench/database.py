"""A database of the benchmark's own, beside the one that is configured, and gone afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.core.management import CommandError
from django.db import connection

from clients.postgresql.base import as_owner
from demo.mark import MARK

NAME = "kpi_ops_bench"


@contextmanager
def own_database() -> Iterator[None]:
    """Made anew, so that every run measures the same rows; the configured one is not touched."""
    configured = connection.settings_dict["NAME"]
    _refuse_a_strangers()
    test = connection.settings_dict["TEST"]
    test["NAME"], before = NAME, test["NAME"]
    with as_owner():
        connection.creation.create_test_db(verbosity=0, autoclobber=True)
        with connection.cursor() as cursor:
            cursor.execute(f"COMMENT ON DATABASE {NAME} IS '{MARK}'")
    try:
        yield
    finally:
        test["NAME"] = before
        with as_owner():
            connection.creation.destroy_test_db(configured, verbosity=0)


def _refuse_a_strangers() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = %s",
            [NAME],
        )
        row = cursor.fetchone()
    if row and row[0] not in (MARK, None):
        raise CommandError(f"A database “{NAME}” exists that is not the benchmark's.")
