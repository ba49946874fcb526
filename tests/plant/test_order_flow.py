"""The course of an order: what moves it, what refuses, and what is remembered."""

from __future__ import annotations

import datetime
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext

from clients.models import AuditEntry
from plant import order_flow, order_moves
from plant.models import Job, OrderTransition, WorkOrder
from plant.order_status import OrderStatus
from tests.plant.factories import make_job, make_order, make_part, make_shipment, make_standard
from tests.production.factories import DAY, make_entry, make_floor

TODAY = datetime.date.today


def course(order: WorkOrder) -> list[tuple[str, str, str]]:
    rows = OrderTransition.objects.filter(work_order=order)
    return list(rows.values_list("from_status", "to_status", "source"))


def put(order: WorkOrder, status: str) -> WorkOrder:
    """The order as if it had come there; its rows are not asked."""
    WorkOrder.objects.filter(pk=order.pk).update(
        status=status,
        status_before_hold="IN_PROGRESS" if status == "ON_HOLD" else "",
        rejection_reason="scratched" if status == "REJECTED" else "",
    )
    order.refresh_from_db()
    return order


def refused(order: WorkOrder, to: str, note: str = "") -> str:
    before = WorkOrder.objects.filter(pk=order.pk).values().get()
    with pytest.raises(ValidationError) as caught, transaction.atomic():
        order.move(to, by=None, note=note)
    assert WorkOrder.objects.filter(pk=order.pk).values().get() == before
    return str(caught.value.messages[0])


@pytest.fixture
def order(in_acme):
    return make_order(in_acme, promised_date=datetime.date(2025, 12, 12))


@pytest.fixture
def floor(in_acme):
    return make_floor(in_acme)


def with_settings(client, **fields):
    for name, value in fields.items():
        setattr(client, name, value)
    client.save()


def test_ac_17_the_life_of_an_order(in_acme, floor, member):
    user, order = member(in_acme), floor.order  # released
    order.move("DEMOTED", by=user)
    order.move("RELEASED", by=user)
    make_entry(floor, total_units=600)
    order.refresh_from_db()
    assert (order.status, order.actual_start_date) == ("IN_PROGRESS", DAY)
    order.hold(by=user, note="colour")
    assert (order.status, order.status_before_hold) == ("ON_HOLD", "IN_PROGRESS")
    order.resume_from_hold(by=user)
    assert (order.status, order.status_before_hold) == ("IN_PROGRESS", "")
    assert order.move("COMPLETED", by=user) == []
    assert refused(order, "SHIPPED") == "QC approval is missing."
    order.approve_quality(by=user)
    assert refused(order, "SHIPPED") == "No shipment is recorded for this order."
    make_shipment(order, quantity=400)
    order.move("SHIPPED", by=user)
    make_shipment(order, quantity=200)
    order.refresh_from_db()
    assert (order.status, order.closed_date) == ("CLOSED", in_acme.today())
    assert refused(order, "RELEASED") == "Closed cannot become Released."
    assert course(order) == [
        ("", "RECEIVED", "MANUAL"),
        ("RECEIVED", "RELEASED", "MANUAL"),
        ("RELEASED", "DEMOTED", "MANUAL"),
        ("DEMOTED", "RELEASED", "MANUAL"),
        ("RELEASED", "IN_PROGRESS", "AUTOMATIC"),
        ("IN_PROGRESS", "ON_HOLD", "AUTOMATIC"),
        ("ON_HOLD", "IN_PROGRESS", "AUTOMATIC"),
        ("IN_PROGRESS", "COMPLETED", "MANUAL"),
        ("COMPLETED", "SHIPPED", "MANUAL"),
        ("SHIPPED", "CLOSED", "AUTOMATIC"),
    ]
    assert OrderTransition.objects.filter(work_order=order, to_status="DEMOTED").count() == 1


def test_nothing_completes_without_output(floor):
    make_entry(floor, total_units=0)
    floor.order.refresh_from_db()
    assert floor.order.status == "IN_PROGRESS"
    assert refused(floor.order, "COMPLETED") == "No output is recorded for this order."


def test_less_than_planned_is_said_and_done(floor):
    make_entry(floor, total_units=450)
    assert floor.order.move("COMPLETED", by=None) == ["Less than planned: 450 of 600 units."]
    assert (floor.order.status, floor.order.completed_date) == (
        "COMPLETED", floor.client.today(),
    )  # fmt: skip


@pytest.mark.parametrize("to", ["CANCELLED", "REJECTED"])
def test_giving_up_needs_a_reason(floor, to):
    make_entry(floor)
    assert refused(floor.order, to, note="  ") == "Give a reason."


def test_the_reason_stays_with_the_move_and_a_rejection_with_the_order(floor, member):
    user = member(floor.client)
    make_entry(floor)
    floor.order.reject(by=user, reason=" wrong leather ")
    move = OrderTransition.objects.get(work_order=floor.order, to_status="REJECTED")
    assert (move.note, move.by, floor.order.rejection_reason) == (
        "wrong leather", user, "wrong leather",
    )  # fmt: skip
    told = AuditEntry.objects.filter(table_name="plant_workorder", reason="wrong leather")
    assert told.count() == 1


def test_a_cancelled_order_forgets_where_it_was_held(order):
    order.hold()
    order.cancel(by=None, reason="customer gave up")
    assert (order.status, order.status_before_hold) == ("CANCELLED", "")
    order.resume_from_hold()
    assert order.status == "CANCELLED"


def test_holds_hear_of_a_cancellation(order, monkeypatch):
    heard = []
    monkeypatch.setitem(
        order_flow._followers, "CANCELLED",
        [lambda orders, note: heard.append(([each.status for each in orders], note))],
    )  # fmt: skip
    order.cancel(by=None, reason="customer gave up")
    assert heard == [(["CANCELLED"], "customer gave up")]


@pytest.mark.parametrize("status", ["COMPLETED", "SHIPPED", "CLOSED", "REJECTED", "CANCELLED"])
def test_what_is_made_is_not_held(order, status):
    put(order, status)
    with pytest.raises(ValidationError) as caught:
        order.hold()
    assert caught.value.messages == [f"{OrderStatus(status).label} cannot become On hold."]


@pytest.mark.parametrize("status", ["RECEIVED", "RELEASED", "DEMOTED", "IN_PROGRESS"])
def test_an_order_resumes_where_it_was_stopped(order, status):
    put(order, status)
    order.hold()
    order.hold()
    order.resume_from_hold()
    order.resume_from_hold()
    order.refresh_from_db()
    assert (order.status, order.status_before_hold) == (status, "")
    assert course(order)[-2:] == [
        (status, "ON_HOLD", "AUTOMATIC"), ("ON_HOLD", status, "AUTOMATIC"),
    ]  # fmt: skip


def test_automatic_moves_leave_the_version_alone(floor):
    before = WorkOrder.objects.get().version
    make_entry(floor)
    floor.order.hold()
    floor.order.resume_from_hold()
    assert WorkOrder.objects.get().version == before
    floor.order.cancel(by=None, reason="no")
    assert WorkOrder.objects.get().version == before + 1


def test_hours_since_received_and_since_the_move_before(order):
    order.move("RELEASED", by=None)
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        later = cursor.fetchone()[0] + datetime.timedelta(hours=30)
    first, second = OrderTransition.objects.filter(work_order=order)
    OrderTransition.objects.create(
        client=order.client, work_order=order, from_status="RELEASED", to_status="DEMOTED",
        at=later,
    )  # fmt: skip
    rows = list(OrderTransition.objects.filter(work_order=order).with_elapsed())
    assert [row.since_received for row in rows] == [
        datetime.timedelta(0), second.at - first.at, later - first.at,
    ]  # fmt: skip
    assert [row.since_previous for row in rows] == [
        datetime.timedelta(0), second.at - first.at, later - second.at,
    ]  # fmt: skip


@pytest.mark.parametrize(
    "sql", ["UPDATE plant_ordertransition SET note = 'x'", "DELETE FROM plant_ordertransition"]
)
def test_a_move_is_never_unmade(order, sql):
    with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(sql)
    assert course(order) == [("", "RECEIVED", "MANUAL")]


def test_the_first_promise_is_kept_for_ever(order):
    order.promised_date = datetime.date(2026, 1, 9)
    order.full_clean()
    order.save()
    order.refresh_from_db()
    assert order.original_promised_date == datetime.date(2025, 12, 12)


# -- what production rows do ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("flow", "status", "through"),
    [
        ("STANDARD", "RECEIVED", ["RELEASED", "IN_PROGRESS"]),
        ("STANDARD", "RELEASED", ["IN_PROGRESS"]),
        ("STANDARD", "DEMOTED", ["RELEASED", "IN_PROGRESS"]),
        ("STANDARD", "IN_PROGRESS", []),
        ("STANDARD", "COMPLETED", []),
        ("STANDARD", "SHIPPED", []),
        ("SIMPLE", "RECEIVED", ["IN_PROGRESS"]),
        ("SIMPLE", "DEMOTED", ["RELEASED", "IN_PROGRESS"]),
        ("EXPRESS", "RECEIVED", []),
        ("EXPRESS", "RELEASED", ["IN_PROGRESS"]),
    ],
)
def test_the_first_row_starts_the_order(floor, flow, status, through):
    with_settings(floor.client, order_flow=flow)
    put(floor.order, status)
    count = len(course(floor.order))
    make_entry(floor)
    make_entry(floor)
    assert [to for _, to, _ in course(floor.order)[count:]] == through
    assert WorkOrder.objects.get().status == (through or [status])[-1]


def test_a_row_of_an_order_on_hold_starts_what_goes_on_later(floor):
    floor.order.hold()
    make_entry(floor)
    order = WorkOrder.objects.get()
    assert (order.status, order.status_before_hold) == ("ON_HOLD", "IN_PROGRESS")
    order.resume_from_hold()
    assert order.status == "IN_PROGRESS"


def test_dates_of_output_follow_the_rows(floor):
    def dates():
        return WorkOrder.objects.values_list("actual_start_date", "last_output_date").get()

    later = DAY + datetime.timedelta(days=2)
    make_entry(floor, shift_date=DAY - datetime.timedelta(days=1), total_units=0)
    assert dates() == (None, None)
    last = make_entry(floor, shift_date=later)
    first = make_entry(floor)
    assert dates() == (DAY, later)
    first.void(by=None, reason="twice")
    assert dates() == (later, later)
    last.shift_date = DAY + datetime.timedelta(days=1)
    last.full_clean()
    last.save()
    assert dates() == (DAY + datetime.timedelta(days=1),) * 2
    last.total_units = 0
    last.save()
    assert dates() == (None, None)


def test_an_order_without_rows_is_released_again(floor):
    row = make_entry(floor)
    row.void(by=None, reason="wrong order")
    order = WorkOrder.objects.get()
    assert (order.status, order.actual_start_date, order.last_output_date) == (
        "RELEASED", None, None,
    )  # fmt: skip
    assert course(order)[-1] == ("IN_PROGRESS", "RELEASED", "AUTOMATIC")


def test_where_nobody_releases_it_is_received_again(floor):
    with_settings(floor.client, order_flow="SIMPLE")
    put(floor.order, "RECEIVED")
    make_entry(floor).void(by=None, reason="wrong order")
    assert WorkOrder.objects.get().status == "RECEIVED"


def test_an_order_on_hold_without_rows_will_be_released_again(floor):
    row = make_entry(floor)
    floor.order.hold()
    row.void(by=None, reason="wrong order")
    order = WorkOrder.objects.get()
    assert (order.status, order.status_before_hold) == ("ON_HOLD", "RELEASED")


def test_a_row_that_goes_to_another_order_moves_both(floor):
    other = make_order(floor.client, line=floor.line)
    row = make_entry(floor)
    row.work_order, row.job = other, make_job(other)
    row.full_clean()
    row.save()
    assert {each.number: each.status for each in WorkOrder.objects.all()} == {
        floor.order.number: "RELEASED", other.number: "IN_PROGRESS",
    }  # fmt: skip


def test_a_deleted_row_counts_as_a_void_one(floor):
    make_entry(floor).delete()
    assert WorkOrder.objects.get().status == "RELEASED"


# -- completion freezes --------------------------------------------------------------------------


def test_completion_freezes_the_standards_of_the_jobs(floor):
    make_entry(floor, total_units=600)
    floor.order.move("COMPLETED", by=None)
    job = Job.objects.get()
    assert (job.frozen_labour_hours_per_unit, job.frozen_cycle_hours_per_unit) == (
        Decimal("0.25"), Decimal("0.025"),
    )  # fmt: skip
    assert job.completed_at == job.frozen_at
    floor.standard.labour_hours_per_unit = Decimal("0.5")
    floor.standard.save()
    row = make_entry(floor, job=Job.objects.get(), total_units=1)
    assert row.labour_hours_per_unit == Decimal("0.25")


def test_a_job_without_a_standard_freezes_none(in_acme, floor):
    order = make_order(in_acme)
    job = make_job(order, part=make_part(in_acme))
    make_entry(floor, work_order=order, job=job)
    order.move("COMPLETED", by=None)
    job.refresh_from_db()
    assert (job.frozen_labour_hours_per_unit, job.frozen_at is None) == (None, False)


def test_an_order_that_loses_its_output_is_open_again(floor):
    row = make_entry(floor, total_units=600)
    floor.order.move("COMPLETED", by=None)
    row.void(by=None, reason="counted twice")
    order, job = WorkOrder.objects.get(), Job.objects.get()
    assert (order.status, order.completed_date) == ("RELEASED", None)
    assert (job.completed_at, job.frozen_at, job.frozen_labour_hours_per_unit) == (None,) * 3


def test_many_orders_complete_with_as_many_queries_as_one(floor):
    def made(count):
        orders = []
        for _ in range(count):
            order = make_order(floor.client, line=floor.line)
            part = make_part(floor.client)
            make_standard(floor.client, part=part)
            make_entry(floor, work_order=order, job=make_job(order, part=part), total_units=5)
            orders.append(order.pk)
        return orders

    def queries(ids):
        with transaction.atomic(), CaptureQueriesContext(connection) as seen:
            rows = list(WorkOrder.objects.filter(pk__in=ids).locked())
            done = order_moves.move(rows, "COMPLETED", by=None, source="BULK")
        assert (len(done.moved), done.refused) == (len(ids), {})
        return len(seen)

    one, five = made(1), made(5)
    assert queries(one) == queries(five)


# -- closing -------------------------------------------------------------------------------------


@pytest.fixture
def approved(floor, member):
    make_entry(floor, total_units=600)
    floor.order.move("COMPLETED", by=None)
    floor.order.approve_quality(by=member(floor.client))
    return floor


def test_the_last_shipment_closes(approved):
    make_shipment(approved.order, quantity=600)
    assert WorkOrder.objects.get().status == "COMPLETED"
    approved.order.move("SHIPPED", by=None)
    assert approved.order.status == "CLOSED"
    assert [each[:2] for each in course(approved.order)[-2:]] == [
        ("COMPLETED", "SHIPPED"), ("SHIPPED", "CLOSED"),
    ]  # fmt: skip


def test_the_customers_receipt_closes(approved):
    with_settings(approved.client, closure_trigger="AT_CLIENT_RECEIPT")
    order = approved.order
    make_shipment(order)
    order.move("SHIPPED", by=None)
    assert order.status == "SHIPPED"
    order.delivered_date = datetime.date(2025, 12, 9)
    order.full_clean()
    order.save()
    assert WorkOrder.objects.get().status == "CLOSED"


def test_completion_closes(floor):
    with_settings(floor.client, closure_trigger="AT_COMPLETION")
    make_entry(floor)
    floor.order.move("COMPLETED", by=None)
    assert (floor.order.status, floor.order.closed_date) == ("CLOSED", floor.client.today())
    assert Job.objects.get().frozen_at is not None


def test_by_hand_means_by_hand(approved):
    with_settings(approved.client, closure_trigger="MANUAL")
    make_shipment(approved.order)
    approved.order.move("SHIPPED", by=None)
    assert approved.order.status == "SHIPPED"
    approved.order.move("CLOSED", by=None)
    assert approved.order.closed_date == approved.client.today()


def test_the_simple_flow_closes_from_completed(floor):
    with_settings(floor.client, order_flow="SIMPLE")
    make_entry(floor)
    floor.order.move("COMPLETED", by=None)
    make_shipment(floor.order, quantity=599)
    assert WorkOrder.objects.get().status == "COMPLETED"
    make_shipment(floor.order, quantity=1)
    assert WorkOrder.objects.get().status == "CLOSED"


def test_the_express_flow_ends_with_completion(floor):
    with_settings(floor.client, order_flow="EXPRESS", closure_trigger="AT_COMPLETION")
    put(floor.order, "RECEIVED")
    assert refused(floor.order, "COMPLETED") == "No output is recorded for this order."
    make_entry(floor)
    floor.order.move("COMPLETED", by=None)
    assert floor.order.status == "COMPLETED"
    assert refused(floor.order, "CLOSED") == "Completed cannot become Closed."
