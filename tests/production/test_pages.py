"""Production rows through the admin and the API, as people and programs write them."""

from __future__ import annotations

import datetime
from decimal import Decimal

import pytest
from django.contrib.messages import get_messages
from django.db import connection
from django.test.utils import CaptureQueriesContext

from clients.scope import client_scope
from plant.models import LineShift
from production.models import ProductionEntry
from tests.production.factories import DAY, at, make_entry, make_floor
from tests.standing import standing

ADD = "/admin/production/productionentry/add/"
LIST = "/admin/production/productionentry/"
API = "/api/v1/production-entries/"


@standing
def floor(acme):
    with client_scope([acme]):
        return make_floor(acme)


@pytest.fixture
def supervisor(floor, member, signed_in):
    return signed_in(member(floor.client, role="SUPERVISOR"))


def typed(floor, **fields):
    """The form as the browser sends it."""
    return {
        "shift_date": DAY.isoformat(),
        "shift": floor.shift.pk,
        "line": floor.line.pk,
        "work_order": floor.order.pk,
        "job": floor.job.pk,
        "total_units": "180",
        "opened_for": floor.client.code,
        **fields,
    }


def stored(floor):
    with client_scope([floor.client]):
        return ProductionEntry.objects.get()


def read(asked):
    """Queries without the brackets of transactions."""
    brackets = ("SAVEPOINT", "RELEASE")
    return [each["sql"] for each in asked if not each["sql"].startswith(brackets)]


# -- admin ------------------------------------------------------------------------------------


def test_a_row_is_entered_and_stamped(floor, supervisor):
    answer = supervisor.post(ADD, typed(floor))
    assert answer.status_code == 302, answer.context["adminform"].form.errors
    row = stored(floor)
    assert (row.total_units, row.capture_no) == (180, 1)
    assert row.labour_hours_per_unit == Decimal("0.25")


def test_times_are_those_of_the_clock_on_the_wall(floor, supervisor):
    times = {"started_at_0": DAY.isoformat(), "started_at_1": "07:30"}
    times |= {"ended_at_0": DAY.isoformat(), "ended_at_1": "09:00"}
    answer = supervisor.post(ADD, typed(floor, **times))
    assert answer.status_code == 302, answer.context["adminform"].form.errors
    row = stored(floor)
    assert (row.started_at, row.run_minutes) == (at("07:30"), 90)
    page = supervisor.get(f"{LIST}{row.pk}/change/").content.decode()
    assert 'value="07:30:00"' in page


def test_an_error_is_a_sentence_in_its_field(floor, supervisor):
    tomorrow = floor.client.today() + datetime.timedelta(days=1)
    answer = supervisor.post(ADD, typed(floor, shift_date=tomorrow.isoformat(), total_units="-1"))
    errors = answer.context["adminform"].form.errors
    assert errors["shift_date"] == ["A future date cannot be recorded."]
    assert errors["total_units"][0] == "Units must be a whole number from 0 to 1,000,000."


def test_a_refused_row_leaves_nothing_behind(floor, supervisor):
    answer = supervisor.post(ADD, typed(floor, operators_assigned="0"))
    assert list(answer.context["adminform"].form.errors) == ["operators_assigned"]
    with client_scope([floor.client]):
        assert LineShift.objects.count() == 0
    supervisor.post(ADD, typed(floor))
    with client_scope([floor.client]):
        assert LineShift.objects.count() == 1


@pytest.mark.parametrize("units", ["", "1.5", "many"])
def test_units_that_are_no_number_are_refused(floor, supervisor, units):
    answer = supervisor.post(ADD, typed(floor, total_units=units))
    assert list(answer.context["adminform"].form.errors) == ["total_units"]


def test_a_warning_follows_the_save(floor, supervisor):
    supervisor.post(ADD, typed(floor))
    answer = supervisor.post(ADD, typed(floor))
    assert answer.status_code == 302
    told = [str(message) for message in get_messages(answer.wsgi_request)]
    assert "Likely a duplicate: another row of the same place and shift has 180 units." in told


def test_the_form_shows_the_stamps_in_words(floor, supervisor):
    with client_scope([floor.client]):
        row = make_entry(floor)
    page = supervisor.get(f"{LIST}{row.pk}/change/").content.decode()
    assert "0.25 h, standard of the part, confidence 1.00" in page
    assert "07:00–17:00, 540 planned minutes" in page


def test_a_row_is_verified_by_a_second_person_and_voided_with_a_reason(
    floor, supervisor, member, signed_in
):
    supervisor.post(ADD, typed(floor))
    row = stored(floor)
    action = {"action": "verify_selected", "_selected_action": [row.pk]}
    supervisor.post(LIST, action)
    assert stored(floor).verified_at is None
    second = signed_in(member(floor.client, role="SUPERVISOR"))
    second.post(LIST, action)
    assert stored(floor).verified_at is not None
    changed = typed(floor, total_units=175, version=stored(floor).version)
    assert second.post(f"{LIST}{row.pk}/change/", changed).status_code == 200
    reasoned = {**changed, "change_reason": "counted again"}
    assert second.post(f"{LIST}{row.pk}/change/", reasoned).status_code == 302
    assert (stored(floor).total_units, stored(floor).verified_at) == (175, None)
    second.post(f"{LIST}{row.pk}/void/", {"reason": "typed twice"})
    with client_scope([floor.client]):
        assert ProductionEntry.objects.count() == 0
        assert ProductionEntry.with_voided.get().void_reason == "typed twice"


def test_list_costs_the_same_with_one_row_and_with_three(floor, supervisor):
    counts = []
    for more in (1, 2):
        with client_scope([floor.client]):
            for _ in range(more):
                make_entry(floor)
        with CaptureQueriesContext(connection) as asked:
            page = supervisor.get(LIST)
        assert page.status_code == 200
        counts.append(len(read(asked)))
    assert counts[0] == counts[1]
    assert counts[0] <= 9


def test_autocomplete_of_the_order_shows_own_orders_only(floor, supervisor, acme_2):
    with client_scope([acme_2]):
        foreign = make_floor(acme_2)
    query = "app_label=production&model_name=productionentry&field_name=work_order"
    answer = supervisor.get(f"/admin/autocomplete/?{query}&term=WO-").json()
    assert [each["text"] for each in answer["results"]] == [floor.order.number]
    assert foreign.order.number not in str(answer)


# -- API --------------------------------------------------------------------------------------


def sent(floor, **fields):
    return {
        "shift_date": DAY.isoformat(),
        "shift": floor.shift.code,
        "line": floor.line.code,
        "total_units": 180,
        **fields,
    }


def post(browser, row):
    return browser.post(API, row, content_type="application/json")


def test_a_minimal_row_is_created_and_read_back(floor, supervisor):
    answer = post(supervisor, sent(floor))
    assert answer.status_code == 201, answer.json()
    shown = supervisor.get(f"{API}{answer.json()['id']}/").json()
    assert (shown["client"], shown["line"], shown["capture_no"]) == ("ACME", floor.line.code, 1)
    assert (shown["total_units"], shown["entry_method"]) == (180, "API")
    assert (shown["labour_hours_per_unit"], shown["labour_source"]) == (None, "MISSING")


def test_numbers_of_the_api_are_numbers(floor, supervisor):
    shown = post(supervisor, sent(floor, job=floor.job.code)).json()
    assert shown["labour_hours_per_unit"] == 0.25
    assert shown["work_order"] == floor.order.number


def test_the_api_says_the_sentences_of_the_form(floor, supervisor):
    answer = post(supervisor, sent(floor, work_order="WO-404"))
    assert answer.status_code == 400
    assert answer.json()["work_order"] == ["Unknown work order “WO-404”."]
    answer = post(supervisor, sent(floor, total_units=-1))
    assert answer.json()["total_units"][0] == "Units must be a whole number from 0 to 1,000,000."


def test_a_foreign_order_is_an_unknown_one(floor, supervisor, acme_2):
    with client_scope([acme_2]):
        foreign = make_floor(acme_2)
    answer = post(supervisor, sent(floor, work_order=foreign.order.number))
    assert answer.json() == {"work_order": [f"Unknown work order “{foreign.order.number}”."]}


def test_creating_a_row_costs_few_queries(floor, supervisor):
    post(supervisor, sent(floor, job=floor.job.code))
    with CaptureQueriesContext(connection) as asked:
        answer = post(supervisor, sent(floor, job=floor.job.code))
    assert answer.status_code == 201
    assert len(read(asked)) <= 13


def test_list_filters_by_day_line_and_order(floor, supervisor):
    with client_scope([floor.client]):
        make_entry(floor, total_units=1)
        make_entry(floor, total_units=2, shift_date=DAY + datetime.timedelta(days=1))
    day = DAY.isoformat()
    rows = supervisor.get(f"{API}?shift_date_to={day}&line={floor.line.code}").json()["results"]
    assert [row["total_units"] for row in rows] == [1]
    assert supervisor.get(f"{API}?work_order=NOPE").json()["results"] == []


def test_another_client_sees_nothing(floor, member, signed_in, acme_2):
    with client_scope([floor.client]):
        row = make_entry(floor)
    stranger = signed_in(member(acme_2, role="SUPERVISOR"))
    assert stranger.get(API).json()["results"] == []
    assert stranger.get(f"{API}{row.pk}/").status_code == 404
    assert stranger.get(f"{LIST}{row.pk}/change/").status_code == 404


def test_a_viewer_writes_nothing(floor, member, signed_in):
    viewer = signed_in(member(floor.client, role="VIEWER"))
    assert post(viewer, sent(floor)).status_code == 403
    assert viewer.get(API).status_code == 200
    assert viewer.post(ADD, typed(floor)).status_code == 403
