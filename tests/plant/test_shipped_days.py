"""The days on which an order began to leave and had left, whatever way they were written."""

from __future__ import annotations

import datetime

import pytest
from django.db import connection

from clients.models import Client
from clients.scope import client_scope, every_client
from plant.models import OrderTransition, Shipment, WorkOrder
from plant.shipping_triggers import FOR_ROWS_BEFORE
from tests.plant.factories import make_order, make_shipment

DEC = [datetime.date(2025, 12, day) for day in range(1, 10)]


@pytest.fixture
def order(in_acme: Client) -> WorkOrder:
    return make_order(in_acme, planned_quantity=600)


def days(order: WorkOrder) -> list[datetime.date | None]:
    order.refresh_from_db()
    return [order.first_shipped_date, order.shipped_in_full_date]


def test_an_order_without_shipments_has_neither(order: WorkOrder) -> None:
    assert days(order) == [None, None]


def test_a_part_begins_and_the_rest_completes(order: WorkOrder) -> None:
    make_shipment(order, shipped_date=DEC[3], quantity=400)
    assert days(order) == [DEC[3], None]
    make_shipment(order, shipped_date=DEC[5], quantity=200)
    assert days(order) == [DEC[3], DEC[5]]
    make_shipment(order, shipped_date=DEC[7], quantity=50, reference="MORE")
    assert days(order) == [DEC[3], DEC[5]]


def test_shipments_count_by_their_days_not_in_the_order_of_typing(order: WorkOrder) -> None:
    make_shipment(order, shipped_date=DEC[5], quantity=400)
    make_shipment(order, shipped_date=DEC[2], quantity=300)
    assert days(order) == [DEC[2], DEC[5]]


def test_a_voided_or_corrected_shipment_is_taken_back(order: WorkOrder) -> None:
    first = make_shipment(order, shipped_date=DEC[3], quantity=400)
    second = make_shipment(order, shipped_date=DEC[5], quantity=200)
    first.void(by=None, reason="twice")
    assert days(order) == [DEC[5], None]
    second.quantity = 600
    second.save(update_fields=["quantity"])
    assert days(order) == [DEC[5], DEC[5]]
    Shipment.objects.filter(pk=second.pk).delete()
    assert days(order) == [None, None]


def test_a_shipment_that_changes_its_order_counts_for_the_new_one(
    order: WorkOrder, in_acme: Client
) -> None:
    other = make_order(in_acme, planned_quantity=400)
    shipment = make_shipment(order, shipped_date=DEC[3], quantity=400)
    shipment.work_order = other
    shipment.save(update_fields=["work_order"])
    assert days(order) == [None, None]
    assert days(other) == [DEC[3], DEC[3]]


def test_another_quantity_moves_the_day(order: WorkOrder) -> None:
    make_shipment(order, shipped_date=DEC[3], quantity=400)
    make_shipment(order, shipped_date=DEC[5], quantity=200)
    WorkOrder.objects.filter(pk=order.pk).update(planned_quantity=300)
    assert days(order) == [DEC[3], DEC[3]]
    WorkOrder.objects.filter(pk=order.pk).update(planned_quantity=601)
    assert days(order) == [DEC[3], None]


def test_many_at_once_each_for_its_own_order(order: WorkOrder, in_acme: Client) -> None:
    other = make_order(in_acme, planned_quantity=100)
    Shipment.objects.bulk_create(
        Shipment(client=in_acme, work_order=each, shipped_date=day, quantity=100)
        for each, day in ((order, DEC[1]), (order, DEC[2]), (other, DEC[4]))
    )
    assert days(order) == [DEC[1], None]
    assert days(other) == [DEC[4], DEC[4]]


def test_nobody_who_edits_the_order_is_overtaken(order: WorkOrder) -> None:
    before = order.version, OrderTransition.objects.count()
    make_shipment(order, quantity=100)
    order.refresh_from_db()
    assert (order.version, OrderTransition.objects.count()) == before


def test_orders_of_before_are_filled_in_for_all_clients(
    acme: Client, acme_2: Client, django_db_blocker: object
) -> None:
    found = []
    for client in (acme, acme_2):
        with client_scope([client]):
            order = make_order(client, planned_quantity=600)
            make_shipment(order, shipped_date=DEC[3], quantity=600)
            WorkOrder.objects.filter(pk=order.pk).update(
                first_shipped_date=None, shipped_in_full_date=None
            )
            found.append(order)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET LOCAL ROLE NONE")
        cursor.execute(FOR_ROWS_BEFORE)
    with every_client("reads what the migration wrote for all"):
        assert [days(order) for order in found] == [[DEC[3], DEC[3]]] * 2
