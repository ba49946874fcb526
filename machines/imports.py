"""Machines from files."""

from __future__ import annotations

from clients.imports import Column, EntityImport, register
from clients.imports.values import Choice, Code, Date, Lookup, Number
from machines.models import Machine
from plant.importing import LINE, NOTES, from_seconds

MACHINE = Column(
    "machine", Lookup("machines.Machine"), en=("machine_code", "machine_id", "equipment_code"),
    es=("maquina", "equipo"),
)  # fmt: skip


@register
class MachineImport(EntityImport):
    model = Machine
    columns = (
        Column(
            "code", Code(), required=True,
            en=("machine", "machine_code", "machine_id", "equipment_code"),
            es=("codigo", "maquina", "equipo"),
        ),
        Column("name", required=True, es=("nombre",)),
        Column("machine_type", en=("type",), es=("tipo",)),
        LINE,
        Column("status", Choice(), es=("estado",)),
        Column("ideal_cycle_hours_per_unit", Number(), es=("horas_ciclo_ideal",)),
        Column(
            "ideal_cycle_seconds", Number(), en=("cycle_seconds", "cycle"), es=("ciclo",),
            field="ideal_cycle_hours_per_unit", convert=from_seconds,
        ),
        Column("last_maintenance_date", Date(), es=("ultimo_mantenimiento",)),
        Column("next_maintenance_date", Date(), es=("proximo_mantenimiento",)),
        NOTES,
    )  # fmt: skip
