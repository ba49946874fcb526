"""How a figure comes about, in words and numbers that can be checked with a pencil."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.apps import apps
from django.utils.translation import gettext as _

from dashboards.charts import unit_named
from dashboards.drawings import flag_words
from dashboards.selection import Selection
from dashboards.words import amount_of, number_of, with_unit
from kpis.declarations import Measure, Product, Ratio
from kpis.figures import Excluded, Figure, Input
from kpis.registry import catalogue

HUNDRED = Decimal(100)


@dataclass(frozen=True)
class InputLine:
    sign: str
    label: str
    amount: str
    owner: str
    rows: int
    estimated_rows: int
    confidence: str
    href: str
    is_part: bool
    help: str


@dataclass(frozen=True)
class LeftOut:
    reason: str
    href: str


@dataclass(frozen=True)
class Part:
    """A factor of a product, with its own arithmetic."""

    figure: Figure
    numbers: str
    href: str


@dataclass(frozen=True)
class Explanation:
    figure: Figure
    label: str
    help: str
    formula: str
    iso_formula: str
    version: int
    numbers: str
    parts: list[Part]
    inputs: list[InputLine]
    left_out: list[LeftOut]
    estimated: str
    flags: list[str]
    target: str
    target_source: str
    interval: str
    iso: str
    rows_href: str
    # Sums that can say what they are made of: "108 h = 10 × 9 + 2 idle floaters × 9".
    sums: Sequence[str] = ()


def explained(figure: Figure, selection: Selection, sums: Sequence[str] = ()) -> Explanation:
    kpi: Any = catalogue.find(figure.key)
    return Explanation(
        figure,
        kpi.label,
        kpi.help,
        getattr(kpi, "formula", "") or _("the sum over its rows"),
        getattr(kpi, "iso_formula", ""),
        getattr(kpi, "version", 1),
        numbers_of(figure),
        [
            Part(each, numbers_of(each), selection.link("kpi-explain", each.key))
            for each in figure.factors
        ],
        list(_inputs(figure, selection)),
        [
            LeftOut(each.reason, _rows_left_out(figure.key, each, selection))
            for each in figure.excluded
        ],
        _estimated(figure),
        flag_words(figure),
        _target(figure),
        _source(figure),
        _interval(figure),
        _iso(figure),
        selection.link("kpi-rows", figure.key),
        sums,
    )


# -- the arithmetic ------------------------------------------------------------------------------


def numbers_of(figure: Figure) -> str:
    """ "80 h ÷ 108 h = 74.07 %"; nothing where there is no such line."""
    kpi = catalogue.find(figure.key)
    if isinstance(kpi, Product):
        values = " × ".join(with_unit(each) for each in figure.factors)
        return f"{values} = {with_unit(figure)}"
    if figure.numerator is None or figure.denominator is None or not isinstance(kpi, Ratio):
        return with_unit(figure) if figure.value is not None else ""
    above = amount_of(figure.numerator, str(catalogue.measure(kpi.numerator).unit))
    below = amount_of(figure.denominator, str(catalogue.measure(kpi.denominator).unit))
    return f"{_times(kpi)}{above} ÷ {below} = {with_unit(figure)}"


def _times(kpi: Ratio) -> str:
    """The factor of the formula. That of a per cent is not said: it is what % means."""
    times, over = kpi.scale
    if str(kpi.unit) == "%":
        times, over = times, over * 100
    if times == over:
        return ""
    if times % over == 0:
        return f"{amount_of(times // over)} × "
    return f"1/{amount_of(over // times)} × "


# -- the trail -----------------------------------------------------------------------------------


def _inputs(figure: Figure, selection: Selection) -> Iterator[InputLine]:
    for whose in figure.factors or (figure,):
        for each in whose.inputs:
            yield _input(whose, each, selection)


def _input(figure: Figure, each: Input, selection: Selection) -> InputLine:
    measure = catalogue.measure(each.key)
    href = ""
    if isinstance(measure, Measure):
        href = selection.link("kpi-rows", figure.key, measure=each.key)
    return InputLine(
        "−" if each.sign < 0 else "",
        each.label,
        amount_of(each.value, each.unit),
        _owner(measure),
        each.rows,
        each.estimated_rows,
        "" if each.confidence is None or each.confidence >= 1 else amount_of(each.confidence),
        href,
        each.role == "part",
        measure.help,
    )


def _owner(measure: Any) -> str:
    """The app that owns the rows, by the name people know it by."""
    if not isinstance(measure, Measure):
        return ""
    label = catalogue.fact(measure.fact).model.partition(".")[0]
    return str(apps.get_app_config(label).verbose_name)


def _rows_left_out(key: str, each: Excluded, selection: Selection) -> str:
    return selection.link("kpi-rows", key, measure=each.measure, left_out=each.code)


# -- judgement -----------------------------------------------------------------------------------


def _estimated(figure: Figure) -> str:
    if not figure.estimated or figure.confidence is None:
        return ""
    share = unit_named("%").number(figure.estimated_share * HUNDRED, 0)
    return _("%(share)s %% of the rows are estimated; lowest confidence %(confidence)s.") % {
        "share": share,
        "confidence": amount_of(figure.confidence),
    }


def _target(figure: Figure) -> str:
    found = figure.target
    if found is None:
        return ""
    unit = unit_named(figure.unit)
    words = [_("target %(value)s") % {"value": unit.show(found.target)}]
    if found.warning is not None:
        words.append(_("warning %(value)s") % {"value": unit.show(found.warning)})
    if found.critical is not None:
        words.append(_("critical %(value)s") % {"value": unit.show(found.critical)})
    return ", ".join(words)


def _source(figure: Figure) -> str:
    if figure.target is None:
        return ""
    return {
        "client": _("Set for this client."),
        "global": _("Set for all clients."),
        "default": _("Default of the catalogue."),
        "factors": _("Product of the factors' targets."),
    }.get(figure.target.source, "")


def _interval(figure: Figure) -> str:
    if figure.interval is None:
        return ""
    unit = unit_named(figure.unit)
    low, high = (unit.number(each) for each in figure.interval)
    return _("Few units: with 95 %% certainty between %(low)s and %(high)s.") % {
        "low": low,
        "high": unit.with_symbol(high),
    }


def _iso(figure: Figure) -> str:
    if figure.iso is None:
        return ""
    unit = unit_named(figure.unit)
    return _("%(iso)s by ISO 22400-2, %(contract)s by contract: difference %(difference)s.") % {
        "iso": unit.show(figure.iso.value),
        "contract": unit.with_symbol(number_of(figure)),
        "difference": unit.signed(figure.iso.difference),
    }
