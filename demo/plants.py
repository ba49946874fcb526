"""The invented plants: what they make, on which lines, in which shifts, and what went wrong."""

from __future__ import annotations

import datetime
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import Enum


class Trouble(Enum):
    NONE = "healthy"
    SUPPLIER = "supplier quality crisis"
    EQUIPMENT = "equipment decline"
    LABOUR = "labour shortage"


@dataclass(frozen=True)
class PartPlan:
    code: str
    style: str
    description: str
    cycle_hours: str
    opportunities: int | None
    has_standard: bool = True
    # How often it is ordered, compared with the other parts of its line.
    weight: int = 10

    @property
    def cycle(self) -> float:
        return float(self.cycle_hours)

    @property
    def is_sample(self) -> bool:
        return not self.style


@dataclass(frozen=True)
class LinePlan:
    code: str
    name: str
    department: str
    stations: int
    crew: int
    machines: tuple[tuple[str, str], ...]
    parts: tuple[PartPlan, ...]
    skill: float
    wear: float
    # Hours per unit of the line itself, for parts that have none of their own.
    line_cycle_hours: str = ""
    inspects_steps: bool = False

    def labour_hours(self, cycle_hours: str) -> Decimal:
        return (Decimal(cycle_hours) * self.crew).quantize(Decimal("0.000001"))


@dataclass(frozen=True)
class ShiftPlan:
    code: str
    name: str
    start: datetime.time
    end: datetime.time
    weekdays: tuple[int, ...] = (1, 2, 3, 4, 5)
    kind: str = "STANDARD"
    # Offset, minutes and whether it is paid.
    breaks: tuple[tuple[str, int, int, bool], ...] = ()
    # Codes of the lines that run it; empty: all.
    lines: tuple[str, ...] = ()


@dataclass(frozen=True)
class PlantPlan:
    code: str
    name: str
    location: str
    customers: tuple[str, ...]
    template: str
    defect_rate: float
    trouble: Trouble
    lines: tuple[LinePlan, ...]
    shifts: tuple[ShiftPlan, ...]
    # Share of the output that is inspected at the end.
    sample: float = 1.0


def at(hour: int, minute: int = 0) -> datetime.time:
    return datetime.time(hour, minute)


MEAL = (("Coffee", 120, 10, True), ("Meal", 300, 60, False))
SHORT = (("Meal", 240, 30, False),)

DAY = ShiftPlan("1ST", "Day", at(7), at(17), breaks=MEAL)
NIGHT = ShiftPlan("2ND", "Night", at(21), at(6), breaks=(("Meal", 240, 45, False),))
THREE = (
    ShiftPlan("1ST", "Morning", at(6), at(14), breaks=SHORT),
    ShiftPlan("2ND", "Afternoon", at(14), at(22), breaks=SHORT),
    ShiftPlan("3RD", "Night", at(22), at(6), breaks=SHORT),
)


def saturday(*lines: str) -> ShiftPlan:
    return ShiftPlan(
        "SAT", "Saturday", at(7), at(15), (6,), "OVERTIME", (("Meal", 240, 30, False),), lines
    )


def sunday(*lines: str) -> ShiftPlan:
    return ShiftPlan(
        "SUN", "Sunday", at(7), at(19), (7,), "SPECIAL", (("Meal", 300, 60, False),), lines
    )


BOOTS = PlantPlan(
    code="RIDGELINE",
    name="Ridgeline Boot Company",
    location="Matamoros, Tamaulipas",
    customers=("Ridgeline", "Ridgeline EU", "Ridgeline Outlet"),
    template="TEXTILE",
    defect_rate=0.023,
    trouble=Trouble.NONE,
    lines=(
        LinePlan(
            "L1", "Western boots", "Assembly", 12, 10,
            (("LST-01", "Lasting machine"), ("SOL-01", "Sole press"), ("STT-01", "Stitcher")),
            (
                PartPlan("RB-ROPER-BRN", "ROPER", "Roper boot, brown", "0.025", 47),
                PartPlan("RB-ROPER-BLK", "ROPER", "Roper boot, black", "0.025", 47),
                PartPlan("RB-STOCKMAN", "STOCKMAN", "Stockman boot", "0.0285", 52, weight=6),
            ),
            skill=0.945, wear=0.8, inspects_steps=True,
        ),
        LinePlan(
            "L2", "Work boots", "Assembly", 10, 8,
            (("LST-02", "Lasting machine"), ("SOL-02", "Sole press")),
            (
                PartPlan("RB-STEELTOE-8", "STEELTOE", "Steel toe boot, 8 in", "0.03", 55),
                PartPlan("RB-STEELTOE-6", "STEELTOE", "Steel toe boot, 6 in", "0.0275", 51),
            ),
            skill=0.915, wear=1.0,
        ),
        LinePlan(
            "L3", "Outdoor boots", "Assembly", 8, 8,
            (("LST-03", "Lasting machine"), ("INJ-01", "Injection press")),
            (
                PartPlan("RB-TRAIL-MID", "TRAIL", "Trail boot, mid", "0.022", 44),
                PartPlan("RB-TRAIL-LOW", "TRAIL", "Trail shoe, low", "0.02", 40),
                PartPlan(
                    "RB-TRAIL-PROTO", "", "Trail boot, sample for next season", "0.024", None,
                    has_standard=False,
                ),
            ),
            skill=0.93, wear=1.2,
        ),
        LinePlan(
            "L4", "Resoling", "Service", 6, 5,
            (("SOL-04", "Sole press"),),
            (
                PartPlan(
                    "RB-RESOLE", "RESOLE", "Boot resoled", "0.05", 18, has_standard=False
                ),
            ),
            skill=0.9, wear=0.7, line_cycle_hours="0.05",
        ),
    ),
    shifts=(DAY, NIGHT, saturday("L1", "L2"), sunday("L1")),
)  # fmt: skip

SOCKS = PlantPlan(
    code="COTTONWOOD",
    name="Cottonwood Hosiery",
    location="Reynosa, Tamaulipas",
    customers=("Cottonwood Retail", "Cottonwood Sport"),
    template="TEXTILE",
    defect_rate=0.022,
    trouble=Trouble.SUPPLIER,
    lines=(
        LinePlan(
            "K1", "Knitting, crew socks", "Knitting", 20, 6,
            (("KNT-01", "Knitting bank A"), ("KNT-02", "Knitting bank B")),
            (
                PartPlan("SK-CREW-WHT", "CREW", "Crew sock, white", "0.0042", 16),
                PartPlan("SK-CREW-BLK", "CREW", "Crew sock, black", "0.0042", 16),
                PartPlan("SK-CREW-STR", "CREW", "Crew sock, striped", "0.0046", 18, weight=5),
            ),
            skill=0.94, wear=0.9,
        ),
        LinePlan(
            "K2", "Knitting, sport socks", "Knitting", 20, 6,
            (("KNT-03", "Knitting bank C"), ("KNT-04", "Knitting bank D")),
            (
                PartPlan("SK-RUN-LOW", "RUN", "Running sock, low", "0.005", 21),
                PartPlan("SK-RUN-MID", "RUN", "Running sock, mid", "0.0054", 22),
                PartPlan(
                    "SK-MERINO-TRY", "", "Merino sock, trial", "0.0058", 20,
                    has_standard=False,
                ),
            ),
            skill=0.91, wear=1.1,
        ),
        LinePlan(
            "P1", "Pairing and packing", "Packing", 10, 8,
            (("PAK-01", "Pairing machine"),),
            (
                PartPlan("SK-PACK-3", "PACK", "Pack of three pairs", "0.0035", 12),
                PartPlan(
                    "SK-PACK-6", "GIFT", "Gift pack of six pairs", "0.006", 14,
                    has_standard=False, weight=4,
                ),
            ),
            skill=0.92, wear=0.8, line_cycle_hours="0.006",
        ),
    ),
    shifts=(*THREE, saturday("K1", "K2")),
)  # fmt: skip

ELECTRONICS = PlantPlan(
    code="VOLTERRA",
    name="Volterra Control Systems",
    location="Monterrey, Nuevo León",
    customers=("Volterra Automation", "Volterra Mobility"),
    template="ELECTRONICS",
    defect_rate=0.028,
    trouble=Trouble.EQUIPMENT,
    lines=(
        LinePlan(
            "SMT1", "Surface mount 1", "SMT", 8, 5,
            (("PNP-01", "Pick and place"), ("RFL-01", "Reflow oven"), ("SPI-01", "Paste printer")),
            (
                PartPlan("VC-PLC-MAIN", "PLC", "Controller main board", "0.0125", 180),
                PartPlan("VC-PLC-IO", "PLC", "Controller I/O board", "0.0105", 120),
            ),
            skill=0.94, wear=1.1,
        ),
        LinePlan(
            "SMT2", "Surface mount 2", "SMT", 8, 5,
            (("PNP-02", "Pick and place"), ("RFL-02", "Reflow oven")),
            (
                PartPlan("VC-DRIVE-PWR", "DRIVE", "Drive power stage", "0.014", 150),
                PartPlan("VC-SENSOR", "SENSOR", "Sensor board", "0.0062", 60),
                PartPlan(
                    "VC-GATEWAY-EVT", "", "Gateway, engineering sample", "0.012", None,
                    has_standard=False,
                ),
            ),
            skill=0.93, wear=1.2,
        ),
        LinePlan(
            "BOX1", "Box build", "Final", 10, 8,
            (("TST-01", "Functional tester"),),
            (
                PartPlan("VC-CABINET-S", "CABINET", "Control cabinet, small", "0.06", 260),
                PartPlan(
                    "VC-CABINET-X", "CUSTOM", "Control cabinet, to order", "0.08", 300,
                    has_standard=False, weight=3,
                ),
            ),
            skill=0.9, wear=0.8, line_cycle_hours="0.08",
        ),
    ),
    shifts=(DAY, NIGHT, saturday("SMT1", "SMT2"), sunday("SMT1")),
)  # fmt: skip

PACKAGING = PlantPlan(
    code="HARBORPACK",
    name="Harbor Consumer Packaging",
    location="Brownsville, Texas",
    customers=("Harbor Foods", "Harbor Beauty", "Harbor Home"),
    template="PACKAGING",
    defect_rate=0.026,
    trouble=Trouble.LABOUR,
    lines=(
        LinePlan(
            "C1", "Carton line 1", "Cartons", 6, 8,
            (("FLD-01", "Folder gluer"), ("PRN-01", "Flexo printer")),
            (
                PartPlan("HP-CARTON-S", "CARTON", "Folding carton, small", "0.0008", 9),
                PartPlan("HP-CARTON-L", "CARTON", "Folding carton, large", "0.0011", 10),
            ),
            skill=0.94, wear=1.0,
        ),
        LinePlan(
            "K1", "Kitting", "Kitting", 15, 10,
            (),
            (
                PartPlan("HP-KIT-GIFT", "KIT", "Gift kit", "0.0075", 30),
                PartPlan("HP-KIT-TRIAL", "KIT", "Trial kit", "0.005", 22),
                PartPlan(
                    "HP-KIT-NEW", "", "Kit of a new customer", "0.006", 20,
                    has_standard=False,
                ),
            ),
            skill=0.93, wear=0.5,
        ),
        LinePlan(
            "B1", "Blister packing", "Blister", 8, 6,
            (("BLS-01", "Blister sealer"),),
            (
                PartPlan("HP-BLISTER-A", "BLISTER", "Blister A", "0.0018", 14),
                PartPlan(
                    "HP-BLISTER-X", "SEASON", "Blister, seasonal", "0.0024", 14,
                    has_standard=False, weight=3,
                ),
            ),
            skill=0.92, wear=1.0, line_cycle_hours="0.0024",
        ),
    ),
    shifts=(
        ShiftPlan("1ST", "Morning", at(6), at(14, 30), breaks=SHORT),
        ShiftPlan("2ND", "Evening", at(14, 30), at(23), breaks=SHORT),
        saturday("C1", "K1"),
        ShiftPlan("NGT", "Night", at(23), at(6), (1, 2, 3, 4), breaks=SHORT, lines=("C1",)),
    ),
    sample=0.2,
)  # fmt: skip

STORY = (BOOTS, SOCKS, ELECTRONICS, PACKAGING)

# The plants after the first four repeat them under these names.
MORE = (
    ("MESA", "Mesa Footwear"),
    ("BLUEBELL", "Bluebell Knitwear"),
    ("HELIO", "Helio Sensors"),
    ("CARDINAL", "Cardinal Packing"),
    ("IRONWOOD", "Ironwood Boots"),
    ("LARKSPUR", "Larkspur Socks"),
    ("QUARTZ", "Quartz Harness Works"),
    ("BEACON", "Beacon Fulfilment"),
    ("SIERRA", "Sierra Safety Shoes"),
    ("JUNIPER", "Juniper Sportswear"),
    ("NIMBUS", "Nimbus Power Supplies"),
    ("ORCHARD", "Orchard Cartons"),
)


def plants(count: int) -> list[PlantPlan]:
    return [plant(number) for number in range(count)]


def plant(number: int) -> PlantPlan:
    plan = STORY[number % len(STORY)]
    if number < len(STORY):
        return plan
    repeat, at_name = divmod(number - len(STORY), len(MORE))
    code, name = MORE[at_name]
    if repeat:
        code, name = f"{code}-{repeat + 1}", f"{name} {repeat + 1}"
    return replace(plan, code=code, name=name, customers=(name,))
