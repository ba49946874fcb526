"""What attendance asks about floaters, answered from their live assignments."""

from __future__ import annotations

import datetime
from collections.abc import Set

from attendance.floaters import PersonShift
from clients.models import Client
from plant.models import Employee, Line, Shift
from staffing.models import ShiftCoverage


class CoverageBook:
    """Assignments of the clients in scope; one query per question, however many people."""

    def lines(self, wanted: Set[PersonShift]) -> dict[PersonShift, Line]:
        rows = ShiftCoverage.objects.filter(
            client__in={each.client_id for each in wanted},
            shift_date__in={each.shift_date for each in wanted},
            shift__in={each.shift_id for each in wanted},
            employee__in={each.employee_id for each in wanted},
        ).select_related("line")
        found: dict[PersonShift, Line] = {}
        for row in rows.order_by("during"):
            key = PersonShift(row.client_id, row.employee_id, row.shift_id, row.shift_date)
            if key in wanted:
                found.setdefault(key, row.line)
        return found

    def of_shift(
        self, client: Client, shift_date: datetime.date, shift: Shift
    ) -> list[tuple[Employee, Line]]:
        rows = ShiftCoverage.objects.filter(
            client=client, shift_date=shift_date, shift=shift
        ).select_related("employee", "line")
        first: dict[int, tuple[Employee, Line]] = {}
        for row in rows.order_by("employee__code", "during"):
            first.setdefault(row.employee_id, (row.employee, row.line))
        return list(first.values())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, CoverageBook)

    __hash__ = object.__hash__
