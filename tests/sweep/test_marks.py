"""One walk over all that each person can read: what is answered, and what is in no answer.

The marker sweep and the invariance (nothing of another client), the statuses of the role matrix,
what only people with the hr flag read (the absence types of closed shifts), and that the API
answers as its description says.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from django.apps import apps
from django.db import connection
from django.utils import timezone

from attendance.models import AbsenceType
from clients.managers import InScope, InScopeOrShared
from clients.models import Client, ClientRow
from clients.scope import client_scope
from plant.models import LineShift
from tests.filled import fill
from tests.sweep import table
from tests.sweep.described import undescribed
from tests.sweep.walk import Answers, calls, is_for, of_absence, walked
from tests.sweep.world import MARKS, PERIOD, WALKED, World, addresses, body, view_sets

# Their rows hold no word and no count of their own, only choices, days and references by id.
WITHOUT_MARKS: set[str] = set()
# The absence type that stands in a closed shift alone.
CODE, NAME = "SECRET-ILLNESS", "Secret illness"
# What the list is filtered by: all types of the catalogue, which are everybody's.
SIDE_FILTER = re.compile(r'<search id="changelist-filter".*?</search>', re.DOTALL)


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


def test_there_is_something_to_leak(world: World) -> None:
    """The other client's own manager meets the marks wherever rows are shown."""
    found = walked(world, "Z")
    shown = {path for path, (_, text) in found.items() if MARKS.search(text)}
    silent = set()
    for address in addresses():
        if address.verb in ("changelist", "change", "list", "detail") and is_for(address, "Z"):
            right = table.RIGHTS[address.label]
            path = address.of(world.row(address.model, world.foreign))
            if "M" in (right.reads if address.is_api else right.sees) and path not in shown:
                silent.add(f"{address.label} {address.verb}")
    assert silent == WITHOUT_MARKS
    for page in ("/overview/", "/kpi/fpy/rows/", "/kpi/oee/explain/"):
        assert f"{page}?{PERIOD}" in shown


@pytest.mark.parametrize("letter", WALKED)
def test_iso_062_nothing_of_another_client_is_anywhere(closed: World, letter: str) -> None:
    """… every address answers as the role matrix says, and illness in a closed shift is secret."""
    expected = dict(readings(closed, letter))
    found = walked(closed, letter, *expected, *of_absence(CODE))
    judge(found)
    assert {path: found[path][0] for path in expected} == expected
    assert telling(found) == []
    named = {path for path, (_, text) in found.items() if "OWN-EMP" in text or "OWN Person" in text}
    assert (named == set()) is (letter == "V"), named


def readings(world: World, letter: str) -> Iterator[tuple[str, int]]:
    for address in addresses():
        for method, path, answer in calls(world, address):
            if method == "get":
                yield path, answer.of(letter)


def judge(found: Answers) -> None:
    assert {path for path, (status, _) in found.items() if status >= 500} == set()
    assert {
        path: MARKS.findall(text) for path, (_, text) in found.items() if MARKS.search(text)
    } == {}
    assert sum("OWN" in text for _, text in found.values()) > 30
    assert "\n".join(undescribed(found)) == ""


def telling(found: Answers) -> list[str]:
    """Where the illness is told. Who typed its code into the address reads it again; its name
    only who may know it. The catalogue of types is everybody's; who is away for them is not."""
    told = []
    for path, (_, text) in found.items():
        of_a_kpi = path.startswith(("/kpi/", "/api/v1/kpis/"))
        if of_a_kpi or "absence" not in path.partition("?")[0]:
            shown = SIDE_FILTER.sub("", text)
            if NAME in shown or (CODE in shown and CODE not in path):
                told.append(path)
    return told


def test_iso_034_iso_062_a_manager_meets_nothing_foreign_before_and_after(closed: World) -> None:
    """All of the other client's rows go, a third client comes: no byte of any answer changes."""
    world, more = closed, list(of_absence(CODE))
    before = walked(world, "H", *more)
    judge(before)
    # With all flags the illness is there to be read.
    key = world.own["AttendanceRecord"].pk
    assert {
        f"/api/v1/attendance-records/{key}/",
        f"/admin/attendance/attendancerecord/{key}/change/",
        f"/people/?{PERIOD}",
        f"/kpi/absence_hours/?{PERIOD}&by=absence_type",
    } <= set(telling(before))
    world.void_the_foreign()
    # Who is free in the pool is everybody's to know: the new client takes the same person.
    floater = world.foreign["ShiftCoverage"].employee
    fill(Client.open(code="ACME-3", name="Zebra Hats"), "ZEBRA3", 987_654, floater)
    after = walked(world, "H", *more)
    assert [path for path in before if before[path] != after[path]] == []


# -- the sweep itself, with walls taken away (ISO-063) --------------------------------------------


@pytest.fixture
def wall_1_off(monkeypatch: pytest.MonkeyPatch) -> None:
    for condition in (InScope, InScopeOrShared):
        monkeypatch.setattr(condition, "as_sql", lambda *args, **more: ("TRUE", []))


@pytest.fixture
def wall_3_off(world: World) -> None:
    """The owner lowers the wall inside the test's transaction, and works as the owner."""
    with client_scope([world.acme, world.acme_2]), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL ROLE kpi_owner")
        for model in apps.get_models():
            if issubclass(model, ClientRow):
                table_name = model._meta.db_table
                cursor.execute(f'ALTER TABLE "{table_name}" DISABLE ROW LEVEL SECURITY')


def leaking_lists(world: World) -> set[str]:
    browser = world.browser("H")
    lists = [each for each in addresses() if each.model and each.verb in ("changelist", "list")]
    return {each.name for each in lists if MARKS.search(body(browser.get(each.at())))}


def test_iso_063_without_wall_1_clients_show_and_their_rows_still_do_not(
    world: World, wall_1_off: None
) -> None:
    assert leaking_lists(world) == {"api:clients-list", "admin:clients_client_changelist"}


def test_iso_063_without_walls_1_and_3_every_list_leaks(
    world: World, wall_1_off: None, wall_3_off: None
) -> None:
    leaking = leaking_lists(world)
    assert "api:production-entries-list" in leaking
    assert "admin:plant_line_changelist" in leaking
    assert len(leaking) >= 40


# -- protected fields and names of people --------------------------------------------------------

PROTECTED = ("hire_date", "phone", "email", "hourly_rate")
SECRETS = ("OWN-555", "own@example.com", "4321.99", "4,321.99", "2011-11-11", "Nov. 11, 2011")


def employee_places(world: World) -> list[str]:
    key = world.own["Employee"].pk
    places = [f"/admin/plant/employee/{tail}" for tail in ("", f"{key}/change/", f"{key}/history/")]
    return [*places, "/api/v1/employees/", f"/api/v1/employees/{key}/"]


@pytest.mark.parametrize("letter", "OSME")
def test_protected_fields_are_absent_without_the_flag(world: World, letter: str) -> None:
    browser = world.browser(letter)
    for path in employee_places(world):
        text = body(browser.get(path))
        assert "OWN-EMP" in text, path
        assert [each for each in SECRETS if each in text] == [], path
    for path in (*employee_places(world), "/admin/plant/employee/add/"):
        if "history" not in path:
            text = body(browser.get(path))
            assert [each for each in PROTECTED if f'"{each}"' in text] == [], path


def test_protected_fields_are_there_with_the_flag(world: World) -> None:
    browser = world.browser("H")
    _list, form, history, rows, row = [body(browser.get(p)) for p in employee_places(world)]
    for text in (form, history, rows, row):
        assert "OWN-555" in text
        assert "4321.99" in text


@pytest.mark.parametrize("letter", "OSH")
def test_no_filter_or_ordering_tells_protected_fields(world: World, letter: str) -> None:
    browser = world.browser(letter)
    for name, value in zip(
        PROTECTED, ("2011-11-11", "OWN-555", "own@example.com", "1"), strict=True
    ):
        for query in ({"ordering": name}, {name: value}, {f"{name}__gte": value}):
            assert browser.get("/api/v1/employees/", query).status_code == 400
        for lookup in (name, f"{name}__gte", f"{name}__isnull"):
            assert browser.get("/admin/plant/employee/", {lookup: value}).status_code == 400
        for page in ("lineassignment", "downtimeevent"):
            app = "plant" if page == "lineassignment" else "downtime"
            person = "employee" if page == "lineassignment" else "responsible"
            query = {f"{person}__{name}": value}
            assert browser.get(f"/admin/{app}/{page}/", query).status_code == 400
    found = body(browser.get("/admin/plant/employee/", {"q": "OWN-555"}))
    assert "OWN-EMP" not in found


def test_protected_fields_are_not_written_without_the_flag(world: World) -> None:
    browser, key = world.browser("S"), world.own["Employee"].pk
    version = browser.get(f"/api/v1/employees/{key}/").json()["version"]
    for name in PROTECTED:
        value = "2012-01-01" if name == "hire_date" else "a@b.example" if name == "email" else "7"
        answer = browser.patch(
            f"/api/v1/employees/{key}/", {name: value, "version": version}, "application/json"
        )
        assert answer.status_code == 400
    assert browser.get("/admin/clients/importbatch/template/employee.csv").status_code == 404


def test_names_of_people_are_those_of_clients_where_the_role_opens_them(world: World) -> None:
    """An operator of one client who looks on in the other enters rows for the one alone."""
    browser = world.browser("W")
    key, at_work = world.foreign["Employee"].pk, world.foreign["LineAssignment"].pk
    assert "ZEBRA-L1" in body(browser.get("/api/v1/lines/"))
    lines = body(browser.get("/admin/plant/line/"))
    assert ["OWN-L1" in lines, "ZEBRA-L1" in lines] == [True, False]
    for path in (
        "/admin/plant/employee/",
        "/admin/plant/lineassignment/",
        "/api/v1/employees/",
        "/api/v1/line-assignments/",
        f"/api/v1/downtime-events/{world.foreign['DowntimeEvent'].pk}/",
        "/admin/autocomplete/?app_label=downtime&model_name=downtimeevent&field_name=responsible",
    ):
        text = body(browser.get(path))
        assert "ZEBRA Person" not in text
        assert "ZEBRA-EMP" not in text
    for tail in ("change", "history"):
        assert browser.get(f"/admin/plant/employee/{key}/{tail}/").status_code == 403
        assert browser.get(f"/admin/plant/lineassignment/{at_work}/{tail}/").status_code == 403
    assert browser.get(f"/api/v1/employees/{key}/").status_code == 404


def test_every_endpoint_is_swept() -> None:
    assert len(view_sets()) >= 20
