"""What the database does with holds, whatever the way a row was written: it writes the course
of each hold, stops and resumes orders, and withdraws the tick “no new hold”."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.backends.ddl_references import Statement, Table

_WHOLE = """{row}.voided_at IS NULL AND {row}.job_id IS NULL AND {row}.quantity IS NULL
                 AND {row}.state IN ('ON_HOLD', 'PENDING_RESUME')"""

# `kpi.hold` tells when, by whom and with what note a state changes, as JSON (`moves.moving`).
# A row that is written with a course behind it (a file, the demo) gets its steps from its columns.
FUNCTIONS = f"""
CREATE FUNCTION holds_log() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    told jsonb := nullif(current_setting('kpi.hold', true), '')::jsonb;
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO holds_holdtransition
               (client_id, hold_id, from_state, to_state, at, by_id, note)
        SELECT one.client_id, one.id, step.origin, step.arrived, step.at, step.by_id,
               coalesce(told ->> 'note', '')
          FROM written AS one
               CROSS JOIN LATERAL (
                   SELECT one.state IN ('PENDING_HOLD', 'CANCELLED')
                          OR coalesce(one.requested_by_id <> one.hold_decided_by_id, false)
                          AS asked_first,
                          one.state IN ('RESUMED', 'RELEASED', 'SCRAPPED') AS is_over,
                          one.state NOT IN ('PENDING_HOLD', 'CANCELLED') AS stood,
                          one.resume_requested_at IS NOT NULL AND one.state <> 'ON_HOLD'
                          AS resume_asked) AS its
               CROSS JOIN LATERAL (VALUES
                   (1, its.asked_first, '', 'PENDING_HOLD', one.held_at, one.requested_by_id),
                   (2, its.stood,
                    CASE WHEN its.asked_first THEN 'PENDING_HOLD' ELSE '' END, 'ON_HOLD',
                    CASE WHEN its.asked_first THEN one.hold_decided_at ELSE one.held_at END,
                    one.hold_decided_by_id),
                   (3, its.stood AND its.resume_asked, 'ON_HOLD', 'PENDING_RESUME',
                    one.resume_requested_at, one.resume_requested_by_id),
                   (4, its.is_over,
                    CASE WHEN its.resume_asked THEN 'PENDING_RESUME' ELSE 'ON_HOLD' END,
                    one.state, one.ended_at, one.resume_decided_by_id),
                   (5, one.state = 'CANCELLED', 'PENDING_HOLD', 'CANCELLED',
                    coalesce(one.hold_decided_at, one.held_at), one.hold_decided_by_id)
               ) AS step (number, happened, origin, arrived, at, by_id)
         WHERE step.happened
         ORDER BY one.id, step.number;
        RETURN NULL;
    END IF;
    INSERT INTO holds_holdtransition
           (client_id, hold_id, from_state, to_state, at, by_id, note)
    SELECT after.client_id, after.id, before.state, after.state,
           coalesce((told ->> 'at')::timestamptz, after.ended_at, clock_timestamp()),
           coalesce((told ->> 'by')::bigint, kpi_actor()), coalesce(told ->> 'note', '')
      FROM written AS after JOIN was AS before ON before.id = after.id
     WHERE after.state <> before.state
     ORDER BY after.id;
    RETURN NULL;
END $$;

-- An order stands exactly while a hold of the whole order is open.
CREATE FUNCTION holds_move_orders(orders bigint[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    moved_by text := current_setting('kpi.move', true);
    note text := coalesce(
        nullif(current_setting('kpi.hold', true), '')::jsonb ->> 'note', '');
    held bigint[];
BEGIN
    IF orders IS NULL THEN
        RETURN;
    END IF;
    -- Locked before the holds are read: whoever decides at this instant is waited for.
    PERFORM FROM plant_workorder WHERE id = ANY (orders) ORDER BY id FOR NO KEY UPDATE;
    held := ARRAY(
        SELECT DISTINCT one.work_order_id FROM holds_wiphold AS one
         WHERE one.work_order_id = ANY (orders) AND {_WHOLE.format(row="one")});
    IF EXISTS (SELECT FROM plant_workorder WHERE id = ANY (held) AND status NOT IN
               ('RECEIVED', 'RELEASED', 'DEMOTED', 'IN_PROGRESS', 'ON_HOLD')) THEN
        RAISE EXCEPTION 'This order can no longer be put on hold.'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'holds_order_follows';
    END IF;
    PERFORM plant_automatic(note);
    UPDATE plant_workorder SET status_before_hold = status, status = 'ON_HOLD'
     WHERE id = ANY (held) AND status <> 'ON_HOLD';
    UPDATE plant_workorder SET status = status_before_hold, status_before_hold = ''
     WHERE id = ANY (orders) AND id <> ALL (held) AND status = 'ON_HOLD';
    PERFORM set_config('kpi.move', coalesce(moved_by, ''), true);
END $$;

CREATE FUNCTION holds_tell_orders() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        PERFORM holds_move_orders((SELECT array_agg(DISTINCT one.work_order_id)
                                     FROM written AS one WHERE {_WHOLE.format(row="one")}));
        UPDATE plant_lineshift AS place SET no_new_hold = false
          FROM written AS one JOIN plant_workorder AS each
               ON each.client_id = one.client_id AND each.id = one.work_order_id
         WHERE place.client_id = one.client_id AND place.shift_id = one.shift_id
           AND place.shift_date = one.shift_date
           AND place.line_id = coalesce(one.line_id, each.line_id)
           AND place.no_new_hold AND one.voided_at IS NULL;
    ELSIF TG_OP = 'DELETE' THEN
        PERFORM holds_move_orders((SELECT array_agg(DISTINCT one.work_order_id)
                                     FROM was AS one WHERE {_WHOLE.format(row="one")}));
    ELSE
        PERFORM holds_move_orders((
            SELECT array_agg(DISTINCT orders.id)
              FROM written AS after JOIN was AS before ON before.id = after.id
                   CROSS JOIN LATERAL (
                   VALUES (before.work_order_id), (after.work_order_id)) AS orders (id)
             WHERE ({_WHOLE.format(row="after")}, after.work_order_id)
                   IS DISTINCT FROM ({_WHOLE.format(row="before")}, before.work_order_id)));
    END IF;
    RETURN NULL;
END $$;
"""  # noqa: S608

TRIGGERS = """
CREATE TRIGGER holds_log_new AFTER INSERT ON %(table)s
    REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION holds_log();
CREATE TRIGGER holds_log_moved AFTER UPDATE ON %(table)s
    REFERENCING OLD TABLE AS was NEW TABLE AS written
    FOR EACH STATEMENT EXECUTE FUNCTION holds_log();
CREATE TRIGGER holds_tell_new AFTER INSERT ON %(table)s
    REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION holds_tell_orders();
CREATE TRIGGER holds_tell_changed AFTER UPDATE ON %(table)s
    REFERENCING OLD TABLE AS was NEW TABLE AS written
    FOR EACH STATEMENT EXECUTE FUNCTION holds_tell_orders();
CREATE TRIGGER holds_tell_deleted AFTER DELETE ON %(table)s
    REFERENCING OLD TABLE AS was FOR EACH STATEMENT EXECUTE FUNCTION holds_tell_orders();
"""

NO_TRIGGERS = """
DROP TRIGGER holds_log_new ON %(table)s;
DROP TRIGGER holds_log_moved ON %(table)s;
DROP TRIGGER holds_tell_new ON %(table)s;
DROP TRIGGER holds_tell_changed ON %(table)s;
DROP TRIGGER holds_tell_deleted ON %(table)s;
DROP FUNCTION holds_log(), holds_tell_orders(), holds_move_orders(bigint[]);
"""


class OrderFollows(models.BaseConstraint):
    """The order stands while a hold of the whole of it is open, and the course is written.

    The text of its functions is that of the migration that makes the table.
    """

    def validate(self, model: Any, instance: Any, exclude: Any = None, using: Any = None) -> None:
        return

    def constraint_sql(self, model: Any, schema_editor: Any) -> None:
        schema_editor.deferred_sql.append(self.create_sql(model, schema_editor))

    def create_sql(self, model: Any, schema_editor: Any) -> Statement:
        return _statement(FUNCTIONS.replace("%", "%%") + TRIGGERS, model, schema_editor)

    def remove_sql(self, model: Any, schema_editor: Any) -> Statement:
        return _statement(NO_TRIGGERS, model, schema_editor)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, OrderFollows):
            return self.deconstruct() == other.deconstruct()
        return NotImplemented

    __hash__ = models.BaseConstraint.__hash__


def _statement(text: str, model: Any, schema_editor: Any) -> Statement:
    return Statement(text, table=Table(model._meta.db_table, schema_editor.quote_name))
