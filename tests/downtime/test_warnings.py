"""What looks odd about stops is said and written all the same."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from downtime.models import DowntimeEvent
from downtime.warnings import warnings
from tests.downtime.factories import make_stop, stop
from tests.plant.factories import make_line, make_order
from tests.production.factories import at

OVERLAP = "Overlaps with the stop 08:00–09:00 on this line: their minutes count twice."


@pytest.fixture
def floor(in_acme, made_floor):
    return made_floor


def said(*rows):
    DowntimeEvent.prepare(list(rows))
    return warnings(rows)


def timed(floor, start, end, **fields):
    return stop(floor, started_at=at(start), ended_at=at(end), **fields)


def test_an_ordinary_stop_gives_no_warning(floor):
    assert said(stop(floor)) == [[]]


def test_a_stop_without_reason(floor):
    assert said(stop(floor, reason=None)) == [["No reason yet: the stop counts as UNASSIGNED."]]


def test_a_stop_without_line(floor):
    row = stop(floor, line=None, work_order=make_order(floor.client))
    assert said(row) == [["No line: the stop enters no availability."]]


def test_line_stops_that_overlap(floor):
    make_stop(floor, started_at=at("08:00"), ended_at=at("09:00"))
    assert said(timed(floor, "08:59", "09:30"), timed(floor, "09:30", "10:00")) == [[OVERLAP], []]


def test_line_stops_of_one_batch_that_overlap_are_told_both(floor):
    first, second = timed(floor, "08:00", "09:00"), timed(floor, "08:30", "08:40")
    assert said(first, second) == [
        ["Overlaps with the stop 08:30–08:40 on this line: their minutes count twice."],
        [OVERLAP],
    ]


def test_two_stops_of_the_same_minutes_overlap(floor):
    assert said(timed(floor, "08:00", "09:00"), timed(floor, "08:00", "09:00")) == [
        [OVERLAP],
        [OVERLAP],
    ]


def test_a_stored_stop_does_not_overlap_itself(floor):
    row = make_stop(floor, started_at=at("08:00"), ended_at=at("09:00"))
    assert warnings([row]) == [[]]


def test_stops_of_two_lines_do_not_meet(floor):
    make_stop(floor, started_at=at("08:00"), ended_at=at("09:00"))
    assert said(timed(floor, "08:00", "09:00", line=make_line(floor.client))) == [[]]


def test_one_row_and_thirty_cost_the_same(floor):
    rows = [timed(floor, "08:00", "09:00") for _ in range(30)]
    DowntimeEvent.prepare(rows)
    counts = []
    for some in (rows[:1], rows):
        with CaptureQueriesContext(connection) as asked:
            warnings(some)
        counts.append(len(asked))
    assert counts == [1, 1]
