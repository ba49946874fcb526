"""Efficiency and absenteeism on hours that were really there: every number by hand."""

from __future__ import annotations

import datetime
from decimal import Decimal

import pytest

from attendance.chronic import chronic
from kpis.engine import evaluate
from kpis.periods import Period
from kpis.registry import catalogue
from kpis.rows import rows_of
from kpis.words import in_words
from plant.models import Line, Operation
from tests.kpis.factories import figure, make_stop, value
from tests.kpis.people import (
    all_present,
    make_crew,
    make_floaters,
    mark,
    require,
    send,
    spend,
)
from tests.plant.factories import (
    make_employee,
    make_job,
    make_order,
    make_part,
    make_shift,
    make_standard,
)
from tests.production.factories import DAY, Floor, make_entry

D = Decimal
DAYS = [DAY + datetime.timedelta(days=n) for n in range(3)]


def hours(floor: Floor, key: str = "available_person_hours", **asked: object) -> Decimal | None:
    return figure(key, floor.client, **asked).value


def words(floor: Floor, key: str = "efficiency", day: datetime.date = DAY) -> list[str]:
    return in_words(figure(key, floor.client, day), [floor.client.pk], Period.days(day, day))


def make_work(floor: Floor, units: int, labour: str) -> None:
    """Units of a part with this labour standard."""
    part = make_part(floor.client)
    make_standard(floor.client, part=part, labour_hours_per_unit=D(labour))
    make_entry(floor, total_units=units, job=make_job(floor.order, part=part, code=f"J-{labour}"))


# -- everyone at the line's disposal -----------------------------------------------------------


@pytest.mark.parametrize(
    ("absent", "covering", "idle", "available", "efficiency", "said"),
    [
        (0, 0, 2, "108", "74.07", "108 h = 10 × 9 + 2 idle floaters × 9"),
        (1, 1, 1, "99", "80.81", "99 h = 9 × 9 + 1 idle floater × 9 + 1 covering floater × 9"),
        (1, 1, 0, "90", "88.89", "90 h = 9 × 9 + 1 covering floater × 9"),
        (1, 0, 2, "99", "80.81", "99 h = 9 × 9 + 2 idle floaters × 9"),
        (1, 0, 0, "81", "98.77", "81 h = 9 × 9"),
    ],
)
def test_hours_at_the_lines_disposal(
    floor: Floor,
    absent: int,
    covering: int,
    idle: int,
    available: str,
    efficiency: str,
    said: str,
) -> None:
    crew, floaters = make_crew(floor), make_floaters(covering + idle)
    all_present(floor, crew[absent:])
    gone = [mark(floor, person, "ABSENT") for person in crew[:absent]]
    for number, floater in enumerate(floaters):
        send(floor, floater, covers=gone[number] if number < covering else None)
    make_entry(floor, total_units=320)

    assert hours(floor) == D(available)
    assert value("efficiency", floor.client) == D(efficiency)
    assert words(floor) == [said]


@pytest.mark.parametrize(
    ("units", "labour", "heads", "efficiency", "flags"),
    [
        (100, "0.25", 12, "23.15", ("investigate",)),
        (80, "0.1", 1, "88.89", ()),
        (6000, "0.01", 5, "133.33", ("verify_standard",)),
        (1125, "0.01", 5, "25.00", ("investigate",)),
    ],
)
def test_efficiency_is_never_capped(
    floor: Floor, units: int, labour: str, heads: int, efficiency: str, flags: tuple[str, ...]
) -> None:
    all_present(floor, make_crew(floor, heads))
    make_work(floor, units, labour)

    assert value("efficiency", floor.client) == D(efficiency)
    assert figure("efficiency", floor.client).flags == flags


def test_a_crew_is_counted_once_however_many_orders_run(floor: Floor) -> None:
    all_present(floor, make_crew(floor))
    for number in range(4):
        order = make_order(floor.client, line=floor.line, number=f"WO-X{number}")
        job = make_job(order, part=floor.part)
        make_entry(floor, work_order=order, job=job, total_units=80)

    assert hours(floor) == 90
    assert value("efficiency", floor.client) == D("88.89")


def test_downtime_does_not_reduce_the_hours(floor: Floor) -> None:
    all_present(floor, make_crew(floor))
    make_entry(floor, total_units=320)
    make_stop(floor, 54, "EQUIPMENT_FAILURE")

    assert hours(floor) == 90
    assert value("run_person_hours", floor.client) == 81


def test_people_of_a_line_without_output_or_stop_are_nobodys_hours(floor: Floor) -> None:
    all_present(floor, make_crew(floor))

    found = figure("efficiency", floor.client)

    assert hours(floor, "present_hours") == 90
    assert (found.value, found.reason) == (None, "No production was recorded.")
    assert hours(floor) is None


def test_a_floater_marked_absent_brings_no_hours(floor: Floor) -> None:
    crew, (floater,) = make_crew(floor), make_floaters(1)
    all_present(floor, crew[1:])
    gone = mark(floor, crew[0], "ABSENT")
    send(floor, floater, covers=gone)
    mark(floor, floater, "ABSENT")
    make_entry(floor, total_units=320)

    assert hours(floor) == 81
    assert value("absenteeism_net", floor.client) == 10
    assert words(floor) == ["81 h = 9 × 9"]


def test_hours_that_differ_are_counted_by_kind(floor: Floor) -> None:
    crew = make_crew(floor)
    all_present(floor, crew[2:])
    mark(floor, crew[0], "PARTIAL")
    mark(floor, crew[1], actual_hours=D("10.5"))
    make_entry(floor, total_units=320)

    assert words(floor) == ["87 h = 8 × 9 + 1 × 10.5 + 1 × 4.5"]


# -- where nobody was marked -------------------------------------------------------------------


def test_without_attendance_the_heads_of_the_rows_stand_in(floor: Floor) -> None:
    """AC-13: ten assigned, nine hours."""
    make_entry(floor, total_units=180, operators_assigned=10)
    make_entry(floor, total_units=140, operators_assigned=8)

    found = figure("efficiency", floor.client)

    assert (found.denominator, found.estimated, found.confidence) == (90, True, D("0.8"))
    assert (found.estimated_share, value("efficiency", floor.client)) == (1, D("88.89"))
    assert words(floor) == ["90 h = 10 heads on the rows × 9"]


def test_then_the_mean_of_thirty_days_then_the_standard_crew(floor: Floor) -> None:
    for number, heads in ((1, 7), (2, 9)):
        day = DAY - datetime.timedelta(days=number)
        make_entry(floor, shift_date=day, operators_present=heads, operators_assigned=10)
    make_entry(floor, shift_date=DAY - datetime.timedelta(days=31), operators_assigned=99)
    make_entry(floor)
    mean = figure("efficiency", floor.client)

    by_crew = figure("efficiency", floor.client, DAY - datetime.timedelta(days=32))
    before = DAY - datetime.timedelta(days=62)
    make_entry(floor, shift_date=before)
    crew = figure("efficiency", floor.client, before)

    assert (mean.denominator, mean.confidence) == (72, D("0.5"))
    assert by_crew.reason == "No production was recorded."
    assert (crew.denominator, crew.confidence) == (90, D("0.3"))
    assert "low_confidence" in crew.flags


def test_rows_of_nobody_knows_whom_leave_both_sums(floor: Floor) -> None:
    Line.objects.filter(pk=floor.line.pk).update(standard_crew=None)
    make_entry(floor, total_units=320)
    alone = figure("efficiency", floor.client)
    all_present(floor, make_crew(floor), DAYS[1])
    make_entry(floor, total_units=320, shift_date=DAYS[1])

    both = figure("efficiency", floor.client, period=Period.days(DAY, DAYS[1]))

    assert (alone.value, alone.reason) == (None, "Nobody is known to have been at the line.")
    assert (both.numerator, both.denominator) == (80, 90)
    assert [each.reason for each in both.excluded] == [
        "1 of 2 line-shifts has neither attendance nor a head count."
    ]
    assert (both.estimated, both.confidence) == (False, 1)


def test_the_estimated_share_is_that_of_line_shifts(floor: Floor) -> None:
    crew = make_crew(floor)
    all_present(floor, crew, DAYS[0])
    all_present(floor, crew, DAYS[1])
    for day in DAYS:
        make_entry(floor, total_units=320, shift_date=day, operators_assigned=10)

    found = figure("efficiency", floor.client, period=Period.days(DAYS[0], DAYS[2]))

    assert (found.denominator, found.confidence) == (270, D("0.8"))
    assert found.estimated_share.quantize(D("0.0001")) == D("0.3333")


def test_floaters_known_to_be_there_are_a_part_of_the_heads(floor: Floor) -> None:
    for floater in make_floaters(2):
        send(floor, floater)
    make_entry(floor, total_units=320, operators_assigned=10)

    found = figure("efficiency", floor.client)

    assert (found.denominator, found.confidence) == (90, D("0.8"))


def test_a_row_without_line_has_its_own_heads(floor: Floor) -> None:
    order = make_order(floor.client, style=None)
    job = make_job(order, part=floor.part)
    make_entry(floor, line=None, work_order=order, job=job, total_units=80, operators_assigned=3)

    found = figure("efficiency", floor.client)

    assert (found.numerator, found.denominator, found.confidence) == (20, 27, D("0.8"))


def test_a_row_without_standard_leaves_with_its_share_of_the_people(floor: Floor) -> None:
    """Three heads for 300 minutes and one for 100: nine tenths and one tenth of 90 h."""
    all_present(floor, make_crew(floor))
    plain = make_job(floor.order, part=make_part(floor.client), code="PLAIN")
    make_entry(floor, total_units=320, run_minutes=300, operators_assigned=3)
    make_entry(floor, total_units=99, run_minutes=100, operators_assigned=1, job=plain)

    found = figure("efficiency", floor.client)

    assert (found.numerator, found.denominator) == (80, 81)
    assert [each.reason for each in found.excluded] == ["1 of 2 production rows has no standard."]
    assert words(floor) == ["81 h = 10 × 9 − 9 left out"]


# -- sharing the hours out ---------------------------------------------------------------------


def test_hours_are_shared_out_by_heads_and_run_minutes(floor: Floor) -> None:
    """6 × 400 and 4 × 150 of 3,000: four fifths and one fifth of 90 h."""
    all_present(floor, make_crew(floor))
    second = make_order(floor.client, line=floor.line)
    job = make_job(second, part=make_part(floor.client), code="SECOND")
    make_standard(floor.client, part=job.part, labour_hours_per_unit=D("0.1"))
    make_entry(floor, total_units=200, run_minutes=400, operators_assigned=6)
    make_entry(
        floor, total_units=90, run_minutes=150, operators_assigned=9, operators_present=4,
        work_order=second, job=job,
    )  # fmt: skip

    for dimension in ("work_order", "job", "part"):
        found = evaluate(["efficiency"], [floor.client.pk], Period.days(DAY, DAY), by=dimension)
        assert sorted(each.denominator or 0 for each in found) == [18, 72]
        assert sorted(each.numerator or 0 for each in found) == [9, 50]
        assert {each.estimated for each in found} == {False}
    listed = rows_of(
        "efficiency", [floor.client.pk], Period.days(DAY, DAY), filters={"job": [job.pk]}
    )
    assert sum(each.total() for each in listed if each.role == "denominator") == 18
    assert hours(floor) == 90


def test_rows_without_run_minutes_share_equally_and_say_so(floor: Floor) -> None:
    all_present(floor, make_crew(floor))
    second = make_order(floor.client, line=floor.line)
    make_entry(floor, total_units=200, run_minutes=400, operators_assigned=6)
    make_entry(floor, work_order=second, job=make_job(second, part=floor.part), total_units=90)

    found = evaluate(["efficiency"], [floor.client.pk], Period.days(DAY, DAY), by="work_order")

    assert [each.denominator for each in found] == [45, 45]
    assert [each.estimated for each in found] == [True, True]


def test_inferred_people_are_shared_out_with_their_confidence(floor: Floor) -> None:
    make_entry(floor, total_units=200, operators_assigned=10)

    (found,) = evaluate(["efficiency"], [floor.client.pk], Period.days(DAY, DAY), by="part")

    assert (found.denominator, found.estimated, found.confidence) == (90, True, D("0.8"))


def test_sewing_earns_fifty_hours_of_sixty_two_and_a_half(floor: Floor) -> None:
    """Ten people of 7.5 h; five heads at sewing and one at packing, equally long."""
    sewing = Operation.objects.get(client=floor.client, code="SEWING")
    packing = Operation.objects.get(client=floor.client, code="PACKING")
    for step, labour in ((sewing, "0.10"), (packing, "0.05")):
        make_standard(
            floor.client, part=floor.part, operation=step, labour_hours_per_unit=D(labour)
        )
    for person in make_crew(floor):
        mark(floor, person, actual_hours=D("7.5"))
    make_entry(floor, total_units=500, operation=sewing, run_minutes=480, operators_assigned=5)
    make_entry(floor, total_units=100, operation=packing, run_minutes=480, operators_assigned=1)

    found = evaluate(
        ["operation_efficiency"], [floor.client.pk], Period.days(DAY, DAY), by="operation"
    )
    shown = {each.by[0].code: (each.numerator, each.denominator, each.value) for each in found}

    assert shown["SEWING"] == (50, D("62.5"), 80)
    assert shown["PACKING"] == (5, D("12.5"), 40)
    assert value("operation_efficiency", floor.client) == D("73.33")
    assert {each.estimated for each in found} == {False}


def test_rows_without_operation_have_no_operation_efficiency(floor: Floor) -> None:
    all_present(floor, make_crew(floor))
    make_entry(floor)

    found = figure("operation_efficiency", floor.client)

    assert (found.value, found.reason) == (None, "No production row names an operation.")


# -- labour performance ------------------------------------------------------------------------


def test_labour_performance_counts_the_time_the_line_ran(floor: Floor) -> None:
    """80 / (8.1 × 9): nine people, 54 of 540 minutes lost."""
    all_present(floor, make_crew(floor, 9))
    make_entry(floor, total_units=320)
    make_stop(floor, 54, "EQUIPMENT_FAILURE")

    found = figure("labour_performance", floor.client)

    assert value("labour_performance", floor.client) == D("109.74")
    assert (found.flags, found.estimated) == (("verify_standard",), False)


def test_labour_performance_is_for_shifts_with_attendance_only(floor: Floor) -> None:
    all_present(floor, make_crew(floor))
    for day in DAYS[:2]:
        make_entry(floor, total_units=320, shift_date=day)
        make_stop(floor, 54, "EQUIPMENT_FAILURE", shift_date=day)

    found = figure("labour_performance", floor.client, period=Period.days(*DAYS[:2]))
    alone = figure("labour_performance", floor.client, DAYS[1])

    assert (found.numerator, found.denominator) == (80, 81)
    assert [each.reason for each in found.excluded] == ["1 of 2 production rows has no attendance."]
    assert (alone.value, alone.reason) == (None, "No attendance was recorded.")


def test_without_a_stop_recorded_labour_performance_is_estimated(floor: Floor) -> None:
    all_present(floor, make_crew(floor))
    make_entry(floor, total_units=320)

    found = figure("labour_performance", floor.client)

    assert (found.denominator, found.estimated, found.confidence) == (90, True, D("0.5"))


# -- labour hours ------------------------------------------------------------------------------


@pytest.fixture
def three_rows(floor: Floor) -> Floor:
    """AC-18: a direct person of ten hours, an indirect one, and the first again as indirect."""
    client = floor.client
    night = make_shift(client, "21:00", "06:00")
    direct = make_employee(client, labour_class="DIRECT")
    indirect = make_employee(client, labour_class="INDIRECT")
    first = mark(
        floor, direct, line=floor.line, scheduled_hours=8, actual_hours=10,
        normal_hours=8, double_hours=2, triple_hours=0,
    )  # fmt: skip
    spend(first, BILLED_PRODUCTION="7", TRAINING="1")
    second = mark(floor, indirect, line=floor.line, scheduled_hours=8, actual_hours=8)
    spend(second, BILLED_PRODUCTION="8")
    mark(
        floor, direct, line=floor.line, shift=night, scheduled_hours=8, actual_hours=8,
        normal_hours=8, double_hours=0, triple_hours=0, labour_class_override="INDIRECT",
    )  # fmt: skip
    return floor


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("scheduled_hours", 24), ("actual_hours", 26), ("normal_hours", 16),
        ("double_hours", 2), ("triple_hours", 0), ("unsplit_hours", 8), ("billed_hours", 15),
        ("hours_available", 25), ("allocated_hours", 16),
    ],
)  # fmt: skip
def test_labour_hours(three_rows: Floor, key: str, expected: int) -> None:
    assert (hours(three_rows, key) or 0) == expected


def test_labour_hours_by_class(three_rows: Floor) -> None:
    keys = ["actual_hours", "billed_hours", "hours_available"]
    found = evaluate(keys, [three_rows.client.pk], Period.days(DAY, DAY), by="labour_class")

    shown = {(each.key, each.by[0].code): each.value for each in found}
    assert [shown[key, "DIRECT"] for key in keys] == [10, 7, 9]
    assert [shown[key, "INDIRECT"] for key in keys] == [16, 8, 16]


def test_efficiency_on_available_and_on_billed_hours(three_rows: Floor) -> None:
    make_entry(three_rows, total_units=60)

    assert value("efficiency_available", three_rows.client) == 60
    assert value("efficiency_billed", three_rows.client) == 100


def test_no_hours_no_efficiency_on_them(floor: Floor) -> None:
    make_entry(floor, total_units=60)

    assert figure("efficiency_available", floor.client).reason == "No attendance was recorded."
    assert figure("efficiency_billed", floor.client).reason == "No hours were billed."


# -- absenteeism -------------------------------------------------------------------------------


def test_covered_absence_counts_gross_and_not_net(floor: Floor) -> None:
    crew, (floater,) = make_crew(floor), make_floaters(1)
    all_present(floor, crew[1:])
    gone = mark(floor, crew[0], "ABSENT")
    uncovered = value("absenteeism_net", floor.client)
    send(floor, floater, covers=gone)

    assert (value("absenteeism_gross", floor.client), uncovered) == (10, 10)
    assert value("absenteeism_net", floor.client) == 0


def test_a_coverer_covers_no_more_than_the_absence(floor: Floor) -> None:
    crew, (floater,) = make_crew(floor), make_floaters(1)
    all_present(floor, crew[2:])
    half = mark(floor, crew[0], "PARTIAL")
    mark(floor, crew[1], "ABSENT")
    send(floor, floater, covers=half)

    assert hours(floor, "absence_hours") == D("13.5")
    assert hours(floor, "covered_hours") == D("4.5")
    assert value("absenteeism_net", floor.client) == 10


@pytest.mark.parametrize(
    ("heads", "scheduled", "missed", "expected"),
    [(40, "8", ["8", "8"], "5.00"), (20, "8", ["8", "4"], "7.50"), (20, "8", ["5"], "3.13")],
)
def test_late_and_partial_hours_count(
    floor: Floor, heads: int, scheduled: str, missed: list[str], expected: str
) -> None:
    crew = make_crew(floor, heads)
    for number, person in enumerate(crew):
        gone = D(missed[number]) if number < len(missed) else D(0)
        presence = "ABSENT" if gone == D(scheduled) else "PARTIAL" if gone else "PRESENT"
        mark(
            floor, person, presence, scheduled_hours=D(scheduled), actual_hours=D(scheduled) - gone
        )

    assert value("absenteeism_gross", floor.client) == D(expected)


def test_overtime_never_offsets_absence_and_vacation_leaves_both_sides(floor: Floor) -> None:
    crew = make_crew(floor, 11)
    mark(floor, crew[0], actual_hours=D(18))
    mark(floor, crew[1], "ABSENT")
    mark(floor, crew[2], "ABSENT", absence="VACATION")
    all_present(floor, crew[3:])

    assert (hours(floor, "scheduled_hours"), hours(floor, "absence_hours")) == (90, 9)
    assert value("absenteeism_gross", floor.client) == 10
    assert value("attendance_rate", floor.client) == 90


def test_a_half_day_is_attended(floor: Floor) -> None:
    crew = make_crew(floor, 2)
    mark(floor, crew[0], "PARTIAL")
    mark(floor, crew[1], "PRESENT", is_late=True)

    assert value("attendance_rate", floor.client) == 100
    assert value("absenteeism_gross", floor.client) == 25


@pytest.mark.parametrize("key", ["absenteeism_gross", "absenteeism_net"])
def test_production_without_attendance_is_no_absence_estimated(floor: Floor, key: str) -> None:
    """AC-13."""
    make_entry(floor, operators_assigned=10)

    found = figure(key, floor.client)

    assert (found.value, found.estimated, found.confidence) == (0, True, D("0.5"))
    assert found.notes == (
        "There was production but no attendance was recorded: nobody is taken to be absent.",
    )
    assert figure("attendance_rate", floor.client).reason == "No attendance was recorded."


def test_neither_production_nor_attendance_is_no_value(floor: Floor) -> None:
    found = figure("absenteeism_gross", floor.client)

    assert (found.value, found.reason) == (None, "No attendance was recorded.")


def test_everybody_on_vacation_is_no_value(floor: Floor) -> None:
    make_entry(floor)
    mark(floor, make_crew(floor, 1)[0], "ABSENT", absence="VACATION")

    assert figure("absenteeism_gross", floor.client).reason == "Nothing was scheduled."


def test_chronic_is_above_ten_percent_of_thirty_days(floor: Floor) -> None:
    often, sometimes = make_crew(floor, 2)
    for number in range(10):
        day = datetime.date(2025, 12, 1) + datetime.timedelta(days=number)
        if day.isoweekday() > 5:
            continue
        mark(floor, often, "ABSENT" if number == 1 else "PRESENT", shift_date=day)
        gone = {"scheduled_hours": D(10), "actual_hours": D(2) if number == 1 else D(10)}
        mark(floor, sometimes, "PARTIAL" if number == 1 else "PRESENT", shift_date=day, **gone)

    found = chronic(floor.client.pk, datetime.date(2025, 12, 10))

    assert [(each.by[0].code, each.value) for each in found] == [(often.code, D("12.5"))]


# -- staffing ----------------------------------------------------------------------------------


def test_staffing_is_heads_against_the_requirement(floor: Floor) -> None:
    require(floor, 12)
    crew, (floater,) = make_crew(floor), make_floaters(1)
    all_present(floor, crew[2:])
    for person in crew[:2]:
        mark(floor, person, "ABSENT")
    send(floor, floater)

    found = figure("staffing", floor.client)

    assert (found.numerator, found.denominator, found.value) == (9, 12, 75)


def test_a_shift_without_attendance_is_not_an_empty_one(floor: Floor) -> None:
    require(floor, 12)
    make_entry(floor)

    found = figure("staffing", floor.client)

    assert (found.value, found.reason) == (None, "1 of 1 line-shift has no attendance.")


def test_no_requirement_no_staffing(floor: Floor) -> None:
    all_present(floor, make_crew(floor))

    assert figure("staffing", floor.client).reason == "No head count is required."


# -- rows, clients -----------------------------------------------------------------------------


def test_the_rows_listed_make_up_the_hours(floor: Floor) -> None:
    crew, floaters = make_crew(floor), make_floaters(2)
    all_present(floor, crew)
    for floater in floaters:
        send(floor, floater)
    make_entry(floor, total_units=320)

    listed = rows_of("efficiency", [floor.client.pk], Period.days(DAY, DAY))

    counted = {each.measure: (each.rows.count(), each.total()) for each in listed}
    assert counted["line_present_hours"] == (10, 90)
    assert counted["line_floater_hours"] == (2, 18)
    assert counted["inferred_person_hours"] == (1, 0)


def test_people_of_another_client_are_in_no_figure(both: tuple[Floor, Floor]) -> None:
    mine, theirs = both
    (floater,) = make_floaters(1)
    for floor in both:
        all_present(floor, make_crew(floor))
        make_entry(floor, total_units=320)
    send(theirs, floater)

    assert hours(theirs) == 99
    assert hours(mine) == 90


def test_overtime_counts_in_efficiency(floor: Floor) -> None:
    saturday = datetime.date(2025, 12, 6)
    overtime = make_shift(floor.client, "07:00", "15:00", kind="OVERTIME", weekdays=[6])
    for person in make_crew(floor, 2):
        mark(floor, person, shift=overtime, shift_date=saturday, line=floor.line)
    make_entry(floor, shift=overtime, shift_date=saturday, total_units=40)

    assert value("efficiency", floor.client, day=saturday) == D("62.50")


def test_the_help_says_what_an_uncovered_absence_does() -> None:
    text = catalogue.kpi("efficiency").help

    assert "uncovered absence raises this ratio" in text
    assert "cost shows in absenteeism and in the output" in text
