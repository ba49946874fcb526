"""The promise of an order without a date: start + ceil(quantity × hours ÷ (crew × net hours)).

Wednesday 4 March 2026 and three working days are Monday 9 March.
"""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from clients.models import Client
from clients.periods import DateRange
from clients.scope import client_scope
from plant.models import CalendarDay, Line, Shift, WorkOrder
from plant.models.orders import OrderStatus
from plant.promises import _plants
from tests.plant.factories import (
    make_break,
    make_job,
    make_line,
    make_order,
    make_part,
    make_shift,
    make_standard,
    make_style,
)


def mar(day: int) -> datetime.date:
    return datetime.date(2026, 3, day)


def crew_of_ten(client: Client) -> Line:
    """Shifts of ten hours, one of them an unpaid break; 0.25 h a unit."""
    made = make_line(client, standard_crew=10)
    make_break(make_shift(client, code="DAY"), minutes=60)
    make_standard(client, line=made, labour_hours_per_unit=Decimal("0.25"))
    return made


@pytest.fixture
def line(in_acme: Client) -> Line:
    return crew_of_ten(in_acme)


def order(line: Line, **fields: Any) -> WorkOrder:
    given = {"line": line, "planned_quantity": 1000, "planned_start_date": mar(4)}
    return make_order(line.client, **{**given, **fields})


def again(row: WorkOrder) -> WorkOrder:
    row.full_clean()
    row.save()
    return stored(row)


def stored(row: WorkOrder) -> WorkOrder:
    return WorkOrder.objects.get(pk=row.pk)


def day_off(client: Client, day: int, **fields: Any) -> None:
    CalendarDay.objects.create(client=client, date=mar(day), **fields)


def started(row: WorkOrder, day: int | None) -> WorkOrder:
    """As the trigger of a production row does."""
    on = mar(day) if day else None
    WorkOrder.objects.filter(pk=row.pk).update(actual_start_date=on)
    return stored(row)


# -- the rule ------------------------------------------------------------------------------------


def test_the_worked_example(line: Line) -> None:
    made = stored(order(line))
    assert (made.inferred_hours, made.inferred_crew, made.inferred_day_minutes) == (250, 10, 540)
    assert (made.inferred_days, made.promise, made.is_promise_inferred) == (3, mar(9), True)


@pytest.mark.parametrize(("units", "days"), [(1, 1), (360, 1), (361, 2), (1080, 3), (1081, 4)])
def test_a_day_begun_is_a_day(line: Line, units: int, days: int) -> None:
    assert order(line, planned_quantity=units).inferred_days == days


def test_a_holiday_in_between_is_no_working_day(line: Line) -> None:
    day_off(line.client, 6, kind="HOLIDAY")
    assert order(line).promise == mar(10)


def test_a_holiday_of_another_line_is_one(line: Line) -> None:
    day_off(line.client, 6, kind="SHUTDOWN", line=make_line(line.client))
    assert order(line).promise == mar(9)


def test_a_line_may_work_where_the_others_rest(line: Line) -> None:
    day_off(line.client, 6, kind="HOLIDAY")
    day_off(line.client, 6, kind="WORKING", line=line)
    day_off(line.client, 7, kind="WORKING", shifts=["DAY"])
    assert order(line).promise == mar(7)


def test_without_a_line_the_crew_is_one_person(line: Line) -> None:
    style = make_style(line.client)
    make_standard(line.client, style=style, labour_hours_per_unit=Decimal("0.25"))
    made = make_order(line.client, style=style, planned_quantity=40, planned_start_date=mar(4))
    # 10 h by one person at 9 h.
    assert (made.inferred_crew, made.inferred_days, made.promise) == (1, 2, mar(6))


def test_a_line_without_a_crew_counts_as_one_person(line: Line) -> None:
    Line.objects.filter(pk=line.pk).update(standard_crew=None)
    line.refresh_from_db()
    assert order(line, planned_quantity=36).inferred_days == 1
    assert order(line, planned_quantity=37).inferred_days == 2


def test_without_a_standard_shift_a_day_has_eight_hours(line: Line) -> None:
    Shift.objects.update(kind="OVERTIME")
    made = order(line, planned_quantity=321)
    # 80.25 h by ten people at 8 h.
    assert (made.inferred_day_minutes, made.inferred_days) == (480, 2)


def test_without_any_shift_the_plant_works_from_monday_to_friday(line: Line) -> None:
    Shift.objects.update(active=False)
    made = order(line)
    assert (made.inferred_day_minutes, made.inferred_days, made.promise) == (480, 4, mar(10))


def test_the_first_standard_shift_counts(line: Line) -> None:
    make_shift(line.client, "05:00", "06:00", kind="OVERTIME")
    make_shift(line.client, "17:00", "19:00")
    assert order(line).inferred_day_minutes == 540
    make_shift(line.client, "06:00", "07:00")
    assert order(line).inferred_day_minutes == 60


# -- the start -----------------------------------------------------------------------------------


def test_the_actual_start_goes_before_the_planned_one(line: Line) -> None:
    made = started(order(line), 5)
    assert made.promise == mar(10)
    made.notes = "changed"
    assert again(made).promise == mar(10)


def test_the_planned_start_goes_before_the_receipt(line: Line) -> None:
    assert order(line, received_date=mar(2)).promise == mar(9)


def test_the_receipt_and_the_mean_wait_of_the_client(line: Line) -> None:
    for day in (4, 5):
        started(order(line, received_date=mar(2), promised_date=mar(31)), day)
    made = order(line, planned_start_date=None, received_date=mar(2))
    # (2 + 3) / 2 days, rounded to 3: Thursday the 5th.
    assert (made.inferred_start_date, made.promise) == (mar(5), mar(10))


def test_a_client_without_any_start_waits_for_nothing(line: Line) -> None:
    made = order(line, planned_start_date=None, received_date=mar(4))
    assert made.promise == mar(9)


def test_without_any_start_there_is_no_promise_before_production(line: Line) -> None:
    made = order(line, planned_start_date=None)
    assert (made.promise, started(made, 4).promise, started(made, None).promise) == (
        None, mar(9), None,
    )  # fmt: skip


def test_when_production_is_taken_back_the_planned_start_counts_again(line: Line) -> None:
    made = order(line)
    assert started(made, 11).promise == mar(16)
    assert started(made, None).promise == mar(9)


# -- the labour hours ----------------------------------------------------------------------------


def test_the_standard_of_the_day_of_the_start(line: Line) -> None:
    style = make_style(line.client)
    of_march = DateRange(mar(1), mar(4), "[)")
    make_standard(line.client, style=style, labour_hours_per_unit=Decimal("0.9"), valid=of_march)
    make_standard(
        line.client, style=style, labour_hours_per_unit=Decimal("0.5"),
        valid=DateRange(mar(4), None, "[)"),
    )  # fmt: skip
    assert order(line, style=style).inferred_hours == 500
    assert order(line, style=style, planned_start_date=mar(3)).inferred_hours == 900


def test_the_part_of_the_only_job_goes_before_the_style(line: Line) -> None:
    part = make_part(line.client)
    make_standard(line.client, part=part, labour_hours_per_unit=Decimal("0.1"))
    made = order(line)
    make_job(made, part=part, quantity=500)
    assert again(made).inferred_hours == 100
    make_job(made, part=make_part(line.client), quantity=500)
    assert again(made).inferred_hours == 250


def test_orders_written_together_do_not_take_each_others_part(line: Line) -> None:
    part = make_part(line.client)
    make_standard(line.client, part=part, labour_hours_per_unit=Decimal("0.1"))
    one = order(line)
    make_job(one, part=part)
    two = WorkOrder(
        client=line.client, number="TWO", planned_quantity=1000, line=line,
        planned_start_date=mar(4),
    )  # fmt: skip
    WorkOrder.prepare([one, two])
    assert (one.inferred_hours, two.inferred_hours) == (100, 250)


def test_without_a_standard_there_is_no_promise_until_there_is_one(in_acme: Client) -> None:
    line = make_line(in_acme, standard_crew=10)
    made = order(line)
    assert (made.promise, made.inferred_days) == (None, None)
    make_standard(in_acme, line=line)
    call_command("infer_promises", client=in_acme.code)
    found = stored(made)
    # Eight hours a day: 250 / 80.
    assert (found.promise, found.version, found.status) == (mar(10), made.version, "RECEIVED")


def test_what_would_take_decades_is_no_promise(line: Line) -> None:
    assert order(line, planned_quantity=2500 * 360).inferred_days == 2500
    assert order(line, planned_quantity=2500 * 360 + 1).promise is None


# -- dates that are given ------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["promised_date", "required_date"])
def test_a_date_that_is_given_wins(line: Line, name: str) -> None:
    made = order(line, **{name: mar(20)})
    assert (made.promise, made.inferred_promise_date, made.inferred_days) == (mar(20), None, None)


@pytest.mark.parametrize("name", ["promised_date", "required_date"])
def test_a_date_that_is_given_later_clears_the_inferred_one(line: Line, name: str) -> None:
    made = order(line)
    setattr(made, name, mar(20))
    WorkOrder.prepare([made])
    assert (made.inferred_promise_date, made.inferred_days) == (None, None)
    found = again(made)
    assert (found.promise, found.inferred_promise_date, found.inferred_days) == (
        mar(20), None, None,
    )  # fmt: skip
    setattr(found, name, None)
    assert again(found).promise == mar(9)


@pytest.mark.parametrize("name", ["promised_date", "required_date"])
def test_also_by_a_statement_that_prepares_nothing(line: Line, name: str) -> None:
    made = order(line)
    WorkOrder.objects.filter(pk=made.pk).update(**{name: mar(20)})
    found = stored(made)
    inferred = [each.name for each in WorkOrder._meta.fields if each.name.startswith("inferred_")]
    assert len(inferred) == 6
    assert {getattr(found, each) for each in inferred} == {None}
    assert found.promise == mar(20)


def test_what_is_made_keeps_the_promise_it_was_judged_by(line: Line) -> None:
    made = order(line)
    WorkOrder.objects.filter(pk=made.pk).update(status=OrderStatus.COMPLETED)
    found = stored(made)
    found.planned_quantity = 10_000
    assert again(found).promise == mar(9)


# -- many, and of several clients ----------------------------------------------------------------


def unsaved(line: Line, count: int, **fields: Any) -> list[WorkOrder]:
    given = {"planned_quantity": 1000, "line": line, "received_date": mar(4)}
    return [
        WorkOrder(client=line.client, number=f"N-{number}", **{**given, **fields})
        for number in range(count)
    ]


def queries_of(rows: list[WorkOrder]) -> int:
    with CaptureQueriesContext(
        connection,
    ) as counted:
        WorkOrder.prepare(rows)
    return len(counted)


def test_many_orders_cost_the_queries_of_one(line: Line) -> None:
    one, many = unsaved(line, 1), unsaved(line, 300)
    assert queries_of(one) == queries_of(many) == 5
    assert {row.inferred_promise_date for row in many} == {mar(9)}


def test_orders_with_a_date_cost_none(line: Line) -> None:
    assert queries_of(unsaved(line, 300, promised_date=mar(20))) == 0
    assert queries_of(unsaved(line, 300, required_date=mar(20))) == 0


def test_each_client_by_its_own_calendar_standards_and_waits(acme: Client, acme_2: Client) -> None:
    lines = []
    for client in (acme, acme_2):
        with client_scope([client]):
            lines.append(crew_of_ten(client))
    with client_scope([acme_2]):
        day_off(acme_2, 5, kind="HOLIDAY")
        make_shift(acme_2, "06:00", "16:00", code="EARLY")
        started(order(lines[1], received_date=mar(2), promised_date=mar(31)), 3)
    with client_scope([acme, acme_2]):
        rows = [row for each in lines for row in unsaved(each, 1)]
        WorkOrder.prepare(rows)
    # ACME-2 rests on the 5th, starts a day later and works ten hours a day.
    assert [row.inferred_day_minutes for row in rows] == [540, 600]
    assert [row.inferred_start_date for row in rows] == [mar(4), mar(5)]
    assert [row.inferred_promise_date for row in rows] == [mar(9), mar(10)]


def test_what_the_other_client_has_infers_nothing(acme: Client, acme_2: Client) -> None:
    with client_scope([acme_2]):
        theirs = crew_of_ten(acme_2)
        shift = make_standard(acme_2, shift=Shift.objects.get(), line=None)
        assert (shift.labour_hours_per_unit, order(theirs).promise) == (Decimal("0.25"), mar(9))
    with client_scope([acme]):
        assert order(make_line(acme, standard_crew=10)).promise is None
    with client_scope([acme, acme_2]):
        mine = make_order(acme, planned_quantity=1000, planned_start_date=mar(4))
    assert (mine.promise, mine.inferred_days) == (None, None)


# -- the database and the program count alike ----------------------------------------------------


def test_production_and_planning_find_the_same_day(line: Line) -> None:
    client = line.client
    make_shift(client, "17:00", "23:00", code="SAT", weekdays=[6], line=line)
    day_off(client, 6, kind="HOLIDAY")
    day_off(client, 9, kind="WORKING", shifts=["SAT"])
    day_off(client, 8, kind="WORKING", shifts=["DAY"])
    day_off(client, 11, kind="SHUTDOWN", line=line)
    day_off(client, 12, kind="SHUTDOWN")
    day_off(client, 12, kind="WORKING", line=line)
    # Saturdays by the line's own shift; the 6th and the 11th are off.
    days = {1: mar(5), 2: mar(7), 3: mar(8), 4: mar(9), 5: mar(10), 6: mar(12), 7: mar(13)}
    row = order(line)
    plant = _plants([row])[client.pk]
    assert {n: plant.working_day(line.pk, mar(4), n) for n in days} == days
    assert {n: by_the_database(line, n) for n in days} == days


def by_the_database(line: Line, number: int) -> Any:
    with connection.cursor() as cursor:
        asked = [line.client_id, line.pk, mar(4), number]
        cursor.execute("SELECT plant_working_day(%s, %s, %s, %s)", asked)
        return cursor.fetchone()[0]


def test_iso_035_the_database_asks_the_calendar_of_the_one_client(
    acme: Client, acme_2: Client
) -> None:
    """Also where both are in scope: their Saturdays and holidays are theirs alone."""
    with client_scope([acme, acme_2]):
        mine, theirs = crew_of_ten(acme), crew_of_ten(acme_2)
        make_shift(acme_2, code="SAT", weekdays=[6])
        day_off(acme_2, 5, kind="HOLIDAY")
        assert [by_the_database(mine, n) for n in (1, 2, 3)] == [mar(5), mar(6), mar(9)]
        assert [by_the_database(theirs, n) for n in (1, 2, 3)] == [mar(6), mar(7), mar(9)]


def test_what_was_voided_or_ended_no_longer_counts(line: Line) -> None:
    day_off(line.client, 5, kind="HOLIDAY")
    assert by_the_database(line, 1) == mar(6)
    CalendarDay.objects.get().void(by=None, reason="moved")
    assert by_the_database(line, 1) == mar(5)
    make_shift(line.client, "17:00", "23:00", code="SAT", weekdays=[6]).void(by=None, reason="x")
    make_shift(line.client, "17:00", "23:00", code="SUN", weekdays=[7], active=False)
    assert by_the_database(line, 3) == mar(9)
    Shift.objects.get(code="DAY").void(by=None, reason="moved")
    # Without any shift, from Monday to Friday.
    assert by_the_database(line, 3) == mar(9)


def test_a_plant_that_rests_for_good_promises_nothing(line: Line) -> None:
    Shift.objects.update(weekdays=[7])
    for week in range(100):
        CalendarDay.objects.create(
            client=line.client, date=mar(8) + datetime.timedelta(weeks=week), kind="SHUTDOWN"
        )
    row = order(line, planned_quantity=1)
    assert (row.inferred_days, row.promise, by_the_database(line, 1)) == (1, None, None)
