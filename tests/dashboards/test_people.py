"""The page of people: who reads which part of it, and figures that are those of every page."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext

from clients.models import Client
from clients.scope import client_scope
from plant.models import Employee
from tests.dashboards.conftest import DAYS, PERIOD, Plant, fill, text
from tests.kpis.people import all_present, make_crew, make_floaters, mark, require, send
from tests.plant.factories import make_assignment, make_employee, make_line
from tests.standing import standing

PAGE = "/people/"
NOON = datetime.datetime(2025, 12, 4, 18, tzinfo=datetime.UTC)  # 12:00 in Matamoros


@dataclass
class Staffed:
    plant: Plant
    crew: list[Employee]
    floaters: list[Employee]

    @property
    def address(self) -> str:
        return f"{PAGE}?{self.plant.address}"


@standing
def staffed(plant: Plant) -> Staffed:
    """Two of ten are absent on Wednesday, one of them covered; the other floater is idle."""
    floor = plant.floor
    with client_scope([plant.client]):
        crew, floaters = make_crew(floor), make_floaters()
        require(floor, 10)
        Employee.objects.filter(pk=crew[0].pk).update(full_name="Lucía Nuño")
        for day in (DAYS[0], DAYS[2]):
            all_present(floor, crew, day)
        all_present(floor, crew[2:], DAYS[1])
        covered = mark(floor, crew[0], "ABSENT", shift_date=DAYS[1])
        mark(floor, crew[1], "ABSENT", shift_date=DAYS[1], absence="MEDICAL_LEAVE")
        send(floor, floaters[0], shift_date=DAYS[1], covers=covered)
        send(floor, floaters[1], shift_date=DAYS[1])
    return Staffed(plant, crew, floaters)


@pytest.fixture
def as_role(staffed: Staffed, member: Any, signed_in: Any) -> Callable[..., str]:
    """The text of the page, as somebody of this role reads it."""

    def text(role: str, **flags: Any) -> str:
        browser = signed_in(member(staffed.plant.client, role=role, **flags))
        answer = browser.get(staffed.address)
        assert answer.status_code == 200
        return answer.content.decode()

    return text


def row_of(answer: Any, code: str) -> dict[str, str]:
    """The figures of a line, by key."""
    rows = [each for each in answer.context["places"] if each.groups]
    (row,) = [each for each in rows if each.groups[0].code == code]
    return {cell.figure.key: cell.figure.display for cell in row.cells if cell}


def test_absence_and_heads_by_line_and_shift(staffed: Staffed, viewer: Browser) -> None:
    found = row_of(viewer.get(staffed.address), staffed.plant.floor.line.code)
    assert found == {
        "absenteeism_gross": "6.67",
        "absenteeism_net": "3.33",
        "staffing": "100.00",
        "required_heads": "30",
        "present_heads": "30",
        "scheduled_hours": "270.00",
        "absence_hours": "18.00",
        "covered_hours": "9.00",
        "floater_hours": "18.00",
    }


def test_the_total_is_the_sum_over_the_sums(staffed: Staffed, viewer: Browser) -> None:
    floor = staffed.plant.floor
    with client_scope([staffed.plant.client]):
        second = make_line(staffed.plant.client, code="L2", stations=10)
        (person,) = [make_employee(staffed.plant.client)]
        make_assignment(person, second, shift=floor.shift)
        mark(floor, person, "ABSENT", shift_date=DAYS[0], line=second)
    answer = viewer.get(staffed.address)
    (total,) = [each for each in answer.context["places"] if not each.groups]
    assert total.cells[0].figure.numerator == 27
    assert total.cells[0].figure.denominator == 279


def test_labour_hours_by_class(staffed: Staffed, viewer: Browser) -> None:
    *_classes, total = viewer.get(staffed.address).context["tiers"]
    shown = {cell.figure.key: cell.figure.display for cell in total.cells if cell}
    assert (shown["actual_hours"], shown["unsplit_hours"]) == ("252.00", "252.00")


def test_a_viewer_reads_neither_names_nor_codes_nor_types(as_role: Any, staffed: Staffed) -> None:
    with time_machine.travel(NOON, tick=False):
        text = as_role("VIEWER")
    assert "2 of 2 are free" in text
    for hidden in ("Lucía Nuño", staffed.crew[0].code, staffed.floaters[0].code, "/pool/"):
        assert hidden not in text
    for hidden in ("Bradford", "Away often", "Medical leave"):
        assert hidden not in text


def test_a_supervisor_reads_the_floaters(as_role: Any, staffed: Staffed) -> None:
    with time_machine.travel(NOON, tick=False):
        text = as_role("SUPERVISOR")
    assert staffed.floaters[0].code in text
    assert "/pool/?client=ACME&amp;date=2025-12-04" in text
    assert "Not confirmed within a day" in text
    for hidden in ("Bradford", "Away often", "Medical leave", "Lucía Nuño"):
        assert hidden not in text


def test_a_bar_of_a_floater_leads_to_the_hours_of_that_floater(
    staffed: Staffed, member: Any, signed_in: Any
) -> None:
    """Both were there for nine hours; people of the pool belong to no client."""
    browser = signed_in(member(staffed.plant.client, role="SUPERVISOR"))
    page = text(browser, f"/kpi/floater_hours/?{staffed.plant.address}&by=employee")
    links = re.findall(r'href="(/kpi/floater_hours/[^"]*employee=[^"]*)"', page)
    codes = [each.code for each in staffed.floaters]
    assert sorted({link.rpartition("=")[2] for link in links}) == sorted(codes)
    for link in links:
        narrowed = browser.get(link.replace("&amp;", "&"))
        assert narrowed.status_code == 200
        assert narrowed.context["figure"].display == "9.00"


def test_iso_027_hr_reads_who_is_away_often(as_role: Any, staffed: Staffed) -> None:
    """Two of the ten were absent on one of three days: 33.33 %, one spell, one day."""
    text = as_role("SUPERVISOR", hr=True)
    assert "Bradford factor" in text
    assert "Medical leave" in text
    assert "Lucía Nuño" in text


def test_iso_027_absences_at_another_client_do_not_count(
    staffed: Staffed, acme_2: Client, member: Any, signed_in: Any
) -> None:
    with client_scope([acme_2]):
        floor = fill(acme_2)
        (person,) = make_crew(floor, 1)
        mark(floor, person, "ABSENT", shift_date=DAYS[1])
    hr = signed_in(member(staffed.plant.client, acme_2, role="MANAGER", hr=True))
    answer = hr.get(staffed.address)
    codes = [each.code for each in answer.context["chronic"]]
    assert codes == sorted(each.code for each in staffed.crew[:2])
    assert [each.figure.display for each in answer.context["chronic"]] == ["33.33", "33.33"]
    assert [each.figure.display for each in answer.context["bradford"]] == ["1", "1"]


@pytest.mark.parametrize("page", ["/overview/", "/people/", "/kpi/absenteeism_gross/"])
def test_no_address_asks_a_viewer_for_a_name(staffed: Staffed, viewer: Browser, page: str) -> None:
    """Not as a filter either: its chip would say whose code that is."""
    code = staffed.crew[0].code
    answer = viewer.get(f"{page}?{staffed.plant.address}&employee={code}")
    unknown = viewer.get(f"{page}?{staffed.plant.address}&employee=NOBODY")
    assert "Lucía Nuño" not in answer.content.decode()
    assert (answer.status_code, unknown.status_code) == (200, 200)


@pytest.mark.parametrize(("role", "is_there"), [("VIEWER", False), ("OPERATOR", True)])
def test_rows_say_whose_they_are_to_those_who_read_names(
    staffed: Staffed, member: Any, signed_in: Any, role: str, is_there: bool
) -> None:
    browser = signed_in(member(staffed.plant.client, role=role))
    address = f"/kpi/absence_hours/rows/?{staffed.plant.address}"
    page = browser.get(address).content.decode()
    file = browser.get(f"{address}&format=csv").getvalue().decode()
    for told in (page, file):
        assert "2025-12-03" in told
        assert (staffed.crew[0].code in told) is is_there


@pytest.mark.parametrize(
    ("role", "flags", "by", "status"),
    [
        ("OPERATOR", {}, "employee", 400),
        ("SUPERVISOR", {}, "employee", 200),
        ("SUPERVISOR", {}, "absence_type", 400),
        ("SUPERVISOR", {"hr": True}, "absence_type", 200),
    ],
)
def test_who_splits_absence_by_what(
    staffed: Staffed, member: Any, signed_in: Any, role: str, flags: Any, by: str, status: int
) -> None:
    browser = signed_in(member(staffed.plant.client, role=role, **flags))
    answer = browser.get(f"/kpi/absence_hours/?{staffed.plant.address}&by={by}")
    assert answer.status_code == status


@pytest.mark.parametrize(
    ("client", "status"), [("&client=ACME", 200), ("", 400), ("&client=ACME-2", 400)]
)
def test_over_several_clients_the_weakest_role_decides(
    staffed: Staffed, acme_2: Client, member: Any, signed_in: Any, client: str, status: int
) -> None:
    """Absence types are for HR here; the same person is no HR there."""
    user = member(staffed.plant.client, role="SUPERVISOR", hr=True)
    user.memberships.create(client=acme_2, role="SUPERVISOR", valid=("2020-01-01", None))
    path = f"/api/v1/kpis/absence_hours/?{PERIOD}&by=absence_type{client}"
    assert signed_in(user).get(path).status_code == status


def test_the_portfolio_compares_efficiency_and_absence(
    staffed: Staffed, other: Plant, manager_of_both: Browser
) -> None:
    rows = manager_of_both.get(f"/?{PERIOD}").context["rows"]
    (acme,) = [each for each in rows if each.client.code == "ACME"]
    assert acme.figure("efficiency").numerator == 240
    assert acme.figure("absenteeism_net").display == "3.33"


def test_the_page_costs_the_same_for_one_line_and_for_three(
    staffed: Staffed, viewer: Browser
) -> None:
    viewer.get(staffed.address)
    with CaptureQueriesContext(connection) as before:
        viewer.get(staffed.address)
    floor, client = staffed.plant.floor, staffed.plant.client
    with client_scope([client]):
        for code in ("L2", "L3"):
            line = make_line(client, code=code, stations=10)
            person = make_employee(client)
            make_assignment(person, line, shift=floor.shift)
            mark(floor, person, "ABSENT", shift_date=DAYS[0], line=line)
    with CaptureQueriesContext(connection) as after:
        viewer.get(staffed.address)
    assert len(after) == len(before)
    assert len(after) <= 40


def test_the_bradford_page_names_its_people(staffed: Staffed, member: Any, signed_in: Any) -> None:
    browser = signed_in(member(staffed.plant.client, role="SUPERVISOR", hr=True))
    answer = browser.get(f"/kpi/bradford/?{staffed.plant.address}")
    titles = [card.title for card in answer.context["cards"]]
    assert titles[0].startswith("By employee")
    assert staffed.crew[0].code in answer.content.decode()


def test_the_bradford_factor_of_one_person_is_of_52_weeks_on_every_page(
    staffed: Staffed, member: Any, signed_in: Any
) -> None:
    """Away on Wednesday and, four weeks before the days of the page, on a Wednesday: 2² × 2 = 8."""
    before = datetime.date(2025, 11, 5)
    with client_scope([staffed.plant.client]):
        mark(staffed.plant.floor, staffed.crew[0], "ABSENT", shift_date=before)
    browser = signed_in(member(staffed.plant.client, role="SUPERVISOR", hr=True))
    asked = f"?{staffed.plant.address}&employee={staffed.crew[0].code}"
    page = browser.get(f"/kpi/bradford/{asked}").context
    assert (page["figure"].value, page["tile"].against) == (8, "the 364 days before")
    for part in ("explain", "rows"):
        assert browser.get(f"/kpi/bradford/{part}/{asked}").context["explained"].figure.value == 8
    file = browser.get(f"/kpi/bradford/rows/{asked}&format=csv")
    assert "_2024-12-06_2025-12-04.csv" in file.headers["Content-Disposition"]


@pytest.mark.parametrize(("flags", "cards"), [({}, 0), ({"hr": True}, 1)])
def test_causes_of_absence_are_drawn_for_hr_alone(
    staffed: Staffed, member: Any, signed_in: Any, flags: Any, cards: int
) -> None:
    browser = signed_in(member(staffed.plant.client, role="SUPERVISOR", **flags))
    answer = browser.get(f"/kpi/absenteeism_gross/?{staffed.plant.address}")
    titles = [card.title for card in answer.context["cards"]]
    assert titles.count("Hours absent by absence type") == cards
