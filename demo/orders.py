"""The orders of an invented line: worked off one after the other, two jobs at a time."""

from __future__ import annotations

import datetime
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random

from demo.plants import LinePlan, PartPlan
from plant.models import Job

# Jobs: what is in work, and what the planner has in hand for the next two weeks.
WAITING = 8
# Orders that share one order of the customer.
CALLED_OFF = 12
EVERY_SAMPLE = 14


@dataclass(eq=False)
class PlannedJob:
    order: PlannedOrder
    part: PartPlan
    quantity: int
    made: int = 0
    row: Job | None = None

    @property
    def remaining(self) -> int:
        return self.quantity - self.made


@dataclass(eq=False)
class PlannedOrder:
    line: LinePlan
    number: int
    customer_po: str
    lead_days: int
    slack_days: int
    jobs: list[PlannedJob] = field(default_factory=list)
    started: datetime.date | None = None
    last_output: datetime.date | None = None
    # Since then the line makes something else.
    set_aside: datetime.date | None = None

    @property
    def done(self) -> bool:
        return all(job.remaining == 0 for job in self.jobs)


class OrderQueue:
    """Makes orders as the line needs them, and remembers all of them."""

    def __init__(self, client_code: str, line: LinePlan, customers: tuple[str, ...]) -> None:
        self.line, self.customers = line, customers
        self.random = Random(f"{client_code} {line.code} orders")  # noqa: S311
        self.orders: list[PlannedOrder] = []
        self.waiting: deque[PlannedJob] = deque()
        self._fill()

    def upcoming(self) -> Iterator[PlannedJob]:
        return iter(list(self.waiting))

    def make(self, job: PlannedJob, units: int, day: datetime.date) -> None:
        job.made += units
        order = job.order
        order.started = order.started or day
        order.last_output = day

    def set_aside(self, day: datetime.date) -> bool:
        """Put away an order that has begun, as it is; whether there was one."""
        for order in dict.fromkeys(job.order for job in self.waiting):
            if order.started and not order.done:
                order.set_aside = day
                self.waiting = deque(job for job in self.waiting if job.order is not order)
                self._fill()
                return True
        return False

    def finish_shift(self) -> bool:
        """Put finished jobs away; whether the line has to be set up for another one."""
        before = len(self.waiting)
        self.waiting = deque(job for job in self.waiting if job.remaining > 0)
        changed = len(self.waiting) < before
        self._fill()
        return changed

    def _fill(self) -> None:
        while len(self.waiting) < WAITING:
            order = self._order()
            self.orders.append(order)
            self.waiting.extend(order.jobs)

    def _order(self) -> PlannedOrder:
        random = self.random
        number = len(self.orders) + 1
        order = PlannedOrder(
            self.line,
            number=number,
            customer_po=_purchase_order(random.choice(self.customers), number),
            lead_days=random.randrange(12, 31),
            slack_days=random.choice((-4, -2, -1, 0, 1, 1, 2, 3, 3, 4, 5, 7)),
        )
        chosen = self._parts(order.number)
        order.jobs = [PlannedJob(order, part, self._quantity(part)) for part in chosen]
        return order

    def _parts(self, number: int) -> list[PartPlan]:
        """One or two of the line's parts; now and then a sample that nobody has studied."""
        samples = [part for part in self.line.parts if part.is_sample]
        if samples and number % EVERY_SAMPLE == 3:
            return samples
        parts = [part for part in self.line.parts if not part.is_sample]
        weights = [part.weight for part in parts]
        chosen = self.random.choices(parts, weights, k=self.random.choice((1, 1, 2)))
        return list(dict.fromkeys(chosen))

    def _quantity(self, part: PartPlan) -> int:
        hours = self.random.uniform(8, 34) if not part.is_sample else self.random.uniform(2, 5)
        units = hours / part.cycle
        step = 10 if units < 1000 else 100
        return max(round(units / step), 1) * step


def _purchase_order(customer: str, number: int) -> str:
    """Customers order for some weeks at once; the lines share what was ordered."""
    block = Random(f"{customer} {number // CALLED_OFF}")  # noqa: S311
    return f"{customer} PO {block.randrange(40000, 99999)}"
