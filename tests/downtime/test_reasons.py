"""The catalogue of reasons that each client starts with, and its two levels."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from clients.constraints import sentence_for
from clients.scope import client_scope
from downtime.models import DowntimeReason
from downtime.warnings import too_many_reasons
from tests.downtime.factories import reason

STARTER = [
    ("EQUIPMENT_FAILURE", "MACHINE", "BREAKDOWN", False, "UNPLANNED", "MACHINE"),
    ("MAINTENANCE", "MACHINE", "PLANNED_STOP", True, "PLANNED", "MACHINE"),
    ("MATERIAL_SHORTAGE", "MATERIAL", "MATERIAL", False, "UNPLANNED", "MATERIALS"),
    ("SETUP_CHANGEOVER", "SCHEDULE", "SETUP", True, "PLANNED", "SCHEDULING"),
    ("LACK_OF_ORDERS", "SCHEDULE", "NO_ORDERS", False, "SCHEDULE", "SCHEDULING"),
    ("MISSING_SPECIFICATION", "SCHEDULE", "INFORMATION", False, "UNPLANNED", "SCHEDULING"),
    ("QUALITY_HOLD", "QUALITY", "QUALITY", False, "UNPLANNED", "OTHER"),
    ("OPERATOR_UNAVAILABLE", "PEOPLE", "PEOPLE", False, "UNPLANNED", "ATTENDANCE"),
    ("POWER_OUTAGE", "UTILITIES", "UTILITIES", False, "UNPLANNED", "OTHER"),
    ("OTHER", "OTHER_GROUP", "OTHER", False, "UNPLANNED", "OTHER"),
]


def test_a_new_client_has_the_starter_reasons(in_acme):
    rows = DowntimeReason.objects.reasons().select_related("parent")
    assert [
        (r.code, r.parent.code, r.loss_class, r.planned, r.stop_group, r.root_cause) for r in rows
    ] == STARTER
    assert all(row.counts_in_availability for row in rows)


def test_groups_are_the_first_level(in_acme):
    groups = DowntimeReason.objects.groups()
    assert [(group.code, group.name) for group in groups] == [
        ("MACHINE", "Machine"),
        ("MATERIAL", "Material"),
        ("SCHEDULE", "Schedule"),
        ("QUALITY", "Quality"),
        ("PEOPLE", "People"),
        ("UTILITIES", "Utilities"),
        ("OTHER_GROUP", "Other"),
    ]


def test_each_client_changes_its_own_catalogue(acme, acme_2):
    with client_scope([acme]):
        DowntimeReason.objects.filter(code="OTHER").update(name="Ours")
    with client_scope([acme_2]):
        assert reason("OTHER").name == "Other"
        assert DowntimeReason.objects.count() == 17


def test_there_is_no_third_level(in_acme):
    row = DowntimeReason(
        client=in_acme, code="NEEDLE", name="Needle", parent=reason("OTHER"), loss_class="OTHER"
    )
    with pytest.raises(ValidationError) as refused:
        row.full_clean()
    assert refused.value.message_dict == {"parent": ["Reasons have at most two levels."]}


def test_a_group_with_reasons_does_not_go_under_another(in_acme):
    row = reason("MACHINE")
    row.parent, row.loss_class = reason("QUALITY"), "OTHER"
    with pytest.raises(ValidationError) as refused:
        row.full_clean()
    assert refused.value.message_dict == {"parent": ["Reasons have at most two levels."]}


def test_a_reason_has_a_loss_class(in_acme):
    fields = {"client": in_acme, "code": "NEEDLE", "name": "Needle", "parent": reason("MACHINE")}
    with pytest.raises(ValidationError) as refused:
        DowntimeReason(**fields).full_clean()
    assert refused.value.message_dict == {"loss_class": ["Give the loss class of this reason."]}
    with pytest.raises(IntegrityError) as stopped, transaction.atomic():
        DowntimeReason.objects.bulk_create([DowntimeReason(**fields)])
    assert sentence_for(stopped.value).messages == ["Give the loss class of this reason."]


def test_a_code_is_used_once_whatever_its_case(in_acme):
    row = DowntimeReason(client=in_acme, code=" other ", name="Again")
    with pytest.raises(ValidationError) as refused:
        row.full_clean()
    assert refused.value.message_dict["__all__"] == ["This code is already in use."]


def test_more_than_25_active_reasons_are_too_many(in_acme):
    parent = reason("MACHINE")
    fields = {"client": in_acme, "parent": parent, "loss_class": "BREAKDOWN"}
    rows = [DowntimeReason(code=f"R{n}", name=f"Reason {n}", **fields) for n in range(15)]
    DowntimeReason.objects.bulk_create(rows)
    assert too_many_reasons(rows) == []
    rows = DowntimeReason.objects.bulk_create([DowntimeReason(code="R15", name="15", **fields)])
    assert too_many_reasons(rows) == ["26 active reasons: more than 25 are hard to choose from."]
