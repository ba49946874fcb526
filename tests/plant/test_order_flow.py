"""The course of an order: what moves it, what refuses, and what is remembered."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from plant.models import OrderTransition, WorkOrder
from tests.plant.factories import make_shipment
from tests.production.factories import DAY, make_entry, make_floor


def course(order: WorkOrder) -> list[tuple[str, str, str]]:
    rows = OrderTransition.objects.filter(work_order=order)
    return list(rows.values_list("from_status", "to_status", "source"))


def status_of(order: WorkOrder) -> str:
    return str(WorkOrder.objects.values_list("status", flat=True).get(pk=order.pk))


def test_ac_17_the_life_of_an_order(acme, in_acme, member):
    user, floor = member(acme), make_floor(acme)
    order = floor.order  # released
    order.move("DEMOTED", by=user)
    order.move("RELEASED", by=user)
    make_entry(floor, total_units=600)
    order.refresh_from_db()
    assert (order.status, order.actual_start_date) == ("IN_PROGRESS", DAY)
    order.hold(by=user, note="colour")
    assert (order.status, order.status_before_hold) == ("ON_HOLD", "IN_PROGRESS")
    order.resume_from_hold(by=user)
    assert status_of(order) == "IN_PROGRESS"
    order.move("COMPLETED", by=user)
    with pytest.raises(ValidationError, match=r"QC approval is missing\."):
        order.move("SHIPPED", by=user)
    order.approve_quality(by=user)
    make_shipment(order, quantity=400)
    order.move("SHIPPED", by=user)
    make_shipment(order, quantity=200)
    assert status_of(order) == "CLOSED"
    with pytest.raises(ValidationError, match=r"Closed cannot become Released\."):
        order.move("RELEASED", by=user)
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
