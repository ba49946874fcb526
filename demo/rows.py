"""From the stories of the lines to rows, by way of each model's own `prepare`."""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from django.db.models import OuterRef, Subquery
from django.utils import timezone

from attendance.models import AttendanceRecord
from clients.models import EntryMethod, User
from demo.calendar import days_between, nth_working_day_before
from demo.courses import Courses
from demo.crews import Pool
from demo.deliveries import Deliveries
from demo.holding import Holding
from demo.masters import Masters
from demo.orders import PlannedOrder
from demo.planner import tell_planner
from demo.rosters import Rosters, write_people
from demo.simulation import Found, LineStory, Made, Moment, ShiftStory, Stop
from demo.staff import Staff
from downtime.models import DowntimeEvent
from plant.clock import elapsed_minutes
from plant.models import Job, LineShift, WorkOrder
from plant.models.calendar import LineShiftState
from plant.shifts import PlantCalendar, plan_line_shifts
from production.models import ProductionEntry
from quality.models import Defect, QualityInspection

BATCH = 4000
VERIFIED_AFTER_DAYS = 3
INSPECTORS_SINCE_DAYS = 14
# Customers who pay for hours, so that it is written down what all of them were spent on.
BILLED_BY_THE_HOUR = ("Ridgeline",)


@dataclass
class Told:
    place: LineShift
    story: ShiftStory


def store(rows: Sequence[Any]) -> int:
    """Prepared and stored in batches; stamps, numbers and line-shifts are the product's own."""
    for start in range(0, len(rows), BATCH):
        batch = list(rows[start : start + BATCH])
        model = type(batch[0])
        model.prepare(batch)
        model.objects.bulk_create(batch)
    return len(rows)


class ClientHistory:
    """The past months of one client, up to this minute."""

    def __init__(
        self,
        masters: Masters,
        staff: Staff,
        pool: Pool,
        first: datetime.date,
        now: datetime.datetime,
        people: dict[str, User],
    ) -> None:
        self.masters, self.client, self.plan = masters, masters.client, masters.plan
        self.staff, self.pool = staff, pool
        self.first, self.now, self.people = first, now, people
        self.today = masters.client.local_day(now)
        self.gap = nth_working_day_before(self.today, 9)
        self.not_planned = nth_working_day_before(self.today, 5)
        self.random = Random(f"{self.client.code} paper")  # noqa: S311
        self.deliveries = Deliveries(masters, people, now)

    def write(self) -> Counter[str]:
        places = self._line_shifts()
        told, orders = self._tell(places)
        rows: Counter[str] = Counter()
        rows["line-shifts"] = store(places) + plan_line_shifts(self.client, days=7, now=self.now)
        courses = Courses(self.masters, self.now).plan(orders)
        holding = Holding(self.masters, courses, self.people, self.now)
        rows["orders and jobs"] = self.deliveries.write_orders(courses)
        tell_planner(LineShift, WorkOrder, Job)
        rows["production"] = store(list(self._production(told)))
        rows["stops"] = store(list(self._stops(told)))
        rows.update(self._write_inspections(told))
        # Only now: an inspection withdraws the approval of its order.
        rows.update(self.deliveries.write_courses(courses, store))
        rows["holds"] = holding.write()
        rows.update(self._write_people(told))
        self._look_at(AttendanceRecord)
        # Only now: what is written after the closing counts as a correction.
        LineShift.objects.filter(client=self.client, state=LineShiftState.CLOSED).update(
            first_closed_at=timezone.now()
        )
        return rows

    # -- line-shifts ----------------------------------------------------------------------------

    def _line_shifts(self) -> list[LineShift]:
        """Those that have begun. The coming ones are planned as the product plans them."""
        calendar = PlantCalendar.of(self.client, self.first, self.today)
        rows = [
            LineShift(
                client=self.client,
                line=line,
                shift=shift,
                shift_date=day,
                entry_method=EntryMethod.SYSTEM,
            )
            for line in self.masters.lines.values()
            for day in days_between(self.first, self.today)
            for shift in calendar.running(line.pk, day)
        ]
        LineShift.prepare(rows)
        rows = [row for row in rows if row.starts_at <= self.now]
        rows.sort(key=lambda row: (row.line.code, row.starts_at))
        return rows

    def _tell(self, places: list[LineShift]) -> tuple[list[Told], list[PlannedOrder]]:
        plans = {line.code: line for line in self.plan.lines}
        stories = {code: LineStory(self.plan, line, self.today) for code, line in plans.items()}
        told = []
        for place in places:
            if self._nothing_recorded(place):
                continue
            story = stories[place.line.code].tell(self._moment(place))
            self._close(place, story)
            told.append(Told(place, story))
        orders = [order for story in stories.values() for order in story.queue.orders]
        return told, orders

    def _nothing_recorded(self, place: LineShift) -> bool:
        """A day nobody wrote down, and one shift of the last line that was not meant to run."""
        if place.shift_date == self.gap:
            return True
        last_line = self.plan.lines[-1].code
        if place.shift_date == self.not_planned and place.line.code == last_line:
            place.state = LineShiftState.NOT_PLANNED
            place.state_reason = "No released orders for this line"
            return True
        return False

    def _moment(self, place: LineShift) -> Moment:
        elapsed = elapsed_minutes((place.starts_at, place.ends_at))
        passed = min(elapsed_minutes((place.starts_at, self.now)), elapsed)
        return Moment(
            day=place.shift_date,
            code=place.shift.code,
            kind=place.shift_kind,
            is_night=place.shift.start_time.hour >= 20,
            planned=place.planned_minutes,
            elapsed=elapsed,
            passed=passed,
        )

    def _close(self, place: LineShift, story: ShiftStory) -> None:
        if place.ends_at > self.now:
            return
        place.no_downtime = not story.stops
        place.state = LineShiftState.CLOSED
        place.closed_at = min(place.ends_at + datetime.timedelta(minutes=25), self.now)
        place.closed_by = self.people.get("supervisor")

    # -- shop floor -----------------------------------------------------------------------------

    def _where(self, place: LineShift) -> dict[str, Any]:
        return {
            "client": self.client,
            "shift_date": place.shift_date,
            "shift": place.shift,
            "line": place.line,
        }

    def _looked_at(self, place: LineShift) -> dict[str, Any]:
        """By a second person; nothing for rows whose parts are still to be written."""
        old = (self.today - place.shift_date).days > VERIFIED_AFTER_DAYS
        by = self.people.get("supervisor") if old else None
        return {"verified_by": by, "verified_at": place.closed_at if by else None}

    def _look_at(self, model: Any) -> None:
        """The rows that have their parts by now: a part that comes later is a correction."""
        by = self.people.get("supervisor")
        if by is None:
            return
        old = self.today - datetime.timedelta(days=VERIFIED_AFTER_DAYS)
        closed = LineShift.objects.filter(pk=OuterRef("line_shift")).values("closed_at")
        rows = model.objects.filter(client=self.client, shift_date__lt=old, verified_at=None)
        rows.update(verified_by=by, verified_at=Subquery(closed))

    def _captured(self, place: LineShift) -> dict[str, Any]:
        return {**self._where(place), "captured_at": min(place.ends_at, self.now)}

    def _made_for(self, made: Made) -> dict[str, Any]:
        assert made.job.row is not None
        return {"work_order": made.job.row.work_order, "job": made.job.row}

    def _production(self, told: Sequence[Told]) -> Iterator[ProductionEntry]:
        for each in told:
            silent = self.random.random() < 0.03
            for made in each.story.made:
                yield ProductionEntry(
                    **self._captured(each.place),
                    **self._looked_at(each.place),
                    **self._made_for(made),
                    total_units=made.units,
                    run_minutes=None if silent else made.minutes,
                    operators_assigned=each.story.crew,
                    operators_present=each.story.present,
                )

    def _stops(self, told: Sequence[Told]) -> Iterator[DowntimeEvent]:
        for each in told:
            for stop in each.story.stops:
                yield self._stop(each.place, stop)

    def _stop(self, place: LineShift, stop: Stop) -> DowntimeEvent:
        start = place.starts_at + datetime.timedelta(minutes=stop.offset)
        end = start + datetime.timedelta(minutes=stop.minutes)
        machine = None
        if stop.machine is not None:
            machine = self.masters.machines[place.line.code][stop.machine]
        return DowntimeEvent(
            **self._captured(place),
            **self._looked_at(place),
            machine=machine,
            reason=self.masters.reasons[stop.reason] if stop.reason else None,
            scope=stop.scope,
            stations_affected=stop.stations,
            minutes=None if stop.ongoing else stop.minutes,
            started_at=start if stop.timed else None,
            ended_at=end if stop.timed and not stop.ongoing else None,
            resolved=not stop.ongoing,
        )

    # -- quality --------------------------------------------------------------------------------

    def _write_inspections(self, told: Sequence[Told]) -> Counter[str]:
        pairs = [(each.place, found) for each in told for found in each.story.found]
        rows = [self._inspection(place, found) for place, found in pairs]
        counts = Counter({"inspections": store(rows)})
        again = [
            self._inspected_again(place, found, row)
            for (place, found), row in zip(pairs, rows, strict=True)
            if found.again is not None
        ]
        counts["inspections"] += store(again)
        defects = [
            defect
            for (_, found), row in zip(pairs, rows, strict=True)
            for defect in self._defects(found, row)
        ]
        counts["defects"] = store(defects)
        self._look_at(QualityInspection)
        return counts

    def _inspection(self, place: LineShift, found: Found) -> QualityInspection:
        in_process = found.step is not None
        sampled = self.plan.sample < 1 and not in_process
        return QualityInspection(
            **self._captured(place),
            **self._made_for(found.made),
            stage="IN_PROCESS" if in_process else "FINAL",
            operation=self.masters.steps[found.step] if found.step is not None else None,
            units_inspected=found.inspected,
            units_defective=found.defective,
            units_rework=found.rework,
            units_repair=found.repair,
            units_scrapped=found.scrapped,
            defects_total=found.defects,
            method="SAMPLE" if sampled else "VISUAL",
            sample_size_percent=round(100 * self.plan.sample) if sampled else None,
            inspector=self._inspector(place),
        )

    def _inspector(self, place: LineShift) -> Any:
        if (self.today - place.shift_date).days > INSPECTORS_SINCE_DAYS:
            return None
        return self.staff.crews[self.staff.key(place.line.code, place.shift.code)][0]

    def _inspected_again(
        self, place: LineShift, found: Found, first: QualityInspection
    ) -> QualityInspection:
        failed = found.again or 0
        return QualityInspection(
            **self._captured(place),
            **self._made_for(found.made),
            stage="FINAL",
            is_first_pass=False,
            reinspects=first,
            units_inspected=found.rework + found.repair,
            units_defective=failed,
            units_scrapped=failed,
            method="VISUAL",
        )

    def _defects(self, found: Found, inspection: QualityInspection) -> Iterator[Defect]:
        cause = "MATERIAL" if self.plan.trouble.name == "SUPPLIER" else "PROCESS"
        for number, quantity in found.types.items():
            yield Defect(
                client=self.client,
                inspection=inspection,
                defect_type=self.masters.defect_types[number],
                quantity=quantity,
                root_cause=cause if number == 1 else "UNKNOWN",
            )

    # -- people ---------------------------------------------------------------------------------

    def _write_people(self, told: Sequence[Told]) -> Counter[str]:
        rosters = Rosters(self.masters, self.staff, self.pool, self.now, self._where)
        by = self.people.get("supervisor") or self.people["admin"]
        stories = [(each.place, each.story) for each in told]
        billed = self.plan.customers[0] in BILLED_BY_THE_HOUR
        return write_people(rosters, stories, by, store, tell_planner, spent_hours=billed)
