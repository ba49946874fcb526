"""The separation of clients, proven over whatever models and addresses exist.

Nothing here names a model or an address: they are found by introspection, so that a new one is
covered on the day it appears. The ISO numbers are those of the requirements on separation.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import DatabaseError, IntegrityError, connection, models, transaction
from django.db.models import F

from clients.append_only import AppendOnly
from clients.fields import ClientForeignKey, EmployeeForeignKey, OwnerField
from clients.managers import ClientManager, InScope, InScopeOrShared
from clients.models import Client, ClientRow, User
from clients.scope import NoClientScope, client_scope
from tests.filled import fill

Filled = dict[str, Any]

CLIENT_ROWS = sorted(
    (model for model in apps.get_models() if issubclass(model, ClientRow)),
    key=lambda model: model._meta.label,
)
# Histories: the database takes no change and no deletion of their rows.
WRITTEN_ONCE = [
    model
    for model in CLIENT_ROWS
    if any(isinstance(each, AppendOnly) for each in model._meta.constraints)
]
CHANGEABLE = [model for model in CLIENT_ROWS if model not in WRITTEN_ONCE]
REFERENCES = [
    (model, field)
    for model in CLIENT_ROWS
    for field in model._meta.local_fields
    if isinstance(field, ClientForeignKey)
]
SHARED = {"plant.Employee", "kpis.Target"}
# What is typed and not confirmed is no fact yet, and its author's alone.
UNAUDITED = {"entry.SheetDraft"}
OURS = {
    "clients", "kpis", "plant", "machines", "attendance", "production", "downtime", "quality",
    "holds", "staffing", "entry", "dashboards",
}  # fmt: skip

by_model = pytest.mark.parametrize("model", CLIENT_ROWS, ids=lambda model: model.__name__)
by_changeable = pytest.mark.parametrize("model", CHANGEABLE, ids=lambda model: model.__name__)
by_reference = pytest.mark.parametrize(
    ("model", "field"), REFERENCES, ids=[f"{m.__name__}.{f.name}" for m, f in REFERENCES]
)


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: Any) -> Iterator[tuple[Filled, Filled]]:
    """Two filled clients, made once; each test below runs in a savepoint over them."""
    with django_db_blocker.unblock(), transaction.atomic():
        own = Client.open(code="ACME", name="Acme Boots")
        other = Client.open(code="ACME-2", name="Zebra Socks Ltd")
        yield fill(own, "OWN", 320), fill(other, "ZEBRA", 777)
        transaction.set_rollback(True)


@pytest.fixture
def mine(world: tuple[Filled, Filled], db: None) -> Filled:
    return world[0]


@pytest.fixture
def foreign(world: tuple[Filled, Filled], db: None) -> Filled:
    return world[1]


@pytest.fixture
def acme(mine: Filled) -> Client:
    return mine["Line"].client


@pytest.fixture
def acme_2(foreign: Filled) -> Client:
    return foreign["Line"].client


def rows_of(sql: str, *params: Any) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.fetchall()


def columns_of(model: Any) -> set[str]:
    return {field.column for field in model._meta.local_fields}


def test_there_are_models_to_judge() -> None:
    assert len(CLIENT_ROWS) >= 20
    assert len(REFERENCES) >= 60


def test_the_fixture_fills_every_model(mine: Filled) -> None:
    assert set(mine) == {model.__name__ for model in CLIENT_ROWS}


# -- ISO-051: the schema ---------------------------------------------------------------------


@by_model
def test_iso_051_a_client_is_given_on_every_row(model: Any) -> None:
    owner = model._meta.get_field("client")
    assert isinstance(owner, OwnerField)
    assert owner.null == (model._meta.label in SHARED)


@by_model
def test_iso_051_row_level_security_is_enabled_forced_and_has_a_policy(
    db: None, model: Any
) -> None:
    found = rows_of(
        "SELECT relrowsecurity, relforcerowsecurity, (SELECT count(*) FROM pg_policies"
        " WHERE tablename = relname) FROM pg_class WHERE relname = %s",
        model._meta.db_table,
    )
    assert found == [(True, True, 4 if model._meta.label in SHARED else 1)]


@by_model
def test_iso_051_every_unique_key_leads_with_the_client(db: None, model: Any) -> None:
    keys = rows_of(
        "SELECT (SELECT attname FROM pg_attribute WHERE attrelid = indrelid"
        " AND attnum = indkey[0]), indisprimary FROM pg_index"
        " WHERE indrelid = %s::regclass AND indisunique",
        model._meta.db_table,
    )
    assert {column for column, is_primary in keys if not is_primary} == {"client_id"}


@by_model
def test_iso_051_every_index_of_a_list_leads_with_the_client(model: Any) -> None:
    leading = [
        index.fields[0]
        for index in model._meta.indexes
        if type(index) is models.Index and index.fields
    ]
    assert [each for each in leading if each.removeprefix("-") != "client"] == []


@by_model
def test_every_table_is_audited(db: None, model: Any) -> None:
    triggers = {
        name
        for (name,) in rows_of(
            "SELECT tgname FROM pg_trigger WHERE tgrelid = %s::regclass AND tgenabled = 'O'",
            model._meta.db_table,
        )
    }
    assert {"kpi_audit", "kpi_stamp"} & triggers == (
        {"kpi_stamp"} if model._meta.label in UNAUDITED else {"kpi_audit", "kpi_stamp"}
    )


def test_iso_051_no_table_has_a_client_column_without_a_wall(db: None) -> None:
    open_tables = rows_of(
        "SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid"
        " WHERE c.relkind IN ('r', 'm', 'v') AND a.attname = 'client_id' AND NOT a.attisdropped"
        " AND c.relnamespace = 'public'::regnamespace AND NOT c.relforcerowsecurity"
    )
    # Access itself: read before there is a scope, by the owner of the rows alone.
    assert {name for (name,) in open_tables} == {"clients_membership", "clients_apitoken"}


def test_iso_054_functions_of_the_owner_return_no_rows(db: None) -> None:
    definer = rows_of(
        "SELECT proname, prorettype::regtype::text, proretset FROM pg_proc"
        " WHERE prosecdef AND pronamespace = 'public'::regnamespace ORDER BY proname"
    )
    assert [row for row in definer if row[1] not in {"trigger", "boolean"} or row[2]] == []
    names = {name for name, *_ in definer}
    assert names == {
        "coverage_is_taken", "kpi_audit", "kpi_changed_since", "kpi_own_or_shared", "kpi_signed",
    }  # fmt: skip


def test_iso_054_there_are_no_views_over_client_rows(db: None) -> None:
    views = rows_of(
        "SELECT relname FROM pg_class WHERE relkind IN ('v', 'm')"
        " AND relnamespace = 'public'::regnamespace"
    )
    assert views == []


# -- wall 1 ----------------------------------------------------------------------------------


@by_model
def test_wall_1_every_default_manager_is_late_bound(model: Any) -> None:
    assert isinstance(model._default_manager, ClientManager)
    assert model._meta.default_manager_name is None
    assert model._meta.base_manager_name is None


@by_model
def test_iso_001_a_manager_shows_own_rows_only(
    mine: Filled, foreign: Filled, acme: Client, model: Any
) -> None:
    with client_scope([acme]):
        shown = set(model._default_manager.values_list("pk", flat=True))
    assert mine[model.__name__].pk in shown
    assert foreign[model.__name__].pk not in shown


@by_model
def test_wall_1_asking_without_scope_raises(db: None, model: Any) -> None:
    with pytest.raises(NoClientScope):
        model._default_manager.exists()


# -- ISO-052, ISO-053: wall 3 ----------------------------------------------------------------


@by_model
def test_iso_052_raw_sql_counts_own_rows_only(
    mine: Filled, foreign: Filled, acme: Client, acme_2: Client, model: Any
) -> None:
    sql = f'SELECT count(*), bool_and(client_id = %s) FROM "{model._meta.db_table}"'
    for client in (acme, acme_2):
        with client_scope([client]):
            ((count, own),) = rows_of(sql, client.pk)
        assert count >= 1
        assert own is True


@by_model
def test_iso_052_raw_sql_without_scope_raises(mine: Filled, model: Any) -> None:
    with pytest.raises(DatabaseError), transaction.atomic():
        rows_of(f'SELECT count(*) FROM "{model._meta.db_table}"')


@by_model
def test_iso_053_a_row_cannot_be_written_into_a_foreign_client(
    mine: Filled, acme: Client, acme_2: Client, model: Any
) -> None:
    table, row = model._meta.db_table, mine[model.__name__]
    generated = {field.column for field in model._meta.local_fields if field.generated}
    columns = ", ".join(f'"{each}"' for each in sorted(columns_of(model) - {"id"} - generated))
    values = columns.replace('"client_id"', str(acme_2.pk))
    with client_scope([acme]), pytest.raises(DatabaseError, match="row-level security"):
        # Nothing is returned: what comes back is refused as a row to read already.
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                f'INSERT INTO "{table}" ({columns}) SELECT {values} FROM "{table}" WHERE id = %s',
                [row.pk],
            )


@by_changeable
def test_iso_013_the_client_of_a_row_never_changes(
    mine: Filled, acme: Client, acme_2: Client, model: Any
) -> None:
    with client_scope([acme, acme_2]), pytest.raises(DatabaseError, match="never changes"):
        model._base_manager.filter(pk=mine[model.__name__].pk).update(client_id=acme_2.pk)


@pytest.mark.parametrize("model", WRITTEN_ONCE, ids=lambda model: model.__name__)
@pytest.mark.parametrize("verb", ["UPDATE {} SET client_id = client_id", "DELETE FROM {}"])
def test_a_history_is_never_changed(mine: Filled, acme: Client, model: Any, verb: str) -> None:
    table = model._meta.db_table
    with client_scope([acme]), pytest.raises(DatabaseError, match="permission denied"):
        with transaction.atomic():
            rows_of(verb.format(table))
    refused = "SELECT count(*) FROM pg_trigger WHERE tgname = %s AND tgenabled = 'O'"
    assert rows_of(refused, f"{table}_once") == [(1,)]


@by_changeable
def test_iso_012_updates_and_deletes_never_reach_a_foreign_row(
    foreign: Filled, acme: Client, model: Any
) -> None:
    key = foreign[model.__name__].pk
    with client_scope([acme]):
        assert model._base_manager.filter(pk=key).update(client=F("client")) == 0
        with connection.cursor() as cursor:
            cursor.execute(f'DELETE FROM "{model._meta.db_table}" WHERE id = %s', [key])
            assert cursor.rowcount == 0


# -- ISO-011, ISO-020, ISO-021: wall 2 -------------------------------------------------------


@by_reference
def test_iso_011_the_database_refuses_a_foreign_target(
    mine: Filled, foreign: Filled, acme: Client, acme_2: Client, model: Any, field: Any
) -> None:
    target = foreign[field.remote_field.model.__name__]
    if model in WRITTEN_ONCE:
        with client_scope([acme, acme_2]), pytest.raises(IntegrityError), transaction.atomic():
            row = model._base_manager.get(pk=mine[model.__name__].pk)
            row.pk = None
            setattr(row, field.attname, target.pk)
            row.save(force_insert=True)
            connection.check_constraints()
        return
    sql = f'UPDATE "{model._meta.db_table}" SET "{field.column}" = %s WHERE id = %s'
    with client_scope([acme, acme_2]), pytest.raises(IntegrityError), transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute(sql, [target.pk, mine[model.__name__].pk])


@by_reference
def test_iso_011_a_form_says_the_same_of_foreign_and_of_unknown(
    mine: Filled, foreign: Filled, acme: Client, acme_2: Client, model: Any, field: Any
) -> None:
    target = foreign[field.remote_field.model.__name__]
    said = []
    with client_scope([acme, acme_2]):
        for key in (target.pk, 10_000_000):
            row = model._default_manager.get(pk=mine[model.__name__].pk)
            setattr(row, field.attname, key)
            with pytest.raises(ValidationError) as refused:
                field.clean(key, row)
            said.append(str(refused.value.messages[0]).replace(str(key), "?"))
    assert said[0] == said[1]
    assert said[0].startswith("Unknown ")


@by_reference
def test_iso_020_the_key_of_the_database_carries_the_client(
    db: None, model: Any, field: Any
) -> None:
    definitions = [
        text
        for (text,) in rows_of(
            "SELECT pg_get_constraintdef(oid) FROM pg_constraint"
            " WHERE conrelid = %s::regclass AND contype = 'f'",
            model._meta.db_table,
        )
    ]
    near = f"({field.column})" if isinstance(field, EmployeeForeignKey) else None
    composite = f"(client_id, {field.column})"
    assert [text for text in definitions if (near or composite) in text] != []


def test_no_reference_between_client_rows_is_an_ordinary_one() -> None:
    plain = [
        f"{model.__name__}.{field.name}"
        for model in CLIENT_ROWS
        for field in [*model._meta.local_fields, *model._meta.local_many_to_many]
        if field.remote_field
        and isinstance(field.remote_field.model, type)
        and issubclass(field.remote_field.model, ClientRow)
        and not isinstance(field, ClientForeignKey)
    ]
    assert plain == []


# -- ISO-015: unique keys --------------------------------------------------------------------


def test_iso_015_two_clients_may_use_the_same_keys(db: None) -> None:
    made = [fill(Client.open(code=code, name=code), "SAME", 320) for code in ("ALPHA", "BETA")]
    for model in CLIENT_ROWS:
        first, second = (each[model.__name__] for each in made)
        assert (first.pk == second.pk, first.client_id == second.client_id) == (False, False)


# -- each wall alone, the others switched off ------------------------------------------------


@pytest.fixture
def wall_1_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(InScope, "as_sql", lambda *args, **more: ("TRUE", []))
    monkeypatch.setattr(InScopeOrShared, "as_sql", lambda *args, **more: ("TRUE", []))


@pytest.fixture
def wall_3_off(db: None) -> None:
    """The owner lowers the wall inside the test's transaction, and works as the owner."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET LOCAL ROLE kpi_owner")
        for model in CLIENT_ROWS:
            cursor.execute(f'ALTER TABLE "{model._meta.db_table}" DISABLE ROW LEVEL SECURITY')


def keys_shown(model: Any) -> set[int]:
    return set(model._default_manager.values_list("pk", flat=True))


@by_model
def test_iso_063_wall_3_alone_keeps_foreign_rows_out(
    mine: Filled, foreign: Filled, acme: Client, wall_1_off: None, model: Any
) -> None:
    with client_scope([acme]):
        shown = keys_shown(model)
    assert mine[model.__name__].pk in shown
    assert foreign[model.__name__].pk not in shown


@by_model
def test_wall_1_alone_keeps_foreign_rows_out(
    mine: Filled, foreign: Filled, acme: Client, wall_3_off: None, model: Any
) -> None:
    with client_scope([acme]):
        shown = keys_shown(model)
        everything = {key for (key,) in rows_of(f'SELECT id FROM "{model._meta.db_table}"')}
    assert mine[model.__name__].pk in shown
    assert foreign[model.__name__].pk not in shown
    assert foreign[model.__name__].pk in everything


def test_with_walls_1_and_3_off_foreign_rows_do_show(
    mine: Filled, foreign: Filled, acme: Client, wall_1_off: None, wall_3_off: None
) -> None:
    with client_scope([acme]):
        leaking = [m for m in CLIENT_ROWS if foreign[m.__name__].pk in keys_shown(m)]
    assert leaking == CLIENT_ROWS


def test_wall_2_alone_refuses_a_foreign_target(
    mine: Filled, foreign: Filled, acme: Client, wall_1_off: None, wall_3_off: None
) -> None:
    with client_scope([acme]), pytest.raises(IntegrityError), transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute(
                "UPDATE production_productionentry SET work_order_id = %s WHERE id = %s",
                [foreign["WorkOrder"].pk, mine["ProductionEntry"].pk],
            )


# -- the source ------------------------------------------------------------------------------

NAMES = {"every_client", "unscoped", "as_owner", "_base_manager", "_base_objects", "RawSQL"}
CALLS = {"raw", "cursor", "extra"}
# Every way around wall 1, and why it is needed there.
ALLOWED = {
    # The scope itself: it is made, and told to the database.
    "clients/scope.py": {"every_client", "unscoped", "cursor"},
    # The manager is declared; a code of a client is unique in the installation.
    "clients/models/clients.py": {"every_client", "unscoped"},
    # The owner's work: migrations and their role.
    "clients/postgresql/base.py": {"as_owner"},
    "clients/management/commands/migrate.py": {"as_owner"},
    # Commands of a platform admin, who names the client or means all of them.
    "clients/management/commands/import_rows.py": {"every_client"},
    "clients/management/commands/undo_batch.py": {"every_client"},
    "clients/imports/folders.py": {"every_client"},
    "kpis/management/commands/kpis.py": {"unscoped"},
    "plant/management/commands/close_line_shifts.py": {"unscoped"},
    "plant/management/commands/plan_line_shifts.py": {"unscoped"},
    "plant/management/commands/infer_promises.py": {"unscoped"},
    "holds/management/commands/compare_holds.py": {"unscoped"},
    "entry/management/commands/drop_old_drafts.py": {"unscoped"},
    # New rows of one table in one statement; every wall judges them as it judges others.
    "clients/inserting.py": {"cursor"},
    # Tells the planner how large the tables are that the demo fills.
    "demo/planner.py": {"cursor"},
    # Puts rules over several rows off to the end of a set of statements.
    "plant/constraints.py": {"cursor"},
    # Texts without a client or a day in them, which read the scope at each execution.
    "kpis/statements.py": {"cursor"},
    # A client named in the address is looked for among those of the platform admin.
    "clients/middleware.py": {"unscoped"},
    # The head of a page lists the user's clients also while it is narrowed to one of them.
    "clients/own.py": {"unscoped"},
    # … whose ids are read with the user, in one text for all, when there is no scope yet.
    "clients/backends.py": {"unscoped", "cursor"},
    # Free or taken among all clients, answered by the database with yes or no.
    "staffing/availability.py": {"cursor"},
    # Attempts to sign in are no client's; they are counted one by one, and noted in the audit.
    "clients/models/signing.py": {"cursor"},
    # “SELECT 1”.
    "kpi_ops/health.py": {"cursor"},
    # Invented rows in a database that is marked as such, and the price of the walls.
    "demo/mark.py": {"unscoped", "cursor"},
    "demo/seeding.py": {"as_owner", "cursor"},
}
MEASURING = {"demo/bench/", "demo/management/commands/bench.py"}


def sources() -> Iterator[Any]:
    for app in sorted(OURS | {"demo", "kpi_ops"}):
        for path in sorted((settings.BASE_DIR / app).rglob("*.py")):
            if "migrations" not in path.parts:
                yield path


def used_in(path: Any) -> set[str]:
    """Escapes in the code itself; comments and strings may name them."""
    used = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            used |= {node.func.attr} & CALLS
        if isinstance(node, ast.Attribute):
            used |= {node.attr} & NAMES
        if isinstance(node, ast.Name | ast.FunctionDef):
            used |= {node.id if isinstance(node, ast.Name) else node.name} & NAMES
    return used


def test_the_ways_around_wall_1_are_these() -> None:
    found = {path.relative_to(settings.BASE_DIR).as_posix(): used_in(path) for path in sources()}
    product = {
        path: used
        for path, used in found.items()
        if used and not any(path.startswith(each) for each in MEASURING)
    }
    assert product == ALLOWED


def test_manager_names_are_never_set() -> None:
    for path in sources():
        code = path.read_text()
        assert "default_manager_name" not in code, path
        assert "base_manager_name" not in code, path


def test_users_own_nothing_of_a_client() -> None:
    assert not issubclass(User, ClientRow)
