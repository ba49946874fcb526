"""Inspections: what the system fills, what it refuses, and with which sentence."""

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
from quality.models import QualityInspection
from tests.kpis.factories import agreed
from tests.plant.factories import (
    make_employee,
    make_job,
    make_operation,
    make_order,
    make_part,
    make_standard,
)
from tests.production.factories import DAY, make_entry, make_floor
from tests.quality.factories import inspection, make_inspection

FROM_ZERO = "Units must be a whole number from 0 on."


@pytest.fixture
def floor(in_acme, made_floor):
    return made_floor


def prepared(row):
    QualityInspection.prepare([row])
    return row


def refusals(row):
    with pytest.raises(ValidationError) as refused:
        row.full_clean()
    return refused.value.message_dict


def refused_by_database(row):
    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        QualityInspection.objects.bulk_create([row])
    return sentence_for(refused.value).messages


# -- filled by the system ---------------------------------------------------------------------


def test_passed_and_defects_follow_from_the_defective_units(floor):
    row = make_inspection(floor)
    assert (row.units_passed, row.defects_total, row.defects_from_units) == (171, 9, True)


def test_typed_passed_and_defects_stay(floor):
    row = make_inspection(floor, units_passed=170, defects_total=11)
    assert (row.units_passed, row.defects_total, row.defects_from_units) == (170, 11, False)


def test_zero_defective_is_not_missing(floor):
    row = make_inspection(floor, units_defective=0)
    assert (row.units_passed, row.defects_total) == (180, 0)


def test_zero_passed_is_not_missing(floor):
    row = make_inspection(floor, units_passed=0, units_defective=9)
    assert row.units_passed == 0


def test_defects_taken_from_units_follow_them(floor):
    row = QualityInspection.objects.get(pk=make_inspection(floor).pk)
    row.units_defective, row.units_passed = 12, 168
    row.full_clean()
    assert (row.defects_total, row.defects_from_units) == (12, True)


def test_counted_defects_do_not_follow_the_units(floor):
    row = QualityInspection.objects.get(pk=make_inspection(floor, defects_total=15).pk)
    row.units_defective, row.units_passed = 12, 168
    row.full_clean()
    assert (row.defects_total, row.defects_from_units) == (15, False)


def test_a_count_typed_later_replaces_the_guess(floor):
    row = QualityInspection.objects.get(pk=make_inspection(floor).pk)
    row.defects_total = 11
    row.full_clean()
    assert row.defects_from_units is False


def test_inspection_number_is_the_next_free_one(floor):
    assert [make_inspection(floor).inspection_no for _ in range(2)] == [1, 2]
    assert make_inspection(floor, is_first_pass=False).inspection_no == 1


def test_opportunities_and_cycle_are_stamped(floor):
    row = make_inspection(floor)
    assert (row.opportunities_per_unit, row.opportunities_source) == (47, "PART")
    assert (row.cycle_hours_per_unit, row.cycle_source) == (Decimal("0.025"), "PART")
    assert row.cycle_confidence == Decimal("1.00")


def test_without_opportunities_the_contract_says_one(floor):
    floor.part.opportunities_per_unit = None
    floor.part.save()
    row = make_inspection(floor)
    assert (row.opportunities_per_unit, row.opportunities_source) == (1, "CONTRACT")


def test_opportunities_agreed_in_the_contract(floor):
    agreed(floor.client, "default_opportunities", 10, DAY.isoformat())
    floor.part.opportunities_per_unit = None
    floor.part.save()
    assert make_inspection(floor).opportunities_per_unit == 10
    before = make_inspection(floor, shift_date=DAY - datetime.timedelta(days=1))
    assert before.opportunities_per_unit == 1


def test_stamps_stay_when_the_part_changes(floor):
    row = QualityInspection.objects.get(pk=make_inspection(floor).pk)
    floor.part.opportunities_per_unit = 50
    floor.part.save()
    row.units_defective = 8
    row.full_clean()
    assert row.opportunities_per_unit == 47


def test_stamps_change_with_the_job(floor):
    row = QualityInspection.objects.get(pk=make_inspection(floor).pk)
    part = make_part(floor.client, opportunities_per_unit=5)
    row.work_order = make_order(floor.client)
    row.job = make_job(row.work_order, part=part)
    row.full_clean()
    assert (row.opportunities_per_unit, row.cycle_source) == (5, "MISSING")


def test_a_row_without_job_is_about_the_only_part_made_there(floor):
    make_entry(floor)
    row = make_inspection(floor, work_order=None, job=None)
    assert (row.opportunities_per_unit, row.opportunities_source) == (47, "PART")


def test_two_parts_made_there_leave_it_open(floor):
    make_entry(floor)
    order = make_order(floor.client)
    make_entry(floor, work_order=order, job=make_job(order, part=make_part(floor.client)))
    row = make_inspection(floor, work_order=None, job=None)
    assert (row.opportunities_per_unit, row.opportunities_source) == (1, "CONTRACT")


def test_operations_look_at_their_own_standards_only(floor):
    sewing = make_operation(floor.client)
    assert make_inspection(floor, operation=sewing).cycle_source == "MISSING"
    make_standard(
        floor.client, part=floor.part, operation=sewing, cycle_hours_per_unit=Decimal("0.01")
    )
    assert make_inspection(floor, operation=sewing).cycle_hours_per_unit == Decimal("0.01")


# -- refused by form and database alike -------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "where", "sentence"),
    [
        ({"units_inspected": 0}, "units_inspected", "Inspected units must be above zero."),
        ({"units_inspected": -5}, "units_inspected", "Inspected units must be above zero."),
        (
            {"units_passed": 172},
            "units_defective",
            "Passed and defective exceed inspected.",
        ),
        (
            {"units_defective": 181},
            "units_defective",
            "Passed and defective exceed inspected.",
        ),
        (
            {"units_rework": 6, "units_repair": 2, "units_scrapped": 2},
            "units_defective",
            "Dispositions exceed defective units.",
        ),
        ({"units_scrapped": 10}, "units_defective", "Dispositions exceed defective units."),
        ({"defects_total": 8}, "defects_total", "A defective unit has at least one defect."),
        ({"units_passed": -1}, "units_passed", FROM_ZERO),
        ({"units_rework": -1}, "units_rework", FROM_ZERO),
        ({"units_repair": -1}, "units_repair", FROM_ZERO),
        ({"units_scrapped": -1}, "units_scrapped", FROM_ZERO),
        (
            {"sample_size_percent": Decimal("0")},
            "sample_size_percent",
            "The sample must be above 0 and at most 100 %.",
        ),
        (
            {"sample_size_percent": Decimal("100.01")},
            "sample_size_percent",
            "The sample must be above 0 and at most 100 %.",
        ),
        ({"inspection_no": 0}, "inspection_no", "The number must be from 1 to 99."),
        ({"inspection_no": 100}, "inspection_no", "The number must be from 1 to 99."),
        (
            {"line": None, "work_order": None, "job": None},
            "line",
            "Give a line or a work order.",
        ),
    ],
)
def test_form_and_database_refuse_with_one_sentence(floor, fields, where, sentence):
    assert sentence in refusals(inspection(floor, **fields))[where]
    assert refused_by_database(prepared(inspection(floor, **fields))) == [sentence]


def test_negative_defective_units_are_refused(floor):
    fields = {"units_defective": -1, "units_passed": 0, "defects_total": 0}
    assert FROM_ZERO in refusals(inspection(floor, **fields))["units_defective"]
    # The empty dispositions sum to 0, which is more than −1: the database may name that rule.
    assert refused_by_database(prepared(inspection(floor, **fields))) in (
        [FROM_ZERO],
        ["Dispositions exceed defective units."],
    )


def test_dispositions_may_fill_the_defective_units(floor):
    row = make_inspection(floor, units_rework=6, units_repair=1, units_scrapped=2)
    assert row.units_passed == 171


def test_only_a_re_inspection_refers_to_another(floor):
    first = make_inspection(floor)
    sentence = "Only a re-inspection refers to another inspection."
    assert refusals(inspection(floor, reinspects=first))["reinspects"] == [sentence]
    assert refused_by_database(prepared(inspection(floor, reinspects=first))) == [sentence]
    again = make_inspection(
        floor, reinspects=first, is_first_pass=False, units_inspected=6, units_defective=0
    )
    assert list(first.reinspections.all()) == [again]


def test_same_key_twice_is_refused(floor):
    make_inspection(floor, inspection_no=1)
    sentence = "This inspection is already recorded. Give it another number."
    assert sentence in refusals(inspection(floor, inspection_no=1))["__all__"]
    assert refused_by_database(prepared(inspection(floor, inspection_no=1))) == [sentence]


def test_defective_units_are_required(floor):
    assert "units_defective" in refusals(inspection(floor, units_defective=None))


def test_tomorrow_is_refused(floor):
    tomorrow = floor.client.today() + datetime.timedelta(days=1)
    sentences = refusals(inspection(floor, shift_date=tomorrow))
    assert sentences == {"shift_date": ["A future date cannot be recorded."]}


def test_final_order_takes_no_new_inspection(floor):
    type(floor.order).objects.update(status="CLOSED")
    floor.order.refresh_from_db()
    sentences = refusals(inspection(floor))
    assert sentences == {"work_order": [f"Order {floor.order.number} is closed."]}


# -- the tick, another client, cost -----------------------------------------------------------


def test_an_inspection_withdraws_the_tick(floor):
    place = make_inspection(floor).line_shift
    QualityInspection.objects.all().delete()
    LineShift.objects.filter(pk=place.pk).update(no_downtime=True, no_inspection=True)
    make_inspection(floor)
    place.refresh_from_db()
    assert (place.no_downtime, place.no_inspection) == (True, False)


def test_rows_of_another_client_cannot_be_named(floor, acme_2):
    with client_scope([acme_2]):
        foreign = make_floor(acme_2)
        inspector, first = make_employee(acme_2), make_inspection(foreign)
    assert list(refusals(inspection(floor, inspector=inspector))) == ["inspector"]
    row = inspection(floor, reinspects=first, is_first_pass=False)
    assert list(refusals(row)) == ["reinspects"]
    with pytest.raises(IntegrityError), transaction.atomic():
        QualityInspection.objects.bulk_create([prepared(row)])
        connection.check_constraints()
    assert QualityInspection.objects.count() == 0


def test_both_clients_may_use_one_key(floor, acme_2):
    make_inspection(floor, inspection_no=1)
    with client_scope([acme_2]):
        assert make_inspection(make_floor(acme_2), inspection_no=1).pk
        assert QualityInspection.objects.count() == 1


def typed(floor, number):
    return QualityInspection(
        client_id=floor.client.pk,
        shift_date=DAY - datetime.timedelta(days=number % 3),
        shift_id=floor.shift.pk,
        line_id=floor.line.pk,
        work_order_id=floor.order.pk,
        units_inspected=10,
        units_defective=1,
    )


def test_preparing_one_inspection_or_ninety_costs_the_same(floor):
    for number in range(3):
        make_inspection(floor, shift_date=DAY - datetime.timedelta(days=number))
    counts = []
    for rows in ([typed(floor, 0)], [typed(floor, number) for number in range(90)]):
        with CaptureQueriesContext(connection) as asked:
            QualityInspection.prepare(rows)
            for row in rows:
                row.clean()
        counts.append(len(asked))
    assert counts[0] == counts[1]
    assert counts[0] <= 16
