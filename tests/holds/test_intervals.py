"""When material stood, and the age that is left: the table of ages, and windows at random."""

from __future__ import annotations

import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holds.intervals import HoldBook, Span, age_days, end_of_day, held_days, held_time, merged
from tests.holds.factories import at, clock, make_hold, take
from tests.plant.factories import make_job, make_order

MATAMOROS = ZoneInfo("America/Matamoros")


def day(number, month=12):
    return datetime.date(2025, month, number)


def age(spans, start, end):
    return age_days([Span(*each) for each in spans], start, end, MATAMOROS)


def test_ac_05_hold_of_two_days():
    assert age([(at(3), at(5))], day(1), day(7)) == 5


def test_resume_on_the_next_day():
    assert age([(at(3), at(4))], day(1), day(7)) == 6


def test_ac_05_completed_and_3_on_every_later_day():
    assert age([(at(2), at(4))], day(1), day(5)) == 3


def test_no_hold():
    assert age([], day(1), day(5)) == 5


def test_ac_05_an_open_hold_stands_still():
    assert [age([(at(3), None)], day(1), day(end)) for end in (3, 4, 7, 31)] == [2, 2, 2, 2]


def test_overlapping_holds_count_once():
    assert age([(at(4, month=3), at(9, month=3)), (at(6, month=3), at(11, month=3))],
               day(2, 3), day(13, 3)) == 5  # fmt: skip


@pytest.mark.parametrize(
    ("spans", "days"),
    [
        ([(at(3, "08:00"), at(3, "16:00"))], 0),  # opened and resumed on one day
        ([(at(3, "23:59"), at(4, "00:01"))], 1),
        ([(at(3), at(5)), (at(5), at(7))], 4),  # touching
        ([(at(3), at(9)), (at(4), at(5))], 6),  # nested
        ([(at(3), None), (at(5), at(6))], 9),  # an open one around another, to the 11th
        ([(at(28, month=11), at(3))], 2),  # clipped to the start: 1 and 2 December
        ([(at(9), at(20))], 3),  # clipped to the end
        ([(at(12), None)], 0),  # after the window
        ([(at(3), at(5)), (at(3), at(5))], 2),  # the same twice
    ],
)
def test_held_days_from_1_to_11_december(spans, days):
    found = held_days([Span(*each) for each in spans], day(1), day(11), MATAMOROS)
    assert found == days


def test_across_the_end_of_a_month():
    spans = [Span(at(29, month=11), at(2))]
    assert held_days(spans, day(1, 11), day(31), MATAMOROS) == 3
    assert held_days(spans, day(1, 11), day(30, 11), MATAMOROS) == 2
    assert held_days(spans, day(1), day(31), MATAMOROS) == 1


def test_days_are_those_of_the_plant_not_of_the_server():
    # 23:30 in Matamoros is the next day in UTC.
    assert held_days([Span(at(3, "23:30"), at(5))], day(1), day(7), MATAMOROS) == 2


def test_merged_spans_touch_overlap_and_stay_open():
    spans = [Span(at(6), None), Span(at(1), at(2)), Span(at(2), at(3)), Span(at(8), at(9))]
    assert merged(spans) == [Span(at(1), at(3)), Span(at(6), None)]


def test_held_time_to_the_hour():
    spans = [Span(at(3, "10:00"), at(4, "16:00")), Span(at(4, "12:00"), None)]
    assert held_time(spans, at(3, "12:00"), at(4, "18:00")) == datetime.timedelta(hours=30)


# -- held days of any window = union of its hold intervals ---------------------------------------

hours = st.integers(min_value=0, max_value=24 * 40)


@given(
    spans=st.lists(st.tuples(hours, st.one_of(st.none(), st.integers(0, 400))), max_size=6),
    first=st.integers(0, 35),
    length=st.integers(0, 20),
)
def test_held_days_of_any_window_are_the_union(spans, first, length):
    origin = at(20, "00:00", month=11)
    made = [
        Span(
            origin + datetime.timedelta(hours=start),
            None if held is None else origin + datetime.timedelta(hours=start + held),
        )
        for start, held in spans
    ]
    start = day(20, 11) + datetime.timedelta(days=first)
    window = [start + datetime.timedelta(days=n) for n in range(length + 1)]
    union = {
        each
        for each in window
        for span in made
        if span.start.astimezone(MATAMOROS).date() <= each
        and (span.end is None or each < span.end.astimezone(MATAMOROS).date())
    }
    assert held_days(made, window[0], window[-1], MATAMOROS) == len(union)
    assert held_days(merged(made), window[0], window[-1], MATAMOROS) == len(union)


# -- from the stored holds -----------------------------------------------------------------------


@pytest.fixture
def order(in_acme):
    return make_order(in_acme)


def book(order, instant):
    return HoldBook.load([order.pk], at=instant)


def age_of(order, on):
    spans = book(order, end_of_day(on, MATAMOROS)).of_order(order.pk)
    return age_days(spans, day(1), on, MATAMOROS)


def test_ac_05_from_stored_holds(order):
    make_hold(order, held_at=at(3), state="RESUMED", ended_at=at(5))
    assert [age_of(order, day(n)) for n in (2, 3, 4, 5, 7)] == [2, 2, 2, 3, 5]


def test_ac_05_an_open_stored_hold(order):
    make_hold(order, held_at=at(3))
    assert [age_of(order, day(n)) for n in (2, 3, 7)] == [2, 2, 2]


def test_a_request_counts_from_the_approval_on_and_from_the_requested_time(order):
    with clock(at(5, "11:30")):
        row = make_hold(order, held_at=at(3, "10:00"), state="PENDING_HOLD")
        assert book(order, at(5, "11:30")).of_order(order.pk) == []
    with clock(at(6, "09:00")):
        take(row, "approve")
    assert book(order, at(6, "08:59")).of_order(order.pk) == []
    assert book(order, at(6, "09:00")).of_order(order.pk) == [Span(at(3, "10:00"), None)]


def test_a_resume_request_still_counts_and_the_resume_ends_it(order):
    with clock(at(4)):
        row = make_hold(order, held_at=at(3))
        take(row, "request_resume")
    with clock(at(5)):
        take(row, "approve")
    assert book(order, at(4, "23:00")).of_order(order.pk) == [Span(at(3), None)]
    assert book(order, at(5)).of_order(order.pk) == [Span(at(3), at(5))]


def test_what_was_cancelled_stood_until_then_as_known_then(order):
    with clock(at(4)):
        make_hold(order, held_at=at(3))
    with clock(at(6)):
        order.cancel(by=None, reason="no more")
    assert book(order, at(5)).of_order(order.pk) == [Span(at(3), None)]
    assert book(order, at(6)).of_order(order.pk) == []


def test_a_corrected_start_counts_from_there(order):
    row = make_hold(order, held_at=at(5))
    row.held_at = at(3)
    row.full_clean()
    row.save()
    assert book(order, at(4)).of_order(order.pk) == [Span(at(3), None)]


def test_a_request_that_was_cancelled_with_its_order_never_stood(order):
    with clock(at(4)):
        make_hold(order, held_at=at(3), state="PENDING_HOLD")
    with clock(at(6)):
        order.cancel(by=None, reason="no more")
    assert book(order, at(5)).of_order(order.pk) == []
    assert book(order, at(7)).of_order(order.pk) == []


def test_a_rejected_request_never_stood(order):
    row = make_hold(order, held_at=at(3), state="PENDING_HOLD")
    take(row, "reject", note="not needed")
    assert book(order, at(30, month=12, year=2030)).of_order(order.pk) == []


def test_an_order_covers_its_jobs_and_quantities_pause_nothing(order):
    job, other = make_job(order, code="J1"), make_job(order, code="J2")
    make_hold(order, held_at=at(2), state="RESUMED", ended_at=at(4))
    make_hold(order, held_at=at(3), job=job, state="RESUMED", ended_at=at(6))
    make_hold(order, held_at=at(8), quantity=10)
    make_hold(order, "OTHER", held_at=at(8), job=other, quantity=10)
    found = book(order, at(20))
    assert found.of_order(order.pk) == [Span(at(2), at(4))]
    assert found.of_job(order.pk, job.pk) == [Span(at(2), at(6))]
    assert found.of_job(order.pk, other.pk) == [Span(at(2), at(4))]


def test_a_voided_hold_is_no_hold(order, member, in_acme):
    row = make_hold(order, held_at=at(3))
    row.void(by=member(in_acme), reason="typed twice")
    assert book(order, at(7)).of_order(order.pk) == []
    order.refresh_from_db()
    assert order.status == "RECEIVED"


def test_one_query_for_many_orders(in_acme, order, django_assert_num_queries):
    orders = [order, *(make_order(in_acme) for _ in range(3))]
    for each in orders:
        make_hold(each, held_at=at(3))
    with django_assert_num_queries(1):
        found = HoldBook.load([each.pk for each in orders], at=at(7))
    assert len(found.of_orders) == 4
