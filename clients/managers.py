"""Wall 1: managers that add the client condition when the SQL is compiled.

A queryset built at import time, in a form or as a class attribute of a view carries no client;
it takes the scope of whoever executes it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Self

from django.db import models, router
from django.db.models.expressions import Expression, F

from clients.inserting import forget_plans, insert_together
from clients.scope import current_scope


class InScope(Expression):
    """`client_id = ANY(the scope)`, with the scope read at compile time."""

    conditional = True
    output_field = models.BooleanField()

    def __init__(self, column: str) -> None:
        super().__init__()
        self.column: Any = F(column)

    def get_source_expressions(self) -> list[Any]:
        return [self.column]

    def set_source_expressions(self, exprs: Any) -> None:
        (self.column,) = exprs

    def as_sql(self, compiler: Any, connection: Any, **extra: Any) -> tuple[str, list[Any]]:
        ids = sorted(current_scope().ids)
        sql, params = compiler.compile(self.column)
        if len(ids) == 1:
            # Only so can an index that begins with the client give a page in its order; with
            # ANY, all rows of the client are joined and sorted for it (80 ms instead of 1).
            return f"{sql} = %s", [*params, ids[0]]
        return f"{sql} = ANY(%s::bigint[])", [*params, ids]


class InScopeOrShared(InScope):
    """The same for tables that have shared rows without a client."""

    def as_sql(self, compiler: Any, connection: Any, **extra: Any) -> tuple[str, list[Any]]:
        own, own_params = super().as_sql(compiler, connection, **extra)
        sql, params = compiler.compile(self.column)
        return f"({sql} IS NULL OR {own})", [*params, *own_params]


class InScopeOrPlatforms(InScope):
    """The same, and for platform admins what belongs to no client: users, the pool."""

    def as_sql(self, compiler: Any, connection: Any, **extra: Any) -> tuple[str, list[Any]]:
        own, own_params = super().as_sql(compiler, connection, **extra)
        if not current_scope().reaches_all:
            return own, own_params
        sql, params = compiler.compile(self.column)
        return f"({sql} IS NULL OR {own})", [*params, *own_params]


# Before so many new rows: what was planned for a small table is planned again once they are there.
MANY = 1000


class ClientQuerySet(models.QuerySet[Any]):
    def none(self) -> Self:
        """Nothing, also without a scope: the empty condition is compiled before the client's."""
        empty = super().none()
        children = empty.query.where.children
        children.insert(0, children.pop())
        return empty

    def bulk_create(
        self, objs: Iterable[Any], batch_size: int | None = None, *args: Any, **options: Any
    ) -> list[Any]:
        """Django's, quicker for what is common: many new rows, and no talk of conflicts."""
        rows, using = list(objs), router.db_for_write(self.model)
        alike = len(rows) > 1 and not (batch_size or args or any(options.values()))
        if len(rows) >= MANY:
            forget_plans(using)
        if alike and insert_together(self.model, rows, using):
            return rows
        return super().bulk_create(rows, batch_size, *args, **options)


class ClientManager(models.Manager.from_queryset(ClientQuerySet)):  # type: ignore[misc]
    """Live rows of the clients in scope."""

    condition: type[InScope] = InScope
    column = "client_id"
    includes_voided = False

    def get_queryset(self) -> ClientQuerySet:
        rows = super().get_queryset().filter(self.condition(self.column))
        if self.includes_voided or not hasattr(self.model, "voided_at"):
            return rows
        return rows.filter(voided_at__isnull=True)


class VoidedToo(ClientManager):
    """Voided rows as well: for history, audit and undo only."""

    includes_voided = True


class SharedManager(ClientManager):
    """Live rows of the clients in scope, and the rows shared by all."""

    condition = InScopeOrShared


class SharedVoidedToo(SharedManager):
    includes_voided = True


class PlatformManager(ClientManager):
    """Rows of the clients in scope; for platform admins also those of no client."""

    condition = InScopeOrPlatforms
