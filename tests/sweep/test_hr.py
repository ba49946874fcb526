"""What only people with the hr flag read of attendance: the absence types of closed shifts."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from django.utils import timezone

from attendance.models import AbsenceType
from clients.scope import client_scope
from plant.models import LineShift
from tests.sweep.test_marks import paths
from tests.sweep.world import PERIOD, World, body

CODE, NAME = "SECRET-ILLNESS", "Secret illness"
# What the list is filtered by: all types of the catalogue, which are everybody's.
SIDE_FILTER = re.compile(r'<search id="changelist-filter".*?</search>', re.DOTALL)
# Figures of absence, split by what is nobody's business.
FIGURES = ("absenteeism_gross", "absenteeism_net", "absence_hours", "absent_days")
SHOWN = ("absenteeism_gross", "bradford", "efficiency")


@pytest.fixture
def closed(world: World) -> World:
    """Somebody is ill in a closed shift. The type is no longer offered: it stands only there."""
    record = world.own["AttendanceRecord"]
    with client_scope([world.acme]):
        kinds = AbsenceType.objects.filter(pk=record.absence_type_id)
        kinds.update(code=CODE, name=NAME, active=False)
        place = LineShift.objects.filter(pk=record.line_shift_id)
        found = place.update(state="CLOSED", closed_at=timezone.now())
    assert found == 1
    return world


def asked(world: World) -> Iterator[str]:
    for path in paths(world, world.own, "H"):
        of_a_kpi = path.startswith(("/kpi/", "/api/v1/kpis/"))
        if "absence" in path.partition("?")[0] and not of_a_kpi:
            continue  # The catalogue of types is everybody's; who is away for them is not.
        if not of_a_kpi or any(f"/{key}/" in path for key in SHOWN):
            yield path
    for key in FIGURES:
        for page in (f"/kpi/{key}/", f"/kpi/{key}/rows/", f"/kpi/{key}/explain/"):
            yield f"{page}?{PERIOD}"
            yield f"{page}?{PERIOD}&by=absence_type"
            yield f"{page}?{PERIOD}&absence_type={CODE}&format=csv"
        yield f"/api/v1/kpis/{key}/?client=ACME&{PERIOD}&by=absence_type"
    yield f"/people/?{PERIOD}&absence_type={CODE}"


def leaking(world: World, letter: str) -> list[str]:
    browser = world.browser(letter)
    answers = {path: body(browser.get(path)) for path in dict.fromkeys(asked(world))}
    return [path for path, text in answers.items() if tells(path, SIDE_FILTER.sub("", text))]


def tells(path: str, text: str) -> bool:
    """Who typed the code into the address reads it again; the name only who may know it."""
    return NAME in text or (CODE in text and CODE not in path)


@pytest.mark.parametrize("letter", "VOS")
def test_types_of_closed_shifts_are_nowhere_without_the_flag(closed: World, letter: str) -> None:
    assert leaking(closed, letter) == []


def test_types_of_closed_shifts_are_there_with_the_flag(closed: World) -> None:
    found = leaking(closed, "H")
    key = closed.own["AttendanceRecord"].pk
    for path in (
        f"/api/v1/attendance-records/{key}/",
        f"/admin/attendance/attendancerecord/{key}/change/",
        f"/people/?{PERIOD}",
        f"/kpi/absence_hours/?{PERIOD}&by=absence_type",
    ):
        assert path in found
