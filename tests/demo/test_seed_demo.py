"""Which databases the demo may be written to, and what it writes."""

from __future__ import annotations

import datetime
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from django.test import Client as Browser
from django.urls import reverse

from clients.models import Client, Membership, User
from clients.scope import client_scope
from demo.calendar import holidays, months_before, nth_working_day_before
from demo.mark import is_demo_database
from demo.plants import STORY, Trouble, plants
from demo.seeding import seed
from downtime.models import DowntimeEvent
from kpis.engine import evaluate
from kpis.periods import Period
from plant.models import CalendarDay, LineShift, WorkOrder
from plant.models.calendar import LineShiftState
from production.models import ProductionEntry
from quality.models import Defect, QualityInspection
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


@pytest.mark.parametrize("model", [ProductionEntry, DowntimeEvent, QualityInspection])
def test_every_row_keeps_the_rules_of_its_model(demo, db, model):
    with client_scope(Client.unscoped.all()):
        rows = list(model.objects.select_related("client"))
        assert len(rows) > 100
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
