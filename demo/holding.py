"""Holds of the invented orders: those of the past months, and the handful that stands today."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from clients.models import User
from demo.courses import DAY, Course
from demo.masters import Masters, write
from demo.plants import Trouble
from holds.intervals import Span, merged
from holds.models import HoldReason, WIPHold
from holds.states import HoldState
from plant.order_status import OrderStatus

HOUR = datetime.timedelta(hours=1)
# Of the orders that are over, those that once had a hold.
HELD_ONCE, HELD_TWICE, WHOLE = 0.08, 0.3, 0.45
REASONS = {
    Trouble.NONE: ("QUALITY_ISSUE", "PENDING_APPROVAL", "CUSTOMER_REQUEST"),
    Trouble.SUPPLIER: ("MATERIAL_INSPECTION", "QUALITY_ISSUE", "MATERIAL_SHORTAGE"),
    Trouble.EQUIPMENT: ("EQUIPMENT_UNAVAILABLE", "ENGINEERING_REVIEW", "QUALITY_ISSUE"),
    Trouble.LABOUR: ("CAPACITY_CONSTRAINT", "MISSING_SPECIFICATION", "QUALITY_ISSUE"),
}
DETAILS = {
    "QUALITY_ISSUE": "Found at the final inspection; the rest of the lot is being sorted.",
    "PENDING_APPROVAL": "Waiting for the customer's colour approval.",
    "CUSTOMER_REQUEST": "The customer asked us to wait for a new label.",
    "MATERIAL_INSPECTION": "The incoming lot has to be inspected once more.",
    "MATERIAL_SHORTAGE": "The supplier's next delivery is on its way.",
    "EQUIPMENT_UNAVAILABLE": "The machine waits for a spare part.",
    "ENGINEERING_REVIEW": "Engineering looks at the measured values.",
    "CAPACITY_CONSTRAINT": "No crew: people left and nobody stands in.",
    "MISSING_SPECIFICATION": "The packing instruction is missing.",
}
ENDS = (HoldState.RESUMED, HoldState.RESUMED, HoldState.RESUMED, HoldState.RELEASED)
ENDS_OF_UNITS = (HoldState.SCRAPPED, HoldState.RELEASED, HoldState.RESUMED, HoldState.CANCELLED)


@dataclass
class PlannedHold:
    course: Course
    reason: str
    start: datetime.datetime
    state: HoldState
    end: datetime.datetime | None = None
    is_job: bool = False
    quantity: int | None = None

    @property
    def stops_order(self) -> bool:
        decided = self.state not in (HoldState.PENDING_HOLD, HoldState.CANCELLED)
        return decided and not self.is_job and self.quantity is None


class Holding:
    """Tells the courses when their orders stood; the rows are written once these are there."""

    def __init__(
        self, masters: Masters, courses: Sequence[Course], people: dict[str, User],
        now: datetime.datetime,
    ) -> None:  # fmt: skip
        self.client, self.now = masters.client, now.replace(microsecond=0)
        self.lines = masters.lines
        self.today = masters.client.local_day(now)
        self.reasons = REASONS[masters.plan.trouble]
        self.asks = people.get("operator") or people["admin"]
        self.decides = people.get("supervisor") or people["admin"]
        self.holds = [*self._past(courses), *self._present(courses)]
        self._stop_orders()

    def _stop_orders(self) -> None:
        spans: dict[Course, list[Span]] = {}
        for hold in self.holds:
            if hold.stops_order:
                spans.setdefault(hold.course, []).append(Span(hold.start, hold.end))
        for course, found in spans.items():
            course.stood = [(span.start, span.end) for span in merged(found)]

    def _at(self, day: datetime.date, hour: int) -> datetime.datetime:
        instant = datetime.datetime.combine(day, datetime.time(hour), self.client.zone)
        return min(instant, self.now - HOUR)

    # -- the past ----------------------------------------------------------------------------

    def _past(self, courses: Sequence[Course]) -> Iterator[PlannedHold]:
        for course in courses:
            random = Random(f"{self.client.code} {course.order.line.code} {course.order.number}")  # noqa: S311
            if course.completed and random.random() < HELD_ONCE:
                is_whole = random.random() < WHOLE and course.reshuffled is None
                before = self._before_the_start(course, random) if is_whole else []
                yield from before or [self._of_units(course, random)]

    def _before_the_start(self, course: Course, random: Random) -> list[PlannedHold]:
        """Material that waits for something before it is made; now and then for two things."""
        assert course.order.started is not None
        first, last = self._at(course.released, 14), self._at(course.order.started, 5)
        hours = int((last - first) / HOUR)
        if hours < 24:
            return []
        reason, other = random.sample(self.reasons, 2)
        end = random.randrange(8, hours - 8)
        found = [PlannedHold(course, reason, first, random.choice(ENDS), first + end * HOUR)]
        if random.random() < HELD_TWICE:
            start = first + random.randrange(2, end) * HOUR
            until = first + random.randrange(end, hours) * HOUR
            found.append(PlannedHold(course, other, start, HoldState.RESUMED, until))
        return found

    def _of_units(self, course: Course, random: Random) -> PlannedHold:
        """While it is made, so that the rest goes on."""
        assert course.order.started is not None
        start = self._at(course.order.started, random.randrange(9, 15))
        state = random.choice(ENDS_OF_UNITS)
        end = min(start + random.randrange(2, 60) * HOUR, self.now)
        return PlannedHold(
            course, random.choice(self.reasons), start, state,
            end=None if state == HoldState.CANCELLED else end,
            quantity=self._some(course, random.uniform(0.03, 0.15)),
        )  # fmt: skip

    # -- today -------------------------------------------------------------------------------

    def _present(self, courses: Sequence[Course]) -> Iterator[PlannedHold]:
        for course in courses:
            if course.order.set_aside:
                yield from self._of_set_aside(course, course.order.set_aside)
        yield from self._of_running(courses)
        yield from self._of_waiting(courses)

    def _of_set_aside(self, course: Course, day: datetime.date) -> Iterator[PlannedHold]:
        """One job since more than four weeks, orders since two weeks and one, one without."""
        ago = (self.today - day).days
        if ago > 30:
            start = self._at(day + DAY, 9)
            yield PlannedHold(course, self.reasons[0], start, HoldState.ON_HOLD, is_job=True)
        elif ago > 20:
            start = self._at(self.today - 16 * DAY, 10)
            yield PlannedHold(course, self.reasons[0], start, HoldState.ON_HOLD)
            later = self._at(self.today - 6 * DAY, 15)
            yield PlannedHold(course, self.reasons[1], later, HoldState.ON_HOLD)
        elif ago > 14:
            first, second = self._at(day + DAY, 9), self._at(day + 2 * DAY, 9)
            yield PlannedHold(course, self.reasons[0], first, HoldState.RELEASED, first + 30 * HOUR)
            yield PlannedHold(
                course, self.reasons[1], second, HoldState.RESUMED, second + 26 * HOUR
            )
        elif ago > 8:
            yield PlannedHold(
                course, self.reasons[1], self._at(self.today - 9 * DAY, 11), HoldState.ON_HOLD
            )

    def _of_running(self, courses: Sequence[Course]) -> Iterator[PlannedHold]:
        """Units that were found yesterday and this morning, on orders that go on."""
        running = [
            course for course in courses
            if course.status == OrderStatus.IN_PROGRESS and course.order.set_aside is None
        ]  # fmt: skip
        if not running:
            return
        first, last = running[0], running[-1]
        start = max(self._at(self.today - DAY, 15), self.now - 30 * HOUR)
        yield PlannedHold(
            first, self.reasons[2], start, HoldState.ON_HOLD, quantity=self._some(first, 0.05)
        )
        yield PlannedHold(
            last, self.reasons[1], self.now - 1.5 * HOUR, HoldState.PENDING_HOLD,
            quantity=self._some(last, 0.08),
        )  # fmt: skip

    def _of_waiting(self, courses: Sequence[Course]) -> Iterator[PlannedHold]:
        """Released orders: one may go on, says who asks for it; one had better wait."""
        released = [course for course in courses if course.status == OrderStatus.RELEASED]
        if len(released) < 2:
            return
        first, last = released[0], released[-1]
        first.released = min(first.released, self.today - 5 * DAY)
        since = self._at(self.today - 3 * DAY, 13)
        yield PlannedHold(first, self.reasons[0], since, HoldState.PENDING_RESUME)
        yield PlannedHold(last, self.reasons[0], self.now - 0.5 * HOUR, HoldState.PENDING_HOLD)

    def _some(self, course: Course, share: float) -> int:
        return max(round(course.quantity * share), 1)

    # -- rows --------------------------------------------------------------------------------

    def write(self) -> int:
        reasons = {row.code: row for row in HoldReason.objects.filter(client=self.client)}
        return len(write([self._row(hold, reasons[hold.reason]) for hold in self.holds]))

    def _row(self, hold: PlannedHold, reason: HoldReason) -> WIPHold:
        course, order = hold.course, hold.course.order
        job = next((job.row for job in order.jobs if job.remaining), order.jobs[0].row)
        return WIPHold(
            client=self.client,
            work_order=course.row,
            job=job if hold.is_job else None,
            quantity=hold.quantity,
            line=self.lines[order.line.code],
            location=f"{order.line.name}, hold area",
            hold_reason=reason,
            reason_detail=DETAILS[hold.reason],
            state=hold.state,
            held_at=hold.start,
            requested_by=self.asks,
            ended_at=hold.end,
            expected_resolution_date=None if hold.end else self.today + 3 * DAY,
            **self._decided(hold),
        )

    def _decided(self, hold: PlannedHold) -> dict[str, Any]:
        if hold.state == HoldState.PENDING_HOLD:
            return {}
        latest = hold.end or self.now
        first = {
            "hold_decided_by": self.decides,
            "hold_decided_at": min(hold.start + 0.5 * HOUR, latest),
        }
        asked = {
            "resume_requested_by": self.asks,
            "resume_requested_at": max(latest - HOUR, hold.start + 0.5 * HOUR),
        }
        ended = {"resume_decided_by": self.decides, "resume_decided_at": hold.end}
        if hold.state == HoldState.PENDING_RESUME:
            return first | asked
        if hold.state == HoldState.RESUMED:
            return first | asked | ended
        return first | ended if hold.end else first
