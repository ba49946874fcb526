"""Works out the promise of orders that have neither a promised nor a required date.

promise = start + ceil(quantity × labour hours ÷ (crew × net hours)) working days. The start is the
actual one, else the planned one, else the receipt and the client's mean wait; the labour hours are
those of the standard that is valid on that day; the crew is that of the planned line, else one
person; the net hours are those of the first standard shift, else eight. 1,000 units of 0.25 h take
a crew of 10 in shifts of 9 h three working days: from Wednesday to Monday.

An order without a standard or without any start gets no promise. One that is made keeps what it
has. All is set-based: the same number of queries for 1 order and 10,000.
"""

from __future__ import annotations

import datetime
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from math import ceil
from typing import Any

from clients.models import Client
from plant import history, inferred
from plant.clock import minutes_of_clock, unpaid_minutes
from plant.models import CalendarDay, Job, Line, Shift, ShiftBreak, WorkOrder
from plant.models.lines import ShiftKind
from plant.order_moves import moving
from plant.order_status import OPEN, MoveSource
from plant.related import known
from plant.shifts import PlantCalendar
from plant.standards import IndustryDefault, Made, Work, resolve_standards
from plant.waits import mean_waits, whole_days

UNKNOWN_CREW = 1
UNKNOWN_MINUTES = 8 * 60
MOST_DAYS = 2500
"""Ten years of work are no promise but a wrong standard or a wrong quantity."""
# How far ahead the calendar is asked; `plant.promise_triggers` asks as far.
PER_DAY, AT_LEAST = 7, 400
LAST_YEAR = 9000
DAY = datetime.timedelta(days=1)
AT_ONCE = 1000

type TradeOf = Callable[[Sequence[Any]], IndustryDefault]
_trades: list[TradeOf] = []


def agreed_by(trade: TradeOf) -> None:
    """`trade(orders)` answers what the contracts of their clients agree for a family of styles."""
    if trade not in _trades:
        _trades.append(trade)


# -- the stamp -----------------------------------------------------------------------------------


def stamp(orders: list[WorkOrder]) -> None:
    """Of orders without a promised and a required date; at most eleven queries, and what the
    history costs where no standard says how long a unit takes."""
    asked = [each for each in orders if not _keeps_its_stamp(each)]
    for each in asked:
        inferred.clear(each)
    asked = [each for each in asked if _can_be_asked(each)]
    if not asked:
        return
    starts = _starts_without_production(asked)
    for order, start in zip(asked, starts, strict=True):
        order.inferred_start_date = start
    lines = _lines(asked)
    plants = _plants(asked)
    hours = _labour_hours(asked, lines)
    for order, per_unit in zip(asked, hours, strict=True):
        if per_unit is not None:
            _put(order, per_unit, lines.get(order.line_id or 0), plants[order.client_id])


def _keeps_its_stamp(order: WorkOrder) -> bool:
    """What is made was judged by its promise: today's standards say nothing about it."""
    return order.inferred_promise_date is not None and order.status not in OPEN


def _can_be_asked(order: WorkOrder) -> bool:
    quantity = order.planned_quantity
    return isinstance(quantity, int) and quantity > 0 and known(order, "client") is not None


def _put(order: WorkOrder, per_unit: Decimal, line: Line | None, plant: _Plant) -> None:
    crew = (line.standard_crew if line else None) or UNKNOWN_CREW
    minutes = plant.minutes_a_day(order.line_id)
    hours = order.planned_quantity * per_unit
    days = ceil(hours * 60 / (crew * minutes))
    if days > MOST_DAYS:
        return
    order.inferred_days, order.inferred_hours = days, hours
    order.inferred_crew, order.inferred_day_minutes = crew, minutes
    start = inferred.start_of(order)
    if start is not None:
        order.inferred_promise_date = plant.working_day(order.line_id, start, days)


# -- what is known of the orders -----------------------------------------------------------------


def _starts_without_production(orders: Sequence[WorkOrder]) -> list[datetime.date | None]:
    waiting = {
        order.client_id
        for order in orders
        if not _day(order.planned_start_date) and _day(order.received_date)
    }
    waits = _waits(waiting)
    return [_start(order, waits) for order in orders]


def _waits(clients: Collection[int]) -> dict[int, datetime.timedelta]:
    if not clients:
        return {}
    found = mean_waits().filter(client__in=clients).values_list("client", "mean")
    return {client: whole_days(mean) * DAY for client, mean in found}


def _start(order: WorkOrder, waits: Mapping[int, datetime.timedelta]) -> datetime.date | None:
    planned, received = _day(order.planned_start_date), _day(order.received_date)
    if planned or not received:
        return planned
    return received + waits.get(order.client_id, 0 * DAY)


def _day(value: Any) -> datetime.date | None:
    """What is typed may be no day, and no plant works in the year 9999."""
    is_day = isinstance(value, datetime.date) and value.year < LAST_YEAR
    return value if is_day else None


def _lines(orders: Sequence[WorkOrder]) -> dict[int, Line]:
    found: dict[int, Line] = {}
    missing = set()
    for order in orders:
        if "line" in order._state.fields_cache and (line := order.line):
            found[line.pk] = line
        elif order.line_id:
            missing.add(order.line_id)
    missing -= found.keys()
    return found | Line.objects.in_bulk(missing) if missing else found


def _labour_hours(orders: Sequence[WorkOrder], lines: Mapping[int, Line]) -> list[Decimal | None]:
    works = [
        Work(
            client_id=order.client_id,
            on=inferred.start_of(order) or order.client.today(),
            line_id=order.line_id,
            line=lines.get(order.line_id or 0),
        )
        for order in orders
    ]
    industry = _trades[0](orders) if _trades else None
    found = resolve_standards(works, made=_made(orders), industry=industry, history=history.took)
    return [each.labour.hours for each in found]


def _made(orders: Sequence[WorkOrder]) -> list[Made]:
    """The part of the only job, else the style of the order."""
    stored = [order.pk for order in orders if order.pk]
    jobs: dict[int, list[Job]] = defaultdict(list)
    for job in Job.objects.filter(work_order__in=stored).select_related("part") if stored else ():
        jobs[job.work_order_id].append(job)
    return [_made_of(order, jobs.get(order.pk or 0, [])) for order in orders]


def _made_of(order: WorkOrder, jobs: Sequence[Job]) -> Made:
    part = jobs[0].part if len(jobs) == 1 else None
    if part is None:
        return Made(style_id=order.style_id)
    return Made(part.pk, part.style_id if part.style_id is not None else order.style_id)


# -- the calendar --------------------------------------------------------------------------------


@dataclass
class _Plant:
    """The shifts, breaks and days of one client; of a line, or of an order without one."""

    shifts: list[Shift] = field(default_factory=list)
    breaks: list[ShiftBreak] = field(default_factory=list)
    days: dict[tuple[int | None, datetime.date], CalendarDay] = field(default_factory=dict)
    first: datetime.date = datetime.date.max
    _worked: dict[int | None, _WorkingDays] = field(default_factory=dict)

    def serving(self, line: int | None) -> list[Shift]:
        return [shift for shift in self.shifts if shift.serves(line)]

    def minutes_a_day(self, line: int | None) -> int:
        """Net minutes of the first standard shift."""
        for shift in self.serving(line):
            if shift.kind == ShiftKind.STANDARD:
                own = [each for each in self.breaks if each.shift_id == shift.pk]
                elapsed = minutes_of_clock(shift)
                return max(elapsed - unpaid_minutes(own, line, elapsed), 1)
        return UNKNOWN_MINUTES

    def working_day(self, line: int | None, start: datetime.date, number: int) -> Any:
        """The working day of that number after the start; None where the plant rests for good."""
        if line not in self._worked:
            # Where no shift is planned, the usual working week.
            calendar = PlantCalendar(self.serving(line) or [Shift()], self.days)
            self._worked[line] = _WorkingDays(calendar, line, self.first)
        return self._worked[line].after(start, number)


class _WorkingDays:
    """The working days of one line after a first day, looked up as far as they are asked for."""

    def __init__(self, calendar: PlantCalendar, line: int | None, first: datetime.date) -> None:
        self.calendar, self.line, self.reached = calendar, line, first
        self.days: list[datetime.date] = []

    def after(self, start: datetime.date, number: int) -> datetime.date | None:
        last = start + (PER_DAY * number + AT_LEAST) * DAY
        # Those up to the start are passed over, so they have to be there.
        self._reach(start)
        at = bisect_right(self.days, start) + number - 1
        while len(self.days) <= at and self.reached < last:
            self._reach(self.reached + DAY)
        found = self.days[at] if len(self.days) > at else None
        return found if found and found <= last else None

    def _reach(self, last: datetime.date) -> None:
        while self.reached < last:
            self.reached += DAY
            if self.calendar.running(self.line, self.reached):
                self.days.append(self.reached)


def _plants(orders: Sequence[WorkOrder]) -> dict[int, _Plant]:
    plants: dict[int, _Plant] = defaultdict(_Plant)
    for order in orders:
        if start := inferred.start_of(order):
            plant = plants[order.client_id]
            plant.first = min(plant.first, start)
    clients = {order.client_id for order in orders}
    for shift in Shift.objects.filter(client__in=clients).offered():
        plants[shift.client_id].shifts.append(shift)
    standard = [
        each.pk for own in plants.values() for each in own.shifts if each.kind == ShiftKind.STANDARD
    ]
    for each in ShiftBreak.objects.filter(shift__in=standard) if standard else ():
        plants[each.client_id].breaks.append(each)
    first = min((each.first for each in plants.values()), default=datetime.date.max)
    if first < datetime.date.max:
        for day in CalendarDay.objects.filter(client__in=clients, date__gt=first):
            plants[day.client_id].days[day.line_id, day.date] = day
    return plants


# -- orders that were written without one --------------------------------------------------------


def infer_missing(client: Client) -> int:
    """Stamps the client's orders that have no date at all, such as those whose standard came
    later than they did; returns how many have a promise now. Runs inside the client's scope.
    Orders that have one keep it."""
    lacking = WorkOrder.objects.filter(
        client=client, promised_date=None, required_date=None, inferred_promise_date=None
    )
    done, last = 0, 0
    while orders := list(
        lacking.filter(pk__gt=last).select_related("client", "line").order_by("pk")[:AT_ONCE]
    ):
        last = orders[-1].pk
        inferred.stamp(orders)
        found = [each for each in orders if each.inferred_days is not None]
        # Nobody changed anything: what an editor has read is not stale.
        with moving(MoveSource.AUTOMATIC):
            WorkOrder.objects.bulk_update(found, inferred.STAMPS)
        done += sum(1 for each in found if each.inferred_promise_date)
    return done
