"""Which databases the demo may be written to, and what it writes."""

from __future__ import annotations

import datetime
from collections import Counter
from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from django.test import Client as Browser
from django.urls import reverse

from attendance.models import AttendanceRecord, HourAllocation
from clients.models import Client, Membership, User
from clients.scope import client_scope
from demo.calendar import holidays, months_before, nth_working_day_before
from demo.crews import Pool
from demo.mark import is_demo_database
from demo.plants import STORY, Trouble, plants
from demo.seeding import _seed, seed
from downtime.models import DowntimeEvent
from kpis.engine import evaluate
from kpis.periods import Period
from plant.models import CalendarDay, Employee, LineShift, WorkOrder
from plant.models.calendar import LineShiftState
from production.models import ProductionEntry
from quality.models import Defect, QualityInspection
from staffing.models import ShiftCoverage
from tests.demo.conftest import NOW

TODAY = datetime.date(2026, 3, 18)
MONTH = Period.days(datetime.date(2026, 2, 18), TODAY)


def run(**options):
    output = StringIO()
    call_command("seed_demo", stdout=output, **options)
    return output.getvalue()


# -- where ------------------------------------------------------------------------------------


def test_a_database_without_the_mark_is_refused(db):
    with pytest.raises(CommandError, match="is not marked as demo, so nothing was written"):
        run()
    assert not Client.unscoped.exists()
    assert not User.objects.exists()


def test_the_mark_is_read_from_the_database(marked):
    assert is_demo_database()


def test_a_second_time_is_refused(marked, acme):
    with pytest.raises(CommandError, match="holds clients already; nothing was written"):
        run()
    assert [each.code for each in Client.unscoped.all()] == ["ACME"]


def test_a_start_leaves_a_real_database_alone_without_complaint(db):
    assert run(only_when_empty=True) == ""
    assert not Client.unscoped.exists()


def test_a_start_leaves_a_filled_demo_database_alone(marked, acme):
    assert run(only_when_empty=True) == ""
    assert Client.unscoped.count() == 1


@pytest.mark.parametrize("options", [{"clients": 0}, {"months": 0}, {"months": 37}])
def test_sizes_out_of_reach_are_refused(marked, options):
    with pytest.raises(CommandError, match="Give at least one client and 1 to 36 months"):
        run(**options)


# -- what -------------------------------------------------------------------------------------


def test_the_same_day_gives_the_same_figures(db):
    assert figures_of_a_new_demo() == figures_of_a_new_demo()


def figures_of_a_new_demo():
    with transaction.atomic():
        seed(clients=1, days=10, now=NOW)
        client = Client.unscoped.get()
        with client_scope([client]):
            found = evaluate(
                ["oee", "availability", "performance", "fpy", "ppm", "dpmo"],
                [client.pk],
                Period.days(datetime.date(2026, 3, 8), TODAY),
                by=("line",),
            )
            shown = [(figure.key, figure.by[0].code, figure.display) for figure in found]
        transaction.set_rollback(True)
    assert len(shown) == 24
    return shown


def test_a_labour_shortage_shows_in_its_figures(db):
    """People left and nobody stands in: heads, absence and output say it; the ratio does not."""
    with transaction.atomic():
        _seed([STORY[3]], 0, 75, NOW)
        client = Client.unscoped.get(code="HARBORPACK")
        with client_scope([client]):
            before = Period.days(datetime.date(2026, 1, 3), datetime.date(2026, 1, 16))
            keys = ["staffing", "absenteeism_net", "total_units", "efficiency"]
            was = dict(zip(keys, evaluate(keys, [client.pk], before), strict=True))
            last = Period.days(datetime.date(2026, 3, 4), datetime.date(2026, 3, 17))
            now = dict(zip(keys, evaluate(keys, [client.pk], last), strict=True))
            short = ShiftCoverage.objects.filter(shift_date__gte=datetime.date(2026, 1, 20))
            assert not short.exists()
        transaction.set_rollback(True)
    assert was["staffing"].value > 95
    assert 60 < now["staffing"].value < 70
    assert was["absenteeism_net"].band == "on_target"
    assert now["absenteeism_net"].band == "critical"
    assert now["total_units"].value < Decimal("0.8") * was["total_units"].value
    assert 70 < now["efficiency"].value < 99


@pytest.mark.parametrize(
    ("key", "lowest", "highest"),
    [
        ("oee", 60, 88),
        ("availability", 82, 97),
        ("performance", 75, 99),
        ("fpy", 92, 99),
        ("rty", 85, 97),
        ("final_yield", 98, 100),
        ("ppm", 10_000, 80_000),
        ("mtbf", 3, 40),
        ("mttr", 0.1, 1),
        ("efficiency", 70, 92),
        ("labour_performance", 75, 99),
        ("absenteeism_gross", 2, 8),
        ("absenteeism_net", 0.5, 5),
        ("attendance_rate", 92, 99),
        ("staffing", 94, 101),
        ("efficiency_billed", 75, 105),
    ],
)
def test_figures_look_like_a_plant(demo, db, key, lowest, highest):
    client = Client.unscoped.get()
    with client_scope([client]):
        (figure,) = evaluate([key], [client.pk], MONTH)
    assert lowest < figure.value < highest


def test_exclusions_estimates_and_iso_values_can_be_seen(demo, db):
    client = Client.unscoped.get()
    with client_scope([client]):
        availability, performance = evaluate(["availability", "performance"], [client.pk], MONTH)
    assert availability.iso is not None
    assert availability.rules == ("Set-ups: leave the planned time from 2026-02-18",)
    assert performance.estimated
    assert [each.code for each in performance.excluded] == ["no_cycle"]


@pytest.mark.parametrize(
    "model",
    [ProductionEntry, DowntimeEvent, QualityInspection, AttendanceRecord, ShiftCoverage],
)
def test_iso_055_every_row_keeps_the_rules_of_its_model(demo, db, model):
    with client_scope(Client.unscoped.all()):
        rows = list(model.objects.select_related("client"))
        assert len(rows) > (20 if model is ShiftCoverage else 100)
        model.prepare(rows)
        for row in rows:
            row.validate_row()


def test_the_details_never_exceed_the_defects(demo, db):
    with client_scope(Client.unscoped.all()):
        detailed = Defect.objects.values_list("inspection_id", "quantity")
        totals = dict(QualityInspection.objects.values_list("pk", "defects_total"))
        for inspection, quantity in detailed:
            totals[inspection] -= quantity
    assert detailed
    assert min(totals.values()) == 0


def test_the_running_shift_is_entered_in_part(demo, db):
    with client_scope(Client.unscoped.all()):
        running = LineShift.objects.filter(shift_date=TODAY).running(NOW)
        entered = ProductionEntry.objects.filter(line_shift__in=running)
        ended = ProductionEntry.objects.filter(shift_date="2026-03-17", shift__code="1ST")
        assert sum(row.total_units for row in entered) > 0
        assert 3 * sum(row.total_units for row in entered) < sum(row.total_units for row in ended)


def test_a_day_has_no_entries_and_a_shift_was_not_planned(demo, db):
    gap, not_planned = datetime.date(2026, 3, 5), datetime.date(2026, 3, 11)
    with client_scope(Client.unscoped.all()):
        assert LineShift.objects.filter(shift_date=gap).count() == 8
        assert not ProductionEntry.objects.filter(shift_date=gap).exists()
        row = LineShift.objects.filter(state=LineShiftState.NOT_PLANNED).first()
        assert (row.shift_date, row.line.code) == (not_planned, "L4")
        assert row.state_reason == "No released orders for this line"


def test_line_shifts_are_planned_a_week_ahead(demo, db):
    with client_scope(Client.unscoped.all()):
        last = LineShift.objects.order_by("shift_date").last()
    assert last.shift_date == datetime.date(2026, 3, 25)


def test_nobody_works_on_a_holiday(demo, db):
    with client_scope(Client.unscoped.all()):
        holiday = CalendarDay.objects.get(date="2026-03-16")
        assert holiday.name == "Benito Juárez"
        assert not LineShift.objects.filter(shift_date="2026-03-16").exists()


def test_orders_are_in_every_state(demo, db):
    with client_scope(Client.unscoped.all()):
        states = set(WorkOrder.objects.values_list("status", flat=True))
        purchase_orders = WorkOrder.objects.exclude(customer_po__contains=" PO ")
        assert not purchase_orders.exists()
    assert states >= {"RELEASED", "IN_PROGRESS", "ON_HOLD", "COMPLETED", "SHIPPED"}


# -- people -----------------------------------------------------------------------------------


def test_heads_on_the_rows_are_those_who_were_marked(demo, db):
    """The own people who came, and the floaters who stood in for somebody."""
    with client_scope(Client.unscoped.all()):
        rows = ProductionEntry.objects.exclude(line_shift__ends_at__gt=NOW)
        heads = dict(rows.values_list("line_shift_id", "operators_present"))
        came = AttendanceRecord.objects.exclude(presence="ABSENT").filter(engagement="ASSIGNED")
        counted = Counter(came.values_list("line_shift_id", flat=True))
        covering = ShiftCoverage.objects.filter(covers__isnull=False)
        counted.update(covering.values_list("line_shift_id", flat=True))
    marked = [place for place in heads if place in counted]
    assert len(marked) > 100
    assert [place for place in marked if heads[place] != counted[place]] == []


def test_people_are_away_for_different_reasons_and_some_for_days(demo, db):
    with client_scope(Client.unscoped.all()):
        away = AttendanceRecord.objects.absent().order_by("employee", "shift_date")
        codes = set(away.values_list("absence_type__code", flat=True))
        days = list(away.values_list("employee_id", "shift_date"))
    assert codes >= {"UNSCHEDULED_ABSENCE", "MEDICAL_LEAVE", "PERSONAL_LEAVE", "VACATION"}
    next_days = [(one, day + datetime.timedelta(days=1)) for one, day in days]
    assert len(set(next_days) & set(days)) > 5


def test_names_keep_their_accents(demo, db):
    with client_scope(Client.unscoped.all()):
        names = " ".join(Employee.objects.values_list("full_name", flat=True))
    assert set("áéíóúñ") <= set(names)


def test_floaters_cover_or_are_idle_and_most_are_confirmed(demo, db):
    with client_scope(Client.unscoped.all()):
        rows = list(ShiftCoverage.objects.filter(shift_date__lt=TODAY))
    assert {row.covers_id is None for row in rows} == {True, False}
    assert 0.9 < sum(row.confirmed_at is not None for row in rows) / len(rows) <= 1


def test_hours_are_split_and_spent_for_a_part(demo, db):
    with client_scope(Client.unscoped.all()):
        worked = AttendanceRecord.objects.filter(actual_hours__gt=0)
        saturdays = worked.filter(shift__code="SAT")
        assert set(saturdays.values_list("normal_hours", flat=True)) == {None}
        assert not saturdays.filter(double_hours__isnull=True).exists()
        spent = set(HourAllocation.objects.values_list("category", flat=True))
    assert spent == {"BILLED_PRODUCTION", "TRAINING", "MEETING", "IDLE_WAIT"}


def test_no_floater_is_wanted_twice_on_one_day():
    shifts = [datetime.time(6), datetime.time(7), datetime.time(14), datetime.time(22)]
    day = datetime.date(2026, 3, 18)
    sent = []
    for number in range(4):
        pool = Pool(range(16), number, 4)
        sent += [pool.take(day, start) for start in shifts for _ in range(3)]
    found = [each for each in sent if each is not None]
    assert sorted(found) == list(range(16))


# -- who --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "role", "admin_status"),
    [
        ("viewer", "VIEWER", 403),
        ("operator", "OPERATOR", 200),
        ("supervisor", "SUPERVISOR", 200),
        ("manager", "MANAGER", 200),
        ("engineer", "ENGINEER", 200),
    ],
)
def test_each_role_can_sign_in(demo, db, name, role, admin_status):
    browser = Browser()
    answer = browser.post(reverse("login"), {"username": name, "password": f"demo{name}"})
    assert answer.status_code == 302
    assert browser.get(reverse("admin:index")).status_code == admin_status
    assert Membership.objects.get(user__username=name).role == role


def test_the_platform_admin_can_sign_in(demo, db):
    browser = Browser()
    browser.post(reverse("login"), {"username": "admin", "password": "demoadmin"})
    assert browser.get(reverse("admin:index")).status_code == 200
    assert User.objects.get(username="admin").is_superuser


# -- the plan ---------------------------------------------------------------------------------


def test_four_plants_tell_four_stories():
    assert [plan.trouble for plan in plants(4)] == [
        Trouble.NONE, Trouble.SUPPLIER, Trouble.EQUIPMENT, Trouble.LABOUR,
    ]  # fmt: skip


def test_more_plants_repeat_them_under_other_names():
    many = plants(20)
    assert len({plan.code for plan in many}) == 20
    assert len({plan.name for plan in many}) == 20
    assert [many[4].code, many[18].code] == ["MESA", "HELIO-2"]
    assert many[17].lines == STORY[1].lines


def test_months_before_stays_inside_the_month():
    assert months_before(datetime.date(2026, 3, 31), 1) == datetime.date(2026, 2, 28)
    assert months_before(datetime.date(2026, 11, 22), 12) == datetime.date(2025, 11, 22)


def test_working_days_are_counted_back_over_the_weekend():
    assert nth_working_day_before(datetime.date(2026, 3, 16), 1) == datetime.date(2026, 3, 13)


def test_holidays_follow_the_law():
    found = holidays(datetime.date(2026, 2, 1), datetime.date(2026, 3, 31))
    assert found == [
        (datetime.date(2026, 2, 2), "HOLIDAY", "Constitution Day"),
        (datetime.date(2026, 3, 16), "HOLIDAY", "Benito Juárez"),
    ]
