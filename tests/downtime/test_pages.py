"""Stops and reasons through the admin and the API."""

from __future__ import annotations

import pytest
from django.contrib.messages import get_messages
from django.db import connection
from django.test.utils import CaptureQueriesContext

from clients.scope import client_scope
from downtime.models import DowntimeEvent, DowntimeReason
from tests.downtime.factories import make_stop, reason
from tests.production.factories import DAY, at, make_floor
from tests.standing import standing

ADD = "/admin/downtime/downtimeevent/add/"
LIST = "/admin/downtime/downtimeevent/"
API = "/api/v1/downtime-events/"


@standing
def floor(acme):
    with client_scope([acme]):
        return make_floor(acme)


@pytest.fixture
def supervisor(floor, member, signed_in):
    return signed_in(member(floor.client, role="SUPERVISOR"))


def typed(floor, **fields):
    return {
        "shift_date": DAY.isoformat(),
        "shift": floor.shift.pk,
        "line": floor.line.pk,
        "scope": "LINE",
        "minutes": "30",
        "resolved": "on",
        "opened_for": floor.client.code,
        **fields,
    }


def stored(floor):
    with client_scope([floor.client]):
        return DowntimeEvent.objects.get()


def errors_of(answer):
    return answer.context["adminform"].form.errors


def test_a_stop_is_entered_and_a_missing_reason_is_said(floor, supervisor):
    answer = supervisor.post(ADD, typed(floor))
    assert answer.status_code == 302, errors_of(answer)
    assert (stored(floor).minutes, stored(floor).stations_affected) == (30, 10)
    told = [str(message) for message in get_messages(answer.wsgi_request)]
    assert "No reason yet: the stop counts as UNASSIGNED." in told


def test_times_are_those_of_the_clock_on_the_wall(floor, supervisor):
    times = {"started_at_0": DAY.isoformat(), "started_at_1": "08:00"}
    times |= {"ended_at_0": DAY.isoformat(), "ended_at_1": "08:45", "minutes": ""}
    answer = supervisor.post(ADD, typed(floor, **times))
    assert answer.status_code == 302, errors_of(answer)
    assert (stored(floor).started_at, stored(floor).minutes) == (at("08:00"), 45)
    assert "08:00–08:45" in supervisor.get(LIST).content.decode()


def test_an_overlap_is_a_sentence_in_the_form(floor, supervisor):
    with client_scope([floor.client]):
        make_stop(floor, machine=floor.machine, started_at=at("08:00"), ended_at=at("09:00"))
    times = {"started_at_0": DAY.isoformat(), "started_at_1": "08:30"}
    times |= {"ended_at_0": DAY.isoformat(), "ended_at_1": "08:45", "minutes": ""}
    answer = supervisor.post(ADD, typed(floor, machine=floor.machine.pk, **times))
    sentence = "Overlaps with the stop 08:00–09:00 on this machine."
    assert errors_of(answer) == {"started_at": [sentence]}


def test_a_stop_longer_than_its_shift_is_a_sentence_in_the_form(floor, supervisor):
    answer = supervisor.post(ADD, typed(floor, minutes="601"))
    sentence = "A stop cannot be longer than its shift (600 min)."
    assert errors_of(answer) == {"minutes": [sentence]}


def test_a_stop_without_minutes_is_a_sentence_in_the_form(floor, supervisor):
    answer = supervisor.post(ADD, typed(floor, minutes=""))
    sentence = "Give the minutes, or start and end. Only an ongoing stop has none."
    assert errors_of(answer) == {"minutes": [sentence]}


def autocomplete(browser, model, field, term):
    query = f"app_label=downtime&model_name={model}&field_name={field}&term={term}"
    return [each["text"] for each in browser.get(f"/admin/autocomplete/?{query}").json()["results"]]


def test_stops_are_offered_reasons_and_reasons_are_offered_groups(floor, supervisor):
    assert autocomplete(supervisor, "downtimeevent", "reason", "quality") == [
        "QUALITY_HOLD Quality hold"
    ]
    assert autocomplete(supervisor, "downtimereason", "parent", "quality") == ["QUALITY Quality"]


def test_inactive_reasons_are_not_offered(floor, supervisor):
    with client_scope([floor.client]):
        DowntimeReason.objects.filter(code="QUALITY_HOLD").update(active=False)
    assert autocomplete(supervisor, "downtimeevent", "reason", "quality") == []


def test_list_costs_the_same_with_one_row_and_with_three(floor, supervisor):
    counts = []
    for more in (1, 2):
        with client_scope([floor.client]):
            for _ in range(more):
                make_stop(floor, started_at=at("08:00"), ended_at=at("09:00"))
        with CaptureQueriesContext(connection) as asked:
            assert supervisor.get(LIST).status_code == 200
        counts.append(len(asked))
    assert counts[0] == counts[1]


def sent(floor, **fields):
    return {
        "shift_date": DAY.isoformat(),
        "shift": floor.shift.code,
        "line": floor.line.code,
        "minutes": 30,
        **fields,
    }


def post(browser, row):
    return browser.post(API, row, content_type="application/json")


def test_a_minimal_stop_is_created_and_read_back(floor, supervisor):
    answer = post(supervisor, sent(floor, reason="EQUIPMENT_FAILURE"))
    assert answer.status_code == 201, answer.json()
    shown = supervisor.get(f"{API}{answer.json()['id']}/").json()
    assert (shown["minutes"], shown["lost_line_minutes"], shown["treatment"]) == (30, 30, "LOSS")
    assert (shown["reason"], shown["root_cause"]) == ("EQUIPMENT_FAILURE", "MACHINE")


def test_the_api_takes_local_times(floor, supervisor):
    day = DAY.isoformat()
    times = {"started_at": f"{day}T08:00", "ended_at": f"{day}T08:45", "minutes": None}
    answer = post(supervisor, sent(floor, **times))
    assert answer.status_code == 201, answer.json()
    assert stored(floor).started_at == at("08:00")


def test_an_unknown_reason_is_said_by_its_code(floor, supervisor):
    answer = post(supervisor, sent(floor, reason="NOPE"))
    assert answer.json() == {"reason": ["Unknown downtime reason “NOPE”."]}


def test_stops_are_found_by_group_and_loss_class(floor, supervisor):
    with client_scope([floor.client]):
        make_stop(floor)
        make_stop(floor, reason=reason("MAINTENANCE"))
        make_stop(floor, reason=None)
    rows = supervisor.get(f"{API}?group=MACHINE&loss_class=BREAKDOWN").json()["results"]
    assert [row["reason"] for row in rows] == ["EQUIPMENT_FAILURE"]
    rows = supervisor.get(f"{API}?unassigned=true").json()["results"]
    assert [row["reason"] for row in rows] == [None]


def test_reasons_are_served_and_written_by_supervisors(floor, supervisor, member, signed_in):
    row = {"code": "NEEDLE", "name": "Needle", "parent": "MACHINE", "loss_class": "BREAKDOWN"}
    url = "/api/v1/downtime-reasons/"
    operator = signed_in(member(floor.client, role="OPERATOR"))
    assert operator.post(url, row, content_type="application/json").status_code == 403
    answer = supervisor.post(url, row, content_type="application/json")
    assert answer.status_code == 201, answer.json()
    shown = supervisor.get(f"{url}?is_group=true&page_size=200").json()["results"]
    assert len(shown) == 7
