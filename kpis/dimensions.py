"""By what a figure can be split. Facts say which of these they know, and where the column is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from django.apps import apps

from clients.roles import Action
from kpis.periods import Bucket

Kind = Literal["date", "choice", "row", "text"]


@dataclass(frozen=True)
class Dimension:
    key: str
    label: str
    kind: Kind
    # Of a row: the columns that people read. Ids are grouped by, codes are only unique per client.
    code: str = "code"
    name: str = "name"
    nothing: str = "None"
    # Whether people say the name alone; otherwise code and name.
    by_name: bool = False
    model: str = ""
    # Of a choice: the field whose words are shown.
    field: str = ""
    # Who may group and filter by it, beyond everybody who sees figures.
    right: Action | None = None

    def words(self) -> dict[Any, str]:
        if not self.field:
            return {True: "Planned", False: "Unplanned"}
        model, _, name = self.field.rpartition(".")
        return {
            value: str(label)
            for value, label in apps.get_model(model)._meta.get_field(name).flatchoices
        }


DIMENSIONS: dict[str, Dimension] = {
    each.key: each
    for each in (
        Dimension("client", "Client", "row", model="clients.Client"),
        *(Dimension(bucket.value, str(bucket.label), "date") for bucket in Bucket),
        Dimension("line", "Line", "row", nothing="Without line", model="plant.Line"),
        Dimension("shift", "Shift", "row", model="plant.Shift"),
        Dimension("shift_kind", "Shift kind", "choice", field="plant.LineShift.shift_kind"),
        Dimension(
            "work_order",
            "Order",
            "row",
            "number",
            "number",
            "Without order",
            model="plant.WorkOrder",
        ),
        Dimension("job", "Job", "row", "code", "code", "Without job", model="plant.Job"),
        Dimension("part", "Part", "row", "code", "description", "Without part", model="plant.Part"),
        Dimension("style", "Style", "row", nothing="Without style", model="plant.Style"),
        Dimension(
            "operation",
            "Operation",
            "row",
            nothing="Without operation",
            model="plant.Operation",
            by_name=True,
        ),
        Dimension("machine", "Machine", "row", nothing="Without machine", model="machines.Machine"),
        Dimension(
            "reason",
            "Reason",
            "row",
            nothing="No reason yet",
            model="downtime.DowntimeReason",
            by_name=True,
        ),
        Dimension(
            "reason_group",
            "Reason group",
            "row",
            nothing="No reason yet",
            model="downtime.DowntimeReason",
            by_name=True,
        ),
        Dimension(
            "loss_class",
            "Loss class",
            "choice",
            nothing="No reason yet",
            field="downtime.DowntimeReason.loss_class",
        ),
        Dimension("planned", "Planned or unplanned", "choice", nothing="Unplanned"),
        Dimension(
            "root_cause",
            "Root cause",
            "choice",
            nothing="No cause given",
            field="downtime.DowntimeEvent.root_cause",
        ),
        Dimension(
            "hold_reason",
            "Hold reason",
            "row",
            nothing="No reason given",
            model="holds.HoldReason",
            by_name=True,
        ),
        Dimension("customer", "Customer's order", "text", nothing="Without customer's order"),
        Dimension(
            "delay_class",
            "Delay class",
            "choice",
            nothing="Not classified",
            field="plant.WorkOrder.delay_class",
        ),
        Dimension(
            "delay_reason",
            "Delay reason",
            "choice",
            nothing="No reason given",
            field="plant.WorkOrder.delay_reason",
        ),
        Dimension("stage", "Stage", "choice", field="quality.QualityInspection.stage"),
        Dimension(
            "defect_type",
            "Defect type",
            "row",
            nothing="Not detailed",
            model="quality.DefectType",
            by_name=True,
        ),
        Dimension(
            "severity",
            "Severity",
            "choice",
            nothing="Not detailed",
            field="quality.Defect.severity",
        ),
        Dimension(
            "disposition",
            "Disposition",
            "choice",
            nothing="Not decided",
            field="quality.Defect.disposition",
        ),
        Dimension(
            "employee",
            "Employee",
            "row",
            name="full_name",
            model="plant.Employee",
            right=Action.SEE_PEOPLE,
        ),
        Dimension(
            "labour_class",
            "Labour class",
            "choice",
            nothing="Without labour class",
            field="plant.Employee.labour_class",
        ),
        Dimension(
            "absence_type",
            "Absence type",
            "row",
            nothing="Without absence type",
            model="attendance.AbsenceType",
            by_name=True,
            right=Action.SEE_ABSENCE_TYPES,
        ),
        Dimension(
            "category",
            "Category of hours",
            "choice",
            field="attendance.HourAllocation.category",
        ),
    )
}
DATES = frozenset(key for key, each in DIMENSIONS.items() if each.kind == "date")
# By what figures can be narrowed, beside client and period.
FILTERS = tuple(name for name in DIMENSIONS if name not in DATES and name != "client")
# What every measure knows.
COMMON = ("client", *(bucket.value for bucket in Bucket), "line", "shift", "shift_kind")
ALIASES = {"shift_date": "day", "date": "day", "order": "work_order"}
