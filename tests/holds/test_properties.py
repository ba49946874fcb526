"""On random histories: an order is on hold exactly while a hold of the whole of it is open."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clients.models import Client
from clients.scope import client_scope
from holds.comparison import disagreements
from holds.flow import HoldAction
from holds.models import WIPHold
from plant.models import WorkOrder
from plant.order_status import OrderStatus
from tests.holds.factories import at, hold, make_hold, take
from tests.plant.factories import make_job, make_order

REASONS = ["QUALITY_ISSUE", "OTHER", "CUSTOMER_REQUEST"]
STARTS = ["ON_HOLD", "PENDING_HOLD"]
acts = st.one_of(
    st.tuples(
        st.just("new"),
        st.sampled_from(REASONS),
        st.sampled_from(STARTS),
        st.sampled_from(["order", "job", "quantity"]),
    ),
    st.tuples(st.just("step"), st.integers(0, 9), st.sampled_from(list(HoldAction))),
    st.tuples(st.just("step"), st.integers(0, 9), st.sampled_from(list(HoldAction))),
    st.tuples(st.just("void"), st.integers(0, 9)),
    st.tuples(st.just("widen"), st.integers(0, 9)),
    st.tuples(st.just("order"), st.sampled_from(["RELEASED", "DEMOTED", "IN_PROGRESS"])),
    st.tuples(st.just("order"), st.just("CANCELLED")),
)


def apply(order, job, act, count):
    kind, *rest = act
    rows = list(WIPHold.objects.order_by("pk"))
    if kind == "new":
        why, state, what = rest
        more = {"job": {"job": job}, "quantity": {"quantity": 5}}.get(what, {})
        make_hold(order, why, state=state, held_at=at(1 + count % 28, f"{count // 28:02}:00"),
                  **more)  # fmt: skip
    elif kind == "order":
        order.move(rest[0], by=None, note="because")
    elif rows:
        row = rows[rest[0] % len(rows)]
        if kind == "void":
            row.void(by=None, reason="typed twice")
        elif kind == "widen":
            row.quantity = None if row.quantity else 7
            row.full_clean()
            row.save()
        else:
            take(row, rest[1], note="because")


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(history=st.lists(acts, min_size=1, max_size=25))
def test_on_hold_is_an_open_whole_order_hold(acme: Client, history) -> None:
    with client_scope([acme]), transaction.atomic():
        order = make_order(acme)
        job = make_job(order)
        for count, act in enumerate(history):
            try:
                with transaction.atomic():
                    apply(order, job, act, count)
            except (ValidationError, IntegrityError):
                pass
            order.refresh_from_db()
            # By hand, on purpose not by the methods that the product asks.
            stands = [
                row
                for row in WIPHold.objects.all()
                if row.state in ("ON_HOLD", "PENDING_RESUME")
                and row.job_id is None
                and row.quantity is None
            ]
            assert (order.status == OrderStatus.ON_HOLD) == bool(stands)
            assert (order.status_before_hold != "") == bool(stands)
            assert list(disagreements()) == []
        for row in WIPHold.with_voided.all():
            steps = list(row.transitions.values_list("from_state", "to_state"))
            # The course is a chain from nowhere to the present state.
            assert [step[0] for step in steps] == ["", *(step[1] for step in steps[:-1])]
            assert steps[-1][1] == row.state
        transaction.set_rollback(True)


# -- the comparison of the night -------------------------------------------------------------------


def compared(*arguments: str) -> tuple[str, str]:
    out = StringIO()
    try:
        call_command("compare_holds", *arguments, stdout=out)
    except CommandError as error:
        return out.getvalue(), str(error)
    return out.getvalue(), ""


def test_the_night_finds_nothing(acme, acme_2):
    with client_scope([acme]):
        make_hold(make_order(acme))
    assert compared() == ("The status of every order agrees with its holds.\n", "")


def test_the_night_lists_every_disagreement(acme, acme_2):
    with client_scope([acme]):
        make_hold(make_order(acme, number="A"))
        WorkOrder.objects.update(status="RELEASED", status_before_hold="")
    with client_scope([acme_2]):
        make_order(acme_2, number="B")
        WorkOrder.objects.update(status="ON_HOLD", status_before_hold="RELEASED")
    found = [
        "ACME: Order A is released and has an open hold of the whole order.",
        "ACME-2: Order B is on hold and has no open hold of the whole order.",
    ]
    assert compared() == ("\n".join(found) + "\n", "Orders whose status and holds disagree: 2.")
    assert compared("--client", "ACME-2")[0] == f"{found[1]}\n"
    assert compared("--client", "NOPE")[1] == "Unknown client “NOPE”."


def test_a_hold_that_the_model_would_refuse_is_refused_by_the_database(acme):
    with client_scope([acme]):
        order = make_order(acme)
        row = hold(order, state="ON_HOLD", ended_at=at(4), held_at=at(3))
        with pytest.raises(IntegrityError, match="end_of_state"), transaction.atomic():
            row.save()
