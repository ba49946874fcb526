"""The days on which an order began to leave the plant and had left in full.

Both are kept at the order, so that the figures of a year and the lists of today need not read its
shipments. As known on a past day they are what they are now, if they were reached by that day.
"""

from __future__ import annotations

FUNCTIONS = """
CREATE OR REPLACE FUNCTION plant_ship_orders(orders bigint[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    moved_by text := current_setting('kpi.move', true);
BEGIN
    IF coalesce(cardinality(orders), 0) = 0 THEN
        RETURN;
    END IF;
    PERFORM plant_automatic('');
    PERFORM FROM plant_workorder WHERE id = ANY (orders) ORDER BY id FOR NO KEY UPDATE;
    -- One look into the index per order: linear, whatever the planner knows of the tables.
    UPDATE plant_workorder AS each
       SET first_shipped_date = told.first_on, shipped_in_full_date = told.full_on
      FROM plant_workorder AS asked
     CROSS JOIN LATERAL (
           SELECT min(one.shipped_date) AS first_on,
                  min(one.shipped_date) FILTER (WHERE one.so_far >= asked.planned_quantity)
                      AS full_on
             FROM (SELECT shipped_date,
                          sum(quantity) OVER (ORDER BY shipped_date, id) AS so_far
                     FROM plant_shipment
                    WHERE client_id = asked.client_id AND work_order_id = asked.id
                      AND voided_at IS NULL) AS one) AS told
     WHERE asked.id = ANY (orders) AND each.id = asked.id
       AND (each.first_shipped_date, each.shipped_in_full_date)
           IS DISTINCT FROM (told.first_on, told.full_on);
    PERFORM set_config('kpi.move', coalesce(moved_by, ''), true);
END $$;

-- Before the triggers that close orders, which come later in the alphabet.
CREATE OR REPLACE FUNCTION plant_dates_shipped() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        PERFORM plant_ship_orders(ARRAY(SELECT DISTINCT work_order_id FROM written));
    ELSIF TG_OP = 'DELETE' THEN
        PERFORM plant_ship_orders(ARRAY(SELECT DISTINCT work_order_id FROM was));
    ELSE
        PERFORM plant_ship_orders(ARRAY(
            SELECT work_order_id FROM written UNION SELECT work_order_id FROM was));
    END IF;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION plant_dates_ordered() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM plant_ship_orders(ARRAY(
        SELECT after.id FROM written AS after JOIN was AS before ON before.id = after.id
         WHERE after.planned_quantity <> before.planned_quantity
           AND after.first_shipped_date IS NOT NULL));
    RETURN NULL;
END $$;
"""

TRIGGERS = """
CREATE TRIGGER plant_dates_shipped_new AFTER INSERT ON plant_shipment
    REFERENCING NEW TABLE AS written
    FOR EACH STATEMENT EXECUTE FUNCTION plant_dates_shipped();
CREATE TRIGGER plant_dates_shipped_changed AFTER UPDATE ON plant_shipment
    REFERENCING OLD TABLE AS was NEW TABLE AS written
    FOR EACH STATEMENT EXECUTE FUNCTION plant_dates_shipped();
CREATE TRIGGER plant_dates_shipped_deleted AFTER DELETE ON plant_shipment
    REFERENCING OLD TABLE AS was
    FOR EACH STATEMENT EXECUTE FUNCTION plant_dates_shipped();
CREATE TRIGGER plant_dates_ordered AFTER UPDATE ON plant_workorder
    REFERENCING OLD TABLE AS was NEW TABLE AS written
    FOR EACH STATEMENT EXECUTE FUNCTION plant_dates_ordered();
"""

# For the rows that were written before: by the owner of the tables, who is not walled in for that
# moment. Nobody changed anything, so nothing is stamped or logged.
FOR_ROWS_BEFORE = """
ALTER TABLE plant_workorder NO FORCE ROW LEVEL SECURITY;
ALTER TABLE plant_shipment NO FORCE ROW LEVEL SECURITY;
ALTER TABLE plant_workorder DISABLE TRIGGER USER;
SELECT plant_ship_orders(ARRAY(SELECT DISTINCT work_order_id FROM plant_shipment));
ALTER TABLE plant_workorder ENABLE TRIGGER USER;
ALTER TABLE plant_workorder FORCE ROW LEVEL SECURITY;
ALTER TABLE plant_shipment FORCE ROW LEVEL SECURITY;
"""

NO_TRIGGERS = """
DROP TRIGGER plant_dates_shipped_new ON plant_shipment;
DROP TRIGGER plant_dates_shipped_changed ON plant_shipment;
DROP TRIGGER plant_dates_shipped_deleted ON plant_shipment;
DROP TRIGGER plant_dates_ordered ON plant_workorder;
DROP FUNCTION plant_dates_shipped(), plant_dates_ordered(), plant_ship_orders(bigint[]);
"""
