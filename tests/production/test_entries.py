"""Production rows: what the system fills, what it refuses, and with which sentence."""

from __future__ import annotations

import datetime
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from clients.constraints import sentence_for
from clients.scope import client_scope
from plant.models import LineShift
from production.models import ProductionEntry
from tests.plant.factories import make_job, make_line, make_operation, make_order, make_shift
from tests.production.factories import DAY, at, entry, make_entry, make_floor, make_machine

UNITS = "Units must be a whole number from 0 to 1,000,000."


@pytest.fixture
def floor(in_acme, made_floor):
    return made_floor


def refusals(row):
    """The sentences that a form shows for the row, by field."""
    ProductionEntry.prepare([row])
    with pytest.raises(ValidationError) as refused:
        row.full_clean()
    return refused.value.message_dict


def refused_by_database(row):
    """The same row past every form: the sentence of the constraint that stops it."""
    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        ProductionEntry.objects.bulk_create([row])
    return sentence_for(refused.value).messages


def prepared(row):
    ProductionEntry.prepare([row])
    return row


# -- filled by the system ---------------------------------------------------------------------


def test_a_row_joins_the_line_shift_of_its_place(floor):
    row = make_entry(floor)
    assert row.line_shift == LineShift.objects.get()
    assert row.line_shift.planned_minutes == 540


def test_line_is_taken_from_the_machine_then_from_the_order(floor):
    other = make_line(floor.client)
    by_machine = make_entry(floor, line=None, machine=make_machine(floor.client, line=other))
    by_order = make_entry(floor, line=None)
    assert (by_machine.line, by_order.line) == (other, floor.line)


def test_order_is_taken_from_the_job(floor):
    assert make_entry(floor, work_order=None).work_order == floor.order


def test_run_minutes_follow_from_start_and_end(floor):
    row = make_entry(floor, started_at=at("07:30"), ended_at=at("09:00"))
    assert row.run_minutes == 90


def test_typed_run_minutes_stay(floor):
    row = make_entry(floor, started_at=at("07:30"), ended_at=at("09:00"), run_minutes=80)
    assert row.run_minutes == 80


def test_capture_number_is_the_next_free_one(floor):
    numbers = [make_entry(floor).capture_no for _ in range(2)]
    make_entry(floor, capture_no=4)
    numbers += [make_entry(floor).capture_no for _ in range(2)]
    assert numbers == [1, 2, 3, 5]


def test_capture_numbers_of_a_batch_differ(floor):
    rows = [entry(floor), entry(floor), entry(floor, capture_no=2), entry(floor, job=None)]
    ProductionEntry.prepare(rows)
    assert [row.capture_no for row in rows] == [1, 3, 2, 1]


def test_number_of_a_voided_row_is_free_again(floor, member):
    make_entry(floor).void(by=member(floor.client), reason="typed twice")
    assert make_entry(floor).capture_no == 1


def test_zero_units_are_a_row(floor):
    row = make_entry(floor, total_units=0, operators_present=0, operators_assigned=10)
    row.refresh_from_db()
    assert (row.total_units, row.operators_present) == (0, 0)


# -- refused ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "where", "sentence"),
    [
        ({"total_units": -1}, "total_units", UNITS),
        ({"total_units": 1_000_001}, "total_units", UNITS),
        ({"run_minutes": 0}, "run_minutes", "Run minutes must be a whole number from 1 to 1,440."),
        (
            {"run_minutes": 1441},
            "run_minutes",
            "Run minutes must be a whole number from 1 to 1,440.",
        ),
        (
            {"operators_assigned": 0},
            "operators_assigned",
            "Operators assigned must be from 1 to 100.",
        ),
        (
            {"operators_assigned": 101},
            "operators_assigned",
            "Operators assigned must be from 1 to 100.",
        ),
        (
            {"operators_present": 101},
            "operators_present",
            "Operators present must be from 0 to 100.",
        ),
        (
            {"operators_assigned": 9, "operators_present": 10},
            "operators_present",
            "More people are present than assigned.",
        ),
        ({"capture_no": 100}, "capture_no", "The capture number must be from 1 to 99."),
        ({"capture_no": 0}, "capture_no", "The capture number must be from 1 to 99."),
        (
            {"started_at": at("09:00"), "ended_at": at("09:00")},
            "ended_at",
            "The end must be after the start.",
        ),
        (
            {"line": None, "work_order": None, "job": None},
            "line",
            "Give a line or a work order.",
        ),
    ],
)
def test_form_and_database_refuse_with_one_sentence(floor, fields, where, sentence):
    assert sentence in refusals(entry(floor, **fields))[where]
    assert refused_by_database(prepared(entry(floor, **fields))) == [sentence]


def test_same_key_twice_is_refused(floor):
    make_entry(floor, capture_no=1)
    sentence = "This row is already recorded. Give it another capture number."
    assert sentence in refusals(entry(floor, capture_no=1))["__all__"]
    assert refused_by_database(prepared(entry(floor, capture_no=1))) == [sentence]


def test_same_key_with_empty_places_is_refused(floor):
    fields = {"work_order": None, "job": None, "capture_no": 1}
    make_entry(floor, **fields)
    sentence = "This row is already recorded. Give it another capture number."
    assert refused_by_database(prepared(entry(floor, **fields))) == [sentence]


def test_tomorrow_is_refused_and_makes_no_line_shift(floor):
    tomorrow = floor.client.today() + datetime.timedelta(days=1)
    sentences = refusals(entry(floor, shift_date=tomorrow))
    assert sentences == {"shift_date": ["A future date cannot be recorded."]}
    assert LineShift.objects.count() == 0


def test_today_is_the_day_of_the_plant(floor, monkeypatch):
    # 2025-12-03 03:00 UTC is still 21:00 of the 2nd in Matamoros.
    now = datetime.datetime(2025, 12, 3, 3, tzinfo=datetime.UTC)
    monkeypatch.setattr("django.utils.timezone.now", lambda: now)
    wednesday = datetime.date(2025, 12, 3)
    assert "shift_date" in refusals(entry(floor, shift_date=wednesday))
    assert make_entry(floor, shift_date=DAY).pk


def test_shift_of_another_line_is_refused(floor):
    shift = make_shift(floor.client, line=make_line(floor.client), code="2ND")
    sentences = refusals(entry(floor, shift=shift))
    assert sentences == {"shift": [f"Shift 2ND does not run on line {floor.line.code}."]}


def test_job_of_another_order_is_refused(floor):
    other = make_order(floor.client, number="WO-9")
    job = make_job(make_order(floor.client), code="J-7")
    sentences = refusals(entry(floor, work_order=other, job=job))
    assert sentences == {"job": ["Job J-7 does not belong to order WO-9."]}


@pytest.mark.parametrize(
    ("fields", "where", "clock"),
    [
        ({"started_at": at("06:59")}, "started_at", "06:59"),
        ({"started_at": at("17:00")}, "started_at", "17:00"),
        ({"ended_at": at("17:01")}, "ended_at", "17:01"),
    ],
)
def test_instants_lie_in_the_shift(floor, fields, where, clock):
    sentences = refusals(entry(floor, **fields))
    assert sentences == {where: [f"{clock} is outside the shift 07:00–17:00."]}


def test_a_row_may_fill_its_whole_shift(floor):
    assert make_entry(floor, started_at=at("07:00"), ended_at=at("17:00")).run_minutes == 600


def test_a_night_shift_ends_on_the_next_day(floor):
    night = make_shift(floor.client, "21:00", "06:00", code="2ND")
    next_day = DAY + datetime.timedelta(days=1)
    row = make_entry(floor, shift=night, started_at=at("23:30"), ended_at=at("01:00", next_day))
    assert (row.run_minutes, row.shift_date) == (90, DAY)


def test_window_counts_without_a_line_too(floor):
    order = make_order(floor.client)
    row = entry(floor, line=None, work_order=order, job=None, started_at=at("18:00"))
    sentences = refusals(row)
    assert sentences == {"started_at": ["18:00 is outside the shift 07:00–17:00."]}
    assert row.line_shift is None


def test_retired_machine_takes_no_new_row_but_corrections(floor):
    row = make_entry(floor, machine=floor.machine)
    floor.machine.status = "RETIRED"
    floor.machine.save()
    sentences = refusals(entry(floor, machine=floor.machine))
    assert sentences == {"machine": [f"{floor.machine.code} is retired."]}
    row = ProductionEntry.objects.get(pk=row.pk)
    row.total_units = 170
    prepared(row).full_clean()


@pytest.mark.parametrize(
    ("status", "word"), [("CLOSED", "closed"), ("CANCELLED", "cancelled"), ("REJECTED", "rejected")]
)
def test_final_order_takes_no_new_row(floor, status, word):
    reason = "bad leather" if status == "REJECTED" else ""
    type(floor.order).objects.update(status=status, rejection_reason=reason)
    floor.order.refresh_from_db()
    sentences = refusals(entry(floor))
    assert sentences == {"work_order": [f"Order {floor.order.number} is {word}."]}


# -- another client ---------------------------------------------------------------------------


def test_rows_of_another_client_cannot_be_named(floor, acme_2):
    with client_scope([acme_2]):
        foreign = make_floor(acme_2)
    for name, value in {
        "line": foreign.line,
        "shift": foreign.shift,
        "work_order": foreign.order,
        "job": foreign.job,
        "machine": foreign.machine,
    }.items():
        row = entry(floor, **{name: value})
        ProductionEntry.prepare([row])
        with pytest.raises(ValidationError) as refused:
            row.full_clean()
        assert name in refused.value.message_dict
        with pytest.raises(IntegrityError), transaction.atomic():
            row = entry(floor, capture_no=9, **{name: value})
            ProductionEntry.objects.bulk_create([row])
            connection.check_constraints()


def test_both_clients_may_use_one_key(floor, acme_2):
    make_entry(floor)
    with client_scope([acme_2]):
        row = make_entry(make_floor(acme_2))
        assert row.capture_no == 1
        assert ProductionEntry.objects.count() == 1


# -- cost -------------------------------------------------------------------------------------


def queries_to_prepare(rows):
    with CaptureQueriesContext(connection) as asked:
        ProductionEntry.prepare(rows)
    return len(asked)


def typed(floor, number):
    """Rows as a form or a file makes them: with keys, without cached objects."""
    return ProductionEntry(
        client_id=floor.client.pk,
        shift_date=DAY - datetime.timedelta(days=number % 3),
        shift_id=floor.shift.pk,
        line_id=floor.line.pk,
        work_order_id=floor.order.pk,
        machine_id=floor.machine.pk,
        total_units=10,
    )


def test_preparing_one_row_or_three_hundred_costs_the_same(floor):
    make_operation(floor.client)
    for number in range(3):
        make_entry(floor, shift_date=DAY - datetime.timedelta(days=number))
    one = queries_to_prepare([typed(floor, 0)])
    assert queries_to_prepare([typed(floor, n) for n in range(90)]) == one
    assert one <= 16


def test_validating_a_prepared_row_asks_nothing(floor):
    row = prepared(typed(floor, 0))
    with CaptureQueriesContext(connection) as asked:
        row.clean()
    assert len(asked) == 0


def test_stamps_of_the_part(floor):
    row = make_entry(floor)
    assert row.labour_hours_per_unit == Decimal("0.25")
    assert row.cycle_hours_per_unit == Decimal("0.025")
    assert (row.labour_source, row.cycle_source) == ("PART", "PART")
    assert (row.labour_confidence, row.cycle_confidence) == (Decimal("1.00"), Decimal("1.00"))
    assert row.standard == floor.standard
