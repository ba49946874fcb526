"""Late, due next, standing still, and against the plan: each by hand, at the edge of its rule."""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from clients.models import Client
from plant.delivery import (
    elapsed_share,
    first_quiet_days,
    is_due_within,
    is_rest_overdue,
    late_now,
    not_final,
    stalled,
    with_shipped,
)
from plant.models import CalendarDay, OrderTransition, WorkOrder
from tests.holds.factories import at
from tests.plant.factories import make_line, make_order, make_shift, make_shipment

TODAY = datetime.date(2025, 12, 10)  # a Wednesday


def dec(day: int) -> datetime.date:
    return datetime.date(2025, 12, day)


def numbers(rows: Any) -> list[str]:
    return sorted(row.number for row in rows)


def due(on: datetime.date, days: int, *, at: datetime.datetime | None = None) -> list[str]:
    rows = with_shipped(not_final(WorkOrder.objects.all(), at=at), on)
    return numbers(rows.filter(is_due_within(on, days)))


def order(client: Client, number: str, promised: int, **fields: Any) -> WorkOrder:
    given = {"number": number, "promised_date": dec(promised), "received_date": dec(1)}
    return make_order(client, **{**given, **fields})


def status(row: WorkOrder, to: str, **fields: Any) -> None:
    WorkOrder.objects.filter(pk=row.pk).update(status=to, **fields)


def test_due_today_is_not_late(in_acme: Client) -> None:
    order(in_acme, "TODAY", 10)
    order(in_acme, "YESTERDAY", 9)
    order(in_acme, "NEVER", 9, promised_date=None)
    assert numbers(late_now(WorkOrder.objects.all(), TODAY)) == ["YESTERDAY"]


def test_what_left_first_decides_whether_an_order_is_late(in_acme: Client) -> None:
    make_shipment(order(in_acme, "IN-TIME", 5), shipped_date=dec(5), quantity=100)
    make_shipment(order(in_acme, "TOO-LATE", 5), shipped_date=dec(6), quantity=100)
    order(in_acme, "DELIVERED", 5, delivered_date=dec(5))
    orders = WorkOrder.objects.all()
    assert numbers(late_now(orders, TODAY)) == ["TOO-LATE"]
    rest = with_shipped(not_final(orders), TODAY).filter(is_rest_overdue(TODAY))
    assert numbers(rest) == ["IN-TIME"]


@pytest.mark.parametrize("final", ["CLOSED", "CANCELLED"])
def test_an_order_at_its_end_is_no_longer_late(in_acme: Client, final: str) -> None:
    row = order(in_acme, "ENDED", 5)
    assert numbers(late_now(WorkOrder.objects.all(), TODAY)) == ["ENDED"]
    status(row, final)
    assert numbers(late_now(WorkOrder.objects.all(), TODAY)) == []


def test_due_within_seven_days_counts_today_and_the_seventh_day_after_it(in_acme: Client) -> None:
    for day in (9, 10, 17, 18):
        order(in_acme, f"D{day}", day)
    make_shipment(order(in_acme, "SHIPPED", 12), shipped_date=dec(9), quantity=600)
    make_shipment(order(in_acme, "PARTLY", 12), shipped_date=dec(9), quantity=599)
    assert due(TODAY, 7) == ["D10", "D17", "PARTLY"]
    assert due(TODAY, 14) == [
        "D10",
        "D17",
        "D18",
        "PARTLY",
    ]


def test_a_past_day_is_judged_by_the_course_and_by_what_had_left_then(in_acme: Client) -> None:
    row = order(in_acme, "SINCE-CLOSED", 3, status="CLOSED")
    moves = [("", "RECEIVED", 1), ("RECEIVED", "IN_PROGRESS", 2), ("IN_PROGRESS", "CLOSED", 8)]
    OrderTransition.objects.bulk_create(
        OrderTransition(client=in_acme, work_order=row, from_status=a, to_status=b, at=at(day))
        for a, b, day in moves
    )
    make_shipment(row, shipped_date=dec(7), quantity=600)
    orders = WorkOrder.objects.all()
    assert numbers(late_now(orders, TODAY)) == []
    assert numbers(late_now(orders, dec(6), at=at(6, "23:00"))) == ["SINCE-CLOSED"]
    assert numbers(late_now(orders, dec(3), at=at(3, "23:00"))) == []
    assert due(dec(3), 7, at=at(3, "23:00")) == ["SINCE-CLOSED"]
    before_it_came = datetime.date(2025, 11, 30)
    assert due(before_it_came, 7, at=at(30, month=11)) == []


# -- stalled -------------------------------------------------------------------------------------


@pytest.fixture
def weekdays(in_acme: Client) -> Client:
    """Monday to Friday on every line."""
    make_shift(in_acme, weekdays=[1, 2, 3, 4, 5])
    return in_acme


def in_progress(client: Client, number: str, last: int | None, **fields: Any) -> WorkOrder:
    row = order(client, number, 31, **fields)
    status(row, "IN_PROGRESS", last_output_date=dec(last) if last else None)
    return row


def test_an_order_is_stalled_after_three_working_days_without_output(weekdays: Client) -> None:
    """On Wednesday 10 Dec the last three finished working days are Tue 9, Mon 8 and Fri 5."""
    in_progress(weekdays, "MADE-FRIDAY", 5)
    in_progress(weekdays, "MADE-THURSDAY", 4)
    held = in_progress(weekdays, "ON-HOLD", 4)
    status(held, "ON_HOLD", status_before_hold="IN_PROGRESS")
    order(weekdays, "NOT-STARTED", 31)
    assert numbers(stalled(WorkOrder.objects.all(), weekdays, TODAY)) == ["MADE-THURSDAY"]


def test_a_line_with_a_calendar_of_its_own_counts_its_own_working_days(weekdays: Client) -> None:
    """L-SHUT did not work on Mon 8: its three days are Tue 9, Fri 5 and Thu 4."""
    shut = make_line(weekdays, code="SHUT")
    CalendarDay.objects.create(client=weekdays, line=shut, date=dec(8), kind="SHUTDOWN")
    in_progress(weekdays, "ON-THE-SHUT-LINE", 4, line=shut)
    in_progress(weekdays, "ELSEWHERE", 4, line=make_line(weekdays))
    in_progress(weekdays, "LONG-AGO", 3, line=shut)
    lines, all_others = first_quiet_days(weekdays, TODAY)
    assert (lines, all_others) == ({dec(4): [shut.pk]}, dec(5))
    found = numbers(stalled(WorkOrder.objects.all(), weekdays, TODAY))
    assert found == ["ELSEWHERE", "LONG-AGO"]


def test_an_order_that_was_moved_by_hand_counts_from_that_move(weekdays: Client) -> None:
    in_progress(weekdays, "MOVED-JUST-NOW", None)
    day = datetime.datetime.now(weekdays.zone).date()
    orders = WorkOrder.objects.all()
    assert numbers(stalled(orders, weekdays, day)) == []
    assert numbers(stalled(orders, weekdays, day + datetime.timedelta(days=8))) == [
        "MOVED-JUST-NOW"
    ]


def test_a_plant_that_does_not_work_has_no_stalled_orders(in_acme: Client) -> None:
    in_progress(in_acme, "QUIET", 1)
    assert numbers(stalled(WorkOrder.objects.all(), in_acme, TODAY)) == []


def test_lists_cost_the_same_for_one_order_and_for_many(weekdays: Client) -> None:
    def cost() -> int:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            list(late_now(WorkOrder.objects.all(), TODAY))
            list(stalled(WorkOrder.objects.all(), weekdays, TODAY))
        return len(queries)

    order(weekdays, "ONE", 3)
    one = cost()
    for number in range(20):
        order(weekdays, f"MORE-{number}", 3)
    assert (one, cost()) == (4, 4)


# -- plan against actual -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("on", "elapsed"), [(1, 0), (2, 10), (6, 50), (10, 90), (11, 100), (20, 100)]
)
def test_a_planned_day_counts_once_it_is_over(on: int, elapsed: int) -> None:
    row = WorkOrder(planned_start_date=dec(1), promised_date=dec(10), planned_quantity=60)
    assert elapsed_share(row, dec(on)) == Decimal(elapsed)


def test_an_order_without_days_has_no_plan_in_days() -> None:
    assert elapsed_share(WorkOrder(promised_date=dec(10)), dec(5)) is None
    backwards = WorkOrder(planned_start_date=dec(11), promised_date=dec(10))
    assert elapsed_share(backwards, dec(12)) is None
