"""Inspections and defects through the admin and the API."""

from __future__ import annotations

import pytest
from django.contrib.messages import get_messages
from django.db import connection
from django.test.utils import CaptureQueriesContext

from clients.scope import client_scope
from quality.models import Defect, QualityInspection
from tests.production.factories import DAY, make_floor
from tests.quality.factories import defect_type, make_defect, make_inspection
from tests.standing import standing

ADD = "/admin/quality/qualityinspection/add/"
LIST = "/admin/quality/qualityinspection/"
API = "/api/v1/quality-inspections/"


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
        "work_order": floor.order.pk,
        "job": floor.job.pk,
        "stage": "FINAL",
        "is_first_pass": "on",
        "units_inspected": "180",
        "units_defective": "9",
        "opened_for": floor.client.code,
        "defects-TOTAL_FORMS": "0",
        "defects-INITIAL_FORMS": "0",
        **fields,
    }


def defects(floor, *quantities):
    with client_scope([floor.client]):
        kinds = [defect_type(code).pk for code in ("BURR", "CONTAM")]
    fields = {"defects-TOTAL_FORMS": str(len(quantities))}
    for n, (kind, quantity) in enumerate(zip(kinds, quantities, strict=False)):
        fields |= {
            f"defects-{n}-defect_type": kind,
            f"defects-{n}-quantity": quantity,
            f"defects-{n}-root_cause": "UNKNOWN",
        }
    return fields


def stored(floor):
    with client_scope([floor.client]):
        return QualityInspection.objects.get()


def test_an_inspection_is_entered_with_its_defects(floor, supervisor):
    answer = supervisor.post(ADD, typed(floor, **defects(floor, "5", "6")))
    assert answer.status_code == 302, answer.context["adminform"].form.errors
    row = stored(floor)
    assert (row.units_passed, row.opportunities_per_unit) == (171, 47)
    with client_scope([floor.client]):
        told = Defect.objects.order_by("quantity").values_list("quantity", "severity")
        assert list(told) == [(5, "MAJOR"), (6, "MAJOR")]


def test_details_that_do_not_add_up_are_said_after_the_save(floor, supervisor):
    answer = supervisor.post(ADD, typed(floor, defects_total="11", **defects(floor, "5")))
    told = [str(message) for message in get_messages(answer.wsgi_request)]
    assert "The details add up to 5 defects, the inspection says 11." in told


def test_errors_are_sentences_in_their_fields(floor, supervisor):
    answer = supervisor.post(ADD, typed(floor, units_passed="175"))
    errors = answer.context["adminform"].form.errors
    assert errors == {"units_defective": ["Passed and defective exceed inspected."]}


def test_one_type_twice_in_a_form_is_refused_and_nothing_is_stored(floor, supervisor):
    fields = defects(floor, "5", "6")
    fields["defects-1-defect_type"] = fields["defects-0-defect_type"]
    answer = supervisor.post(ADD, typed(floor, **fields))
    assert answer.status_code == 200
    with client_scope([floor.client]):
        assert (QualityInspection.objects.count(), Defect.objects.count()) == (0, 0)


def test_the_form_shows_the_stamps_in_words(floor, supervisor):
    with client_scope([floor.client]):
        row = make_inspection(floor)
        make_defect(row)
    page = supervisor.get(f"{LIST}{row.pk}/change/").content.decode()
    assert "47, by the Part" in page
    assert "0.025 h, standard of the part" in page


def test_lists_cost_the_same_with_one_row_and_with_three(floor, supervisor):
    for url in (LIST, "/admin/quality/defect/"):
        counts = []
        for more in (1, 2):
            with client_scope([floor.client]):
                for _ in range(more):
                    make_defect(make_inspection(floor))
            with CaptureQueriesContext(connection) as asked:
                assert supervisor.get(url).status_code == 200
            counts.append(len(asked))
        assert counts[0] == counts[1]


def post(browser, url, row):
    return browser.post(url, row, content_type="application/json")


def sent(floor, **fields):
    return {
        "shift_date": DAY.isoformat(),
        "shift": floor.shift.code,
        "line": floor.line.code,
        "units_inspected": 180,
        "units_defective": 9,
        **fields,
    }


def test_a_minimal_inspection_is_created_and_read_back(floor, supervisor):
    answer = post(supervisor, API, sent(floor, job=floor.job.code))
    assert answer.status_code == 201, answer.json()
    shown = supervisor.get(f"{API}{answer.json()['id']}/").json()
    assert (shown["units_passed"], shown["defects_total"]) == (171, 9)
    assert (shown["opportunities_per_unit"], shown["opportunities_source"]) == (47, "PART")


def test_the_api_says_the_sentences_of_the_form(floor, supervisor):
    answer = post(supervisor, API, sent(floor, units_rework=9, units_scrapped=1))
    assert answer.json() == {"units_defective": ["Dispositions exceed defective units."]}


def test_a_defect_is_written_on_its_inspection(floor, supervisor):
    with client_scope([floor.client]):
        of = make_inspection(floor)
    row = {"inspection": of.pk, "defect_type": "BURR", "quantity": 3}
    answer = post(supervisor, "/api/v1/defects/", row)
    assert answer.status_code == 201, answer.json()
    assert answer.json()["severity"] == "MAJOR"
    found = supervisor.get(f"/api/v1/defects/?shift_date={DAY.isoformat()}").json()["results"]
    assert [each["quantity"] for each in found] == [3]


def test_creating_an_inspection_costs_few_queries(floor, supervisor):
    row = sent(floor, line=floor.line.code, work_order=floor.order.number, job=floor.job.code)
    post(supervisor, API, row)
    with CaptureQueriesContext(connection) as asked:
        assert post(supervisor, API, row).status_code == 201
    brackets = ("SAVEPOINT", "RELEASE")
    assert len([each for each in asked if not each["sql"].startswith(brackets)]) <= 13


def test_a_foreign_inspection_is_an_unknown_one(floor, supervisor, acme_2):
    with client_scope([acme_2]):
        foreign = make_inspection(make_floor(acme_2))
    row = {"inspection": foreign.pk, "defect_type": "BURR", "quantity": 3}
    said = [post(supervisor, "/api/v1/defects/", row).json()]
    said.append(post(supervisor, "/api/v1/defects/", {**row, "inspection": 999_999}).json())
    assert said[0] == {"inspection": [f"Unknown quality inspection “{foreign.pk}”."]}
    assert said[1] == {"inspection": ["Unknown quality inspection “999999”."]}


def test_verifying_takes_the_quality_flag_or_a_supervisor(floor, member, signed_in):
    with client_scope([floor.client]):
        row = make_inspection(floor)
    url = f"{API}{row.pk}/verify/"
    plain = signed_in(member(floor.client, role="OPERATOR"))
    assert post(plain, url, {}).status_code == 403
    inspector = signed_in(member(floor.client, role="OPERATOR", quality=True))
    assert post(inspector, url, {}).status_code == 200
    assert stored(floor).verified_at is not None
