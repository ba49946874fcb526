"""The SQL of wall 3 (row-level security) and of the triggers on client rows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

# Evaluated once per query and able to use the index in exactly this form. No missing_ok: a
# setting that nobody set raises instead of returning nothing.
IN_SCOPE = "client_id = ANY ((select current_setting('kpi.clients'))::bigint[])"
SHARED = f"(client_id IS NULL OR {IN_SCOPE})"
SHARED_WRITE = (
    f"({IN_SCOPE} OR (client_id IS NULL AND (select current_setting('kpi.platform')) = 'on'))"
)


def owner_field(model: Any) -> Any:
    from clients.fields import OwnerField  # the backend is loaded before the models can be

    for field in model._meta.local_fields:
        if isinstance(field, OwnerField):
            return field
    return None


def statements_for(model: Any) -> Iterator[str]:
    owner = owner_field(model)
    if owner is None:
        return
    table = model._meta.db_table
    columns = {field.name for field in model._meta.local_fields}
    yield f'ALTER TABLE "{table}" ADD CONSTRAINT "{table}_client_id_key" UNIQUE (client_id, id)'
    yield from security(table, shared=owner.null)
    yield from triggers(table, stamped="version" in columns)
    yield from corrections(model)
    for field in model._meta.local_fields:
        if getattr(field, "own_or_shared", False):
            yield own_or_shared(table, field)


def security(table: str, *, shared: bool) -> Iterator[str]:
    yield f'ALTER TABLE "{table}" ENABLE ROW LEVEL SECURITY'
    yield f'ALTER TABLE "{table}" FORCE ROW LEVEL SECURITY'
    if not shared:
        yield f'CREATE POLICY client ON "{table}" USING ({IN_SCOPE}) WITH CHECK ({IN_SCOPE})'
        return
    yield f'CREATE POLICY client_read ON "{table}" FOR SELECT USING ({SHARED})'
    yield f'CREATE POLICY client_insert ON "{table}" FOR INSERT WITH CHECK ({SHARED_WRITE})'
    yield (
        f'CREATE POLICY client_update ON "{table}" FOR UPDATE '
        f"USING ({SHARED_WRITE}) WITH CHECK ({SHARED_WRITE})"
    )
    yield f'CREATE POLICY client_delete ON "{table}" FOR DELETE USING ({SHARED_WRITE})'


def triggers(table: str, *, stamped: bool) -> Iterator[str]:
    function = "kpi_stamp" if stamped else "kpi_keep_client"
    event = "INSERT OR UPDATE" if stamped else "UPDATE"
    yield (
        f'CREATE TRIGGER kpi_stamp BEFORE {event} ON "{table}" '
        f"FOR EACH ROW EXECUTE FUNCTION {function}()"
    )
    yield audit(table)


def audit(table: str) -> str:
    return (
        f'CREATE TRIGGER kpi_audit AFTER INSERT OR UPDATE OR DELETE ON "{table}" '
        "FOR EACH ROW EXECUTE FUNCTION kpi_audit()"
    )


# Nobody corrects these: they tell who wrote a row, how, and who confirmed it.
BOOKKEEPING = (
    "created_at", "created_by_id", "updated_at", "updated_by_id", "version", "entry_method",
    "batch_id", "verified_at", "verified_by_id", "confirmed_at", "confirmed_by_id", "voided_by_id",
    "void_reason", "captured_at",
)  # fmt: skip
KEPT = frozenset(BOOKKEEPING)
TRANSITIONS = {
    "INSERT": "NEW TABLE AS written",
    "UPDATE": "OLD TABLE AS was NEW TABLE AS written",
    "DELETE": "OLD TABLE AS was",
}


def corrections(model: Any) -> Iterator[str]:
    """Triggers of rows that a second person confirms, or that belong to a shift that closes.

    Made again for a table (they replace themselves) when what the system writes in it changes.
    """
    fields, table = model._meta.local_fields, model._meta.db_table
    columns = {field.column for field in fields}
    if "voided_at" not in columns or not columns & {"verified_at", "line_shift_id"}:
        return
    system = {field.column for field in fields if not field.editable} - {"voided_at"}
    yield (
        f'CREATE OR REPLACE TRIGGER kpi_correct BEFORE UPDATE ON "{table}" '
        f"FOR EACH ROW EXECUTE FUNCTION kpi_correct({_names(system | KEPT)})"
    )
    if "line_shift_id" not in columns:
        return
    words = {field.column for field in fields if field.get_internal_type() == "TextField"}
    for event, tables in TRANSITIONS.items():
        yield (
            f"CREATE OR REPLACE TRIGGER kpi_restate_{event.lower()} AFTER {event} "
            f'ON "{table}" REFERENCING {tables} '
            f"FOR EACH STATEMENT EXECUTE FUNCTION kpi_restate({_names(words | KEPT)})"
        )


def _names(columns: set[str] | frozenset[str]) -> str:
    return ", ".join(f"'{each}'" for each in sorted(columns))


def own_or_shared(table: str, field: Any) -> str:
    name, far = f"kpi_own_{field.column}", field.remote_field.model._meta.db_table
    return (
        f'CREATE CONSTRAINT TRIGGER {name} AFTER INSERT OR UPDATE ON "{table}" '
        "DEFERRABLE INITIALLY IMMEDIATE FOR EACH ROW "
        f"EXECUTE FUNCTION kpi_own_or_shared('{field.column}', '{far}', '{table}')"
    )


# One text, made again by each migration that changes it (CREATE OR REPLACE throughout).
FUNCTIONS = """
CREATE OR REPLACE FUNCTION kpi_actor() RETURNS bigint LANGUAGE sql STABLE AS
$$ SELECT nullif(current_setting('kpi.actor', true), '')::bigint $$;

CREATE OR REPLACE FUNCTION kpi_keep_client() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.client_id IS DISTINCT FROM OLD.client_id
       AND NOT ((NEW.client_id IS NULL OR OLD.client_id IS NULL)
                AND current_setting('kpi.platform', true) = 'on') THEN
        RAISE EXCEPTION 'The client of a row never changes.';
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE FUNCTION kpi_stamp() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        NEW.created_at := clock_timestamp();
        NEW.created_by_id := kpi_actor();
        NEW.version := 1;
    ELSE
        IF NEW.client_id IS DISTINCT FROM OLD.client_id
           AND NOT ((NEW.client_id IS NULL OR OLD.client_id IS NULL)
                    AND current_setting('kpi.platform', true) = 'on') THEN
            RAISE EXCEPTION 'The client of a row never changes.';
        END IF;
        NEW.created_at := OLD.created_at;
        NEW.created_by_id := OLD.created_by_id;
        NEW.version := OLD.version + 1;
    END IF;
    NEW.updated_at := clock_timestamp();
    NEW.updated_by_id := kpi_actor();
    RETURN NEW;
END $$;

CREATE OR REPLACE FUNCTION kpi_audit() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    was jsonb := CASE WHEN TG_OP = 'UPDATE' THEN to_jsonb(OLD) ELSE '{}'::jsonb END;
    one jsonb := CASE WHEN TG_OP = 'DELETE' THEN to_jsonb(OLD) ELSE to_jsonb(NEW) END;
    diff jsonb;
BEGIN
    SELECT jsonb_object_agg(key, CASE WHEN key IN ('password', 'digest')
               THEN '["***", "***"]'::jsonb
               WHEN TG_OP = 'DELETE' THEN jsonb_build_array(value, NULL)
               ELSE jsonb_build_array(was -> key, value) END)
      INTO diff
      FROM jsonb_each(one)
     WHERE value <> coalesce(was -> key, 'null')
       AND key NOT IN ('version', 'created_at', 'created_by_id', 'updated_at', 'updated_by_id',
                       'last_login', 'last_used_at', 'session_epoch');
    IF diff IS NULL THEN
        RETURN NULL;
    END IF;
    INSERT INTO clients_auditentry (occurred_at, actor_id, actor_name, client_id, table_name,
                                    row_id, action, changes, reason, source, batch_id)
    VALUES (clock_timestamp(), kpi_actor(), coalesce(current_setting('kpi.actor_name', true), ''),
            CASE WHEN TG_TABLE_NAME = 'clients_client' THEN (one ->> 'id')::bigint
                 ELSE (one ->> 'client_id')::bigint END,
            TG_TABLE_NAME, (one ->> 'id')::bigint, TG_OP, diff,
            coalesce(nullif(current_setting('kpi.reason', true), ''), one ->> 'void_reason', ''),
            coalesce(current_setting('kpi.source', true), ''),
            (one ->> 'batch_id')::bigint);
    RETURN NULL;
END $$;

-- A row that a second person confirmed, or of a closed shift, changes with a reason only; and what
-- was confirmed is confirmed no longer. TG_ARGV: columns that are the system's own.
CREATE OR REPLACE FUNCTION kpi_correct() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    was jsonb := to_jsonb(OLD);
    becomes jsonb := to_jsonb(NEW);
BEGIN
    IF was - TG_ARGV = becomes - TG_ARGV THEN
        RETURN NEW;
    END IF;
    IF coalesce(current_setting('kpi.reason', true), '') = ''
       AND becomes ->> 'void_reason' IS NULL
       AND (was ->> 'verified_at' IS NOT NULL
            OR coalesce(was ->> 'line_shift_id', becomes ->> 'line_shift_id') IS NOT NULL
               AND EXISTS (SELECT FROM plant_lineshift AS place
                            WHERE place.client_id = NEW.client_id AND place.state = 'CLOSED'
                              AND place.id IN ((was ->> 'line_shift_id')::bigint,
                                               (becomes ->> 'line_shift_id')::bigint))) THEN
        RAISE EXCEPTION 'Give a reason for the change.'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'kpi_correct';
    END IF;
    IF was ->> 'verified_at' IS NOT NULL AND becomes ->> 'voided_at' IS NULL THEN
        NEW := jsonb_populate_record(NEW, '{"verified_at": null, "verified_by_id": null}');
    END IF;
    RETURN NEW;
END $$;

-- Rows added, changed or taken away after their line-shift was closed for the first time mark it,
-- once per table. TG_ARGV: columns that change no figure.
CREATE OR REPLACE FUNCTION kpi_restate() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    own varchar := TG_TABLE_NAME;
BEGIN
    IF TG_OP = 'INSERT' THEN
        UPDATE plant_lineshift AS place SET restated = array_append(restated, own)
          FROM written
         WHERE place.client_id = written.client_id AND place.id = written.line_shift_id
           AND place.first_closed_at IS NOT NULL AND own <> ALL (place.restated);
    ELSIF TG_OP = 'DELETE' THEN
        UPDATE plant_lineshift AS place SET restated = array_append(restated, own)
          FROM was
         WHERE place.client_id = was.client_id AND place.id = was.line_shift_id
           AND was.voided_at IS NULL
           AND place.first_closed_at IS NOT NULL AND own <> ALL (place.restated);
    ELSE
        UPDATE plant_lineshift AS place SET restated = array_append(restated, own)
          FROM was JOIN written ON written.id = was.id
         WHERE place.client_id = written.client_id
           AND place.id IN (was.line_shift_id, written.line_shift_id)
           AND place.first_closed_at IS NOT NULL AND own <> ALL (place.restated)
           AND to_jsonb(was) - TG_ARGV <> to_jsonb(written) - TG_ARGV;
    END IF;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION kpi_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'Audit entries are never changed.' USING ERRCODE = 'insufficient_privilege';
END $$;

CREATE OR REPLACE FUNCTION kpi_own_or_shared() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    target bigint := (to_jsonb(NEW) ->> TG_ARGV[0])::bigint;
    fits boolean;
BEGIN
    IF target IS NULL THEN
        RETURN NULL;
    END IF;
    -- Written out for the table that most rows point to: such a statement is planned once.
    IF TG_ARGV[1] = 'plant_employee' THEN
        fits := EXISTS (SELECT FROM plant_employee WHERE id = target
                        AND (client_id IS NULL OR client_id = NEW.client_id));
    ELSE
        EXECUTE format('SELECT EXISTS (SELECT 1 FROM %I WHERE id = $1 '
                       'AND (client_id IS NULL OR client_id = $2))', TG_ARGV[1])
           INTO fits USING target, NEW.client_id;
    END IF;
    IF NOT fits THEN
        RAISE EXCEPTION 'Unknown employee.' USING ERRCODE = 'foreign_key_violation';
    END IF;
    RETURN NULL;
END $$;
"""

PRIVILEGES = """
DO $$ BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'kpi_app') THEN
        CREATE ROLE kpi_app NOLOGIN NOSUPERUSER NOBYPASSRLS;
    END IF;
    IF NOT pg_has_role(current_user, 'kpi_app', 'MEMBER') THEN
        EXECUTE format('GRANT kpi_app TO %I', current_user);
    END IF;
END $$;
CREATE EXTENSION IF NOT EXISTS btree_gist;
GRANT USAGE ON SCHEMA public TO kpi_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO kpi_app;
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO kpi_app;
ALTER DEFAULT PRIVILEGES IN SCHEMA public
    GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO kpi_app;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO kpi_app;
"""

# Written by the audit trigger, which runs as the owner; read inside the scope; never changed.
AUDIT = f"""
ALTER TABLE clients_auditentry ENABLE ROW LEVEL SECURITY;
ALTER TABLE clients_auditentry FORCE ROW LEVEL SECURITY;
CREATE POLICY client_read ON clients_auditentry FOR SELECT USING (
    {IN_SCOPE} OR (client_id IS NULL AND (select current_setting('kpi.platform')) = 'on'));
CREATE POLICY written_by_trigger ON clients_auditentry FOR INSERT WITH CHECK (true);
REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON clients_auditentry FROM kpi_app;
CREATE TRIGGER kpi_refuse BEFORE UPDATE OR DELETE ON clients_auditentry
    FOR EACH ROW EXECUTE FUNCTION kpi_refuse();
CREATE TRIGGER kpi_refuse_truncate BEFORE TRUNCATE ON clients_auditentry
    FOR EACH STATEMENT EXECUTE FUNCTION kpi_refuse();
{audit("clients_client")};
{audit("clients_user")};
{audit("clients_membership")};
"""  # noqa: S608

# Whether something of the client, or of what all share, was written that the snapshot does not
# see. Entries of the scope alone are read, and nothing is told of them but that there are some.
CHANGED_SINCE = """
CREATE OR REPLACE FUNCTION kpi_changed_since(client bigint, seen text) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT seen IS NULL
        OR EXISTS (SELECT FROM clients_auditentry AS entry
                    WHERE entry.client_id = client
                      AND entry.xact >= pg_snapshot_xmin(seen::pg_snapshot)::text::bigint
                      AND NOT pg_visible_in_snapshot(entry.xact::text::xid8, seen::pg_snapshot))
        OR EXISTS (SELECT FROM clients_auditentry AS entry
                    WHERE entry.client_id IS NULL AND entry.source <> 'SIGN-IN'
                      AND entry.xact >= pg_snapshot_xmin(seen::pg_snapshot)::text::bigint
                      AND NOT pg_visible_in_snapshot(entry.xact::text::xid8, seen::pg_snapshot))
$$;
"""
CHANGES = f"""{CHANGED_SINCE}
-- The function runs as the owner, whom the policies bind as well.
DO $$ BEGIN
    EXECUTE format('CREATE POLICY shared_read ON clients_auditentry FOR SELECT TO %I '
                   'USING (client_id IS NULL)', current_user);
END $$;
"""

# The policies hide all entries from the owner who would change them, and a trigger of rows does not
# speak for rows that nobody sees: the statement itself is refused.
REFUSED_AS_A_WHOLE = """
DROP TRIGGER kpi_refuse ON clients_auditentry;
CREATE TRIGGER kpi_refuse BEFORE UPDATE OR DELETE ON clients_auditentry
    FOR EACH STATEMENT EXECUTE FUNCTION kpi_refuse();
"""
