"""A small demo, made once for the tests of a module and taken back afterwards."""

from __future__ import annotations

import datetime

import pytest
from django.db import connection, transaction

from demo.mark import MARK, database_name
from demo.seeding import seed
from tests.standing import as_declared

# A Wednesday in Matamoros, 09:00: the day shift runs.
NOW = datetime.datetime(2026, 3, 18, 15, 0, tzinfo=datetime.UTC)


@pytest.fixture(scope="module")
def demo(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock(), transaction.atomic():
        seeded = seed(clients=1, months=1, now=NOW)
        as_declared()
        yield seeded
        transaction.set_rollback(True)


@pytest.fixture
def marked(db):
    """The mark is the owner's to set; like everything else it is rolled back."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT session_user, current_user")
        owner, web = cursor.fetchone()
        cursor.execute(f'SET LOCAL ROLE "{owner}"')
        cursor.execute(f"COMMENT ON DATABASE \"{database_name()}\" IS '{MARK}'")
        cursor.execute(f'SET LOCAL ROLE "{web}"')
