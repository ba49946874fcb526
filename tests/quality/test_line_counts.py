"""The defective column of production rows writes inspections of stage LINE_COUNT."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from quality.line_counts import LineCount, write_line_counts
from quality.models import QualityInspection
from tests.plant.factories import make_job, make_order
from tests.production.factories import DAY, make_floor
from tests.quality.factories import make_inspection


@pytest.fixture
def floor(in_acme):
    return make_floor(in_acme)


def count(floor, **fields):
    defaults = {
        "client": floor.client,
        "shift_date": DAY,
        "shift": floor.shift,
        "line": floor.line,
        "work_order": floor.order,
        "job": floor.job,
        "total_units": 100,
        "defective_units": 2,
    }
    return LineCount(**{**defaults, **fields})


def stored():
    rows = QualityInspection.objects.order_by("id")
    return [(r.stage, r.units_inspected, r.units_passed, r.units_defective) for r in rows]


def test_a_count_is_an_inspection_of_all_units(floor):
    (row,) = write_line_counts([count(floor)])
    assert stored() == [("LINE_COUNT", 100, 98, 2)]
    assert (row.work_order, row.line_shift.planned_minutes) == (floor.order, 540)
    assert (row.defects_total, row.defects_from_units) == (2, True)
    assert (row.opportunities_per_unit, row.is_first_pass) == (47, True)


def test_zero_is_counted_and_empty_is_not(floor):
    write_line_counts(
        [count(floor, defective_units=0), count(floor, number=2, defective_units=None)]
    )
    assert stored() == [("LINE_COUNT", 100, 100, 0)]


def test_nothing_made_is_nothing_counted(floor):
    assert write_line_counts([count(floor, total_units=0, defective_units=0)]) == []
    assert stored() == []


def test_scrap_alone_tells_as_many_defective_units(floor):
    (row,) = write_line_counts([count(floor, defective_units=None, scrap_units=3)])
    assert (row.units_defective, row.units_scrapped) == (3, 3)


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"defective_units": 101}, "Defective units exceed total units."),
        ({"scrap_units": 3}, "Dispositions exceed defective units."),
        ({"defective_units": None, "scrap_units": 101}, "Defective units exceed total units."),
        ({"total_units": 0, "defective_units": 1}, "Defective units exceed total units."),
    ],
)
def test_impossible_counts_are_refused_and_nothing_is_written(floor, fields, sentence):
    with pytest.raises(ValidationError) as refused:
        write_line_counts([count(floor, number=2), count(floor, **fields)])
    assert refused.value.message_dict == {"defective_units": [sentence]}
    assert stored() == []


def test_writing_twice_changes_nothing(floor):
    (first,) = write_line_counts([count(floor)])
    (again,) = write_line_counts([count(floor)])
    again.refresh_from_db()
    assert (again.pk, again.version) == (first.pk, 1)


def test_a_corrected_row_corrects_its_inspection(floor):
    write_line_counts([count(floor)])
    (row,) = write_line_counts([count(floor, total_units=90, defective_units=5)])
    row.refresh_from_db()
    assert stored() == [("LINE_COUNT", 90, 85, 5)]
    assert (row.version, row.defects_total) == (2, 5)


def test_machines_of_one_order_are_one_count(floor):
    write_line_counts([count(floor), count(floor, total_units=50, defective_units=1)])
    assert stored() == [("LINE_COUNT", 150, 147, 3)]


def test_orders_are_counted_apart(floor):
    order = make_order(floor.client)
    other = count(floor, work_order=order, job=make_job(order))
    assert len(write_line_counts([count(floor), other])) == 2


def test_other_stages_are_not_touched(floor):
    make_inspection(floor)
    write_line_counts([count(floor)])
    assert stored() == [("FINAL", 180, 171, 9), ("LINE_COUNT", 100, 98, 2)]


def test_one_row_and_forty_cost_the_same(floor):
    costs = []
    for numbers in (range(1, 2), range(2, 42)):
        with CaptureQueriesContext(connection) as asked:
            write_line_counts([count(floor, number=number) for number in numbers])
        costs.append(len(asked))
    # The first call made the line-shift as well.
    assert costs[1] <= costs[0]
