"""What looks odd about production rows is said and written all the same."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from plant.models import LineShift
from production.models import ProductionEntry
from production.warnings import warnings
from tests.plant.factories import make_job, make_operation, make_order, make_part
from tests.production.factories import entry, make_entry

TWIN = "Likely a duplicate: another row of the same place and shift has 180 units."


@pytest.fixture
def floor(in_acme, made_floor):
    return made_floor


def said(*rows):
    ProductionEntry.prepare(list(rows))
    return warnings(rows)


def test_an_ordinary_row_gives_no_warning(floor):
    assert said(entry(floor)) == [[]]


def test_same_place_and_units_are_likely_a_duplicate(floor):
    make_entry(floor)
    assert said(entry(floor), entry(floor, total_units=179)) == [[TWIN], []]


def test_two_alike_rows_of_one_batch_are_told_both(floor):
    assert said(entry(floor), entry(floor)) == [[TWIN], [TWIN]]


def test_a_stored_row_is_not_its_own_duplicate(floor):
    assert warnings([make_entry(floor)]) == [[]]


def test_zero_units_twice_are_a_duplicate_too(floor):
    make_entry(floor, total_units=0)
    (sentences,) = said(entry(floor, total_units=0))
    assert len(sentences) == 1


def test_above_capacity(floor):
    # 100 units at 0.025 h take 150 minutes.
    row = entry(floor, total_units=100, run_minutes=149)
    assert said(row) == [
        ["Above capacity: 101 % of what the cycle time allows. Verify the count or the standard."]
    ]
    assert said(entry(floor, total_units=100, run_minutes=150)) == [[]]


def test_above_capacity_of_the_whole_shift(floor):
    # 540 planned minutes make 360 units.
    assert said(entry(floor, total_units=360)) == [[]]
    (sentences,) = said(entry(floor, total_units=380))
    assert sentences[0].startswith("Above capacity: 106 %")


def test_no_standard(floor):
    order = make_order(floor.client)
    order.move("RELEASED", by=None)
    row = entry(floor, work_order=order, job=make_job(order, part=make_part(floor.client)))
    assert said(row) == [
        [
            "No standard. Efficiency leaves this row out.",
            "No cycle time. Performance leaves this row out.",
        ]
    ]


@pytest.mark.parametrize(
    ("status", "sentence"),
    [
        ("RECEIVED", "Order WO-9 is received, not released: the first row starts it."),
        ("DEMOTED", "Order WO-9 is demoted, not released: the first row starts it."),
        ("ON_HOLD", "Order WO-9 is on hold."),
    ],
)
def test_a_row_of_an_order_that_is_not_released(floor, status, sentence):
    order = make_order(floor.client, number="WO-9")
    before = "RELEASED" if status == "ON_HOLD" else ""
    type(order).objects.filter(pk=order.pk).update(status=status, status_before_hold=before)
    order.refresh_from_db()
    job = make_job(order, part=floor.part)
    assert said(entry(floor, work_order=order, job=job, total_units=1)) == [[sentence]]


def test_in_a_flow_without_release_a_received_order_is_nothing_strange(floor):
    floor.client.order_flow = "SIMPLE"
    floor.client.save()
    order = make_order(floor.client)
    job = make_job(order, part=floor.part)
    assert said(entry(floor, work_order=order, job=job, total_units=1)) == [[]]


def test_order_above_plan_counts_stored_and_new_rows(floor):
    make_entry(floor, total_units=300)
    first, second = entry(floor, total_units=200), entry(floor, total_units=101)
    sentence = f"Order {floor.order.number} is above plan: 601 of 600 units."
    assert said(first, second) == [[sentence], [sentence]]


def test_exactly_the_plan_is_no_warning(floor):
    make_entry(floor, total_units=301)
    assert said(entry(floor, total_units=299)) == [[]]


def test_steps_before_the_last_one_do_not_count_as_output(floor):
    sewing = make_operation(floor.client)
    packing = make_operation(floor.client, counts_output=True)
    for operation in (sewing, packing):
        make_entry(floor, total_units=350, operation=operation)
    assert said(entry(floor, total_units=250)) == [[]]


def test_a_shift_that_is_not_planned(floor):
    place = make_entry(floor).line_shift
    LineShift.objects.filter(pk=place.pk).update(state="NOT_PLANNED", state_reason="no material")
    (sentences,) = said(entry(floor, total_units=1))
    assert sentences == [
        "This shift is set to not planned on this line: figures leave the row out."
    ]


def test_one_row_and_thirty_cost_the_same(floor):
    rows = [entry(floor, total_units=number) for number in range(30)]
    ProductionEntry.prepare(rows)
    counts = []
    for some in (rows[:1], rows):
        with CaptureQueriesContext(connection) as asked:
            warnings(some)
        counts.append(len(asked))
    assert counts == [3, 3]
