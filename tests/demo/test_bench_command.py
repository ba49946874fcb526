"""The whole benchmark, once, on the smallest data. Alone in its file: it leaves the test's
transaction, and so must nobody else's still be open."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection


@pytest.mark.django_db(transaction=True)
def test_the_benchmark_runs_in_a_database_of_its_own():
    configured = connection.settings_dict["NAME"]
    output = StringIO()
    call_command("bench", clients=1, days=30, only="create", stdout=output)
    lines = output.getvalue().splitlines()
    assert lines[0].startswith("1 clients × 30 days, ")
    assert lines[1].startswith("Row-level security, sums of one client over 30 days: ")
    assert lines[-1].startswith("create one row, API")
    assert connection.settings_dict["NAME"] == configured
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_database WHERE datname = 'kpi_ops_bench'")
        assert cursor.fetchone() == (0,)
