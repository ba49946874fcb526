"""Charts as SVG text, drawn on the server: the same drawing serves page, print, PDF and mail.

Each function takes plain figures and returns a SafeString. Colours come from the classes in
static/charts.css, so a drawing follows light, dark and print, and needs neither script nor
inline style. Links inside a drawing are for the pointer; the table behind it is for the keyboard.
"""

from dashboards.charts.bars import bars, bars_across
from dashboards.charts.figures import (
    BANDS,
    COUNT,
    DAYS,
    DPMO,
    HOURS,
    MINUTES,
    PER_100,
    PERCENT,
    PPM,
    SIGMA,
    UNITS,
    Band,
    BandLook,
    Cause,
    HeatRow,
    Number,
    Point,
    State,
    Unit,
    unit_named,
)
from dashboards.charts.findings import (
    against_target,
    change,
    extremes,
    few_causes,
    largest_cause,
    shares,
)
from dashboards.charts.heat_map import heat_map
from dashboards.charts.line import line
from dashboards.charts.pareto import pareto, ranked
from dashboards.charts.sparkline import sparkline
from dashboards.charts.table import TableRow, cause_rows, heat_rows, point_rows

__all__ = [
    "BANDS",
    "COUNT",
    "DAYS",
    "DPMO",
    "HOURS",
    "MINUTES",
    "PERCENT",
    "PER_100",
    "PPM",
    "SIGMA",
    "UNITS",
    "Band",
    "BandLook",
    "Cause",
    "HeatRow",
    "Number",
    "Point",
    "State",
    "TableRow",
    "Unit",
    "against_target",
    "bars",
    "bars_across",
    "cause_rows",
    "change",
    "extremes",
    "few_causes",
    "heat_map",
    "heat_rows",
    "largest_cause",
    "line",
    "pareto",
    "point_rows",
    "ranked",
    "shares",
    "sparkline",
    "unit_named",
]
