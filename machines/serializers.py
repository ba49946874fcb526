from __future__ import annotations

from clients.serializers import ClientSerializer
from machines.models import Machine


class MachineSerializer(ClientSerializer):
    class Meta:
        model = Machine
        fields = (
            "code", "name", "machine_type", "line", "status", "ideal_cycle_hours_per_unit",
            "last_maintenance_date", "next_maintenance_date", "notes",
        )  # fmt: skip
