"""The marks of a roster: one word for presence, lateness and the usual absence types."""

from __future__ import annotations

from decimal import Decimal
from enum import Enum
from typing import NamedTuple

from django.db import models


class Presence(models.TextChoices):
    PRESENT = "PRESENT", "Present"
    PARTIAL = "PARTIAL", "Partly present"
    ABSENT = "ABSENT", "Absent"


# What is worked of the scheduled hours when nobody types them.
SHARE = {
    Presence.PRESENT: Decimal(1),
    Presence.PARTIAL: Decimal("0.5"),
    Presence.ABSENT: Decimal(0),
}
UNSCHEDULED = "UNSCHEDULED_ABSENCE"


class Meaning(NamedTuple):
    english: str
    spanish: str
    presence: Presence
    is_late: bool = False
    absence_type: str = ""


class Mark(Enum):
    PRESENT = Meaning("Present", "Presente", Presence.PRESENT)
    LATE = Meaning("Late", "Retardo", Presence.PRESENT, is_late=True)
    HALF_DAY = Meaning("Half day", "Medio día", Presence.PARTIAL)
    # The type of a plain absence is the model's default, so that a known one stays.
    ABSENT = Meaning("Absent", "Falta", Presence.ABSENT)
    LEAVE = Meaning("Leave", "Permiso", Presence.ABSENT, absence_type="PERSONAL_LEAVE")
    VACATION = Meaning("Vacation", "Vacaciones", Presence.ABSENT, absence_type="VACATION")
    MEDICAL = Meaning("Medical", "Incapacidad", Presence.ABSENT, absence_type="MEDICAL_LEAVE")

    @property
    def presence(self) -> Presence:
        return self.value.presence

    @property
    def is_late(self) -> bool:
        return self.value.is_late

    @property
    def absence_type(self) -> str:
        """Code of the absence type that the mark names; empty when it names none."""
        return self.value.absence_type

    @property
    def share(self) -> Decimal:
        """Of the scheduled hours."""
        return SHARE[self.presence]

    def label(self, language: str = "en") -> str:
        return self.value.spanish if language == "es" else self.value.english


def mark_for(presence: str, *, is_late: bool = False, absence_type: str = "") -> Mark:
    """The mark that says this best; a type without a mark of its own is a plain absence."""
    if presence == Presence.PARTIAL:
        return Mark.HALF_DAY
    if presence == Presence.PRESENT:
        return Mark.LATE if is_late else Mark.PRESENT
    named = [each for each in Mark if each.absence_type and each.absence_type == absence_type]
    return named[0] if named else Mark.ABSENT
