"""AC-22: deletion and audit, through the addresses that people use."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client as Browser

from clients.models import AuditEntry
from clients.scope import client_scope
from production.models import ProductionEntry
from tests.production.factories import Floor, make_entry, make_machine

API = "/api/v1/production-entries/"
ADMIN = "/admin/production/productionentry/"
KPI = "/api/v1/kpis/total_units/?from=2025-12-02&to=2025-12-02&client=ACME"


def units(browser: Browser) -> Any:
    return browser.get(KPI).json()[0]["value"]


@pytest.fixture
def rows(made_floor: Floor) -> tuple[ProductionEntry, ProductionEntry]:
    """180 and 60 units of one shift."""
    with client_scope([made_floor.client]):
        other = make_machine(made_floor.client, line=made_floor.line)
        return (
            make_entry(made_floor, total_units=180),
            make_entry(made_floor, total_units=60, machine=other),
        )


def test_ac_22_deletion_and_audit(
    made_floor: Floor, rows: Any, member: Any, platform_admin: Any, signed_in: Any
) -> None:
    acme, (typed_twice, wrong) = made_floor.client, rows
    operator = signed_in(member(acme, role="OPERATOR"))
    boss = signed_in(platform_admin)
    assert operator.delete(f"{API}{wrong.pk}/").status_code == 403
    assert operator.post(f"{ADMIN}{wrong.pk}/delete/", {"post": "yes"}).status_code == 403
    assert units(boss) == 240

    voided = boss.post(
        f"{API}{typed_twice.pk}/void/", {"reason": "typed twice"}, content_type="application/json"
    )
    assert (voided.status_code, units(boss)) == (200, 60)
    assert boss.post(f"{ADMIN}{wrong.pk}/delete/", {"post": "yes"}).status_code == 302
    assert units(boss) is None
    assert operator.get(API).json()["results"] == []
    assert operator.get(f"{API}{wrong.pk}/").status_code == 404

    with client_scope([acme]):
        told = AuditEntry.objects.filter(table_name="production_productionentry")
        void = told.get(row_id=typed_twice.pk, action="UPDATE")
        gone = told.get(row_id=wrong.pk, action="DELETE")
    assert (void.actor_name, void.reason) == ("platform", "typed twice")
    assert void.changes["void_reason"] == [None, "typed twice"]
    assert (gone.actor_name, gone.changes["total_units"]) == ("platform", [60, None])
    assert void.changes["voided_at"][0] is None


@pytest.mark.parametrize("verb", ["UPDATE clients_auditentry SET changes = '{}'",
                                  "DELETE FROM clients_auditentry"])  # fmt: skip
def test_ac_22_an_entry_is_not_changed_by_sql(made_floor: Floor, rows: Any, verb: str) -> None:
    with client_scope([made_floor.client]), pytest.raises(DatabaseError), transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(verb)
