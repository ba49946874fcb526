"""Who of an invented crew comes to a shift, who stays away and why, and where floaters stand in.

Pure arithmetic like `simulation`: a crew remembers who was away in its last shift, so that an
illness lasts some days and a few people are away more often than the others.
"""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from random import Random
from typing import Any

from demo.simulation import ShiftStory

# How often somebody is away for this, and how likely it is to last into the next shift.
OFTEN = {
    "UNSCHEDULED_ABSENCE": 45,
    "MEDICAL_LEAVE": 14,
    "PERSONAL_LEAVE": 14,
    "VACATION": 22,
    "SUSPENDED": 1,
    "OTHER": 4,
}
LASTS = {
    "UNSCHEDULED_ABSENCE": 0.45,
    "MEDICAL_LEAVE": 0.88,
    "PERSONAL_LEAVE": 0.5,
    "VACATION": 0.85,
    "SUSPENDED": 0.6,
    "OTHER": 0.2,
}
COVERED, IDLE, HALF_DAY, LATE = 0.07, 0.12, 0.12, 0.014
# Most people are seldom away; some are twice, and few four times as often.
PRONE = ((1.0, 74), (2.0, 21), (4.0, 5))
GROUP = 4
# Who works at the weekend: the day crew on Saturday, the night crew on Sunday.
WEEKEND = {"SAT": ("1ST",), "SUN": ("2ND", "1ST")}
QUARTER_HOURS = (Decimal("0.25"), Decimal("0.5"), Decimal("0.75"))


@dataclass
class Called:
    """One person in one shift."""

    person: Any
    why_away: str = ""
    half: bool = False
    late: bool = False
    # Hours that a late person is short of, where somebody wrote them down.
    short: Decimal | None = None
    stand_in: Any = None


@dataclass
class RollCall:
    people: list[Called]
    # Floaters who are at the line's disposal without standing in for anybody.
    idle: list[Any] = field(default_factory=list)


class Crew:
    """The people of one line in one of its shifts, through the months."""

    def __init__(self, people: Sequence[Any], seed: str) -> None:
        random = Random(f"{seed} crew")  # noqa: S311
        self.people = list(people)
        often, shares = zip(*PRONE, strict=True)
        self.prone = random.choices(often, shares, k=len(self.people))
        self.away: dict[int, str] = {}

    def still_away(self, random: Random, size: int) -> list[int]:
        """Those whose absence lasts from the shift before."""
        return [n for n, why in self.away.items() if n < size and random.random() < LASTS[why]]

    def call(self, random: Random, size: int, missing: int, still: list[int]) -> list[Called]:
        """The first `size` people, of whom `missing` are away: those of before to begin with."""
        away = self._away(random, size, min(missing, size - 1), still)
        return [
            Called(person, why_away=away.get(number, ""))
            for number, person in enumerate(self.people[:size])
        ]

    def _away(self, random: Random, size: int, missing: int, still: list[int]) -> dict[int, str]:
        away = {number: self.away[number] for number in still[:missing]}
        here = {n: self.prone[n] for n in range(size) if n not in away}
        while len(away) < missing:
            (number,) = random.choices(list(here), list(here.values()))
            (away[number],) = random.choices(list(OFTEN), list(OFTEN.values()))
            del here[number]
        self.away = away
        return away


class Pool:
    """The floaters whom one client may have on a day, another client tomorrow.

    Every fourth person makes a new group: two of them work by day, one in the evening and one at
    night, so nobody is wanted twice on one day.
    """

    def __init__(self, floaters: Sequence[Any], client_number: int, clients: int) -> None:
        self.floaters = floaters
        self.number, self.every = client_number, groups(clients)
        self.taken: dict[datetime.date, set[int]] = defaultdict(set)

    def take(self, day: datetime.date, start: datetime.time) -> Any:
        """A free floater of that part of the day, or nobody."""
        for number, floater in enumerate(self.floaters):
            here = (number // GROUP + day.toordinal()) % self.every == self.number
            if here and _works_at(number, start) and number not in self.taken[day]:
                self.taken[day].add(number)
                return floater
        return None


def groups(clients: int) -> int:
    return max(clients, 4)


def _works_at(number: int, start: datetime.time) -> bool:
    if start.hour < 12:
        return number % GROUP < 2
    return number % GROUP == (2 if start.hour < 20 else 3)


def call_the_roll(
    crew: Crew, story: ShiftStory, seed: str, *, pool: Pool | None,
    day: datetime.date, start: datetime.time, left: int = 0,
) -> RollCall:  # fmt: skip
    """As many people as the story has at the line. Where there is a pool, more of them are away
    and somebody stands in: for those who are away for days, and now and then for one more."""
    random = Random(f"{seed} roll")  # noqa: S311
    size = len(crew.people) - left
    uncovered = max(size - story.present, 0)
    still = crew.still_away(random, size)
    wanted = max(len(still) - uncovered, 0) + (random.random() < COVERED)
    stand_ins = _taken(pool, day, start, wanted)
    people = crew.call(random, size, uncovered + len(stand_ins), still)
    _stand_in(people, stand_ins)
    idle = _taken(pool, day, start, int(random.random() < IDLE))
    _come_late(random, [each for each in people if not each.why_away])
    return RollCall(people, idle)


def _taken(pool: Pool | None, day: datetime.date, start: datetime.time, wanted: int) -> list[Any]:
    found = [pool.take(day, start) for _ in range(wanted)] if pool else []
    return [each for each in found if each is not None]


def _stand_in(people: list[Called], floaters: list[Any]) -> None:
    """For those whose absence counts, before those on vacation."""
    away = [each for each in people if each.why_away]
    away.sort(key=lambda each: each.why_away == "VACATION")
    for each, floater in zip(away, floaters, strict=False):
        each.stand_in = floater


def _come_late(random: Random, here: list[Called]) -> None:
    for each in here:
        each.late = random.random() < LATE
        if each.late and random.random() < 0.4:
            each.short = random.choice(QUARTER_HOURS)
    if here and random.random() < HALF_DAY:
        one = random.choice(here)
        one.half, one.late, one.short = True, False, None
