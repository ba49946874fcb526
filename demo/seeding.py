"""Fills a demo database: clients, people, and months of what happened on their lines."""

from __future__ import annotations

import datetime
import gc
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal

from django.db import connection, transaction
from django.db.backends.postgresql.psycopg_any import DateRange
from django.utils import timezone

from clients.models import Client, User
from clients.postgresql.base import as_owner
from clients.scope import client_scope
from demo.calendar import months_before
from demo.crews import Pool
from demo.masters import make_masters, write
from demo.people import ADMIN, make_memberships, make_users
from demo.plants import PlantPlan, plants
from demo.rows import ClientHistory
from demo.staff import floaters, make_staff
from kpis.models import Assumption, Target
from plant.models import Employee


def seed(
    *, clients: int = 4, months: int = 12, days: int | None = None,
    now: datetime.datetime | None = None,
) -> Counter[str]:  # fmt: skip
    """All or nothing: a start that is killed leaves an empty database, not half a demo."""
    now = now or timezone.now()
    with transaction.atomic(), _without_garbage_collection():
        return _seed(plants(clients), months, days, now)


@contextmanager
def _without_garbage_collection() -> Iterator[None]:
    """A hundred thousand rows are all alive; looking through them again and again finds nothing."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _seed(
    plans: Sequence[PlantPlan], months: int, days: int | None, now: datetime.datetime
) -> Counter[str]:
    users = make_users()
    opened = [_open(plan) for plan in plans]
    today = opened[0].local_day(now)
    first = today - datetime.timedelta(days=days) if days else months_before(today, months)
    memberships = make_memberships(users, opened, first)
    rows = Counter({"clients": len(opened), "users": len(users), "memberships": len(memberships)})
    pool = _make_pool(users[ADMIN], len(opened))
    rows["floaters of the pool"] = len(pool)
    for number, (client, plan) in enumerate(zip(opened, plans, strict=True)):
        of_client = Pool(pool, number, len(opened))
        rows += _fill(client, plan, of_client, first, now, users, is_first=number == 0)
    return rows


def _open(plan: PlantPlan) -> Client:
    return Client.open(
        code=plan.code,
        name=plan.name,
        location=plan.location,
        contact_name=f"Planning, {plan.name}",
        email=f"planning@{plan.code.lower()}.example.com",
        language="en",
        defect_template=plan.template,
    )


def _make_pool(admin: User, clients: int) -> list[Employee]:
    with client_scope([], user=admin):
        return write(list(floaters(clients)))


def _fill(
    client: Client, plan: PlantPlan, pool: Pool, first: datetime.date, now: datetime.datetime,
    users: dict[str, User], *, is_first: bool,
) -> Counter[str]:  # fmt: skip
    """The operator writes the rows of the first client, where the demo's people work."""
    rows: Counter[str] = Counter()
    with client_scope([client], user=users["engineer"] if is_first else users[ADMIN]):
        masters = make_masters(client, plan, first, client.local_day(now))
        staff = make_staff(masters, first, client.local_day(now))
        rows["master data"], rows["people"] = masters.rows, len(staff.people)
        if is_first:
            _agree(client, first, now, users)
    people = users if is_first else {ADMIN: users[ADMIN]}
    with client_scope([client], user=users["operator"] if is_first else users[ADMIN]):
        rows += ClientHistory(masters, staff, pool, first, now, people).write()
    return rows


# -- what was agreed with the first client --------------------------------------------------------


def _agree(
    client: Client, first: datetime.date, now: datetime.datetime, users: dict[str, User]
) -> None:
    _set_targets(client, first, client.local_day(now))
    _agree_on_rules(client, first, now, users)


def _set_targets(client: Client, first: datetime.date, today: datetime.date) -> None:
    step = today - datetime.timedelta(days=45)
    start = min(first, step - datetime.timedelta(days=1))
    goals = [
        ("oee", "74", "68", "60", start, step),
        ("oee", "78", "70", "62", step, None),
        ("efficiency", "82", "76", "68", start, None),
        ("availability", "90", "86", "80", start, None),
        ("performance", "92", "86", "78", start, None),
        ("fpy", "97", "95", "92", start, step),
        ("fpy", "97.5", "96", "93", step, None),
        ("ppm", "25000", "32000", "45000", start, None),
    ]
    write(
        [
            Target(
                client=client,
                kpi_key=key,
                target=Decimal(target),
                warning=Decimal(warning),
                critical=Decimal(critical),
                valid=DateRange(since, until, "[)"),
            )
            for key, target, warning, critical, since, until in goals
        ]
    )


def _agree_on_rules(
    client: Client, first: datetime.date, now: datetime.datetime, users: dict[str, User]
) -> None:
    """One rule in force that differs from ISO, and one that waits for the manager."""
    today = client.local_day(now)
    since = max(first, today - datetime.timedelta(days=200))
    proposed = datetime.datetime.combine(since, datetime.time(10), client.zone)
    write(
        [
            Assumption(
                client=client,
                key="setup_treatment",
                value="LEAVES_PLAN",
                rationale="The customer orders small lots and pays for each change-over.",
                valid=DateRange(since, None, "[)"),
                status=Assumption.Status.APPROVED,
                proposed_by=users["engineer"],
                proposed_at=proposed - datetime.timedelta(days=6),
                approved_by=users["manager"],
                approved_at=proposed - datetime.timedelta(days=4),
            ),
            Assumption(
                client=client,
                key="default_opportunities",
                value=40,
                rationale="Samples have no count of opportunities yet; boots have about forty.",
                valid=DateRange(today + datetime.timedelta(days=14), None, "[)"),
                proposed_by=users["engineer"],
                proposed_at=now,
            ),
        ]
    )


def refresh_statistics() -> None:
    """Without it the first pages after the seeding wait for the autovacuum."""
    with as_owner(), connection.cursor() as cursor:
        cursor.execute("ANALYZE")
