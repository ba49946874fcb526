"""The three walls, each attacked alone."""

from __future__ import annotations

import threading
import uuid
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import (
    DatabaseError,
    IntegrityError,
    ProgrammingError,
    connection,
    transaction,
)
from django.db.models import Manager

from clients.managers import ClientManager
from clients.models import AuditEntry, Client, ImportBatch, ImportMapping
from clients.scope import NoClientScope, client_scope, current_scope, every_client
from tests.standing import standing


def batch_of(client: Client, name: str, **more: Any) -> ImportBatch:
    with client_scope([client]):
        return ImportBatch.objects.create(client=client, kind="FILE", file_name=name, **more)


def names() -> set[str]:
    return set(ImportBatch.objects.values_list("file_name", flat=True))


def raw_names() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT file_name FROM clients_importbatch")
        return {name for (name,) in cursor.fetchall()}


@standing
def both(acme: Client, acme_2: Client) -> tuple[ImportBatch, ImportBatch]:
    return batch_of(acme, "boots.csv"), batch_of(acme_2, "socks.csv")


# -- wall 1: the manager --------------------------------------------------------------------


def test_manager_shows_rows_of_the_scope_only(both: Any, acme: Client, acme_2: Client) -> None:
    with client_scope([acme]):
        assert names() == {"boots.csv"}
    with client_scope([acme_2]):
        assert names() == {"socks.csv"}
    with client_scope([acme, acme_2]):
        assert names() == {"boots.csv", "socks.csv"}


def test_manager_without_scope_raises(both: Any) -> None:
    with pytest.raises(NoClientScope):
        list(ImportBatch.objects.all())
    with pytest.raises(NoClientScope):
        ImportBatch.objects.exists()
    with pytest.raises(NoClientScope):
        ImportBatch.objects.count()


def test_none_needs_no_scope(db: None) -> None:
    assert list(ImportBatch.objects.none()) == []


def test_a_queryset_built_for_one_client_serves_the_next_one_with_its_own_rows(
    both: Any, acme: Client, acme_2: Client
) -> None:
    with client_scope([acme]):
        early = ImportBatch.objects.filter(kind="FILE")
        assert [each.file_name for each in early.all()] == ["boots.csv"]
    with client_scope([acme_2]):
        assert [each.file_name for each in early.all()] == ["socks.csv"]


def test_related_manager_and_subquery_stay_in_scope(both: Any, acme: Client) -> None:
    with client_scope([acme]):
        inner = ImportBatch.objects.values("pk")
        assert set(
            ImportBatch.objects.filter(pk__in=inner).values_list("file_name", flat=True)
        ) == {"boots.csv"}


def test_own_clients_only_in_lists_of_clients(acme: Client, acme_2: Client) -> None:
    with client_scope([acme]):
        assert [each.code for each in Client.objects.all()] == ["ACME"]


def test_every_client_needs_a_reason(db: None) -> None:
    with pytest.raises(ValueError, match="needs a reason"):
        with every_client(" "):
            pass


def test_voided_rows_leave_the_default_manager(acme: Client) -> None:
    row = batch_of(acme, "boots.csv")
    with client_scope([acme]):
        row.void(by=None, reason="typed twice")
        assert names() == set()
        assert [each.void_reason for each in ImportBatch.with_voided.all()] == ["typed twice"]


# -- wall 2: the keys -----------------------------------------------------------------------


def foreign_mapping(acme_2: Client) -> ImportMapping:
    with client_scope([acme_2]):
        return ImportMapping.objects.create(client=acme_2, entity="x", header_fingerprint="f" * 64)


def test_database_refuses_a_reference_to_a_foreign_row(acme: Client, acme_2: Client) -> None:
    mapping = foreign_mapping(acme_2)
    with client_scope([acme, acme_2]), pytest.raises(IntegrityError, match="foreign key"):
        with transaction.atomic():
            ImportBatch.objects.create(client=acme, kind="FILE", mapping=mapping)
            connection.check_constraints()


def test_form_says_unknown_for_foreign_and_for_unknown_alike(acme: Client, acme_2: Client) -> None:
    mapping = foreign_mapping(acme_2)
    with client_scope([acme, acme_2]):
        said = []
        for target in (mapping.pk, mapping.pk + 1000):
            with pytest.raises(ValidationError) as refused:
                ImportBatch(client=acme, kind="FILE", mapping_id=target).full_clean()
            said.append(refused.value.message_dict["mapping"][0].replace(str(target), "?"))
        assert said == ["Unknown import mapping “?”."] * 2


def test_every_join_between_client_rows_compares_the_client(acme: Client) -> None:
    with client_scope([acme]):
        sql = str(ImportBatch.objects.filter(mapping__entity="x").query)
    assert '"clients_importmapping"."client_id" = ("clients_importbatch"."client_id")' in sql


def test_the_client_of_a_row_never_changes(acme: Client, acme_2: Client) -> None:
    row = batch_of(acme, "boots.csv")
    with client_scope([acme, acme_2]), pytest.raises(DatabaseError, match="never changes"):
        ImportBatch.objects.filter(pk=row.pk).update(client=acme_2)


# -- wall 3: row-level security -------------------------------------------------------------


def test_raw_sql_sees_the_scope_only(both: Any, acme: Client, acme_2: Client) -> None:
    with client_scope([acme]):
        assert raw_names() == {"boots.csv"}
        with client_scope([acme_2]):
            assert raw_names() == {"socks.csv"}
        assert raw_names() == {"boots.csv"}


def test_raw_sql_without_scope_raises(both: Any) -> None:
    with pytest.raises(DatabaseError, match="kpi.clients|malformed array"), transaction.atomic():
        raw_names()


def test_base_manager_and_a_plain_manager_see_the_scope_only(both: Any, acme: Client) -> None:
    plain: Any = Manager()
    plain.model = ImportBatch
    with client_scope([acme]):
        assert [each.file_name for each in ImportBatch._base_manager.all()] == ["boots.csv"]
        assert [each.file_name for each in plain.all()] == ["boots.csv"]


def test_insert_for_a_foreign_client_raises(acme: Client, acme_2: Client) -> None:
    with client_scope([acme]), pytest.raises(ProgrammingError, match="row-level security"):
        with transaction.atomic():
            ImportBatch.objects.bulk_create([ImportBatch(client=acme_2, kind="FILE")])


def test_update_and_delete_by_raw_sql_miss_foreign_rows(both: Any, acme: Client) -> None:
    with client_scope([acme]), connection.cursor() as cursor:
        cursor.execute("UPDATE clients_importbatch SET file_name = 'stolen'")
        assert cursor.rowcount == 1
        cursor.execute("DELETE FROM clients_importbatch WHERE file_name <> 'stolen'")
        assert cursor.rowcount == 0


def test_scope_survives_a_rolled_back_savepoint(both: Any, acme: Client, acme_2: Client) -> None:
    with client_scope([acme]):
        with pytest.raises(RuntimeError), client_scope([acme_2]):
            assert raw_names() == {"socks.csv"}
            raise RuntimeError
        assert raw_names() == {"boots.csv"}
        assert names() == {"boots.csv"}


def test_scope_survives_a_database_error_inside(both: Any, acme: Client, acme_2: Client) -> None:
    with client_scope([acme]):
        with pytest.raises(DatabaseError), client_scope([acme_2]):
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1 / 0")
        assert raw_names() == {"boots.csv"}


def test_switching_security_off_is_not_the_web_roles_to_do(db: None) -> None:
    with pytest.raises(ProgrammingError, match="owner"), transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE clients_importbatch NO FORCE ROW LEVEL SECURITY")


def test_the_web_role_is_no_owner_no_superuser_and_bypasses_nothing(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_user::text, rolsuper, rolbypassrls,"
            " (SELECT count(*) FROM pg_class WHERE relowner = oid_of.oid)"
            " FROM pg_roles oid_of WHERE rolname = current_user"
        )
        assert cursor.fetchone() == ("kpi_app", False, False, 0)


@pytest.mark.django_db(transaction=True)
def test_a_reused_connection_carries_no_scope_over() -> None:
    client = Client.open(code="ALPHA", name="Alpha")
    batch_of(client, "alpha.csv")
    with client_scope([client]):
        assert raw_names() == {"alpha.csv"}
    with pytest.raises(DatabaseError):
        raw_names()


@pytest.mark.django_db(transaction=True)
def test_two_threads_with_two_clients_do_not_mix() -> None:
    clients = [Client.open(code=f"CLIENT-{n}", name=f"Client {n}") for n in range(2)]
    for each in clients:
        batch_of(each, f"{each.code}.csv")
    seen: dict[str, set[str]] = {}
    gate = threading.Barrier(2, timeout=10)

    def look(client: Client) -> None:
        with client_scope([client]):
            gate.wait()
            seen[client.code] = names() | raw_names()
            gate.wait()
        connection.close()

    threads = [threading.Thread(target=look, args=[each]) for each in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == {"CLIENT-0": {"CLIENT-0.csv"}, "CLIENT-1": {"CLIENT-1.csv"}}


def test_a_thread_does_not_inherit_the_scope(acme: Client) -> None:
    raised: list[type[BaseException]] = []

    def look() -> None:
        try:
            current_scope()
        except NoClientScope as error:
            raised.append(type(error))

    with client_scope([acme]):
        thread = threading.Thread(target=look)
        thread.start()
        thread.join()
    assert raised == [NoClientScope]


@pytest.mark.django_db(transaction=True)
def test_what_runs_on_commit_needs_a_scope_of_its_own() -> None:
    client = Client.open(code="ALPHA", name="Alpha")
    raised: list[type[BaseException]] = []

    def later() -> None:
        try:
            ImportBatch.objects.count()
        except NoClientScope as error:
            raised.append(type(error))

    with client_scope([client]):
        transaction.on_commit(later)
    assert raised == [NoClientScope]


# -- audit ----------------------------------------------------------------------------------


def test_every_change_of_a_client_row_is_audited(acme: Client, member: Any) -> None:
    user = member(acme)
    with client_scope([acme], user=user, source="MANUAL"):
        row = ImportBatch.objects.create(client=acme, kind="FILE", file_name="a.csv")
        row.file_name = "b.csv"
        row.save()
        entries = AuditEntry.objects.filter(table_name="clients_importbatch", row_id=row.pk)
        update = entries.get(action="UPDATE")
        assert update.changes == {"file_name": ["a.csv", "b.csv"]}
        assert (update.actor_id, update.actor_name) == (user.pk, user.username)
        assert entries.filter(action="INSERT").count() == 1
        row.refresh_from_db()
        assert (row.version, row.created_by, row.updated_by) == (2, user, user)


def test_bulk_writes_are_audited_too(acme: Client) -> None:
    with client_scope([acme]):
        ImportBatch.objects.bulk_create(
            [ImportBatch(client=acme, kind="FILE", file_name=f"{n}.csv") for n in range(3)]
        )
        ImportBatch.objects.update(file_name="same.csv")
        entries = AuditEntry.objects.filter(table_name="clients_importbatch")
        assert entries.filter(action="INSERT").count() == 3
        assert entries.filter(action="UPDATE").count() == 3


def test_audit_of_another_client_is_unreachable(acme: Client, acme_2: Client) -> None:
    batch_of(acme_2, "socks.csv")
    with client_scope([acme]):
        assert AuditEntry.objects.filter(table_name="clients_importbatch").count() == 0
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM clients_auditentry WHERE client_id = %s", [acme_2.pk]
            )
            assert cursor.fetchone() == (0,)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE clients_auditentry SET reason = 'x'",
        "DELETE FROM clients_auditentry",
        "TRUNCATE clients_auditentry",
    ],
)
def test_the_audit_is_append_only(acme: Client, statement: str) -> None:
    batch_of(acme, "boots.csv")
    with client_scope([acme]), pytest.raises(DatabaseError), transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(statement)


def test_a_second_submit_of_one_key_is_refused_per_client(acme: Client, acme_2: Client) -> None:
    key = uuid.uuid4()
    batch_of(acme, "a.csv", idempotency_key=key)
    batch_of(acme_2, "b.csv", idempotency_key=key)
    with client_scope([acme]), pytest.raises(ValidationError, match="submitted already"):
        ImportBatch(client=acme, kind="FILE", idempotency_key=key).full_clean()


def test_managers_of_client_rows_are_scoped(db: None) -> None:
    assert isinstance(ImportBatch._default_manager, ClientManager)
