"""What the hours worked were spent on."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, ClassVar

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from attendance import hours
from clients.constraints import Rule, unique_live
from clients.fields import ClientForeignKey
from clients.models import ClientModel, PartModel
from clients.roles import Action
from plant.constraints import Guard
from plant.corrections import PartOf

BETWEEN_0_AND_24 = "Hours must be between 0 and 24."
# Rules that are judged when a record and its parts have both been written.
SETTLED = ("attendance_hourallocation_within", "attendance_record_allocation")


class Category(models.TextChoices):
    BILLED_PRODUCTION = "BILLED_PRODUCTION", "Billed production"
    UNBILLED_PRODUCTION = "UNBILLED_PRODUCTION", "Unbilled production"
    TRAINING = "TRAINING", "Training"
    MEETING = "MEETING", "Meeting"
    IDLE_WAIT = "IDLE_WAIT", "Idle, waiting"
    OTHER_NONPRODUCTIVE = "OTHER_NONPRODUCTIVE", "Other non-productive"
    PAID_LEAVE = "PAID_LEAVE", "Paid leave"
    MEDICAL = "MEDICAL", "Medical"


def allocated_sentence(allocated: Decimal, actual: Decimal) -> str:
    return f"Allocated {hours.shown(allocated)} h of {hours.shown(actual)} h."


BILLABLE = (Category.BILLED_PRODUCTION,)
# With the hours that nobody allocated.
PRODUCTIVE = (Category.BILLED_PRODUCTION, Category.UNBILLED_PRODUCTION)


class HourAllocation(PartModel):
    """What a part of the hours worked was spent on. The parts of a record change as a set."""

    # Written with its record only, so nobody types which one it is.
    record = ClientForeignKey(
        "attendance.AttendanceRecord", related_name="allocations", editable=False,
        verbose_name="attendance record",
    )  # fmt: skip
    category = models.CharField("category", max_length=20, choices=Category)
    hours = models.DecimalField(
        "hours", max_digits=5, decimal_places=2,
        validators=[
            MinValueValidator(hours.CENT, BETWEEN_0_AND_24),
            MaxValueValidator(24, BETWEEN_0_AND_24),
        ],
    )  # fmt: skip

    natural_key: ClassVar[tuple[str, ...]] = ("record", "category")
    edit_action: ClassVar[Action] = Action.ENTRY
    part_of: ClassVar[str] = "record"
    judged_by: ClassVar[tuple[str, ...]] = ("record__line_shift", "record__shift")

    class Meta(ClientModel.Meta):
        verbose_name = "hour allocation"
        ordering: ClassVar[list[str]] = ["record", "category"]
        constraints: ClassVar[list[Any]] = [
            *ClientModel.Meta.constraints,
            unique_live(
                "record",
                "category",
                name="hourallocation_once",
                message="This category is given twice.",
            ),
            Rule(
                Q(hours__gt=0, hours__lte=24),
                name="hourallocation_hours",
                message=BETWEEN_0_AND_24,
                field="hours",
            ),
            # The row lock makes two writers of one record wait for each other.
            Guard(
                name="attendance_hourallocation_within",
                locked_row="""FROM attendance_attendancerecord
                    WHERE client_id = NEW.client_id AND id = NEW.record_id FOR NO KEY UPDATE""",
                refuses="""(
                    SELECT sum(hours) FROM attendance_hourallocation
                     WHERE client_id = NEW.client_id AND record_id = NEW.record_id
                       AND voided_at IS NULL) > (
                    SELECT actual_hours FROM attendance_attendancerecord
                     WHERE client_id = NEW.client_id AND id = NEW.record_id)""",
                message="The allocated hours exceed the hours worked.",
                deferrable=True,
            ),
            PartOf(whole="record", name="hourallocation_part_of_record"),
        ]

    def __str__(self) -> str:
        return f"{hours.shown(self.hours)} h {self.get_category_display()}"
