"""The time base of every figure: planned minutes, made once, for many keys at once."""

from __future__ import annotations

import datetime
from datetime import UTC, date

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import IntegrityError, transaction

from clients.scope import client_scope
from plant.models import CalendarDay, LineShift
from plant.shifts import PlantCalendar, ensure_line_shifts, overlapping_shifts, plan_line_shifts
from tests.plant.factories import make_break, make_line, make_shift

TUESDAY = date(2025, 12, 2)
MONDAY_MORNING = datetime.datetime(2025, 12, 1, 6, 0, tzinfo=UTC)


def key(line, shift, on=TUESDAY):
    return (line.client_id, line.pk, shift.pk, on)


def test_a_line_shift_copies_what_the_line_and_the_shift_say(in_acme):
    line = make_line(in_acme, stations=10)
    shift = make_shift(in_acme, "07:00", "17:00", kind="OVERTIME")
    make_break(shift, 300, 60)

    made = ensure_line_shifts({key(line, shift)})[key(line, shift)]

    assert made.starts_at == datetime.datetime(2025, 12, 2, 13, 0, tzinfo=UTC)
    assert made.ends_at == datetime.datetime(2025, 12, 2, 23, 0, tzinfo=UTC)
    assert (made.planned_minutes, made.stations) == (540, 10)
    assert (made.shift_kind, made.state, made.entry_method) == ("OVERTIME", "PLANNED", "SYSTEM")


@pytest.mark.parametrize(
    ("on", "minutes"),
    [(date(2026, 3, 7), 480), (date(2026, 10, 31), 600), (date(2026, 1, 15), 540)],
)
def test_planned_minutes_are_elapsed_minutes(in_acme, on, minutes):
    line, night = make_line(in_acme), make_shift(in_acme, "21:00", "06:00")

    made = ensure_line_shifts({key(line, night, on)})[key(line, night, on)]

    assert made.planned_minutes == minutes


def test_a_line_shift_is_made_once(in_acme):
    line, shift = make_line(in_acme), make_shift(in_acme)

    first = ensure_line_shifts({key(line, shift)})
    again = ensure_line_shifts({key(line, shift)})

    assert first[key(line, shift)].pk == again[key(line, shift)].pk
    assert LineShift.objects.count() == 1


@pytest.mark.parametrize("days", [1, 300])
def test_many_line_shifts_cost_the_queries_of_one(in_acme, django_assert_num_queries, days):
    line, shift = make_line(in_acme), make_shift(in_acme)
    keys = {key(line, shift, TUESDAY - datetime.timedelta(days=n)) for n in range(days)}

    with django_assert_num_queries(6):
        made = ensure_line_shifts(keys)

    assert len(made) == days


def test_a_shift_of_another_line_makes_no_line_shift(in_acme):
    line, other = make_line(in_acme), make_line(in_acme)
    shift = make_shift(in_acme, line=other)

    assert ensure_line_shifts({key(line, shift)}) == {}


def test_a_line_of_another_client_makes_no_line_shift(acme, acme_2):
    with client_scope([acme_2]):
        foreign = make_line(acme_2)
    with client_scope([acme]):
        shift = make_shift(acme)
        asked = (acme.pk, foreign.pk, shift.pk, TUESDAY)

        assert ensure_line_shifts({asked}) == {}


def test_the_database_refuses_a_second_line_shift(in_acme):
    line, shift = make_line(in_acme), make_shift(in_acme)
    row = ensure_line_shifts({key(line, shift)})[key(line, shift)]
    row.pk = None
    row._state.adding = True

    with pytest.raises(IntegrityError, match="plant_lineshift_once"), transaction.atomic():
        row.save()


def test_breaks_of_the_line_and_of_all_lines_leave_the_plan(in_acme):
    line, other, shift = make_line(in_acme), make_line(in_acme), make_shift(in_acme)
    make_break(shift, 120, 15)
    make_break(shift, 300, 60, line=line)
    make_break(shift, 400, 10, paid=True)

    made = ensure_line_shifts({key(line, shift), key(other, shift)})

    assert made[key(line, shift)].planned_minutes == 525
    assert made[key(other, shift)].planned_minutes == 585


def test_not_planned_needs_a_reason(in_acme):
    line, shift = make_line(in_acme), make_shift(in_acme)
    row = ensure_line_shifts({key(line, shift)})[key(line, shift)]

    with pytest.raises(ValidationError, match=r"Say why the shift was not planned\."):
        row.set_not_planned(reason="  ")
    row.set_not_planned(reason="inventory")

    assert [each.state for each in LineShift.objects.all()] == ["NOT_PLANNED"]
    assert LineShift.objects.counting().count() == 0


def test_the_database_refuses_not_planned_without_a_reason(in_acme):
    line, shift = make_line(in_acme), make_shift(in_acme)
    ensure_line_shifts({key(line, shift)})

    with pytest.raises(IntegrityError, match="not_planned_reason"), transaction.atomic():
        LineShift.objects.update(state="NOT_PLANNED")


# The calendar job


def test_a_week_of_line_shifts_is_planned_by_weekday(in_acme):
    make_line(in_acme)
    make_line(in_acme)
    make_line(in_acme, active=False)
    make_shift(in_acme)  # Monday to Friday

    made = plan_line_shifts(in_acme, days=7, now=MONDAY_MORNING)

    # Seen from Matamoros it is Monday 1 December: eight days, six of them weekdays, two lines.
    assert made == 12
    assert plan_line_shifts(in_acme, days=7, now=MONDAY_MORNING) == 0


def test_a_holiday_is_not_planned_and_says_why(in_acme):
    line, _ = make_line(in_acme), make_shift(in_acme)
    CalendarDay.objects.create(
        client=in_acme, date=TUESDAY, kind="HOLIDAY", name="Day of the founder"
    )

    made = plan_line_shifts(in_acme, days=1, now=MONDAY_MORNING)

    calendar = PlantCalendar.of(in_acme, TUESDAY, TUESDAY)
    assert made == 1
    assert calendar.reason_without_work(line.pk, TUESDAY) == "holiday: Day of the founder"
    assert calendar.reason_without_work(line.pk, date(2025, 12, 7)) == "no shift on this day"
    assert calendar.reason_without_work(line.pk, date(2025, 12, 3)) == ""


def test_an_extra_working_day_runs_the_shifts_it_names(in_acme):
    line = make_line(in_acme)
    make_shift(in_acme, code="1ST")
    make_shift(in_acme, "17:00", "22:00", code="2ND")
    sunday = date(2025, 12, 7)
    CalendarDay.objects.create(client=in_acme, date=sunday, kind="WORKING", shifts=["1ST"])

    calendar = PlantCalendar.of(in_acme, sunday, sunday)

    assert [shift.code for shift in calendar.running(line.pk, sunday)] == ["1ST"]


def test_the_day_of_a_line_beats_that_of_all_lines(in_acme):
    line, other, _ = make_line(in_acme), make_line(in_acme), make_shift(in_acme, code="1ST")
    CalendarDay.objects.create(client=in_acme, date=TUESDAY, kind="SHUTDOWN")
    CalendarDay.objects.create(client=in_acme, line=line, date=TUESDAY, kind="WORKING")

    calendar = PlantCalendar.of(in_acme, TUESDAY, TUESDAY)

    assert [shift.code for shift in calendar.running(line.pk, TUESDAY)] == ["1ST"]
    assert calendar.running(other.pk, TUESDAY) == []


def test_a_planned_shift_follows_its_breaks_until_it_starts(in_acme):
    make_line(in_acme)
    shift = make_shift(in_acme)
    plan_line_shifts(in_acme, days=1, now=MONDAY_MORNING)
    make_break(shift, 300, 60)

    # 13:30 UTC: the shift of Monday has begun, that of Tuesday has not.
    plan_line_shifts(in_acme, days=1, now=MONDAY_MORNING.replace(hour=13, minute=30))

    assert list(LineShift.objects.order_by("shift_date").values_list("planned_minutes")) == [
        (600,),
        (540,),
    ]


def test_the_command_plans_each_client(acme, acme_2, capsys):
    for client in (acme, acme_2):
        with client_scope([client]):
            make_line(client)
            make_shift(client, weekdays=[1, 2, 3, 4, 5, 6, 7])

    call_command("plan_line_shifts", "--days", "2")

    assert capsys.readouterr().out.splitlines() == [
        "ACME: 3 line-shifts planned",
        "ACME-2: 3 line-shifts planned",
    ]


def test_overlapping_shifts_are_found_over_midnight_and_the_week(in_acme):
    night = make_shift(in_acme, "21:00", "06:00", code="NIGHT", weekdays=[7])
    early = make_shift(in_acme, "05:00", "10:00", code="EARLY", weekdays=[1])
    late = make_shift(in_acme, "10:00", "12:00", code="LATE", weekdays=[1])

    pairs = [{one.code, other.code} for one, other in overlapping_shifts([night, early, late])]

    assert pairs == [{"NIGHT", "EARLY"}]


def test_shifts_of_two_lines_do_not_overlap(in_acme):
    one = make_shift(in_acme, line=make_line(in_acme))
    other = make_shift(in_acme, line=make_line(in_acme))

    assert overlapping_shifts([one, other]) == []
