"""Machines of the lines."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError

from clients.scope import client_scope
from machines.models import Machine
from tests.plant.factories import make_line


def make_machine(client, **fields) -> Machine:
    row = Machine(client=client, **{"code": "M-01", "name": "Press 1", **fields})
    row.full_clean()
    row.save()
    return row


def test_a_machine_is_active_and_may_be_shared_between_lines(in_acme):
    machine = make_machine(in_acme)

    assert (machine.status, machine.line, machine.retired_refusal) == ("ACTIVE", None, "")


def test_a_retired_machine_is_not_offered_and_says_why(in_acme):
    make_machine(in_acme, code="M-01")
    make_machine(in_acme, code="M-02", status="MAINTENANCE")
    retired = make_machine(in_acme, code="M-03", status="RETIRED")

    assert [each.code for each in Machine.objects.offered()] == ["M-01", "M-02"]
    assert retired.retired_refusal == "M-03 is retired."


def test_a_machine_code_is_taken_once(in_acme):
    make_machine(in_acme)

    with pytest.raises(ValidationError, match=r"This machine code exists already\."):
        make_machine(in_acme)


def test_a_cycle_is_above_zero(in_acme):
    with pytest.raises(ValidationError, match=r"Hours per unit must be above zero\."):
        make_machine(in_acme, ideal_cycle_hours_per_unit=Decimal(0))


def test_a_machine_stands_on_a_line_of_its_client(acme, acme_2):
    with client_scope([acme_2]):
        foreign = make_line(acme_2)
    with client_scope([acme]), pytest.raises(ValidationError, match="Unknown line"):
        make_machine(acme, line=foreign)
