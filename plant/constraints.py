"""Constraints whose condition PostgreSQL alone can evaluate.

Their Python side says nothing: the same sentence comes from the field's validators or from
`clean()`, which need no query per row. The database stays the last word, also for two writers
at the same instant.
"""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.constraints import ExclusionConstraint
from django.db import models
from django.db.backends.ddl_references import Statement, Table


class Stored(models.CheckConstraint):
    """A CHECK on a value that Python cannot compare by itself: a range or an array."""

    def validate(self, model: Any, instance: Any, exclude: Any = None, using: Any = None) -> None:
        return


class StoredExclusion(ExclusionConstraint):
    """An exclusion that reaches beyond the scope, so no query of ours could answer it."""

    def validate(self, model: Any, instance: Any, exclude: Any = None, using: Any = None) -> None:
        return


class Guard(models.BaseConstraint):
    """A rule over several rows of a table, kept by a trigger.

    `refuses` is SQL over NEW. `lock` is the text of an advisory lock that makes writers of the
    same group wait for each other; without it two of them would not see each other's rows.
    """

    def __init__(self, *, name: str, refuses: str, lock: str, message: str) -> None:
        self.refuses = refuses
        self.lock = lock
        super().__init__(name=name, violation_error_message=message)

    def validate(self, model: Any, instance: Any, exclude: Any = None, using: Any = None) -> None:
        return

    def get_violation_error_message(self) -> str:
        # As it stands: the base class would take a per cent sign for a place holder.
        return str(self.violation_error_message)

    def constraint_sql(self, model: Any, schema_editor: Any) -> None:
        schema_editor.deferred_sql.append(self.create_sql(model, schema_editor))

    def create_sql(self, model: Any, schema_editor: Any) -> Statement:
        # The sentence is found by the constraint's name, like that of every other constraint.
        return Statement(
            f"""
            CREATE FUNCTION {self.name}() RETURNS trigger LANGUAGE plpgsql AS $guard$
            BEGIN
                PERFORM pg_advisory_xact_lock(hashtextextended('{self.name}:' || {self.lock}, 0));
                IF {self.refuses} THEN
                    RAISE EXCEPTION USING ERRCODE = 'check_violation', MESSAGE = '{self.name}',
                        CONSTRAINT = '{self.name}', TABLE = TG_TABLE_NAME;
                END IF;
                RETURN NULL;
            END $guard$;
            CREATE TRIGGER {self.name} AFTER INSERT OR UPDATE ON %(table)s
                FOR EACH ROW WHEN (NEW.voided_at IS NULL) EXECUTE FUNCTION {self.name}()
            """,
            table=Table(model._meta.db_table, schema_editor.quote_name),
        )

    def remove_sql(self, model: Any, schema_editor: Any) -> Statement:
        return Statement(
            f"DROP TRIGGER {self.name} ON %(table)s; DROP FUNCTION {self.name}()",
            table=Table(model._meta.db_table, schema_editor.quote_name),
        )

    def deconstruct(self) -> tuple[str, tuple[Any, ...], dict[str, Any]]:
        path, args, kwargs = super().deconstruct()
        message = kwargs.pop("violation_error_message", "")
        given = {"refuses": self.refuses, "lock": self.lock, "message": message}
        return path, tuple(args), {**kwargs, **given}

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Guard):
            return self.deconstruct() == other.deconstruct()
        return NotImplemented

    __hash__ = models.BaseConstraint.__hash__


def period_rule(field: str, *, name: str) -> Stored:
    return Stored(
        condition=models.Q(**{f"{field}__isempty": False, f"{field}__startswith__isnull": False}),
        name=name,
        violation_error_message="Give the first valid day.",
    )
