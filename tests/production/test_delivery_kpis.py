"""Delivery: what was due, what left in time, and what was known of it on any day."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
import time_machine

from clients.models import Client
from clients.scope import client_scope
from kpis.contract import Agreed, ContractBook
from kpis.engine import evaluate
from kpis.periods import Period
from kpis.rows import rows_of
from plant.models import OrderTransition, WorkOrder
from tests.plant.factories import (
    make_job,
    make_line,
    make_order,
    make_part,
    make_shipment,
    make_style,
)

DEC = Period.days(datetime.date(2025, 12, 1), datetime.date(2025, 12, 31))


def dec(day: int) -> datetime.date:
    return datetime.date(2025, 12, day)


@pytest.fixture
def acme_only(acme: Client, acme_2: Client) -> Iterator[Client]:
    """ACME alone in scope; the other client has a late order of its own."""
    with client_scope([acme_2]):
        make_order(acme_2, promised_date=dec(5))
    with client_scope([acme]):
        yield acme


def order(client: Client, *shipped: tuple[int, int], promise: int = 10, **fields: Any) -> WorkOrder:
    """Of 100 units; `shipped` are days of December with their quantities."""
    defaults = {"planned_quantity": 100, "promised_date": dec(promise)}
    made = make_order(client, **{**defaults, **fields})
    for number, (day, quantity) in enumerate(shipped):
        make_shipment(made, shipped_date=dec(day), quantity=quantity, reference=f"S{number}")
    return made


def figure(client: Client, key: str, period: Period = DEC, **asked: Any) -> Any:
    (found,) = evaluate([key], [client.pk], period, **asked)
    return found


def value(client: Client, key: str, period: Period = DEC, **asked: Any) -> Any:
    found = figure(client, key, period, **asked).value
    return None if found is None else round(found, 2)


def by(client: Client, key: str, name: str, **asked: Any) -> dict[str, Any]:
    return {
        str(each.by[0]): each.value for each in evaluate([key], [client.pk], DEC, by=name, **asked)
    }


# -- AC-07 ---------------------------------------------------------------------------------------


def ten_deliveries(client: Client) -> list[WorkOrder]:
    """Six on time, two late and justified, one late and unjustified, one late and unclassified."""
    for _number in range(6):
        order(client, (10, 100))
    late = [order(client, (12, 100)) for _number in range(4)]
    late[0].classify_delay("JUSTIFIED", reason="CUSTOMER_REQUEST")
    late[1].classify_delay("JUSTIFIED", reason="FORCE_MAJEURE")
    late[2].classify_delay("UNJUSTIFIED")
    return late


def test_ten_deliveries_gross_and_net(acme_only: Client) -> None:
    ten_deliveries(acme_only)

    gross, net = (figure(acme_only, key) for key in ("otd", "otd_net"))
    assert (gross.value, gross.numerator, gross.denominator) == (60, 6, 10)
    assert (net.value, net.numerator, net.denominator) == (80, 8, 10)
    assert not gross.estimated
    assert by(acme_only, "orders_on_time_net", "delay_reason") == {
        "Customer's request": 1, "Force majeure": 1, "No reason given": 6,
    }  # fmt: skip


def five_orders(client: Client) -> None:
    """1 complete on time, 2 partial on time, 3 complete late, 4 not shipped, 5 complete on time."""
    order(client, (8, 100))
    order(client, (9, 40))
    order(client, (8, 0 + 60), (12, 40), promise=7)
    order(client, promise=15)
    order(client, (10, 100))


def test_five_orders_with_the_fourth_due(acme_only: Client) -> None:
    five_orders(acme_only)

    assert value(acme_only, "otd") == 60
    assert value(acme_only, "true_otd") == Decimal("66.67")


def test_five_orders_with_the_fourth_not_yet_due(acme_only: Client) -> None:
    five_orders(acme_only)

    for day in (14, 15):
        assert value(acme_only, "otd", as_of=dec(day)) == 75
    assert value(acme_only, "otd", as_of=dec(16)) == 60
    assert value(acme_only, "true_otd", as_of=dec(14)) == Decimal("66.67")


def test_a_hundred_orders(acme_only: Client) -> None:
    for _number in range(85):
        order(acme_only, (10, 100))
    for _number in range(3):
        order(acme_only, (9, 60), (11, 40))
    for _number in range(7):
        order(acme_only, (9, 60))
    for _number in range(5):
        order(acme_only, (11, 60))

    otd, true_otd = (figure(acme_only, key) for key in ("otd", "true_otd"))
    assert (otd.value, otd.numerator, otd.denominator) == (95, 95, 100)
    assert (true_otd.numerator, true_otd.denominator) == (85, 88)
    assert round(true_otd.value or 0, 2) == Decimal("96.59")
    low, high = otd.interval or (0, 0)
    assert (round(low, 2), round(high, 2)) == (Decimal("88.82"), Decimal("97.85"))


# -- late, due and today -------------------------------------------------------------------------


@time_machine.travel("2025-12-11T05:59:00Z", tick=False)
def test_due_today_is_not_late_until_the_clients_midnight(acme_only: Client) -> None:
    order(acme_only)
    assert value(acme_only, "otd") is None
    assert value(acme_only, "late_now") == 0
    with time_machine.travel("2025-12-11T06:01:00Z", tick=False):
        assert value(acme_only, "otd") == 0
        assert value(acme_only, "late_now") == 1


def test_early_is_on_time(acme_only: Client) -> None:
    order(acme_only, (1, 100), promise=31)
    assert value(acme_only, "otd") == 100


def test_orders_count_on_the_day_of_their_promise(acme_only: Client) -> None:
    november = Period.days(datetime.date(2025, 11, 1), datetime.date(2025, 11, 30))
    order(acme_only, (2, 100), promised_date=datetime.date(2025, 11, 30))
    order(acme_only, (1, 100), promise=1)
    order(acme_only, (31, 100), promise=31)

    assert value(acme_only, "otd", november) == 0
    assert (value(acme_only, "orders_due"), value(acme_only, "otd")) == (2, 100)
    assert by(acme_only, "otd", "day") == {"2025-12-01": 100, "2025-12-31": 100}


def test_nothing_due_is_no_value(acme_only: Client) -> None:
    found = figure(acme_only, "otd")
    assert (found.value, found.reason) == (None, "No order was due.")


def test_late_now_leaves_out_what_was_brought_to_an_end(acme_only: Client) -> None:
    order(acme_only)
    order(acme_only).cancel(by=None, reason="not wanted any more")
    order(acme_only, (12, 100))
    order(acme_only, (9, 100))

    assert value(acme_only, "late_now") == 2
    (part,) = rows_of("late_now", [acme_only.pk], DEC)
    assert [part.rows.count(), part.total()] == [2, 2]


def test_late_now_does_not_ask_for_the_period(acme_only: Client) -> None:
    order(acme_only)
    later = Period.days(datetime.date(2026, 1, 1), datetime.date(2026, 1, 31))
    assert value(acme_only, "late_now", later) == 1
    assert value(acme_only, "otd", later) is None


def test_what_was_called_off_is_left_out_and_named(acme_only: Client) -> None:
    order(acme_only, (9, 100))
    order(acme_only).cancel(by=None, reason="not wanted any more")

    found = figure(acme_only, "otd")
    assert found.value == 100
    assert [each.reason for each in found.excluded] == [
        "1 of 2 orders was cancelled or rejected before anything was shipped."
    ]


# -- as known on a past day ----------------------------------------------------------------------


def with_course(client: Client, *course: tuple[str, str], **fields: Any) -> WorkOrder:
    """An order with a history of its own: statuses, and the instants at which it got there."""
    row = order(client, **{"status": course[-1][0], **fields})
    before = ""
    for status, at in course:
        OrderTransition.objects.create(
            client=client, work_order=row, from_status=before, to_status=status,
            at=datetime.datetime.fromisoformat(at),
        )  # fmt: skip
        before = status
    return row


RECEIVED = ("RECEIVED", "2025-12-01T18:00:00Z")


def test_an_order_without_any_promise_is_left_out_and_named(acme_only: Client) -> None:
    dateless: dict[str, Any] = {"promised_date": None, "required_date": None}
    order(acme_only, (10, 100))
    order(acme_only, (12, 100), **dateless, number="OPEN", received_date=dec(2))
    order(acme_only, **dateless, number="WAITING", planned_start_date=dec(31))
    order(acme_only, **dateless, number="JANUARY", planned_start_date=datetime.date(2026, 1, 1),
          received_date=dec(2))  # fmt: skip
    gone = order(acme_only, **dateless, number="GONE", received_date=dec(2))
    gone.cancel(by=None, reason="no")

    gross, true, lead = (figure(acme_only, key) for key in ("otd", "true_otd", "lead_time"))
    assert (gross.value, gross.numerator, gross.denominator) == (100, 1, 1)
    said = "have neither a promised nor a required date."
    assert [each.reason for each in gross.excluded] == [f"2 of 3 orders {said}"]
    assert (true.numerator, true.denominator, true.excluded[0].count) == (1, 1, 1)
    assert {each.code: each.count for each in lead.excluded} == {"no_receipt": 1, "no_promise": 1}
    # The rows are listed, each once.
    (part,) = [each for each in rows_of("otd", [acme_only.pk], DEC) if each.role == "denominator"]
    left_out = {each.code: each for each in part.excluded}["no_promise"].rows
    assert sorted(left_out.values_list("number", flat=True)) == ["OPEN", "WAITING"]


def test_only_orders_without_promise_are_no_value(acme_only: Client) -> None:
    order(acme_only, (10, 100), promised_date=None, received_date=dec(2))
    found = figure(acme_only, "otd")
    assert (found.value, found.reason) == (
        None, "1 of 1 order has neither a promised nor a required date.",
    )  # fmt: skip


def test_a_past_day_knows_nothing_of_later_shipments(acme_only: Client) -> None:
    order(acme_only, (9, 40), (14, 60))

    seen = {
        day: (value(acme_only, "otd", as_of=dec(day)), value(acme_only, "true_otd", as_of=dec(day)))
        for day in (8, 9, 13, 14)
    }
    assert seen == {8: (None, None), 9: (100, None), 13: (100, None), 14: (100, 0)}


def test_a_past_day_follows_the_course_and_not_the_status(acme_only: Client) -> None:
    with_course(acme_only, RECEIVED, ("CANCELLED", "2025-12-15T18:00:00Z"))

    assert value(acme_only, "otd") is None
    seen = {
        day: (value(acme_only, "otd", as_of=dec(day)), value(acme_only, "late_now", as_of=dec(day)))
        for day in (10, 11, 14, 15)
    }
    assert seen == {10: (None, 0), 11: (0, 1), 14: (0, 1), 15: (None, 0)}


@pytest.mark.parametrize(("hour", "known_on"), [("05:59", 14), ("06:01", 15)])
def test_a_move_belongs_to_the_clients_day(acme_only: Client, hour: str, known_on: int) -> None:
    with_course(acme_only, RECEIVED, ("CANCELLED", f"2025-12-15T{hour}:00Z"))

    assert value(acme_only, "otd", as_of=dec(known_on)) is None
    assert value(acme_only, "otd", as_of=dec(known_on - 1)) == 0


def test_an_order_closed_since_was_late_then(acme_only: Client) -> None:
    row = with_course(acme_only, RECEIVED, ("CLOSED", "2025-12-20T18:00:00Z"))
    make_shipment(row, shipped_date=dec(13), quantity=100)

    seen = [value(acme_only, "late_now", as_of=dec(day)) for day in (10, 11, 13, 19, 20)]
    assert seen == [0, 1, 1, 1, 0]
    assert value(acme_only, "late_now") == 0


def test_as_of_today_is_what_is_known_now(acme_only: Client) -> None:
    five_orders(acme_only)
    today = acme_only.today()
    for key in ("otd", "otd_net", "true_otd", "otd_controlled", "lead_time", "late_now"):
        assert value(acme_only, key, as_of=today) == value(acme_only, key)


# -- which promise, and the buffer ---------------------------------------------------------------


def agreed(client: Client, key: str, given: Any, first: datetime.date) -> ContractBook:
    return ContractBook([Agreed(client.pk, key, given, first, None)])


def postponed(client: Client, first: int, then: int, *shipped: tuple[int, int]) -> WorkOrder:
    row = order(client, promise=first)
    row.promised_date = dec(then)
    row.full_clean()
    row.save()
    for day, quantity in shipped:
        make_shipment(row, shipped_date=dec(day), quantity=quantity)
    return row


def test_the_original_promise_counts_where_it_is_agreed(acme_only: Client) -> None:
    postponed(acme_only, 5, 12, (11, 100))
    book = agreed(acme_only, "otd_promise", "ORIGINAL", dec(1))

    assert by(acme_only, "otd", "day") == {"2025-12-12": 100}
    assert by(acme_only, "otd", "day", book=book) == {"2025-12-05": 0}
    found = figure(acme_only, "otd", book=book)
    assert found.rules == ("Promise that counts: the original one from 2025-12-01",)


def test_an_order_is_counted_once_on_either_side_of_the_rule(acme_only: Client) -> None:
    """The rule begins on the 10th; one order was postponed over it, the other drawn to before."""
    postponed(acme_only, 5, 15, (11, 100))
    postponed(acme_only, 15, 5, (11, 100))
    book = agreed(acme_only, "otd_promise", "ORIGINAL", dec(10))
    before = Period.days(dec(1), dec(9))
    after = Period.days(dec(10), dec(31))

    assert by(acme_only, "orders_due", "day", book=book) == {"2025-12-15": 2}
    assert value(acme_only, "orders_due", before, book=book) is None
    assert value(acme_only, "orders_due", after, book=book) == 2


@pytest.mark.parametrize(("buffer", "expected"), [(0, 70), (5, 90), (15, 100)])
def test_the_carriers_buffer(acme_only: Client, buffer: int, expected: int) -> None:
    """Ten orders with a lead time of 100 days: 7 on time, 2 late by 5 days, 1 by 12."""
    promised = dec(10)
    for delay in (0, 0, 0, 0, 0, 0, 0, 5, 5, 12):
        order(acme_only, (10 + delay, 100), received_date=promised - datetime.timedelta(days=100))
    book = agreed(acme_only, "otd_carrier_buffer_pct", buffer, dec(1))

    assert value(acme_only, "otd_controlled", book=book) == expected
    assert value(acme_only, "otd", book=book) == 70


def test_an_order_may_still_arrive_within_the_buffer(acme_only: Client) -> None:
    order(acme_only, received_date=dec(10) - datetime.timedelta(days=100))
    book = agreed(acme_only, "otd_carrier_buffer_pct", 5, dec(1))

    assert value(acme_only, "otd_controlled", book=book, as_of=dec(15)) is None
    assert value(acme_only, "otd_controlled", book=book, as_of=dec(16)) == 0
    assert value(acme_only, "otd", book=book, as_of=dec(15)) == 0


# -- what is estimated ---------------------------------------------------------------------------


def test_a_required_date_and_a_delivery_are_estimates(acme_only: Client) -> None:
    order(acme_only, (9, 100))
    firm = figure(acme_only, "otd")
    assert (firm.estimated, firm.confidence) == (False, 1)

    order(acme_only, (9, 100), promised_date=None, required_date=dec(10))
    order(acme_only, delivered_date=dec(11))
    found = figure(acme_only, "otd")
    assert (found.numerator, found.denominator) == (2, 3)
    assert (found.estimated, found.confidence) == (True, Decimal("0.8"))
    assert round(found.estimated_share, 4) == Decimal("0.6667")


def test_a_delivery_says_nothing_where_shipments_are_recorded(acme_only: Client) -> None:
    order(acme_only, (9, 40), delivered_date=dec(11))

    assert value(acme_only, "otd") == 100
    assert value(acme_only, "true_otd") is None


# -- lead time and re-shuffles -------------------------------------------------------------------


def test_lead_time_is_of_complete_orders(acme_only: Client) -> None:
    order(acme_only, (9, 40), (11, 60), received_date=dec(1))
    order(acme_only, (8, 100), received_date=dec(3))
    order(acme_only, (8, 100))
    order(acme_only, (8, 40), received_date=dec(1))

    found = figure(acme_only, "lead_time")
    assert (found.numerator, found.denominator, found.value) == (15, 2, Decimal("7.5"))
    assert [each.reason for each in found.excluded] == ["1 of 3 orders has no day of receipt."]


def test_each_move_back_is_a_re_shuffle_on_the_clients_day(acme_only: Client) -> None:
    there, back = "RELEASED", "DEMOTED"
    row = with_course(
        acme_only, RECEIVED, (there, "2025-12-02T12:00:00Z"), (back, "2025-12-04T05:30:00Z"),
        (there, "2025-12-04T12:00:00Z"), (back, "2025-12-05T05:30:00Z"), customer_po="PO 7",
    )  # fmt: skip
    other = with_course(acme_only, RECEIVED, (there, "2025-12-02T12:00:00Z"),
                        (back, "2025-12-04T05:30:00Z"))  # fmt: skip

    assert figure(acme_only, "demotions").value == 3
    assert by(acme_only, "demotions", "day") == {"2025-12-03": 2, "2025-12-04": 1}
    assert by(acme_only, "demotions", "customer") == {"PO 7": 2, "Without customer's order": 1}
    assert by(acme_only, "demotions", "work_order") == {row.number: 2, other.number: 1}
    assert figure(acme_only, "demotions", as_of=dec(3)).value == 2


def test_no_re_shuffle_is_zero(acme_only: Client) -> None:
    found = figure(acme_only, "demotions")
    assert (found.value, found.display) == (0, "0")


# -- by, and whose -------------------------------------------------------------------------------


def test_by_line_style_part_and_customer(acme_only: Client) -> None:
    line, style = make_line(acme_only), make_style(acme_only)
    part = make_part(acme_only, style=style)
    first = order(acme_only, (9, 100), line=line, style=style, customer_po="PO 7")
    second = order(acme_only, (11, 100), customer_po="true")
    make_job(second, part=part, quantity=100)

    assert by(acme_only, "otd", "line") == {f"{line.code} {line.name}": 100, "Without line": 0}
    assert by(acme_only, "orders_due", "style") == {f"{style.code} {style.name}": 2}
    assert set(by(acme_only, "orders_due", "part").values()) == {1}
    assert by(acme_only, "otd", "customer") == {"PO 7": 100, "true": 0}
    assert value(acme_only, "otd", filters={"customer": ["PO 7"]}) == 100
    assert value(acme_only, "otd", filters={"customer": ["true"]}) == 0
    assert value(acme_only, "otd", filters={"customer": [None]}) is None
    assert by(acme_only, "orders_due", "work_order") == {first.number: 1, second.number: 1}


def test_each_client_has_its_own_orders_and_both_add_up(acme: Client, acme_2: Client) -> None:
    for client, late in ((acme, 1), (acme_2, 3)):
        with client_scope([client]):
            order(client, (9, 100))
            for _number in range(late):
                order(client, (11, 100))
    with client_scope([acme]):
        assert value(acme, "otd") == 50
        assert value(acme_2, "otd") is None
        assert value(acme_2, "late_now") == 0
    with client_scope([acme, acme_2]):
        assert value(acme_2, "otd") == 25
        (union,) = evaluate(["otd"], [acme, acme_2], DEC)
        assert [union.numerator, union.denominator] == [2, 6]


def test_the_rows_behind_a_figure_add_up_to_it(acme_only: Client) -> None:
    ten_deliveries(acme_only)
    parts = {each.measure: each for each in rows_of("otd_net", [acme_only.pk], DEC)}

    assert {key: part.total() for key, part in parts.items()} == {
        "orders_on_time_net": 8, "orders_due": 10,
    }  # fmt: skip
    assert {key: part.rows.count() for key, part in parts.items()} == {
        "orders_on_time_net": 8, "orders_due": 10,
    }  # fmt: skip
