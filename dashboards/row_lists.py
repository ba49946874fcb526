"""The rows behind a figure, page by page, with the sum that they make."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.paginator import Paginator
from django.http import Http404
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clients.imports.entities import snake
from clients.models import Client
from clients.roles import Action
from clients.scope import current_scope
from clients.views import ClientViewSet
from dashboards.charts import unit_named
from dashboards.columns import Column, columns_of, relations_of
from dashboards.paging import pager
from dashboards.selection import Selection
from dashboards.words import count_of, precise
from kpis.contract import ContractBook
from kpis.declarations import Measure
from kpis.figures import Figure
from kpis.registry import catalogue
from kpis.rows import ExcludedRows, MeasureRows, rows_of
from plant.models import WorkOrder

PAGE_SIZES = (50, 100, 200)
ROLES = {
    "numerator": gettext_lazy("numerator"),
    "denominator": gettext_lazy("denominator"),
    "both": gettext_lazy("numerator and denominator"),
}


@dataclass(frozen=True)
class Sum:
    """One measure of the figure: its part in it, its total, and the way to its rows."""

    label: str
    role: str
    sign: str
    total: str
    href: str
    current: bool


@dataclass(frozen=True)
class Tab:
    label: str
    href: str
    current: bool


@dataclass(frozen=True)
class Line:
    cells: Sequence[tuple[Column, str]]
    amount: str
    href: str


@dataclass(frozen=True)
class RowList:
    """The rows of one measure, or those that it leaves out."""

    parts: Sequence[MeasureRows]
    part: MeasureRows
    left_out: ExcludedRows | None
    columns: list[Column]
    rows: Any

    @classmethod
    def of(
        cls,
        key: str,
        client: Client,
        selection: Selection,
        filters: Any,
        asked: Mapping[str, str],
        book: ContractBook,
    ) -> RowList:
        """An unknown measure or reason is not found, like everything else that is not there."""
        parts = rows_of(
            key, [client.pk], selection.period, filters=filters, as_of=selection.as_of, book=book
        )
        measure, code = asked.get("measure", ""), asked.get("left_out", "")
        part = next((each for each in parts if measure in ("", each.measure)), None)
        if part is None:
            raise Http404
        left_out = next((each for each in part.excluded if each.code == code), None)
        if code and left_out is None:
            raise Http404
        declared = catalogue.measure(part.measure)
        columns = columns_of(
            part.model,
            declared if isinstance(declared, Measure) else None,
            with_people=current_scope().may(Action.SEE_NAMES, client.pk),
        )
        rows = left_out.rows if left_out else part.rows
        return cls(parts, part, left_out, columns, _in_order(rows, columns, part.model))

    @property
    def symbol(self) -> str:
        return str(self.part.unit)

    @property
    def entity(self) -> str:
        """As files and commands name the table: production_entry."""
        return snake(self.part.model.__name__)


def _in_order(rows: Any, columns: list[Column], model: Any) -> Any:
    names = [column.path for column in columns]
    day = next(("__".join(path) for path in names if path[-1] == "shift_date"), "pk")
    return rows.select_related(*relations_of(columns, model)).order_by(day, "pk")


def listed(
    found: RowList, figure: Figure, client: Client, selection: Selection, asked: Mapping[str, str]
) -> dict[str, Any]:
    """What the page shows. The sum is taken over all rows, whichever page is open."""
    key = figure.key
    size = asked.get("size", "")
    per_page = int(size) if size in map(str, PAGE_SIZES) else PAGE_SIZES[1]
    page = Paginator(found.rows, per_page).get_page(asked.get("page", "1"))
    to_row = row_address(found, key, selection)
    columns = _spoken(found.columns, list(page), client)
    lines = [_line(found, columns, row, client, to_row) for row in page]
    return {
        "lines": lines,
        "has_links": any(line.href for line in lines),
        "row_count": count_of(page.paginator.count),
        "explain_href": selection.link("kpi-explain", key),
        "part": found.part,
        "symbol": unit_named(found.symbol).symbol,
        "columns": columns,
        "left_out": found.left_out,
        "total": precise(found.part.total()),
        "sums": list(_sums(found, figure, selection)),
        "tabs": _tabs(found, figure, selection, page.paginator.count),
        "pager": pager(page, lambda to: _address(found, key, selection, size=size, page=to)),
        "export_href": _address(found, key, selection, format="csv"),
    }


def _spoken(columns: list[Column], rows: list[Any], client: Client) -> list[Column]:
    """Without the columns in which no row of this page says anything."""
    return [each for each in columns if any(each.text(row, client) for row in rows)]


def _line(
    found: RowList,
    columns: list[Column],
    row: Any,
    client: Client,
    to_row: Callable[[Any], str],
) -> Line:
    cells = [(column, column.text(row, client)) for column in columns]
    return Line(cells, "" if found.left_out else precise(row.amount), to_row(row))


def _sums(found: RowList, figure: Figure, selection: Selection) -> Iterator[Sum]:
    """Every sum of the figure, as the engine took it."""
    inputs = {each.key: each for whose in (figure, *figure.factors) for each in whose.inputs}
    for part in {(each.measure, each.sign): each for each in found.parts}.values():
        known = inputs.get(part.measure)
        total = precise(known.value) if known else precise(part.total())
        yield Sum(
            part.label,
            str(ROLES.get(part.role, "")),
            "−" if part.sign < 0 else "",
            unit_named(str(part.unit)).with_symbol(total),
            selection.link("kpi-rows", figure.key, measure=part.measure),
            part.measure == found.part.measure,
        )


def _tabs(found: RowList, figure: Figure, selection: Selection, count: int) -> list[Tab]:
    """The rows used, and the rows left out by reason, where there are any."""
    measure, code = found.part.measure, found.left_out.code if found.left_out else ""
    used = "" if code else f" ({count_of(count)})"
    tabs = [
        Tab(_("Used") + used, selection.link("kpi-rows", figure.key, measure=measure), not code)
    ]
    counts = {each.code: each.count for each in figure.excluded}
    for each in found.part.excluded:
        number = count if each.code == code else counts.get(each.code, 0)
        if number or each.code == code:
            words = _("Left out: rows that %(reason)s (%(n)s)") % {
                "reason": each.reason,
                "n": count_of(number),
            }
            href = selection.link("kpi-rows", figure.key, measure=measure, left_out=each.code)
            tabs.append(Tab(words, href, each.code == code))
    return tabs


def _address(found: RowList, key: str, selection: Selection, **more: Any) -> str:
    code = found.left_out.code if found.left_out else ""
    return selection.link("kpi-rows", key, measure=found.part.measure, left_out=code, **more)


def row_address(found: RowList, key: str, selection: Selection) -> Callable[[Any], str]:
    """To the row with its history; the way back to these rows stands in the address."""
    if found.part.model is WorkOrder:
        return lambda row: selection.link("order", str(row.pk))
    kind = ClientViewSet.by_entity.get(found.entity)
    if kind is None or kind.history is None or not current_scope().may(kind.view_action):
        return lambda row: ""
    measure = found.part.measure
    return lambda row: selection.link("row", found.entity, str(row.pk), of=key, measure=measure)
