"""Holds from files: who asks, who puts on hold, who resumes, and back out again."""

from __future__ import annotations

import json
from io import StringIO

import pytest
from django.core.management import call_command

from clients.imports import registry
from clients.imports.batches import confirm, preview
from clients.imports.files import read_file
from clients.imports.undo import undo
from clients.scope import client_scope
from holds.models import HoldReason, HoldTransition, WIPHold
from plant.models import WorkOrder
from tests.holds.factories import at, make_hold, take
from tests.imports.helpers import csv_of, previewed
from tests.plant.factories import make_job, make_line, make_order

HEADERS = "work_order,held_at,hold_reason"


@pytest.fixture
def order(acme):
    with client_scope([acme]):
        order = make_order(acme, number="WO-1", line=make_line(acme, code="L1"))
        make_job(order, code="WO-1-L1")
    return order


def batch(client, user, *lines, headers=HEADERS, confirmed=False, **more):
    with client_scope([client], user=user):
        sheet = read_file(csv_of(*lines, headers=headers).encode(), "holds.csv")
        made = preview(registry.get("wip_hold"), client, sheet)
        return confirm(made, **more) if confirmed else made


def told(made):
    return [(each["row"], each["column"], each["code"], each["reason"]) for each in made.errors]


def stored(client):
    with client_scope([client]):
        return list(WIPHold.objects.order_by("pk"))


def status(order):
    with client_scope([order.client]):
        return WorkOrder.objects.get(pk=order.pk).status


@pytest.mark.parametrize(
    ("role", "state", "followed"),
    [
        ("OPERATOR", "PENDING_HOLD", "RECEIVED"),
        ("SUPERVISOR", "ON_HOLD", "ON_HOLD"),
        ("MANAGER", "ON_HOLD", "ON_HOLD"),
        ("ENGINEER", "ON_HOLD", "ON_HOLD"),
    ],
)
def test_a_row_starts_by_the_role_of_its_writer(acme, order, member, role, state, followed):
    user = member(acme, role=role)
    done = batch(acme, user, "WO-1,2025-12-03 10:00,QUALITY_ISSUE", confirmed=True)
    assert (done.rows_new, done.rows_rejected) == (1, 0)
    (row,) = stored(acme)
    assert (row.state, row.held_at, row.requested_by_id) == (state, at(3, "10:00"), user.pk)
    assert status(order) == followed


def test_a_platform_admin_puts_on_hold(acme, order):
    batch(acme, None, "WO-1,2025-12-03 10:00,QUALITY_ISSUE", confirmed=True)
    assert [row.state for row in stored(acme)] == ["ON_HOLD"]


def test_the_right_to_resume(acme, order, member):
    lines = ["WO-1,2025-12-03 10:00,OTHER,2025-12-05 08:00"]
    headers = f"{HEADERS},resumed_at"
    refused = batch(acme, member(acme, role="OPERATOR"), *lines, headers=headers)
    assert told(refused) == [
        (2, "resumed_at", "locked", "Your role does not resume holds. Leave the resume out.")
    ]
    user = member(acme, role="ENGINEER")
    batch(acme, user, *lines, headers=headers, confirmed=True)
    (row,) = stored(acme)
    assert (row.state, row.ended_at, row.resume_decided_by) == ("RESUMED", at(5), user)
    assert float(row.hold_hours) == 46.0
    with client_scope([acme]):
        steps = HoldTransition.objects.values_list("from_state", "to_state", "at")
        assert list(steps) == [("", "ON_HOLD", at(3, "10:00")), ("ON_HOLD", "RESUMED", at(5))]
    assert status(order) == "RECEIVED"


def test_day_and_hour_in_two_columns_and_days_alone(acme, order):
    headers = "ot,fecha retencion,hora retencion,motivo,fecha liberacion"
    batch(
        acme, None, "WO-1,2025-12-03,10:00,QUALITY,2025-12-05", "WO-1,2025-12-04,,CUSTOMER,",
        headers=headers, confirmed=True,
    )  # fmt: skip
    one, other = stored(acme)
    assert (one.held_at, one.ended_at) == (at(3, "10:00"), at(5, "00:00"))
    assert (other.held_at, other.state) == (at(4, "00:00"), "ON_HOLD")
    with client_scope([acme]):
        assert [each.hold_reason.code for each in WIPHold.objects.order_by("pk")] == [
            "QUALITY_ISSUE", "CUSTOMER_REQUEST",
        ]  # fmt: skip


def test_every_fault_has_its_column_code_and_sentence(acme, order):
    headers = "work_order,job,held_at,hold_reason,quantity,resumed_at,line"
    refused = batch(
        acme, None,
        "WO-9,,2025-12-03 10:00,OTHER,,,",
        "WO-1,,,OTHER,,,",
        "WO-1,,2099-12-03 10:00,OTHER,,,",
        "WO-1,,2025-12-03 10:00,OTHER,,2025-12-02,",
        "WO-1,,2025-12-03 10:00,OTHER,,2099-12-02,",
        "WO-1,,2025-12-03 10:00,OTHER,601,,",
        "WO-1,,12/02/2025,OTHER,,,",
        "WO-1,,2025-12-03 10:00,BROKEN,,,",
        "WO-1,,2026-11-01 01:30,OTHER,,,",
        headers=headers,
    )  # fmt: skip
    assert told(refused) == [
        (2, "work_order", "unknown_code", "Unknown work order “WO-9”."),
        (3, "held_at", "required", "This column needs a value."),
        (4, "held_at", "future_date", "A hold cannot begin in the future."),
        (5, "resumed_at", "inconsistent", "The resume lies before the hold."),
        (6, "resumed_at", "future_date", "A hold cannot end in the future."),
        (7, "quantity", "inconsistent", "The quantity exceeds the 600 units of order WO-1."),
        (8, "held_at", "date_format", "Not a date in the form YYYY-MM-DD."),
        (9, "hold_reason", "unknown_code", "Unknown hold reason “BROKEN”."),
        (10, "held_at", "ambiguous_time",
         "2026-11-01 01:30 exists twice: the clocks change. Add the offset."),
    ]  # fmt: skip
    assert stored(acme) == []


def test_a_second_open_hold_of_one_reason_is_refused_row_by_row(acme, order):
    refused = batch(
        acme, None, "WO-1,2025-12-03 10:00,OTHER", "WO-1,2025-12-04 10:00,OTHER", confirmed=True
    )
    assert [each[3] for each in told(refused)] == ["An open hold with this reason exists."]
    assert len(stored(acme)) == 1


def test_a_resume_of_a_stored_hold_is_a_change(acme, order, member):
    line = "WO-1,2025-12-03 10:00,OTHER"
    batch(acme, None, line, confirmed=True)
    headers = f"{HEADERS},resumed_at"
    operator = batch(acme, member(acme, role="OPERATOR"), f"{line},2025-12-05", headers=headers)
    assert [each[2] for each in told(operator)] == ["locked"]
    done = batch(acme, member(acme), f"{line},2025-12-05", headers=headers, confirmed=True,
                 update=True)  # fmt: skip
    assert done.rows_changed == 1
    (row,) = stored(acme)
    assert (row.state, row.ended_at, status(order)) == ("RESUMED", at(5, "00:00"), "RECEIVED")
    again = batch(acme, None, f"{line},2025-12-05", headers=headers)
    assert (again.rows_same, again.rows_changed) == (1, 0)


def test_what_was_scrapped_is_not_resumed_by_a_file(acme, order):
    with client_scope([acme]):
        take(make_hold(order, "OTHER", held_at=at(3, "10:00")), "scrap")
    line = "WO-1,2025-12-03 10:00,OTHER,2025-12-05"
    refused = batch(acme, None, line, headers=f"{HEADERS},resumed_at")
    assert told(refused) == [(2, "resumed_at", "locked", "Scrapped cannot become Resumed.")]


def test_undo_lets_the_order_go(acme, order):
    done = batch(acme, None, "WO-1,2025-12-03 10:00,OTHER", confirmed=True)
    assert status(order) == "ON_HOLD"
    with client_scope([acme]):
        undo(done)
    assert (stored(acme), status(order)) == ([], "RECEIVED")


def test_a_completed_order_cannot_stand(acme, order):
    with client_scope([acme]):
        WorkOrder.objects.update(status="COMPLETED")
    refused = batch(acme, None, "WO-1,2025-12-03 10:00,OTHER")
    assert told(refused) == [(2, "work_order", "locked", "Completed cannot become On hold.")]
    past = batch(acme, None, "WO-1,2025-12-03,OTHER,2025-12-05", headers=f"{HEADERS},resumed_at")
    assert (past.rows_new, past.rows_rejected) == (1, 0)


def test_what_goes_out_comes_back_as_the_same(acme, order, member, signed_in):
    with client_scope([acme]):
        rows = [
            make_hold(order, held_at=at(3, "10:00"), location="=rack 4", line=order.line),
            make_hold(order, "OTHER", held_at=at(3), state="RESUMED", ended_at=at(5, "08:30")),
            make_hold(order, "", held_at=at(4), quantity=5, job=order.jobs.get()),
            make_hold(order, "CUSTOMER_REQUEST", quantity=7),
        ]
        take(rows[2], "scrap")
        take(rows[3], "release", note="as is")
    file = signed_in(member(acme)).get("/admin/holds/wiphold/export.csv")
    assert file.status_code == 200
    back = previewed(acme, b"".join(file.streaming_content), "wip_hold")
    found = back.rows_same, back.rows_new, back.rows_changed, back.rows_rejected
    assert (found, back.errors) == ((4, 0, 0, 0), [])


def test_the_file_of_a_folder(acme, order, tmp_path):
    (tmp_path / "hold_reason.csv").write_text("client,code,name\nACME,TOOLING,Tooling\n")
    (tmp_path / "wip_hold.csv").write_text(
        "client,work_order,held_at,hold_reason,resumed_at\n"
        "ACME,WO-1,2025-12-03,TOOLING,2025-12-05\n"
    )
    out = StringIO()
    call_command("load_folder", str(tmp_path), stdout=out)
    loaded = [json.loads(line) for line in out.getvalue().splitlines()]
    assert [(each["entity"], each["written"]) for each in loaded[:2]] == [
        ("hold_reason", 1), ("wip_hold", 1),
    ]  # fmt: skip
    with client_scope([acme]):
        assert HoldReason.objects.filter(code="TOOLING").count() == 1


def test_a_file_costs_the_same_queries_for_one_row_and_for_many(
    acme, order, django_assert_max_num_queries
):
    with client_scope([acme]):
        for number in range(2, 42):
            make_order(acme, number=f"WO-{number}")
    lines = [f"WO-{number},2025-12-03 10:00,OTHER" for number in range(1, 42)]
    with client_scope([acme]):
        sheet = read_file(csv_of(*lines, headers=HEADERS).encode(), "holds.csv")
        with django_assert_max_num_queries(40):
            made = preview(registry.get("wip_hold"), acme, sheet)
    assert made.rows_new == 41
