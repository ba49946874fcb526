"""What happens to material in one app and concerns another beside it.

An inspection stops material, and holds keep it; held material is scrapped, and an inspection
keeps that. Neither app knows the other: each tells here what it does.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from clients.models import Client
    from plant.models import Job, Line, WorkOrder


@dataclass(frozen=True)
class Material:
    """Units of an order, and where they stand; without a quantity, all of them."""

    client: Client
    work_order: WorkOrder
    job: Job | None = None
    line: Line | None = None
    quantity: int | None = None


@dataclass(frozen=True)
class HoldAsked:
    """A hold that an inspection asks for. `reason` is the code of a hold reason."""

    material: Material
    reason: str
    detail: str = ""
    location: str = ""
    notes: str = ""


@dataclass(frozen=True)
class Scrapped:
    material: Material
    at: datetime.datetime
    note: str = ""


_holders: list[Callable[[HoldAsked], Any]] = []
_scrappers: list[Callable[[Scrapped], Any]] = []


def holds_by(holder: Callable[[HoldAsked], Any]) -> None:
    """`holder` stores the hold, or the request for one, and returns its row."""
    _holders[:] = [holder]


def hold(asked: HoldAsked) -> Any:
    """The row of the hold; None where no app keeps holds. Raises ValidationError."""
    return _holders[0](asked) if _holders else None


def scraps_by(scrapper: Callable[[Scrapped], Any]) -> None:
    """`scrapper` counts the units as scrap and returns the row that says so."""
    _scrappers[:] = [scrapper]


def scrap(scrapped: Scrapped) -> Any:
    """The row that counts the scrap; None where no app counts it. Raises ValidationError."""
    return _scrappers[0](scrapped) if _scrappers else None
