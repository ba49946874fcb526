"""The days of the demo: how far it reaches back, and when nobody works."""

from __future__ import annotations

import datetime
from collections.abc import Iterator

HolidayName = tuple[datetime.date, str, str]


def months_before(day: datetime.date, months: int) -> datetime.date:
    years, month = divmod(day.month - 1 - months, 12)
    return datetime.date(day.year + years, month + 1, min(day.day, 28))


def days_between(first: datetime.date, last: datetime.date) -> Iterator[datetime.date]:
    """Both included."""
    for ahead in range((last - first).days + 1):
        yield first + datetime.timedelta(days=ahead)


def holidays(first: datetime.date, last: datetime.date) -> list[HolidayName]:
    """Date, kind and name of the days without work, by the law of Mexico."""
    found = [each for year in range(first.year, last.year + 1) for each in _of_year(year)]
    return [each for each in found if first <= each[0] <= last]


def _of_year(year: int) -> list[HolidayName]:
    return [
        (datetime.date(year, 1, 1), "HOLIDAY", "New Year"),
        (_monday(year, 2, 1), "HOLIDAY", "Constitution Day"),
        (_monday(year, 3, 3), "HOLIDAY", "Benito Juárez"),
        (datetime.date(year, 5, 1), "HOLIDAY", "Labour Day"),
        (datetime.date(year, 9, 16), "HOLIDAY", "Independence Day"),
        (_monday(year, 11, 3), "HOLIDAY", "Revolution Day"),
        (datetime.date(year, 12, 25), "HOLIDAY", "Christmas"),
        *(
            (datetime.date(year, 12, day), "SHUTDOWN", "Stock-taking and maintenance")
            for day in range(27, 32)
        ),
    ]


def _monday(year: int, month: int, number: int) -> datetime.date:
    first = datetime.date(year, month, 1)
    return first + datetime.timedelta(days=(7 - first.weekday()) % 7 + 7 * (number - 1))


def nth_working_day_before(today: datetime.date, back: int) -> datetime.date:
    """Monday to Friday, counted back from today; today does not count."""
    day = today
    while back:
        day -= datetime.timedelta(days=1)
        back -= day.weekday() < 5
    return day
