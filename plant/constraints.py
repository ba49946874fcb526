"""Constraints whose condition PostgreSQL alone can evaluate.

Their Python side says nothing: the same sentence comes from the field's validators or from
`clean()`, which need no query per row. The database stays the last word, also for two writers
at the same instant.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.contrib.postgres.constraints import ExclusionConstraint
from django.db import connection, models
from django.db.backends.ddl_references import Statement, Table


class Stored(models.CheckConstraint):
    """A CHECK on a value that Python cannot compare by itself: a range or an array."""

    def validate(self, model: Any, instance: Any, exclude: Any = None, using: Any = None) -> None:
        return


class StoredExclusion(ExclusionConstraint):
    """An exclusion that reaches beyond the scope, so no query of ours could answer it."""

    def validate(self, model: Any, instance: Any, exclude: Any = None, using: Any = None) -> None:
        return


class StoredUnique(models.UniqueConstraint):
    """A key whose sentence names the row: `clean()` says it, from one query for all rows."""

    def validate(self, model: Any, instance: Any, exclude: Any = None, using: Any = None) -> None:
        return


class Guard(models.BaseConstraint):
    """A rule over several rows of a table, kept by a trigger.

    `refuses` is SQL over NEW. `lock` is the text of an advisory lock that makes writers of the
    same group wait for each other; without it two of them would not see each other's rows.
    A rule over a row and its parts has no advisory lock: it locks the row (`locked_row`, SQL).
    Such a rule is deferrable, for writers who change the row and its parts in several steps;
    they put `settled_together` around them.
    """

    def __init__(
        self,
        *,
        name: str,
        refuses: str,
        message: str,
        lock: str = "",
        locked_row: str = "",
        event: str = "INSERT OR UPDATE",
        when: str = "NEW.voided_at IS NULL",
        deferrable: bool = False,
    ) -> None:
        self.refuses = refuses
        self.given: dict[str, Any] = {"lock": lock, "locked_row": locked_row}
        self.given |= {"event": event} if event != "INSERT OR UPDATE" else {}
        self.given |= {"when": when} if when != "NEW.voided_at IS NULL" else {}
        self.lock, self.locked_row, self.event, self.when = lock, locked_row, event, when
        self.deferrable = deferrable
        super().__init__(name=name, violation_error_message=message)

    def validate(self, model: Any, instance: Any, exclude: Any = None, using: Any = None) -> None:
        return

    def get_violation_error_message(self) -> str:
        # As it stands: the base class would take a per cent sign for a place holder.
        return str(self.violation_error_message)

    def constraint_sql(self, model: Any, schema_editor: Any) -> None:
        schema_editor.deferred_sql.append(self.create_sql(model, schema_editor))

    def create_sql(self, model: Any, schema_editor: Any) -> Statement:
        waits = f"PERFORM {self.locked_row};" if self.locked_row else ""
        if self.lock:
            key = f"hashtextextended('{self.name}:' || {self.lock}, 0)"
            waits = f"PERFORM pg_advisory_xact_lock({key});"
        kind = "CONSTRAINT TRIGGER" if self.deferrable else "TRIGGER"
        deferrable = "DEFERRABLE INITIALLY IMMEDIATE" if self.deferrable else ""
        # The sentence is found by the constraint's name, like that of every other constraint.
        return Statement(
            f"""
            CREATE FUNCTION {self.name}() RETURNS trigger LANGUAGE plpgsql AS $guard$
            BEGIN
                {waits}
                IF {self.refuses} THEN
                    RAISE EXCEPTION USING ERRCODE = 'check_violation', MESSAGE = '{self.name}',
                        CONSTRAINT = '{self.name}', TABLE = TG_TABLE_NAME;
                END IF;
                RETURN NULL;
            END $guard$;
            CREATE {kind} {self.name} AFTER {self.event} ON %(table)s {deferrable}
                FOR EACH ROW WHEN ({self.when}) EXECUTE FUNCTION {self.name}()
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
        given = {name: value for name, value in self.given.items() if value}
        given |= {"deferrable": True} if self.deferrable else {}
        return path, tuple(args), {**kwargs, "refuses": self.refuses, "message": message, **given}

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


@contextmanager
def settled_together(*guards: str) -> Iterator[None]:
    """Judge these deferrable rules when the block ends, not after each statement in it."""
    names = ", ".join(connection.ops.quote_name(each) for each in guards)
    with connection.cursor() as cursor:
        cursor.execute(f"SET CONSTRAINTS {names} DEFERRED")
        yield
        if not connection.needs_rollback:
            cursor.execute(f"SET CONSTRAINTS {names} IMMEDIATE")
