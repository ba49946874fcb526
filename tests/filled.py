"""A client with at least one row in every table, all of them unmistakable.

Tests that prove that nothing leaks start here: there must be something to leak.
"""

from __future__ import annotations

import datetime
from typing import Any

from django.db.backends.postgresql.psycopg_any import DateRange

from attendance.models import AbsenceType, AttendanceRecord, HourAllocation
from clients.models import Client, ImportBatch, ImportMapping, User
from clients.scope import client_scope
from downtime.models import DowntimeEvent, DowntimeReason
from entry.models import SheetDraft
from entry.sheet import Draft, Typed
from holds.models import HoldReason, WIPHold
from kpis.models import Assumption, Target
from machines.models import Machine
from plant.models import (
    CalendarDay,
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
    StyleOperation,
    WorkOrder,
)
from production.models import ProductionEntry
from quality.models import Defect, DefectType, QualityInspection
from staffing.models import ShiftCoverage, StaffingRequirement

DAY = datetime.date(2026, 3, 4)
SINCE = DateRange(datetime.date(2025, 1, 1), None, "[)")


def fill(client: Client, mark: str, units: int, floater: Employee | None = None) -> dict[str, Any]:
    """Rows of one client by model name. Every code and text carries the mark."""
    made: dict[str, Any] = {}

    def add(row: Any) -> Any:
        row.client = client
        row.full_clean()
        row.save()
        made[type(row).__name__] = row
        return row

    with client_scope([client]):
        line = add(Line(code=f"{mark}-L1", name=f"{mark} line", stations=10, standard_crew=10))
        shift = add(
            Shift(
                code=f"{mark}-S",
                name=f"{mark} shift",
                start_time=datetime.time(7),
                end_time=datetime.time(17),
                weekdays=[1, 2, 3, 4, 5],
            )
        )
        add(
            ShiftBreak(
                shift=shift, name=f"{mark} meal", start_offset_minutes=300, duration_minutes=60
            )
        )
        add(CalendarDay(date=datetime.date(2026, 12, 25), name=f"{mark} holiday"))
        operation = add(Operation(code=f"{mark}-OP", name=f"{mark} step", sequence=15))
        style = add(Style(code=f"{mark}-STYLE", name=f"{mark} style", family=f"{mark} family"))
        add(StyleOperation(style=style, operation=operation, sequence=1))
        part = add(
            Part(
                code=f"{mark}-PART",
                style=style,
                description=f"{mark} thing",
                opportunities_per_unit=47,
            )
        )
        add(
            Standard(
                part=part,
                labour_hours_per_unit="0.25",
                cycle_hours_per_unit="0.025",
                valid=SINCE,
                reason=f"{mark} time study",
            )
        )
        order = add(
            WorkOrder(
                number=f"{mark}-WO",
                style=style,
                line=line,
                planned_quantity=units * 10,
                customer_po=f"{mark} PO",
            )
        )
        job = add(Job(work_order=order, code=f"{mark}-JOB", part=part, quantity=units * 10))
        add(
            Shipment(
                work_order=order, job=job, shipped_date=DAY, quantity=units, notes=f"{mark} truck",
                reference=f"{mark} 1",
            )
        )  # fmt: skip
        order.move("RELEASED", by=None, note=f"{mark} go")
        person = add(
            Employee(
                code=f"{mark}-EMP",
                full_name=f"{mark} Person",
                phone=f"{mark}-555",
                email=f"{mark}@example.com".lower(),
            )
        )
        add(LineAssignment(employee=person, line=line, shift=shift, valid=SINCE))
        absence = add(AbsenceType(code=f"{mark}-ABSENCE", name=f"{mark} absence"))
        attended = add(
            AttendanceRecord(
                employee=person,
                shift_date=DAY,
                shift=shift,
                presence="PARTIAL",
                absence_type=absence,
                notes=f"{mark} note",
            )
        )
        add(HourAllocation(record=attended, category="TRAINING", hours=2))
        machine = add(Machine(code=f"{mark}-M1", name=f"{mark} machine", line=line))
        where = {"shift_date": DAY, "shift": shift, "line": line, "work_order": order, "job": job}
        add(ProductionEntry(**where, machine=machine, total_units=units, notes=f"{mark} note"))
        reason = add(
            DowntimeReason(
                code=f"{mark}-R",
                name=f"{mark} reason",
                parent=DowntimeReason.objects.get(code="MACHINE"),
                loss_class="BREAKDOWN",
            )
        )
        add(
            DowntimeEvent(
                **where,
                reason=reason,
                minutes=30,
                responsible=person,
                reason_detail=f"{mark} detail",
            )
        )
        kind = add(DefectType(code=f"{mark}-D", name=f"{mark} defect"))
        inspection = add(
            QualityInspection(
                **where,
                units_inspected=units,
                units_passed=units - 16,
                units_defective=16,
                units_scrapped=4,
                units_rework=10,
                units_repair=2,
                defects_total=20,
                inspector=person,
            )
        )
        add(Defect(inspection=inspection, defect_type=kind, quantity=20, comment=f"{mark} seam"))
        why = add(HoldReason(code=f"{mark}-H", name=f"{mark} hold"))
        hold = add(
            WIPHold(
                work_order=order, job=job, quantity=units, line=line, hold_reason=why,
                location=f"{mark} shelf", reason_detail=f"{mark} stain", notes=f"{mark} ask",
            )
        )  # fmt: skip
        made["HoldTransition"] = hold.transitions.get()
        made["OrderTransition"] = order.transitions.get(to_status="RELEASED")
        made["LineShift"] = made["ProductionEntry"].line_shift
        add(
            ShiftCoverage(
                employee=floater or a_floater(),
                line=line,
                shift=shift,
                shift_date=DAY,
                covers=attended,
                note=f"{mark} note",
            )
        )
        add(StaffingRequirement(line=line, shift=shift, required_headcount=10, valid=SINCE))
        add(Target(kpi_key="oee", target=91, warning=81, critical=71, valid=SINCE))
        add(Assumption(key="yield_rule", value="STRICT", rationale=f"{mark} reason", valid=SINCE))
        mapping = add(
            ImportMapping(
                entity="production_entry",
                header_fingerprint=mark * 3,
                columns={f"{mark} units": "total_units"},
                value_map={f"{mark} word": "L1"},
                last_used_at=datetime.datetime(2026, 3, 4, 12, tzinfo=datetime.UTC),
            )
        )
        typist = f"{mark.lower()}-typist"
        typed = Typed(0, {"mark": "PRESENT", "notes": f"{mark} draft"})
        add(
            SheetDraft(
                user=User.objects.get_or_create(
                    username=typist, defaults={"email": f"{typist}@example.com"}
                )[0],
                shift_date=DAY,
                shift=shift,
                content={"": Draft({person.pk: typed}).as_json()},
            )
        )
        made["ImportBatch"] = ImportBatch.objects.create(
            client=client,
            kind="FILE",
            file_name=f"{mark}.csv",
            entity="production_entry",
            mapping=mapping,
        )
    return made


def a_floater() -> Employee:
    """Somebody of the pool who is nowhere yet. Names of the pool are everybody's: no mark."""
    number = Employee.objects.pool().count() + 1
    floater = Employee(code=f"FLOAT-{number}", full_name="Pool Person")
    floater.full_clean()
    floater.save()
    return floater
