"""The course of a hold: what moves it, what refuses, and what its order does meanwhile."""

from __future__ import annotations

import datetime
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError, IntegrityError, connection, transaction

from clients.scope import client_scope
from holds.models import HoldReason, HoldTransition, WIPHold, partly_held
from plant.models import OrderTransition
from quality.models import QualityInspection
from tests.holds.factories import at, clock, hold, make_hold, reason, take
from tests.plant.factories import make_job, make_order, make_shift
from tests.production.factories import DAY, make_entry, make_floor


@pytest.fixture
def order(in_acme):
    return make_order(in_acme)


def status(order):
    order.refresh_from_db()
    return order.status


def course(row):
    rows = HoldTransition.objects.filter(hold=row)
    return list(rows.values_list("from_state", "to_state", "at"))


def refused(row, action, by=None, note=""):
    before = WIPHold.objects.filter(pk=row.pk).values().get()
    with pytest.raises(ValidationError) as caught, transaction.atomic():
        take(row, action, by=by, note=note)
    assert WIPHold.objects.filter(pk=row.pk).values().get() == before
    return caught.value.messages[0]


def faults(row):
    with pytest.raises(ValidationError) as caught:
        row.full_clean()
    return caught.value.message_dict


def test_a_client_starts_with_the_reasons_of_the_catalogue(in_acme):
    assert list(HoldReason.objects.values_list("code", flat=True)) == [
        "MATERIAL_INSPECTION", "MATERIAL_SHORTAGE", "QUALITY_ISSUE", "ENGINEERING_REVIEW",
        "ENGINEERING_CHANGE", "CUSTOMER_REQUEST", "MISSING_SPECIFICATION",
        "EQUIPMENT_UNAVAILABLE", "CAPACITY_CONSTRAINT", "PENDING_APPROVAL", "OTHER",
    ]  # fmt: skip


# -- AC-06 ---------------------------------------------------------------------------------------


def test_ac_06_request_approve_request_resume_approve(acme, member):
    operator, supervisor = member(acme, role="OPERATOR"), member(acme, role="SUPERVISOR")
    with client_scope([acme], user=operator):
        order = make_order(acme)
        with clock(at(3, "10:00")):
            row = make_hold(order)
        assert (row.state, row.held_at, status(order)) == ("PENDING_HOLD", at(3, "10:00"),
                                                           "RECEIVED")  # fmt: skip
    with client_scope([acme], user=supervisor):
        with clock(at(3, "11:30")):
            take(row, "approve", by=supervisor)
        assert (row.state, status(order)) == ("ON_HOLD", "ON_HOLD")
        with clock(at(4, "15:00")):
            take(row, "request_resume", by=operator)
        assert (row.state, status(order)) == ("PENDING_RESUME", "ON_HOLD")
        with clock(at(4, "16:00")):
            take(row, "approve", by=supervisor)
        assert (row.state, row.ended_at, status(order)) == ("RESUMED", at(4, "16:00"), "RECEIVED")
        assert row.hold_hours == Decimal("30.00")
        assert course(row) == [
            ("", "PENDING_HOLD", at(3, "10:00")),
            ("PENDING_HOLD", "ON_HOLD", at(3, "11:30")),
            ("ON_HOLD", "PENDING_RESUME", at(4, "15:00")),
            ("PENDING_RESUME", "RESUMED", at(4, "16:00")),
        ]
        people = (row.requested_by, row.hold_decided_by, row.resume_requested_by,
                  row.resume_decided_by)  # fmt: skip
        assert people == (operator, supervisor, operator, supervisor)
        # At 10:30 it waits and is not held; from the approval on it stands since 10:00.
        rows = WIPHold.objects
        assert [len(rows.pending(at=at(3, each))) for each in ("09:59", "10:30", "11:30")] == [
            0, 1, 0,
        ]  # fmt: skip
        assert [len(rows.open(at=at(3, each))) for each in ("10:30", "11:30", "23:00")] == [0, 1, 1]
        assert [len(rows.open(at=at(4, each))) for each in ("15:59", "16:00")] == [1, 0]


def test_who_puts_on_hold_is_the_decider(acme, member):
    user = member(acme, role="ENGINEER")
    with client_scope([acme], user=user):
        row = make_hold(make_order(acme), held_at=at(3))
    assert (row.state, row.requested_by, row.hold_decided_by) == ("ON_HOLD", user, user)


# -- refusals ------------------------------------------------------------------------------------


def test_four_eyes(in_acme, order, member):
    in_acme.hold_four_eyes = True
    in_acme.save()
    ana, ben = member(in_acme, username="anita"), member(in_acme, username="benny")
    row = make_hold(order, state="PENDING_HOLD", requested_by=ana)
    assert refused(row, "approve", by=ana) == "Another person has to decide this hold."
    take(row, "approve", by=ben)
    assert refused(row, "resume", by=ana) == "Another person has to decide this hold."
    take(row, "request_resume", by=ben)
    assert refused(row, "approve", by=ben) == "Another person has to decide this hold."
    take(row, "approve", by=ana)
    assert row.state == "RESUMED"


def test_with_two_eyes_the_requester_decides(in_acme, order, member):
    ana = member(in_acme)
    row = make_hold(order, state="PENDING_HOLD", requested_by=ana)
    take(row, "approve", by=ana)
    assert (row.requested_by, row.hold_decided_by) == (ana, ana)


def test_a_rejection_and_a_release_need_a_note(in_acme, order):
    row = make_hold(order, state="PENDING_HOLD")
    assert refused(row, "reject", note="  ") == "Give a note."
    take(row, "approve")
    assert refused(row, "release") == "Give a note."
    take(row, "release", note="the client agrees")
    assert (row.state, status(order)) == ("RELEASED", "RECEIVED")
    assert row.transitions.get(to_state="RELEASED").note == "the client agrees"


def test_the_second_one_hears_who_decided(in_acme, order, member):
    with clock(at(3, "11:30")):
        row = make_hold(order, state="PENDING_HOLD", held_at=at(3, "10:00"))
        take(row, "approve", by=member(in_acme, username="sonia"))
    told = "This hold was decided by sonia at 2025-12-03 11:30."
    assert refused(row, "approve") == told
    assert refused(row, "reject", note="no") == told
    with clock(at(4, "09:15")):
        take(row, "resume", by=member(in_acme, username="mario"))
    told = "This hold was decided by mario at 2025-12-04 09:15."
    assert refused(row, "resume") == told
    assert refused(row, "scrap") == "Resumed cannot become Scrapped."


def test_a_rejected_resume_leaves_the_material_standing(in_acme, order):
    row = make_hold(order)
    take(row, "request_resume")
    take(row, "reject", note="not yet")
    assert (row.state, row.ended_at, status(order)) == ("ON_HOLD", None, "ON_HOLD")
    take(row, "request_resume")
    take(row, "approve")
    assert status(order) == "RECEIVED"


def test_a_second_open_hold_of_one_reason(in_acme, order):
    first = make_hold(order, held_at=at(3))
    exists = {"__all__": ["An open hold with this reason exists."]}
    assert faults(hold(order, held_at=at(4))) == exists
    with pytest.raises(IntegrityError, match="one_open_per_reason"), transaction.atomic():
        hold(order, held_at=at(4), state="PENDING_RESUME").save()
    exists = {"hold_reason": ["An open hold with this reason exists."]}
    assert faults(hold(order, held_at=at(4), state="PENDING_HOLD")) == exists
    make_hold(order, "OTHER")
    make_hold(order, job=make_job(order))
    take(first, "resume")
    make_hold(order, held_at=at(5))


def test_a_second_open_hold_without_a_reason(in_acme, order):
    make_hold(order, "", held_at=at(3))
    assert faults(hold(order, "", held_at=at(4))) == {
        "__all__": ["An open hold with this reason exists."]
    }


def test_two_requests_of_one_reason_and_only_one_is_approved(in_acme, order):
    one = make_hold(order, held_at=at(3), state="PENDING_HOLD")
    other = make_hold(order, held_at=at(4), state="PENDING_HOLD")
    take(one, "approve")
    assert refused(other, "approve") == "An open hold with this reason exists."


def test_hold_in_the_future(in_acme, order):
    tomorrow = datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=1)
    assert faults(hold(order, held_at=tomorrow)) == {
        "held_at": ["A hold cannot begin in the future."]
    }


def test_resume_before_hold(in_acme, order):
    row = hold(order, held_at=at(4), state="RESUMED", ended_at=at(3))
    assert faults(row) == {"__all__": ["The resume lies before the hold."]}
    with pytest.raises(IntegrityError, match="ends_after"), transaction.atomic():
        row.save()


def test_quantity_above_the_order_or_the_job(in_acme, order):
    job = make_job(order, code="J1", quantity=50)
    assert faults(hold(order, quantity=601)) == {
        "quantity": [f"The quantity exceeds the 600 units of order {order.number}."]
    }
    assert faults(hold(order, job=job, quantity=51)) == {
        "quantity": ["The quantity exceeds the 50 units of job J1."]
    }
    assert faults(hold(order, quantity=0)) == {"quantity": ["Quantities must be above zero."]}
    make_hold(order, quantity=600)


def test_a_job_of_another_order(in_acme, order):
    job = make_job(make_order(in_acme), code="J9")
    assert faults(hold(order, job=job)) == {
        "job": [f"Job J9 does not belong to order {order.number}."]
    }


@pytest.mark.parametrize("state", ["COMPLETED", "SHIPPED"])
def test_a_whole_order_that_is_made_cannot_stand_but_a_quantity_of_it_can(in_acme, order, state):
    type(order).objects.update(status=state)
    order.refresh_from_db()
    said = f"{state.capitalize()} cannot become On hold."
    assert faults(hold(order)) == {"work_order": [said]}
    with pytest.raises(IntegrityError, match="no longer be put on hold"), transaction.atomic():
        hold(order, state="ON_HOLD").save()
    make_hold(order, quantity=10)
    assert status(order) == state


def test_an_approval_after_the_order_was_completed(in_acme, order):
    row = make_hold(order, state="PENDING_HOLD")
    type(order).objects.update(status="COMPLETED")
    assert refused(row, "approve") == "Completed cannot become On hold."


def test_a_closed_order_takes_no_hold(in_acme, order):
    type(order).objects.update(status="CLOSED")
    order.refresh_from_db()
    said = {"work_order": [f"Order {order.number} is closed."]}
    assert faults(hold(order, quantity=5)) == said


# -- the order follows -----------------------------------------------------------------------------


def test_the_order_stands_and_goes_on_from_where_it_stood(in_acme, member):
    floor, user = make_floor(in_acme), member(in_acme)
    make_entry(floor)
    order = floor.order
    row = make_hold(order)
    assert status(order) == "ON_HOLD"
    take(row, "resume", by=user, note="colour is right")
    assert status(order) == "IN_PROGRESS"
    moves = OrderTransition.objects.filter(work_order=order).order_by("id")
    assert list(moves.values_list("from_status", "to_status", "source", "note"))[-2:] == [
        ("IN_PROGRESS", "ON_HOLD", "AUTOMATIC", ""),
        ("ON_HOLD", "IN_PROGRESS", "AUTOMATIC", "colour is right"),
    ]


def test_the_last_whole_order_hold_lets_it_go(in_acme, order):
    one, other = make_hold(order), make_hold(order, "OTHER")
    take(one, "resume")
    assert status(order) == "ON_HOLD"
    take(other, "scrap")
    assert status(order) == "RECEIVED"


def test_holds_of_a_job_or_a_quantity_only_show_partly_held(in_acme, order):
    make_hold(order, job=make_job(order))
    assert (status(order), partly_held([order.pk])) == ("RECEIVED", {order.pk})
    make_hold(order, quantity=5)
    whole = make_order(in_acme)
    make_hold(whole)
    assert partly_held([order.pk, whole.pk]) == {order.pk}


def test_a_corrected_or_voided_hold_takes_the_order_along(in_acme, order, member):
    row = make_hold(order)
    row.quantity = 10
    row.full_clean()
    row.save()
    assert status(order) == "RECEIVED"
    row.quantity = None
    row.full_clean()
    row.save()
    assert status(order) == "ON_HOLD"
    other = make_order(in_acme)
    row.work_order = other
    row.full_clean()
    row.save()
    assert (status(order), status(other)) == ("RECEIVED", "ON_HOLD")
    row.void(by=member(in_acme), reason="wrong order")
    assert status(other) == "RECEIVED"


def test_many_holds_in_one_statement(in_acme):
    orders = [make_order(in_acme) for _ in range(3)]
    rows = [hold(each, state="ON_HOLD") for each in orders]
    WIPHold.objects.bulk_create(rows)
    assert [status(each) for each in orders] == ["ON_HOLD"] * 3
    WIPHold.objects.filter(work_order__in=orders[:2]).update(state="CANCELLED")
    assert [status(each) for each in orders] == ["RECEIVED", "RECEIVED", "ON_HOLD"]


def test_a_cancelled_order_cancels_what_is_open_and_what_waits(in_acme, order, member):
    user = member(in_acme)
    rows = [
        make_hold(order),
        make_hold(order, "OTHER", quantity=5),
        make_hold(order, "CUSTOMER_REQUEST", state="PENDING_HOLD"),
        make_hold(order, "CAPACITY_CONSTRAINT", state="RESUMED", held_at=at(3), ended_at=at(4)),
    ]
    order.cancel(by=user, reason="the client withdrew it")
    assert status(order) == "CANCELLED"
    for row in rows:
        row.refresh_from_db()
    assert [row.state for row in rows] == ["CANCELLED"] * 3 + ["RESUMED"]
    last = HoldTransition.objects.filter(hold=rows[0]).last()
    assert (last.from_state, last.note) == ("ON_HOLD", "the client withdrew it")


def test_a_first_row_during_the_hold_is_where_the_order_goes_on(in_acme):
    floor = make_floor(in_acme)
    row = make_hold(floor.order)
    make_entry(floor)
    assert status(floor.order) == "ON_HOLD"
    take(row, "resume")
    assert status(floor.order) == "IN_PROGRESS"


# -- scrap ---------------------------------------------------------------------------------------


def test_scrap_of_a_quantity_is_counted_by_a_re_inspection(in_acme):
    floor = make_floor(in_acme)
    row = make_hold(floor.order, job=floor.job, line=floor.line, quantity=40)
    counted = take(row, "scrap", note="torn")
    found = QualityInspection.objects.get()
    assert found.pk == counted.pk
    assert (found.is_first_pass, found.units_inspected, found.units_passed) == (False, 40, 0)
    assert (found.units_defective, found.units_scrapped) == (40, 40)
    assert (found.work_order, found.job, found.line) == (floor.order, floor.job, floor.line)
    assert (row.state, row.ended_at is not None) == ("SCRAPPED", True)


def test_scrap_without_a_quantity_counts_nothing(in_acme, order):
    row = make_hold(order)
    assert take(row, "scrap") is None
    assert QualityInspection.objects.count() == 0


# -- what the system fills -------------------------------------------------------------------------


def test_shift_and_business_date_are_those_of_the_start(in_acme):
    night = make_shift(in_acme, "21:00", "06:00")
    row = make_hold(make_order(in_acme), held_at=at(4, "03:15"))
    assert (row.shift, row.shift_date) == (night, datetime.date(2025, 12, 3))


def test_without_shifts_the_local_day_is_left(in_acme, order):
    row = make_hold(order, held_at=at(3, "23:30"))
    assert (row.shift, row.shift_date) == (None, datetime.date(2025, 12, 3))


def test_a_hold_withdraws_the_tick_no_new_hold(in_acme):
    floor = make_floor(in_acme)
    place = make_entry(floor).line_shift
    type(place).objects.update(no_new_hold=True)
    make_hold(floor.order, held_at=at(DAY.day, "08:00"), quantity=5)
    place.refresh_from_db()
    assert place.no_new_hold is False


def test_rows_written_with_a_past_bring_their_course(in_acme, order, member):
    ana, ben = member(in_acme, username="anita"), member(in_acme, username="benny")
    row = hold(
        order, held_at=at(1), state="RESUMED", requested_by=ana, hold_decided_by=ben,
        hold_decided_at=at(2), resume_requested_by=ana, resume_requested_at=at(3),
        resume_decided_by=ben, resume_decided_at=at(4), ended_at=at(4),
    )  # fmt: skip
    WIPHold.objects.bulk_create([row])
    assert course(row) == [
        ("", "PENDING_HOLD", at(1)),
        ("PENDING_HOLD", "ON_HOLD", at(2)),
        ("ON_HOLD", "PENDING_RESUME", at(3)),
        ("PENDING_RESUME", "RESUMED", at(4)),
    ]


def test_the_course_is_never_changed(in_acme, order):
    make_hold(order)
    for sql in ("UPDATE holds_holdtransition SET note = 'x'", "DELETE FROM holds_holdtransition"):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql)


def test_hours_of_an_open_hold_count_to_the_instant(in_acme, order):
    row = make_hold(order, held_at=at(3, "10:00"))
    assert row.hold_hours is None
    assert row.hours(at=at(4, "16:00")) == 30.0
    assert reason("QUALITY_ISSUE").name == "Quality issue"
