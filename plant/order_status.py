"""Where an order can stand, and the sets of states that mean something together."""

from __future__ import annotations

from django.db import models


class OrderStatus(models.TextChoices):
    RECEIVED = "RECEIVED", "Received"
    RELEASED = "RELEASED", "Released"
    DEMOTED = "DEMOTED", "Demoted"
    IN_PROGRESS = "IN_PROGRESS", "In progress"
    ON_HOLD = "ON_HOLD", "On hold"
    COMPLETED = "COMPLETED", "Completed"
    SHIPPED = "SHIPPED", "Shipped"
    CLOSED = "CLOSED", "Closed"
    REJECTED = "REJECTED", "Rejected"
    CANCELLED = "CANCELLED", "Cancelled"


FINAL = (OrderStatus.CLOSED, OrderStatus.REJECTED, OrderStatus.CANCELLED)
# Still being made: its rows follow new standards, and it can be late.
OPEN = (
    OrderStatus.RECEIVED,
    OrderStatus.RELEASED,
    OrderStatus.DEMOTED,
    OrderStatus.IN_PROGRESS,
    OrderStatus.ON_HOLD,
)
# A hold of the whole order stops these.
HOLDABLE = tuple(each for each in OPEN if each != OrderStatus.ON_HOLD)
# Of these the planner has not let go; a production row starts them all the same.
NOT_RELEASED = (OrderStatus.RECEIVED, OrderStatus.DEMOTED)
# Whoever ships looks for these.
MADE = (OrderStatus.COMPLETED, OrderStatus.SHIPPED, OrderStatus.CLOSED)


class MoveSource(models.TextChoices):
    MANUAL = "MANUAL", "by hand"
    AUTOMATIC = "AUTOMATIC", "automatic"
    BULK = "BULK", "many at once"
    FILE = "FILE", "file"
    API = "API", "API"
