"""“The same day” of an author ends with the local day of the entry or with the shift, whichever
is later. Nights of 21:00–06:00 in America/Matamoros, over both clock changes."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
import time_machine

from clients.models import User
from clients.scope import client_scope, current_scope
from production.models import ProductionEntry
from tests.plant.factories import make_line, make_shift

REFUSED = "Operators change their own rows on the day of entry only. Ask a supervisor."


def utc(text: str) -> datetime.datetime:
    return datetime.datetime.fromisoformat(text).replace(tzinfo=datetime.UTC)


@pytest.fixture
def operator(acme: Any, member: Any) -> User:
    return member(acme, role="OPERATOR")  # type: ignore[no-any-return]


def refusal(
    acme: Any, operator: User, hours: tuple[str, str], on: str, entered: str, now: str
) -> str:
    """What is said at `now` to the author of a row of that shift, entered then (both in UTC)."""
    with client_scope([acme], user=None):
        line, shift = make_line(acme), make_shift(acme, *hours)
        row = ProductionEntry(
            client=acme, line=line, shift=shift, shift_date=datetime.date.fromisoformat(on),
            total_units=5,
        )  # fmt: skip
        with time_machine.travel(utc(now), tick=False):
            ProductionEntry.prepare([row])
    with client_scope([acme], user=operator), time_machine.travel(utc(now), tick=False):
        row.created_by, row.created_at = operator, utc(entered)
        return row.refusal_to_edit(current_scope())


@pytest.mark.parametrize(
    ("hours", "on", "entered", "last", "first_refused"),
    [
        # Day shift, entered at noon: the local day ends at midnight, 06:00 UTC in winter.
        (("07:00", "17:00"), "2026-02-03", "2026-02-03T18:00", "2026-02-04T05:59",
         "2026-02-04T06:00"),
        # In summer the local midnight is 05:00 UTC.
        (("07:00", "17:00"), "2026-07-07", "2026-07-07T18:00", "2026-07-08T04:59",
         "2026-07-08T05:00"),
        # Night shift, entered at 22:00: the shift ends at 06:00, after midnight.
        (("21:00", "06:00"), "2026-02-03", "2026-02-04T04:00", "2026-02-04T11:59",
         "2026-02-04T12:00"),
        # Entered at 03:15: the local day of the entry ends long after the shift.
        (("21:00", "06:00"), "2026-01-31", "2026-02-01T09:15", "2026-02-02T05:59",
         "2026-02-02T06:00"),
        # Clocks go forward in this night: 06:00 is 11:00 UTC.
        (("21:00", "06:00"), "2026-03-07", "2026-03-08T04:00", "2026-03-08T10:59",
         "2026-03-08T11:00"),
        # Clocks go back: 06:00 is 12:00 UTC.
        (("21:00", "06:00"), "2026-10-31", "2026-11-01T03:00", "2026-11-01T11:59",
         "2026-11-01T12:00"),
        # Entered two days late: the day of the entry counts, not that of the shift.
        (("07:00", "17:00"), "2026-02-01", "2026-02-03T18:00", "2026-02-04T05:59",
         "2026-02-04T06:00"),
    ],
)  # fmt: skip
def test_the_day_of_an_author_ends(
    acme: Any, operator: User, hours: Any, on: str, entered: str, last: str, first_refused: str
) -> None:
    assert refusal(acme, operator, hours, on, entered, last) == ""
    assert refusal(acme, operator, hours, on, entered, first_refused) == REFUSED
