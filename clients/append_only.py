"""Tables that are written once: histories nobody corrects afterwards."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.backends.ddl_references import Statement, Table


class AppendOnly(models.BaseConstraint):
    """The database refuses UPDATE and DELETE, for the web role and for the owner alike."""

    def validate(self, model: Any, instance: Any, exclude: Any = None, using: Any = None) -> None:
        return

    def constraint_sql(self, model: Any, schema_editor: Any) -> None:
        schema_editor.deferred_sql.append(self.create_sql(model, schema_editor))

    def create_sql(self, model: Any, schema_editor: Any) -> Statement:
        sentence = f"{str(model._meta.verbose_name_plural).capitalize()} are never changed."
        return Statement(
            f"""
            CREATE OR REPLACE FUNCTION {self.name}() RETURNS trigger LANGUAGE plpgsql AS $once$
            BEGIN
                RAISE EXCEPTION '{sentence}' USING ERRCODE = 'insufficient_privilege';
            END $once$;
            CREATE TRIGGER {self.name} BEFORE UPDATE OR DELETE ON %(table)s
                FOR EACH STATEMENT EXECUTE FUNCTION {self.name}();
            REVOKE UPDATE, DELETE, TRUNCATE ON %(table)s FROM kpi_app
            """,
            table=Table(model._meta.db_table, schema_editor.quote_name),
        )

    def remove_sql(self, model: Any, schema_editor: Any) -> Statement:
        return Statement(
            f"""
            DROP TRIGGER {self.name} ON %(table)s;
            DROP FUNCTION {self.name}();
            GRANT UPDATE, DELETE ON %(table)s TO kpi_app
            """,
            table=Table(model._meta.db_table, schema_editor.quote_name),
        )

    def __eq__(self, other: object) -> bool:
        if isinstance(other, AppendOnly):
            return self.deconstruct() == other.deconstruct()
        return NotImplemented

    __hash__ = models.BaseConstraint.__hash__
