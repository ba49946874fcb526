"""The days on which an order began to leave the plant and had left in full.

Both are kept at the order, so that the figures of a year and the lists of today need not read its
shipments. As known on a past day they are what they are now, if they were reached by that day.
"""

from __future__ import annotations

FUNCTIONS = """
CREATE OR REPLACE FUNCTION plant_ship_orders(orders bigint[]) RETURNS void LANGUAGE plpgsql
-- Linear, whatever the planner knows of tables that were filled a moment ago: it takes them for
-- small and would look through all shipments once for each of thousands of orders.
SET enable_nestloop = off SET plan_cache_mode = force_custom_plan AS $$
DECLARE
    moved_by text := current_setting('kpi.move', true);
BEGIN
    IF coalesce(cardinality(orders), 0) = 0 THEN
        RETURN;
    END IF;
    PERFORM plant_automatic('');
    PERFORM FROM plant_workorder WHERE id = ANY (orders) ORDER BY id FOR NO KEY UPDATE;
    UPDATE plant_workorder AS each
       SET first_shipped_date = told.first_on, shipped_in_full_date = told.full_on
      FROM (SELECT asked.id, min(sums.shipped_date) AS first_on,
                   min(sums.shipped_date) FILTER (WHERE sums.so_far >= asked.planned_quantity)
                       AS full_on
              FROM plant_workorder AS asked
              LEFT JOIN (SELECT work_order_id, shipped_date, sum(quantity) OVER (
                                    PARTITION BY work_order_id ORDER BY shipped_date, id) AS so_far
                           FROM plant_shipment
                          WHERE work_order_id = ANY (orders) AND voided_at IS NULL) AS sums
                     ON sums.work_order_id = asked.id
             WHERE asked.id = ANY (orders)
             GROUP BY asked.id) AS told
     WHERE told.id = each.id
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

-- Another quantity is reached on another day. Of one row at a time: a join of all rows as they were
-- with all as they are would be planned for the few rows of the first change of a session.
CREATE OR REPLACE FUNCTION plant_dates_ordered() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- Found first and sorted then: sorted by an index of days, it would read those of all orders.
    NEW.shipped_in_full_date := (
        WITH own AS MATERIALIZED (
            SELECT id, shipped_date, quantity FROM plant_shipment
             WHERE client_id = NEW.client_id AND work_order_id = NEW.id AND voided_at IS NULL)
        SELECT min(one.shipped_date) FILTER (WHERE one.so_far >= NEW.planned_quantity)
          FROM (SELECT shipped_date, sum(quantity) OVER (ORDER BY shipped_date, id) AS so_far
                  FROM own) AS one);
    RETURN NEW;
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
CREATE TRIGGER plant_dates_ordered BEFORE UPDATE ON plant_workorder FOR EACH ROW
    WHEN (OLD.planned_quantity <> NEW.planned_quantity AND NEW.first_shipped_date IS NOT NULL)
    EXECUTE FUNCTION plant_dates_ordered();
"""

# Where the triggers stand in their first form; in a new database they are put up again.
AGAIN = f"""
DROP TRIGGER plant_dates_shipped_new ON plant_shipment;
DROP TRIGGER plant_dates_shipped_changed ON plant_shipment;
DROP TRIGGER plant_dates_shipped_deleted ON plant_shipment;
DROP TRIGGER plant_dates_ordered ON plant_workorder;
{FUNCTIONS}{TRIGGERS}
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
