"""One definition: page, explain panel, rows, API and command say the same of people."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext

from clients.models import Client, User
from clients.scope import client_scope
from kpis.engine import evaluate
from kpis.periods import Period
from kpis.rows import rows_of
from tests.kpis.people import all_present, make_crew, make_floaters, mark, send
from tests.production.factories import DAY, Floor, make_entry, make_floor
from tests.standing import standing

KEYS = ["efficiency", "absenteeism_gross", "absenteeism_net", "labour_performance"]
ASKED = {"from": DAY.isoformat(), "to": DAY.isoformat()}


@standing
def floor_with_people(acme: Client) -> Floor:
    """Nine of ten there, one floater in the place of the tenth and one idle: 99 h, 80 earned."""
    with client_scope([acme]):
        floor = make_floor(acme)
        crew, (first, second) = make_crew(floor), make_floaters(2)
        all_present(floor, crew[1:])
        send(floor, first, covers=mark(floor, crew[0], "ABSENT"))
        send(floor, second)
        make_entry(floor, total_units=320)
        return floor


@pytest.fixture
def viewer(
    floor_with_people: Floor,
    member: Callable[..., User],
    signed_in: Callable[[User], Browser],
) -> Browser:
    return signed_in(member(floor_with_people.client, role="VIEWER"))


@pytest.mark.parametrize("key", KEYS)
def test_page_api_command_and_rows_agree(
    floor_with_people: Floor, viewer: Browser, key: str
) -> None:
    client, period = floor_with_people.client, Period.days(DAY, DAY)
    out = io.StringIO()
    words = ("--from", ASKED["from"], "--to", ASKED["to"], "--key", key)
    call_command("kpis", "--client", client.code, *words, stdout=out)
    (by_command,) = json.loads(out.getvalue())
    (by_api,) = viewer.get(f"/api/v1/kpis/{key}/", ASKED).json()
    with client_scope([client]):
        (figure,) = evaluate([key], [client.pk], period)
        listed = rows_of(key, [client.pk], period)
        sums = {
            role: sum(part.sign * part.total() for part in listed if part.role in (role, "both"))
            for role in ("numerator", "denominator")
        }

    assert by_api == by_command
    assert by_api["value"] == pytest.approx(float(figure.value or 0))
    assert (figure.numerator, figure.denominator) == (sums["numerator"], sums["denominator"])
    page = viewer.get(f"/kpi/{key}/", ASKED).content.decode()
    assert figure.display in page
    assert figure.display in viewer.get("/overview/", ASKED).content.decode()


def test_the_explain_panel_says_who_was_there_with_one_more_query(viewer: Browser) -> None:
    asked = {**ASKED, "client": "ACME"}
    viewer.get("/kpi/efficiency/explain/", asked)
    with CaptureQueriesContext(connection) as captured:
        page = unescape(viewer.get("/kpi/efficiency/explain/", asked).content.decode())

    assert "99 h = 9 × 9 + 1 idle floater × 9 + 1 covering floater × 9" in page
    assert sum("UNION ALL" in each["sql"] for each in captured.captured_queries) == 1


def test_no_name_of_a_person_reaches_a_viewer(viewer: Browser) -> None:
    for key in KEYS:
        for page in (f"/kpi/{key}/", f"/kpi/{key}/explain/", f"/kpi/{key}/rows/"):
            text: Any = viewer.get(page, ASKED).content.decode()
            assert "López" not in text
            assert "EMP-" not in text


def test_every_list_of_rows_opens(viewer: Browser) -> None:
    parts = [
        "line_present_hours", "line_floater_hours", "inferred_person_hours",
        "unlined_person_hours", "person_hours_left_out", "earned_hours_without_people",
    ]  # fmt: skip
    answers = [
        viewer.get("/kpi/efficiency/rows/", {**ASKED, "measure": part}).status_code
        for part in parts
    ]

    assert answers == [200] * len(parts)
