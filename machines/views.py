from __future__ import annotations

from clients.views import ClientViewSet
from machines.filters import MachineFilter
from machines.models import Machine
from machines.serializers import MachineSerializer


class MachineViewSet(ClientViewSet):
    queryset = Machine.objects.all()
    serializer_class = MachineSerializer
    filterset_class = MachineFilter
    ordering_fields = ("code", "name", "line", "next_maintenance_date")
    example = {"code": "M-01", "name": "Press 1", "ideal_cycle_hours_per_unit": 0.02}
