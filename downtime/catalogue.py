"""The downtime reasons that every client starts with; from then on they are the client's own."""

from __future__ import annotations

from typing import NamedTuple

from clients.models import Client
from downtime.models import DowntimeReason, LossClass, RootCause


class StarterReason(NamedTuple):
    group: str
    code: str
    name: str
    loss_class: LossClass
    planned: bool
    root_cause: RootCause


# A code is unique in a client, so the group of the reason OTHER cannot have the same one.
GROUPS = {
    "MACHINE": "Machine",
    "MATERIAL": "Material",
    "SCHEDULE": "Schedule",
    "QUALITY": "Quality",
    "PEOPLE": "People",
    "UTILITIES": "Utilities",
    "OTHER_GROUP": "Other",
}

REASONS = [
    StarterReason("MACHINE", "EQUIPMENT_FAILURE", "Equipment failure",
                  LossClass.BREAKDOWN, False, RootCause.MACHINE),
    StarterReason("MACHINE", "MAINTENANCE", "Planned maintenance",
                  LossClass.PLANNED_STOP, True, RootCause.MACHINE),
    StarterReason("MATERIAL", "MATERIAL_SHORTAGE", "Material shortage",
                  LossClass.MATERIAL, False, RootCause.MATERIALS),
    StarterReason("SCHEDULE", "SETUP_CHANGEOVER", "Set-up, changeover",
                  LossClass.SETUP, True, RootCause.SCHEDULING),
    StarterReason("SCHEDULE", "LACK_OF_ORDERS", "Lack of orders",
                  LossClass.NO_ORDERS, False, RootCause.SCHEDULING),
    StarterReason("SCHEDULE", "MISSING_SPECIFICATION", "Missing specification",
                  LossClass.INFORMATION, False, RootCause.SCHEDULING),
    StarterReason("QUALITY", "QUALITY_HOLD", "Quality hold",
                  LossClass.QUALITY, False, RootCause.OTHER),
    StarterReason("PEOPLE", "OPERATOR_UNAVAILABLE", "Operator unavailable",
                  LossClass.PEOPLE, False, RootCause.ATTENDANCE),
    StarterReason("UTILITIES", "POWER_OUTAGE", "Power outage",
                  LossClass.UTILITIES, False, RootCause.OTHER),
    StarterReason("OTHER_GROUP", "OTHER", "Other",
                  LossClass.OTHER, False, RootCause.OTHER),
]  # fmt: skip


def copy_starter_reasons(client: Client) -> None:
    groups = [
        DowntimeReason(client=client, code=code, name=name, sort_order=10 * n)
        for n, (code, name) in enumerate(GROUPS.items(), start=1)
    ]
    by_code = {group.code: group for group in DowntimeReason.objects.bulk_create(groups)}
    DowntimeReason.objects.bulk_create(
        DowntimeReason(
            client=client,
            parent=by_code[each.group],
            code=each.code,
            name=each.name,
            loss_class=each.loss_class,
            planned=each.planned,
            root_cause=each.root_cause,
            sort_order=10 * n,
        )
        for n, each in enumerate(REASONS, start=1)
    )
