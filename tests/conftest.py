"""Two filled clients, people with roles, and the real database for every test."""

from __future__ import annotations

import datetime
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection
from django.template import Template
from django.test import Client as Browser
from django.test import TransactionTestCase
from django.test.signals import template_rendered
from django.test.utils import setup_databases, teardown_databases
from hypothesis import HealthCheck, settings

from clients.garbage import collect_seldom
from clients.models import Client, Membership, User
from clients.postgresql.base import as_owner
from clients.scope import client_scope
from kpi_ops.sessions import RENEWED_AT, SIGNED_IN_AT
from tests.production.factories import Floor, make_floor
from tests.standing import clear, prepare, side_by_side, standing

# How long an example takes says something about the machine, and nothing about the product.
settings.register_profile("suite", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("suite")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    side_by_side(items)


def pytest_collection_finish() -> None:
    collect_seldom()


@pytest.hookimpl(tryfirst=True)
def pytest_fixture_setup(
    fixturedef: pytest.FixtureDef[Any], request: pytest.FixtureRequest
) -> None:
    """Standing rows lie under the transaction of the test, which is about to be opened.

    What a module makes of its own for all its tests has the database to itself.
    """
    if fixturedef.argname == "_django_db_helper":
        marker = request.node.get_closest_marker("django_db")
        with request.getfixturevalue("django_db_blocker").unblock():
            prepare(request.node, commits=bool(marker and marker.kwargs.get("transaction")))
    elif "django_db_blocker" in fixturedef.argnames and fixturedef.scope in ("module", "package"):
        with request.getfixturevalue("django_db_blocker").unblock():
            clear()


@pytest.fixture(scope="session")
def django_db_setup(
    django_test_environment: None,
    django_db_modify_db_settings: None,
    django_db_blocker: Any,
    request: pytest.FixtureRequest,
) -> Iterator[None]:
    """The owner makes the database; the tests then run as the web role, as the product does."""
    keep = request.config.getvalue("reuse_db")
    with django_db_blocker.unblock(), as_owner():
        databases = setup_databases(
            verbosity=0, interactive=False, keepdb=keep, serialized_aliases=set()
        )
    yield
    with django_db_blocker.unblock():
        clear()
    with django_db_blocker.unblock(), as_owner():
        if not keep:
            teardown_databases(databases, verbosity=0)


@pytest.fixture(scope="session", autouse=True)
def contexts_of_whole_pages(django_test_environment: None) -> None:
    """Tests look into the context of a page; of its parts, Django would keep a copy each."""

    def render(self: Template, context: Any) -> Any:
        if context.template is self:
            template_rendered.send(sender=self, template=self, context=context)
        return self.nodelist.render(context)

    Template._render = render  # type: ignore[method-assign]


def flush_as_owner(case: TransactionTestCase) -> None:
    """Empty the tables after a test that committed; the web role may not truncate anything."""
    with as_owner(), connection.cursor() as cursor:
        tables = set(connection.introspection.table_names(cursor)) - {"django_migrations"}
        cursor.execute("ALTER TABLE clients_auditentry DISABLE TRIGGER USER")
        names = ", ".join(f'"{table}"' for table in sorted(tables - {"django_content_type"}))
        cursor.execute(f"TRUNCATE {names} RESTART IDENTITY CASCADE")
        cursor.execute("ALTER TABLE clients_auditentry ENABLE TRIGGER USER")


TransactionTestCase._fixture_teardown = flush_as_owner  # type: ignore[method-assign]


@standing
def acme() -> Client:
    return Client.open(code="ACME", name="Acme Boots")


@standing
def acme_2() -> Client:
    """A second client whose code begins like the first one's, on purpose."""
    return Client.open(code="ACME-2", name="Zebra Socks Ltd")


@pytest.fixture
def member(db: None) -> Callable[..., User]:
    """Make a user with a role in one or several clients."""

    def make(*clients: Client, role: str = "SUPERVISOR", username: str = "", **flags: Any) -> User:
        name = username or f"{role.lower()}{User.objects.count() + 1}"
        user = User.objects.create_user(name, f"{name}@example.com", "Secret-Word-1")
        for client in clients:
            Membership.objects.create(
                user=user,
                client=client,
                role=role,
                valid=(datetime.date(2020, 1, 1), None),
                **flags,
            )
        return user

    return make


@pytest.fixture
def platform_admin(db: None) -> User:
    return User.objects.create_superuser("platform", "platform@example.com", "Secret-Word-1")


@pytest.fixture
def signed_in() -> Callable[[User], Browser]:
    def sign_in(user: User) -> Browser:
        browser = Browser()
        browser.force_login(user, backend="clients.backends.MemberBackend")
        # A session that was renewed just now: the first page costs what the next ones cost.
        session = browser.session
        session[SIGNED_IN_AT] = session[RENEWED_AT] = time.time()
        session.save()
        return browser

    return sign_in


@standing
def made_floor(acme: Client) -> Floor:
    """ACME's line in a shift of nine net hours, with an order for it."""
    with client_scope([acme]):
        return make_floor(acme)


@pytest.fixture
def in_acme(acme: Client) -> Iterator[Client]:
    """The test runs in the scope of ACME."""
    with client_scope([acme]):
        yield acme
