"""What happens on an invented line in one shift: output, stops, and what inspections find.

Pure arithmetic on a random generator that is seeded by client, line, day and shift, so that a
day always comes out the same. Nothing here is stored.
"""

from __future__ import annotations

import datetime
import math
from dataclasses import dataclass, field
from random import Random

from demo.orders import OrderQueue, PlannedJob
from demo.plants import LinePlan, PlantPlan, Trouble

# Chance in a shift of nine hours, shortest and longest minutes, how the line is affected.
REASONS: dict[str, tuple[float, int, int, tuple[str, ...]]] = {
    "EQUIPMENT_FAILURE": (1.05, 10, 46, ("LINE", "LINE", "MACHINE", "STATIONS")),
    "MATERIAL_SHORTAGE": (0.6, 8, 40, ("LINE", "LINE", "STATIONS")),
    "OPERATOR_UNAVAILABLE": (0.25, 15, 60, ("STATIONS",)),
    "QUALITY_HOLD": (0.1, 10, 30, ("LINE",)),
    "MISSING_SPECIFICATION": (0.1, 8, 25, ("LINE",)),
    "LACK_OF_ORDERS": (0.06, 20, 50, ("LINE",)),
    "POWER_OUTAGE": (0.015, 15, 70, ("LINE",)),
    "OTHER": (0.18, 4, 14, ("LINE", "STATIONS")),
}
NINE_HOURS = 540
SETUP = "SETUP_CHANGEOVER"
MAINTENANCE = "MAINTENANCE"
NIGHTS = 0.968
LEARNT_IN_A_YEAR = 0.055
CREW_LEFT, SHORTAGE_DAYS = 2 / 3, 60
# Defective units after cutting, sewing and assembly.
STEP_RATES = (0.006, 0.012, 0.009)
# Second in the list of defect types of the textile template: the fabric itself.
MATERIAL_TYPE = 1
STUDIED_AGAIN_DAYS, STUDY_GAIN = 180, 1.04
# Days back at which an order was set aside half made, by the number of the line.
SET_ASIDE = ((41, 13), (26,), (18,), (7,))


@dataclass
class Stop:
    reason: str | None
    offset: int
    minutes: int
    scope: str = "LINE"
    stations: int | None = None
    machine: int | None = None
    timed: bool = True
    ongoing: bool = False

    def lost(self, stations: int) -> float:
        if self.scope == "LINE":
            return self.minutes
        return self.minutes * (self.stations or 1) / stations


@dataclass
class Made:
    """One order in one shift."""

    job: PlannedJob
    units: int
    minutes: int


@dataclass
class Found:
    """One inspection."""

    made: Made
    inspected: int
    defective: int
    defects: int | None
    rework: int
    repair: int
    scrapped: int
    step: int | None = None
    types: dict[int, int] = field(default_factory=dict)
    again: int | None = None


@dataclass
class ShiftStory:
    crew: int
    present: int
    made: list[Made]
    stops: list[Stop]
    found: list[Found]


@dataclass(frozen=True)
class Moment:
    """A line-shift as the story needs it."""

    day: datetime.date
    code: str
    kind: str
    is_night: bool
    planned: int
    elapsed: int
    # Minutes that have passed: all of them, unless the shift still runs.
    passed: int

    @property
    def running(self) -> bool:
        return self.passed < self.elapsed


class LineStory:
    """The shifts of one line, told in the order of time."""

    def __init__(self, plan: PlantPlan, line: LinePlan, today: datetime.date) -> None:
        self.plan, self.line, self.today = plan, line, today
        self.queue = OrderQueue(plan.code, line, plan.customers)
        character = Random(f"{plan.code} {line.code}")  # noqa: S311
        self.phase = character.uniform(0, 2 * math.pi)
        self.defect_rate = plan.defect_rate * character.uniform(0.85, 1.2)
        self.favourites = character.sample(range(10), 10)
        self.set_up_due = True
        self.to_set_aside: list[int] | None = None

    def tell(self, moment: Moment) -> ShiftStory:
        random = Random(f"{self.plan.code} {self.line.code} {moment.day} {moment.code}")  # noqa: S311
        planned_stops = self._stops(random, moment)
        pace, present = self._pace(random, moment), self._present(random, moment)
        stops = [stop for stop in planned_stops if stop.offset + stop.minutes <= moment.passed]
        lost = sum(stop.lost(self.line.stations) for stop in stops)
        worked = moment.planned * (moment.passed / moment.elapsed) - lost
        made = self._output(random, moment, max(worked, 0), pace)
        found = [each for one in made for each in self._inspections(random, moment, one)]
        found = [*self._step_inspections(random, moment, made), *found]
        if moment.running:
            stops += self._ongoing(planned_stops, moment)
            found = found[:1]
        self.set_up_due = self.queue.finish_shift()
        self._set_aside(moment.day)
        return ShiftStory(self.line.crew, present, made, stops, found)

    def _set_aside(self, day: datetime.date) -> None:
        ago = self._ago(day)
        if self.to_set_aside is None:
            every = SET_ASIDE[self.plan.lines.index(self.line) % len(SET_ASIDE)]
            self.to_set_aside = [days for days in every if days < ago]
        if self.to_set_aside and ago <= self.to_set_aside[0] and self.queue.set_aside(day):
            del self.to_set_aside[0]

    # -- output ---------------------------------------------------------------------------------

    def _pace(self, random: Random, moment: Moment) -> float:
        season = 1 + 0.018 * math.sin(moment.day.toordinal() / 15 + self.phase)
        practice = 1 - LEARNT_IN_A_YEAR * min(self._ago(moment.day), 365) / 365
        pace = self.line.skill * season * practice * self._week(moment.day, "pace", 0.016)
        pace *= random.gauss(1, 0.022)
        if moment.is_night:
            pace *= NIGHTS
        if self._short_of_people(moment.day):
            pace *= CREW_LEFT
        return min(max(pace, 0.5), 0.992)

    def _week(self, day: datetime.date, of: str, spread: float) -> float:
        """Good weeks and bad weeks."""
        year, week, _ = day.isocalendar()
        return Random(f"{self.plan.code} {self.line.code} {of} {year} {week}").gauss(1, spread)  # noqa: S311

    def _present(self, random: Random, moment: Moment) -> int:
        crew = self.line.crew
        if self._short_of_people(moment.day):
            crew = round(crew * CREW_LEFT)
        return max(crew - random.choice((0, 0, 0, 0, 0, 1)), 1)

    def _output(self, random: Random, moment: Moment, minutes: float, pace: float) -> list[Made]:
        made: list[Made] = []
        left, jobs = minutes, self.queue.upcoming()
        for share in (random.uniform(0.5, 0.7), 0.97, 1.0):
            job = next(jobs)
            hours_per_unit = self._cycle(job, moment.day) / pace
            units = min(int(left * share / 60 / hours_per_unit), job.remaining)
            if units <= 0 or left < 0.06 * moment.planned:
                continue
            # The last handful is made as well, rather than left for another day.
            if 0 < job.remaining - units <= 0.01 * job.quantity:
                units = job.remaining
            used = units * hours_per_unit * 60
            left -= used
            made.append(Made(job, units, max(round(used), 1)))
            self.queue.make(job, units, moment.day)
        return made

    def _cycle(self, job: PlannedJob, day: datetime.date) -> float:
        studied = self.today - datetime.timedelta(days=STUDIED_AGAIN_DAYS)
        was_slower = job.part is self.line.parts[0] and day < studied
        return job.part.cycle * (STUDY_GAIN if was_slower else 1)

    # -- stops ----------------------------------------------------------------------------------

    def _stops(self, random: Random, moment: Moment) -> list[Stop]:
        stops = [*self._planned_stops(random, moment), *self._losses(random, moment)]
        random.shuffle(stops)
        budget = 0.55 * moment.planned
        kept: list[Stop] = []
        for stop in stops:
            if sum(each.minutes for each in kept) + stop.minutes <= budget:
                kept.append(stop)
        points = sorted(
            random.randrange(2, moment.elapsed - sum(each.minutes for each in kept) - 2)
            for _ in kept
        )
        before = 0
        for stop, point in zip(kept, points, strict=True):
            stop.offset, before = point + before, before + stop.minutes
            stop.timed = random.random() < 0.7
        return kept

    def _planned_stops(self, random: Random, moment: Moment) -> list[Stop]:
        stops = []
        if self.set_up_due or random.random() < 0.4:
            stops.append(Stop(SETUP, 0, random.randrange(14, 34)))
        if moment.day.weekday() == 2 and moment.code == "1ST":
            stops.append(Stop(MAINTENANCE, 0, random.randrange(18, 32)))
        return stops

    def _losses(self, random: Random, moment: Moment) -> list[Stop]:
        stops = []
        length = moment.planned / NINE_HOURS
        for reason, (chance, shortest, longest, scopes) in REASONS.items():
            often, longer = self._troubled(reason, moment.day)
            expected = chance * length * often * self._week(moment.day, reason, 0.3)
            if reason == "EQUIPMENT_FAILURE":
                expected *= self.line.wear
            expected = max(expected, 0)
            count = int(expected) + (random.random() < expected % 1)
            for _ in range(count):
                minutes = round(random.triangular(shortest, longest, shortest * 1.3) * longer)
                stops.append(self._stop(random, reason, minutes, random.choice(scopes), moment))
        return stops

    def _stop(self, random: Random, reason: str, minutes: int, scope: str, moment: Moment) -> Stop:
        recent = (self.today - moment.day).days < 10
        unknown = random.random() < (0.09 if recent else 0.02)
        stop = Stop(None if unknown else reason, 0, minutes)
        if scope == "STATIONS" and self.line.stations > 2:
            stop.scope, stop.stations = scope, random.randrange(1, self.line.stations // 2 + 1)
        if scope == "MACHINE" and self.line.machines:
            stop.scope, stop.machine = scope, random.randrange(len(self.line.machines))
        return stop

    def _ongoing(self, stops: list[Stop], moment: Moment) -> list[Stop]:
        """The stop that lasts at this very minute."""
        lasting = [
            stop for stop in stops if stop.offset <= moment.passed < stop.offset + stop.minutes
        ]
        for stop in lasting:
            stop.ongoing = stop.timed = True
        return lasting

    # -- troubles -------------------------------------------------------------------------------

    def _troubled(self, reason: str, day: datetime.date) -> tuple[float, float]:
        """How much more often, and how much longer."""
        if reason == "EQUIPMENT_FAILURE" and self.plan.trouble is Trouble.EQUIPMENT:
            # Three times the minutes at the end: 1.5 times as often, twice as long.
            decline = min(max((120 - self._ago(day)) / 105, 0), 1)
            return 1 + 0.5 * decline, 1 + decline
        if reason == "QUALITY_HOLD" and self._bad_supply(day):
            return 4, 1
        if reason == "MATERIAL_SHORTAGE" and self._bad_supply(day):
            return 1.6, 1
        if reason == "OPERATOR_UNAVAILABLE" and self._short_of_people(day):
            return 3, 1
        return 1, 1

    def _ago(self, day: datetime.date) -> int:
        return (self.today - day).days

    def _bad_supply(self, day: datetime.date) -> bool:
        return self.plan.trouble is Trouble.SUPPLIER and 21 < self._ago(day) <= 56

    def _short_of_people(self, day: datetime.date) -> bool:
        return self.plan.trouble is Trouble.LABOUR and self._ago(day) <= SHORTAGE_DAYS

    # -- quality --------------------------------------------------------------------------------

    def _step_inspections(self, random: Random, moment: Moment, made: list[Made]) -> list[Found]:
        """Every step of the first order, on the lines that look at their steps."""
        if not self.line.inspects_steps or not made or made[0].units <= 20:
            return []
        return [
            self._found(random, moment.day, made[0], made[0].units, rate, step=step)
            for step, rate in enumerate(STEP_RATES)
        ]

    def _inspections(self, random: Random, moment: Moment, made: Made) -> list[Found]:
        if random.random() < 0.012:
            return []
        inspected = max(round(made.units * self.plan.sample), min(made.units, 50))
        rate = self.defect_rate * (1.1 if moment.is_night else 1)
        rate *= max(self._week(moment.day, "defects", 0.14), 0.5)
        if self._bad_supply(moment.day):
            rate *= 3
        return [self._found(random, moment.day, made, inspected, rate)]

    def _found(
        self, random: Random, day: datetime.date, made: Made, inspected: int, rate: float,
        step: int | None = None,
    ) -> Found:  # fmt: skip
        rate = min(rate * random.lognormvariate(0, 0.3), 0.3)
        expected = inspected * rate
        defective = max(round(random.gauss(expected, math.sqrt(expected * (1 - rate)))), 0)
        defective = min(defective, inspected // 2)
        scrapped = round(defective * random.uniform(0.12, 0.3))
        repair = round((defective - scrapped) * random.uniform(0.1, 0.3))
        counted = random.random() > 0.03
        found = Found(
            made,
            inspected,
            defective,
            defects=defective + round(defective * random.uniform(0, 0.35)) if counted else None,
            rework=defective - scrapped - repair,
            repair=repair,
            scrapped=scrapped,
            step=step,
        )
        if step is None and found.defects and random.random() > 0.06:
            found.types = self._types(random, found.defects, day)
        to_check = found.rework + found.repair
        if step is None and to_check and random.random() < 0.2:
            found.again = round(to_check * random.uniform(0, 0.12))
        return found

    def _types(self, random: Random, defects: int, day: datetime.date) -> dict[int, int]:
        """Few kinds make most of the defects."""
        kinds = random.choices(self.favourites, (30, 18, 11, 7, 4, 3, 2, 2, 1, 1), k=2)
        if self._bad_supply(day):
            kinds[0] = MATERIAL_TYPE
        first = round(defects * random.uniform(0.55, 0.9))
        counts: dict[int, int] = {}
        for kind, quantity in zip(kinds, (first, defects - first), strict=True):
            if quantity:
                counts[kind] = counts.get(kind, 0) + quantity
        return counts
