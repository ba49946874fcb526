"""Where floaters work, as told by the app that assigns them.

A person of the shared pool is recorded only where a live assignment of this client has them in
this shift. Assignments are kept by an app above this one, which registers how to ask for them.
"""

from __future__ import annotations

import datetime
from collections.abc import Set
from typing import NamedTuple, Protocol

from clients.models import Client
from plant.models import Employee, Line, Shift


class PersonShift(NamedTuple):
    """One person in one shift of one day, for one client."""

    client_id: int
    employee_id: int
    shift_id: int
    shift_date: datetime.date


class FloaterBook(Protocol):
    """Answers from live assignments of the clients in scope, in a fixed number of queries."""

    def lines(self, wanted: Set[PersonShift]) -> dict[PersonShift, Line]:
        """The line of each floater who is assigned; those who are not are left out.

        Of several lines in one shift, the one where the person begins.
        """

    def of_shift(
        self, client: Client, shift_date: datetime.date, shift: Shift
    ) -> list[tuple[Employee, Line]]:
        """Everybody of the pool who is assigned to this client in this shift, by code."""


_books: list[FloaterBook] = []


def register(book: FloaterBook) -> FloaterBook:
    if book not in _books:
        _books.append(book)
    return book


def lines_of(wanted: Set[PersonShift]) -> dict[PersonShift, Line]:
    found: dict[PersonShift, Line] = {}
    for book in _books if wanted else ():
        found |= book.lines(wanted)
    return found


def of_shift(
    client: Client, shift_date: datetime.date, shift: Shift
) -> list[tuple[Employee, Line]]:
    return [each for book in _books for each in book.of_shift(client, shift_date, shift)]
