"""The admin pages of the plant, as members use them."""

from __future__ import annotations

from datetime import date, time

import pytest
from django.urls import reverse

from clients.scope import client_scope, every_client
from plant.models import (
    CalendarDay,
    Employee,
    Job,
    Line,
    LineAssignment,
    LineShift,
    Shift,
    ShiftBreak,
    Standard,
    StyleOperation,
    WorkOrder,
)
from plant.shifts import ensure_line_shifts
from tests.plant.factories import (
    make_assignment,
    make_break,
    make_employee,
    make_job,
    make_line,
    make_operation,
    make_order,
    make_part,
    make_shift,
    make_standard,
    make_style,
)

TUESDAY = date(2025, 12, 2)
MODELS = [
    "line", "shift", "shiftbreak", "calendarday", "lineshift", "operation", "style",
    "styleoperation", "part", "standard", "workorder", "job", "employee", "lineassignment",
]  # fmt: skip


def fill(client, rows: int = 1) -> None:
    """One or more rows of everything."""
    for _ in range(rows):
        line, shift, style = make_line(client), make_shift(client), make_style(client, name="ZEBRA")
        make_break(shift)
        part, operation = make_part(client, style=style), make_operation(client)
        StyleOperation.objects.create(client=client, style=style, operation=operation)
        make_standard(client, part=part, line=line, shift=shift, operation=operation)
        make_job(make_order(client, style=style, line=line), part=part)
        make_assignment(make_employee(client), line, shift=shift)
        CalendarDay.objects.create(client=client, line=line, date=TUESDAY)
        ensure_line_shifts({(client.pk, line.pk, shift.pk, TUESDAY)})


@pytest.fixture
def supervisor(acme, member, signed_in):
    return signed_in(member(acme))


@pytest.fixture
def engineer(acme, member, signed_in):
    return signed_in(member(acme, role="ENGINEER"))


def inline(prefix: str, *rows: dict[str, object]) -> dict[str, object]:
    posted: dict[str, object] = {
        f"{prefix}-TOTAL_FORMS": len(rows),
        f"{prefix}-INITIAL_FORMS": 0,
        f"{prefix}-MIN_NUM_FORMS": 0,
        f"{prefix}-MAX_NUM_FORMS": 1000,
    }
    for number, row in enumerate(rows):
        posted |= {f"{prefix}-{number}-{name}": value for name, value in row.items()}
    return posted


def errors_of(response) -> list[str]:
    """Every sentence on the page, of the form and of its inlines."""
    form = response.context["adminform"].form
    found = [text for texts in form.errors.values() for text in texts]
    for each in response.context["inline_admin_formsets"]:
        for row in each.formset.errors:
            found += [text for texts in row.values() for text in texts]
        found += each.formset.non_form_errors()
    return found


@pytest.mark.parametrize("model", MODELS)
def test_each_list_costs_the_same_queries_for_1_row_and_for_3(
    model, acme, supervisor, django_assert_max_num_queries, django_assert_num_queries
):
    url = reverse(f"admin:plant_{model}_changelist")
    with client_scope([acme]):
        fill(acme)
    with django_assert_max_num_queries(15) as first:
        assert supervisor.get(url).status_code == 200
    with client_scope([acme]):
        fill(acme, rows=2)

    with django_assert_num_queries(len(first)):
        page = supervisor.get(url)

    assert page.context["cl"].result_count >= 3


@pytest.mark.parametrize("model", MODELS)
def test_each_form_opens_for_a_new_row_and_for_a_stored_one(model, acme, engineer):
    with client_scope([acme]):
        fill(acme)
        row = CalendarDay._meta.apps.get_model("plant", model).objects.first()

    may_add = model != "lineshift"  # closing shifts is the supervisor's
    new = engineer.get(reverse(f"admin:plant_{model}_add"))
    stored = engineer.get(reverse(f"admin:plant_{model}_change", args=[row.pk]))

    assert (new.status_code, stored.status_code) == (200 if may_add else 403, 200)


@pytest.mark.parametrize("model", MODELS)
def test_rows_of_another_client_are_nowhere(model, acme, acme_2, supervisor):
    with client_scope([acme_2]):
        fill(acme_2)
        foreign = CalendarDay._meta.apps.get_model("plant", model).objects.first()
    with client_scope([acme]):
        fill(acme)

    listed = supervisor.get(reverse(f"admin:plant_{model}_changelist")).context["cl"].queryset
    opened = supervisor.get(reverse(f"admin:plant_{model}_change", args=[foreign.pk]))

    with client_scope([acme]):
        assert {row.client_id for row in listed} == {acme.pk}
    assert opened.status_code == 404


def test_a_shift_is_saved_with_its_breaks(acme, supervisor):
    response = supervisor.post(
        reverse("admin:plant_shift_add"),
        {
            "opened_for": "ACME", "code": "1st", "name": "First shift", "kind": "STANDARD",
            "start_time": "07:00", "end_time": "17:00", "weekdays": ["1", "2", "3", "4", "5"],
            "active": "on",
            **inline(
                "breaks", {"name": "Meal", "start_offset_minutes": 300, "duration_minutes": 60}
            ),
        },
    )  # fmt: skip

    assert response.status_code == 302, errors_of(response)
    with client_scope([acme]):
        shift = Shift.objects.get()
        assert (shift.code, shift.weekdays, shift.end_time) == ("1ST", [1, 2, 3, 4, 5], time(17))
        assert [each.duration_minutes for each in ShiftBreak.objects.all()] == [60]


def test_breaks_that_leave_no_time_are_refused_in_the_form(acme, supervisor):
    response = supervisor.post(
        reverse("admin:plant_shift_add"),
        {
            "opened_for": "ACME", "code": "1ST", "name": "Short", "kind": "STANDARD",
            "start_time": "07:00", "end_time": "09:00", "weekdays": ["1"], "active": "on",
            **inline(
                "breaks",
                {"name": "A", "start_offset_minutes": 0, "duration_minutes": 120},
            ),
        },
    )  # fmt: skip

    assert "Breaks leave no working time." in errors_of(response)
    with client_scope([acme]):
        assert Shift.objects.count() == 0


def test_an_overlap_of_two_shifts_is_a_warning(acme, supervisor):
    with client_scope([acme]):
        make_shift(acme, "06:00", "14:00", code="EARLY")

    response = supervisor.post(
        reverse("admin:plant_shift_add"),
        {
            "opened_for": "ACME", "code": "LATE", "name": "Late", "kind": "STANDARD",
            "start_time": "13:00", "end_time": "21:00", "weekdays": ["1"], "active": "on",
            **inline("breaks"),
        },
        follow=True,
    )  # fmt: skip

    said = [str(message) for message in response.context["messages"]]
    assert "Shifts EARLY and LATE overlap." in said


def test_an_order_is_saved_with_its_jobs_and_says_when_they_do_not_add_up(acme, supervisor):
    with client_scope([acme]):
        part = make_part(acme)

    response = supervisor.post(
        reverse("admin:plant_workorder_add"),
        {
            "opened_for": "ACME", "number": "WO-1", "planned_quantity": 600, "priority": "NORMAL",
            "promised_date": "2025-12-12",
            **inline("jobs", {"part": part.pk, "quantity": 500}),
            **inline("shipments", {"shipped_date": "2025-12-11", "quantity": 601}),
        },
        follow=True,
    )  # fmt: skip

    with client_scope([acme]):
        assert [job.code for job in Job.objects.all()] == ["WO-1-L1"]
        assert WorkOrder.objects.get().original_promised_date == date(2025, 12, 12)
    said = [str(message) for message in response.context["messages"]]
    assert said[:2] == [
        "The jobs add up to 500, the order is 600.",
        "More is shipped than ordered: 601 of 600.",
    ]


def test_a_standard_is_given_with_its_first_and_last_day(acme, engineer):
    with client_scope([acme]):
        part = make_part(acme)
    posted = {
        "opened_for": "ACME", "part": part.pk, "labour_hours_per_unit": "0.25",
        "valid_0": "2025-01-01", "valid_1": "2025-05-31", "source": "ENGINEERED", "kind": "BASE",
        "reason": "time study",
    }  # fmt: skip

    response = engineer.post(reverse("admin:plant_standard_add"), posted)

    assert response.status_code == 302, errors_of(response)
    with client_scope([acme]):
        row = Standard.objects.get()
        assert (row.valid.lower, row.valid.upper) == (date(2025, 1, 1), date(2025, 6, 1))
        assert row.owner.username.startswith("engineer")
    page = engineer.get(reverse("admin:plant_standard_changelist")).content.decode()
    assert "2025-01-01 – 2025-05-31" in page

    again = engineer.post(reverse("admin:plant_standard_add"), posted)
    assert errors_of(again) == ["Another standard is valid in this period."]


def test_an_unchanged_period_counts_as_unchanged(acme, engineer):
    with client_scope([acme]):
        row = make_standard(acme, part=make_part(acme), valid=(date(2025, 1, 1), date(2025, 6, 1)))

    form = engineer.get(reverse("admin:plant_standard_change", args=[row.pk])).context["adminform"]
    field = form.form.fields["valid"]

    assert field.prepare_value(row.valid) == [date(2025, 1, 1), date(2025, 5, 31)]
    assert not field.has_changed(row.valid, ["2025-01-01", "2025-05-31"])
    assert field.has_changed(row.valid, ["2025-01-01", ""])


def test_a_supervisor_sees_standards_and_changes_none(acme, supervisor):
    with client_scope([acme]):
        row = make_standard(acme, part=make_part(acme))

    assert supervisor.get(reverse("admin:plant_standard_add")).status_code == 403
    page = supervisor.get(reverse("admin:plant_standard_change", args=[row.pk]))
    assert "Your role in this client does not allow this change." in page.content.decode()


def test_a_frozen_plan_is_read_only(acme, supervisor):
    with client_scope([acme]):
        fill(acme)
        row = LineShift.objects.get()

    page = supervisor.get(reverse("admin:plant_lineshift_change", args=[row.pk]))

    assert "planned_minutes" not in page.context["adminform"].form.fields
    assert "planned_units" in page.context["adminform"].form.fields


def selected(line_shift, action: str, **answer) -> dict[str, object]:
    return {"action": action, "_selected_action": [line_shift.pk], **answer}


def test_a_line_shift_is_set_not_planned_after_a_question(acme, supervisor):
    with client_scope([acme]):
        fill(acme)
        row = LineShift.objects.get()
    url = reverse("admin:plant_lineshift_changelist")

    question = supervisor.post(url, selected(row, "not_planned"))
    assert "Refused while rows exist." in question.content.decode()
    silent = supervisor.post(url, selected(row, "not_planned", answered="yes", reason=" "))
    assert "Say why the shift was not planned." in silent.content.decode()
    supervisor.post(url, selected(row, "not_planned", answered="yes", reason="inventory"))

    with client_scope([acme]):
        row = LineShift.objects.get()
        assert (row.state, row.state_reason) == ("NOT_PLANNED", "inventory")


def test_a_line_shift_with_rows_stays_planned(acme, supervisor):
    from production.models import ProductionEntry
    from tests.production.factories import make_floor

    with client_scope([acme]):
        floor = make_floor(acme)
        entry = ProductionEntry(
            client=acme, line=floor.line, shift=floor.shift, shift_date=TUESDAY, total_units=0
        )
        entry.full_clean()
        entry.save()
    url = reverse("admin:plant_lineshift_changelist")

    response = supervisor.post(
        url, selected(entry.line_shift, "not_planned", answered="yes", reason="x"), follow=True
    )

    (said,) = [str(message) for message in response.context["messages"]]
    assert said.startswith("Nothing was changed.")
    assert said.endswith("Rows are recorded in this shift.")
    with client_scope([acme]):
        assert LineShift.objects.get().state == "PLANNED"


def test_only_a_manager_is_offered_a_change_of_the_plan(acme, supervisor, member, signed_in):
    manager = signed_in(member(acme, role="MANAGER"))
    with client_scope([acme]):
        fill(acme)
        row = LineShift.objects.get()
    url = reverse("admin:plant_lineshift_changelist")
    answer = selected(row, "replan", answered="yes", planned_minutes=480, reason="agreed")

    supervisor.post(url, answer)
    with client_scope([acme]):
        assert LineShift.objects.get().planned_minutes == 540
    manager.post(url, answer)
    with client_scope([acme]):
        assert LineShift.objects.get().planned_minutes == 480


def test_autocompletes_offer_active_rows_only(acme, supervisor):
    with client_scope([acme]):
        make_line(acme, code="L1")
        make_line(acme, code="L2", active=False)

    answer = supervisor.get(
        reverse("admin:autocomplete"),
        {"app_label": "plant", "model_name": "workorder", "field_name": "line", "term": "L"},
    ).json()

    assert [each["text"] for each in answer["results"]] == ["L1"]


# People


@pytest.fixture
def someone(acme):
    with client_scope([acme]):
        return make_employee(acme, code="EMP-001", phone="+52 868 123", hourly_rate=95)


def test_protected_fields_open_with_the_hr_flag_only(acme, someone, member, signed_in):
    url = reverse("admin:plant_employee_change", args=[someone.pk])

    plain = signed_in(member(acme)).get(url)
    hr = signed_in(member(acme, hr=True)).get(url)

    shown = [set(page.context["adminform"].form.fields) for page in (plain, hr)]
    assert shown[0].isdisjoint(Employee.protected_fields)
    assert shown[1].issuperset(Employee.protected_fields)
    assert "+52 868 123" in hr.content.decode()
    assert "+52 868 123" not in plain.content.decode()


def test_a_crafted_post_does_not_reach_protected_fields(acme, someone, member, signed_in):
    browser = signed_in(member(acme))
    browser.post(
        reverse("admin:plant_employee_change", args=[someone.pk]),
        {
            "version": 1, "code": "EMP-001", "full_name": "New Name", "active": "on",
            "hourly_rate": "1", "phone": "1", **inline("assignments"),
        },
    )  # fmt: skip

    with client_scope([acme]):
        row = Employee.objects.get()
        assert (row.full_name, row.phone, row.hourly_rate) == ("New Name", "+52 868 123", 95)


def test_the_history_masks_protected_fields(acme, someone, member, signed_in):
    url = reverse("admin:plant_employee_history", args=[someone.pk])

    plain = signed_in(member(acme)).get(url).content.decode()
    hr = signed_in(member(acme, hr=True)).get(url).content.decode()

    assert "+52 868 123" in hr
    assert "+52 868 123" not in plain


def test_pool_employees_are_listed_and_locked_for_members(acme, member, signed_in):
    with every_client("the pool is shared by all clients"):
        floater = make_employee(None, code="EMP-015", phone="+52 868 999")
    browser = signed_in(member(acme, hr=True))

    page = browser.get(reverse("admin:plant_employee_change", args=[floater.pk]))

    assert page.status_code == 200
    assert "Employees of the shared pool are kept by platform admins." in page.content.decode()
    assert "+52 868 999" not in page.content.decode()
    assert "EMP-015" in browser.get(reverse("admin:plant_employee_changelist")).content.decode()


def test_a_platform_admin_makes_a_floater(acme, acme_2, platform_admin, signed_in):
    response = signed_in(platform_admin).post(
        reverse("admin:plant_employee_add"),
        {"client": "", "code": "EMP-015", "full_name": "Flor Ter", "active": "on"}
        | inline("assignments"),
    )

    assert response.status_code == 302, errors_of(response)
    with client_scope([acme]):
        assert [row.code for row in Employee.objects.pool()] == ["EMP-015"]


def test_an_employee_is_saved_with_a_line(acme, supervisor):
    with client_scope([acme]):
        line = make_line(acme)

    response = supervisor.post(
        reverse("admin:plant_employee_add"),
        {
            "opened_for": "ACME", "code": "EMP-001", "full_name": "Ana López", "active": "on",
            **inline(
                "assignments",
                {"line": line.pk, "allocation_pct": "100", "valid_0": "2025-01-01", "valid_1": ""},
            ),
        },
    )  # fmt: skip

    assert response.status_code == 302, errors_of(response)
    with client_scope([acme]):
        assert LineAssignment.objects.get().is_primary
        assert Line.objects.count() == 1
