from __future__ import annotations

from decimal import Decimal

import pytest

from kpis.statistics import sigma_level, wilson

D = Decimal


@pytest.mark.parametrize(
    ("good", "of", "low", "high"),
    [
        (3, 200, "0.51", "4.32"),
        (0, 50, "0.00", "7.13"),
        (304, 320, "92.03", "96.90"),
        (95, 100, "88.82", "97.85"),
        (912, 960, "93.43", "96.21"),
        (50, 50, "92.87", "100.00"),
    ],
)
def test_wilson_interval(good: int, of: int, low: str, high: str) -> None:
    found = [(100 * each).quantize(D("0.01")) for each in wilson(D(good), D(of))]

    assert found == [D(low), D(high)]


@pytest.mark.parametrize(
    ("dpmo", "sigma"),
    [("3.4", "6.00"), ("233", "5.00"), ("6210", "4.00"), ("66807", "3.00"), ("308537", "2.00")],
)
def test_sigma_level(dpmo: str, sigma: str) -> None:
    found = sigma_level(D(dpmo))

    assert found is not None
    assert found.quantize(D("0.01")) == D(sigma)


@pytest.mark.parametrize("dpmo", ["0", "1000000", "2000000"])
def test_no_sigma_level_at_the_ends(dpmo: str) -> None:
    assert sigma_level(D(dpmo)) is None
