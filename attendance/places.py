"""On which line a person works in a shift: by assignment, or where a floater was sent."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date

from attendance import floaters
from attendance.floaters import PersonShift
from plant.models import Line, LineAssignment, Shift


def own_lines(wanted: set[PersonShift], shifts: dict[int, Shift]) -> dict[PersonShift, Line]:
    """The line of each employee of a client on that day.

    A line assigned for this very shift comes before one for any shift, and the primary line
    before another; the primary line of another shift is the last resort.
    """
    if not wanted:
        return {}
    by_person: dict[tuple[int, int], list[LineAssignment]] = defaultdict(list)
    for each in (
        LineAssignment.objects.filter(employee__in={key.employee_id for key in wanted})
        .valid_between(min(key.shift_date for key in wanted), max(k.shift_date for k in wanted))
        .select_related("line")
    ):
        by_person[each.client_id, each.employee_id].append(each)
    found = {}
    for key in wanted:
        fitting = on_day(by_person[key.client_id, key.employee_id], key.shift_date)
        if line := line_for(fitting, shifts.get(key.shift_id)):
            found[key] = line
    return found


def on_day(assignments: Iterable[LineAssignment], day: date) -> list[LineAssignment]:
    return [each for each in assignments if day in each.valid]


def line_for(assignments: Iterable[LineAssignment], shift: Shift | None) -> Line | None:
    """Of the assignments valid on one day, the line that this shift finds the person on."""
    if shift is None:
        return None
    fitting = [each for each in assignments if shift.serves(each.line_id)]
    fitting = [each for each in fitting if each.shift_id in (None, shift.pk) or each.is_primary]
    if not fitting:
        return None

    def order(each: LineAssignment) -> tuple[bool, bool, bool, int]:
        other_shift = each.shift_id not in (None, shift.pk)
        return other_shift, each.shift_id is None, not each.is_primary, each.pk

    return min(fitting, key=order).line


def lines_of(
    wanted: set[PersonShift], pool: set[PersonShift], shifts: dict[int, Shift]
) -> dict[PersonShift, Line]:
    return own_lines(wanted - pool, shifts) | floaters.lines_of(wanted & pool)
