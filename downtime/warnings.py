"""What looks odd about stops and reasons but is written all the same.

Many rows cost as many queries as one. Rows are prepared; they may be stored or not.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from downtime.models import DowntimeEvent, DowntimeReason

MANY_REASONS = 25


class Timed(NamedTuple):
    pk: int | None
    start: datetime
    end: datetime


def warnings(rows: Sequence[DowntimeEvent]) -> list[list[str]]:
    """The sentences about each row, in the order of the rows."""
    stops = _timed_stops_of_lines(rows)
    return [list(_about(row, stops)) for row in rows]


def _about(row: DowntimeEvent, stops: dict[int, list[Timed]]) -> Iterator[str]:
    if row.reason_id is None:
        yield "No reason yet: the stop counts as UNASSIGNED."
    if row.line_id is None:
        yield "No line: the stop enters no availability."
    if row.line_shift and row.line_shift.state == "NOT_PLANNED":
        yield "This shift is set to not planned on this line: figures leave the stop out."
    other = _overlapping(_timed(row), stops.get(row.line_id or 0, []))
    if other:
        span = row.span(other.start, other.end)
        yield f"Overlaps with the stop {span} on this line: their minutes count twice."


def _timed(row: DowntimeEvent) -> Timed | None:
    if row.line_id is None or row.started_at is None or row.ended_at is None:
        return None
    return Timed(row.pk, row.started_at, row.ended_at)


def _overlapping(own: Timed | None, stops: list[Timed]) -> Timed | None:
    if own is None:
        return None
    # A new row has no key: it is once among the stops, and that once is not an overlap.
    others = [stop for stop in stops if stop != own] + [own] * (stops.count(own) - 1)
    return next((each for each in others if each.start < own.end and each.end > own.start), None)


def _timed_stops_of_lines(rows: Sequence[DowntimeEvent]) -> dict[int, list[Timed]]:
    stops: dict[int, list[Timed]] = defaultdict(list)
    for row in rows:
        if timed := _timed(row):
            stops[row.line_id or 0].append(timed)
    if not stops:
        return stops
    stored = DowntimeEvent.objects.timed().filter(
        client_id__in={row.client_id for row in rows},
        line_id__in=stops.keys(),
        shift_date__in={row.shift_date for row in rows},
    )
    stored = stored.exclude(pk__in=[row.pk for row in rows if row.pk])
    for line_id, *stop in stored.values_list("line_id", "pk", "started_at", "ended_at"):
        stops[line_id].append(Timed(*stop))
    return stops


def too_many_reasons(rows: Sequence[DowntimeReason]) -> list[str]:
    """A list that nobody reads to its end is answered with its first line."""
    clients = {row.client_id for row in rows}
    counts: dict[int, int] = defaultdict(int)
    for client_id in (
        DowntimeReason.objects.offered()
        .filter(client_id__in=clients)
        .values_list("client_id", flat=True)
    ):
        counts[client_id] += 1
    return [
        f"{count} active reasons: more than {MANY_REASONS} are hard to choose from."
        for count in counts.values()
        if count > MANY_REASONS
    ]
