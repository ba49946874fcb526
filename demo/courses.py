"""What the office does with the orders that the invented lines make: when an order was received
and released, what was promised, when it left, and what was re-shuffled.

Each order draws from its own random generator, so that one more order changes none of the others.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random

from demo.masters import Masters
from demo.orders import PlannedOrder
from demo.plants import Trouble
from demo.simulation import SHORTAGE_DAYS
from plant.models import WorkOrder
from plant.order_status import OrderStatus

DAY = datetime.timedelta(days=1)
# Share of orders that leave late: in quiet times, and while there is trouble.
LATE = {
    Trouble.NONE: (0.045, 0.045),
    Trouble.SUPPLIER: (0.05, 0.16),
    Trouble.EQUIPMENT: (0.05, 0.09),
    Trouble.LABOUR: (0.045, 0.075),
}
RESHUFFLED = {
    Trouble.NONE: (0.025, 0.025),
    Trouble.SUPPLIER: (0.03, 0.12),
    Trouble.EQUIPMENT: (0.03, 0.07),
    Trouble.LABOUR: (0.03, 0.12),
}
LATE_BY, EARLY_BY = (1, 1, 2, 2, 3, 4, 6), (0, 0, 1, 1, 2, 2, 3, 4, 6)
PROMISED_AGAIN, IN_LOTS = 0.09, 0.1
# What became of the orders that nobody has begun; those after them are released.
FATES = (
    OrderStatus.RELEASED,
    OrderStatus.DEMOTED,
    OrderStatus.RELEASED,
    OrderStatus.RECEIVED,
    OrderStatus.CANCELLED,
    OrderStatus.REJECTED,
)


@dataclass
class Lot:
    day: datetime.date
    quantity: int


@dataclass(eq=False)
class Course:
    """One order with what the office knows of it."""

    order: PlannedOrder
    random: Random
    status: OrderStatus
    received: datetime.date
    released: datetime.date
    promised: datetime.date
    original: datetime.date
    lots: list[Lot] = field(default_factory=list)
    reshuffled: datetime.date | None = None
    # When the whole order stood; None: it still does.
    stood: list[tuple[datetime.datetime, datetime.datetime | None]] = field(default_factory=list)
    row: WorkOrder | None = None

    @property
    def quantity(self) -> int:
        return sum(job.quantity for job in self.order.jobs)

    @property
    def made(self) -> int:
        return sum(job.made for job in self.order.jobs)

    @property
    def completed(self) -> datetime.date | None:
        return self.order.last_output if self.order.done else None

    @property
    def is_held(self) -> bool:
        return any(end is None for _start, end in self.stood)

    @property
    def shipped_in_full(self) -> bool:
        return sum(lot.quantity for lot in self.lots) >= self.quantity


class Courses:
    """What was promised by one client, and what left."""

    def __init__(self, masters: Masters, now: datetime.datetime) -> None:
        self.client_code, self.trouble = masters.client.code, masters.plan.trouble
        self.today = masters.client.local_day(now)

    def plan(self, orders: Sequence[PlannedOrder]) -> list[Course]:
        waiting = [order for order in orders if order.started is None]
        # One of each line in turn, rather than all those of the first.
        waiting.sort(key=lambda order: order.number)
        fates = dict(zip(map(id, waiting), FATES, strict=False))
        courses = [self._course(order, fates.get(id(order))) for order in orders]
        self._leave_a_rest(courses)
        return courses

    def _leave_a_rest(self, courses: Sequence[Course]) -> None:
        """Of one order at least a part has left and the rest has not."""
        shipped = [course for course in courses if len(course.lots) == 1]
        if shipped and all(course.status != OrderStatus.SHIPPED for course in courses):
            last = max(shipped, key=lambda course: course.lots[0].day)
            last.lots[0].quantity = round(last.quantity * 0.6)
            last.status = OrderStatus.SHIPPED

    def _course(self, order: PlannedOrder, fate: OrderStatus | None) -> Course:
        random = Random(f"{self.client_code} {order.line.code} {order.number} course")  # noqa: S311
        start = order.started or self.today + datetime.timedelta(days=2 + order.lead_days // 6)
        received = min(start - datetime.timedelta(days=order.lead_days), self.today)
        course = Course(
            order, random, fate or OrderStatus.RELEASED, received,
            released=min(start - datetime.timedelta(days=random.randrange(3, 8)), self.today),
            promised=self.today, original=self.today,
        )  # fmt: skip
        if fate == OrderStatus.RECEIVED:
            course.received = self.today
        if order.started:
            course.status = OrderStatus.IN_PROGRESS
            self._ship(course)
        self._promise(course)
        self._reshuffle(course, start)
        return course

    def _ship(self, course: Course) -> None:
        """Some days after the last output, in one lot or in several; today's are not loaded yet."""
        random, completed = course.random, course.completed
        if completed is None:
            return
        course.status = OrderStatus.COMPLETED
        day = working_day(completed + random.choice((1, 1, 1, 2)) * DAY)
        lots = random.choice((2, 2, 3)) if random.random() < IN_LOTS else 1
        left = course.quantity
        for number in range(lots, 0, -1):
            quantity = left if number == 1 else round(left * random.uniform(0.4, 0.7))
            if day < self.today and quantity:
                course.lots.append(Lot(day, quantity))
            left -= quantity
            day = working_day(day + random.randrange(2, 6) * DAY)
        if course.lots:
            course.status = OrderStatus.CLOSED if course.shipped_in_full else OrderStatus.SHIPPED

    def _promise(self, course: Course) -> None:
        random = course.random
        if course.lots:
            course.promised = self._kept_or_not(course, course.lots[0].day)
        else:
            course.promised = working_day(self.today + self._ahead(course) * DAY)
        course.original = course.promised
        if random.random() < PROMISED_AGAIN or self._is_promised_again(course):
            earlier = course.promised - random.randrange(3, 9) * DAY
            course.original = max(working_day(earlier, back=True), course.received)

    def _kept_or_not(self, course: Course, left: datetime.date) -> datetime.date:
        if course.random.random() < self._share(LATE, left):
            late = left - course.random.choice(LATE_BY) * DAY
            return max(working_day(late, back=True), course.received)
        return working_day(left + course.random.choice(EARLY_BY) * DAY)

    def _ahead(self, course: Course) -> int:
        """Days to the promise of what has not left; below zero: it is late."""
        order, random = course.order, course.random
        if order.set_aside:
            ago = (self.today - order.set_aside).days
            return -random.randrange(2, 6) if 14 < ago <= 20 else random.randrange(1, 13)
        if course.completed:
            return random.randrange(0, 4)
        if order.started:
            return random.randrange(0, 8)
        return random.randrange(5, 18)

    def _is_promised_again(self, course: Course) -> bool:
        """What was set aside for weeks had another promise once."""
        aside = course.order.set_aside
        return aside is not None and course.promised > self.today > aside + 14 * DAY

    def _reshuffle(self, course: Course, start: datetime.date) -> None:
        wanted = course.random.random() < self._share(RESHUFFLED, course.released)
        if course.status == OrderStatus.DEMOTED:
            course.released = min(course.released, self.today - 4 * DAY)
            course.reshuffled = course.released + 2 * DAY
        elif wanted and course.order.started and course.released < start - 3 * DAY:
            course.reshuffled = course.released + DAY

    def _share(self, shares: dict[Trouble, tuple[float, float]], day: datetime.date) -> float:
        trouble, ago = self.trouble, (self.today - day).days
        lasting = {
            Trouble.NONE: False,
            Trouble.SUPPLIER: 21 < ago <= 63,
            Trouble.EQUIPMENT: ago <= 75,
            Trouble.LABOUR: ago <= SHORTAGE_DAYS,
        }
        return shares[trouble][lasting[trouble]]


def working_day(day: datetime.date, *, back: bool = False) -> datetime.date:
    """The day itself, or the next one that is no weekend."""
    while day.weekday() > 4:
        day += -DAY if back else DAY
    return day
