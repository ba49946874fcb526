"""The lists of the admin: a hundred rows in few milliseconds, on the first page and on the last.

Django renders every cell anew, counts the rows and asks for their days in queries of their own,
and joins all the rows before the page. Cells here are still Django's, each different one once.
"""

from __future__ import annotations

import copy
import datetime
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterator
from functools import cached_property, lru_cache
from html import escape
from itertools import accumulate
from typing import Any

from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.templatetags.admin_list import items_for_result
from django.contrib.admin.utils import get_fields_from_path
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import FieldDoesNotExist
from django.core.paginator import InvalidPage
from django.db.models import Count, DateField, DateTimeField, F, ForeignKey, IntegerField
from django.http import HttpRequest
from django.utils.formats import number_format
from django.utils.html import conditional_escape
from django.utils.translation import get_language

from clients.scope import current_scope

# Values by which a cell is known again; no decimals, of which equal ones may look different.
PLAIN = (str, int, bool, datetime.date, datetime.time, type(None))


class ClientChangeList(ChangeList):
    # From this row on, those of the page are found before anything is joined to them.
    deep = 500

    def get_filters_params(self, params: Any = None) -> Any:
        """PostgreSQL has no text with a zero byte in it."""
        found = super().get_filters_params(params)
        if any("\x00" in str(each) for values in found.values() for each in values):
            raise IncorrectLookupParameters
        return found

    def get_results(self, request: HttpRequest) -> None:
        pages = self.model_admin.get_paginator(request, self.queryset, self.list_per_page)
        if self.rows_by_day is not None:
            pages.count = sum(self.rows_by_day.values())
        self.paginator, self.result_count = pages, pages.count
        self.show_full_result_count, self.full_result_count = False, None
        self.show_admin_actions = True
        self.can_show_all = self.result_count <= self.list_max_show_all
        self.multi_page = self.result_count > self.list_per_page
        self.result_list = self._read_less(self._page(pages))

    def _page(self, pages: Any) -> Any:
        if (self.show_all and self.can_show_all) or not self.multi_page:
            return self.queryset._clone()
        try:
            page = pages.page(self.page_num)
        except InvalidPage:
            raise IncorrectLookupParameters from None
        rows, start, end = self._near(page.start_index() - 1, page.end_index())
        if end <= self.deep and (rows is not self.queryset or len(current_scope().ids) == 1):
            return rows[start:end]
        return self.queryset.filter(pk__in=rows[start:end].values("pk"))

    def _near(self, start: int, end: int) -> tuple[Any, int, int]:
        """The rows of the page's days alone, and where among them the page is.

        Rows of several clients come from no index in the order of the list, so all of them would
        be sorted; how many each day has is known.
        """
        rows, name = self.queryset, self.date_hierarchy
        first = (rows.query.order_by or ("",))[0]
        counts = self.rows_by_day or {}
        days = [(day, count) for day, count in counts.items() if day]
        if not days or len(days) < len(counts) or first not in (name, f"-{name}"):
            return rows, start, end
        counted = sorted(days, reverse=first != name)
        begun = list(accumulate((count for _, count in counted), initial=0))
        one, other = bisect_right(begun, start) - 1, bisect_left(begun, end) - 1
        between = sorted((counted[one][0], counted[other][0]))
        return rows.filter(**{f"{name}__range": between}), start - begun[one], end - begun[one]

    def _read_less(self, rows: Any) -> Any:
        """Without the columns that the list does not show; each row beside them is made once."""
        page: Any = self.model_admin
        names: tuple[str, ...] = page.list_only
        if not names:
            return rows
        listed = [*names, "client__code"] if "client" in self.list_display else names
        far: dict[str, list[str]] = defaultdict(list)
        for near, _, name in (each.partition("__") for each in listed):
            far[near] += [name] if name else []
        found = rows.select_related(None).only("pk", "client", *far)
        beside = {near: far[near] for near in far if far[near]}
        noted = {f"{near}__{n}": F(f"{near}__{n}") for near in beside for n in beside[near]}
        return _with_rows_beside(list(found.annotate(**noted)), beside)

    @cached_property
    def rows_by_day(self) -> dict[datetime.date | None, int] | None:
        """How many rows each day has: the count of all of them, and the days to choose from."""
        name = self.date_hierarchy
        if not name or "__" in name:
            return None
        field = self.lookup_opts.get_field(name)
        if not isinstance(field, DateField) or isinstance(field, DateTimeField):
            return None
        days = self.queryset.order_by().values_list(name).annotate(rows=Count("*"))
        return dict(days)


def _with_rows_beside(rows: list[Any], beside: dict[str, list[str]]) -> list[Any]:
    for near, names in beside.items():
        made: dict[int | None, Any] = {None: None}
        for row in rows:
            field = row._meta.get_field(near)
            pk = getattr(row, field.attname)
            if pk not in made:
                values = [row.__dict__[f"{near}__{name}"] for name in names]
                model = field.related_model
                made[pk] = model.from_db(row._state.db, ["id", *names], [pk, *values])
            field.set_cached_value(row, made[pk])
    return rows


class CountedDays:
    """Answers what the bar of dates asks, from days that are counted already."""

    def __init__(self, days: dict[datetime.date | None, int]) -> None:
        self.days = sorted(day for day in days if day)

    def aggregate(self, **_: Any) -> dict[str, datetime.date | None]:
        first, last = (self.days[0], self.days[-1]) if self.days else (None, None)
        return {"first": first, "last": last}

    def dates(self, _name: str, kind: str) -> list[datetime.date]:
        starts: dict[str, Callable[[datetime.date], datetime.date]] = {
            "day": lambda day: day,
            "month": lambda day: day.replace(day=1),
            "year": lambda day: day.replace(month=1, day=1),
        }
        return list(dict.fromkeys(map(starts[kind], self.days)))


def rows_of(cl: Any) -> Iterator[str]:
    """The cells of each row, as Django writes them."""
    columns = [_column(cl, name) for name in cl.list_display]
    for row in cl.result_list:
        yield "".join([column(row) for column in columns])


def _column(cl: Any, name: Any) -> Callable[[Any], str]:
    if name == "action_checkbox":
        box = cl.model_admin.action_checkbox
        return lambda row: f'<td class="action-checkbox">{box(row)}</td>'
    alone = copy.copy(cl)
    alone.list_display = [name]
    if name in (cl.list_display_links or ()):
        return _Linked(alone, name)
    alone.list_display_links = None
    return _Plain(alone, name)


class _Plain:
    """A column whose cells follow from the values in it."""

    def __init__(self, cl: Any, name: Any) -> None:
        self.cl, self.seen = cl, dict[Hashable, str]()
        self.attname, self.shown = _source(cl, name)
        self.text = _text(cl.model._meta.get_field(name)) if self.attname else None
        self.around: tuple[str, str] | None = None

    def __call__(self, row: Any) -> str:
        if self.attname:
            value = getattr(row, self.attname)
        elif self.shown:
            value = self.shown(row)
        else:
            return self.made(row)
        if not isinstance(value, PLAIN):
            return self.made(row)
        key = type(value), value
        if key not in self.seen:
            self.seen[key] = self._new(row, value)
        return self.seen[key]

    def _new(self, row: Any, value: Any) -> str:
        """Cells with the name of another row, or a number, differ by that text alone."""
        if self.text is None or value is None:
            return self.made(row)
        text = self.text(row)
        if self.around is None:
            cell = self.made(row)
            before, found, after = cell.partition(f">{text}</")
            if not found:
                return cell
            self.around = f"{before}>", f"</{after}"
        return text.join(self.around)

    def made(self, row: Any) -> str:
        return "".join(items_for_result(self.cl, row, None))


class _Linked(_Plain):
    """The column that leads to the row: its cells differ by the address."""

    def __call__(self, row: Any) -> str:
        if self.cl.is_popup:
            return self.made(row)
        text = super().__call__(row)
        return text.replace(self.stand_in, str(row.pk))

    stand_in = "0\u0000"

    def made(self, row: Any) -> str:
        cell = super().made(row)
        if self.cl.is_popup:
            return cell
        address = conditional_escape(self.cl.url_for_result(row))
        before, after = address.rsplit(str(row.pk), 1)
        return cell.replace(address, f"{before}{self.stand_in}{after}", 1)


def _text(field: Any) -> Callable[[Any], str] | None:
    """What stands in a cell of a reference or of a number."""
    if isinstance(field, ForeignKey):
        return lambda row: escape(str(getattr(row, field.name)))
    if isinstance(field, IntegerField) and not field.choices:
        return lambda row: _number(getattr(row, field.name), get_language())
    return None


@lru_cache(maxsize=4096)
def _number(value: int, _language: str | None) -> str:
    return str(number_format(value))


def _source(cl: Any, name: Any) -> tuple[str, Callable[[Any], Any] | None]:
    """Where the value of a column comes from: a field, or a yes or no of the page."""
    try:
        field = get_fields_from_path(cl.model, name)[0]
    except FieldDoesNotExist:
        method = getattr(cl.model_admin, name, None)
        return "", method if getattr(method, "boolean", False) else None
    is_own = (
        field.concrete
        and not field.auto_created
        and (not field.is_relation or isinstance(field, ForeignKey))
    )
    return (field.attname, None) if is_own else ("", None)
