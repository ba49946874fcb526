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
    other = _overlapping(row, stops)
    if other:
        span = row.span(other.start, other.end)
        yield f"Overlaps with the stop {span} on this line: their minutes count twice."


def _overlapping(row: DowntimeEvent, stops: dict[int, list[Timed]]) -> Timed | None:
    if not (row.line_id and row.started_at and row.ended_at):
        return None
    own = Timed(row.pk, row.started_at, row.ended_at)
    seen_itself = False
    for stop in stops[row.line_id]:
        # A new row has no key: it is once among the stops, and that once is not an overlap.
        if stop == own and not seen_itself:
            seen_itself = True
        elif stop.start < own.end and stop.end > own.start:
            return stop
    return None


def _timed_stops_of_lines(rows: Sequence[DowntimeEvent]) -> dict[int, list[Timed]]:
    timed = [row for row in rows if row.line_id and row.started_at and row.ended_at]
    stops: dict[int, list[Timed]] = defaultdict(list)
    if not timed:
        return stops
    for row in timed:
        stops[row.line_id].append(Timed(row.pk, row.started_at, row.ended_at))
    stored = DowntimeEvent.objects.timed().filter(
        client_id__in={row.client_id for row in timed},
        line_id__in=stops.keys(),
        shift_date__in={row.shift_date for row in timed},
    )
    stored = stored.exclude(pk__in=[row.pk for row in timed if row.pk])
    for line_id, *stop in stored.values_list("line_id", "pk", "started_at", "ended_at"):
        stops[line_id].append(Timed(*stop))
    return stops


def too_many_reasons(rows: Sequence[DowntimeReason]) -> list[str]:
    """A list that nobody reads to its end is answered with its first line."""
    clients = {row.client_id for row in rows}
    counts: dict[int, int] = defaultdict(int)
    for client_id in DowntimeReason.objects.offered().filter(client_id__in=clients).values_list(
        "client_id", flat=True
    ):
        counts[client_id] += 1
    return [
        f"{count} active reasons: more than {MANY_REASONS} are hard to choose from."
        for count in counts.values()
        if count > MANY_REASONS
    ]
