"""Figures of holds and the age of work in process: every table by hand, as of any day."""

from __future__ import annotations

import datetime
import json
from decimal import Decimal
from io import StringIO
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clients.models import Client
from clients.scope import client_scope
from holds.ageing import aged, in_work
from holds.intervals import HoldBook, age_days, end_of_day, held_time
from holds.kpis import bucket_of, in_buckets, median
from kpis.asof import today
from kpis.engine import ask, evaluate
from kpis.figures import Figure
from kpis.periods import Period
from kpis.rows import rows_of
from plant.models import OrderTransition, WorkOrder
from tests.holds.factories import at, clock, make_hold, reason, take
from tests.plant.factories import make_job, make_line, make_order

MATAMOROS = ZoneInfo("America/Matamoros")
DECEMBER = Period.days(datetime.date(2025, 12, 1), datetime.date(2025, 12, 31))


def day(number: int, month: int = 12, year: int = 2025) -> datetime.date:
    return datetime.date(year, month, number)


def started(client: Client, on: datetime.date, **fields: Any) -> WorkOrder:
    """An order with output since that day, as its rows leave it."""
    order = make_order(client, received_date=on)
    values = {"status": "IN_PROGRESS", "actual_start_date": on, **fields}
    WorkOrder.objects.filter(pk=order.pk).update(**values)
    order.refresh_from_db()
    return order


def held(order: WorkOrder, start: Any, end: Any = None, why: str = "OTHER", **more: Any) -> Any:
    state = {"ended_at": end, "state": "RESUMED"} if end else {"state": "ON_HOLD"}
    return make_hold(order, why, held_at=start, **{**state, **more})


def figure(client: Client, key: str, as_of: datetime.date | None = None, **more: Any) -> Figure:
    (found,) = evaluate([key], [client], DECEMBER, as_of=as_of, **more)
    return found


def age(client: Client, as_of: datetime.date) -> Decimal | None:
    return figure(client, "wip_age", as_of).value


def kpis(*arguments: str) -> Any:
    out = StringIO()
    period = ("--from", "2025-12-01", "--to", "2025-12-31")
    call_command("kpis", "--client", "ACME", *period, *arguments, stdout=out)
    return json.loads(out.getvalue())


# -- age -----------------------------------------------------------------------------------------


def test_ac_05_on_the_command_line(acme: Client) -> None:
    with client_scope([acme]):
        held(started(acme, day(1)), at(3), at(5))
    (found,) = kpis("--key", "wip_age", "--as-of", "2025-12-07")
    assert (found["value"], found["unit"], found["numerator"]) == (5, "days", 5)
    assert (found["band"], found["estimated"]) == ("on_target", False)


def test_ac_05_of_an_order_that_was_completed_on_the_5th(in_acme: Client) -> None:
    order = started(in_acme, day(1))
    held(order, at(2), at(4))
    assert age(in_acme, day(4)) == 2
    WorkOrder.objects.filter(pk=order.pk).update(status="COMPLETED", completed_date=day(5))
    for later in (day(5), day(6), day(31)):
        question = ask([in_acme], DECEMBER, as_of=later)
        rows = aged(WorkOrder.objects.annotate(as_of_day=today(question)), question)
        assert rows.get(pk=order.pk).age == 3
        # It is made, and no longer in work.
        assert figure(in_acme, "wip_age", later).reason == "No order is in work."


def test_ac_05_an_open_hold_stands_still(in_acme: Client) -> None:
    held(started(in_acme, day(1)), at(3))
    assert [age(in_acme, day(each)) for each in (1, 2, 3, 7, 31)] == [1, 2, 2, 2, 2]


CASES = [
    # start, as of, holds, age
    (day(1), day(7), [(at(3), at(5))], 5),
    (day(1), day(7), [(at(3), at(4))], 6),
    (day(1), day(5), [(at(2), at(4))], 3),
    (day(1), day(5), [], 5),
    (day(1), day(7), [(at(3), None)], 2),
    (day(2), day(13), [(at(4), at(9)), (at(6), at(11))], 5),  # overlap
    (day(1), day(11), [(at(3), at(9)), (at(4), at(5))], 5),  # nest
    (day(1), day(11), [(at(3), at(5)), (at(5), at(7))], 7),  # touch
    (day(1), day(11), [(at(3), None), (at(5), at(6))], 2),  # an open one around another
    (day(1), day(11), [(at(3, "08:00"), at(3, "16:00"))], 11),  # opened and resumed on one day
    (day(1), day(11), [(at(3, "23:59"), at(4, "00:01"))], 10),
    (day(1), day(11), [(at(28, month=11), at(3))], 9),  # since before the start
    (day(1), day(11), [(at(9), at(20))], 8),  # ends after the day
    (day(1), day(11), [(at(12), None)], 11),  # begins after the day
    (day(20, 11), day(3), [(at(28, month=11), at(2))], 10),  # across the end of a month
    (day(20, 11), day(30, 11), [(at(28, month=11), at(2))], 8),  # up to the end of a month
]


@pytest.mark.parametrize(("start", "as_of", "holds", "days"), CASES)
def test_age_of_one_order(in_acme: Client, start, as_of, holds, days) -> None:
    order = started(in_acme, start)
    for number, (first, end) in enumerate(holds):
        held(order, first, end, ["OTHER", "QUALITY_ISSUE"][number])
    assert age(in_acme, as_of) == days
    spans = HoldBook.load([order.pk], at=end_of_day(as_of, MATAMOROS)).of_order(order.pk)
    assert age_days(spans, start, as_of, MATAMOROS) == days


# Matamoros sets its clocks forward on 8 March 2026 and back on 1 November 2026.
def utc(month: int, on: int, clock_time: str) -> datetime.datetime:
    time = datetime.time.fromisoformat(clock_time)
    return datetime.datetime.combine(day(on, month, 2026), time, datetime.UTC)


# From 22:30 before the change to 23:30 after it, by the clock of each day.
CHANGES = [
    (utc(3, 8, "04:30"), utc(3, 9, "04:30"), day(7, 3, 2026), day(9, 3, 2026), 2),
    (utc(11, 1, "03:30"), utc(11, 2, "05:30"), day(31, 10, 2026), day(2, 11, 2026), 2),
]


@pytest.mark.parametrize(("first", "end", "start", "as_of", "days"), CHANGES)
def test_days_over_a_clock_change(in_acme: Client, first, end, start, as_of, days) -> None:
    with clock(utc(11, 20, "12:00")):
        held(started(in_acme, start), first, end)
        assert age(in_acme, as_of) == days


def test_a_quantity_or_one_job_lets_the_order_go_on(in_acme: Client) -> None:
    order = started(in_acme, day(1))
    held(order, at(3), quantity=40)
    held(order, at(3), job=make_job(order))
    assert age(in_acme, day(7)) == 7


def test_mean_median_oldest_and_buckets(in_acme: Client) -> None:
    for first in (1, 2, 24, 31):
        started(in_acme, day(first))
    held(started(in_acme, day(20, 11)), at(1), at(3))
    found = figure(in_acme, "wip_age", day(31))
    # 31 + 30 + 8 + 1 and 42 − 2 = 40: 110 days of 5 orders.
    assert (found.value, found.numerator, found.denominator) == (22, 110, 5)
    assert found.notes == (
        "Active calendar days, first and last day counted. Median 30, oldest 40 days.",
        "0–7 days: 1, 8–14 days: 1, 15–30 days: 1, > 30 days: 2.",
        "Held beside it: 48.0 h, by the hour and whatever overlaps once.",
    )
    assert (found.band, found.display) == ("critical", "22.0")


def test_edges_of_the_buckets() -> None:
    days = [0, 7, 8, 14, 15, 30, 31]
    assert [bucket_of(each) for each in days] == [
        "0–7", "0–7", "8–14", "8–14", "15–30", "15–30", "> 30"
    ]  # fmt: skip
    assert in_buckets({7: 2, 8: 1, 31: 3}) == {"0–7": 2, "8–14": 1, "15–30": 0, "> 30": 3}
    assert (median({1: 1, 4: 1}), median({1: 3, 9: 2})) == (Decimal("2.5"), 1)


def test_by_line_style_and_order(in_acme: Client) -> None:
    line = make_line(in_acme, code="A", name="A")
    started(in_acme, day(1), line=line)
    other = started(in_acme, day(5))
    WorkOrder.objects.filter(pk=other.pk).update(number="LATER")
    by_line = evaluate(["wip_age"], [in_acme], DECEMBER, by="line", as_of=day(7))
    assert [(str(each.by[0]), each.value) for each in by_line] == [("A", 7), ("Without line", 3)]
    by_order = evaluate(
        ["wip_age"], [in_acme], DECEMBER, by="work_order", as_of=day(7),
        filters={"work_order": [other.pk]},
    )  # fmt: skip
    assert [(str(each.by[0]), each.value) for each in by_order] == [("LATER", 3)]


def test_an_inferred_start_is_estimated(in_acme: Client) -> None:
    # Waits of 2 and 4 days from receipt to start: 3 in the mean.
    for first, wait in ((day(3), 2), (day(5), 4)):
        order = started(in_acme, first, status="COMPLETED", completed_date=day(6))
        received = first - datetime.timedelta(days=wait)
        WorkOrder.objects.filter(pk=order.pk).update(received_date=received)
    planned = started(in_acme, day(8), actual_start_date=None, planned_start_date=day(9))
    moved(planned, "RECEIVED", "IN_PROGRESS", at(8))
    found = figure(in_acme, "wip_age", day(10))
    assert (found.value, found.estimated, found.confidence) == (2, True, Decimal("0.8"))
    WorkOrder.objects.filter(pk=planned.pk).update(planned_start_date=None, received_date=day(4))
    found = figure(in_acme, "wip_age", day(10))
    # Received on the 4th, so started on the 7th: 7, 8, 9 and 10.
    assert (found.value, found.estimated, found.confidence) == (4, True, Decimal("0.5"))


def test_without_any_date_an_order_is_left_out_and_listed(in_acme: Client) -> None:
    started(in_acme, day(1))
    started(in_acme, day(1), actual_start_date=None, received_date=None)
    found = figure(in_acme, "wip_age")
    assert [(each.reason, each.count) for each in found.excluded] == [
        ("1 of 2 orders has no start date.", 1)
    ]
    assert found.denominator == 1


# -- as of a past day ----------------------------------------------------------------------------


def moved(order: WorkOrder, origin: str, to: str, instant: datetime.datetime) -> None:
    row = OrderTransition(
        client=order.client, work_order=order, from_status=origin, to_status=to, at=instant
    )
    OrderTransition.objects.bulk_create([row])


def test_a_past_day_goes_by_the_course_and_never_by_the_status(in_acme: Client) -> None:
    order = started(in_acme, day(2), status="CANCELLED")
    moved(order, "", "RECEIVED", at(1))
    moved(order, "RECEIVED", "IN_PROGRESS", at(2))
    moved(order, "IN_PROGRESS", "ON_HOLD", at(4))
    moved(order, "ON_HOLD", "IN_PROGRESS", at(6))
    moved(order, "IN_PROGRESS", "COMPLETED", at(8, "23:30"))
    moved(order, "COMPLETED", "IN_PROGRESS", at(9))
    moved(order, "IN_PROGRESS", "CANCELLED", at(11, "00:30"))
    days = {each: age(in_acme, day(each)) for each in range(1, 13)}
    # Completed in the last hour of the 8th by the clock of the plant, taken back on the 9th.
    assert days == {1: None, 2: 1, 3: 2, 4: 3, 5: 4, 6: 5, 7: 6, 8: None, 9: 8, 10: 9, 11: None,
                    12: None}  # fmt: skip


def test_a_hold_approved_later_counts_from_its_request_but_only_then(in_acme: Client) -> None:
    order = started(in_acme, day(1))
    with clock(at(3, "10:00")):
        row = make_hold(order, held_at=at(3, "10:00"), state="PENDING_HOLD")
    with clock(at(5, "11:30")):
        take(row, "approve")
    assert [age(in_acme, day(each)) for each in (3, 4, 5, 7)] == [3, 4, 2, 2]
    held_now = [figure(in_acme, "open_holds", day(each)).value for each in (2, 3, 4, 5)]
    asked = [figure(in_acme, "pending_holds", day(each)).value for each in (2, 3, 4, 5)]
    assert (held_now, asked) == ([0, 0, 0, 1], [0, 1, 1, 0])


def test_a_hold_cancelled_with_its_order_stood_until_then(in_acme: Client) -> None:
    with clock(at(1)):
        order = started(in_acme, day(1))
    with clock(at(3)):
        held(order, at(3))
    with clock(at(6)):
        order.refresh_from_db()
        order.cancel(by=None, reason="no longer wanted")
    moved(order, "ON_HOLD", "CANCELLED", at(6))
    assert [figure(in_acme, "open_holds", day(each)).value for each in (3, 5, 6)] == [1, 1, 0]
    assert [age(in_acme, day(each)) for each in (4, 5, 6)] == [2, 2, None]


# -- holds ---------------------------------------------------------------------------------------


def test_ac_06_pending_is_not_held_and_counts_from_the_request(in_acme: Client) -> None:
    keys = ["pending_holds", "open_holds", "holds_opened", "held_hours"]

    def now() -> list[Any]:
        return [each.value for each in evaluate(keys, [in_acme], DECEMBER)]

    with clock(at(3, "10:00")):
        row = make_hold(started(in_acme, day(1)), held_at=at(3, "10:00"), state="PENDING_HOLD")
    with clock(at(3, "10:30")):
        assert now() == [1, 0, None, None]
    with clock(at(3, "11:30")):
        take(row, "approve")
        assert now() == [0, 1, 1, Decimal("1.5")]
    with clock(at(4, "15:00")):
        take(row, "request_resume")
        assert now() == [1, 1, 1, 29]
    with clock(at(4, "16:00")):
        take(row, "approve")
        assert now() == [0, 0, 1, 30]
    assert figure(in_acme, "held_hours", day(31)).value == 30
    # As of the 3rd it stood from 10:00 to midnight.
    assert figure(in_acme, "held_hours", day(3)).value == 14


def test_holds_by_reason_line_and_order(in_acme: Client) -> None:
    line = make_line(in_acme, code="A", name="A")
    order, other = started(in_acme, day(1)), started(in_acme, day(1))
    held(order, at(3, "08:00"), at(3, "18:00"), "QUALITY_ISSUE", quantity=40, line=line)
    held(order, at(4, "08:00"), at(4, "09:30"), "QUALITY_ISSUE", quantity=60)
    held(other, at(5), at(6), "OTHER")
    keys = ["holds_opened", "held_hours", "held_units"]
    found = {
        (each.key, str(each.by[0])): each.value
        for each in evaluate(keys, [in_acme], DECEMBER, by="hold_reason")
    }
    quality, rest = reason("QUALITY_ISSUE").name, reason("OTHER").name
    assert found == {
        ("holds_opened", quality): 2, ("holds_opened", rest): 1,
        ("held_hours", quality): Decimal("11.5"), ("held_hours", rest): 24,
        ("held_units", quality): 100, ("held_units", rest): None,
    }  # fmt: skip
    total = figure(in_acme, "held_units")
    assert total.value == 100
    assert [each.reason for each in total.excluded] == [
        "1 of 3 holds is of a whole order or job and says no quantity."
    ]
    (on_line,) = evaluate(["held_hours"], [in_acme], DECEMBER, filters={"line": [line.pk]})
    assert on_line.value == 10
    (on_order,) = evaluate(["held_hours"], [in_acme], DECEMBER, filters={"work_order": [other.pk]})
    assert on_order.value == 24


def test_held_units_are_those_that_stand(in_acme: Client) -> None:
    order = started(in_acme, day(1))
    held(order, at(3), quantity=40)
    held(order, at(4), at(6), "QUALITY_ISSUE", quantity=25)
    assert [figure(in_acme, "open_held_units", day(each)).value for each in (2, 3, 5, 6)] == [
        0, 40, 65, 40
    ]  # fmt: skip
    held(started(in_acme, day(1)), at(3))
    (left_out,) = figure(in_acme, "open_held_units").excluded
    assert left_out.reason == "1 of 2 holds is of a whole order or job and says no quantity."


def test_rows_behind_the_figures_add_up_to_them(in_acme: Client) -> None:
    order = started(in_acme, day(1))
    held(order, at(3), at(5))
    started(in_acme, day(6))
    (days, hours) = rows_of("wip_age", [in_acme], DECEMBER, as_of=day(7))
    assert (days.total(), sorted(row.amount for row in days.rows)) == (7, [2, 5])
    assert hours.total() == 48
    (stand,) = rows_of("open_holds", [in_acme], DECEMBER, as_of=day(4))
    assert [row.work_order_id for row in stand.rows] == [order.pk]


# -- walls and queries -----------------------------------------------------------------------------


def test_each_client_has_its_own_and_its_own_midnight(acme: Client, acme_2: Client) -> None:
    Client.unscoped.filter(pk=acme_2.pk).update(timezone="Asia/Tokyo")
    acme_2.refresh_from_db()
    keys = ["wip_age", "open_holds"]
    # 22:00 of the 3rd in Matamoros is 13:00 of the 4th in Tokyo.
    for client, first in ((acme, day(1)), (acme_2, day(2))):
        with client_scope([client]):
            held(started(client, first), at(3, "22:00"))
    with client_scope([acme, acme_2]):
        own = [
            [each.value for each in evaluate(keys, [client], DECEMBER, as_of=day(5))]
            for client in (acme, acme_2)
        ]
        both = [each.value for each in evaluate(keys, [acme, acme_2], DECEMBER, as_of=day(5))]
        on_the_3rd = [figure(client, "open_holds", day(3)).value for client in (acme, acme_2)]
    # 1 and 2 December; 2 and 3 December.
    assert own == [[2, 1], [2, 1]]
    assert both == [2, 2]
    assert on_the_3rd == [1, 0]
    with client_scope([acme_2]):
        assert figure(acme, "open_holds", day(5)).value == 0


def test_all_that_stands_is_one_query(in_acme: Client) -> None:
    started(in_acme, day(1))
    keys = ["wip_age", "open_holds", "pending_holds", "holds_opened", "held_hours"]

    def asked() -> int:
        with CaptureQueriesContext(connection) as captured:
            evaluate(keys, [in_acme], DECEMBER)
        return sum('"holds_wiphold"' in each["sql"] for each in captured.captured_queries)

    asked()
    assert asked() == 1
    for _more in range(3):
        held(started(in_acme, day(1)), at(3))
    assert asked() == 1


# -- at random -------------------------------------------------------------------------------------

moments = st.integers(0, 40 * 24).map(
    lambda hours: at(20, "00:00", month=11) + datetime.timedelta(hours=hours)
)
spans = st.lists(st.tuples(moments, st.one_of(st.none(), moments)), max_size=4)


@settings(
    max_examples=25, deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip
@given(spans=spans, start=st.integers(0, 30), length=st.integers(0, 12))
def test_the_database_and_the_intervals_agree(acme: Client, spans, start, length) -> None:
    first = day(20, 11) + datetime.timedelta(days=start)
    as_of = first + datetime.timedelta(days=length)
    reasons = ["OTHER", "QUALITY_ISSUE", "CUSTOMER_REQUEST", "MATERIAL_INSPECTION"]
    with client_scope([acme]), transaction.atomic():
        order = started(acme, first)
        for why, (begins, ends) in zip(reasons, spans, strict=False):
            if ends is None or ends >= begins:
                held(order, begins, ends, why)
        until = end_of_day(as_of, MATAMOROS)
        stood = HoldBook.load([order.pk], at=until).of_order(order.pk)
        question = ask([acme], DECEMBER, as_of=as_of)
        assert in_work(question).get().age == age_days(stood, first, as_of, MATAMOROS)
        (_days, hours) = rows_of("wip_age", [acme], DECEMBER, as_of=as_of)
        midnight = datetime.datetime.combine(first, datetime.time(), MATAMOROS)
        exact = held_time(stood, midnight, until + datetime.timedelta(microseconds=1))
        assert hours.total() == Decimal(exact // datetime.timedelta(seconds=1)) / 3600
        transaction.set_rollback(True)
