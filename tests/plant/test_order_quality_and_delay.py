"""QC approval and its withdrawal, delays and their classes, shipments."""

from __future__ import annotations

import datetime

import pytest
from django.core.exceptions import ValidationError

from plant.models import Shipment, WorkOrder
from tests.plant.factories import make_job, make_order, make_shipment
from tests.production.factories import DAY, make_floor
from tests.quality.factories import make_defect, make_inspection

PROMISE = datetime.date(2025, 12, 12)
DAYS = datetime.timedelta(days=1)


@pytest.fixture
def floor(in_acme):
    return make_floor(in_acme)


@pytest.fixture
def approved(floor, member):
    inspection = make_inspection(floor)
    floor.order.approve_quality(by=member(floor.client, username="quinn"))
    return inspection


def is_approved() -> bool:
    return WorkOrder.objects.get().qc_approved_at is not None


def test_an_approval_has_a_person_and_a_time(approved):
    order = WorkOrder.objects.get()
    assert (order.qc_approved_by.username, is_approved()) == ("quinn", True)


def test_the_second_approver_hears_of_the_first(approved, floor, member):
    with pytest.raises(ValidationError, match=r"This order was approved by quinn at \d{4}-"):
        floor.order.approve_quality(by=member(floor.client))


def test_a_final_order_is_not_approved(floor, member):
    floor.order.cancel(by=None, reason="no")
    with pytest.raises(ValidationError, match=r"Order .* is cancelled\."):
        floor.order.approve_quality(by=member(floor.client))


def test_another_inspection_withdraws(approved, floor):
    make_inspection(floor)
    assert not is_approved()


def test_a_changed_inspection_withdraws(approved):
    approved.notes = "seen again"
    approved.save()
    assert not is_approved()


def test_a_void_inspection_withdraws(approved):
    approved.void(by=None, reason="wrong order")
    assert not is_approved()


def test_a_defect_withdraws(approved):
    make_defect(approved)
    assert not is_approved()


def test_an_inspection_moved_to_another_order_withdraws_both(approved, floor, member):
    other = make_order(floor.client, line=floor.line)
    other.approve_quality(by=member(floor.client))
    approved.work_order, approved.job = other, None
    approved.save()
    assert WorkOrder.objects.filter(qc_approved_at__isnull=False).count() == 0


def test_the_yes_of_a_second_person_withdraws_nothing(approved, floor, member):
    approved.verify(by=member(floor.client))
    assert is_approved()


def test_the_inspection_of_another_order_withdraws_nothing(approved, floor):
    make_inspection(floor, work_order=make_order(floor.client, line=floor.line), job=None)
    assert WorkOrder.objects.get(pk=floor.order.pk).qc_approved_at is not None


def test_what_is_over_stays_approved(approved, floor):
    floor.order.cancel(by=None, reason="no")
    approved.notes = "seen again"
    approved.save()
    assert is_approved()


# -- delays: the ship date is compared with the promise, calendar dates ----------------------------


@pytest.mark.parametrize(
    ("fields", "shipped", "late"),
    [
        ({}, [(PROMISE, 600)], False),
        ({}, [(PROMISE + DAYS, 600)], True),
        ({}, [(PROMISE, 599), (PROMISE + DAYS, 1)], True),
        ({}, [(PROMISE - DAYS, 300), (PROMISE, 300)], False),
        ({}, [], True),
        ({"promised_date": None}, [], False),
        ({"promised_date": None, "required_date": PROMISE}, [], True),
        ({"delivered_date": PROMISE}, [], False),
        ({"delivered_date": PROMISE + DAYS}, [], True),
    ],
)
def test_only_late_orders_are_classified(in_acme, fields, shipped, late):
    order = make_order(in_acme, **{"promised_date": PROMISE, **fields})
    for on, quantity in shipped:
        make_shipment(order, shipped_date=on, quantity=quantity)
    if late:
        order.classify_delay("UNJUSTIFIED")
        assert WorkOrder.objects.get().delay_class == "UNJUSTIFIED"
    else:
        with pytest.raises(ValidationError, match=r"This order is not late\."):
            order.classify_delay("UNJUSTIFIED")
        assert WorkOrder.objects.get().delay_class == ""


def test_an_undelivered_order_due_today_is_not_late(in_acme):
    order = make_order(in_acme, promised_date=in_acme.today())
    with pytest.raises(ValidationError, match=r"This order is not late\."):
        order.classify_delay("JUSTIFIED", reason="FORCE_MAJEURE")


def test_a_justified_delay_has_a_reason_and_loses_it_with_the_class(in_acme):
    order = make_order(in_acme, promised_date=PROMISE)
    with pytest.raises(ValidationError, match="A justified delay, and only that, has a reason"):
        order.classify_delay("JUSTIFIED")
    with pytest.raises(ValidationError, match="A justified delay, and only that, has a reason"):
        order.classify_delay("UNJUSTIFIED", reason="OTHER")
    order.classify_delay("JUSTIFIED", reason="FORCE_MAJEURE", note="flood")
    order.classify_delay("")
    stored = WorkOrder.objects.get()
    assert (stored.delay_class, stored.delay_reason) == ("", "")


def test_a_classified_order_may_be_edited_when_it_is_late_no_more(in_acme):
    order = make_order(in_acme, promised_date=PROMISE)
    order.classify_delay("UNJUSTIFIED")
    order.promised_date = in_acme.today() + DAYS
    order.full_clean()
    order.save()
    assert WorkOrder.objects.get().delay_class == "UNJUSTIFIED"


# -- shipments ---------------------------------------------------------------------------------


def shipment(order, **fields):
    defaults = {"shipped_date": DAY, "quantity": 10, "reference": "T1"}
    return Shipment(client=order.client, work_order=order, **{**defaults, **fields})


@pytest.mark.parametrize(
    ("fields", "name", "sentence"),
    [
        ({"quantity": 0}, "quantity", "Quantities must be above zero."),
        ({"received_date": DAY - DAYS}, "received_date",
         "It cannot be received before it was shipped."),
        ({"shipped_date": datetime.date(2999, 1, 1)}, "shipped_date",
         "A future date cannot be recorded."),
    ],
)  # fmt: skip
def test_what_no_shipment_can_be(in_acme, fields, name, sentence):
    with pytest.raises(ValidationError) as caught:
        shipment(make_order(in_acme), **fields).full_clean()
    assert caught.value.message_dict == {name: [sentence]}


def test_a_shipment_of_the_job_of_another_order(in_acme):
    one, other = make_order(in_acme), make_order(in_acme)
    job = make_job(other)
    with pytest.raises(ValidationError, match=f"Job {job.code} does not belong to order"):
        shipment(one, job=job).full_clean()


def test_the_same_shipment_twice(in_acme):
    order = make_order(in_acme)
    shipment(order).save()
    with pytest.raises(ValidationError, match="This shipment is already recorded"):
        shipment(order).full_clean()


def test_the_shipment_that_completes_an_order(in_acme):
    one, other, none = (make_order(in_acme) for _ in range(3))
    make_shipment(one, quantity=300, shipped_date=DAY + DAYS)
    make_shipment(one, quantity=300, shipped_date=DAY)
    make_shipment(one, quantity=300, shipped_date=DAY + 2 * DAYS)
    make_shipment(other, quantity=599)
    ordered = {each.pk: 600 for each in (one, other, none)}
    assert Shipment.objects.completing(ordered) == {one.pk: DAY + DAYS}
    assert Shipment.objects.shipped(ordered) == {one.pk: 900, other.pk: 599}
