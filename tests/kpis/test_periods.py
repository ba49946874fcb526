from __future__ import annotations

from datetime import date

import pytest

from kpis.periods import Bucket, Period, PeriodError, bucket_start


def test_both_days_belong_to_the_period() -> None:
    period = Period.days(date(2025, 12, 2), date(2025, 12, 4))

    assert (period.length, period.last) == (3, date(2025, 12, 4))
    assert date(2025, 12, 4) in period
    assert date(2025, 12, 5) not in period


def test_the_period_before_is_as_long_and_just_before() -> None:
    period = Period.days(date(2025, 12, 2), date(2025, 12, 4))

    assert period.previous() == Period.days(date(2025, 11, 29), date(2025, 12, 1))


def test_thirty_days_up_to_a_day() -> None:
    assert Period.up_to(date(2025, 12, 30)) == Period.days(date(2025, 12, 1), date(2025, 12, 30))


def test_the_last_day_before_the_first_is_refused() -> None:
    with pytest.raises(PeriodError, match="The last day must not be before the first."):
        Period.days(date(2025, 12, 4), date(2025, 12, 2))


def test_three_years_are_enough() -> None:
    assert Period.days(date(2023, 1, 1), date(2025, 12, 31)).length == 1096
    with pytest.raises(PeriodError, match="Choose at most three years."):
        Period.days(date(2023, 1, 1), date(2026, 1, 1))


def test_leap_day_plus_three_years() -> None:
    assert Period.days(date(2024, 2, 29), date(2027, 2, 28)).length == 1096


@pytest.mark.parametrize(
    ("last", "bucket"),
    [
        (date(2025, 4, 2), Bucket.DAY),
        (date(2025, 4, 3), Bucket.WEEK),
        (date(2026, 1, 1), Bucket.WEEK),
        (date(2026, 1, 2), Bucket.MONTH),
    ],
)
def test_bucket_by_length(last: date, bucket: Bucket) -> None:
    assert Period.days(date(2025, 1, 1), last).bucket() is bucket


@pytest.mark.parametrize(
    ("bucket", "starts"),
    [
        ("week", [date(2025, 11, 24), date(2025, 12, 1), date(2025, 12, 8)]),
        ("month", [date(2025, 11, 1), date(2025, 12, 1)]),
        ("quarter", [date(2025, 10, 1)]),
        ("year", [date(2025, 1, 1)]),
    ],
)
def test_buckets_cover_the_period(bucket: str, starts: list[date]) -> None:
    period = Period.days(date(2025, 11, 30), date(2025, 12, 10))

    assert list(period.buckets(bucket)) == starts


def test_a_week_may_start_on_sunday() -> None:
    assert bucket_start(date(2025, 12, 2), "week", week_start=7) == date(2025, 11, 30)
