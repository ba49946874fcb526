"""Rows of a plant. Each is valid by itself and holds nothing surprising."""

from __future__ import annotations

import datetime
from decimal import Decimal
from itertools import count
from typing import Any

from clients.models import Client
from clients.periods import from_day_on
from plant.models import (
    Employee,
    Job,
    Line,
    LineAssignment,
    Operation,
    Part,
    Shift,
    ShiftBreak,
    Shipment,
    Standard,
    Style,
    WorkOrder,
)

_numbers = count(1)


def _saved(row: Any) -> Any:
    """The way files take: prepare, validate, save; that it is the only one, the database says."""
    type(row).prepare([row])
    row.validate_row()
    row.save()
    return row


def make_line(client: Client, **fields: Any) -> Line:
    number = next(_numbers)
    return _saved(Line(client=client, **{"code": f"L{number}", "name": f"Line {number}", **fields}))


def make_shift(client: Client, start: str = "07:00", end: str = "17:00", **fields: Any) -> Shift:
    defaults = {
        "code": f"S{next(_numbers)}",
        "name": "Shift",
        "start_time": datetime.time.fromisoformat(start),
        "end_time": datetime.time.fromisoformat(end),
    }
    return _saved(Shift(client=client, **{**defaults, **fields}))


def make_break(
    shift: Shift, starts_after: int = 300, minutes: int = 60, **fields: Any
) -> ShiftBreak:
    return _saved(
        ShiftBreak(
            client=shift.client,
            shift=shift,
            **{"start_offset_minutes": starts_after, "duration_minutes": minutes, **fields},
        )
    )


def make_style(client: Client, **fields: Any) -> Style:
    number = next(_numbers)
    return _saved(
        Style(client=client, **{"code": f"STYLE-{number}", "name": f"Style {number}", **fields})
    )


def make_part(client: Client, **fields: Any) -> Part:
    return _saved(Part(client=client, **{"code": f"PART-{next(_numbers)}", **fields}))


def make_operation(client: Client, **fields: Any) -> Operation:
    return _saved(
        Operation(client=client, **{"code": f"OP-{next(_numbers)}", "name": "Op", **fields})
    )


def make_standard(client: Client, **fields: Any) -> Standard:
    defaults = {
        "valid": from_day_on(datetime.date(2025, 1, 1)),
        "reason": "time study",
    }
    if not {"labour_hours_per_unit", "cycle_hours_per_unit"} & fields.keys():
        defaults["labour_hours_per_unit"] = Decimal("0.25")
    return _saved(Standard(client=client, **{**defaults, **fields}))


def make_order(client: Client, **fields: Any) -> WorkOrder:
    defaults = {"number": f"WO-{next(_numbers)}", "planned_quantity": 600}
    return _saved(WorkOrder(client=client, **{**defaults, **fields}))


def make_job(order: WorkOrder, **fields: Any) -> Job:
    return _saved(Job(client=order.client, work_order=order, **{"quantity": 600, **fields}))


def make_employee(client: Client | None, **fields: Any) -> Employee:
    defaults = {"code": f"EMP-{next(_numbers)}", "full_name": "Ana López"}
    return _saved(Employee(client=client, **{**defaults, **fields}))


def make_assignment(employee: Employee, line: Line, **fields: Any) -> LineAssignment:
    defaults = {"valid": from_day_on(datetime.date(2025, 1, 1))}
    return _saved(
        LineAssignment(
            client=employee.client, employee=employee, line=line, **{**defaults, **fields}
        )
    )


def make_shipment(order: WorkOrder, **fields: Any) -> Shipment:
    defaults = {
        "shipped_date": datetime.date(2025, 12, 5),
        "quantity": 600,
        "reference": f"REF-{next(_numbers)}",
    }
    return _saved(Shipment(client=order.client, work_order=order, **{**defaults, **fields}))
