"""A change of an inspection withdraws the QC approval of its order, on every way of writing."""

from __future__ import annotations

# What the system keeps on the row is no change of what was found, nor is a second person's yes.
_KEPT_BY_THE_SYSTEM = """
    ARRAY['version', 'updated_at', 'updated_by_id', 'verified_at', 'verified_by_id', 'batch_id',
          'line_shift_id', 'opportunities_per_unit', 'opportunities_source',
          'cycle_hours_per_unit', 'cycle_source', 'cycle_confidence']
"""

FUNCTIONS = f"""
CREATE OR REPLACE FUNCTION quality_withdraw_approval() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    orders bigint[];
BEGIN
    IF TG_OP = 'INSERT' THEN
        SELECT array_agg(DISTINCT work_order_id) INTO orders
          FROM written WHERE voided_at IS NULL AND work_order_id IS NOT NULL;
    ELSIF TG_OP = 'DELETE' THEN
        SELECT array_agg(DISTINCT work_order_id) INTO orders
          FROM was WHERE voided_at IS NULL AND work_order_id IS NOT NULL;
    ELSE
        SELECT array_agg(DISTINCT named.id) INTO orders
          FROM written AS after JOIN was AS before ON before.id = after.id
               CROSS JOIN LATERAL (
               VALUES (before.work_order_id), (after.work_order_id)) AS named (id)
         WHERE named.id IS NOT NULL
           AND to_jsonb(after) - {_KEPT_BY_THE_SYSTEM}
               IS DISTINCT FROM to_jsonb(before) - {_KEPT_BY_THE_SYSTEM};
    END IF;
    IF orders IS NOT NULL THEN
        PERFORM plant_withdraw_approval(orders);
    END IF;
    RETURN NULL;
END $$;

-- Defects are part of what an inspection found.
CREATE OR REPLACE FUNCTION quality_defects_withdraw_approval() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
    inspections bigint[];
    orders bigint[];
BEGIN
    IF TG_OP = 'DELETE' THEN
        inspections := ARRAY(SELECT inspection_id FROM was);
    ELSE
        inspections := ARRAY(SELECT inspection_id FROM written);
    END IF;
    SELECT array_agg(DISTINCT work_order_id) INTO orders FROM quality_qualityinspection
     WHERE id = ANY (inspections) AND work_order_id IS NOT NULL;
    IF orders IS NOT NULL THEN
        PERFORM plant_withdraw_approval(orders);
    END IF;
    RETURN NULL;
END $$;
"""  # noqa: S608

_TRANSITION_TABLES = {
    "INSERT": "NEW TABLE AS written",
    "UPDATE": "OLD TABLE AS was NEW TABLE AS written",
    "DELETE": "OLD TABLE AS was",
}
_TABLES = {
    "quality_qualityinspection": "quality_withdraw_approval",
    "quality_defect": "quality_defects_withdraw_approval",
}

TRIGGERS = "".join(
    f"""
CREATE TRIGGER {function}_{event.lower()} AFTER {event} ON {table}
    REFERENCING {named} FOR EACH STATEMENT EXECUTE FUNCTION {function}();
"""
    for table, function in _TABLES.items()
    for event, named in _TRANSITION_TABLES.items()
)

NO_TRIGGERS = "".join(
    f"DROP TRIGGER {function}_{event.lower()} ON {table};"
    for table, function in _TABLES.items()
    for event in _TRANSITION_TABLES
) + "".join(f"DROP FUNCTION {function}();" for function in _TABLES.values())
