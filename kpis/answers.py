"""From sums to figures: the division, its reasons, and the judgement beside it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal, localcontext
from typing import Any

from kpis.declarations import Assumed, Combined, Kpi, Measure, Other, Product, Ratio, Unit
from kpis.figures import Excluded, Figure, Group, Input, IsoValue, TargetValues, changed
from kpis.judgement import B_CONFIDENCE, Grade, band, grade
from kpis.queries import Question
from kpis.registry import catalogue
from kpis.statistics import SMALL_SAMPLE, wilson
from kpis.sums import (
    GIVEN_OUT,
    PRECISION,
    ZERO,
    Cell,
    Sums,
    excluded_rows,
    inputs_of,
    is_kpi,
    provenance,
)
from kpis.targets import TargetBook

HUNDRED = Decimal(100)
HALF = Decimal("0.5")


class Judge:
    """Makes the figures of one question; targets are read once.

    A brief one leaves out what no point of a chart shows: inputs, rules, ISO value, interval,
    grade.
    """

    def __init__(
        self,
        question: Question,
        keys: Iterable[str],
        targets: TargetBook | None = None,
        *,
        brief: bool = False,
    ) -> None:
        self.question = question
        self._brief = brief
        kpis = [key for key in keys if is_kpi(key)]
        if targets is None and kpis:
            targets = TargetBook.load(question.clients, kpis)
        self._targets = targets or TargetBook()

    def figures(self, key: str, group: tuple[Group, ...], cell: Cell) -> Iterator[Figure]:
        """One figure, or none when the group has nothing to do with this key."""
        figure = self.figure(key, group, cell)
        if not self.question.by or figure.rows or figure.excluded:
            yield figure

    def figure(self, key: str, group: tuple[Group, ...], cell: Cell) -> Figure:
        each = catalogue.find(key)
        if isinstance(each, Product):
            # Of the factors as they are given out, so that anybody's product is the same.
            with localcontext(GIVEN_OUT):
                return self._judged(each, self._product(each, group, cell))
        with localcontext(PRECISION):
            if not isinstance(each, Kpi):
                return self._measure(each, group, cell)
            sums = self._sums(each, cell)
            if isinstance(each, Ratio):
                figure = self._ratio(each, group, sums)
            elif isinstance(each, Other):
                figure = self._other(each, group, sums)
            else:
                raise TypeError(f"{each.key} is neither ratio, product nor other.")
            return self._judged(each, figure)

    def _sums(self, kpi: Kpi, cell: Cell) -> Sums:
        return Sums(cell, self.question, standard=kpi.standard_shifts)

    # -- kinds -----------------------------------------------------------------------------------

    def _measure(self, measure: Measure | Combined, group: tuple[Group, ...], cell: Cell) -> Figure:
        sums = Sums(cell, self.question)
        amount = sums.amount(measure.key)
        rows = _rows_behind(sums, [measure.key])
        base = self._base(measure.key, measure.unit, group, sums, [measure.key])
        if not rows:
            return changed(base, reason=_nothing(base.excluded, "Nothing was recorded."))
        return changed(
            base, value=GIVEN_OUT.plus(amount.value), numerator=GIVEN_OUT.plus(amount.value),
            inputs=inputs_of(sums, [(measure.key, "numerator")]),
        )  # fmt: skip

    def _ratio(self, kpi: Ratio, group: tuple[Group, ...], sums: Sums) -> Figure:
        used = [kpi.numerator, kpi.denominator]
        base = changed(
            self._base(kpi.key, kpi.unit, group, sums, used),
            rows=_rows_behind(sums, kpi.measures, any_kind=True),
            inputs=self._inputs(
                sums, [(kpi.numerator, "numerator"), (kpi.denominator, "denominator")]
            ),
            rules=self._rules(kpi),
        )
        if kpi.assumed and _is_silent(kpi.assumed, sums):
            return _assumed(kpi.assumed, base, sums)
        reason = _missing(kpi, sums)
        if reason:
            return changed(base, reason=reason)
        numerator, denominator = sums.value(kpi.numerator), sums.value(kpi.denominator)
        base = changed(
            base, numerator=GIVEN_OUT.plus(numerator), denominator=GIVEN_OUT.plus(denominator)
        )
        if denominator <= 0:
            zero = kpi.zero if isinstance(kpi.zero, str) else kpi.zero(sums)
            return changed(base, reason=zero)
        return changed(
            base,
            value=GIVEN_OUT.plus(divided(kpi, numerator, denominator)),
            iso=None if self._brief else _iso(kpi, sums, numerator, denominator),
            interval=None if self._brief else _interval(kpi, numerator, denominator),
        )

    def _inputs(self, sums: Sums, named: list[tuple[str, str]]) -> tuple[Input, ...]:
        return () if self._brief else inputs_of(sums, named)

    def _rules(self, kpi: Ratio) -> tuple[str, ...]:
        if self._brief:
            return ()
        question = self.question
        return tuple(question.book.in_force(question.clients, kpi.rules, question.period))

    def _product(self, kpi: Product, group: tuple[Group, ...], cell: Cell) -> Figure:
        factors = tuple(self.figure(key, group, cell) for key in kpi.factors)
        base = Figure(
            kpi.key, group, None, str(kpi.unit),
            factors=factors,
            rows=sum(each.rows for each in factors),
            excluded=tuple(dict.fromkeys(each for factor in factors for each in factor.excluded)),
            rules=tuple(dict.fromkeys(rule for factor in factors for rule in factor.rules)),
        )  # fmt: skip
        lacking = [each for each in factors if each.value is None]
        if lacking:
            if len(lacking) == len(factors) and len({each.reason for each in lacking}) == 1:
                return changed(base, reason=lacking[0].reason)
            reasons = [f"{each.label}: {each.reason}" for each in lacking]
            return changed(base, reason=" ".join(reasons))
        return changed(
            base,
            value=_multiplied(each.value for each in factors),
            estimated=any(each.estimated for each in factors),
            estimated_share=max(each.estimated_share for each in factors),
            confidence=min(each.confidence for each in factors if each.confidence is not None),
            iso=_iso_of_product(kpi, factors),
        )

    def _other(self, kpi: Other, group: tuple[Group, ...], sums: Sums) -> Figure:
        answer = kpi.compute(sums)
        base = self._base(kpi.key, kpi.unit, group, sums, kpi.uses)
        return changed(
            base,
            value=answer.value,
            numerator=answer.numerator,
            denominator=answer.denominator,
            reason="" if answer.value is not None else _nothing(base.excluded, answer.reason),
            notes=answer.notes,
            flags=answer.flags,
            inputs=self._inputs(sums, [(key, "part") for key in kpi.uses]),
        )

    def _base(
        self, key: str, unit: Unit, group: tuple[Group, ...], sums: Sums, used: Iterable[str]
    ) -> Figure:
        used = list(used)
        estimated, share, confidence = provenance(sums, used)
        return Figure(
            key, group, None, str(unit),
            estimated=estimated, estimated_share=share, confidence=confidence,
            excluded=excluded_rows(sums, used), rows=_rows_behind(sums, used, any_kind=True),
        )  # fmt: skip

    # -- judgement -------------------------------------------------------------------------------

    def _judged(self, kpi: Kpi, figure: Figure) -> Figure:
        target = self._target(kpi, figure.by)
        if figure.value is None or figure.confidence is None:
            return changed(
                figure, target=target, confidence=None, estimated=False, estimated_share=ZERO
            )
        given = None if self._brief else self._grade(figure, figure.confidence)
        return changed(
            figure,
            target=target,
            band=band(figure.value, target, kpi.direction),
            grade=given.letter if given else None,
            grade_reason=given.reason if given else "",
            flags=(*figure.flags, *_flags(kpi, figure, target)),
        )

    def _grade(self, figure: Figure, confidence: Decimal) -> Grade:
        known = catalogue.known_of(self.question, figure.by)
        return grade(
            estimated_share=figure.estimated_share,
            confidence=confidence,
            completeness=known.completeness,
            unexplained_pct=known.unexplained,
            tolerance_pct=known.tolerance,
        )

    def _target(self, kpi: Kpi, group: tuple[Group, ...]) -> TargetValues | None:
        own = [each.value for each in group if each.dimension == "client"]
        return self._targets.target(
            own or self.question.clients, kpi.key, self.question.period.last
        )


def divided(kpi: Ratio, numerator: Decimal, denominator: Decimal) -> Decimal:
    times, over = kpi.scale
    return numerator * times / (denominator * over)


def _multiplied(values: Iterable[Decimal | None]) -> Decimal:
    product = HUNDRED
    for value in values:
        product = product * (value if value is not None else ZERO) / HUNDRED
    return product


def _missing(kpi: Ratio, sums: Sums) -> str:
    for need in kpi.needs:
        amount = sums.amount(need.measure)
        if amount.rows:
            continue
        if kpi.standard_shifts and sums.other_kinds(need.measure):
            return "Only overtime or special shifts, which are shown by shift kind."
        return _nothing(excluded_rows(sums, [need.measure]), need.sentence)
    return ""


def _is_silent(assumed: Assumed, sums: Sums) -> bool:
    return not sums.rows(assumed.silent) and sums.rows(assumed.given) > 0


def _assumed(assumed: Assumed, base: Figure, sums: Sums) -> Figure:
    return changed(
        base,
        value=assumed.value,
        estimated=True,
        estimated_share=Decimal(1),
        confidence=assumed.confidence,
        rows=sums.rows(assumed.given),
        notes=(assumed.note,),
    )


def _nothing(excluded: tuple[Excluded, ...], sentence: str) -> str:
    return excluded[0].reason if excluded else sentence


def _rows_behind(sums: Sums, keys: Iterable[str], *, any_kind: bool = False) -> int:
    total = 0
    for key in keys:
        for measure, _sign in catalogue.base_terms(key):
            total += sums.rows(measure.key)
            if any_kind and sums.other_kinds(measure.key):
                total += 1
    return total


def _iso(kpi: Ratio, sums: Sums, numerator: Decimal, denominator: Decimal) -> IsoValue | None:
    if kpi.iso is None:
        return None
    above, below = sums.value(kpi.iso.numerator), sums.value(kpi.iso.denominator)
    if below <= 0 or above * denominator == numerator * below:
        return None
    value = GIVEN_OUT.plus(divided(kpi, above, below))
    difference = value - GIVEN_OUT.plus(divided(kpi, numerator, denominator))
    return IsoValue(
        value, difference, kpi.iso.explain(sums),
        GIVEN_OUT.plus(above), GIVEN_OUT.plus(below), kpi.unit,
    )  # fmt: skip


def _iso_of_product(kpi: Product, factors: tuple[Figure, ...]) -> IsoValue | None:
    differing = [each for each in factors if each.iso]
    if not differing:
        return None
    by_iso = _multiplied(each.iso.value if each.iso else each.value for each in factors)
    words = " ".join(each.iso.explanation for each in differing if each.iso)
    difference = by_iso - _multiplied(each.value for each in factors)
    return IsoValue(by_iso, difference, words, unit=kpi.unit)


def _interval(
    kpi: Ratio, numerator: Decimal, denominator: Decimal
) -> tuple[Decimal, Decimal] | None:
    if not kpi.proportion or denominator >= SMALL_SAMPLE or not 0 <= numerator <= denominator:
        return None
    low, high = wilson(numerator, denominator)
    return low * kpi.scale[0], high * kpi.scale[0]


def _flags(kpi: Kpi, figure: Figure, target: TargetValues | None) -> Iterator[str]:
    value: Any = figure.value
    if kpi.unit is Unit.PERCENT:
        if value > HUNDRED and not kpi.may_exceed:
            yield "verify_standard"
        if value < 0:
            yield "verify_downtime"
        if kpi.direction == "up" and target and value < target.target * HALF:
            yield "investigate"
    if figure.confidence is not None and figure.confidence < B_CONFIDENCE:
        yield "low_confidence"


__all__ = ["Judge", "divided"]
