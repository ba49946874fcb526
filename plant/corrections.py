"""What the database does when rows are corrected: rules that no way of writing passes by.

The rows of a line-shift themselves are watched by triggers that every such table gets when it is
made (`clients.postgresql.walls`). Here stand the two kinds of rows that those cannot see: parts,
which belong to a row of a line-shift, and the line-shift's own plan.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from django.db import models
from django.db.backends.ddl_references import Statement, Table


class Watched(models.BaseConstraint, ABC):
    """A trigger that is declared with the model; it says nothing to forms."""

    def validate(self, model: Any, instance: Any, exclude: Any = None, using: Any = None) -> None:
        return

    def constraint_sql(self, model: Any, schema_editor: Any) -> None:
        schema_editor.deferred_sql.append(self.create_sql(model, schema_editor))

    def create_sql(self, model: Any, schema_editor: Any) -> Statement:
        table = Table(model._meta.db_table, schema_editor.quote_name)
        return Statement(self.body(model), table=table)

    @abstractmethod
    def body(self, model: Any) -> str: ...

    def remove_sql(self, model: Any, schema_editor: Any) -> Statement:
        return Statement(
            f"DROP TRIGGER {self.name} ON %(table)s; DROP FUNCTION {self.name}()",
            table=Table(model._meta.db_table, schema_editor.quote_name),
        )

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Watched):
            return bool(self.deconstruct() == other.deconstruct())
        return NotImplemented

    __hash__ = models.BaseConstraint.__hash__


class PartOf(Watched):
    """A changed part changes the row that it belongs to: that one asks for a second person again,
    needs the same reason, and its closed shift is restated. A new part needs a reason only on a
    verified row, since rows may be added to a closed shift without one."""

    def __init__(self, *, whole: str, name: str) -> None:
        self.whole = whole
        super().__init__(name=name)

    def body(self, model: Any) -> str:
        field = model._meta.get_field(self.whole)
        whole = field.remote_field.model._meta.db_table
        kept = "'{version,updated_at,updated_by_id,batch_id,entry_method}'::text[]"
        return f"""
            CREATE FUNCTION {self.name}() RETURNS trigger LANGUAGE plpgsql AS $part$
            DECLARE
                part record := CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
                it record;
            BEGIN
                IF TG_OP = 'UPDATE' AND to_jsonb(OLD) - {kept} = to_jsonb(NEW) - {kept} THEN
                    RETURN NULL;
                END IF;
                -- A part that is written together with its whole corrects nothing.
                SELECT whole.id, whole.verified_at IS NOT NULL AND whole.voided_at IS NULL
                           AND NOT (TG_OP = 'INSERT' AND whole.created_at >= now())
                           AS is_verified,
                       place.id AS place, place.state = 'CLOSED' AS is_closed,
                       place.first_closed_at IS NOT NULL
                           AND TG_TABLE_NAME::varchar <> ALL (place.restated) AS is_restated
                  INTO it
                  FROM {whole} AS whole LEFT JOIN plant_lineshift AS place
                       ON place.client_id = whole.client_id AND place.id = whole.line_shift_id
                 WHERE whole.client_id = part.client_id AND whole.id = part.{field.column};
                IF (it.is_verified OR (it.is_closed AND TG_OP = 'UPDATE')) AND TG_OP <> 'DELETE'
                   AND coalesce(current_setting('kpi.reason', true), '') = ''
                   AND part.void_reason IS NULL THEN
                    RAISE EXCEPTION 'Give a reason for the change.'
                        USING ERRCODE = 'check_violation', CONSTRAINT = 'kpi_correct';
                END IF;
                IF it.is_verified THEN
                    UPDATE {whole} SET verified_at = NULL, verified_by_id = NULL
                     WHERE client_id = part.client_id AND id = it.id;
                END IF;
                IF it.is_restated THEN
                    UPDATE plant_lineshift
                       SET restated = array_append(restated, TG_TABLE_NAME::varchar)
                     WHERE client_id = part.client_id AND id = it.place;
                END IF;
                RETURN NULL;
            END $part$;
            CREATE TRIGGER {self.name} AFTER INSERT OR UPDATE OR DELETE ON %(table)s
                FOR EACH ROW EXECUTE FUNCTION {self.name}()
            """  # noqa: S608

    def deconstruct(self) -> Any:
        path, args, kwargs = super().deconstruct()
        return path, args, {**kwargs, "whole": self.whole}


class Restates(Watched):
    """Remembers when a line-shift was closed first, and that its plan changed after that."""

    def body(self, model: Any) -> str:
        return f"""
            CREATE FUNCTION {self.name}() RETURNS trigger LANGUAGE plpgsql AS $plan$
            BEGIN
                IF OLD.first_closed_at IS NOT NULL AND TG_TABLE_NAME::varchar <> ALL (NEW.restated)
                   AND (OLD.planned_minutes, OLD.stations, OLD.voided_at, OLD.state = 'NOT_PLANNED')
                       IS DISTINCT FROM
                       (NEW.planned_minutes, NEW.stations, NEW.voided_at, NEW.state = 'NOT_PLANNED')
                THEN
                    NEW.restated := array_append(NEW.restated, TG_TABLE_NAME::varchar);
                END IF;
                IF NEW.state = 'CLOSED' AND NEW.first_closed_at IS NULL THEN
                    NEW.first_closed_at := NEW.closed_at;
                END IF;
                RETURN NEW;
            END $plan$;
            CREATE TRIGGER {self.name} BEFORE UPDATE ON %(table)s
                FOR EACH ROW EXECUTE FUNCTION {self.name}()
            """
