"""The Bradford factor: spells and days by hand, and nobody without the hr flag sees it."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client as Browser

from attendance.bradford import Band, band_of
from attendance.chronic import chronic
from clients.models import Client, Membership, User
from clients.scope import client_scope, entered, scope_of
from kpis.engine import NotOffered, evaluate
from kpis.figures import Figure
from kpis.periods import Period
from kpis.registry import UnknownKey, catalogue
from plant.models import CalendarDay
from tests.kpis.people import make_crew, make_floaters, mark, send
from tests.plant.factories import make_assignment, make_employee, make_shift
from tests.production.factories import Floor, make_floor, saved
from tests.standing import standing

D = Decimal
MONDAY = datetime.date(2025, 12, 1)
LAST = datetime.date(2025, 12, 31)

Member = Callable[..., User]
SignIn = Callable[[User], Browser]


def day(number: int) -> datetime.date:
    """Working day 0 is Monday, 1 December 2025; 5 is the Monday after."""
    return MONDAY + datetime.timedelta(days=number // 5 * 7 + number % 5)


def bradford(floor: Floor, last: datetime.date = LAST) -> dict[str, Figure]:
    found = evaluate(["bradford"], [floor.client.pk], Period.days(last, last), by="employee")
    return {each.by[0].code: each for each in found}


def points(floor: Floor, spells: list[list[int]], **fields: Any) -> Decimal | None:
    """Of one person who was away on these working days."""
    (person,) = make_crew(floor, 1)
    for number in (number for spell in spells for number in spell):
        mark(floor, person, "ABSENT", shift_date=day(number), **fields)
    found = bradford(floor).get(person.code)
    return found.value if found else None


@pytest.mark.parametrize(
    ("spells", "expected"),
    [
        ([[0], [2, 3], [6, 7]], 45),
        ([list(range(10))], 10),
        ([[0], [2], [5], [8], [11]], 125),
        ([[0], [2], [4], [6], [8, 9], [11, 12]], 288),
        ([list(range(5))], 5),
    ],
)
def test_spells_squared_times_days(floor: Floor, spells: list[list[int]], expected: int) -> None:
    assert points(floor, spells) == expected


def test_thursday_friday_and_monday_are_one_spell_of_three_days(floor: Floor) -> None:
    (person,) = make_crew(floor, 1)
    for number in (3, 4, 5):
        mark(floor, person, "ABSENT", shift_date=day(number))

    found = bradford(floor)[person.code]

    assert found.value == 3
    assert found.notes == (
        "1 spell, 3 days in 52 weeks: 1² × 3 = 3, low.", "A prompt for a talk, not a verdict.",
    )  # fmt: skip


def test_friday_and_monday_are_one_spell(floor: Floor) -> None:
    assert points(floor, [[4, 5]]) == 2


def test_a_holiday_between_does_not_split_a_spell(floor: Floor) -> None:
    saved(CalendarDay(client=floor.client, date=day(2), kind="HOLIDAY", name="Fiesta"))

    assert points(floor, [[1, 3]]) == 2


def test_a_working_day_between_splits_it(floor: Floor) -> None:
    assert points(floor, [[1, 3]]) == 8


def test_vacation_inside_does_not_split_it_and_does_not_count(floor: Floor) -> None:
    (person,) = make_crew(floor, 1)
    mark(floor, person, "ABSENT", shift_date=day(1))
    mark(floor, person, "ABSENT", shift_date=day(2), absence="VACATION")
    mark(floor, person, "ABSENT", shift_date=day(3))

    assert bradford(floor)[person.code].value == 2


def test_late_and_half_days_do_not_count(floor: Floor) -> None:
    (person,) = make_crew(floor, 1)
    mark(floor, person, "ABSENT", shift_date=day(0))
    mark(floor, person, "PRESENT", shift_date=day(1), is_late=True)
    mark(floor, person, "PARTIAL", shift_date=day(2))

    assert bradford(floor)[person.code].value == 1


def test_a_type_that_does_not_count_is_no_absence(floor: Floor) -> None:
    assert points(floor, [[0, 1]], absence="SUSPENDED") is None


def test_overtime_of_others_does_not_split_a_spell(floor: Floor) -> None:
    """A person of any shift of the line is not due on a Saturday of overtime."""
    make_shift(floor.client, "07:00", "15:00", kind="OVERTIME", weekdays=[6])
    person = make_employee(floor.client)
    make_assignment(person, floor.line)
    for number in (4, 5):
        mark(floor, person, "ABSENT", shift_date=day(number))

    assert bradford(floor)[person.code].value == 2


def test_fifty_two_weeks_and_no_day_more(floor: Floor) -> None:
    (person,) = make_crew(floor, 1)
    mark(floor, person, "ABSENT", shift_date=day(0))
    in_time = day(0) + datetime.timedelta(days=363)

    assert bradford(floor, in_time)[person.code].value == 1
    assert bradford(floor, in_time + datetime.timedelta(days=1)) == {}


def test_everybody_has_an_own_factor_and_there_is_no_total(floor: Floor) -> None:
    crew = make_crew(floor, 2)
    for person in crew:
        mark(floor, person, "ABSENT", shift_date=day(0))
    mark(floor, crew[1], "ABSENT", shift_date=day(2))

    (total,) = evaluate(["bradford"], [floor.client.pk], Period.days(LAST, LAST))

    assert {code: each.value for code, each in bradford(floor).items()} == {
        crew[0].code: 1, crew[1].code: 8,
    }  # fmt: skip
    assert (total.value, total.reason) == (
        None, "The Bradford factor is of one person: ask for it by employee.",
    )  # fmt: skip


def test_narrowed_to_one_person_it_is_that_persons(floor: Floor) -> None:
    crew = make_crew(floor, 3)
    for number in (0, 2):
        mark(floor, crew[0], "ABSENT", shift_date=day(number))
    mark(floor, crew[1], "ABSENT", shift_date=day(0))

    def of(*people: Any) -> tuple[Any, str]:
        (found,) = evaluate(
            ["bradford"], [floor.client.pk], Period.days(LAST, LAST),
            filters={"employee": [each.pk for each in people]},
        )  # fmt: skip
        return found.value, found.reason

    assert [of(each) for each in crew] == [
        (8, ""), (1, ""), (None, "No absence that counts."),
    ]  # fmt: skip
    nobody = "The Bradford factor is of one person: ask for it by employee."
    assert of(*crew[:2]) == (None, nobody)


@pytest.mark.parametrize(
    ("number", "band"),
    [
        (0, Band.LOW), (50, Band.LOW), (51, Band.MONITOR), (125, Band.MONITOR),
        (126, Band.HIGH), (250, Band.HIGH), (251, Band.CRITICAL), (288, Band.CRITICAL),
    ],
)  # fmt: skip
def test_bands(number: int, band: Band) -> None:
    assert band_of(D(number)) == band


# -- who may see it ----------------------------------------------------------------------------

PERIOD = {"from": "2025-12-01", "to": "2025-12-31"}
PATHS = [
    "/kpi/bradford/", "/kpi/bradford/explain/", "/kpi/bradford/rows/",
    "/api/v1/kpis/bradford/", "/api/v1/kpis/bradford_days/", "/kpi/bradford_days/rows/",
]  # fmt: skip


@standing
def away(acme: Client) -> Floor:
    with client_scope([acme]):
        floor = make_floor(acme)
        (person,) = make_crew(floor, 1, code="EMP-AWAY")
        mark(floor, person, "ABSENT", shift_date=day(0))
        return floor


@pytest.mark.parametrize("role", ["VIEWER", "OPERATOR", "SUPERVISOR", "MANAGER", "ENGINEER"])
def test_nobody_without_the_hr_flag_reaches_it(
    away: Floor, member: Member, signed_in: SignIn, role: str
) -> None:
    user = member(away.client, role=role)
    browser = signed_in(user)

    assert [browser.get(path, PERIOD).status_code for path in PATHS] == [404] * len(PATHS)
    listed = browser.get("/api/v1/kpis/").json()
    assert "bradford" not in [each["key"] for each in listed]
    assert "bradford" not in browser.get("/kpis/", PERIOD).content.decode().lower()
    with entered(scope_of(user)):
        assert chronic(away.client.pk, LAST) == []
        with pytest.raises(UnknownKey):
            evaluate(["bradford"], [away.client.pk], Period.days(LAST, LAST))


@pytest.mark.parametrize("role", ["SUPERVISOR", "MANAGER", "ENGINEER"])
def test_with_the_hr_flag_it_is_there(
    away: Floor, member: Member, signed_in: SignIn, role: str
) -> None:
    browser = signed_in(member(away.client, role=role, hr=True))

    assert [browser.get(path, PERIOD).status_code for path in PATHS] == [200] * len(PATHS)
    (found,) = browser.get("/api/v1/kpis/bradford/", {**PERIOD, "by": "employee"}).json()
    assert (found["by"], found["value"], found["unit"]) == ("EMP-AWAY", 1, "points")


def test_absences_of_the_pool_are_for_platform_admins(floor: Floor, member: Member) -> None:
    (floater,) = make_floaters(1)
    for number in (0, 2):
        send(floor, floater, shift_date=day(number))
        mark(floor, floater, "ABSENT", shift_date=day(number))
    user = member(floor.client, role="MANAGER", hr=True)

    with entered(scope_of(user)):
        assert bradford(floor) == {}
    assert set(bradford(floor)) == {floater.code}


def test_hr_in_one_client_is_not_hr_in_the_other(both: tuple[Floor, Floor], member: Member) -> None:
    mine, theirs = both
    user = member(mine.client, role="MANAGER", hr=True)
    Membership.objects.create(
        user=user, client=theirs.client, role="MANAGER",
        valid=(datetime.date(2020, 1, 1), None),
    )  # fmt: skip

    with entered(scope_of(user)), pytest.raises(UnknownKey):
        evaluate(["bradford"], [mine.client.pk, theirs.client.pk], Period.days(LAST, LAST))
    with entered(scope_of(user).narrowed_to(mine.client.pk)):
        assert bradford(mine) == {}


@pytest.mark.parametrize(
    ("dimension", "role", "flags"),
    [
        ("employee", "VIEWER", {}), ("employee", "OPERATOR", {}),
        ("absence_type", "MANAGER", {}),
    ],
)  # fmt: skip
def test_protected_dimensions(
    away: Floor, member: Member, signed_in: SignIn, dimension: str, role: str, flags: Any
) -> None:
    user = member(away.client, role=role, **flags)
    browser = signed_in(user)
    asked = {**PERIOD, "by": dimension}

    assert browser.get("/api/v1/kpis/absence_hours/", asked).status_code == 400
    assert browser.get("/kpi/absence_hours/", asked).status_code == 400
    filtered = {**PERIOD, dimension: "EMP-AWAY"}
    refused = browser.get("/api/v1/kpis/absence_hours/", filtered)
    unknown = browser.get("/api/v1/kpis/absence_hours/", {**filtered, dimension: "NOBODY"})
    assert (refused.status_code, refused.content) == (400, unknown.content)
    with entered(scope_of(user)):
        assert dimension not in catalogue.dimensions_of("absence_hours")
        with pytest.raises(NotOffered, match="You may not see figures by"):
            evaluate(["absence_hours"], [away.client.pk], Period.days(LAST, LAST), by=dimension)


def test_supervisors_see_people_and_hr_sees_types(
    away: Floor, member: Member, signed_in: SignIn
) -> None:
    supervisor = signed_in(member(away.client, role="SUPERVISOR"))
    hr = signed_in(member(away.client, role="SUPERVISOR", hr=True))

    (person,) = supervisor.get("/api/v1/kpis/absence_hours/", {**PERIOD, "by": "employee"}).json()
    (kind,) = hr.get("/api/v1/kpis/absence_hours/", {**PERIOD, "by": "absence_type"}).json()

    assert (person["by"], person["value"]) == ("EMP-AWAY", 9)
    assert (kind["by"], kind["value"]) == ("UNSCHEDULED_ABSENCE", 9)
