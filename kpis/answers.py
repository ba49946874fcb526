"""From sums to figures: the division, its reasons, and the judgement beside it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal, localcontext
from functools import partial
from typing import Any, NamedTuple

from kpis.declarations import (
    Answer,
    Assumed,
    Combined,
    Kpi,
    Measure,
    Other,
    Product,
    Ratio,
    Unit,
)
from kpis.figures import BLANK, Excluded, Figure, Group, IsoValue, TargetValues, changed
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
    has_rows,
    inputs_of,
    is_kpi,
    remarks_of,
    rows_behind,
    trail_of,
)
from kpis.targets import TargetBook

HUNDRED = Decimal(100)
HALF = Decimal("0.5")


class Judge:
    """Makes the figures of one question; targets are read once.

    A brief one leaves out what stands in the explanation alone: inputs, rules, ISO value,
    interval, notes; and, unless asked for, the grade.
    """

    def __init__(
        self,
        question: Question,
        keys: Iterable[str],
        targets: TargetBook | None = None,
        *,
        brief: bool = False,
        graded: bool | None = None,
    ) -> None:
        self.question = question
        self._brief = brief
        self._graded = not brief if graded is None else graded
        if targets is None:
            kpis = [key for key in keys if is_kpi(key)]
            targets = TargetBook.load(question.clients, kpis) if kpis else TargetBook()
        self._targets = targets
        # The figures of one cell are made of the same sums.
        self._sums: dict[tuple[Cell, bool], Sums] = {}

    def figures(self, key: str, group: tuple[Group, ...], cell: Cell) -> Iterator[Figure]:
        """One figure, or none when the group has nothing to do with this key."""
        figure = self.figure(key, group, cell)
        if not self.question.by or figure.rows or figure.excluded:
            yield figure

    def figure(self, key: str, group: tuple[Group, ...], cell: Cell) -> Figure:
        each = catalogue.find(key)
        if isinstance(each, Kpi):
            return self._judged(each, self._figure(each, group, cell))
        with localcontext(PRECISION):
            return self._measure(each, group, cell)

    def value(self, key: str, cell: Cell) -> Decimal | None:
        """The value of the figure alone, where nobody looks at what stands beside it."""
        each = catalogue.find(key)
        if isinstance(each, Product):
            with localcontext(GIVEN_OUT):
                values = [self.value(factor, cell) for factor in each.factors]
                return None if None in values else _multiplied(values)
        with localcontext(PRECISION):
            if isinstance(each, Ratio):
                return _quotient(each, self._sums_of(cell, each.standard_shifts)).value
            if isinstance(each, Other):
                return each.compute(self._sums_of(cell, each.standard_shifts)).value
            amount = Sums(cell, self.question).amount(key)
            return GIVEN_OUT.plus(amount.value) if amount.rows else None

    def _figure(self, kpi: Kpi, group: tuple[Group, ...], cell: Cell) -> Figure:
        """Before it is judged."""
        if isinstance(kpi, Product):
            # Of the factors as they are given out, so that anybody's product is the same.
            with localcontext(GIVEN_OUT):
                return self._product(kpi, group, cell)
        with localcontext(PRECISION):
            sums = self._sums_of(cell, kpi.standard_shifts)
            if isinstance(kpi, Ratio):
                return self._ratio(kpi, group, sums)
            if isinstance(kpi, Other):
                return self._other(kpi, group, sums)
        raise TypeError(f"{kpi.key} is neither ratio, product nor other.")

    def _sums_of(self, cell: Cell, standard: bool = False) -> Sums:
        key = cell, standard
        if key not in self._sums:
            self._sums[key] = Sums(cell, self.question, standard=standard)
        return self._sums[key]

    # -- kinds -----------------------------------------------------------------------------------

    def _measure(self, measure: Measure | Combined, group: tuple[Group, ...], cell: Cell) -> Figure:
        sums, used = Sums(cell, self.question), (measure.key,)
        base = self._base(measure.key, measure.unit, group, sums, used, used)
        if not rows_behind(sums, used) and not _stands_at_zero(base, sums, used):
            return changed(base, reason=_nothing(base.excluded, "Nothing was recorded."))
        value = GIVEN_OUT.plus(sums.value(measure.key))
        return changed(
            base, value=value, numerator=value,
            inputs=inputs_of(sums, [(measure.key, "numerator")]),
            notes=() if self._brief else remarks_of(sums, used),
        )  # fmt: skip

    def _ratio(self, kpi: Ratio, group: tuple[Group, ...], sums: Sums) -> Figure:
        used = (kpi.numerator, kpi.denominator)
        base = self._base(kpi.key, kpi.unit, group, sums, used, kpi.measures)
        found = _quotient(kpi, sums)
        parts = {} if self._brief else self._beside(kpi, sums, found)
        if kpi.assumed and _is_silent(kpi.assumed, sums):
            parts |= _beside_assumed(kpi.assumed, sums)
        return changed(
            base,
            value=found.value,
            numerator=found.numerator,
            denominator=found.denominator,
            reason=found.reason,
            **parts,
        )

    def _beside(self, kpi: Ratio, sums: Sums, found: Quotient) -> dict[str, Any]:
        """What stands in the explanation of a figure alone."""
        question = self.question
        named = [(kpi.numerator, "numerator"), (kpi.denominator, "denominator")]
        parts: dict[str, Any] = {
            "inputs": inputs_of(sums, named),
            "notes": remarks_of(sums, (kpi.numerator, kpi.denominator)),
            "rules": tuple(question.book.in_force(question.clients, kpi.rules, question.period)),
        }
        if found.value is not None:
            numerator, denominator = sums.value(kpi.numerator), sums.value(kpi.denominator)
            parts["iso"] = _iso(kpi, sums, numerator, denominator)
            parts["interval"] = _interval(kpi, numerator, denominator)
        return parts

    def _product(self, kpi: Product, group: tuple[Group, ...], cell: Cell) -> Figure:
        # Of a point only the whole is judged.
        make = self._plain if self._brief else self.figure
        factors = tuple(make(key, group, cell) for key in kpi.factors)
        base = changed(
            BLANK, key=kpi.key, by=group, unit=kpi.unit.text,
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
            notes=tuple(dict.fromkeys(note for each in factors for note in each.notes)),
        )

    def _plain(self, key: str, group: tuple[Group, ...], cell: Cell) -> Figure:
        return self._figure(catalogue.kpi(key), group, cell)

    def _other(self, kpi: Other, group: tuple[Group, ...], sums: Sums) -> Figure:
        answer = kpi.compute(sums)
        base = self._base(kpi.key, kpi.unit, group, sums, kpi.uses, kpi.uses)
        return changed(
            base,
            value=answer.value,
            numerator=answer.numerator,
            denominator=answer.denominator,
            reason="" if answer.value is not None else _nothing(base.excluded, answer.reason),
            flags=answer.flags,
            **({} if self._brief else _beside_other(kpi, answer, sums)),
        )

    def _base(
        self,
        key: str,
        unit: Unit,
        group: tuple[Group, ...],
        sums: Sums,
        used: tuple[str, ...],
        looked_at: tuple[str, ...],
    ) -> Figure:
        trail = trail_of(sums, used)
        # Of a point only whether there are any is asked.
        count = has_rows if self._brief else partial(rows_behind, any_kind=True)
        return changed(
            BLANK, key=key, by=group, unit=unit.text,
            estimated=trail.estimated, estimated_share=trail.share, confidence=trail.confidence,
            excluded=trail.excluded, rows=int(count(sums, looked_at)),
        )  # fmt: skip

    # -- judgement -------------------------------------------------------------------------------

    def _judged(self, kpi: Kpi, figure: Figure) -> Figure:
        target = self._target(kpi, figure.by)
        if figure.value is None or figure.confidence is None:
            return changed(
                figure, target=target, confidence=None, estimated=False, estimated_share=ZERO
            )
        given = self._grade(figure, figure.confidence) if self._graded else None
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


def _beside_other(kpi: Other, answer: Answer, sums: Sums) -> dict[str, Any]:
    return {
        "notes": answer.notes() if callable(answer.notes) else answer.notes,
        "inputs": inputs_of(sums, [(key, "part") for key in kpi.uses]),
    }


def divided(kpi: Ratio, numerator: Decimal, denominator: Decimal) -> Decimal:
    times, over = kpi.scale
    return numerator * times / (denominator * over)


class Quotient(NamedTuple):
    """A ratio as it is given out, or the reason why there is none."""

    value: Decimal | None = None
    numerator: Decimal | None = None
    denominator: Decimal | None = None
    reason: str = ""


def _quotient(kpi: Ratio, sums: Sums) -> Quotient:
    if kpi.assumed and _is_silent(kpi.assumed, sums):
        return Quotient(kpi.assumed.value)
    reason = _missing(kpi, sums)
    if reason:
        return Quotient(reason=reason)
    numerator, denominator = sums.value(kpi.numerator), sums.value(kpi.denominator)
    given = GIVEN_OUT.plus(numerator), GIVEN_OUT.plus(denominator)
    if denominator <= 0:
        return Quotient(None, *given, kpi.zero if isinstance(kpi.zero, str) else kpi.zero(sums))
    return Quotient(GIVEN_OUT.plus(divided(kpi, numerator, denominator)), *given)


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
        return _nothing(excluded_rows(sums, (need.measure,)), need.sentence)
    return ""


def _is_silent(assumed: Assumed, sums: Sums) -> bool:
    return not sums.rows(assumed.silent) and sums.rows(assumed.given) > 0


def _beside_assumed(assumed: Assumed, sums: Sums) -> dict[str, Any]:
    return {
        "estimated": True,
        "estimated_share": Decimal(1),
        "confidence": assumed.confidence,
        "rows": sums.rows(assumed.given),
        "notes": (assumed.note,),
    }


def _stands_at_zero(base: Figure, sums: Sums, used: tuple[str, ...]) -> bool:
    """What stands is known without anybody recording it: nothing is none."""
    facts = (catalogue.fact(measure.fact) for measure in catalogue.sums_of(used))
    whose = all(group.dimension == "client" for group in base.by)
    return not base.excluded and whose and all(fact.standing for fact in facts)


def _nothing(excluded: tuple[Excluded, ...], sentence: str) -> str:
    return excluded[0].reason if excluded else sentence


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
