"""Many rows from a program, with the rules and the error contract of files."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection

from clients.imports.bulk import BulkResult, Refused, write_rows
from clients.imports.undo import undo
from clients.models import Client, ImportBatch
from clients.scope import client_scope
from plant.models import Line
from production.models import ProductionEntry


def entry(**fields: Any) -> dict[str, Any]:
    return {
        "shift_date": "2025-12-02", "shift": "1ST", "line": "L1", "total_units": 180, **fields,
    }  # fmt: skip


def written(client: Client, rows: list[Any], user: Any = None, **more: Any) -> BulkResult:
    with client_scope([client], user=user, source="API"):
        return write_rows("production-entries", client, rows, **{"key": uuid.uuid4(), **more})


def stored(client: Client) -> list[int]:
    with client_scope([client]):
        return list(ProductionEntry.objects.order_by("pk").values_list("total_units", flat=True))


def test_rows_are_written_in_the_order_given(boots: Client) -> None:
    result = written(boots, [entry(capture_no=2, total_units=5), entry(total_units=7)])
    assert (result.ok, result.written, result.states) == (True, 2, ["new", "new"])
    with client_scope([boots]):
        rows = ProductionEntry.objects.in_bulk(result.ids)
        assert [rows[pk].total_units for pk in result.ids] == [5, 7]
        assert {row.entry_method for row in rows.values()} == {"API"}
        assert {row.batch_id for row in rows.values()} == {result.batch.pk}


def test_one_bad_row_keeps_all_out(boots: Client) -> None:
    result = written(boots, [entry(), entry(capture_no=2, shift="9TH")])
    assert (result.ok, result.written, result.batch, stored(boots)) == (False, 0, None, [])
    assert result.as_json()["errors"] == [
        {
            "row": 2, "column": "shift", "header": "", "value": "9TH", "code": "unknown_code",
            "reason": "Unknown shift “9TH”.", "suggestion": "",
        }
    ]  # fmt: skip
    with client_scope([boots]):
        assert ImportBatch.objects.count() == 0


def test_good_rows_can_go_ahead(boots: Client) -> None:
    result = written(boots, [entry(), entry(capture_no=2, shift="9TH")], partly=True)
    assert (result.states, result.written, stored(boots)) == (["new", "rejected"], 1, [180])
    assert result.ids[1] is None


def test_the_same_key_gives_the_first_result(boots: Client) -> None:
    key = uuid.uuid4()
    first, second = (written(boots, [entry()], key=key) for _ in range(2))
    assert (first.repeated, second.repeated, stored(boots)) == (False, True, [180])
    assert first.as_json() == second.as_json()


def test_the_same_key_for_other_rows_is_refused(boots: Client) -> None:
    key = uuid.uuid4()
    written(boots, [entry()], key=key)
    with pytest.raises(Refused, match="This key was used for other rows.") as refused:
        written(boots, [entry(capture_no=2)], key=key)
    assert refused.value.code == "idempotency_key"


def test_a_key_belongs_to_its_client(boots: Client, socks: Client) -> None:
    key = uuid.uuid4()
    written(boots, [entry()], key=key)
    assert written(socks, [entry()], key=key).repeated is False


def test_a_refused_submit_leaves_the_key_free(boots: Client) -> None:
    key = uuid.uuid4()
    written(boots, [entry(shift="9TH")], key=key)
    assert written(boots, [entry()], key=key).written == 1


def test_changed_rows_wait_for_update(boots: Client) -> None:
    written(boots, [entry()])
    result = written(boots, [entry(total_units=200)])
    assert (result.states, result.written, stored(boots)) == (["changed"], 0, [180])
    assert written(boots, [entry(total_units=200)], update=True).written == 1
    assert stored(boots) == [200]


def test_own_rows_may_be_named_by_number(boots: Client, socks: Client) -> None:
    with client_scope([boots]):
        own = Line.objects.get().pk
    with client_scope([socks]):
        foreign = Line.objects.get().pk
    assert written(boots, [entry(line=own)]).ok
    told = [
        str(written(boots, [entry(line=pk)]).errors).replace(str(pk), "?")
        for pk in (foreign, foreign + 999)
    ]
    assert told[0] == told[1]
    assert "Unknown line “?”." in told[0]


def test_unknown_columns_are_named(boots: Client) -> None:
    result = written(boots, [entry(colour="red")])
    assert [(each["column"], each["code"]) for each in result.errors] == [
        ("colour", "unknown_column")
    ]


@pytest.mark.parametrize("row", [None, 5, "x", ["a"]])
def test_a_row_is_an_object(boots: Client, row: Any) -> None:
    assert written(boots, [row]).errors[0]["reason"] == "A row is an object of columns and values."


@pytest.mark.parametrize(
    "fields",
    [{"total_units": True}, {"total_units": {"a": 1}}, {"line": ["L1"]}, {"shift_date": 5},
     {"notes": "\x00"}, {"notes": "\ud800"}, {"line": "\ud800"}, {"shift": "\x00"},
     {"started_at": 7}, {"total_units": 1e400}],
)  # fmt: skip
def test_values_of_a_wrong_type_are_told_and_do_not_crash(boots: Client, fields: Any) -> None:
    result = written(boots, [entry(**fields)])
    assert (result.written, len(result.errors) > 0) == (0, True)


def test_the_right_is_checked(boots: Client, member: Any) -> None:
    with pytest.raises(PermissionDenied):
        written(boots, [entry()], user=member(boots, role="VIEWER"))


def test_at_most_1000_rows(boots: Client) -> None:
    with pytest.raises(Refused, match="Send at most 1,000 rows at once."):
        written(boots, [entry()] * 1001)


def test_a_submit_can_be_undone(boots: Client) -> None:
    result = written(boots, [entry()])
    with client_scope([boots]):
        undo(result.batch)
    assert stored(boots) == []


def test_queries_do_not_depend_on_the_rows(boots: Client) -> None:
    taken = []
    for capture, rows in ((1, 10), (2, 200)):
        sent = [
            entry(capture_no=capture, shift_date=f"2025-{n % 9 + 1:02}-{n % 25 + 1:02}", line="L1")
            for n in range(rows)
        ]
        connection.force_debug_cursor = True
        connection.queries_log.clear()
        written(boots, sent)
        taken.append(len(connection.queries_log))
        connection.force_debug_cursor = False
    assert taken[0] == taken[1]
