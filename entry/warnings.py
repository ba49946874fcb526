"""What looks odd about a roster but is saved all the same. The same queries for 3 or 3,000."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from attendance.marks import Presence
from attendance.models import AttendanceRecord
from entry.people import Crew
from entry.saving import Result, coverages_of
from entry.sheet import Person
from plant.models import Line
from production.models import ProductionEntry


@dataclass(frozen=True)
class Warning:
    """A sentence, and the row that answers it, where there is one."""

    text: str
    key: int | None = None


@dataclass
class After:
    """Who will be where once the accepted rows are saved."""

    crew: Crew
    rows: dict[int, Any]

    def row(self, person: Person) -> Any:
        return self.rows.get(person.key, person.record)

    def is_away(self, person: Person) -> bool:
        row = self.row(person)
        return row is not None and row.presence == Presence.ABSENT

    def is_there(self, person: Person) -> bool:
        """Floaters are where they were sent, until somebody says otherwise."""
        if self.is_away(person):
            return False
        return self.row(person) is not None or person.is_floater

    def line_of(self, person: Person) -> Line | None:
        row = self.row(person)
        return row.line if row is not None else person.line


def warnings(crew: Crew, result: Result) -> list[Warning]:
    after = After(crew, {each.person.key: each.row.row for each in result.accepted})
    lines = {line.pk: line for each in result.accepted if (line := after.line_of(each.person))}
    heads = _heads(after, result)
    return [
        *_too_many(lines, heads),
        *_on_two_lines(crew, result),
        *_other_heads(after, lines, heads),
        *_absent_floaters(after, result),
        *_needlessly_covered(after, result),
    ]


def _heads(after: After, result: Result) -> dict[int, int]:
    heads: dict[int, int] = defaultdict(int)
    for person in after.crew.people:
        line = after.line_of(person)
        if line and after.is_there(person):
            heads[line.pk] += 1
    for coverage in coverages_of(result):
        if coverage.employee_id not in after.crew.by_key:
            heads[coverage.line_id] += 1
    return heads


def _too_many(lines: dict[int, Line], heads: dict[int, int]) -> Iterator[Warning]:
    for line in lines.values():
        if line.max_operators and heads[line.pk] > line.max_operators:
            words = {"line": line.code, "n": heads[line.pk], "most": line.max_operators}
            yield Warning(_("%(line)s: %(n)d people, usually at most %(most)d.") % words)


def _on_two_lines(crew: Crew, result: Result) -> Iterator[Warning]:
    there = {
        each.person.key: each.row.row
        for each in result.accepted
        if each.row.row.presence != Presence.ABSENT
    }
    day, window = crew.place.shift_date, crew.place.window
    around = [day - timedelta(days=1), day, day + timedelta(days=1)]
    others = AttendanceRecord.objects.filter(
        client=crew.place.client, employee__in=list(there), shift_date__in=around
    ).exclude(presence=Presence.ABSENT)
    for other in others.select_related("line", "line_shift", "shift", "employee"):
        if (other.shift_date, other.shift_id) == (day, crew.place.shift.pk):
            continue
        other.client = crew.place.client
        span = other.window()
        if span and span[0] < window[1] and window[0] < span[1]:
            words = {
                "code": other.employee.code,
                "place": other.line.code if other.line else other.shift.code,
                "span": other.span(*span),
            }
            text = _("%(code)s is also recorded on %(place)s, %(span)s.") % words
            yield Warning(text, other.employee_id)


def _other_heads(after: After, lines: dict[int, Line], heads: dict[int, int]) -> Iterator[Warning]:
    """People on production rows against the attendance of the line, once all are marked."""
    open_lines = {
        line.pk
        for person in after.crew.people
        if (line := after.line_of(person)) and after.row(person) is None and not person.is_floater
    }
    place = after.crew.place
    told = ProductionEntry.objects.filter(
        client=place.client,
        shift_date=place.shift_date,
        shift=place.shift,
        line__in=[each for each in lines if each not in open_lines],
    ).order_by()
    most: dict[int, int] = {}
    for line_id, present, assigned in told.values_list(
        "line", "operators_present", "operators_assigned"
    ):
        people = assigned if present is None else present
        if people is not None:
            most[line_id] = max(most.get(line_id, 0), people)
    for line_id, people in most.items():
        if people != heads[line_id]:
            words = {"line": lines[line_id].code, "rows": people, "n": heads[line_id]}
            yield Warning(
                ngettext(
                    "%(line)s: production rows say %(rows)d person, attendance %(n)d.",
                    "%(line)s: production rows say %(rows)d people, attendance %(n)d.",
                    people,
                )
                % words
            )


def _absent_floaters(after: After, result: Result) -> Iterator[Warning]:
    """Their hours leave the line, and whom they covered needs another person."""
    covered_anew = {each.covers.employee_id for each in coverages_of(result) if each.covers}
    for person in after.crew.people:
        if not person.coverers or person.key in covered_anew or not _is_missed(after, person):
            continue
        floaters = [after.crew.by_key.get(each.employee_id) for each in person.coverers]
        if all(each is not None and after.is_away(each) for each in floaters):
            code = ", ".join(each.employee.code for each in person.coverers)
            words = {"floater": code, "code": person.employee.code}
            text = _("%(floater)s is absent: choose another person for %(code)s.") % words
            yield Warning(text, person.key)


def _is_missed(after: After, person: Person) -> bool:
    row = after.row(person)
    return row is not None and row.presence != Presence.PRESENT


def _needlessly_covered(after: After, result: Result) -> Iterator[Warning]:
    for each in result.accepted:
        if each.row.row.presence != Presence.PRESENT:
            continue
        for coverage in each.person.coverers:
            words = {"code": each.person.employee.code, "floater": coverage.employee.code}
            text = _("%(code)s is present, and %(floater)s still covers for them.") % words
            yield Warning(text, each.person.key)
