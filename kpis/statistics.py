"""Statistics of single figures, with the standard library."""

from __future__ import annotations

from decimal import Decimal
from math import sqrt
from statistics import NormalDist

NORMAL = NormalDist()
Z_95 = NORMAL.inv_cdf(0.975)
# Long-term data against the short-term table that people know.
SIGMA_SHIFT = 1.5
# Above this many units the interval is narrower than anything decided by it.
SMALL_SAMPLE = 1000
MILLION = Decimal(1_000_000)


def wilson(successes: Decimal, trials: Decimal) -> tuple[Decimal, Decimal]:
    """The 95 % interval of a proportion of counts, as fractions."""
    n, p = float(trials), float(successes) / float(trials)
    z2 = Z_95 * Z_95
    centre = (p + z2 / (2 * n)) / (1 + z2 / n)
    half = Z_95 / (1 + z2 / n) * sqrt(p * (1 - p) / n + z2 / (4 * n * n))
    return Decimal(str(max(centre - half, 0.0))), Decimal(str(min(centre + half, 1.0)))


def sigma_level(dpmo: Decimal) -> Decimal | None:
    """Φ⁻¹(1 − DPMO/10⁶) + 1.5; none at zero defects, where it has no upper end."""
    if not 0 < dpmo < MILLION:
        return None
    # The lower tail of the mirrored number: 1 − p would lose its digits.
    return Decimal(str(SIGMA_SHIFT - NORMAL.inv_cdf(float(dpmo / MILLION))))
