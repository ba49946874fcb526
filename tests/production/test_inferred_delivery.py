"""Orders whose promise is inferred, in the figures of delivery: counted, and said to be guessed.

Wednesday 3 December 2025 and three working days are Monday 8 December.
"""

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
from plant import delivery
from plant.models import OrderTransition, Style, WorkOrder
from production.models import ProductionEntry
from tests.kpis.factories import agreed
from tests.plant.factories import make_job, make_order, make_shipment, make_standard, make_style
from tests.production.factories import Floor, make_entry, make_floor
from tests.production.test_history import made

DEC = Period.days(datetime.date(2025, 12, 1), datetime.date(2025, 12, 31))
NOON = datetime.datetime(2025, 12, 10, 18, tzinfo=datetime.UTC)  # in Matamoros
UNKNOWN = "neither a promised nor a required date."


def dec(day: int) -> datetime.date:
    return datetime.date(2025, 12, day)


@pytest.fixture
def floor(acme: Client, acme_2: Client) -> Iterator[Floor]:
    """ACME alone in scope, on 10 December; the other client has late orders of every kind."""
    with time_machine.travel(NOON, tick=False):
        with client_scope([acme_2]):
            theirs = make_floor(acme_2)
            style_with_a_standard(acme_2)
            order(theirs)
            order(theirs, style=None)
            order(theirs, promised_date=dec(8))
        with client_scope([acme]):
            made = make_floor(acme)
            WorkOrder.objects.filter(pk=made.order.pk).update(status="CLOSED")
            style_with_a_standard(acme)
            yield made


def style_with_a_standard(client: Client) -> None:
    style = make_style(client, code="BOOT", family="boots")
    make_standard(client, style=style, labour_hours_per_unit=Decimal("0.25"))


def order(floor: Floor, **fields: Any) -> WorkOrder:
    """Of 250 h, three days of ten people at 9 h; planned for the 3rd."""
    given = {
        "line": floor.line, "planned_quantity": 1000, "planned_start_date": dec(3),
        "style": style(floor.client),
    }  # fmt: skip
    return make_order(floor.client, **{**given, **fields})


def style(client: Client) -> Style:
    return Style.objects.get(client=client, code="BOOT")


def figure(floor: Floor, key: str, **asked: Any) -> Any:
    (found,) = evaluate([key], [floor.client.pk], DEC, **asked)
    return found


def trail(found: Any) -> tuple[Any, ...]:
    low = "low_confidence" in found.flags
    return round(found.estimated_share, 2), found.confidence, low


def promise(row: WorkOrder) -> datetime.date | None:
    return WorkOrder.objects.get(pk=row.pk).promise


# -- figures -------------------------------------------------------------------------------------


def test_an_inferred_promise_is_counted_and_said_to_be_guessed(floor: Floor) -> None:
    order(floor)
    make_shipment(order(floor, promised_date=dec(9)), shipped_date=dec(9), quantity=1000)
    found = figure(floor, "otd")
    assert (found.numerator, found.denominator, found.value) == (1, 2, 50)
    assert trail(found) == (Decimal("0.50"), Decimal("0.5"), True)
    assert found.excluded == ()


def test_a_required_date_is_believed_more(floor: Floor) -> None:
    order(floor, required_date=dec(8))
    assert trail(figure(floor, "otd")) == (1, Decimal("0.8"), False)


def test_a_promised_date_is_believed(floor: Floor) -> None:
    order(floor, promised_date=dec(8))
    assert trail(figure(floor, "otd")) == (0, 1, False)


@pytest.mark.parametrize(("left", "value"), [(8, 100), (9, 0)])
def test_what_leaves_on_the_inferred_day_is_in_time(floor: Floor, left: int, value: int) -> None:
    make_shipment(order(floor), shipped_date=dec(left), quantity=1000)
    assert figure(floor, "otd").value == value
    assert figure(floor, "true_otd").value == value


def test_as_of_a_past_day_the_inferred_day_was_not_over(floor: Floor) -> None:
    order(floor)
    asked = {day: figure(floor, "otd", as_of=dec(day)).denominator for day in (8, 9)}
    assert asked == {8: None, 9: 1}


def test_where_the_first_promise_counts_an_order_without_one_has_the_inferred_day(
    floor: Floor,
) -> None:
    order(floor)
    book = ContractBook([Agreed(floor.client.pk, "otd_promise", "ORIGINAL", dec(1), None)])
    found = figure(floor, "otd", book=book)
    assert (found.denominator, found.confidence) == (1, Decimal("0.5"))


# -- late now ------------------------------------------------------------------------------------


def test_late_by_an_inferred_promise(floor: Floor) -> None:
    late = order(floor)
    order(floor, planned_start_date=dec(8))
    found = figure(floor, "late_now")
    assert (found.value, trail(found)) == (1, (1, Decimal("0.5"), True))
    (part,) = rows_of("late_now", [floor.client.pk], DEC)
    assert [row.pk for row in part.rows] == [late.pk]


@pytest.mark.parametrize(("day", "late"), [(2, 0), (8, 0), (9, 1)])
def test_late_as_of_a_past_day(floor: Floor, day: int, late: int) -> None:
    # The database tells the course by its own clock.
    made = order(floor, status="RELEASED")
    OrderTransition.objects.create(
        client=floor.client, work_order=made, from_status="", to_status="RELEASED",
        at=datetime.datetime(2025, 12, 1, 18, tzinfo=datetime.UTC),
    )  # fmt: skip
    assert figure(floor, "late_now", as_of=dec(day)).value == late


def test_late_now_names_the_orders_that_nobody_can_judge(floor: Floor) -> None:
    order(floor, promised_date=dec(8))
    order(floor, number="NO-START", planned_start_date=None)
    order(floor, number="NO-STANDARD", style=None)
    gone = order(floor, number="GONE", style=None)
    gone.cancel(by=None, reason="no")
    found = figure(floor, "late_now")
    assert (found.value, trail(found)) == (1, (0, 1, False))
    assert [each.reason for each in found.excluded] == [f"2 of 3 orders have {UNKNOWN}"]
    (part,) = rows_of("late_now", [floor.client.pk], DEC)
    (left_out,) = part.excluded
    assert sorted(row.number for row in left_out.rows) == ["NO-STANDARD", "NO-START"]
    assert part.total() == 1


def test_lists_of_orders(floor: Floor) -> None:
    order(floor, number="LATE")
    order(floor, number="NEXT", planned_start_date=dec(8))
    order(floor, number="NEVER", style=None)
    rows = delivery.with_shipped(delivery.not_final(WorkOrder.objects.all()), dec(10))
    numbers = {
        "late": rows.filter(delivery.is_late(dec(10))),
        "next": rows.filter(delivery.is_due_within(dec(10), 7)),
    }
    assert {name: [row.number for row in found] for name, found in numbers.items()} == {
        "late": ["LATE"], "next": ["NEXT"],
    }  # fmt: skip


# -- production starts it ------------------------------------------------------------------------


def test_the_first_production_row_dates_the_promise_anew(floor: Floor) -> None:
    made = order(floor)
    assert promise(made) == dec(8)
    first = make_entry(floor, work_order=made, job=None, shift_date=dec(5), capture_no=7)
    assert promise(made) == dec(10)
    make_entry(floor, work_order=made, job=None, shift_date=dec(8), capture_no=7)
    assert promise(made) == dec(10)
    first.void(by=None, reason="another order")
    assert promise(made) == dec(11)
    ProductionEntry.objects.filter(work_order=made).delete()
    assert promise(made) == dec(8)


def test_hours_that_the_same_part_took_before(floor: Floor) -> None:
    floor.standard.delete()
    made(floor, 1, count=5, hours="3.1", units=10)
    later = order(floor, style=None)
    make_job(later, part=floor.part)
    later.full_clean()
    assert (later.inferred_hours, later.inferred_days) == (310, 4)


def test_hours_that_the_contract_agrees_for_a_family(floor: Floor) -> None:
    polo = make_style(floor.client, code="POLO", family="polo")
    assert order(floor, style=polo).promise is None
    agreed(floor.client, "industry_default_hours", {"polo": 0.2})
    made = order(floor, style=polo)
    assert (made.inferred_hours, made.promise) == (200, dec(8))
