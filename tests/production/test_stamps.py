"""The standard of a row is written on it; history moves only where somebody says so."""

from __future__ import annotations

import datetime
from decimal import Decimal

import pytest
from django.utils import timezone

from clients.models import AuditEntry
from clients.periods import from_day_on
from clients.scope import client_scope
from plant import restamping
from plant.models import Standard
from production.models import ProductionEntry
from quality.models import QualityInspection
from tests.kpis.factories import agreed
from tests.plant.factories import (
    make_job,
    make_line,
    make_operation,
    make_order,
    make_part,
    make_standard,
    make_style,
)
from tests.production.factories import DAY, make_entry, make_floor, make_machine
from tests.quality.factories import make_inspection

MAY, JUNE = datetime.date(2026, 5, 20), datetime.date(2026, 6, 1)


@pytest.fixture
def floor(in_acme, made_floor):
    return made_floor


@pytest.fixture
def engineer(floor, member):
    return member(floor.client, role="ENGINEER")


def hours(row):
    return row.labour_hours_per_unit, row.labour_source, row.labour_confidence


def cycle(row):
    return row.cycle_hours_per_unit, row.cycle_source, row.cycle_confidence


MISSING = (None, "MISSING", Decimal("0.00"))


def unknown_part(floor, **fields):
    order = make_order(floor.client, **fields)
    return {"work_order": order, "job": make_job(order, part=make_part(floor.client))}


def test_part_standard(floor):
    row = make_entry(floor)
    assert hours(row) == (Decimal("0.25"), "PART", Decimal("1.00"))
    assert cycle(row) == (Decimal("0.025"), "PART", Decimal("1.00"))
    assert row.standard == floor.standard


def test_nothing_known_is_missing_and_not_zero(floor):
    row = make_entry(floor, **unknown_part(floor))
    row.refresh_from_db()
    assert (hours(row), cycle(row), row.standard) == (MISSING, MISSING, None)


def test_line_standard_of_a_part_without_one(floor):
    make_standard(floor.client, line=floor.line, labour_hours_per_unit=Decimal("0.22"))
    row = make_entry(floor, total_units=100, **unknown_part(floor))
    assert hours(row) == (Decimal("0.22"), "LINE", Decimal("0.90"))
    # The line's crew of ten works on a unit at a time.
    assert cycle(row) == (Decimal("0.022"), "CREW", Decimal("0.90"))


def test_ideal_cycle_of_the_machine(floor):
    machine = make_machine(
        floor.client, line=floor.line, ideal_cycle_hours_per_unit=Decimal("0.04")
    )
    row = make_entry(floor, machine=machine, **unknown_part(floor))
    assert (cycle(row), hours(row)) == ((Decimal("0.04"), "MACHINE", Decimal("0.90")), MISSING)


def test_part_standard_beats_the_machine(floor):
    machine = make_machine(
        floor.client, line=floor.line, ideal_cycle_hours_per_unit=Decimal("0.04")
    )
    assert cycle(make_entry(floor, machine=machine))[1] == "PART"


def boots(floor):
    style = make_style(floor.client, family="boots")
    order = make_order(floor.client, style=style, line=make_line(floor.client))
    return {"line": order.line, "work_order": order, "job": None}


def test_industry_default_of_the_contract(floor):
    agreed(floor.client, "industry_default_hours", {"boots": 0.30})
    row = make_entry(floor, **boots(floor))
    assert hours(row) == (Decimal("0.3"), "INDUSTRY", Decimal("0.70"))


def test_standards_only_stops_before_the_industry(floor):
    agreed(floor.client, "industry_default_hours", {"boots": 0.30})
    agreed(floor.client, "standard_inference", "STANDARDS_ONLY")
    assert hours(make_entry(floor, **boots(floor))) == MISSING


def test_a_family_that_is_not_agreed_has_no_default(floor):
    agreed(floor.client, "industry_default_hours", {"polo": 0.20})
    assert hours(make_entry(floor, **boots(floor))) == MISSING


def test_operation_looks_at_its_own_standards(floor):
    sewing = make_operation(floor.client)
    assert hours(make_entry(floor, operation=sewing)) == MISSING


def test_the_standard_of_the_day_counts(floor):
    floor.standard.valid = (datetime.date(2025, 1, 1), JUNE)
    floor.standard.save()
    make_standard(
        floor.client,
        part=floor.part,
        labour_hours_per_unit=Decimal("0.24"),
        valid=from_day_on(JUNE),
    )
    assert hours(make_entry(floor, shift_date=MAY))[0] == Decimal("0.25")
    assert hours(make_entry(floor, shift_date=JUNE))[0] == Decimal("0.24")


def test_a_correction_keeps_the_stamp(floor):
    row = make_entry(floor)
    Standard.objects.update(labour_hours_per_unit=Decimal("0.99"))
    row = ProductionEntry.objects.get(pk=row.pk)
    row.total_units = 170
    row.full_clean()
    assert hours(row)[0] == Decimal("0.25")


def test_a_moved_row_is_stamped_anew(floor):
    row = ProductionEntry.objects.get(pk=make_entry(floor).pk)
    made = unknown_part(floor)
    row.work_order, row.job = made["work_order"], made["job"]
    row.full_clean()
    assert (hours(row), row.standard) == (MISSING, None)


def test_a_completed_job_keeps_its_hours_for_late_rows(floor):
    floor.job.frozen_labour_hours_per_unit = Decimal("0.30")
    floor.job.frozen_at = floor.job.completed_at = timezone.now()
    floor.job.save()
    row = make_entry(floor)
    assert (hours(row)[0], cycle(row)[0]) == (Decimal("0.30"), Decimal("0.025"))


# -- a new standard on open jobs: 0.30 h, from 1 June 0.24 -------------------------------------


@pytest.fixture
def may_and_june(floor):
    """X is completed with 200 units, Y is open with 50; both made in May at 0.30 h."""
    floor.standard.labour_hours_per_unit = Decimal("0.30")
    floor.standard.cycle_hours_per_unit = Decimal("0.030")
    floor.standard.save()
    x, y = floor.job, make_job(make_order(floor.client), part=floor.part)
    rows = {
        "X": make_entry(floor, shift_date=MAY, total_units=200),
        "Y": make_entry(floor, shift_date=MAY, total_units=50, work_order=y.work_order, job=y),
    }
    x.frozen_labour_hours_per_unit = Decimal("0.30")
    x.completed_at = x.frozen_at = timezone.now()
    x.save()
    floor.standard.valid = (datetime.date(2025, 1, 1), JUNE)
    floor.standard.save()
    new = make_standard(
        floor.client,
        part=floor.part,
        labour_hours_per_unit=Decimal("0.24"),
        cycle_hours_per_unit=Decimal("0.024"),
        valid=from_day_on(JUNE),
    )
    return {"jobs": [x, y], "new": new, "rows": rows}


def earned(row):
    row.refresh_from_db()
    return row.total_units * row.labour_hours_per_unit


def test_new_standard_acts_on_open_jobs_only(may_and_june, engineer):
    x, y = may_and_june["rows"]["X"], may_and_june["rows"]["Y"]
    assert (earned(x), earned(y)) == (60, 15)
    assert restamping.restamp(may_and_june["new"], may_and_june["jobs"], by=engineer) == 1
    assert (earned(x), earned(y)) == (60, 12)
    assert (y.cycle_hours_per_unit, y.standard) == (Decimal("0.024"), may_and_june["new"])


def test_restamping_is_audited_old_and_new(may_and_june, engineer):
    restamping.restamp(may_and_june["new"], may_and_june["jobs"], by=engineer)
    entry = AuditEntry.objects.filter(table_name="production_productionentry").latest("id")
    assert entry.action == "UPDATE"
    assert [float(each) for each in entry.changes["labour_hours_per_unit"]] == [0.3, 0.24]
    assert entry.actor_name == engineer.username


def test_restamping_twice_changes_nothing(may_and_june, engineer):
    restamping.restamp(may_and_june["new"], may_and_june["jobs"], by=engineer)
    version = ProductionEntry.objects.get(pk=may_and_june["rows"]["Y"].pk).version
    assert restamping.restamp(may_and_june["new"], may_and_june["jobs"], by=engineer) == 0
    assert ProductionEntry.objects.get(pk=may_and_june["rows"]["Y"].pk).version == version


def test_jobs_that_were_not_selected_keep_their_rows(may_and_june, engineer):
    x, _ = may_and_june["jobs"]
    assert restamping.restamp(may_and_june["new"], [x], by=engineer) == 0
    assert earned(may_and_june["rows"]["Y"]) == 15


@pytest.mark.parametrize("status", ["COMPLETED", "SHIPPED", "CLOSED"])
def test_finished_orders_keep_their_rows(may_and_june, engineer, status):
    _, y = may_and_june["jobs"]
    type(y.work_order).objects.filter(pk=y.work_order_id).update(status=status)
    assert restamping.restamp(may_and_june["new"], [y], by=engineer) == 0
    assert earned(may_and_june["rows"]["Y"]) == 15


def test_a_wider_standard_does_not_push_out_a_narrower_one(floor, engineer):
    row = make_entry(floor)
    wide = make_standard(floor.client, line=floor.line, labour_hours_per_unit=Decimal("0.10"))
    assert restamping.restamp(wide, [floor.job], by=engineer) == 0
    row.refresh_from_db()
    assert hours(row)[:2] == (Decimal("0.25"), "PART")


def test_inspections_follow_so_that_quality_and_output_weigh_alike(may_and_june, floor, engineer):
    _, y = may_and_june["jobs"]
    row = make_inspection(floor, shift_date=MAY, work_order=y.work_order, job=y)
    assert row.cycle_hours_per_unit == Decimal("0.030")
    restamping.restamp(may_and_june["new"], [y], by=engineer)
    assert QualityInspection.objects.get(pk=row.pk).cycle_hours_per_unit == Decimal("0.024")


def act_on_open_jobs(browser, standard):
    action = {"action": "act_on_open_jobs", "_selected_action": [standard.pk]}
    return browser.post("/admin/plant/standard/", action, follow=True)


def test_an_engineer_lets_a_standard_act_on_open_jobs(may_and_june, engineer, signed_in):
    page = act_on_open_jobs(signed_in(engineer), may_and_june["new"])
    assert "rows of open jobs that follow it: 1." in page.content.decode()
    rows = may_and_june["rows"]
    with client_scope([may_and_june["new"].client]):
        assert (earned(rows["X"]), earned(rows["Y"])) == (60, 12)


def test_a_supervisor_has_no_say_in_standards(may_and_june, floor, member, signed_in):
    act_on_open_jobs(signed_in(member(floor.client, role="SUPERVISOR")), may_and_june["new"])
    with client_scope([floor.client]):
        assert earned(may_and_june["rows"]["Y"]) == 15


def test_rows_of_another_client_are_out_of_reach(may_and_june, acme_2, engineer):
    with client_scope([acme_2]):
        foreign = make_floor(acme_2)
        row = make_entry(foreign)
    with client_scope([may_and_june["new"].client, acme_2]):
        assert restamping.restamp(may_and_june["new"], [foreign.job], by=engineer) == 0
        row.refresh_from_db()
    assert row.labour_hours_per_unit == Decimal("0.25")
    assert row.shift_date == DAY
