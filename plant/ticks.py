"""The ticks "none today" of a line-shift, withdrawn by the first row that says otherwise.

The database does it, so that no way of writing can forget it and a refused row withdraws none.
"""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.backends.ddl_references import Statement, Table


class Withdraws(models.BaseConstraint):
    """A row of this table withdraws a tick of its line-shift; once per statement."""

    def __init__(self, *, tick: str, name: str) -> None:
        self.tick = tick
        super().__init__(name=name)

    def validate(self, model: Any, instance: Any, exclude: Any = None, using: Any = None) -> None:
        return

    def constraint_sql(self, model: Any, schema_editor: Any) -> None:
        schema_editor.deferred_sql.append(self.create_sql(model, schema_editor))

    def create_sql(self, model: Any, schema_editor: Any) -> Statement:
        # A transition table belongs to one event, so new rows and moved ones have a trigger each.
        triggers = "".join(
            f"""
            CREATE TRIGGER {self.name}_{event.lower()} AFTER {event} ON %(table)s
                REFERENCING NEW TABLE AS written
                FOR EACH STATEMENT EXECUTE FUNCTION {self.name}();"""
            for event in ("INSERT", "UPDATE")
        )
        return Statement(
            f"""
            CREATE FUNCTION {self.name}() RETURNS trigger LANGUAGE plpgsql AS $tick$
            BEGIN
                UPDATE plant_lineshift AS place SET {self.tick} = false
                  FROM written
                 WHERE place.client_id = written.client_id
                   AND place.id = written.line_shift_id
                   AND place.{self.tick} AND written.voided_at IS NULL;
                RETURN NULL;
            END $tick$;{triggers}
            """,  # noqa: S608
            table=Table(model._meta.db_table, schema_editor.quote_name),
        )

    def remove_sql(self, model: Any, schema_editor: Any) -> Statement:
        return Statement(
            f"DROP TRIGGER {self.name}_insert ON %(table)s;"
            f"DROP TRIGGER {self.name}_update ON %(table)s;"
            f"DROP FUNCTION {self.name}()",
            table=Table(model._meta.db_table, schema_editor.quote_name),
        )

    def deconstruct(self) -> Any:
        path, args, kwargs = super().deconstruct()
        return path, args, {**kwargs, "tick": self.tick}

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Withdraws):
            return self.deconstruct() == other.deconstruct()
        return NotImplemented

    __hash__ = models.BaseConstraint.__hash__
