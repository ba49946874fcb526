"""The absence types that every client starts with; from then on they are the client's own."""

from __future__ import annotations

from attendance.models import AbsenceType
from clients.models import Client

# Code, name, counts in absenteeism, leaves the schedule, counts in the Bradford factor.
ABSENCE_TYPES = [
    ("UNSCHEDULED_ABSENCE", "Unscheduled absence", True, False, True),
    ("MEDICAL_LEAVE", "Medical leave", True, False, True),
    ("PERSONAL_LEAVE", "Personal leave", True, False, True),
    ("SUSPENDED", "Suspended", True, False, False),
    ("OTHER", "Other", True, False, True),
    ("VACATION", "Vacation", False, True, False),
]


def copy_starter_absence_types(client: Client) -> None:
    AbsenceType.objects.bulk_create(
        AbsenceType(
            client=client,
            code=code,
            name=name,
            counts_in_absenteeism=counts,
            leaves_schedule=leaves,
            counts_in_bradford=bradford,
        )
        for code, name, counts, leaves, bradford in ABSENCE_TYPES
    )
