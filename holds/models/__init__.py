from holds.models.holds import PEOPLE, WIPHold, WIPHoldQuerySet, partly_held
from holds.models.reasons import HoldReason
from holds.models.transitions import HoldTransition
from holds.states import HoldState

__all__ = [
    "PEOPLE",
    "HoldReason",
    "HoldState",
    "HoldTransition",
    "WIPHold",
    "WIPHoldQuerySet",
    "partly_held",
]
