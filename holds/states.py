"""Where a hold can stand, and the sets of states that mean something together."""

from __future__ import annotations

from django.db import models


class HoldState(models.TextChoices):
    PENDING_HOLD = "PENDING_HOLD", "Hold requested"
    ON_HOLD = "ON_HOLD", "On hold"
    PENDING_RESUME = "PENDING_RESUME", "Resume requested"
    RESUMED = "RESUMED", "Resumed"
    RELEASED = "RELEASED", "Released as is"
    SCRAPPED = "SCRAPPED", "Scrapped"
    CANCELLED = "CANCELLED", "Cancelled"


# The material stands.
OPEN = (HoldState.ON_HOLD, HoldState.PENDING_RESUME)
# Somebody waits for a decision.
PENDING = (HoldState.PENDING_HOLD, HoldState.PENDING_RESUME)
# It stood, and the hold has an end.
ENDED = (HoldState.RESUMED, HoldState.RELEASED, HoldState.SCRAPPED)
# Somebody decided that the material stands; cancelled holds are asked for their course.
STOOD = (*OPEN, *ENDED)
FINAL = (*ENDED, HoldState.CANCELLED)
NOT_FINAL = (HoldState.PENDING_HOLD, *OPEN)
