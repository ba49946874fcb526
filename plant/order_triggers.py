"""What the database does to orders by itself, whatever the way a row was written.

Forms, the API, files of 10,000 rows and their undo all end in the same statements; each costs one
call of a trigger. Automatic moves leave `version` alone: an editor's work was not overtaken, and
an import can still be taken back.

`kpi.move` tells who moves and why, as JSON: {"source", "note", "by"} (`order_moves.moving`).
"""

from __future__ import annotations

# The order may be held, completed or moved by others at the same instant: whoever changes several
# orders locks them by id, and not against rows that merely name them.
FUNCTIONS = """
CREATE OR REPLACE FUNCTION plant_automatic(note text) RETURNS text LANGUAGE sql AS $$
    SELECT set_config('kpi.move', jsonb_build_object(
        'source', 'AUTOMATIC', 'note', note, 'by', kpi_actor())::text, true)
$$;

-- Every change of a status, and the status that a new order starts with. Rows that are written
-- with another status than RECEIVED bring their own history.
CREATE OR REPLACE FUNCTION plant_log_moves() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    told jsonb := nullif(current_setting('kpi.move', true), '')::jsonb;
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO plant_ordertransition
               (client_id, work_order_id, from_status, to_status, at, by_id, note, source)
        SELECT client_id, id, '', status, clock_timestamp(), kpi_actor(), '',
               CASE entry_method WHEN 'FILE' THEN 'FILE' WHEN 'API' THEN 'API'
                                 WHEN 'SYSTEM' THEN 'AUTOMATIC' ELSE 'MANUAL' END
          FROM written WHERE status = 'RECEIVED';
        RETURN NULL;
    END IF;
    INSERT INTO plant_ordertransition
           (client_id, work_order_id, from_status, to_status, at, by_id, note, source)
    SELECT after.client_id, after.id, before.status, after.status, clock_timestamp(),
           coalesce((told ->> 'by')::bigint, kpi_actor()), coalesce(told ->> 'note', ''),
           coalesce(told ->> 'source', 'AUTOMATIC')
      FROM written AS after JOIN was AS before ON before.id = after.id
     WHERE after.status <> before.status;
    PERFORM plant_close_orders(ARRAY(
        SELECT after.id FROM written AS after JOIN was AS before ON before.id = after.id
         WHERE after.status IN ('COMPLETED', 'SHIPPED')
           AND (after.status, after.delivered_date, after.planned_quantity)
               IS DISTINCT FROM (before.status, before.delivered_date, before.planned_quantity)));
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION plant_keep_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF nullif(current_setting('kpi.move', true), '')::jsonb ->> 'source' = 'AUTOMATIC' THEN
        NEW.version := OLD.version;
        NEW.updated_at := OLD.updated_at;
        NEW.updated_by_id := OLD.updated_by_id;
    END IF;
    RETURN NEW;
END $$;

-- Closes orders where the client's trigger is reached. Where the flow has a SHIPPED, what is
-- shipped or received closes from there only: QC has approved it then.
CREATE OR REPLACE FUNCTION plant_close_orders(orders bigint[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    moved_by text := current_setting('kpi.move', true);
    due bigint[];
BEGIN
    IF cardinality(orders) = 0 THEN
        RETURN;
    END IF;
    SELECT array_agg(each.id ORDER BY each.id) INTO due
      FROM plant_workorder AS each JOIN clients_client AS client ON client.id = each.client_id
     WHERE each.id = ANY (orders) AND each.voided_at IS NULL
       AND client.order_flow <> 'EXPRESS'
       AND CASE client.closure_trigger
           WHEN 'AT_COMPLETION' THEN each.status = 'COMPLETED'
           WHEN 'AT_CLIENT_RECEIPT' THEN each.delivered_date IS NOT NULL
           WHEN 'AT_SHIPMENT' THEN each.planned_quantity <= (
               SELECT sum(quantity) FROM plant_shipment AS one
                WHERE one.client_id = each.client_id AND one.work_order_id = each.id
                  AND one.voided_at IS NULL)
           ELSE false END
       AND (each.status = 'SHIPPED' OR each.status = 'COMPLETED'
            AND (client.order_flow = 'SIMPLE' OR client.closure_trigger = 'AT_COMPLETION'));
    IF due IS NULL THEN
        RETURN;
    END IF;
    PERFORM plant_automatic('');
    PERFORM FROM plant_workorder WHERE id = ANY (due) ORDER BY id FOR NO KEY UPDATE;
    UPDATE plant_workorder AS each
       SET status = 'CLOSED', closed_date = (now() AT TIME ZONE client.timezone)::date
      FROM clients_client AS client
     WHERE client.id = each.client_id AND each.id = ANY (due)
       AND each.status IN ('COMPLETED', 'SHIPPED');
    PERFORM set_config('kpi.move', coalesce(moved_by, ''), true);
END $$;

CREATE OR REPLACE FUNCTION plant_shipped() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM plant_close_orders(ARRAY(
        SELECT DISTINCT work_order_id FROM written WHERE voided_at IS NULL));
    RETURN NULL;
END $$;

-- The first row of an order starts it. What the planner had not released goes through RELEASED;
-- an order on hold will go on as started. EXPRESS knows no such state.
CREATE OR REPLACE FUNCTION plant_start_orders(orders bigint[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    moved_by text := current_setting('kpi.move', true);
    due bigint[];
BEGIN
    SELECT array_agg(each.id ORDER BY each.id) INTO due
      FROM plant_workorder AS each JOIN clients_client AS client ON client.id = each.client_id
     WHERE each.id = ANY (orders) AND each.voided_at IS NULL
       AND (CASE each.status WHEN 'ON_HOLD' THEN each.status_before_hold ELSE each.status END)
           IN ('RECEIVED', 'RELEASED', 'DEMOTED')
       AND NOT (client.order_flow = 'EXPRESS' AND 'RECEIVED' IN (each.status,
                                                                 each.status_before_hold));
    IF due IS NULL THEN
        RETURN;
    END IF;
    PERFORM plant_automatic('');
    PERFORM FROM plant_workorder WHERE id = ANY (due) ORDER BY id FOR NO KEY UPDATE;
    UPDATE plant_workorder AS each SET status = 'RELEASED'
      FROM clients_client AS client
     WHERE client.id = each.client_id AND each.id = ANY (due)
       AND (each.status = 'DEMOTED'
            OR each.status = 'RECEIVED' AND client.order_flow = 'STANDARD');
    UPDATE plant_workorder SET status = 'IN_PROGRESS'
     WHERE id = ANY (due) AND status IN ('RECEIVED', 'RELEASED');
    UPDATE plant_workorder SET status_before_hold = 'IN_PROGRESS'
     WHERE id = ANY (due) AND status = 'ON_HOLD';
    PERFORM set_config('kpi.move', coalesce(moved_by, ''), true);
END $$;

-- An order that lost its last row goes back to where it waited for the first one. What was
-- completed with it is not complete: its jobs are open and follow new standards again.
CREATE OR REPLACE FUNCTION plant_reopen_orders(orders bigint[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    moved_by text := current_setting('kpi.move', true);
    due bigint[];
BEGIN
    SELECT array_agg(id ORDER BY id) INTO due FROM plant_workorder
     WHERE id = ANY (orders) AND voided_at IS NULL
       AND (status IN ('IN_PROGRESS', 'COMPLETED') OR status_before_hold = 'IN_PROGRESS');
    IF due IS NULL THEN
        RETURN;
    END IF;
    PERFORM plant_automatic('No production row is left.');
    PERFORM FROM plant_workorder WHERE id = ANY (due) ORDER BY id FOR NO KEY UPDATE;
    UPDATE plant_job AS job
       SET completed_at = NULL, frozen_at = NULL, frozen_labour_hours_per_unit = NULL,
           frozen_cycle_hours_per_unit = NULL
      FROM plant_workorder AS each
     WHERE each.client_id = job.client_id AND each.id = job.work_order_id
       AND each.id = ANY (due) AND each.status = 'COMPLETED' AND job.voided_at IS NULL
       AND (job.completed_at IS NOT NULL OR job.frozen_at IS NOT NULL);
    UPDATE plant_workorder AS each
       SET status = CASE WHEN each.status = 'ON_HOLD' THEN each.status
                         WHEN client.order_flow = 'STANDARD' THEN 'RELEASED'
                         ELSE 'RECEIVED' END,
           status_before_hold = CASE WHEN each.status <> 'ON_HOLD' THEN ''
                                     WHEN client.order_flow = 'STANDARD' THEN 'RELEASED'
                                     ELSE 'RECEIVED' END,
           completed_date = NULL
      FROM clients_client AS client
     WHERE client.id = each.client_id AND each.id = ANY (due)
       AND (each.status IN ('IN_PROGRESS', 'COMPLETED')
            OR each.status_before_hold = 'IN_PROGRESS');
    PERFORM set_config('kpi.move', coalesce(moved_by, ''), true);
END $$;

-- First and last day with output, as the app that records it tells them.
CREATE OR REPLACE FUNCTION plant_date_orders(orders bigint[], firsts date[], lasts date[])
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    moved_by text := current_setting('kpi.move', true);
BEGIN
    PERFORM plant_automatic('');
    UPDATE plant_workorder AS each
       SET actual_start_date = told.first_on, last_output_date = told.last_on
      FROM unnest(orders, firsts, lasts) AS told (id, first_on, last_on)
     WHERE each.id = told.id
       AND (each.actual_start_date, each.last_output_date)
           IS DISTINCT FROM (told.first_on, told.last_on);
    PERFORM set_config('kpi.move', coalesce(moved_by, ''), true);
END $$;

-- The same for new rows, which can only widen the span: the stored rows need not be read.
CREATE OR REPLACE FUNCTION plant_widen_orders(orders bigint[], firsts date[], lasts date[])
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    moved_by text := current_setting('kpi.move', true);
BEGIN
    PERFORM FROM plant_workorder AS each
       JOIN unnest(orders, firsts, lasts) AS told (id, first_on, last_on) ON told.id = each.id
      WHERE (least(each.actual_start_date, told.first_on),
             greatest(each.last_output_date, told.last_on))
            IS DISTINCT FROM (each.actual_start_date, each.last_output_date)
      ORDER BY each.id FOR NO KEY UPDATE OF each;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    PERFORM plant_automatic('');
    UPDATE plant_workorder AS each
       SET actual_start_date = least(each.actual_start_date, told.first_on),
           last_output_date = greatest(each.last_output_date, told.last_on)
      FROM unnest(orders, firsts, lasts) AS told (id, first_on, last_on)
     WHERE each.id = told.id
       AND (least(each.actual_start_date, told.first_on),
            greatest(each.last_output_date, told.last_on))
           IS DISTINCT FROM (each.actual_start_date, each.last_output_date);
    PERFORM set_config('kpi.move', coalesce(moved_by, ''), true);
END $$;

-- What QC approved is no longer what was inspected.
CREATE OR REPLACE FUNCTION plant_withdraw_approval(orders bigint[]) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    moved_by text := current_setting('kpi.move', true);
BEGIN
    PERFORM FROM plant_workorder
      WHERE id = ANY (orders) AND qc_approved_at IS NOT NULL
        AND status NOT IN ('CLOSED', 'REJECTED', 'CANCELLED')
      ORDER BY id FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    PERFORM plant_automatic('');
    UPDATE plant_workorder SET qc_approved_at = NULL, qc_approved_by_id = NULL
     WHERE id = ANY (orders) AND qc_approved_at IS NOT NULL
       AND status NOT IN ('CLOSED', 'REJECTED', 'CANCELLED');
    PERFORM set_config('kpi.move', coalesce(moved_by, ''), true);
END $$;
"""

TRIGGERS = """
CREATE TRIGGER plant_log_new AFTER INSERT ON plant_workorder
    REFERENCING NEW TABLE AS written
    FOR EACH STATEMENT EXECUTE FUNCTION plant_log_moves();
CREATE TRIGGER plant_log_moved AFTER UPDATE ON plant_workorder
    REFERENCING OLD TABLE AS was NEW TABLE AS written
    FOR EACH STATEMENT EXECUTE FUNCTION plant_log_moves();
-- Named to come after the stamp, which it takes back.
CREATE TRIGGER plant_keep_version BEFORE UPDATE ON plant_workorder
    FOR EACH ROW EXECUTE FUNCTION plant_keep_version();
CREATE TRIGGER plant_shipped_new AFTER INSERT ON plant_shipment
    REFERENCING NEW TABLE AS written
    FOR EACH STATEMENT EXECUTE FUNCTION plant_shipped();
CREATE TRIGGER plant_shipped_changed AFTER UPDATE ON plant_shipment
    REFERENCING NEW TABLE AS written
    FOR EACH STATEMENT EXECUTE FUNCTION plant_shipped();
"""

NO_TRIGGERS = """
DROP TRIGGER plant_log_new ON plant_workorder;
DROP TRIGGER plant_log_moved ON plant_workorder;
DROP TRIGGER plant_keep_version ON plant_workorder;
DROP TRIGGER plant_shipped_new ON plant_shipment;
DROP TRIGGER plant_shipped_changed ON plant_shipment;
DROP FUNCTION plant_log_moves(), plant_keep_version(), plant_shipped(),
    plant_close_orders(bigint[]), plant_start_orders(bigint[]), plant_reopen_orders(bigint[]),
    plant_date_orders(bigint[], date[], date[]), plant_widen_orders(bigint[], date[], date[]),
    plant_withdraw_approval(bigint[]), plant_automatic(text);
"""
