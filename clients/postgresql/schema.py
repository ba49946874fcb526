"""Raises the database's walls around each table that has an owner field.

A new model is walled in on the day its table is created; nobody has to remember it.
"""

from __future__ import annotations

from typing import Any

from django.db.backends.ddl_references import Columns, Statement
from django.db.backends.postgresql import schema

from clients.postgresql import walls


class SchemaEditor(schema.DatabaseSchemaEditor):
    def create_model(self, model: Any) -> None:
        super().create_model(model)
        for statement in walls.statements_for(model):
            self.execute(statement)

    def add_field(self, model: Any, field: Any) -> None:
        if not field.remote_field or not field.db_constraint or not walls.owner_field(model):
            super().add_field(model, field)
            return
        # The inline form of ADD COLUMN can name one column only, and checks under the policy.
        field.db_constraint = False
        try:
            super().add_field(model, field)
        finally:
            field.db_constraint = True
        self.deferred_sql.append(
            self._create_fk_sql(model, field, "_fk_%(to_table)s_%(to_column)s")
        )
        if getattr(field, "own_or_shared", False):
            self.deferred_sql.append(walls.own_or_shared(model._meta.db_table, field))

    def _create_fk_sql(self, model: Any, field: Any, suffix: str) -> Any:
        statement = super()._create_fk_sql(model, field, suffix)
        target = field.target_field.model
        if getattr(field, "ties_client", False):
            near, far = model._meta.db_table, target._meta.db_table
            statement.parts["column"] = Columns(near, ["client_id", field.column], self.quote_name)
            statement.parts["to_column"] = Columns(far, ["client_id", "id"], self.quote_name)
        walled = [
            part
            for part, each in (("table", model), ("to_table", target))
            if walls.owner_field(each)
        ]
        return self._checked_without_policy(statement, walled)

    def _checked_without_policy(self, statement: Any, walled: list[str]) -> Any:
        """A new foreign key is checked against the rows of all clients, not those in scope."""
        lower = [f"ALTER TABLE %({part})s NO FORCE ROW LEVEL SECURITY" for part in walled]
        raise_again = [f"ALTER TABLE %({part})s FORCE ROW LEVEL SECURITY" for part in walled]
        template = "; ".join([*lower, statement.template, *raise_again])
        return Statement(template, **statement.parts)
