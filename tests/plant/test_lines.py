"""Lines, shifts, breaks and calendar days: what is refused, and in which words."""

from __future__ import annotations

import datetime
from datetime import date, time

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from clients.constraints import sentence_for
from clients.scope import client_scope
from plant.models import CalendarDay, Line, Shift, ShiftBreak
from tests.plant.factories import make_break, make_line, make_shift

SECTION_NEEDS_PARENT = "A section, and only a section, is part of another line."


def refused_by_database(row) -> str:
    """The sentence for what the database refuses when nobody asked Python first."""
    with pytest.raises(IntegrityError) as caught, transaction.atomic():
        row.save()
    return sentence_for(caught.value).messages[0]


def test_codes_are_stored_in_capitals(in_acme):
    line = make_line(in_acme, code=" l1-a ")

    line.refresh_from_db()
    assert line.code == "L1-A"


def test_a_code_without_spaces_or_umlauts(in_acme):
    with pytest.raises(ValidationError, match="Use letters A–Z, digits"):
        make_line(in_acme, code="LINE 1")


def test_a_line_code_is_taken_once_per_client(acme, acme_2):
    with client_scope([acme]):
        make_line(acme, code="L1")
        with pytest.raises(ValidationError, match=r"This line code exists already\."):
            Line(client=acme, code="l1", name="Line 1").full_clean()
    with client_scope([acme_2]):
        assert make_line(acme_2, code="L1").code == "L1"


def test_a_voided_line_gives_its_code_back(in_acme, member):
    make_line(in_acme, code="L1").void(by=member(in_acme), reason="typed twice")

    assert make_line(in_acme, code="L1").pk
    assert Line.objects.count() == 1


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"stations": 0}, "A line has 1 to 500 stations."),
        ({"stations": 501}, "A line has 1 to 500 stations."),
        ({"standard_crew": 0}, "A crew has 1 to 500 people."),
        ({"max_operators": 0}, "Give at least one operator."),
        ({"line_type": "SECTION"}, SECTION_NEEDS_PARENT),
    ],
)
def test_a_line_out_of_bounds_is_refused_by_form_and_database(in_acme, fields, sentence):
    row = Line(client=in_acme, **{"code": "L9", "name": "Line 9", **fields})

    with pytest.raises(ValidationError) as caught:
        row.full_clean()
    assert sentence in caught.value.messages
    assert refused_by_database(row) == sentence


def test_a_dedicated_line_is_part_of_none(in_acme):
    with pytest.raises(ValidationError, match=SECTION_NEEDS_PARENT):
        make_line(in_acme, parent=make_line(in_acme))


def test_a_line_cannot_be_part_of_itself_over_any_number_of_steps(in_acme):
    top = make_line(in_acme)
    middle = make_line(in_acme, line_type="SECTION", parent=top)
    low = make_line(in_acme, line_type="SECTION", parent=middle)
    middle.parent = low

    with pytest.raises(ValidationError, match=r"A line cannot be part of itself\."):
        middle.full_clean()
    assert refused_by_database(middle) == "A line cannot be part of itself."


def test_a_shift_of_one_line_and_of_all_lines_may_share_a_code(in_acme):
    make_shift(in_acme, code="1ST")
    make_shift(in_acme, code="1ST", line=make_line(in_acme))

    with pytest.raises(ValidationError, match=r"This shift code exists already\."):
        Shift(
            client=in_acme, code="1ST", name="First", start_time=time(7), end_time=time(17)
        ).full_clean()


def test_start_and_end_of_a_shift_differ(in_acme):
    row = Shift(client=in_acme, code="X", name="X", start_time=time(7), end_time=time(7))

    with pytest.raises(ValidationError, match=r"Start and end of a shift must differ\."):
        row.full_clean()
    assert refused_by_database(row) == "Start and end of a shift must differ."


def test_a_shift_knows_that_it_crosses_midnight(in_acme):
    make_shift(in_acme, "21:00", "06:00", code="NIGHT")
    make_shift(in_acme, "07:00", "17:00", code="DAY")

    crossing = dict(Shift.objects.values_list("code", "crosses_midnight"))
    assert crossing == {"NIGHT": True, "DAY": False}


@pytest.mark.parametrize(
    ("given", "stored"),
    [("1,2,3,4,5", [1, 2, 3, 4, 5]), ([7, 6, 6], [6, 7]), (["6"], [6]), ("1;7", [1, 7])],
)
def test_weekdays_are_a_set_in_order(in_acme, given, stored):
    shift = make_shift(in_acme, weekdays=given)

    shift.refresh_from_db()
    assert shift.weekdays == stored


@pytest.mark.parametrize("given", ["8", "0", "Monday", [1, 9]])
def test_strange_weekdays_are_refused(in_acme, given):
    with pytest.raises(ValidationError, match="Weekdays are numbers from 1 to 7"):
        make_shift(in_acme, weekdays=given)


def test_the_database_refuses_strange_weekdays(in_acme):
    shift = make_shift(in_acme)

    with pytest.raises(IntegrityError, match="plant_shift_weekdays_1_7"), transaction.atomic():
        Shift.objects.filter(pk=shift.pk).update(weekdays=[])


def test_two_breaks_do_not_start_at_one_time(in_acme):
    shift = make_shift(in_acme)
    make_break(shift, 300, 30)

    with pytest.raises(ValidationError, match=r"This shift has a break at that time already\."):
        ShiftBreak(
            client=in_acme, shift=shift, start_offset_minutes=300, duration_minutes=15
        ).full_clean()


@pytest.mark.parametrize(
    ("after", "minutes", "sentence"),
    [
        (1441, 30, "A break starts 0 to 1,440 minutes after the shift."),
        (60, 0, "A break lasts 1 to 480 minutes."),
        (60, 481, "A break lasts 1 to 480 minutes."),
    ],
)
def test_a_break_out_of_bounds_is_refused_by_form_and_database(in_acme, after, minutes, sentence):
    row = ShiftBreak(
        client=in_acme,
        shift=make_shift(in_acme),
        name="Meal",
        start_offset_minutes=after,
        duration_minutes=minutes,
    )

    with pytest.raises(ValidationError) as caught:
        row.full_clean()
    assert sentence in caught.value.messages
    assert refused_by_database(row) == sentence


def test_breaks_must_leave_working_time(in_acme):
    shift = make_shift(in_acme, "07:00", "15:00")  # 480 minutes
    make_break(shift, 0, 300)

    with pytest.raises(ValidationError, match=r"Breaks leave no working time\."):
        make_break(shift, 300, 180)
    assert make_break(shift, 300, 179).pk


def test_a_shift_that_shrinks_below_its_breaks_is_refused(in_acme):
    shift = make_shift(in_acme, "07:00", "15:00")
    make_break(shift, 0, 300)
    shift.end_time = time(12)

    with pytest.raises(ValidationError, match=r"Breaks leave no working time\."):
        shift.full_clean()


def test_a_break_that_is_corrected_does_not_count_twice(in_acme):
    shift = make_shift(in_acme, "07:00", "15:00")
    row = make_break(shift, 0, 300)
    row.duration_minutes = 400

    row.full_clean()


def test_breaks_written_together_are_judged_together(in_acme):
    shift = make_shift(in_acme, "07:00", "15:00")
    rows = [
        ShiftBreak(client=in_acme, shift=shift, start_offset_minutes=at, duration_minutes=240)
        for at in (0, 240)
    ]
    ShiftBreak.prepare(rows)

    with pytest.raises(ValidationError, match=r"Breaks leave no working time\."):
        rows[0].clean()


def test_a_calendar_day_names_shifts_that_exist(in_acme):
    make_shift(in_acme, code="1ST")
    day = CalendarDay(client=in_acme, date=date(2025, 12, 7), kind="WORKING", shifts=["1st"])
    day.full_clean()
    day.save()

    other = CalendarDay(client=in_acme, date=date(2025, 12, 14), kind="WORKING", shifts="2ND")
    with pytest.raises(ValidationError, match=r"Unknown shift “2ND”\."):
        other.full_clean()


def test_a_foreign_shift_is_as_unknown_as_any(acme, acme_2):
    with client_scope([acme_2]):
        make_shift(acme_2, code="ZEBRA")
    with client_scope([acme]):
        day = CalendarDay(client=acme, date=date(2025, 12, 7), kind="WORKING", shifts=["ZEBRA"])
        with pytest.raises(ValidationError, match=r"Unknown shift “ZEBRA”\."):
            day.full_clean()


def test_a_holiday_runs_no_shifts(in_acme):
    make_shift(in_acme, code="1ST")
    day = CalendarDay(client=in_acme, date=date(2025, 12, 25), kind="HOLIDAY", shifts=["1ST"])

    with pytest.raises(ValidationError, match=r"No shift runs on a day without work\."):
        day.full_clean()


def test_a_day_has_one_entry_for_all_lines(in_acme):
    CalendarDay.objects.create(client=in_acme, date=date(2025, 12, 25))

    with pytest.raises(ValidationError, match=r"This day has a calendar entry already\."):
        CalendarDay(client=in_acme, date=date(2025, 12, 25)).full_clean()


def test_the_shift_of_a_break_serves_its_line(in_acme):
    line, other = make_line(in_acme, code="L1"), make_line(in_acme, code="L2")
    shift = make_shift(in_acme, code="1ST", line=line)

    with pytest.raises(ValidationError, match=r"Shift 1ST does not run on line L2\."):
        make_break(shift, line=other)


def test_a_reference_to_an_unknown_row_is_a_sentence(in_acme):
    row = ShiftBreak(
        client=in_acme, shift_id=999, start_offset_minutes=0, duration_minutes=datetime.MINYEAR
    )

    with pytest.raises(ValidationError) as caught:
        row.full_clean()
    assert caught.value.message_dict == {"shift": ["Unknown shift “999”."]}
