"""When material stood: hold intervals of orders and jobs, merged, as known on any day.

Days are calendar dates of the client's zone. A hold counts from its date to the day before its
end; an open one to the last day of the window, included; what overlaps counts once.
"""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from holds.models import WIPHold
from kpis.asof import end_of_day as end_of_day

DAY = datetime.timedelta(days=1)


class Span(NamedTuple):
    """Half-open; without an end the material still stands."""

    start: datetime.datetime
    end: datetime.datetime | None


@dataclass
class HoldBook:
    """The holds that pause the clock, of many orders and their jobs."""

    of_orders: dict[int, list[Span]] = field(default_factory=dict)
    of_jobs: dict[int, list[Span]] = field(default_factory=dict)

    @classmethod
    def load(cls, orders: Collection[int], *, at: datetime.datetime) -> HoldBook:
        """One query, however many orders; `at` is the instant as of which it is asked.

        Requests do not count before their approval, then from the time they asked for; resume
        requests still count; holds of a quantity never do.
        """
        rows = WIPHold.objects.standing_by(at).pausing().filter(work_order__in=orders)
        rows = rows.filter(held_at__lte=at).order_by("held_at")
        book, by_order, by_job = cls(), defaultdict(list), defaultdict(list)
        for order, job, start, end in rows.values_list("work_order", "job", "held_at", "ended_at"):
            span = Span(start, end if end and end <= at else None)
            if job is None:
                by_order[order].append(span)
            else:
                by_job[job].append(span)
        book.of_orders = {key: merged(spans) for key, spans in by_order.items()}
        book.of_jobs = {key: merged(spans) for key, spans in by_job.items()}
        return book

    def of_order(self, order: int) -> list[Span]:
        return self.of_orders.get(order, [])

    def of_job(self, order: int, job: int) -> list[Span]:
        """A hold of the order covers all its jobs."""
        return merged([*self.of_order(order), *self.of_jobs.get(job, [])])


def merged(spans: Iterable[Span]) -> list[Span]:
    """The same instants without overlap, in order; spans that touch become one."""
    joined: list[Span] = []
    for span in sorted(spans, key=lambda each: each.start):
        last = joined[-1] if joined else None
        if last is None or (last.end is not None and span.start > last.end):
            joined.append(span)
        elif last.end is not None and (span.end is None or span.end > last.end):
            joined[-1] = Span(last.start, span.end)
    return joined


def held_days(
    spans: Iterable[Span], first: datetime.date, last: datetime.date, zone: datetime.tzinfo
) -> int:
    """Held days within [first, last], both included.

    By calendar dates, so that two holds of one day are still one; opened and resumed on one day
    counts 0.
    """
    total, reached = 0, first
    for start, end in sorted(_dates(span, last, zone) for span in spans):
        start, end = max(start, reached), min(end, last + DAY)
        total += max((end - start).days, 0)
        reached = max(reached, end)
    return total


def _dates(
    span: Span, last: datetime.date, zone: datetime.tzinfo
) -> tuple[datetime.date, datetime.date]:
    """Half-open: the day of the resume is a working day again."""
    start = span.start.astimezone(zone).date()
    return start, span.end.astimezone(zone).date() if span.end else max(last + DAY, start)


def held_time(
    spans: Iterable[Span], start: datetime.datetime, end: datetime.datetime
) -> datetime.timedelta:
    """Exact held time within [start, end); open spans count to the end."""
    total = datetime.timedelta()
    for span in merged(spans):
        begins = max(span.start, start)
        ends = end if span.end is None else min(span.end, end)
        total += max(ends - begins, datetime.timedelta())
    return total


def age_days(
    spans: Iterable[Span], start: datetime.date, end: datetime.date, zone: datetime.tzinfo
) -> int:
    """Active calendar days of an order or job, first and last day counted: end − start + 1 −
    held days. `end` is the day of completion, or the day as of which it is asked."""
    return (end - start).days + 1 - held_days(spans, start, end, zone)
