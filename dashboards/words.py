"""How a value is written, for templates and for the texts inside charts alike."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING

from django.utils import dateformat, formats
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from clients.models import Client
from dashboards.charts.figures import Number, unit_named, written

if TYPE_CHECKING:
    from kpis.figures import Figure

ORDER: dict[str, str] = {
    Client.DateFormat.YMD: "Y-m-d",
    Client.DateFormat.DMY: "d/m/Y",
    Client.DateFormat.MDY: "m/d/Y",
}


def number_of(figure: Figure | None) -> str:
    """Without its unit. Nothing that has no value ever reads as a number."""
    if figure is None or figure.value is None:
        return _("n/a")
    if "over_six" in figure.flags:
        return f"> {figure.value:f}"
    return unit_named(figure.unit).number(figure.value)


def with_unit(figure: Figure | None) -> str:
    number = number_of(figure)
    if figure is None or figure.value is None:
        return number
    return unit_named(figure.unit).with_symbol(number)


def amount_of(value: Number | None, symbol: str = "") -> str:
    """A sum over rows: as many decimals as it has, at most two."""
    if value is None:
        return _("n/a")
    number = written(value, 2 if isinstance(value, (Decimal, float)) else 0, trim=True)
    return unit_named(symbol).with_symbol(number)


def precise(value: Number | None) -> str:
    """With every place that counts, so that a column adds up to its sum line."""
    return "" if value is None else written(value, 6, trim=True)


def day_of(day: date, order: str = "") -> str:
    """ "Tue 2025-12-02", in the order the client reads."""
    return _written_day(day, f"D {ORDER.get(order, 'Y-m-d')}", get_language())


def short_day(day: date) -> str:
    """For axes: a month's name cannot be mistaken for a day."""
    return _written_day(day, "j M", get_language())


@lru_cache(maxsize=8192)
def _written_day(day: date, form: str, language: str | None) -> str:
    """A heat map names the same days on every line."""
    return dateformat.format(day, form)


def month_of(day: date) -> str:
    return dateformat.format(day, "M Y")


def count_of(number: int) -> str:
    return str(formats.number_format(number, 0, force_grouping=True))
