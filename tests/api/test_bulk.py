"""Many rows in one transaction: all or none, once per key, every fault of every row."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from clients.models import Client, ImportBatch
from clients.scope import client_scope
from machines.models import Machine
from production.models import ProductionEntry
from tests.api.conftest import Caller

KEY = "6f0d3a52-7f4b-4f0e-9d39-0d7f0a6a4a11"
ENTRY = {"shift_date": "2026-03-05", "shift": "OWN-S", "line": "OWN-L1", "total_units": 5}


def send(call: Caller, rows: Any, key: str = KEY, path: str = "machines", **more: Any) -> Any:
    return call.post(f"{path}/bulk/", {"rows": rows, **more}, Idempotency_Key=key)


def machines(*codes: str) -> list[dict[str, Any]]:
    return [{"code": code, "name": f"Machine {code}"} for code in codes]


def codes_of(client: Client) -> list[str]:
    with client_scope([client]):
        return list(Machine.objects.order_by("code").values_list("code", flat=True))


def batches_of(client: Client) -> list[ImportBatch]:
    with client_scope([client]):
        return list(ImportBatch.objects.filter(kind="API"))


def test_rows_are_written_as_one_batch(acme: Client, supervisor: Caller) -> None:
    answer = send(supervisor, machines("M1", "M2", "M3"))
    told = answer.json()
    assert (answer.status_code, told["new"], told["written"], told["errors"]) == (201, 3, 3, [])
    (batch,) = batches_of(acme)
    assert (batch.pk, batch.state, batch.rows_new) == (told["batch"], "CONFIRMED", 3)
    with client_scope([acme]):
        rows = {row.pk: (row.code, row.entry_method, row.batch_id) for row in Machine.objects.all()}
    assert [rows[pk] for pk in told["ids"]] == [
        (code, "API", batch.pk) for code in ("M1", "M2", "M3")
    ]


def test_the_same_key_gives_the_first_answer_and_writes_nothing(
    acme: Client, supervisor: Caller
) -> None:
    first = send(supervisor, machines("M1"))
    again = send(supervisor, machines("M1"))
    assert (again.status_code, again.json()) == (200, first.json())
    assert codes_of(acme) == ["M1"]
    assert len(batches_of(acme)) == 1


def test_a_key_used_for_other_rows_is_refused(acme: Client, supervisor: Caller) -> None:
    send(supervisor, machines("M1"))
    answer = send(supervisor, machines("M2"))
    assert (answer.status_code, answer.json()) == (
        409,
        {"detail": "This key was used for other rows."},
    )
    assert codes_of(acme) == ["M1"]


def test_a_key_is_used_up_in_one_client_only(
    acme: Client, acme_2: Client, everywhere: Caller
) -> None:
    for code in ("ACME", "ACME-2"):
        assert send(everywhere, machines("M1"), client=code).status_code == 201
    assert (codes_of(acme), codes_of(acme_2)) == (["M1"], ["M1"])


@pytest.mark.parametrize("key", ["", "1", "not-a-uuid"])
def test_a_submit_needs_a_key(acme: Client, supervisor: Caller, key: str) -> None:
    answer = send(supervisor, machines("M1"), key)
    assert (answer.status_code, answer.json()) == (
        400,
        {"Idempotency-Key": ["Send a UUID of your own in this header."]},
    )
    assert codes_of(acme) == []


def test_one_wrong_row_stops_all_and_every_fault_is_told(
    own: Any, acme: Client, supervisor: Caller
) -> None:
    rows = [
        ENTRY,
        {**ENTRY, "line": "OWN-L2", "shift_date": "12/02/2026", "total_units": "many"},
        {**ENTRY, "total_units": -1, "capture_no": 2},
    ]
    answer = send(supervisor, rows, path="production-entries")
    assert answer.status_code == 400
    told = answer.json()
    assert (told["written"], told["batch"], told["ids"]) == (0, None, [None, None, None])
    faults = [(each["row"], each["column"], each["value"], each["code"]) for each in told["errors"]]
    assert faults == [
        (2, "shift_date", "12/02/2026", "date_format"),
        (2, "total_units", "many", "number_format"),
        (2, "line", "OWN-L2", "unknown_code"),
        (3, "total_units", "-1", "out_of_range"),
    ]
    suggestions = {each["column"]: each["suggestion"] for each in told["errors"][:3]}
    assert suggestions["shift_date"] == "2026-12-02 or 2026-02-12?"
    assert suggestions["line"] == "OWN-L1?"
    with client_scope([acme]):
        assert ProductionEntry.objects.count() == 1
    assert batches_of(acme) == []


def test_corrected_rows_may_be_sent_under_the_same_key(acme: Client, supervisor: Caller) -> None:
    assert send(supervisor, [{"code": "M1"}]).status_code == 400
    assert send(supervisor, machines("M1")).status_code == 201


def test_foreign_codes_are_as_unknown_as_none(
    own: Any, foreign: Any, acme: Client, everywhere: Caller
) -> None:
    told = [
        send(everywhere, [{**ENTRY, "line": code}], path="production-entries", client="ACME").json()
        for code in ("ZEBRA-L1", "NOWHERE1")
    ]
    reasons = [each["errors"][0]["reason"] for each in told]
    assert reasons == ["Unknown line “ZEBRA-L1”.", "Unknown line “NOWHERE1”."]
    assert [each["errors"][0]["suggestion"] for each in told] == ["", ""]


@pytest.mark.parametrize("code", ["ACME-2", "NOBODY"])
def test_a_foreign_client_is_as_unknown_as_none(
    acme: Client, acme_2: Client, supervisor: Caller, code: str
) -> None:
    whole = send(supervisor, machines("M1"), client=code)
    assert (whole.status_code, whole.json()) == (400, {"client": [f"Unknown client “{code}”."]})
    row = send(supervisor, [*machines("M1"), {**machines("M2")[0], "client": code}])
    assert row.status_code == 400
    (fault,) = row.json()["errors"]
    assert (fault["row"], fault["column"], fault["reason"]) == (
        2,
        "client",
        f"Unknown client “{code}”.",
    )
    assert (codes_of(acme), codes_of(acme_2)) == ([], [])


def test_members_of_two_clients_choose_one(
    acme: Client, acme_2: Client, everywhere: Caller
) -> None:
    assert send(everywhere, machines("M1")).json() == {"client": ["Choose a client."]}


def test_changed_rows_are_written_when_asked_for(acme: Client, supervisor: Caller) -> None:
    send(supervisor, machines("M1"))
    changed = [{"code": "M1", "name": "New name"}]
    left = send(supervisor, changed, str(uuid.uuid4())).json()
    assert (left["changed"], left["written"]) == (1, 0)
    done = send(supervisor, changed, str(uuid.uuid4()), update=True).json()
    assert (done["changed"], done["written"]) == (1, 1)
    with client_scope([acme]):
        assert Machine.objects.get().name == "New name"


@pytest.mark.parametrize("rows", [[], {}, "M1", [1], None])
def test_rows_are_a_list_of_objects(acme: Client, supervisor: Caller, rows: Any) -> None:
    answer = send(supervisor, rows)
    assert answer.status_code == 400
    assert list(answer.json()) == ["rows"]


def test_at_most_a_thousand_rows_come_at_once(acme: Client, supervisor: Caller) -> None:
    answer = send(supervisor, machines(*(f"M{n}" for n in range(1001))))
    assert answer.status_code == 400
    assert answer.json() == {"rows": ["Send at most 1,000 rows at once."]}


def test_bulk_needs_the_role_of_a_single_row(
    own: Any, acme: Client, acme_2: Client, member: Any, caller: Any
) -> None:
    operator = caller(member(acme, role="OPERATOR"))
    assert send(operator, machines("M1")).status_code == 403
    assert send(operator, [ENTRY], path="production-entries").status_code == 201


def test_the_number_of_queries_does_not_grow_with_the_rows(
    own: Any, acme: Client, supervisor: Caller
) -> None:
    def count(rows: list[Any]) -> int:
        with CaptureQueriesContext(connection) as captured:
            answer = send(supervisor, rows, str(uuid.uuid4()), "production-entries")
        assert answer.status_code == 201, answer.content
        return len(captured)

    count([ENTRY])
    few = count([{**ENTRY, "capture_no": n} for n in (2, 3)])
    many = count([{**ENTRY, "capture_no": n} for n in range(4, 64)])
    assert many == few
