"""Stops, and the reasons a client gives for them."""

from downtime.models.events import LEAVES_PLAN_BY, DowntimeEvent, Scope, Treatment
from downtime.models.reasons import DowntimeReason, LossClass, RootCause, StopGroup

__all__ = [
    "LEAVES_PLAN_BY",
    "DowntimeEvent",
    "DowntimeReason",
    "LossClass",
    "RootCause",
    "Scope",
    "StopGroup",
    "Treatment",
]
