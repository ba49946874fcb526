"""Production rows move their order whatever way they come in, and go out again; orders, jobs and
shipments come from files."""

from __future__ import annotations

import uuid

import pytest
from django.db import connection
from django.forms import modelform_factory
from django.test.utils import CaptureQueriesContext

from clients.forms import ClientModelForm
from clients.imports.undo import undo
from clients.scope import client_scope
from plant.models import Job, OrderTransition, Shipment, WorkOrder
from production.models import ProductionEntry
from tests.imports.helpers import imported, previewed
from tests.plant.factories import make_line, make_order, make_shift, make_shipment
from tests.production.factories import DAY
from tests.sweep.world import form_of

HEADERS = "shift_date,shift,line,work_order,total_units"
ROW = {
    "shift_date": "2025-12-02", "shift": "1ST", "line": "L1", "work_order": "WO-1",
    "total_units": 180,
}  # fmt: skip


@pytest.fixture
def plant(acme):
    with client_scope([acme]):
        make_line(acme, code="L1")
        make_shift(acme, code="1ST")
        make_order(acme, number="WO-1").move("RELEASED", by=None)
    return acme


@pytest.fixture
def operator(acme, member, signed_in):
    return signed_in(member(acme, role="OPERATOR", username="olga"))


def order_of(client, number="WO-1"):
    with client_scope([client]):
        order = WorkOrder.objects.get(number=number)
        return order.status, order.actual_start_date, order.last_output_date


def moves_of(client):
    with client_scope([client]):
        rows = OrderTransition.objects.filter(to_status="IN_PROGRESS")
        return list(rows.values_list("source", "by__username"))


def test_by_the_form(plant, operator):
    page = operator.get("/admin/production/productionentry/add/")
    assert page.status_code == 200
    with client_scope([plant]):
        names = {"line": "L1", "shift": "1ST"}
        models = {name: ProductionEntry._meta.get_field(name).related_model for name in names}
        values = {name: models[name].objects.get(code=code).pk for name, code in names.items()}
        values |= {"work_order": WorkOrder.objects.get().pk, "opened_for": "ACME"}
    answer = operator.post(
        "/admin/production/productionentry/add/",
        {**values, "shift_date": "2025-12-02", "total_units": 180},
    )
    assert (answer.status_code, order_of(plant)) == (302, ("IN_PROGRESS", DAY, DAY))
    assert moves_of(plant) == [("AUTOMATIC", "olga")]


def test_by_the_api(plant, operator):
    answer = operator.post("/api/v1/production-entries/", ROW, content_type="application/json")
    assert (answer.status_code, order_of(plant)) == (201, ("IN_PROGRESS", DAY, DAY))
    assert moves_of(plant) == [("AUTOMATIC", "olga")]
    row = f"/api/v1/production-entries/{answer.json()['id']}/void/"
    gone = operator.post(row, {"reason": "wrong order"}, content_type="application/json")
    assert (gone.status_code, order_of(plant)) == (200, ("RELEASED", None, None))


def test_by_a_bulk_call(plant, operator):
    rows = [{**ROW, "capture_no": n} for n in (1, 2)]
    answer = operator.post(
        "/api/v1/production-entries/bulk/", {"rows": rows}, content_type="application/json",
        headers={"Idempotency-Key": str(uuid.uuid4())},
    )  # fmt: skip
    assert (answer.status_code, order_of(plant)) == (201, ("IN_PROGRESS", DAY, DAY))
    assert moves_of(plant) == [("AUTOMATIC", "olga")]


def test_by_a_file_and_back_again(plant):
    text = f"{HEADERS}\n2025-12-03,1ST,L1,WO-1,180\n2025-12-02,1ST,L1,WO-1,20\n"
    previewed(plant, text)
    assert order_of(plant) == ("RELEASED", None, None)
    batch = imported(plant, text)
    assert order_of(plant) == ("IN_PROGRESS", DAY, DAY.replace(day=3))
    with client_scope([plant]):
        undo(batch)
    assert order_of(plant) == ("RELEASED", None, None)


def test_an_import_of_orders_can_be_undone_after_that_of_their_rows(plant):
    orders = imported(plant, "number,planned_quantity\nWO-2,600\n", "work_order")
    rows = imported(plant, f"{HEADERS}\n2025-12-02,1ST,L1,WO-2,180\n")
    assert order_of(plant, "WO-2") == ("IN_PROGRESS", DAY, DAY)
    with client_scope([plant]):
        undo(rows)
        undo(orders)
        assert list(WorkOrder.objects.values_list("number", flat=True)) == ["WO-1"]


def test_the_preview_says_whose_rows_come_before_the_release(plant):
    with client_scope([plant]):
        make_order(plant, number="WO-2")
    text = f"{HEADERS}\n2025-12-02,1ST,L1,WO-2,180\n2025-12-03,1ST,L1,WO-2,180\n"
    said = previewed(plant, text).result["read_back"]["warnings"]
    assert "Order WO-2 is received, not released: the first row starts it." in said
    assert len([each for each in said if "not released" in each]) == 1


def test_many_rows_of_many_orders_cost_no_more_than_one(plant):
    """Counted where they are written: the triggers are inside these statements."""
    with client_scope([plant]):
        numbers = [make_order(plant, line=None).number for _ in range(31)]

        def cost(part: list[str]) -> int:
            made = [
                entry_for(plant, WorkOrder.objects.get(number=number), n)
                for n, number in enumerate(part, start=1)
            ]
            ProductionEntry.prepare(made)
            with CaptureQueriesContext(connection) as seen:
                ProductionEntry.objects.bulk_create(made)
            return len(seen)

        assert cost(numbers[:1]) == cost(numbers[1:]) == 1
        assert set(WorkOrder.objects.exclude(number="WO-1").values_list("status", flat=True)) == {
            "IN_PROGRESS"
        }


def entry_for(client, order, number):
    line, shift = (
        ProductionEntry._meta.get_field(name).related_model.objects.get()
        for name in ("line", "shift")
    )
    return ProductionEntry(
        client=client, shift_date=DAY, shift=shift, line=line, work_order=order,
        capture_no=number, total_units=5,
    )  # fmt: skip


# -- orders, jobs and shipments from files ---------------------------------------------------------


def test_an_order_from_a_file_begins_its_course(plant):
    imported(plant, "number,planned_quantity,promised_date\nWO-2,600,2025-12-12\n", "work_order")
    with client_scope([plant]):
        order = WorkOrder.objects.get(number="WO-2")
        first = order.transitions.get()
    assert (first.from_status, first.to_status, first.source) == ("", "RECEIVED", "FILE")
    assert str(order.original_promised_date) == "2025-12-12"


def test_the_first_promise_survives_a_file(plant):
    head = "number,planned_quantity,promised_date\n"
    imported(plant, f"{head}WO-2,600,2025-12-12\n", "work_order")
    imported(plant, f"{head}WO-2,600,2026-01-09\n", "work_order", update=True)
    with client_scope([plant]):
        order = WorkOrder.objects.get(number="WO-2")
    assert (str(order.promised_date), str(order.original_promised_date)) == (
        "2026-01-09", "2025-12-12",
    )  # fmt: skip


def test_shipments_from_a_file_and_the_same_file_again(plant):
    text = (
        "orden,fecha_embarque,cantidad,partida,embarque,fecha_recepcion\n"
        "WO-1,2025-12-05,300,WO-1-L1,TRUCK-1,2025-12-08\nWO-1,2025-12-06,301,,,\n"
    )
    imported(plant, "work_order,code,quantity\nWO-1,WO-1-L1,600\n", "job")
    previewed_batch = previewed(plant, text, "shipment")
    assert previewed_batch.result["read_back"]["warnings"] == [
        "Order WO-1: More is shipped than ordered: 601 of 600."
    ]
    imported(plant, text, "shipment")
    again = previewed(plant, text, "shipment")
    assert (again.rows_new, again.rows_same, again.rows_rejected) == (0, 2, 0)
    with client_scope([plant]):
        rows = Shipment.objects.order_by("shipped_date")
        assert list(rows.values_list("quantity", "job__code", "reference")) == [
            (300, "WO-1-L1", "TRUCK-1"), (301, None, ""),
        ]  # fmt: skip


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        ("NOPE,2025-12-05,300", ("work_order", "unknown_code")),
        ("WO-1,2999-01-01,300", ("shipped_date", "future_date")),
        ("WO-1,2025-12-05,0", ("quantity", "out_of_range")),
        ("WO-1,05/12/2025,300", ("shipped_date", "date_format")),
    ],
)
def test_faulty_shipments(plant, row, fault):
    batch = previewed(plant, f"work_order,shipped_date,quantity\n{row}\n", "shipment")
    assert [(each["column"], each["code"]) for each in batch.errors] == [fault]


def test_shipments_of_a_file_close_their_orders(plant, member):
    with client_scope([plant]):
        numbers = [make_order(plant).number for _ in range(2)]
        WorkOrder.objects.filter(number__in=numbers).update(status="SHIPPED")
    lines = "".join(f"{number},2025-12-05,600\n" for number in numbers)
    imported(plant, f"work_order,shipped_date,quantity\n{lines}", "shipment")
    assert {order_of(plant, number)[0] for number in numbers} == {"CLOSED"}


def test_a_replacement_belongs_to_the_order_of_what_it_replaces(plant, member, signed_in):
    browser = signed_in(member(plant))
    with client_scope([plant]):
        make_order(plant, number="WO-2")
    made = [
        browser.post("/api/v1/jobs/", body, content_type="application/json")
        for body in (
            {"work_order": "WO-1", "quantity": 600},
            {"work_order": "WO-1", "quantity": 6, "replaces": "WO-1-L1"},
            {"work_order": "WO-2", "quantity": 6, "replaces": "WO-1-L1"},
        )
    ]
    assert [each.status_code for each in made] == [201, 201, 400]
    assert made[2].json() == {"replaces": ["Both jobs must belong to one order."]}
    with client_scope([plant]):
        assert Job.objects.get(code="WO-1-L2").replaces.code == "WO-1-L1"


def test_a_form_that_was_opened_before_an_automatic_move_does_not_undo_it(plant, member, signed_in):
    browser = signed_in(member(plant))
    with client_scope([plant]):
        order = WorkOrder.objects.get()
        make_shipment(order, quantity=1)
    page = f"/admin/plant/workorder/{order.pk}/change/"
    values = form_of(browser.get(page).content.decode())
    with client_scope([plant]):
        ProductionEntry.prepare(rows := [entry_for(plant, order, 1)])
        rows[0].save()
    assert order_of(plant)[0] == "IN_PROGRESS"
    answer = browser.post(page, {**values, "customer_po": "PO 7"})
    assert (answer.status_code, order_of(plant)[0]) == (302, "IN_PROGRESS")


def test_an_automatic_move_between_reading_and_saving_is_kept(plant):
    form_class = modelform_factory(WorkOrder, form=ClientModelForm, fields=["customer_po"])
    with client_scope([plant]):
        read = WorkOrder.objects.get()
        form = form_class({"customer_po": "PO 7", "version": read.version}, instance=read)
        ProductionEntry.prepare(rows := [entry_for(plant, WorkOrder.objects.get(), 1)])
        rows[0].save()
        assert form.is_valid(), form.errors
        form.save()
        assert WorkOrder.objects.values_list("customer_po", "status").get() == (
            "PO 7", "IN_PROGRESS",
        )  # fmt: skip
