"""AC-03 and AC-04 on the roster: an absence covered and uncovered, a floater booked twice."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client as Browser

from clients.models import User
from clients.scope import client_scope
from kpis.engine import evaluate
from kpis.periods import Period
from plant.models import Employee
from staffing.models import ShiftCoverage
from tests.entry.browser import Sheet
from tests.entry.conftest import Plant, opened
from tests.staffing.factories import DAY, make_coverage

pytestmark = pytest.mark.django_db


def figures(plant: Plant) -> dict[str, str]:
    with client_scope([plant.client]):
        keys = ["absenteeism_gross", "absenteeism_net"]
        found = evaluate(keys, [plant.client.pk], Period.days(DAY, DAY))
    return {each.key: each.display for each in found}


def saved(sheet: Sheet) -> Sheet:
    return sheet.press("all").press("read-back").press("confirm")


def test_ac_03_a_covered_absence_counts_gross_and_not_net(
    boots: Plant, floater: Employee, sheet: Sheet
) -> None:
    """One of three absent: 9 of 27 h; the floater makes up all of them."""
    assert saved(sheet.type(boots.person, mark="ABSENT", covered_by="EMP-015")).status == 302
    assert figures(boots) == {"absenteeism_gross": "33.33", "absenteeism_net": "0.00"}


def test_ac_03_an_uncovered_absence_counts_gross_and_net(boots: Plant, sheet: Sheet) -> None:
    assert saved(sheet.type(boots.person, mark="ABSENT")).status == 302
    assert figures(boots) == {"absenteeism_gross": "33.33", "absenteeism_net": "33.33"}


def refused(browser: Browser, plant: Plant) -> list[str]:
    sheet = opened(browser, plant).type(plant.person, mark="ABSENT", covered_by="EMP-015")
    return sheet.press("read-back").errors(plant.person)


def test_ac_04_covered_by_books_nobody_twice(
    boots: Plant, socks: Plant, floater: Employee,
    member: Callable[..., User], signed_in: Callable[..., Browser],
) -> None:  # fmt: skip
    make_coverage(boots, floater)
    of_both = signed_in(member(boots.client, socks.client))
    of_socks = signed_in(member(socks.client))
    assert refused(of_both, socks) == ["EMP-015 is assigned to ACME, L1, 07:00–17:00."]
    assert refused(of_socks, socks) == ["EMP-015 is already assigned in this period."]
    with client_scope([socks.client]):
        assert ShiftCoverage.objects.count() == 0


def test_ac_04_another_shift_of_the_same_day_is_accepted(
    boots: Plant, socks: Plant, floater: Employee,
    member: Callable[..., User], signed_in: Callable[..., Browser],
) -> None:  # fmt: skip
    make_coverage(boots, floater)
    night = opened(signed_in(member(socks.client)), socks, shift="2ND")
    night.type(socks.person, mark="ABSENT", covered_by="EMP-015")
    assert night.press("read-back").press("confirm").status == 302
    with client_scope([socks.client]):
        assert ShiftCoverage.objects.get().covers.employee.code == "EMP-103"
