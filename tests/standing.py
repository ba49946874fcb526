"""Rows that many tests start from, made once and kept under them.

A fixture marked `@standing` says what it makes. Before a test's own transaction opens, the rows
of exactly the standing fixtures that it asks for lie in a transaction around it, one savepoint
for each; the next test that asks for the same ones finds them there as they were made, and one
that asks for others has the rest taken back first. Every test gets copies of the objects, so
that nothing it does to them reaches another test.
"""

from __future__ import annotations

import inspect
import pickle
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import connection, transaction

Builder = Callable[..., Any]

_builders: dict[Callable[..., Any], Builder] = {}
_objects: pytest.StashKey[dict[str, Any]] = pytest.StashKey()


@dataclass
class Layer:
    builder: Builder
    transaction: Any
    # All objects up to here, by builder: together, because they refer to each other.
    objects: bytes


_layers: list[Layer] = []


def standing(builder: Builder) -> Any:
    """A fixture whose rows stand; its parameters are standing fixtures as well."""
    names = [*inspect.signature(builder).parameters]

    def given(request: pytest.FixtureRequest, db: None, **made: Any) -> Any:
        objects = request.node.stash.get(_objects, {})
        return objects[_key(builder)] if _key(builder) in objects else builder(**made)

    parameters = ["request", "db", *names]
    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    given.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [inspect.Parameter(name, kind) for name in parameters]
    )
    given.__doc__ = builder.__doc__
    _builders[given] = builder
    return pytest.fixture(name=builder.__name__)(given)


def asked_for(item: pytest.Item) -> list[Builder]:
    """What stands for this test: what is under others comes first, then in order of definition."""
    definitions = getattr(item, "_fixtureinfo").name2fixturedefs  # noqa: B009
    known = list(_builders)
    found: dict[Builder, None] = {}

    def add(name: str) -> bool:
        defined = definitions[name][-1] if definitions.get(name) else None
        if defined is None or defined.func not in _builders:
            return False
        # One that rests on a fixture of the test's own is made in the test.
        if not all(add(each) for each in defined.argnames if each not in ("request", "db")):
            return False
        found.setdefault(_builders[defined.func])
        return True

    def rank(name: str) -> int:
        defined = definitions[name][-1] if definitions.get(name) else None
        return known.index(defined.func) if defined and defined.func in _builders else len(known)

    for name in sorted(getattr(item, "fixturenames", ()), key=rank):
        add(name)
    return list(found)


def side_by_side(items: list[pytest.Item]) -> None:
    """Within each file, tests that stand on the same rows follow each other.

    A file that makes rows of its own for all its tests keeps its order: they come with the first
    test that wants them, and stay.
    """
    files: dict[Any, int] = {}
    for item in items:
        files.setdefault(item.path, len(files))
    in_order = {item.path for item in items if _shares_rows_of_its_own(item)}
    items.sort(
        key=lambda item: (
            files[item.path],
            [] if item.path in in_order else [_key(each) for each in asked_for(item)],
        )
    )


def _shares_rows_of_its_own(item: pytest.Item) -> bool:
    definitions = getattr(item, "_fixtureinfo").name2fixturedefs.values()  # noqa: B009
    return any(each[-1].scope in ("module", "package") for each in definitions)


def prepare(item: pytest.Item, *, commits: bool) -> None:
    """Have the rows of this test, and no others; none for a test that commits by itself."""
    builders = [] if commits else asked_for(item)
    common = 0
    for layer, builder in zip(_layers, builders, strict=False):
        if layer.builder is not builder:
            break
        common += 1
    clear(common)
    if not _layers and connection.in_atomic_block:
        builders = []  # a module's own rows lie there, and go before the next test's
    if _layers:
        as_declared()
    for builder in builders[common:]:
        try:
            _layers.append(_made(builder))
        except Exception:
            break  # the fixture makes its rows in the test, and it is the test that fails
    item.stash[_objects] = pickle.loads(_layers[-1].objects) if _layers else {}


def clear(keep: int = 0) -> None:
    while len(_layers) > keep:
        _taken_back(_layers.pop().transaction)


def _made(builder: Builder) -> Layer:
    objects: dict[str, Any] = pickle.loads(_layers[-1].objects) if _layers else {}
    named = {key.rpartition(".")[2]: value for key, value in objects.items()}
    around = transaction.atomic()
    around.__enter__()
    try:
        made = builder(**{name: named[name] for name in inspect.signature(builder).parameters})
        as_declared()
        return Layer(builder, around, pickle.dumps({**objects, _key(builder): made}))
    except BaseException:
        _taken_back(around)
        raise


def as_declared() -> None:
    """Check at once what is checked at once, and at the end what is checked at the end.

    A test may have said otherwise, and a savepoint that is taken back does not bring all of it
    back. What the rows below still have to prove is proven now, and not after each test.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT conname FROM pg_constraint WHERE condeferred")
        waiting = ", ".join(f'"{name}"' for (name,) in cursor.fetchall())
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(f"SET CONSTRAINTS {waiting} DEFERRED")


def _taken_back(around: Any) -> None:
    transaction.set_rollback(True)
    around.__exit__(None, None, None)


def _key(builder: Builder) -> str:
    return f"{builder.__module__}.{builder.__name__}"
