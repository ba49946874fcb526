"""Corrections by the roster: the read-back asks for the reason where one is needed."""

from __future__ import annotations

from typing import Any

import pytest

from attendance.models import AttendanceRecord
from clients.models import AuditEntry
from clients.scope import client_scope
from plant.models import LineShift
from tests.entry.conftest import Plant, opened
from tests.staffing.factories import make_absence

pytestmark = pytest.mark.django_db
REASON = 'name="change_reason"'


def lock(boots: Plant, state: str, by: Any) -> AttendanceRecord:
    with client_scope([boots.client]):
        row = make_absence(boots)
        if state == "verified":
            row.verify(by=by)
        if state == "closed":
            LineShift.objects.get(pk=row.line_shift_id).close(by=by)
    return row


def notes(boots: Plant) -> str:
    with client_scope([boots.client]):
        return AttendanceRecord.objects.get().notes


def test_an_open_shift_asks_for_none(boots: Plant, supervisor: Any, member: Any) -> None:
    lock(boots, "open", None)
    read_back = (
        opened(supervisor, boots).type(boots.person, notes="came at noon").press("read-back")
    )
    assert REASON not in read_back.html
    read_back.press("confirm")
    assert notes(boots) == "came at noon"


@pytest.mark.parametrize("state", ["verified", "closed"])
def test_the_read_back_asks_for_the_reason(
    boots: Plant, supervisor: Any, member: Any, state: str
) -> None:
    lock(boots, state, member(boots.client))
    read_back = (
        opened(supervisor, boots).type(boots.person, notes="came at noon").press("read-back")
    )
    assert REASON in read_back.html
    refused = read_back.press("confirm", change_reason=" ")
    why = "This row is verified." if state == "verified" else "The shift is closed."
    assert refused.errors(boots.person)[0].endswith(f"{why} Give a reason for the change.")
    assert notes(boots) == ""
    again = refused.press("read-back")
    again.press("confirm", change_reason="the line leader said so")
    assert notes(boots) == "came at noon"
    with client_scope([boots.client]):
        assert AttendanceRecord.objects.get().verified_at is None
        changed = AuditEntry.objects.filter(
            table_name="attendance_attendancerecord", action="UPDATE"
        ).first()
    assert changed is not None
    assert (changed.reason, changed.actor_name) == ("the line leader said so", "sonia")
