"""From crews to rows: attendance of every shift that was told, and where the floaters were."""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from random import Random
from typing import Any, cast

from attendance.hours import as_hours, rounded
from attendance.marks import Presence
from attendance.models import AbsenceType, AttendanceRecord, Category, HourAllocation
from clients.models import User
from demo.crews import Called, Crew, Pool, RollCall, call_the_roll
from demo.masters import Masters
from demo.plants import Trouble
from demo.simulation import SHORTAGE_DAYS, ShiftStory
from demo.staff import Staff
from plant.models import LineShift
from plant.models.lines import ShiftKind
from staffing.models import ShiftCoverage

# Days back to which hours are split into tiers, and told what they were spent on.
TIERS_DAYS, SPENT_DAYS = 90, 31
FORGOTTEN, UNCONFIRMED, UNCONFIRMED_DAYS = 0.006, 0.3, 4
DOUBLE_ON_SUNDAY = Decimal(9)
SPENT = ((Category.TRAINING, "0.5"), (Category.MEETING, "0.25"), (Category.IDLE_WAIT, "0.75"))


@dataclass
class Held:
    """The roll call of one line-shift."""

    place: LineShift
    roll: RollCall


class Rosters:
    """Who was there, through the months of one client."""

    def __init__(
        self, masters: Masters, staff: Staff, pool: Pool, now: datetime.datetime,
        where: Callable[[LineShift], dict[str, Any]],
    ) -> None:  # fmt: skip
        self.masters, self.staff, self.pool, self.now = masters, staff, pool, now
        self.client, self.plan = masters.client, masters.plan
        self.today = self.client.local_day(now)
        self.where = where
        self.random = Random(f"{self.client.code} rosters")  # noqa: S311
        self.types = {row.code: row for row in AbsenceType.objects.filter(client=self.client)}
        self.crews = {
            key: Crew(people, f"{self.client.code} {' '.join(key)}")
            for key, people in staff.crews.items()
        }

    def hold(self, told: Sequence[tuple[LineShift, ShiftStory]]) -> list[Held]:
        in_order = sorted(told, key=lambda each: (each[0].starts_at, each[0].line.code))
        return [
            Held(place, self._call(place, story))
            for place, story in in_order
            if not self._forgotten(place)
        ]

    def _forgotten(self, place: LineShift) -> bool:
        """Now and then nobody wrote the people down; on the last line not yet, today."""
        if place.ends_at > self.now:
            return place.line.code == self.plan.lines[-1].code
        return self.random.random() < FORGOTTEN

    def _call(self, place: LineShift, story: ShiftStory) -> RollCall:
        key = self.staff.key(place.line.code, place.shift.code)
        ago = (self.today - place.shift_date).days
        short = self.plan.trouble is Trouble.LABOUR and ago <= SHORTAGE_DAYS
        return call_the_roll(
            self.crews[key],
            story,
            f"{self.client.code} {place.line.code} {place.shift_date} {place.shift.code}",
            pool=None if short else self.pool,
            day=place.shift_date,
            start=place.shift.start_time,
            left=self.staff.left[key] if short else 0,
        )

    # -- attendance -----------------------------------------------------------------------------

    def records(self, held: Sequence[Held]) -> Iterator[AttendanceRecord]:
        """In the order of the roll calls."""
        for each in held:
            where = self.where(each.place)
            for called in each.roll.people:
                yield self._record(each.place, where, called)

    def _record(self, place: LineShift, where: dict[str, Any], called: Called) -> AttendanceRecord:
        scheduled = as_hours(place.planned_minutes)
        actual = _worked(called, scheduled)
        return AttendanceRecord(
            **where,
            **self._tiers(place, actual),
            employee=called.person,
            presence=_presence(called),
            absence_type=self.types[called.why_away] if called.why_away else None,
            is_late=called.late,
            scheduled_hours=scheduled,
            actual_hours=actual,
        )

    def _tiers(self, place: LineShift, actual: Decimal) -> dict[str, Decimal]:
        if not actual or (self.today - place.shift_date).days > TIERS_DAYS:
            return {}
        if place.shift_kind == ShiftKind.OVERTIME:
            return {"double_hours": actual}
        if place.shift_kind == ShiftKind.SPECIAL:
            double = min(actual, DOUBLE_ON_SUNDAY)
            return {"double_hours": double, "triple_hours": actual - double}
        return {"normal_hours": actual}

    def floaters_records(
        self, coverages: Sequence[ShiftCoverage], places: dict[int, LineShift]
    ) -> Iterator[AttendanceRecord]:
        for row in coverages:
            place = places[cast(int, row.line_shift_id)]
            yield AttendanceRecord(
                **self.where(place),
                **self._tiers(place, row.hours),
                employee=row.employee,
                presence=Presence.PRESENT,
                scheduled_hours=row.hours,
                actual_hours=row.hours,
            )

    # -- floaters -------------------------------------------------------------------------------

    def coverages(
        self, held: Sequence[Held], records: Sequence[AttendanceRecord], by: User
    ) -> Iterator[ShiftCoverage]:
        rows = iter(records)
        for each in held:
            for called in each.roll.people:
                record = next(rows)
                if called.stand_in:
                    yield self._coverage(each.place, called.stand_in, by, record)
            for floater in each.roll.idle:
                yield self._coverage(each.place, floater, by)

    def _coverage(
        self, place: LineShift, floater: Any, by: User, covers: AttendanceRecord | None = None
    ) -> ShiftCoverage:
        recent = (self.today - place.shift_date).days <= UNCONFIRMED_DAYS
        chance = UNCONFIRMED if recent else 0
        seen = place.ends_at <= self.now and self.random.random() >= chance
        return ShiftCoverage(
            client=self.client,
            shift_date=place.shift_date,
            shift=place.shift,
            line=place.line,
            employee=floater,
            covers=covers,
            confirmed_by=by if seen else None,
            confirmed_at=place.starts_at + datetime.timedelta(hours=1) if seen else None,
        )

    # -- hours ----------------------------------------------------------------------------------

    def allocations(self, records: Sequence[AttendanceRecord]) -> Iterator[HourAllocation]:
        """What the hours were spent on; nearly all of them are billed."""
        for record in records:
            rest = record.actual_hours
            if not rest or (self.today - record.shift_date).days > SPENT_DAYS:
                continue
            if self.random.random() < 0.07:
                category, spent = self.random.choice(SPENT)
                rest -= Decimal(spent)
                yield self._part(record, category, Decimal(spent))
            yield self._part(record, Category.BILLED_PRODUCTION, rest)

    def _part(self, record: AttendanceRecord, category: str, hours: Decimal) -> HourAllocation:
        return HourAllocation(client=self.client, record=record, category=category, hours=hours)


def _presence(called: Called) -> Presence:
    if called.why_away:
        return Presence.ABSENT
    return Presence.PARTIAL if called.half else Presence.PRESENT


def _worked(called: Called, scheduled: Decimal) -> Decimal:
    if called.why_away:
        return Decimal(0)
    if called.half:
        return rounded(scheduled / 2)
    return scheduled - (called.short or 0)


def write_people(
    rosters: Rosters, told: Sequence[tuple[LineShift, ShiftStory]], by: User,
    store: Callable[[Sequence[Any]], int], tell_planner: Callable[..., None], *,
    spent_hours: bool,
) -> Counter[str]:  # fmt: skip
    held = rosters.hold(told)
    records = list(rosters.records(held))
    rows = Counter({"attendance": store(records)})
    coverages = list(rosters.coverages(held, records, by))
    rows["floaters"] = store(coverages)
    places = {each.place.pk: each.place for each in held}
    rows["attendance"] += store(list(rosters.floaters_records(coverages, places)))
    if spent_hours:
        tell_planner(AttendanceRecord)
        rows["hours spent"] = store(list(rosters.allocations(records)))
    return rows
