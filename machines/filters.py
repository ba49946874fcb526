from __future__ import annotations

from clients.filters import ClientFilterSet
from machines.models import Machine


class MachineFilter(ClientFilterSet):
    class Meta:
        model = Machine
        fields = ("code", "line", "machine_type", "status", "next_maintenance_date")
