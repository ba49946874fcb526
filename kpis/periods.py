"""Half-open ranges of business dates, made in one place so that no last day is ever dropped."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from django.db import models

LONGEST_YEARS = 3
DEFAULT_DAYS = 30
DAY_BUCKETS_UP_TO = 92
WEEK_BUCKETS_UP_TO = 366


class PeriodError(ValueError):
    """A sentence for the person who chose the period."""


class Bucket(models.TextChoices):
    DAY = "day", "Day"
    WEEK = "week", "Week"
    MONTH = "month", "Month"
    QUARTER = "quarter", "Quarter"
    YEAR = "year", "Year"


@dataclass(frozen=True)
class Period:
    """Business dates from `first` up to, not including, `end`."""

    first: date
    end: date

    def __post_init__(self) -> None:
        if self.first >= self.end:
            raise PeriodError("The last day must not be before the first.")

    @classmethod
    def days(cls, first: date, last: date) -> Period:
        """From the first to the last day, both included, as a person says it."""
        period = cls(first, last + timedelta(days=1))
        if period.end > _years_after(first, LONGEST_YEARS):
            raise PeriodError("Choose at most three years.")
        return period

    @classmethod
    def up_to(cls, last: date, days: int = DEFAULT_DAYS) -> Period:
        return cls(last - timedelta(days=days - 1), last + timedelta(days=1))

    def ending(self, days: int) -> Period:
        """So many days up to the same last day; without a number the period itself."""
        return Period.up_to(self.last, days) if days else self

    @property
    def last(self) -> date:
        return self.end - timedelta(days=1)

    @property
    def length(self) -> int:
        return (self.end - self.first).days

    def __contains__(self, day: date) -> bool:
        return self.first <= day < self.end

    def previous(self) -> Period:
        """The same number of days just before."""
        return Period(self.first - timedelta(days=self.length), self.first)

    def with_previous(self) -> Period:
        return Period(self.previous().first, self.end)

    def bucket(self) -> Bucket:
        """What a chart of this length is drawn in."""
        if self.length <= DAY_BUCKETS_UP_TO:
            return Bucket.DAY
        return Bucket.WEEK if self.length <= WEEK_BUCKETS_UP_TO else Bucket.MONTH

    def buckets(self, bucket: str, week_start: int = 1) -> Iterator[date]:
        """The first day of each bucket that the period touches."""
        start = bucket_start(self.first, bucket, week_start)
        while start < self.end:
            yield start
            start = bucket_end(start, bucket)

    def __str__(self) -> str:
        return f"{self.first} to {self.last}"


def bucket_start(day: date, bucket: str, week_start: int = 1) -> date:
    if bucket == Bucket.WEEK:
        return day - timedelta(days=(day.isoweekday() - week_start) % 7)
    if bucket == Bucket.MONTH:
        return day.replace(day=1)
    if bucket == Bucket.QUARTER:
        return day.replace(month=day.month - (day.month - 1) % 3, day=1)
    if bucket == Bucket.YEAR:
        return day.replace(month=1, day=1)
    return day


def bucket_end(start: date, bucket: str) -> date:
    """The day after the bucket that begins on `start`."""
    if bucket == Bucket.DAY:
        return start + timedelta(days=1)
    if bucket == Bucket.WEEK:
        return start + timedelta(days=7)
    months = {Bucket.MONTH: 1, Bucket.QUARTER: 3, Bucket.YEAR: 12}[Bucket(bucket)]
    later = start.month - 1 + months
    return start.replace(year=start.year + later // 12, month=later % 12 + 1, day=1)


def _years_after(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=28) + timedelta(days=1)
