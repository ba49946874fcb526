"""The rows of a figure as a file."""

from __future__ import annotations

import csv
from io import StringIO

from django.test import Client as Browser

from clients.scope import client_scope
from clients.spreadsheets import CsvStyle
from tests.dashboards.conftest import Plant
from tests.plant.factories import make_order
from tests.production.factories import make_entry


def rows_of(browser: Browser, address: str) -> tuple[str, list[list[str]]]:
    response = browser.get(f"{address}&format=csv")
    assert response.status_code == 200
    body = b"".join(response.streaming_content).decode()
    assert body.startswith("\ufeff")
    return response.headers["Content-Disposition"], list(csv.reader(StringIO(body[1:])))


def test_the_file_holds_the_rows_of_the_page_and_their_sum(viewer: Browser, plant: Plant) -> None:
    name, rows = rows_of(viewer, f"/kpi/performance/rows/?{plant.address}&measure=ideal_hours")
    assert name == (
        'attachment; filename="kpi_ops_ACME_production_entry_2025-12-02_2025-12-04.csv"'
    )
    head, *body = rows
    assert head[:3] == ["shift_date", "shift", "line"]
    assert head[-1] == "ideal_hours"
    assert {"total_units", "cycle_hours_per_unit"} <= set(head)
    assert [row[0] for row in body] == ["2025-12-02", "2025-12-03", "2025-12-04"]
    assert [row[-1] for row in body] == ["8", "8", "8"]


def test_rows_left_out_have_a_file_too(viewer: Browser, plant: Plant) -> None:
    with client_scope([plant.client]):
        make_entry(plant.floor, line=None, work_order=make_order(plant.client), job=None)
    address = f"/kpi/performance/rows/?{plant.address}&measure=ideal_hours&left_out=no_line"
    _name, rows = rows_of(viewer, address)
    assert len(rows) == 2


def test_a_code_that_looks_like_a_formula_is_harmless_in_the_file(
    viewer: Browser, plant: Plant
) -> None:
    with client_scope([plant.client]):
        order = make_order(plant.client, number="-1-1", line=plant.floor.line)
        make_entry(plant.floor, work_order=order, job=None)
    _name, (head, *body) = rows_of(viewer, f"/kpi/total_units/rows/?{plant.address}")
    assert "'-1-1" in [row[head.index("work_order")] for row in body]


def test_formulas_get_an_apostrophe_and_numbers_do_not() -> None:
    cell = CsvStyle().cell
    assert [cell(each) for each in ("=A1", "+1", "-1", "@x", "'x", "\tx", "x=1", -5, None)] == [
        "'=A1", "'+1", "'-1", "'@x", "''x", "'\tx", "x=1", "-5", "",
    ]  # fmt: skip
