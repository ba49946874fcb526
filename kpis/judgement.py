"""What a value is worth: its band against the target, and the grade of its inputs."""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

from kpis.declarations import Direction
from kpis.figures import BELOW_TARGET, CRITICAL, ON_TARGET, WARNING, TargetValues

A_SHARE, A_CONFIDENCE, A_COMPLETE = Decimal("0.05"), Decimal("0.9"), Decimal(90)
B_SHARE, B_CONFIDENCE, B_COMPLETE = Decimal("0.25"), Decimal("0.7"), Decimal(70)


def band(value: Decimal | None, target: TargetValues | None, direction: Direction) -> str | None:
    """One rule for every figure; mirrored where less is better."""
    if value is None or target is None:
        return None
    sign = 1 if direction == "up" else -1
    if sign * value >= sign * target.target:
        return ON_TARGET
    if target.critical is not None and sign * value <= sign * target.critical:
        return CRITICAL
    if target.warning is not None and sign * value <= sign * target.warning:
        return WARNING
    return BELOW_TARGET


class Grade(NamedTuple):
    letter: str | None
    reason: str = ""


def grade(
    *,
    estimated_share: Decimal,
    confidence: Decimal,
    completeness: Decimal | None,
    unexplained_pct: Decimal | None,
    tolerance_pct: Decimal | None,
) -> Grade:
    """A, B or C by the worst criterion; none while completeness could still decide it."""
    if confidence < B_CONFIDENCE:
        return Grade("C", f"Confidence {confidence.normalize():f} is below 0.7.")
    if estimated_share > B_SHARE:
        return Grade("C", f"{estimated_share * 100:.0f} % of the rows are estimated.")
    if completeness is None:
        return Grade(None)
    if completeness < B_COMPLETE:
        return Grade("C", f"Only {completeness:.0f} % of the data are there.")
    return _a_or_b(estimated_share, confidence, completeness, unexplained_pct, tolerance_pct)


def _a_or_b(
    share: Decimal,
    confidence: Decimal,
    completeness: Decimal,
    unexplained: Decimal | None,
    tolerance: Decimal | None,
) -> Grade:
    if confidence < A_CONFIDENCE:
        return Grade("B", f"Confidence {confidence.normalize():f} is below 0.9.")
    if share > A_SHARE:
        return Grade("B", f"{share * 100:.0f} % of the rows are estimated.")
    if completeness < A_COMPLETE:
        return Grade("B", f"Only {completeness:.0f} % of the data are there.")
    if unexplained is not None and tolerance is not None and abs(unexplained) > tolerance:
        return Grade("B", f"{unexplained:.1f} % of the planned time is unexplained.")
    return Grade("A")
