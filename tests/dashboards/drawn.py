"""What tests of charts draw, and how they look at a drawing."""

import re
from xml.etree import ElementTree

from dashboards.charts import (
    Band,
    Cause,
    HeatRow,
    Point,
    State,
)

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = "<script>alert('x')</script>\"&\x00"


def parsed(drawing: str) -> ElementTree.Element:
    return ElementTree.fromstring(drawing)


def with_class(drawing: str, css: str) -> list[ElementTree.Element]:
    return [e for e in parsed(drawing).iter() if css in (e.get("class") or "").split()]


def texts(drawing: str) -> list[str]:
    return [e.text or "" for e in parsed(drawing).iter(f"{SVG}text")]


def series(*values: float | None, **more: object) -> list[Point]:
    return [Point(f"{i + 1} Dec", value, **more) for i, value in enumerate(values)]  # type: ignore[arg-type]


def corners(path: ElementTree.Element) -> list[tuple[float, float]]:
    found = re.findall(r"[ML](-?[\d.]+) (-?[\d.]+)", path.get("d") or "")
    return [(float(x), float(y)) for x, y in found]


STOPS = [
    Cause("Cleaning", 70),
    Cause("Changeover", 410),
    Cause("Jam", 300),
    Cause("No reason yet", 200, unassigned=True),
]

HEAT_ROW = HeatRow(
    "L1",
    [
        Point("1 Dec", 84.2, band=Band.ON_TARGET),
        Point("2 Dec", 0, band=Band.CRITICAL),
        Point("3 Dec", None, state=State.NONE_RECORDED),
        Point("4 Dec", None, state=State.NOT_PLANNED),
        Point("5 Dec", None),
    ],
)
