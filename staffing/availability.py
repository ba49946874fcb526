"""Whether floaters are free, among all clients, and who has those that are not.

The database answers the first question with yes or no; the second one is answered by ordinary
rows of the person's own clients, so that nobody reads where another client has somebody.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from django.apps import apps
from django.db import connection
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from clients.scope import own_clients

if TYPE_CHECKING:
    from staffing.models import ShiftCoverage


class Wanted(NamedTuple):
    """A floater in a half-open span of time; `but` is the assignment that asks for itself."""

    employee_id: int
    start: datetime
    end: datetime
    but: int | None = None


def wait_for(people: Iterable[int]) -> None:
    """Let writers of the same floaters go one after the other, until the transaction ends.

    Of two supervisors at the same instant the second one then reads who was faster, instead of
    running into the constraint of the database, which cannot say it.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended('floater:' || person, 0))"
            " FROM unnest(%s::bigint[]) AS person",
            [sorted(set(people))],
        )


def taken(wanted: Sequence[Wanted]) -> list[bool]:
    """Yes or no for each, among the assignments of all clients; one query."""
    if not wanted:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coverage_is_taken(person, tstzrange(starts, ends), but)"
            " FROM unnest(%s::bigint[], %s::timestamptz[], %s::timestamptz[], %s::bigint[])"
            " WITH ORDINALITY AS asked(person, starts, ends, but, place) ORDER BY place",
            [list(column) for column in zip(*wanted, strict=True)],
        )
        return [bool(answer) for (answer,) in cursor.fetchall()]


def holders(wanted: Sequence[Wanted]) -> list[ShiftCoverage | None]:
    """The assignment that has each of them, where it is one of the user's own clients.

    By all memberships of the user, also while the page is narrowed to one client.
    """
    if not wanted:
        return []
    coverages = apps.get_model("coverage.ShiftCoverage")
    whole = DateTimeTZRange(min(w.start for w in wanted), max(w.end for w in wanted), "[)")
    with own_clients():
        rows = coverages.objects.filter(
            employee__in={each.employee_id for each in wanted}, during__overlap=whole
        ).select_related("client", "line", "employee")
        by_person: dict[int, list[ShiftCoverage]] = defaultdict(list)
        for row in rows.order_by("during"):
            by_person[row.employee_id].append(row)
    return [held(each, by_person[each.employee_id]) for each in wanted]


def held(wanted: Wanted, rows: Iterable[ShiftCoverage]) -> ShiftCoverage | None:
    """The first of these assignments that shares an instant with what is wanted."""
    for row in rows:
        itself = row.pk is not None and row.pk == wanted.but
        if not itself and row.starts_at < wanted.end and wanted.start < row.ends_at:
            return row
    return None
