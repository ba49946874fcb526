"""Many rows in one statement are stored as Django stores them one by one."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from django.db import DatabaseError, DataError, connection, transaction
from django.test.utils import CaptureQueriesContext

from clients.inserting import insert_together
from clients.models import AuditEntry, Client, User
from clients.scope import client_scope
from downtime.models import DowntimeEvent
from machines.models import Machine
from plant.models import Line, Part, Style, WorkOrder
from tests.plant.factories import make_line, make_shift

AWKWARD = ['a "quoted" name', "back\\slash, comma", "{braces} NULL", "100 % ñ"]


def lines(client: Client, names: list[str]) -> list[Line]:
    return [
        Line(client=client, code=f"q{number}", name=name, department="Sewing")
        for number, name in enumerate(names)
    ]


def statements(rows: list[Any]) -> list[str]:
    with CaptureQueriesContext(
        connection,
    ) as asked:
        type(rows[0]).objects.bulk_create(rows)
    return [each["sql"].split("(")[0].strip() for each in asked]


def test_one_statement_stores_every_text_as_it_is(acme: Client) -> None:
    with client_scope([acme]):
        rows = lines(acme, AWKWARD)
        assert statements(rows) == ['INSERT INTO "plant_line"']
        stored = Line.objects.filter(code__startswith="Q").order_by("code")
        assert [each.name for each in stored] == AWKWARD
        assert [each.pk for each in stored] == [each.pk for each in rows]
        assert [each._state.adding for each in rows] == [False, False, False, False]


def test_same_values_are_sent_once(acme: Client) -> None:
    with client_scope([acme]), CaptureQueriesContext(connection) as asked:
        Line.objects.bulk_create(lines(acme, AWKWARD))
    assert asked[0]["sql"].count("Sewing") == 1


def test_the_trigger_says_who_and_when_and_writes_the_audit(acme: Client) -> None:
    author = User.objects.create_user("author", "author@example.com")
    with client_scope([acme], user=author):
        Line.objects.bulk_create(lines(acme, ["one", "two"]))
        stored = Line.objects.filter(code__startswith="Q")
        assert [(each.created_by_id, each.version) for each in stored] == [(author.pk, 1)] * 2
        told = AuditEntry.objects.filter(table_name="plant_line", actor_id=author.pk)
        assert [each.action for each in told] == ["INSERT", "INSERT"]


def test_what_the_database_works_out_is_read_back(acme: Client) -> None:
    with client_scope([acme]):
        line, shift = make_line(acme), make_shift(acme)
        day = datetime.date(2025, 12, 2)
        rows = [
            DowntimeEvent(client=acme, line=line, shift=shift, shift_date=day, minutes=minutes)
            for minutes in (10, 25)
        ]
        DowntimeEvent.prepare(rows)
        assert insert_together(DowntimeEvent, rows, "default") is True
        assert [each.lost_line_minutes for each in rows] == [10, 25]


def test_too_long_a_text_is_refused_and_not_cut(acme: Client) -> None:
    with client_scope([acme]), pytest.raises(DataError), transaction.atomic():
        Line.objects.bulk_create(lines(acme, ["x" * 101, "short"]))


def test_rows_name_rows_that_were_stored_meanwhile(acme: Client) -> None:
    with client_scope([acme]):
        style = Style(client=acme, code="BOOT", name="Boot")
        parts = [Part(client=acme, code=code, style=style) for code in ("B-1", "B-2")]
        with pytest.raises(ValueError, match="unsaved related object"):
            Part.objects.bulk_create(parts)
        style.save()
        Part.objects.bulk_create(parts)
        assert [each.style_id for each in Part.objects.order_by("code")] == [style.pk, style.pk]


def test_keys_that_are_given_are_left_to_django(acme: Client) -> None:
    with client_scope([acme]):
        rows = lines(acme, ["one", "two"])
        rows[0].pk = 900_001
        assert insert_together(Line, rows, "default") is False


def test_foreign_rows_are_refused_by_the_walls(acme: Client, acme_2: Client) -> None:
    with client_scope([acme_2]):
        theirs = make_line(acme_2)
    with client_scope([acme]):
        rows = [Machine(client=acme, code=f"M{n}", name=f"M{n}", line=theirs) for n in (1, 2)]
        with pytest.raises(Exception, match="plant_line"), transaction.atomic():
            Machine.objects.bulk_create(rows)
            connection.check_constraints()
        with pytest.raises(Exception, match="row-level security"), transaction.atomic():
            Line.objects.bulk_create(lines(acme_2, ["one", "two"]))


def test_without_a_scope_nothing_is_stored(acme: Client) -> None:
    with pytest.raises(DatabaseError), transaction.atomic():
        Line.objects.bulk_create(lines(acme, ["one", "two"]))


def orders(client: Client, numbers: range) -> list[WorkOrder]:
    day = datetime.date(2025, 12, 1)
    return [
        WorkOrder(
            client=client, number=f"N-{number}", planned_quantity=100,
            received_date=day, promised_date=day,
        )
        for number in numbers
    ]  # fmt: skip


def checked() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def times_read_through(table: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT seq_scan FROM pg_stat_xact_all_tables WHERE relname = %s", [table])
        return int(cursor.fetchone()[0])


def test_references_to_many_new_rows_are_checked_by_index(acme: Client) -> None:
    """What was planned for a table of ten rows is not done a thousand times to one of a thousand.

    Each order is written with its first transition, which refers to it.
    """
    with client_scope([acme]):
        WorkOrder.objects.bulk_create(orders(acme, range(10)))
        checked()
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL ROLE kpi_owner")
            cursor.execute("ANALYZE plant_workorder")
            cursor.execute("SET LOCAL ROLE kpi_app")
        for number in range(10, 20):
            WorkOrder.objects.bulk_create(orders(acme, range(number, number + 1)))
            checked()
        before = times_read_through("plant_workorder")
        WorkOrder.objects.bulk_create(orders(acme, range(1000, 2000)))
        checked()
        assert times_read_through("plant_workorder") - before == 0
