"""The last step down from a figure: one row, what it says, and how it came to be."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext

from clients.scope import because, client_scope
from downtime.models import DowntimeEvent
from plant.models import Line
from production.models import ProductionEntry
from tests.attendance.factories import make_record
from tests.dashboards.conftest import DAYS, Plant, text
from tests.plant.factories import make_employee, make_shift

type Sign = Callable[[Any], Browser]


def page_of(row: Any, entity: str = "production_entry") -> str:
    return f"/rows/{entity}/{row.pk}/"


def words(page: str) -> str:
    main = page.partition('<main class="page"')[2].partition("</main>")[0]
    return " ".join(re.sub(r"<[^>]+>", " ", main).split())


@pytest.fixture
def entry(plant: Plant) -> ProductionEntry:
    """Its units were corrected, for a reason."""
    with client_scope([plant.client]), because("counted again"):
        row = ProductionEntry.objects.get(shift_date=DAYS[0])
        row.total_units = 321
        row.save()
    return row


def test_iso_039_rows_open_with_their_history_for_viewers(
    viewer: Browser, plant: Plant, entry: ProductionEntry
) -> None:
    rows = text(viewer, f"/kpi/performance/rows/?{plant.address}&measure=ideal_hours")
    (href,) = re.findall(rf'href="(/rows/production_entry/{entry.pk}/[^"]*)"', rows)
    page = text(viewer, href.replace("&amp;", "&"))
    said = words(page)
    assert "Shift date 2025-12-02" in said
    assert "Total units 321" in said
    assert "Total units: 320 → 321" in said
    assert "counted again" in said
    # Viewers do not enter the data entry pages; the way back keeps period, client and measure.
    assert "/admin/" not in page.partition("<main")[2]
    back = f"/kpi/performance/rows/?{plant.address}&measure=ideal_hours"
    assert f'href="{back.replace("&", "&amp;")}"' in page


def test_who_may_correct_is_led_to_the_form(
    plant: Plant, entry: ProductionEntry, member: Any, signed_in: Sign
) -> None:
    operator = signed_in(member(plant.client, role="OPERATOR"))
    form = f'href="/admin/production/productionentry/{entry.pk}/change/"'
    assert form in text(operator, page_of(entry))


def test_iso_004_rows_of_others_are_not_there(viewer: Browser, plant: Plant, other: Plant) -> None:
    with client_scope([other.client]):
        theirs = ProductionEntry.objects.first()
        assert theirs is not None
        gone = viewer.get("/rows/production_entry/40000000/")
        foreign = viewer.get(page_of(theirs))
    assert (gone.status_code, foreign.status_code) == (404, 404)


@pytest.mark.parametrize("entity", ["nothing", "client", "import_batch", "order_transition"])
def test_kinds_of_rows_without_a_page(viewer: Browser, entity: str) -> None:
    assert viewer.get(f"/rows/{entity}/1/").status_code == 404


def test_role_003_people_are_refused_to_viewers_before_they_are_looked_up(
    viewer: Browser, plant: Plant, member: Any, signed_in: Sign
) -> None:
    with client_scope([plant.client]):
        person = make_employee(plant.client, code="EMP-9", full_name="Secret Person")
    for key in (person.pk, 40_000_000):
        assert viewer.get(f"/rows/employee/{key}/").status_code == 403
    supervisor = signed_in(member(plant.client, role="SUPERVISOR"))
    assert "Secret Person" in text(supervisor, page_of(person, "employee"))
    assert supervisor.get("/rows/employee/40000000/").status_code == 404


def test_people_and_absences_are_masked_as_in_the_api(
    viewer: Browser, plant: Plant, member: Any, signed_in: Sign
) -> None:
    with client_scope([plant.client]):
        person = make_employee(plant.client, code="EMP-9", full_name="Secret Person")
        shift = make_shift(plant.client, code="NIGHT", start="22:00", end="06:00")
        record = make_record(person, shift)
    page = text(viewer, page_of(record, "attendance_record"))
    assert "EMP-9" not in page
    assert "Secret Person" not in page
    assert "Employee: ••• → •••" in words(page)
    operator = signed_in(member(plant.client, role="OPERATOR"))
    assert "Employee: – → EMP-9" in words(text(operator, page_of(record, "attendance_record")))


def test_a_change_of_what_is_not_shown_is_told_without_a_word_of_it(
    plant: Plant, member: Any, signed_in: Sign
) -> None:
    with client_scope([plant.client]):
        person = make_employee(plant.client, code="EMP-9", full_name="Secret Person")
        type(person).objects.filter(pk=person.pk).update(phone="555-0199")
    page = page_of(person, "employee")
    told = text(signed_in(member(plant.client, role="SUPERVISOR")), page)
    assert "changed in fields that are not shown here" in words(told)
    assert "hone" not in words(told)
    hr = signed_in(member(plant.client, role="SUPERVISOR", hr=True))
    assert "Phone: – → 555-0199" in words(text(hr, page))


def test_a_voided_row_says_so_and_why(viewer: Browser, plant: Plant) -> None:
    with client_scope([plant.client]):
        stop = DowntimeEvent.objects.first()
        assert stop is not None
        stop.void(by=None, reason="typed twice")
    said = words(text(viewer, page_of(stop, "downtime_event")))
    assert "voided" in said
    assert "typed twice" in said


def test_long_histories_go_on_on_the_next_page(viewer: Browser, plant: Plant) -> None:
    with client_scope([plant.client]):
        line = Line.objects.get(code="SILENT")
        for number in range(101):
            Line.objects.filter(pk=line.pk).update(name=f"Name {number}")
    first = text(viewer, page_of(line, "line"))
    assert "Name 100" in first
    assert "Spare line" not in first
    (older,) = re.findall(r'rel="next" href="([^"]+)"', first)
    assert "Spare line" in text(viewer, page_of(line, "line") + older)


def test_the_statements_are_few_and_do_not_grow(viewer: Browser, plant: Plant) -> None:
    with client_scope([plant.client]):
        line = Line.objects.get(code="SILENT")
    counts = []
    for number in range(3):
        with CaptureQueriesContext(connection) as asked:
            text(viewer, page_of(line, "line"))
        counts.append(len(asked))
        with client_scope([plant.client]):
            Line.objects.filter(pk=line.pk).update(name=f"Name {number}")
    assert counts == [8, 8, 8]
