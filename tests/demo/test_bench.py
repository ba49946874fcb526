"""The benchmark measures what it says it measures."""

from __future__ import annotations

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from demo.bench.cases import Reader, cases, file_of, set_stage
from demo.bench.measuring import Case, Measured, Target, measure
from demo.management.commands.bench import cells, judged

NAMES = [
    "overview of a client, 90 days",
    "the same overview, first after a change",
    "portfolio, 3 clients, 30 days",
    "list of 100 rows, admin",
    "list of 100 rows, API",
    "list of 100 rows, API, page 16",
    "create one row, API",
    "file of 30 rows, preview and commit",
    "file of 30 rows, preview and commit",
    "roster of 12 people, one save",
]


def query(_turn):
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def test_every_page_and_every_floor_answers(demo, acme):
    made = cases(set_stage(30, 12))
    assert [case.name for case in made] == NAMES
    for case in made:
        case.page(0)
        case.floor(0)
        if case.check:
            case.check()


def test_a_page_that_fails_stops_the_benchmark(demo, db, platform_admin):
    reader = Reader(platform_admin, [])
    with pytest.raises(CommandError, match="/kpi/nonsense/ answered 404"):
        reader.get("/kpi/nonsense/")


def test_the_first_turn_warms_up_and_is_counted(db):
    turns = []

    def page(turn):
        turns.append(turn)
        query(turn)

    found = measure(Case("page", page, query, Target(30), turns=3))
    assert turns == [0, 1, 2, 3]
    assert (found.queries, found.turns) == (1, 3)
    assert found.times_floor > 0


def test_a_long_case_is_measured_at_once(db):
    found = measure(Case("file", query, query, Target(30), turns=0, warm_up=False))
    assert found.turns == 1


def test_what_is_over_its_target_is_marked():
    case = Case("page", query, query, Target(60, queries=15, times_floor=5))
    found = Measured(case, ms=61.0, python_ms=40.0, floor_ms=10.0, queries=16, turns=9)
    assert cells(found) == [
        "page", "61.0 !", "≤ 60", "16 !", "≤ 15", "6.1 !", "≤ 5", "10.0", "40.0", "9",
    ]  # fmt: skip
    assert judged(15, 15, "d") == "15  "
    assert judged(99, None, "d") == "99  "


def test_a_file_has_a_number_of_its_own_in_every_turn():
    row = {
        "shift_date": "2026-03-17", "shift": "1ST", "line": "L1", "work_order": "WO-1",
        "job": "WO-1-L1", "total_units": 120, "run_minutes": 60,
    }  # fmt: skip
    assert file_of([row], 12).decode().splitlines() == [
        "shift_date,shift,line,work_order,job,total_units,run_minutes,capture_no",
        "2026-03-17,1ST,L1,WO-1,WO-1-L1,120,60,12",
    ]


def test_too_few_days_are_refused(db):
    with pytest.raises(CommandError, match="30 to 1,100 days"):
        call_command("bench", days=5)
