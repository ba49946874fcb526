"""The rows of the invented orders: orders and jobs, their moves, what left, and who approved it.

Moves and shipments carry the days on which they would have been recorded.
"""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from clients.models import User
from demo.courses import DAY, Course, Lot
from demo.masters import Masters, write
from demo.orders import PlannedJob
from demo.plants import Trouble
from plant.models import Job, OrderTransition, Shipment, WorkOrder
from plant.models.orders import DelayClass, DelayReason
from plant.order_status import MoveSource, OrderStatus

WHY_LATE = {
    Trouble.NONE: (DelayReason.CUSTOMER_REQUEST, DelayReason.CUSTOMER_CHANGE_ORDER),
    Trouble.SUPPLIER: (DelayReason.MATERIAL_SUPPLIER_DELAY, DelayReason.UPSTREAM_HOLD),
    Trouble.EQUIPMENT: (DelayReason.CUSTOMER_CHANGE_ORDER, DelayReason.UPSTREAM_HOLD),
    Trouble.LABOUR: (DelayReason.CUSTOMER_REQUEST, DelayReason.FORCE_MAJEURE),
}
WHY_RESHUFFLED = {
    Trouble.NONE: "The customer wants another order first.",
    Trouble.SUPPLIER: "Material did not pass the incoming inspection.",
    Trouble.EQUIPMENT: "The machine it needs is down.",
    Trouble.LABOUR: "Not enough people for the crew.",
}
CALLED_OFF = {
    OrderStatus.CANCELLED: "The customer called it off.",
    OrderStatus.REJECTED: "The specification cannot be made on our lines.",
}
AUTOMATIC = (OrderStatus.IN_PROGRESS, OrderStatus.CLOSED, OrderStatus.ON_HOLD)


class Deliveries:
    """Stores the courses of one client."""

    def __init__(self, masters: Masters, people: dict[str, User], now: datetime.datetime) -> None:
        self.masters, self.client = masters, masters.client
        self.trouble = masters.plan.trouble
        self.now, self.today = now, masters.client.local_day(now)
        self.planner = people.get("supervisor") or people["admin"]
        self.approver = people.get("engineer") or people["admin"]

    # -- orders ------------------------------------------------------------------------------

    def write_orders(self, courses: Sequence[Course]) -> int:
        rows = [self._order(course) for course in courses]
        WorkOrder.prepare(rows)
        WorkOrder.objects.bulk_create(rows)
        planned = []
        for course, row in zip(courses, rows, strict=True):
            course.row = row
            planned += [(job, self._job(job, row)) for job in course.order.jobs]
        for job, stored in planned:
            job.row = stored
        write([stored for _job, stored in planned])
        return len(rows) + len(planned)

    def _order(self, course: Course) -> WorkOrder:
        order, status, random = course.order, course.status, course.random
        is_closed = status == OrderStatus.CLOSED
        end = course.lots[-1].day if is_closed else None
        delivered = end + random.randrange(1, 4) * DAY if end else None
        start = order.started or max(self.today, course.received) + (2 + order.lead_days // 6) * DAY
        return WorkOrder(
            client=self.client,
            number=f"WO-{course.received:%y%m}-{order.line.code}{order.number:03}",
            customer_po=order.customer_po,
            style=self.masters.styles.get(order.jobs[0].part.style),
            line=self.masters.lines[order.line.code],
            planned_quantity=course.quantity,
            received_date=course.received,
            acknowledged_date=min(course.received + DAY, self.today),
            planned_start_date=start,
            required_date=course.original,
            promised_date=course.promised,
            original_promised_date=course.original,
            actual_start_date=order.started,
            last_output_date=order.last_output,
            completed_date=course.completed,
            delivered_date=delivered if delivered and delivered <= self.today else None,
            closed_date=end,
            status=OrderStatus.ON_HOLD if course.is_held else status,
            status_before_hold=status if course.is_held else "",
            qc_approved_by=self.approver if is_closed else None,
            qc_approved_at=self.at(course.lots[0].day, 9) if is_closed else None,
            rejection_reason=CALLED_OFF[status] if status == OrderStatus.REJECTED else "",
            priority=random.choice(("NORMAL", "NORMAL", "NORMAL", "HIGH", "LOW", "URGENT")),
            **self._delay(course),
        )  # fmt: skip

    def _delay(self, course: Course) -> dict[str, str]:
        """Nobody has looked at the latest ones yet, and at some others."""
        random = course.random
        left = course.lots[0].day if course.lots else self.today
        is_fresh = (self.today - left).days < 4
        called_off = course.status in CALLED_OFF
        if left <= course.promised or called_off or random.random() < (0.7 if is_fresh else 0.15):
            return {}
        if random.random() < (0.35 if self.trouble is Trouble.LABOUR else 0.55):
            reason = random.choice(WHY_LATE[self.trouble])
            return {"delay_class": DelayClass.JUSTIFIED, "delay_reason": reason}
        return {"delay_class": DelayClass.UNJUSTIFIED}

    def _job(self, job: PlannedJob, order: WorkOrder) -> Job:
        end = job.order.last_output
        done = job.remaining == 0 and end is not None
        return Job(
            client=self.client,
            work_order=order,
            part=self.masters.parts[job.part.code],
            quantity=job.quantity,
            completed_at=self.at(end, 18) if done and end and end < self.today else None,
        )

    # -- their courses -----------------------------------------------------------------------

    def write_courses(
        self, courses: Sequence[Course], store: Callable[[Sequence[Any]], int]
    ) -> Counter[str]:
        moves = [move for course in courses for move in self._moves(course)]
        OrderTransition.objects.bulk_create(moves, batch_size=4000)
        early = self._early_lot(courses)
        shipments = [row for course in courses for row in self._shipments(course, early)]
        counts = Counter({"moves of orders": len(moves), "shipments": store(shipments)})
        self._approve(courses)
        return counts

    def _moves(self, course: Course) -> Iterator[OrderTransition]:
        """An order that was received just now has its first move from the database."""
        if course.status == OrderStatus.RECEIVED:
            return
        origin = ""
        for at, to in self._steps(course):
            by_hand = to not in AUTOMATIC and origin != OrderStatus.ON_HOLD
            yield OrderTransition(
                client=self.client,
                work_order=course.row,
                from_status=origin,
                to_status=to,
                at=at,
                by=self.planner if by_hand else None,
                note=self._note(to),
                source=MoveSource.MANUAL if by_hand else MoveSource.AUTOMATIC,
            )
            origin = to

    def _note(self, to: str) -> str:
        if to == OrderStatus.DEMOTED:
            return WHY_RESHUFFLED[self.trouble]
        return next((note for status, note in CALLED_OFF.items() if status == to), "")

    def _steps(self, course: Course) -> list[tuple[datetime.datetime, str]]:
        steps = list(self._steps_of_the_office(course))
        for start, end in course.stood:
            before = next(to for at, to in reversed(steps) if at <= start)
            steps.append((start, OrderStatus.ON_HOLD))
            if end:
                steps.append((end, before))
            steps.sort(key=lambda step: step[0])
        return steps

    def _steps_of_the_office(self, course: Course) -> Iterator[tuple[datetime.datetime, str]]:
        order = course.order
        yield self.at(course.received, 9), OrderStatus.RECEIVED
        if course.status in CALLED_OFF:
            yield self.at(course.received + 2 * DAY, 11), course.status
            return
        yield self.at(course.released, 10), OrderStatus.RELEASED
        if course.reshuffled:
            yield self.at(course.reshuffled, 13), OrderStatus.DEMOTED
        if order.started is None:
            return
        if course.reshuffled:
            yield self.at(order.started - DAY, 16), OrderStatus.RELEASED
        yield self.at(order.started, 7), OrderStatus.IN_PROGRESS
        if course.completed:
            yield self.at(course.completed, 22), OrderStatus.COMPLETED
        if course.lots:
            yield self.at(course.lots[0].day, 15), OrderStatus.SHIPPED
        if course.shipped_in_full:
            yield self.at(course.lots[-1].day, 15), OrderStatus.CLOSED

    def at(self, day: datetime.date, hour: int) -> datetime.datetime:
        """Never after now."""
        instant = datetime.datetime.combine(day, datetime.time(hour), self.client.zone)
        return min(instant, self.now)

    # -- what left ---------------------------------------------------------------------------

    def _early_lot(self, courses: Sequence[Course]) -> Course | None:
        """One that the customer could not wait for: a part of it left while it is being made."""
        return next((course for course in courses if self._may_leave_early(course)), None)

    def _may_leave_early(self, course: Course) -> bool:
        begun = course.status == OrderStatus.IN_PROGRESS and course.order.set_aside is None
        before_today = course.order.started != self.today and course.made > 20
        return begun and before_today and course.promised >= self.today and not course.stood

    def _shipments(self, course: Course, early: Course | None) -> Iterator[Shipment]:
        lots = course.lots
        if course is early:
            lots = [Lot(self.today - DAY, course.made // 4)]
        for number, lot in enumerate(lots, start=1):
            arrived = lot.day + 2 * DAY
            yield Shipment(
                client=self.client,
                work_order=course.row,
                shipped_date=lot.day,
                quantity=lot.quantity,
                reference=f"DN {lot.day:%y%m%d}-{course.order.line.code}-{number}",
                received_date=arrived if arrived <= self.today else None,
            )

    def _approve(self, courses: Sequence[Course]) -> None:
        """What was shipped in part, and every second order that waits for its truck."""
        shipped = [course for course in courses if course.status == OrderStatus.SHIPPED]
        made = [course for course in courses if course.status == OrderStatus.COMPLETED]
        rows = [course.row for course in (*shipped, *made[::2]) if course.row]
        for row in rows:
            row.qc_approved_by = self.approver
            row.qc_approved_at = self.now - datetime.timedelta(hours=2)
        WorkOrder.objects.bulk_update(rows, ["qc_approved_by", "qc_approved_at"])
