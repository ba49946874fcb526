"""Orders, jobs and shipments as files, which the import takes back as the same rows."""

from __future__ import annotations

import pytest
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME

from clients.scope import client_scope
from plant.models import Job, Shipment, WorkOrder
from tests.imports.helpers import previewed
from tests.plant.factories import make_job, make_line, make_order, make_part, make_shipment

MODELS = {"work_order": WorkOrder, "job": Job, "shipment": Shipment}
by_entity = pytest.mark.parametrize("entity", MODELS)


@pytest.fixture
def rows(acme):
    with client_scope([acme]):
        order = make_order(
            acme, number="WO-1", line=make_line(acme, code="L1"), priority="URGENT",
            promised_date="2025-12-12", customer_po="=1+1", notes="two; three, \"four\"",
        )  # fmt: skip
        make_order(acme, number="WO-2")
        job = make_job(order, part=make_part(acme, code="BOOT"), customer_job_number="-7")
        make_shipment(order, job=job, reference="T1", received_date="2025-12-09")
        make_shipment(order, quantity=1, reference="@2")
    return acme


def exported(browser, client, model, action):
    with client_scope([client]):
        keys = list(model.objects.values_list("pk", flat=True))
    path = f"/admin/plant/{model._meta.model_name}/"
    return browser.post(path, {"action": action, ACTION_CHECKBOX_NAME: keys})


@by_entity
@pytest.mark.parametrize("action", ["export_csv", "export_xlsx"])
@pytest.mark.parametrize("language", ["en", "es"])
def test_what_goes_out_comes_back_as_the_same(rows, member, signed_in, entity, action, language):
    user = member(rows)
    user.language = language
    user.save()
    file = exported(signed_in(user), rows, MODELS[entity], action)
    assert file.status_code == 200
    back = previewed(rows, file.content, entity)
    count = 1 if entity == "job" else 2
    assert (back.rows_same, back.rows_new, back.rows_changed, back.rows_rejected) == (
        count, 0, 0, 0,
    )  # fmt: skip


def test_a_spreadsheet_runs_nothing_of_it(rows, member, signed_in):
    file = exported(signed_in(member(rows, role="OPERATOR")), rows, WorkOrder, "export_csv")
    assert ",'=1+1," in file.content.decode("utf-8-sig")
    name = file.headers["Content-Disposition"]
    assert name.startswith('attachment; filename="kpi_ops_ACME_workorder_2')


def test_who_works_for_two_gets_the_client_of_each_row(rows, acme_2, member, signed_in):
    with client_scope([acme_2]):
        other = make_order(acme_2, number="Z-1")
    browser = signed_in(member(rows, acme_2))
    values = {"action": "export_csv", ACTION_CHECKBOX_NAME: [other.pk]}
    file = browser.post("/admin/plant/workorder/", values)
    first = file.content.decode("utf-8-sig").splitlines()
    assert (first[0].split(",")[:2], first[1].split(",")[:2]) == (
        ["client", "number"], ["ACME-2", "Z-1"],
    )  # fmt: skip
    assert "ACME" not in file.headers["Content-Disposition"]


def test_a_foreign_row_is_in_no_file(rows, acme_2, member, signed_in):
    with client_scope([acme_2]):
        foreign = make_order(acme_2, number="ZEBRA-1")
    values = {"action": "export_csv", ACTION_CHECKBOX_NAME: [foreign.pk]}
    assert signed_in(member(rows)).post("/admin/plant/workorder/", values).status_code == 404
