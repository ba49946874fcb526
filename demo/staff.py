"""The people of one demo client: crews by line and shift, the heads each line needs, the pool."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from random import Random

from clients import periods
from demo.crews import GROUP, WEEKEND, groups
from demo.masters import Masters, write
from demo.plants import LinePlan, PlantPlan, ShiftPlan, Trouble
from demo.simulation import SHORTAGE_DAYS
from plant.models import Employee, LineAssignment, Shift
from staffing.models import StaffingRequirement

WOMEN = (
    "Ana", "Rosa", "Marta", "Lucía", "Sofía", "Guadalupe", "Verónica", "Inés", "Rocío", "Belén",
    "Mónica", "Araceli", "Noemí", "Yolanda", "Ángela", "Beatriz", "Concepción", "Dulce María",
    "Elizabeth", "Fátima",
)  # fmt: skip
MEN = (
    "Luis", "Jorge", "Raúl", "Pedro", "Diego", "José Ángel", "Martín", "Óscar", "Iván", "Sergio",
    "Héctor", "Ramón", "Julián", "Adrián", "Efraín", "Gustavo", "Hilario", "Isaías", "Noé", "Tomás",
)  # fmt: skip
FAMILY = (
    "Garza", "Salinas", "Cavazos", "Leal", "Ríos", "Peña", "Luna", "Mora", "Vela", "Soto",
    "Treviño", "Cantú", "Muñoz", "Zúñiga", "Ibáñez", "Nuño", "Báez", "Ochoa", "de la Garza",
    "Quiñones", "Yáñez", "Escobedo", "Farías", "Güemes", "Hinojosa", "Jáuregui", "Longoria",
    "Núñez", "Ordóñez", "Villarreal",
)  # fmt: skip
POSITIONS = ("Operator", "Operator", "Operator", "Operator", "Skilled operator", "Material handler")
# Of each crew, when the labour shortage began.
LEFT = 5


@dataclass
class Staff:
    """The people of a line in one of its shifts, by the codes of both."""

    crews: dict[tuple[str, str], list[Employee]] = field(default_factory=dict)
    # How many at the end of each list have left.
    left: dict[tuple[str, str], int] = field(default_factory=dict)

    def key(self, line: str, shift: str) -> tuple[str, str]:
        """Whose crew works the shift: at the weekend that of a weekday."""
        codes = (shift, *WEEKEND.get(shift, ()))
        return next((line, code) for code in codes if (line, code) in self.crews)

    @property
    def people(self) -> list[Employee]:
        return [person for crew in self.crews.values() for person in crew]


def make_staff(masters: Masters, first: datetime.date, today: datetime.date) -> Staff:
    staff, gone = Staff(), today - datetime.timedelta(days=SHORTAGE_DAYS)
    has_shortage = masters.plan.trouble is Trouble.LABOUR and gone > first
    for line, plan in crews_of(masters.plan):
        key = line.code, plan.code
        left = round(line.crew / LEFT) if has_shortage else 0
        staff.crews[key] = list(_employees(masters, line, plan, today, left))
        staff.left[key] = left
    write(staff.people)
    write(
        [
            row
            for each in crews_of(masters.plan)
            for row in _assignments(masters, *each, staff, first, gone)
        ]
    )
    write(list(_requirements(masters, first)))
    return staff


def crews_of(plan: PlantPlan) -> list[tuple[LinePlan, ShiftPlan]]:
    return [
        (line, shift)
        for line in plan.lines
        for shift in plan.shifts
        if shift.code not in WEEKEND and line.code in (shift.lines or (line.code,))
    ]


def _employees(
    masters: Masters, line: LinePlan, shift: ShiftPlan, today: datetime.date, left: int
) -> Iterator[Employee]:
    client, random = masters.client, Random(f"{masters.client.code} {line.code} {shift.code}")  # noqa: S311
    for number in range(1, line.crew + 1):
        yield Employee(
            client=client,
            code=f"{client.code[:4]}-{line.code}-{shift.code[:1]}{number:02}",
            full_name=name(random),
            department=line.department,
            position="Line leader" if number == 1 else random.choice(POSITIONS),
            labour_class="DIRECT",
            active=number <= line.crew - left,
            hire_date=today - datetime.timedelta(days=random.randrange(420, 4200)),
            phone=f"+52 868 {random.randrange(100, 999)} {random.randrange(1000, 9999)}",
            hourly_rate=Decimal(random.randrange(4800, 9600, 50)) / 100,
        )


def name(random: Random) -> str:
    given = random.choice(random.choice((WOMEN, MEN)))
    return " ".join((given, *random.sample(FAMILY, 2)))


def _assignments(
    masters: Masters, line: LinePlan, plan: ShiftPlan, staff: Staff,
    first: datetime.date, gone: datetime.date,
) -> Iterator[LineAssignment]:  # fmt: skip
    """Some left when the shortage began; they stay in the books, with the day they went."""
    key = line.code, plan.code
    shift = _shift(masters, line, plan)
    for number, person in enumerate(staff.crews[key]):
        valid = periods.from_day_on(first)
        if number >= line.crew - staff.left[key]:
            valid = periods.until(valid, gone)
        yield LineAssignment(
            client=masters.client,
            employee=person,
            line=masters.lines[line.code],
            shift=shift,
            valid=valid,
        )


def _shift(masters: Masters, line: LinePlan, plan: ShiftPlan) -> Shift:
    serving = (None, masters.lines[line.code].pk)
    return next(row for row in masters.shifts if row.code == plan.code and row.line_id in serving)


def _requirements(masters: Masters, first: datetime.date) -> Iterator[StaffingRequirement]:
    for line in masters.plan.lines:
        for plan in masters.plan.shifts:
            if plan.lines and line.code not in plan.lines:
                continue
            yield StaffingRequirement(
                client=masters.client,
                line=masters.lines[line.code],
                shift=_shift(masters, line, plan),
                required_headcount=line.crew,
                valid=periods.from_day_on(first),
            )


def floaters(clients: int) -> Iterator[Employee]:
    random = Random("pool")  # noqa: S311
    for number in range(1, GROUP * groups(clients) + 1):
        yield Employee(
            code=f"POOL-{number:02}",
            full_name=name(random),
            position="Floater",
            labour_class="DIRECT",
        )
