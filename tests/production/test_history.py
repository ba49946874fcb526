"""The last link of the chain: what the same work took in the thirty days before."""

from __future__ import annotations

import datetime
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from clients.scope import client_scope
from kpis.engine import evaluate
from kpis.periods import Period
from plant.models import LineShift
from production.models import ProductionEntry
from production.warnings import warnings
from tests.attendance.factories import make_record
from tests.kpis.factories import agreed, make_stop, tick_no_downtime
from tests.plant.factories import (
    make_employee,
    make_job,
    make_line,
    make_operation,
    make_order,
    make_part,
    make_standard,
    make_style,
)
from tests.production.factories import DAY, entry, make_entry, make_floor
from tests.quality.factories import make_inspection

MEAN = (Decimal("0.310000"), "HISTORY", Decimal("0.60"))
MISSING = (None, "MISSING", Decimal("0.00"))


@pytest.fixture
def floor(in_acme, made_floor):
    """Nothing but the days before tell how long a unit takes."""
    made_floor.standard.delete()
    return made_floor


def labour(row):
    return row.labour_hours_per_unit, row.labour_source, row.labour_confidence


def cycle(row):
    return row.cycle_hours_per_unit, row.cycle_source, row.cycle_confidence


def before(days, since=DAY):
    return since - datetime.timedelta(days=days)


def worked(floor, day, hours="3.1"):
    """One person of the line was there."""
    return make_record(
        make_employee(floor.client), floor.shift,
        line=floor.line, shift_date=day, actual_hours=Decimal(hours),
    )  # fmt: skip


def made(floor, days_before, *, count=1, hours="3.1", units=10, **fields):
    """Rows of single line-shifts, a day each: 3.1 h for 10 units are 0.31 h.

    The newest is written first, so that none of them has a history itself.
    """
    rows = []
    for number in range(count):
        day = before(days_before + number)
        rows.append(make_entry(floor, shift_date=day, total_units=units, **fields))
        if hours:
            worked(floor, day, hours)
    return rows


def work_of(floor, **fields):
    order = make_order(floor.client)
    return {"work_order": order, "job": make_job(order, part=make_part(floor.client, **fields))}


def test_fifty_units_at_the_mean_of_twenty_rows(floor):
    # 10 × 3.0 h and 10 × 3.2 h: 62 h ÷ 200 units.
    made(floor, 1, count=10, hours="3.0")
    made(floor, 11, count=10, hours="3.2")
    row = make_entry(floor, total_units=50)
    assert labour(row) == MEAN
    (earned,) = evaluate(["earned_hours"], [floor.client.pk], Period.days(DAY, DAY))
    assert (earned.value, earned.estimated, earned.confidence) == (
        Decimal("15.5"), True, Decimal("0.6"),
    )  # fmt: skip


@pytest.fixture
def five(floor):
    return made(floor, 1, count=5)


def test_five_rows_are_enough(five, floor):
    assert labour(make_entry(floor)) == MEAN


def test_four_rows_are_too_few(floor):
    made(floor, 1, count=4)
    assert labour(make_entry(floor)) == MISSING


def test_day_30_counts_and_day_31_does_not(floor):
    made(floor, 26, count=5)
    assert labour(make_entry(floor)) == MEAN
    assert labour(make_entry(floor, shift_date=before(-1))) == MISSING


def test_each_row_of_a_batch_has_its_own_thirty_days(five, floor):
    # 26 days later one of the five is too old; four days before, four are not made yet.
    rows = [entry(floor, shift_date=before(days)) for days in (0, -25, -26, 4)]
    ProductionEntry.prepare(rows)
    assert [labour(row) for row in rows] == [MEAN, MEAN, MISSING, MISSING]


def test_the_day_itself_does_not_count(floor):
    made(floor, 0, count=5)
    assert labour(make_entry(floor)) == MISSING


@pytest.mark.parametrize("source", [("LINE", "0.90"), ("INDUSTRY", "0.70"), ("HISTORY", "0.60")])
def test_estimated_rows_are_not_counted(five, floor, source):
    ProductionEntry.objects.filter(pk=five[0].pk).update(
        labour_hours_per_unit=9, labour_source=source[0], labour_confidence=Decimal(source[1])
    )
    assert labour(make_entry(floor)) == MISSING


def test_rows_with_a_firm_standard_count(five, floor):
    ProductionEntry.objects.filter(pk=five[0].pk).update(
        labour_hours_per_unit=9, labour_source="PART", labour_confidence=1
    )
    assert labour(make_entry(floor)) == MEAN


def test_history_does_not_feed_on_itself(five, floor):
    stamped = make_entry(floor)
    worked(floor, DAY, "9")
    assert labour(stamped) == MEAN
    assert labour(make_entry(floor, shift_date=before(-1))) == MEAN


def test_a_line_shift_without_recorded_hours_is_not_counted(five, floor):
    made(floor, 6, count=5, hours=None, operators_present=3)
    assert labour(make_entry(floor)) == MEAN
    # Once they are recorded: 46.5 h ÷ 100 units.
    for days in range(6, 11):
        worked(floor, before(days), "6.2")
    assert labour(make_entry(floor, capture_no=2))[0] == Decimal("0.465")


def test_no_recorded_hours_at_all(floor):
    made(floor, 1, count=5, hours=None, operators_present=3)
    assert labour(make_entry(floor)) == MISSING


def test_the_hours_of_a_line_shift_are_shared_out_to_its_rows(floor):
    # 9.3 h: a third of the run time is this part's.
    other = work_of(floor)
    for days in range(1, 6):
        made(floor, days, hours="9.3", run_minutes=100)
        made(floor, days, hours=None, run_minutes=200, **other)
    assert labour(make_entry(floor)) == MEAN


def test_the_part_before_its_style(floor):
    style = make_style(floor.client)
    own, sister = work_of(floor, style=style), work_of(floor, style=style)
    made(floor, 1, count=5, hours="6.2", **sister)
    # 31 h ÷ 50 units: five rows of the sister alone.
    assert labour(make_entry(floor, **own))[0] == Decimal("0.62")
    made(floor, 6, count=5, hours="3.1", **own)
    assert labour(make_entry(floor, capture_no=2, **own)) == MEAN


def test_another_part_of_no_common_style_says_nothing(five, floor):
    assert labour(make_entry(floor, **work_of(floor))) == MISSING


def test_operations_are_kept_apart(five, floor):
    sewing = make_operation(floor.client)
    assert labour(make_entry(floor, operation=sewing)) == MISSING
    made(floor, 6, count=5, hours="6.2", operation=sewing)
    assert labour(make_entry(floor, operation=sewing, capture_no=2))[0] == Decimal("0.62")
    assert labour(make_entry(floor)) == MEAN


def test_the_only_part_of_a_line_shift(floor):
    made(floor, 1, count=4)
    worked(floor, before(5), "6.2")
    make_entry(floor, shift_date=before(5), total_units=10)
    make_entry(floor, shift_date=before(5), total_units=10, work_order=None, job=None)
    ProductionEntry.objects.filter(shift_date=before(5), job__isnull=False).update(
        labour_hours_per_unit=9, labour_source="LINE", labour_confidence=Decimal("0.90")
    )
    assert labour(make_entry(floor)) == MEAN


def test_standards_only_leaves_history_out(five, floor):
    agreed(floor.client, "standard_inference", "STANDARDS_ONLY")
    assert labour(make_entry(floor)) == MISSING


def test_a_standard_beats_history(five, floor):
    # Without a crew its cycle stays open, and history is asked.
    floor.line.standard_crew = None
    floor.line.save()
    make_standard(floor.client, line=floor.line, labour_hours_per_unit=Decimal("0.22"))
    assert labour(make_entry(floor)) == (Decimal("0.22"), "LINE", Decimal("0.90"))


def test_a_moved_row_is_no_history_of_its_new_place(five, floor):
    row = ProductionEntry.objects.get(pk=five[0].pk)
    row.shift_date = DAY
    row.full_clean()
    assert labour(row) == MISSING


def test_the_rows_of_another_client_tell_nothing(five, floor, acme_2):
    with client_scope([acme_2]):
        foreign = make_floor(acme_2)
        foreign.standard.delete()
        foreign.part.code = floor.part.code
        foreign.part.save()
    with client_scope([floor.client, acme_2]):
        # There is something to leak: the first client's rows answer for the first client.
        assert labour(make_entry(floor)) == MEAN
        assert labour(make_entry(foreign)) == MISSING
        made(foreign, 1, count=5, hours="6.2")
        ours, theirs = entry(floor, capture_no=2), entry(foreign, capture_no=2)
        ProductionEntry.prepare([ours, theirs])
    assert (labour(ours)[0], labour(theirs)[0]) == (Decimal("0.31"), Decimal("0.62"))


# -- the cycle ---------------------------------------------------------------------------------


def test_cycle_from_the_run_minutes(floor):
    # 540 planned minutes less 54 lost: 8.1 h for 324 units.
    made(floor, 1, count=5, hours=None, units=324)
    for days in range(1, 6):
        make_stop(floor, 54, shift_date=before(days))
    row = make_entry(floor)
    assert cycle(row) == (Decimal("0.025"), "HISTORY", Decimal("0.60"))
    assert labour(row) == MISSING
    # Inspections walk the same chain, so that quality and output weigh alike.
    seen = make_inspection(floor)
    assert cycle(seen) == (Decimal("0.025"), "HISTORY", Decimal("0.60"))


def test_no_cycle_where_nobody_told_of_stops(floor):
    made(floor, 1, count=5, hours=None, units=360)
    assert cycle(make_entry(floor)) == MISSING
    LineShift.objects.update(no_downtime=True)
    assert cycle(make_entry(floor, capture_no=2))[0] == Decimal("0.025")


def test_machine_rows_do_not_feed_the_cycle(floor):
    rows = made(floor, 1, count=5, hours=None, units=360)
    for days in range(1, 6):
        tick_no_downtime(floor, before(days))
    ProductionEntry.objects.filter(pk=rows[0].pk).update(
        cycle_hours_per_unit=9, cycle_source="MACHINE", cycle_confidence=Decimal("0.90")
    )
    assert cycle(make_entry(floor)) == MISSING


# -- what it costs -----------------------------------------------------------------------------


def asked_by(rows):
    with CaptureQueriesContext(connection) as asked:
        ProductionEntry.prepare(rows)
    return len(asked)


def test_ten_thousand_rows_ask_as_often_as_forty(five, floor):
    works = [{"work_order": floor.order, "job": floor.job}, work_of(floor), work_of(floor)]
    lines = [floor.line, make_line(floor.client)]

    def rows(count):
        return [
            entry(floor, shift_date=before(n % 7), line=lines[n % 2], capture_no=1, **works[n % 3])
            for n in range(count)
        ]

    # The line-shifts of all of them are made.
    few, many = rows(42), rows(10_000)
    ProductionEntry.prepare(rows(42))
    assert asked_by(few) == asked_by(many)
    assert (labour(few[0]), labour(many[9_996])) == (MEAN, MEAN)


def test_what_history_asks(five, floor):
    """The contract, the rows with their shares, and five sums of time by line-shift."""
    kept = work_of(floor)
    make_standard(
        floor.client, part=kept["job"].part,
        labour_hours_per_unit=Decimal("0.25"), cycle_hours_per_unit=Decimal("0.025"),
    )  # fmt: skip
    ProductionEntry.prepare([entry(floor), entry(floor, **kept)])
    with_standard = asked_by([entry(floor, capture_no=1, **kept)])
    assert asked_by([entry(floor, capture_no=1)]) - with_standard == 7


def test_a_row_with_a_standard_does_not_ask(in_acme, made_floor):
    make_entry(made_floor)
    with CaptureQueriesContext(connection) as asked:
        ProductionEntry.prepare([entry(made_floor)])
    assert [each for each in asked.captured_queries if "of_people" in each["sql"]] == []


# -- what is said ------------------------------------------------------------------------------

SELF_REFERENCED = (
    "Self-referenced: some rows have no standard; their hours per unit are the mean of the same"
    " work in the 30 days before."
)


def test_the_row_says_so(five, floor):
    labour_sentence, cycle_sentence = warnings([make_entry(floor, total_units=1)])[0]
    assert labour_sentence == (
        "No standard. 0.31 h per unit are the mean of the last 30 days: "
        "efficiency is estimated, self-referenced."
    )
    assert cycle_sentence == "No cycle time. Performance leaves this row out."


def test_the_figure_says_so(five, floor):
    make_entry(floor, total_units=50)
    worked(floor, DAY, "15.5")
    (figure,) = evaluate(["efficiency"], [floor.client.pk], Period.days(DAY, DAY))
    assert (figure.display, figure.confidence) == ("100.00", Decimal("0.6"))
    assert (figure.estimated_share, figure.notes) == (1, (SELF_REFERENCED,))
    assert "low_confidence" in figure.flags
    assert figure.excluded == ()


def test_without_history_the_row_is_excluded(floor):
    make_entry(floor, total_units=50)
    (figure,) = evaluate(["earned_hours"], [floor.client.pk], Period.days(DAY, DAY))
    assert (figure.value, figure.notes) == (None, ())
    assert figure.reason == "1 of 1 production row has no standard."


def test_pages_say_so(five, floor, member, signed_in):
    row = make_entry(floor, total_units=50)
    worked(floor, DAY, "15.5")
    engineer = member(floor.client, role="ENGINEER")
    browser = signed_in(engineer)
    page = browser.get(f"/admin/production/productionentry/{row.pk}/change/")
    assert "0.31 h, last 30 days (self-referenced), confidence 0.60" in page.content.decode()
