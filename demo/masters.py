"""Master data of one demo client."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from clients import periods
from clients.models import Client
from demo.calendar import holidays
from demo.plants import LinePlan, PartPlan, PlantPlan
from downtime.models import DowntimeReason
from machines.models import Machine
from plant.models import (
    CalendarDay,
    Line,
    Operation,
    Part,
    Shift,
    ShiftBreak,
    Standard,
    Style,
    StyleOperation,
)
from quality.models import DefectType

ROUTE = ("CUTTING", "SEWING", "ASSEMBLY")


def write(rows: Sequence[Any]) -> list[Any]:
    """Prepare, check and store rows of one model, as every other way of writing does."""
    if not rows:
        return []
    model = type(rows[0])
    model.prepare(list(rows))
    for row in rows:
        row.validate_row()
    return list(model.objects.bulk_create(rows))


@dataclass
class Masters:
    """What the shop-floor rows of a client point to, by code."""

    client: Client
    plan: PlantPlan
    lines: dict[str, Line] = field(default_factory=dict)
    shifts: list[Shift] = field(default_factory=list)
    styles: dict[str, Style] = field(default_factory=dict)
    parts: dict[str, Part] = field(default_factory=dict)
    machines: dict[str, list[Machine]] = field(default_factory=dict)
    reasons: dict[str, DowntimeReason] = field(default_factory=dict)
    defect_types: list[DefectType] = field(default_factory=list)
    steps: list[Operation] = field(default_factory=list)

    @property
    def rows(self) -> int:
        own = len(self.lines) + len(self.shifts) + len(self.styles) + len(self.parts)
        return own + sum(len(rows) for rows in self.machines.values())


def make_masters(
    client: Client, plan: PlantPlan, first: datetime.date, today: datetime.date
) -> Masters:
    made = Masters(client, plan)
    made.lines = {row.code: row for row in write([_line(client, each) for each in plan.lines])}
    _make_shifts(made)
    _make_calendar(made, first, today)
    _make_products(made)
    _make_standards(made, first, today)
    _make_machines(made, today)
    made.reasons = {row.code: row for row in DowntimeReason.objects.filter(client=client).reasons()}
    made.defect_types = list(DefectType.objects.filter(client=client))
    return made


def _line(client: Client, plan: LinePlan) -> Line:
    return Line(
        client=client,
        code=plan.code,
        name=plan.name,
        department=plan.department,
        stations=plan.stations,
        standard_crew=plan.crew,
        max_operators=plan.crew + 4,
    )


def _make_shifts(made: Masters) -> None:
    client = made.client
    for plan in made.plan.shifts:
        lines: list[Line | None] = [made.lines[code] for code in plan.lines]
        shifts = write(
            [
                Shift(
                    client=client,
                    line=line,
                    code=plan.code,
                    name=plan.name,
                    start_time=plan.start,
                    end_time=plan.end,
                    weekdays=list(plan.weekdays),
                    kind=plan.kind,
                )
                for line in lines or [None]
            ]
        )
        write(
            [
                ShiftBreak(
                    client=client,
                    shift=shift,
                    name=name,
                    start_offset_minutes=offset,
                    duration_minutes=minutes,
                    paid=paid,
                )
                for shift in shifts
                for name, offset, minutes, paid in plan.breaks
            ]
        )
        made.shifts += shifts


def _make_calendar(made: Masters, first: datetime.date, today: datetime.date) -> None:
    last = today + datetime.timedelta(days=90)
    write(
        [
            CalendarDay(client=made.client, date=date, kind=kind, name=name)
            for date, kind, name in holidays(first, last)
        ]
    )


def _make_products(made: Masters) -> None:
    client, plan = made.client, made.plan
    codes = dict.fromkeys(part.style for line in plan.lines for part in line.parts if part.style)
    styles = [
        Style(client=client, code=code, name=code.title(), family=plan.template.lower())
        for code in codes
    ]
    made.styles = {row.code: row for row in write(styles)}
    parts = [
        Part(
            client=client,
            code=each.code,
            style=made.styles.get(each.style),
            description=each.description,
            category=line.department,
            opportunities_per_unit=each.opportunities,
        )
        for line in plan.lines
        for each in line.parts
    ]
    made.parts = {row.code: row for row in write(parts)}
    _make_routes(made)


def _make_routes(made: Masters) -> None:
    by_code = {row.code: row for row in Operation.objects.filter(client=made.client)}
    made.steps = [by_code[code] for code in ROUTE]
    inspected = {
        part.style for line in made.plan.lines if line.inspects_steps for part in line.parts
    }
    write(
        [
            StyleOperation(client=made.client, style=style, operation=step, sequence=10 * n)
            for code, style in made.styles.items()
            if code in inspected
            for n, step in enumerate(made.steps, start=1)
        ]
    )


def _make_standards(made: Masters, first: datetime.date, today: datetime.date) -> None:
    rows = [
        row
        for line in made.plan.lines
        for part in line.parts
        if part.has_standard
        for row in _standards_of(made, line, part, first, today)
    ]
    rows += [
        Standard(
            client=made.client,
            line=made.lines[line.code],
            labour_hours_per_unit=line.labour_hours(line.line_cycle_hours),
            cycle_hours_per_unit=Decimal(line.line_cycle_hours),
            valid=periods.from_day_on(_long_before(first)),
            source="AGREED",
            reason="Agreed for work that has no study of its own.",
        )
        for line in made.plan.lines
        if line.line_cycle_hours
    ]
    write(rows)


def _standards_of(
    made: Masters, line: LinePlan, part: PartPlan, first: datetime.date, today: datetime.date
) -> list[Standard]:
    """One standard; the first part of a line was studied again half a year ago."""
    cycle = Decimal(part.cycle_hours)
    since, studied = _long_before(first), today - datetime.timedelta(days=180)
    if part is not line.parts[0] or studied <= first:
        return [_standard(made, line, part, cycle, periods.from_day_on(since))]
    before = (cycle * Decimal("1.04")).quantize(Decimal("0.000001"))
    old = periods.until(periods.from_day_on(since), studied)
    return [
        _standard(made, line, part, before, old),
        _standard(made, line, part, cycle, periods.from_day_on(studied), "Studied again."),
    ]


def _standard(
    made: Masters, line: LinePlan, part: PartPlan, cycle: Decimal, valid: Any,
    reason: str = "Time study.",
) -> Standard:  # fmt: skip
    return Standard(
        client=made.client,
        part=made.parts[part.code],
        labour_hours_per_unit=line.labour_hours(str(cycle)),
        cycle_hours_per_unit=cycle,
        valid=valid,
        source="MEASURED" if reason == "Studied again." else "ENGINEERED",
        reason=reason,
    )


def _long_before(first: datetime.date) -> datetime.date:
    return datetime.date(first.year - 1, 1, 1)


def _make_machines(made: Masters, today: datetime.date) -> None:
    rows = [
        Machine(
            client=made.client,
            code=code,
            name=name,
            machine_type=name.split()[0],
            line=made.lines[line.code],
            last_maintenance_date=today - datetime.timedelta(days=20 + 3 * n),
            next_maintenance_date=today + datetime.timedelta(days=10 + 3 * n),
        )
        for line in made.plan.lines
        for n, (code, name) in enumerate(line.machines)
    ]
    for row in write(rows):
        made.machines.setdefault(row.line.code, []).append(row)
