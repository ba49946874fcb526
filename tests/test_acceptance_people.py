"""Acceptance of everything about people: by screen, by file and by API alike."""

from __future__ import annotations

import datetime
import shutil
from collections.abc import Callable, Iterator
from decimal import Decimal
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection

from attendance.models import AttendanceRecord
from clients.models import Client
from clients.scope import client_scope, every_client
from kpis.engine import evaluate
from kpis.figures import Figure
from kpis.periods import Period
from plant.models import Employee
from staffing.models import ShiftCoverage
from tests.imports.helpers import imported, looked, previewed
from tests.standing import standing
from tests.ways import WAYS, ByScreen, Way

FOLDER = Path(__file__).parent / "golden"
OF_PEOPLE = ("attendance_record.csv", "shift_coverage.csv")
TUE, WED, THU = (datetime.date(2025, 12, day) for day in (2, 3, 4))
CREW = [f"EMP-{number:03}" for number in range(1, 11)]
PRESENT = {code: {"mark": "present"} for code in CREW}
ABSENT = {"mark": "absent"}
API = "/api/v1/kpis/"


def load(*leave_out: str) -> Client:
    """The golden folder without some of its files."""
    with TemporaryDirectory() as folder:
        for file in FOLDER.glob("*.csv"):
            if file.name not in leave_out:
                shutil.copy(file, folder)
        call_command("load_folder", folder, stdout=StringIO())
    return Client.unscoped.get(code="BOOT-LINE-A")


@standing
def boots() -> Client:
    """Output, stops and inspections of the golden days; nobody is marked yet."""
    return load(*OF_PEOPLE)


@standing
def quiet() -> Client:
    """The golden masters and orders, and no row of any shift."""
    shop_floor = ("production_entry.csv", "downtime_event.csv", "quality_inspection.csv")
    return load(*OF_PEOPLE, *shop_floor)


@pytest.fixture
def by(member: Any, signed_in: Any) -> Iterator[Callable[[Client, str], Way]]:
    def enter(client: Client, way: str) -> Way:
        user = member(client, role="SUPERVISOR", username="garza")
        return WAYS[way](client, user, signed_in(user))

    yield enter
    with every_client("what the test wrote is checked before it is rolled back"):
        connection.check_constraints()


def figures(client: Client, keys: list[str], first: datetime.date, last: datetime.date,
            by: str = "") -> list[Figure]:  # fmt: skip
    with client_scope([client]):
        return evaluate(keys, [client.pk], Period.days(first, last), by=(by,) if by else ())


def shown(found: list[Figure]) -> list[str]:
    return [f"{each.value:.2f}" if each.value is not None else each.reason for each in found]


def mark_the_golden_days(way: Way) -> None:
    """All present and two idle floaters; one absent and covered; one absent, nobody instead."""
    way.send(TUE, ["EMP-015", "EMP-016"])
    way.mark(TUE, PRESENT)
    way.send(WED, ["EMP-016"])
    way.mark(WED, {**PRESENT, "EMP-003": {**ABSENT, "covered_by": "EMP-015"}})
    way.mark(THU, {**PRESENT, "EMP-003": ABSENT})


# -- a perfect day with idle floaters; absence, covered and not ---------------------------------


@pytest.mark.parametrize("way", WAYS)
def test_ac_02_ac_03_hours_are_those_at_the_lines_disposal(
    boots: Client, by: Any, way: str
) -> None:
    mark_the_golden_days(by(boots, way))

    days = figures(boots, ["efficiency"], TUE, THU, by="day")
    (total,) = figures(boots, ["efficiency"], TUE, THU)
    gross = figures(boots, ["absenteeism_gross"], TUE, THU, by="day")
    net = figures(boots, ["absenteeism_net"], TUE, THU, by="day")

    assert shown(days) == ["74.07", "80.81", "98.77"]
    assert [each.denominator for each in days] == [108, 99, 81]
    assert shown([total]) == ["83.33"]
    assert days[0].band == "warning"
    assert shown(gross) == ["0.00", "10.00", "10.00"]
    assert shown(net) == ["0.00", "0.00", "10.00"]


@pytest.mark.parametrize("way", WAYS)
def test_ac_02_the_hours_are_explained(
    boots: Client, by: Any, way: str, member: Any, signed_in: Any
) -> None:
    entered = by(boots, way)
    entered.send(TUE, ["EMP-015", "EMP-016"])
    entered.mark(TUE, PRESENT)
    viewer = signed_in(member(boots, role="VIEWER"))

    asked = {"client": boots.code, "from": TUE.isoformat(), "to": TUE.isoformat()}
    panel = viewer.get("/kpi/efficiency/explain/", asked).content.decode().replace("\xa0", " ")
    (figure,) = viewer.get(f"{API}efficiency/", asked).json()

    assert "108 h = 10 × 9 + 2 idle floaters × 9" in panel
    assert "80 h ÷ 108 h = 74.07 %" in panel
    assert (f"{figure['value']:.2f}", figure["denominator"]) == ("74.07", 108)
    assert figure["band"] == "warning"


@pytest.mark.parametrize("way", WAYS)
def test_ac_02_a_low_value_asks_to_investigate(quiet: Client, by: Any, way: str) -> None:
    entered = by(quiet, way)
    entered.produce(TUE, work_order="WO-2025-001", job="WO-2025-001-L1", total_units=100)
    entered.send(TUE, ["EMP-015", "EMP-016"])
    entered.mark(TUE, PRESENT)

    (figure,) = figures(quiet, ["efficiency"], TUE, TUE)

    assert shown([figure]) == ["23.15"]
    assert figure.flags == ("investigate",)


# -- a floater is in one place -------------------------------------------------------------------


@standing
def socks(boots: Client) -> Client:
    """EMP-015 stands in at the boots on Wednesday; at the socks somebody is missing as well."""
    sent = "shift_date,shift,line,employee\n2025-12-03,1ST,L1,EMP-015"
    imported(boots, sent, "shift_coverage")
    client = Client.unscoped.get(code="SOCK-LINE-B")
    people = "code,full_name\nSOC-001,Rosa Peña"
    imported(client, people, "employee")
    imported(client, "employee,line,valid_from\nSOC-001,S1,2025-01-01", "line_assignment")
    return client


TAKEN = "EMP-015 is already assigned in this period."
TAKEN_BY = "EMP-015 is assigned to BOOT-LINE-A, L1, 07:00–17:00."


@pytest.mark.parametrize(("of_both", "sentence"), [(False, TAKEN), (True, TAKEN_BY)])
def test_ac_04_covered_by_on_the_roster_does_not_book_twice(
    boots: Client, socks: Client, member: Any, signed_in: Any, of_both: bool, sentence: str
) -> None:
    user = member(*([boots, socks] if of_both else [socks]), role="SUPERVISOR")
    screen = ByScreen(socks, user, signed_in(user))

    answer = screen.tried(WED, {"SOC-001": {**ABSENT, "covered_by": "EMP-015"}})

    assert sentence in answer.content.decode()
    with client_scope([boots, socks]):
        assert ShiftCoverage.objects.count() == 1
        assert not AttendanceRecord.objects.exists()


@pytest.mark.parametrize("entity", ["attendance_record", "shift_coverage"])
def test_ac_04_files_do_not_book_twice(
    boots: Client, socks: Client, member: Any, entity: str
) -> None:
    texts = {
        "attendance_record": "employee,shift_date,shift,line,mark,covered_by\n"
        "SOC-001,2025-12-03,1ST,S1,Absent,EMP-015",
        "shift_coverage": "employee,shift_date,shift,line\nEMP-015,2025-12-03,1ST,S1",
    }
    batch = previewed(socks, texts[entity], entity, member(socks, role="SUPERVISOR"))

    (error,) = batch.errors
    assert (error["code"], error["reason"]) == ("taken", TAKEN)


def test_ac_04_the_other_shift_of_the_day_is_free(boots: Client, socks: Client) -> None:
    text = "employee,shift_date,shift,line\nEMP-015,2025-12-03,2ND,S1"

    assert looked(socks, text, "shift_coverage")["errors"] == []


# -- nobody marked -------------------------------------------------------------------------------


@pytest.mark.parametrize("way", WAYS)
def test_ac_13_without_attendance_the_heads_of_the_rows_stand_in(
    quiet: Client, by: Any, way: str
) -> None:
    by(quiet, way).produce(
        TUE, work_order="WO-2025-001", job="WO-2025-001-L1", total_units=320,
        operators_assigned=10,
    )  # fmt: skip

    efficiency, gross, net = figures(
        quiet, ["efficiency", "absenteeism_gross", "absenteeism_net"], TUE, TUE
    )

    assert (efficiency.denominator, shown([efficiency])) == (90, ["88.89"])
    assert (efficiency.estimated, efficiency.confidence) == (True, Decimal("0.8"))
    for figure in (gross, net):
        assert (figure.value, figure.estimated, figure.confidence) == (0, True, Decimal("0.5"))


# -- labour hours --------------------------------------------------------------------------------

DIRECT = {
    "mark": "present", "scheduled_hours": "8", "actual_hours": "10",
    "normal_hours": "8", "double_hours": "2", "triple_hours": "0",
    "billed_production_hours": "7", "training_hours": "1",
}  # fmt: skip
INDIRECT = {"mark": "present", "scheduled_hours": "8", "billed_production_hours": "8"}
OVERRIDDEN = {
    "mark": "present", "scheduled_hours": "8", "normal_hours": "8", "double_hours": "0",
    "triple_hours": "0", "labour_class": "INDIRECT",
}  # fmt: skip
HOURS = [
    ("scheduled_hours", 24), ("actual_hours", 26), ("normal_hours", 16), ("double_hours", 2),
    ("triple_hours", 0), ("unsplit_hours", 8), ("billed_hours", 15), ("hours_available", 25),
]  # fmt: skip
BY_CLASS = ("actual_hours", "billed_hours", "hours_available")


def write_the_three_rows(way: Way) -> None:
    with client_scope([way.client], user=way.user):
        Employee.objects.filter(code="EMP-002").update(labour_class="INDIRECT")
    way.mark(TUE, {"EMP-001": DIRECT, "EMP-002": INDIRECT})
    if isinstance(way, ByScreen):
        # The roster has no column for the class; the form of the record has one.
        cells = {key: value for key, value in OVERRIDDEN.items() if key != "labour_class"}
        way.mark(WED, {"EMP-001": cells})
        row = way.row(AttendanceRecord, shift_date=WED)
        page = f"/admin/attendance/attendancerecord/{row.pk}/change/"
        values = form_of(way.browser.get(page)) | {"labour_class_override": "INDIRECT"}
        assert way.browser.post(page, values).status_code == 302
    else:
        way.mark(WED, {"EMP-001": OVERRIDDEN})


def form_of(answer: Any) -> dict[str, Any]:
    """What the form of an admin page holds, its parts included."""
    forms = [answer.context["adminform"].form]
    for inline in answer.context["inline_admin_formsets"]:
        forms += [inline.formset.management_form, *inline.formset.initial_forms]
    values = {}
    for form in forms:
        for bound in form:
            value = bound.value()
            values[bound.html_name] = "" if value is None or value is False else value
    return values


@pytest.mark.parametrize("way", WAYS)
def test_ac_18_labour_hours_add_up(quiet: Client, by: Any, way: str) -> None:
    write_the_three_rows(by(quiet, way))

    found = figures(quiet, [key for key, _hours in HOURS], TUE, WED)
    by_class = figures(quiet, list(BY_CLASS), TUE, WED, by="labour_class")

    assert [(each.key, each.value) for each in found] == HOURS
    of = {(each.by[0].code, each.key): each.value for each in by_class}
    assert [of["DIRECT", key] for key in BY_CLASS] == [10, 7, 9]
    assert [of["INDIRECT", key] for key in BY_CLASS] == [16, 8, 16]


REFUSED = [
    (
        {"mark": "present", "actual_hours": "10", "normal_hours": "8", "double_hours": "1"},
        "Overtime tiers must add up to 10 h.",
    ),
    (
        {"mark": "present", "actual_hours": "10", "billed_production_hours": "11"},
        "Allocated 11 h of 10 h.",
    ),
]


@pytest.mark.parametrize(("cells", "sentence"), REFUSED)
def test_ac_18_sums_that_do_not_add_up_are_refused_on_the_roster(
    quiet: Client, by: Any, cells: dict[str, str], sentence: str
) -> None:
    answer = by(quiet, "screen").tried(TUE, {"EMP-001": cells})

    assert sentence in answer.content.decode()
    with client_scope([quiet]):
        assert not AttendanceRecord.objects.exists()


@pytest.mark.parametrize(("cells", "sentence"), REFUSED)
def test_ac_18_sums_that_do_not_add_up_are_refused_in_a_file(
    quiet: Client, cells: dict[str, str], sentence: str
) -> None:
    names, values = ",".join(cells), ",".join(cells.values())
    text = f"employee,shift_date,shift,line,{names}\nEMP-001,2025-12-02,1ST,L1,{values}"

    (error,) = looked(quiet, text, "attendance_record")["errors"]

    assert (error["code"], error["reason"]) == ("inconsistent", sentence)


@pytest.mark.parametrize(("cells", "sentence"), REFUSED)
def test_ac_18_sums_that_do_not_add_up_are_refused_by_the_api(
    quiet: Client, by: Any, cells: dict[str, str], sentence: str
) -> None:
    with pytest.raises(AssertionError, match=sentence):
        by(quiet, "API").mark(TUE, {"EMP-001": cells})
