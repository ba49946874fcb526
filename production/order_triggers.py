"""Production rows move their orders: start them, date their output, open them again.

The database does it, so that form, API, file, bulk call and undo all do; one call per statement.
"""

from __future__ import annotations

FUNCTIONS = """
CREATE OR REPLACE FUNCTION production_tell_orders() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    concerned bigint[];
    started bigint[];
BEGIN
    IF TG_OP = 'INSERT' THEN
        PERFORM plant_widen_orders(array_agg(told.id ORDER BY told.id),
                                   array_agg(told.first_on ORDER BY told.id),
                                   array_agg(told.last_on ORDER BY told.id))
           FROM (SELECT work_order_id AS id, min(shift_date) AS first_on,
                        max(shift_date) AS last_on
                   FROM written
                  WHERE work_order_id IS NOT NULL AND voided_at IS NULL AND total_units > 0
                  GROUP BY work_order_id) AS told;
        PERFORM plant_start_orders(ARRAY(
            SELECT DISTINCT work_order_id FROM written
             WHERE work_order_id IS NOT NULL AND voided_at IS NULL));
        RETURN NULL;
    END IF;
    IF TG_OP = 'UPDATE' THEN
        -- Stamps, verification and the like say nothing about the order.
        SELECT array_agg(DISTINCT orders.id) INTO concerned
          FROM written AS after JOIN was AS before ON before.id = after.id
               CROSS JOIN LATERAL (
               VALUES (before.work_order_id), (after.work_order_id)) AS orders (id)
         WHERE orders.id IS NOT NULL
           AND (after.work_order_id, after.shift_date, after.voided_at IS NULL,
                after.total_units > 0)
               IS DISTINCT FROM
               (before.work_order_id, before.shift_date, before.voided_at IS NULL,
                before.total_units > 0);
    ELSE
        SELECT array_agg(DISTINCT work_order_id) INTO concerned
          FROM was WHERE work_order_id IS NOT NULL;
    END IF;
    IF concerned IS NULL THEN
        RETURN NULL;
    END IF;
    -- Locked before the rows are read: whoever writes at this instant is waited for and counted.
    PERFORM FROM plant_workorder WHERE id = ANY (concerned) ORDER BY id FOR NO KEY UPDATE;
    PERFORM plant_date_orders(array_agg(orders.id), array_agg(made.first_on),
                              array_agg(made.last_on))
       FROM unnest(concerned) AS orders (id) CROSS JOIN LATERAL (
            SELECT min(shift_date) AS first_on, max(shift_date) AS last_on
              FROM production_productionentry AS one
             WHERE one.work_order_id = orders.id AND one.voided_at IS NULL
               AND one.total_units > 0) AS made;
    SELECT array_agg(id) INTO started FROM unnest(concerned) AS orders (id)
     WHERE EXISTS (SELECT FROM production_productionentry AS one
                    WHERE one.work_order_id = orders.id AND one.voided_at IS NULL);
    PERFORM plant_reopen_orders(ARRAY(
        SELECT unnest(concerned) EXCEPT SELECT unnest(started)));
    PERFORM plant_start_orders(started);
    RETURN NULL;
END $$;
"""

TRIGGERS = """
CREATE TRIGGER production_new_tell_orders AFTER INSERT ON production_productionentry
    REFERENCING NEW TABLE AS written
    FOR EACH STATEMENT EXECUTE FUNCTION production_tell_orders();
CREATE TRIGGER production_changed_tell_orders AFTER UPDATE ON production_productionentry
    REFERENCING OLD TABLE AS was NEW TABLE AS written
    FOR EACH STATEMENT EXECUTE FUNCTION production_tell_orders();
CREATE TRIGGER production_deleted_tell_orders AFTER DELETE ON production_productionentry
    REFERENCING OLD TABLE AS was
    FOR EACH STATEMENT EXECUTE FUNCTION production_tell_orders();
"""

NO_TRIGGERS = """
DROP TRIGGER production_new_tell_orders ON production_productionentry;
DROP TRIGGER production_changed_tell_orders ON production_productionentry;
DROP TRIGGER production_deleted_tell_orders ON production_productionentry;
DROP FUNCTION production_tell_orders();
"""
