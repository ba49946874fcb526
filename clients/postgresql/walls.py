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
                       'last_login', 'last_used_at');
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
    EXECUTE format('SELECT EXISTS (SELECT 1 FROM %I WHERE id = $1 '
                   'AND (client_id IS NULL OR client_id = $2))', TG_ARGV[1])
       INTO fits USING target, NEW.client_id;
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
