"""What the same work took in the thirty days before, told by the app that records output.

Inspections ask as well, and they may not look into production themselves. It is the last link of
the chain in `plant.standards`: a figure built on it refers to itself.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping, Set
from decimal import Decimal
from typing import NamedTuple


class Asked(NamedTuple):
    """One kind of work on one day. Without an operation it is the whole unit."""

    client_id: int
    on: datetime.date
    operation_id: int | None
    part_id: int | None
    style_id: int | None


class Took(NamedTuple):
    """Hours per unit of the days before; None where too little was measured."""

    labour: Decimal | None = None
    cycle: Decimal | None = None


# Second: the stored rows that are about to change, which must not speak for themselves.
Teller = Callable[[Set[Asked], Set[int]], Mapping[Asked, Took]]
_tellers: list[Teller] = []


def register(teller: Teller) -> None:
    if teller not in _tellers:
        _tellers.append(teller)


def took(asked: Set[Asked], without: Set[int] = frozenset()) -> dict[Asked, Took]:
    """In a fixed number of queries for any number of rows; none where nothing is asked."""
    found: dict[Asked, Took] = {}
    for tell in _tellers if asked else ():
        found |= tell(asked, without)
    return found
