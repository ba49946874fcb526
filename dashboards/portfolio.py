"""All clients of a person side by side, each judged by its own targets, never mixed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from clients.models import Client
from dashboards.board import Board
from dashboards.charts import Band, unit_named
from dashboards.drawings import Cell
from dashboards.freshness import last_entries
from dashboards.selection import Selection, Unreadable
from dashboards.tiles import spark
from kpis.engine import offered
from kpis.figures import Figure, Group
from kpis.registry import catalogue

OUTPUT, PLANNED = "total_units", "planned_units"
COLUMNS = (
    "oee", "efficiency", "availability", "performance", "fpy", "ppm", "otd", "open_holds",
    "absenteeism_net",
)  # fmt: skip
SORTS = ("critical", "client", OUTPUT, *COLUMNS, "entry")


@dataclass(frozen=True)
class Row:
    client: Client
    href: str
    units: Figure
    planned: Figure
    cells: Sequence[Cell]
    sparkline: SafeString | str
    last_entry: datetime | None
    criticals: int
    warnings: int
    is_silent: bool

    def figure(self, key: str) -> Figure:
        return self.units if key == OUTPUT else self.cells[COLUMNS.index(key)].figure


@dataclass(frozen=True)
class Head:
    """A column head that sorts: `order` is ascending, descending or nothing."""

    key: str
    label: str
    unit: str
    href: str
    order: str
    is_number: bool = True


def portfolio(selection: Selection, sort: str) -> dict[str, Any]:
    key, descending = _sort(sort)
    keys = [OUTPUT, PLANNED, *COLUMNS, "true_otd"]
    board = Board(
        offered(keys, "client"), selection.ids, selection.period, by="client",
        as_of=selection.as_of,
    )  # fmt: skip
    entries = last_entries(selection.ids)
    rows = [_row(board, selection, client, entries) for client in selection.clients]
    return {"rows": _sorted(rows, key, descending), "heads": _heads(selection, key, descending)}


def _row(
    board: Board, selection: Selection, client: Client, entries: dict[int, datetime | None]
) -> Row:
    group = Group("client", client.pk, client.code, client.code)
    cells = [
        Cell(board.of(group, key), selection.link("kpi", key, client=client))
        for key in (_shown(column, client) for column in COLUMNS)
    ]
    return Row(
        client,
        selection.link("overview", client=client),
        board.of(group, OUTPUT),
        board.of(group, PLANNED),
        cells,
        spark(board, "oee", group),
        entries.get(client.pk),
        sum(cell.figure.band == Band.CRITICAL for cell in cells),
        sum(cell.figure.band == Band.WARNING for cell in cells),
        board.is_silent(client.pk),
    )


def _shown(column: str, client: Client) -> str:
    """Of deliveries the figure that the client agreed to be judged by."""
    true_only = column == "otd" and client.otd_mode == Client.OtdMode.TRUE
    return "true_otd" if true_only else column


# -- sorting -------------------------------------------------------------------------------------


def _sort(text: str) -> tuple[str, bool]:
    key, descending = text.removeprefix("-"), text.startswith("-")
    if key not in SORTS:
        raise Unreadable(_("The list cannot be sorted by “%(name)s”.") % {"name": key[:40]})
    return key, descending


def _sorted(rows: list[Row], key: str, descending: bool) -> list[Row]:
    """Most criticals first unless asked otherwise; who has no value is always last."""
    rows = sorted(rows, key=lambda row: row.client.code)
    if key == "critical":
        return sorted(rows, key=lambda row: (row.is_silent, -row.criticals, -row.warnings))
    if key == "client":
        return rows[::-1] if descending else rows
    value = _value_of(key)
    known = [row for row in rows if value(row) is not None]
    unknown = [row for row in rows if value(row) is None]
    return [*sorted(known, key=value, reverse=descending), *unknown]


def _value_of(key: str) -> Callable[[Row], Any]:
    if key == "entry":
        return lambda row: row.last_entry
    return lambda row: row.figure(key).value


def _heads(selection: Selection, key: str, descending: bool) -> list[Head]:
    heads = [("client", _("Client"), ""), (OUTPUT, _("Output"), _unit(OUTPUT))]
    heads += [(each, catalogue.find(each).label, _unit(each)) for each in COLUMNS]
    heads += [("entry", _("Last entry"), "")]
    found = []
    for name, label, unit in heads:
        order = ("descending" if descending else "ascending") if name == key else ""
        sort = f"-{name}" if name == key and not descending else name
        href = selection.link("portfolio", sort=sort)
        found.append(Head(name, label, unit, href, order, name not in ("client", "entry")))
    return found


def _unit(key: str) -> str:
    return str(unit_named(str(catalogue.find(key).unit)).symbol)
