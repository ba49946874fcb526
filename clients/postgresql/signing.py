"""The SQL of signing in: its audit entries, and what ends sessions and tokens."""

# The web role writes no audit entry by itself: it says what happened, and the owner notes it.
# Of a failure the name is kept only if somebody has it: people type passwords there.
FUNCTIONS = """
CREATE OR REPLACE FUNCTION kpi_signed(what text, person bigint, address text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    known text := (SELECT username FROM clients_user WHERE id = person);
BEGIN
    IF what NOT IN ('LOGIN', 'LOGOUT', 'FAILED', 'LOCKED') THEN
        RAISE EXCEPTION 'There is no such entry: %.', what;
    END IF;
    INSERT INTO clients_auditentry (occurred_at, actor_id, actor_name, client_id, table_name,
                                    row_id, action, changes, reason, source, batch_id)
    VALUES (clock_timestamp(), CASE WHEN what IN ('LOGIN', 'LOGOUT') THEN person END,
            CASE WHEN what IN ('LOGIN', 'LOGOUT') THEN coalesce(known, '') ELSE '' END, NULL,
            'clients_user', coalesce(person, 0), what,
            jsonb_strip_nulls(jsonb_build_object(
                'username', CASE WHEN known IS NOT NULL THEN jsonb_build_array(NULL, known) END,
                'address', jsonb_build_array(NULL, address))),
            '', 'SIGN-IN', NULL);
    RETURN true;
END $$;

-- Whoever is made active or inactive, or a platform admin or none, starts anew everywhere. Who
-- saves a user that was read before does not bring an epoch back.
CREATE OR REPLACE FUNCTION kpi_end_of_user() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.session_epoch := greatest(OLD.session_epoch, NEW.session_epoch);
    IF (OLD.is_active, OLD.is_superuser) IS DISTINCT FROM (NEW.is_active, NEW.is_superuser) THEN
        NEW.session_epoch := NEW.session_epoch + 1;
        UPDATE clients_apitoken SET revoked_at = now()
         WHERE user_id = OLD.id AND revoked_at IS NULL;
    END IF;
    RETURN NEW;
END $$;

-- So does whoever gets another role or flag, or loses one.
CREATE OR REPLACE FUNCTION kpi_end_of_member() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE clients_user SET session_epoch = session_epoch + 1 WHERE id = OLD.user_id;
    UPDATE clients_apitoken SET revoked_at = now()
     WHERE user_id = OLD.user_id AND revoked_at IS NULL;
    RETURN NULL;
END $$;
"""

TRIGGERS = """
CREATE TRIGGER kpi_end_of_user BEFORE UPDATE ON clients_user FOR EACH ROW
    EXECUTE FUNCTION kpi_end_of_user();
CREATE TRIGGER kpi_end_of_role AFTER UPDATE ON clients_membership FOR EACH ROW
    WHEN ((OLD.user_id, OLD.client_id, OLD.role, OLD.quality, OLD.hr, OLD.active)
          IS DISTINCT FROM
          (NEW.user_id, NEW.client_id, NEW.role, NEW.quality, NEW.hr, NEW.active))
    EXECUTE FUNCTION kpi_end_of_member();
CREATE TRIGGER kpi_end_of_membership AFTER DELETE ON clients_membership FOR EACH ROW
    EXECUTE FUNCTION kpi_end_of_member();
"""
NO_TRIGGERS = """
DROP TRIGGER kpi_end_of_user ON clients_user;
DROP TRIGGER kpi_end_of_role ON clients_membership;
DROP TRIGGER kpi_end_of_membership ON clients_membership;
"""
