"""The golden data set: three days of one line, with every figure worked out by hand."""

from __future__ import annotations

import datetime
import io
import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.core.management import call_command

from attendance.models import AbsenceType
from clients.imports.undo import undo
from clients.models import Client, ClientModel, ImportBatch, User
from clients.scope import client_scope
from downtime.models import DowntimeReason
from holds.models import HoldReason
from kpis.engine import evaluate
from kpis.periods import Period
from plant.models import Operation
from quality.models import DefectType
from tests.kpis.factories import make_inspection, make_stop
from tests.kpis.people import all_present, make_crew, make_floaters, mark, send
from tests.plant.factories import make_job, make_order
from tests.production.factories import Floor, make_entry, make_floor
from tests.standing import standing

DAYS = [datetime.date(2025, 12, 2), datetime.date(2025, 12, 3), datetime.date(2025, 12, 4)]
# Per day, the three days; None: the same.
GOLDEN = [
    ("total_units", "320", "960"),
    ("earned_hours", "80", "240"),
    ("planned_minutes", "540", "1620"),
    ("lost_minutes", "54", "162"),
    ("run_minutes", "486", "1458"),
    ("availability", "90.00", None),
    ("ideal_hours", "8", "24"),
    ("performance", "98.77", None),
    ("fpy", "95.00", None),
    ("quality_ratio", "95.00", None),
    ("oee", "84.44", None),
    ("ppm", "50000", None),
    ("dpmo", "1329.79", None),
    ("sigma", "4.50", None),
    ("final_yield", "98.75", None),
    ("dhu", "6.25", None),
    ("scrap_rate", "1.25", None),
    ("rework_rate", "3.13", None),
    ("recovery_rate", "75.00", None),
    ("unexplained_minutes", "6", "18"),
    ("mtbf", "8.5", None),
    ("mttr", "0.5", None),
    ("rty", "95.00", None),
]
# Per day, and the three days: sums over sums, not means of the days (84.55 for efficiency).
PEOPLE = [
    ("available_person_hours", ["108", "99", "81"], "288"),
    ("efficiency", ["74.07", "80.81", "98.77"], "83.33"),
    ("scheduled_hours", ["90", "90", "90"], "270"),
    ("absence_hours", ["0", "9", "9"], "18"),
    ("covered_hours", ["0", "9", "0"], "9"),
    ("absenteeism_gross", ["0.00", "10.00", "10.00"], "6.67"),
    ("absenteeism_net", ["0.00", "0.00", "10.00"], "3.33"),
    ("run_person_hours", ["81", "81", "72.9"], "234.9"),
    ("labour_performance", ["98.77", "98.77", "109.74"], "102.17"),
    ("attendance_rate", ["100.00", "90.00", "90.00"], "93.33"),
]
KEYS = [key for key, *_values in [*GOLDEN, *PEOPLE]]


def fill(floor: Floor) -> None:
    fill_output(floor)
    fill_people(floor)


def fill_people(floor: Floor) -> None:
    """All present and two idle floaters; one absent and covered; one absent, nobody instead."""
    crew, (first, second) = make_crew(floor), make_floaters()
    all_present(floor, crew, DAYS[0])
    send(floor, first, shift_date=DAYS[0])
    send(floor, second, shift_date=DAYS[0])
    for day in DAYS[1:]:
        all_present(floor, [*crew[:2], *crew[3:]], day)
    absent = mark(floor, crew[2], "ABSENT", shift_date=DAYS[1])
    send(floor, first, shift_date=DAYS[1], covers=absent)
    send(floor, second, shift_date=DAYS[1])
    mark(floor, crew[2], "ABSENT", shift_date=DAYS[2])


def fill_output(floor: Floor) -> None:
    second = make_order(floor.client, line=floor.line, planned_quantity=450)
    job = make_job(second, part=floor.part, quantity=450)
    for day in DAYS:
        make_entry(floor, shift_date=day)
        make_entry(floor, shift_date=day, work_order=second, job=job, total_units=140)
        make_stop(floor, 24, "SETUP_CHANGEOVER", shift_date=day)
        make_stop(floor, 30, "EQUIPMENT_FAILURE", shift_date=day)
        make_inspection(
            floor, 180, 171, 9, shift_date=day,
            units_rework=6, units_repair=1, units_scrapped=2, defects_total=11,
        )  # fmt: skip
        make_inspection(
            floor, 140, 133, 7, shift_date=day, work_order=second, job=job,
            units_rework=4, units_repair=1, units_scrapped=2, defects_total=9,
        )  # fmt: skip


@standing
def both_filled(acme: Client, acme_2: Client) -> None:
    """What leaks from the second client shows in the first."""
    for client in (acme_2, acme):
        with client_scope([client]):
            fill(make_floor(client))


@pytest.fixture
def golden(acme: Client, acme_2: Client, both_filled: None) -> Iterator[Client]:
    with client_scope([acme, acme_2]):
        yield acme


def read(value: Decimal | None, like: str) -> Decimal | None:
    return None if value is None else value.quantize(Decimal(like), "ROUND_HALF_UP")


@pytest.mark.parametrize(("key", "per_day", "in_total"), GOLDEN)
def test_golden_figures(golden: Client, key: str, per_day: str, in_total: str | None) -> None:
    (total,) = evaluate([key], [golden.pk], Period.days(DAYS[0], DAYS[-1]))
    days = evaluate([key], [golden.pk], Period.days(DAYS[0], DAYS[-1]), by="day")

    assert [read(each.value, per_day) for each in days] == [Decimal(per_day)] * 3
    assert [each.by[0].code for each in days] == ["2025-12-02", "2025-12-03", "2025-12-04"]
    assert read(total.value, in_total or per_day) == Decimal(in_total or per_day)
    assert (total.estimated, total.confidence, total.excluded) == (False, 1, ())


@pytest.mark.parametrize(("key", "by_day", "in_total"), PEOPLE)
def test_golden_figures_of_people(
    golden: Client, key: str, by_day: list[str], in_total: str
) -> None:
    (total,) = evaluate([key], [golden.pk], Period.days(DAYS[0], DAYS[-1]))
    days = evaluate([key], [golden.pk], Period.days(DAYS[0], DAYS[-1]), by="day")

    assert [read(each.value, in_total) for each in days] == [Decimal(each) for each in by_day]
    assert read(total.value, in_total) == Decimal(in_total)
    assert (total.estimated, total.confidence, total.excluded) == (False, 1, ())


def test_golden_flags_of_people(golden: Client) -> None:
    days = evaluate(["labour_performance"], [golden.pk], Period.days(DAYS[0], DAYS[-1]), by="day")
    (total,) = evaluate(["labour_performance"], [golden.pk], Period.days(DAYS[0], DAYS[-1]))

    assert [each.flags for each in days] == [(), (), ("verify_standard",)]
    assert total.flags == ("verify_standard",)


def test_golden_interval_of_first_pass_yield(golden: Client) -> None:
    (day,) = evaluate(["fpy"], [golden.pk], Period.days(DAYS[0], DAYS[0]))
    (total,) = evaluate(["fpy"], [golden.pk], Period.days(DAYS[0], DAYS[-1]))

    assert [read(each, "0.01") for each in day.interval or ()] == [
        Decimal("92.03"), Decimal("96.90"),
    ]  # fmt: skip
    assert [read(each, "0.01") for each in total.interval or ()] == [
        Decimal("93.43"), Decimal("96.21"),
    ]  # fmt: skip


def test_golden_identity(golden: Client) -> None:
    """Good units × cycle over planned time, and the product of the factors to the last digit."""
    (oee,) = evaluate(["oee"], [golden.pk], Period.days(DAYS[0], DAYS[-1]))
    a, p, q = (each.value for each in oee.factors)

    assert oee.value == a * p / 100 * q / 100  # type: ignore[operator]
    assert abs(oee.value - Decimal(912) * Decimal("0.025") / 27 * 100) < Decimal("1e-24")  # type: ignore[operator]


# -- through the files and the commands --------------------------------------------------------

FOLDER = Path(__file__).parent / "golden"
# The catalogues that a client is opened with, and the batches themselves.
KEPT = (AbsenceType, DefectType, DowntimeReason, HoldReason, Operation, ImportBatch)


def ran(*words: str) -> str:
    out = io.StringIO()
    call_command(*words, stdout=out)
    return out.getvalue()


def printed(*words: str) -> dict[tuple[str, Any], Any]:
    asked = ("kpis", "--client", "BOOT-LINE-A", "--from", "2025-12-02", "--to", "2025-12-04")
    keys = [word for key in KEYS for word in ("--key", key)]
    return {(each["key"], each["by"]): each for each in json.loads(ran(*asked, *keys, *words))}


def test_golden_folder_gives_the_golden_table(db: None) -> None:
    ran("load_folder", str(FOLDER))

    total, days = printed(), printed("--by", "day")

    for key, per_day, in_total in GOLDEN:
        like = in_total or per_day
        assert read(Decimal(str(total[key, None]["value"])), like) == Decimal(like), key
        for day in DAYS:
            value = Decimal(str(days[key, day.isoformat()]["value"]))
            assert read(value, per_day) == Decimal(per_day), (key, day)
    for key, by_day, in_total in PEOPLE:
        assert read(Decimal(str(total[key, None]["value"])), in_total) == Decimal(in_total), key
        for day, expected in zip(DAYS, by_day, strict=True):
            value = Decimal(str(days[key, day.isoformat()]["value"]))
            assert read(value, in_total) == Decimal(expected), (key, day)


def test_golden_folder_loads_completely(db: None) -> None:
    """Every file of the folder is known, and no row of it is refused."""
    told = [json.loads(line) for line in ran("load_folder", str(FOLDER)).splitlines()]

    loaded = {each["entity"]: (each["new"], each["rejected"]) for each in told}
    rows = {file.stem: (len(file.read_text().splitlines()) - 1, 0) for file in FOLDER.glob("*.csv")}
    assert loaded == rows
    assert (loaded["attendance_record"], loaded["shift_coverage"]) == ((30, 0), (5, 0))


def test_golden_folder_undone_leaves_nothing(db: None, platform_admin: User) -> None:
    """The newest batch first, as each one rests on those before it."""
    ran("load_folder", str(FOLDER))
    assert printed()["efficiency", None]["value"] is not None

    clients = Client.unscoped.all()
    with client_scope(clients, user=platform_admin):
        for batch in ImportBatch.objects.order_by("-pk"):
            undo(batch)
        left = [
            model.__name__
            for model in apps.get_models()
            if issubclass(model, ClientModel) and model not in KEPT and model.objects.exists()
        ]

    assert left == []
    assert {each["value"] for each in printed().values()} == {None}


def test_golden_folder_twice_is_the_golden_folder_once(db: None) -> None:
    ran("load_folder", str(FOLDER))
    before = printed()

    again = [json.loads(line) for line in ran("load_folder", str(FOLDER)).splitlines()]

    assert {each["new"] + each["changed"] for each in again if "new" in each} == {0}
    assert printed() == before


def test_golden_folder_leaves_the_other_client_empty(db: None) -> None:
    ran("load_folder", str(FOLDER))

    asked = ("kpis", "--client", "SOCK-LINE-B", "--from", "2025-12-02", "--to", "2025-12-04")
    found = json.loads(ran(*asked))

    given = {each["key"]: each["value"] for each in found if each["value"] is not None}
    # Known without anybody recording it: no order is late, and none was re-shuffled.
    assert given == {"late_now": 0, "demotions": 0}
    assert all(each["reason"] for each in found if each["value"] is None)
