"""What the demo tells of deliveries and holds: orders of every kind and holds of every state, for
each client."""

from __future__ import annotations

import datetime
from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import transaction
from django.db.models import Count, F, Q, Sum
from django.db.models.functions import Coalesce

from clients.models import Client
from clients.scope import client_scope
from demo.plants import STORY
from demo.seeding import seed
from holds.models import HoldReason, HoldTransition, WIPHold
from holds.states import HoldState
from kpis.engine import evaluate
from kpis.periods import Period
from plant import delivery
from plant.models import Job, Line, OrderTransition, Shipment, WorkOrder
from plant.order_status import OrderStatus
from tests.demo.conftest import NOW
from tests.standing import as_declared

TODAY = datetime.date(2026, 3, 18)
TWO_MONTHS = Period.days(datetime.date(2026, 1, 18), TODAY)
CODES = [plan.code for plan in STORY]


# First, while there is no other demo.
def test_the_same_day_gives_the_same_orders_and_holds(db):
    assert told_by_a_new_demo() == told_by_a_new_demo()


def told_by_a_new_demo():
    with transaction.atomic():
        seed(clients=1, days=20, now=NOW)
        with client_scope(Client.unscoped.all()):
            orders = list(
                WorkOrder.objects.order_by("number").values_list(
                    "number", "status", "promised_date", "first_shipped_date", "delay_class"
                )
            )
            holds = list(
                WIPHold.objects.order_by("held_at", "pk").values_list(
                    "work_order__number", "state", "held_at", Coalesce("quantity", 0)
                )
            )
        transaction.set_rollback(True)
    assert len(orders) > 20
    assert len(holds) > 4
    return orders, holds


@pytest.fixture(scope="module")
def plants(django_db_setup, django_db_blocker):
    """All four, for as long as the oldest orders in work are old."""
    with django_db_blocker.unblock(), transaction.atomic():
        seeded = seed(clients=4, days=60, now=NOW)
        as_declared()
        yield seeded
        transaction.set_rollback(True)


@pytest.fixture(params=CODES)
def client(request, plants, db):
    found = Client.unscoped.get(code=request.param)
    with client_scope([found]):
        yield found


def days_ago(days):
    return NOW - datetime.timedelta(days=days)


# -- orders -----------------------------------------------------------------------------------


def test_orders_are_in_every_status(client):
    assert set(WorkOrder.objects.values_list("status", flat=True)) == set(OrderStatus)


def test_the_course_of_each_order_ends_where_it_stands(client):
    last: dict[int, str] = {}
    for order, origin, to in OrderTransition.objects.order_by("at", "id").values_list(
        "work_order", "from_status", "to_status"
    ):
        assert origin == last.get(order, "")
        last[order] = to
    assert last == dict(WorkOrder.objects.values_list("pk", "status"))


def test_courses_have_their_own_times_up_to_now(client):
    moves = OrderTransition.objects.exclude(work_order__status="RECEIVED")
    assert not moves.filter(at__gt=NOW).exists()
    assert moves.filter(at__lt=days_ago(50)).exists()
    assert moves.filter(from_status="RELEASED", to_status="DEMOTED", at__lt=NOW).exists()


def test_a_promise_was_changed_and_the_first_one_is_kept(client):
    changed = WorkOrder.objects.filter(promised_date__gt=F("original_promised_date"))
    assert 0 < 4 * changed.count() < WorkOrder.objects.count()


def test_orders_left_in_one_lot_in_several_and_in_part(client):
    lots = WorkOrder.objects.annotate(lots=Count("shipments"))
    assert lots.filter(status="CLOSED", lots=1, shipped_in_full_date__isnull=False).exists()
    assert lots.filter(status="CLOSED", lots__gt=1, shipped_in_full_date__isnull=False).exists()
    assert lots.filter(status="SHIPPED", lots__gt=0, shipped_in_full_date__isnull=True).exists()
    assert lots.filter(status="IN_PROGRESS", lots=1).exists()


def test_nothing_left_that_was_not_made(client):
    left = WorkOrder.objects.annotate(left=Sum("shipments__quantity")).exclude(left=None)
    assert not left.filter(left__gt=F("planned_quantity")).exists()
    assert not left.filter(status="CLOSED", left__lt=F("planned_quantity")).exists()


def test_orders_left_late_early_and_on_the_day(client):
    left = WorkOrder.objects.filter(first_shipped_date__isnull=False)
    assert left.filter(first_shipped_date__gt=F("promised_date")).exists()
    assert left.filter(first_shipped_date=F("promised_date")).exists()
    assert left.filter(first_shipped_date__lt=F("promised_date")).exists()


def test_only_late_orders_have_a_class_of_delay(client):
    late = Q(first_shipped_date__gt=F("promised_date"))
    overdue = Q(first_shipped_date=None, promised_date__lt=TODAY)
    classified = WorkOrder.objects.exclude(delay_class="")
    assert classified.filter(late | overdue).count() == classified.count() > 0


def test_delays_are_justified_unjustified_and_not_classified(plants, db):
    with client_scope(Client.unscoped.all()):
        late = WorkOrder.objects.filter(first_shipped_date__gt=F("promised_date"))
        classes = set(late.values_list("delay_class", flat=True))
        reasons = set(late.values_list("delay_reason", flat=True))
    assert classes == {"JUSTIFIED", "UNJUSTIFIED", ""}
    assert len(reasons) > 2


def test_some_are_late_now_due_next_and_stalled(client):
    orders = WorkOrder.objects.all()
    assert 1 <= delivery.late_now(orders, TODAY).count() <= 8
    to_ship = delivery.with_shipped(delivery.not_final(orders), TODAY)
    within_7 = to_ship.filter(delivery.is_due_within(TODAY, 7)).count()
    within_14 = to_ship.filter(delivery.is_due_within(TODAY, 14)).count()
    assert 1 <= within_7 <= 25
    assert within_7 < within_14 <= 40
    assert 1 <= delivery.stalled(orders, client, TODAY).count() <= 6


def test_shipped_orders_are_approved_and_some_wait_for_it(client):
    assert not WorkOrder.objects.filter(
        status__in=("SHIPPED", "CLOSED"), qc_approved_at=None
    ).exists()
    waiting = WorkOrder.objects.filter(status="COMPLETED").order_by()
    assert waiting.filter(qc_approved_at__isnull=False).exists()


# -- holds ------------------------------------------------------------------------------------


def test_holds_are_in_every_state(plants, db):
    with client_scope(Client.unscoped.all()):
        states = set(WIPHold.objects.values_list("state", flat=True))
    assert states == set(HoldState)


def test_holds_wait_for_a_decision_and_ended_ones_are_there(client):
    states = set(WIPHold.objects.values_list("state", flat=True))
    assert states >= {"PENDING_HOLD", "ON_HOLD", "PENDING_RESUME", "RESUMED", "RELEASED"}
    asked = WIPHold.objects.filter(state="PENDING_HOLD")
    assert asked.filter(held_at__gte=NOW - datetime.timedelta(hours=2)).count() == 2


def test_a_handful_is_open_of_orders_jobs_and_quantities(client):
    rows = WIPHold.objects.open()
    assert 5 <= rows.count() <= 8
    assert {hold.covers for hold in rows} == {"ORDER", "JOB", "QUANTITY"}


def test_open_holds_are_fresh_aging_critical_and_chronic(client):
    ages = {bisect_age((NOW - hold.held_at).days) for hold in WIPHold.objects.open()}
    assert ages == {0, 1, 2, 3}


def bisect_age(days):
    return sum(days > last for last in (7, 14, 28))


def test_two_holds_of_an_order_overlap(client):
    first, second = (
        WIPHold.objects.open()
        .whole_order()
        .filter(
            work_order__in=WIPHold.objects.open()
            .whole_order()
            .order_by()
            .values("work_order")
            .annotate(n=Count("pk"))
            .filter(n=2)
            .values("work_order")
        )
    )
    assert first.work_order_id == second.work_order_id
    assert first.hold_reason_id != second.hold_reason_id


def test_orders_and_holds_say_the_same(client):
    output = StringIO()
    call_command("compare_holds", client=client.code, stdout=output)
    assert WorkOrder.objects.filter(status="ON_HOLD").count() == 3


def test_an_order_stood_from_the_start_of_its_hold(client):
    held = WIPHold.objects.open().whole_order().order_by("held_at").first()
    move = held.work_order.transitions.get(to_status="ON_HOLD")
    assert move.at == held.held_at
    assert not HoldTransition.objects.filter(at__gt=NOW).exists()


# -- figures ----------------------------------------------------------------------------------


def test_most_orders_are_on_time(client):
    keys = ["otd", "otd_net", "true_otd"]
    gross, net, true = (each.value for each in evaluate(keys, [client.pk], TWO_MONTHS, as_of=TODAY))
    assert 80 <= gross <= Decimal("98.5")
    assert gross <= net <= 100
    assert 70 <= true <= 98


def test_the_work_in_process_is_of_all_ages(client):
    (age,) = evaluate(["wip_age"], [client.pk], TWO_MONTHS, as_of=TODAY)
    assert 4 < age.value < 20
    buckets = age.notes[1].removesuffix(".").split(", ")
    assert [each.split(" days: ")[0] for each in buckets] == ["0–7", "8–14", "15–30", "> 30"]
    assert all(int(each.split(" days: ")[1]) > 0 for each in buckets)


def test_a_labour_shortage_holds_orders_for_want_of_a_crew(plants, db):
    client = Client.unscoped.get(code="HARBORPACK")
    with client_scope([client]):
        reasons = WIPHold.objects.open().values_list("hold_reason__code", flat=True)
        assert "CAPACITY_CONSTRAINT" in set(reasons)
        moves = OrderTransition.objects.filter(to_status="DEMOTED")
        assert set(moves.values_list("note", flat=True)) == {"Not enough people for the crew."}


# -- rows -------------------------------------------------------------------------------------


@pytest.mark.parametrize("model", [WorkOrder, Job, Shipment, WIPHold])
def test_every_row_keeps_the_rules_of_its_model(client, model):
    rows = list(model.objects.select_related("client"))
    assert len(rows) > 8
    model.prepare(rows)
    for row in rows:
        row.validate_row()


@pytest.mark.parametrize(
    ("model", "names"),
    [
        (Shipment, {"work_order": WorkOrder}),
        (OrderTransition, {"work_order": WorkOrder}),
        (WIPHold, {"work_order": WorkOrder, "hold_reason": HoldReason, "line": Line}),
    ],
)
def test_no_row_points_to_another_client(client, model, names):
    for name, target in names.items():
        own = set(target.objects.values_list("pk", flat=True))
        assert set(model.objects.values_list(f"{name}_id", flat=True)) <= own


def test_each_client_sees_its_own_orders_alone(plants, db):
    seen = {}
    for client in Client.unscoped.all():
        with client_scope([client]):
            seen[client.code] = set(WorkOrder.objects.values_list("client_id", flat=True))
    assert {code: len(owners) for code, owners in seen.items()} == dict.fromkeys(CODES, 1)
    assert len(set.union(*seen.values())) == 4
