"""Corrections by file, by many rows at once, and by undoing: one reason for the whole batch."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from clients.imports.errors import Refused
from clients.models import AuditEntry, Client
from clients.scope import client_scope
from plant.models import LineShift
from production.models import ProductionEntry
from tests.imports.helpers import ROW, csv_of, imported, previewed
from tests.plant.factories import make_job, make_line, make_order, make_part, make_shift

CHANGED = csv_of(ROW.replace("180", "200"))
WANTED = "Give a reason for the change. 1 changed row is verified or of a closed shift."


@pytest.fixture
def boots(acme: Client) -> Client:
    with client_scope([acme]):
        line = make_line(acme, code="L1")
        make_shift(acme, code="1ST")
        order = make_order(acme, number="WO-1", line=line)
        order.move("RELEASED", by=None)
        make_job(order, code="WO-1-L1", part=make_part(acme))
    imported(acme, csv_of(ROW))
    return acme


def lock(client: Client, state: str, by: Any) -> None:
    with client_scope([client]):
        if state == "verified":
            ProductionEntry.objects.get().verify(by=by)
        else:
            LineShift.objects.get().close(by=by)


def units(client: Client) -> list[int]:
    with client_scope([client]):
        return list(ProductionEntry.objects.values_list("total_units", flat=True))


@pytest.mark.parametrize("state", ["verified", "closed"])
def test_a_file_gives_one_reason_for_all_its_changes(
    boots: Client, member: Any, state: str
) -> None:
    lock(boots, state, member(boots))
    batch = previewed(boots, CHANGED)
    assert (batch.rows_changed, batch.rows_rejected) == (1, 0)
    assert batch.result["read_back"]["in_need_of_reason"] == 1
    with pytest.raises(Refused, match="^Give a reason") as caught:
        imported(boots, CHANGED, update=True)
    assert str(caught.value) == WANTED
    assert units(boots) == [180]
    imported(boots, CHANGED, update=True, reason="the counter was read twice")
    with client_scope([boots]):
        assert ProductionEntry.objects.get().verified_at is None
        entry = AuditEntry.objects.get(reason="the counter was read twice", action="UPDATE",
                                       table_name="production_productionentry")  # fmt: skip
    assert entry.changes["total_units"] == [180, 200]


def test_new_rows_of_a_closed_shift_need_none(boots: Client, member: Any) -> None:
    lock(boots, "closed", member(boots))
    imported(boots, csv_of(ROW.replace("180", "20") + ",2", headers=HEADERS))
    assert sorted(units(boots)) == [20, 180]


HEADERS = "shift_date,shift,line,work_order,job,total_units,capture_no"


def test_the_page_asks_for_the_reason(boots: Client, member: Any, signed_in: Any) -> None:
    lock(boots, "verified", member(boots))
    user = member(boots)
    batch = previewed(boots, CHANGED, user=user)
    browser, path = signed_in(user), f"/admin/clients/importbatch/{batch.pk}/change/"
    assert 'name="change_reason"' in browser.get(path).content.decode()
    browser.post(path, {"act": "confirm", "changed": "update"})
    assert units(boots) == [180]
    browser.post(path, {"act": "confirm", "changed": "update", "change_reason": "read twice"})
    assert units(boots) == [200]


@pytest.mark.parametrize("state", ["verified", "closed"])
def test_many_rows_by_the_api(boots: Client, member: Any, signed_in: Any, state: str) -> None:
    lock(boots, state, member(boots))
    row = dict(zip(HEADERS.split(","), f"{ROW},1".split(","), strict=True)) | {"total_units": 200}
    browser = signed_in(member(boots))

    def post(**more: Any) -> Any:
        body = {"rows": [row], "update": True, **more}
        headers = {"Idempotency-Key": str(uuid.uuid4())}
        path = "/api/v1/production-entries/bulk/"
        return browser.post(path, body, content_type="application/json", headers=headers)

    refused = post()
    assert (refused.status_code, units(boots)) == (400, [180])
    (told,) = refused.json()["errors"]
    why = "This row is verified." if state == "verified" else "The shift is closed."
    assert (told["code"], told["reason"]) == ("locked", f"{why} Give a reason for the change.")
    assert post(change_reason="read twice").status_code == 201
    assert units(boots) == [200]


def test_undoing_is_a_reason_of_its_own(boots: Client, member: Any) -> None:
    from clients.imports.undo import undo

    batch = imported(boots, CHANGED, update=True)
    lock(boots, "closed", member(boots))
    with client_scope([boots]):
        undo(batch)
        assert LineShift.objects.get().restated == ["production_productionentry"]
    assert units(boots) == [180]


def test_a_verified_row_blocks_the_undo(boots: Client, member: Any) -> None:
    from clients.imports.undo import undo

    batch = imported(boots, CHANGED, update=True)
    lock(boots, "verified", member(boots))
    with client_scope([boots]), pytest.raises(Refused, match="Nothing was undone"):
        undo(batch)
    assert units(boots) == [200]


def test_more_rows_cost_no_more_questions(boots: Client, member: Any) -> None:
    """An operator's own rows of a closed shift are judged with what was read together."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    operator, counts = member(boots, role="OPERATOR"), []
    for many in (2, 6):
        lines = [f"{ROW},{number}" for number in range(2, 2 + many)]
        text = csv_of(*lines, headers=HEADERS)
        batch = previewed(boots, text, user=operator)
        from clients.imports.batches import confirm

        with client_scope([boots], user=operator):
            confirm(batch)
        changed = text.replace("180", f"19{many}")
        with CaptureQueriesContext(connection) as asked:
            assert previewed(boots, changed, user=operator).rows_changed == many
        counts.append(len(asked))
    assert counts[0] == counts[1]
