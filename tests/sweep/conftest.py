from __future__ import annotations

import datetime
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from django.db import connection, transaction
from django.template import Template

from clients.models import AuditEntry, Client, ClientModel, Membership, User
from clients.scope import client_scope, every_client
from tests.filled import fill
from tests.sweep.world import World, made_beside

ROLES = {"V": "VIEWER", "O": "OPERATOR", "S": "SUPERVISOR", "M": "MANAGER", "E": "ENGINEER"}
SINCE = (datetime.date(2020, 1, 1), None)
HR = {"hire_date": "2011-11-11", "phone": "{mark}-555", "hourly_rate": "4321.99"}


def member(name: str, role: str, *clients: Client, **flags: bool) -> User:
    user = User.objects.create_user(name, f"{name}@example.com", "Secret-Word-1")
    for client in clients:
        Membership.objects.create(user=user, client=client, role=role, valid=SINCE, **flags)
    return user


def everybody(acme: Client, acme_2: Client) -> dict[str, User]:
    """By letter of the table; H has all flags, Z is the other client's manager, and W is an
    operator here who may only look on there."""
    users = {key: member(f"own-{role.lower()}", role, acme) for key, role in ROLES.items()}
    users["A"] = User.objects.create_superuser("platform", "platform@example.com", "Secret-Word-1")
    users["N"] = member("nobody", "VIEWER")
    users["L"] = lapsed(acme, acme_2)
    users["G"] = member("own-and-gone", "MANAGER", acme, hr=True)
    User.objects.filter(pk=users["G"].pk).update(is_active=False)
    users["H"] = member("own-trusted", "MANAGER", acme, hr=True, quality=True)
    users["Z"] = member("zebra-boss", "MANAGER", acme_2, hr=True, quality=True)
    users["W"] = member("own-and-looking", "OPERATOR", acme)
    Membership.objects.create(user=users["W"], client=acme_2, role="VIEWER", valid=SINCE)
    return users


def lapsed(acme: Client, acme_2: Client) -> User:
    """Once a manager of three clients: taken out of one, at the end of the time in another, and
    the third is no longer active."""
    user = member("own-no-more", "MANAGER", acme, hr=True)
    user.memberships.update(active=False)
    over = (datetime.date(2020, 1, 1), datetime.date(2021, 1, 1))
    Membership.objects.create(user=user, client=acme_2, role="MANAGER", valid=over)
    closed = Client.open(code="ACME-0", name="Zebra Hats")
    Membership.objects.create(user=user, client=closed, role="MANAGER", valid=SINCE)
    Client.unscoped.filter(pk=closed.pk).update(active=False)
    return user


def signed_by(user: User, rows: dict[str, Any], mark: str) -> None:
    """Rows are written by somebody: their name stands in lists and histories too."""
    client = rows["Line"].client
    with client_scope([client], user=user):
        for name, value in HR.items():
            setattr(rows["Employee"], name, value.format(mark=mark))
        for row in rows.values():
            if isinstance(row, ClientModel):
                type(row).with_voided.filter(pk=row.pk).update(created_by=user)
        rows["Employee"].save()
        rows["Line"].department = f"{mark} hall"
        rows["Line"].save()
        draft = rows["SheetDraft"]
        draft.user = user
        draft.save()
        batch = rows["ImportBatch"]
        batch.errors = [
            {
                "row": 2, "column": "line", "header": f"{mark} head", "value": f"{mark}-X",
                "code": "unknown_code", "reason": f"Unknown line “{mark}-X”.", "suggestion": "",
            }
        ]  # fmt: skip
        batch.content = {"headers": [f"{mark} head"], "rows": [[2, [f"{mark}-X"]]]}
        batch.save()


def world_made() -> World:
    acme = Client.open(code="ACME", name="Acme Boots")
    acme_2 = Client.open(code="ACME-2", name="Zebra Socks Ltd")
    own, foreign = fill(acme, "OWN", 320), fill(acme_2, "ZEBRA", 987_654)
    users = everybody(acme, acme_2)
    signed_by(users["H"], own, "OWN")
    signed_by(users["Z"], foreign, "ZEBRA")
    beside = made_beside(lambda: users["Z"])
    with client_scope([acme_2]):
        beside["AuditEntry"] = AuditEntry.objects.first()
    return World(acme, acme_2, own, foreign, users, beside)


@pytest.fixture(scope="package")
def filled_world(django_db_setup: None, django_db_blocker: Any) -> Iterator[World]:
    """Made once, at a standstill of the clock; every test runs in a savepoint over it."""
    now = datetime.datetime.now(datetime.UTC)
    with django_db_blocker.unblock(), time_machine.travel(now, tick=False), transaction.atomic():
        yield world_made()
        transaction.set_rollback(True)


@pytest.fixture
def world(
    filled_world: World, db: None, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> Iterator[World]:
    settings.SESSION_SAVE_EVERY_REQUEST = False  # thousands of requests
    # As the product renders: tests have each template, down to each field, copy its context.
    monkeypatch.setattr(Template, "_render", lambda self, context: self.nodelist.render(context))
    logging.disable(logging.ERROR)  # every refusal is expected, and there are thousands
    yield filled_world
    logging.disable(logging.NOTSET)
    with every_client("what the test wrote is checked before it is rolled back"):
        connection.check_constraints()
