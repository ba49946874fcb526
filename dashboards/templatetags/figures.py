"""One way of writing each kind of value: figures, amounts, days, clock times."""

from __future__ import annotations

import datetime
from typing import Any

from django import template
from django.utils import formats, timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from clients.models import Client
from dashboards.charts.figures import Number, written
from dashboards.words import amount_of, day_of, number_of, with_unit

register = template.Library()


@register.filter
def shown(value: Any) -> str:
    """The number of a figure as tile, page, panel, chart and rows show it, without its unit."""
    return number_of(value)


@register.filter
def shown_with_unit(value: Any) -> str:
    return with_unit(value)


@register.filter
def amount(value: Number | None, symbol: str = "") -> str:
    """A sum with its unit: "80 h", "1,458 min"."""
    return amount_of(value, symbol)


@register.filter
def dated(value: datetime.date | None, client: Client | None = None) -> SafeString | str:
    """A day in the client's format, with its weekday."""
    if value is None:
        return ""
    text = day_of(value, client.date_format if client else "")
    return format_html('<time datetime="{}">{}</time>', value.isoformat(), text)


@register.filter
def clock(value: datetime.datetime | None, client: Client | None = None) -> SafeString | str:
    """A time of today, or a day and a time; the zone stands in the tooltip."""
    if value is None:
        return _("nothing yet")
    zone = client.zone if client else datetime.UTC
    local = value.astimezone(zone)
    text = local.strftime("%H:%M")
    if local.date() != timezone.now().astimezone(zone).date():
        text = f"{day_of(local.date(), client.date_format if client else '')} {text}"
    return format_html(
        '<time datetime="{}" title="{}">{}</time>', value.isoformat(), str(zone), text
    )


@register.filter
def whole(value: Number) -> str:
    return str(formats.number_format(value, 0, force_grouping=True))


@register.filter
def percent(value: Number | None) -> str:
    """A share of a hundred, to two decimals."""
    return _("n/a") if value is None else f"{written(value, 2)} %"
