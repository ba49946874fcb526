"""The operations that every client starts with; from then on they are the client's own."""

from __future__ import annotations

from clients.models import Client
from plant.models import Operation

# Code, name, sequence, whether finished output is counted here.
OPERATIONS = [
    ("CUTTING", "Cutting", 10, False),
    ("SEWING", "Sewing", 20, False),
    ("ASSEMBLY", "Assembly", 30, False),
    ("QC", "Quality control", 40, False),
    ("PACKING", "Packing", 50, True),
]


def copy_starter_operations(client: Client) -> None:
    Operation.objects.bulk_create(
        Operation(
            client=client, code=code, name=name, sequence=sequence, counts_output=counts_output
        )
        for code, name, sequence, counts_output in OPERATIONS
    )
