"""The course of an order: everything that happened to it, told in one line each, newest first."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from clients.models import AuditEntry, Client
from dashboards.charts.figures import written
from dashboards.words import count_of, day_of
from holds.models import HoldTransition, WIPHold
from plant.models import OrderTransition, Shipment, WorkOrder
from plant.models.orders import DelayClass, DelayReason
from plant.order_status import MoveSource

NOON = datetime.time(12)
MOST_ENTRIES = 200


@dataclass(frozen=True)
class Event:
    """Something that happened; what is only known by its day has no time."""

    on: datetime.date
    at: datetime.datetime | None
    kind: str
    words: str
    detail: str = ""
    who: str = ""
    note: str = ""

    def order(self, zone: datetime.tzinfo) -> tuple[datetime.date, datetime.time]:
        return self.on, self.at.astimezone(zone).time() if self.at else NOON


@dataclass(frozen=True)
class Told:
    """The rows behind the course. Names of people only for those who may read them."""

    order: WorkOrder
    client: Client
    transitions: Sequence[OrderTransition]
    shipments: Sequence[Shipment]
    holds: Sequence[WIPHold]
    hold_steps: Sequence[HoldTransition]
    entries: Sequence[AuditEntry]
    output: Mapping[datetime.date, int]
    with_names: bool

    def events(self) -> list[Event]:
        found = [
            *self._moves(),
            *self._hold_steps(),
            *self._shipped(),
            *self._made(),
            *self._promised(),
            *self._written(),
        ]
        zone = self.client.zone
        return sorted(found, key=lambda each: each.order(zone), reverse=True)

    def _instant(self, at: datetime.datetime, kind: str, words: str, **more: str) -> Event:
        return Event(self.client.local_day(at), at, kind, words, **more)

    def _name(self, person: Any) -> str:
        return person.get_username() if person and self.with_names else ""

    def _moves(self) -> Iterator[Event]:
        for row in self.transitions:
            took = getattr(row, "since_previous", None)
            yield self._instant(
                row.at,
                _("Status"),
                str(row),
                detail=_after(took) if row.from_status else "",
                who=self._name(row.by) or _by_itself(row.source),
                note=row.note,
            )

    def _hold_steps(self) -> Iterator[Event]:
        holds = {hold.pk: hold for hold in self.holds}
        for row in self.hold_steps:
            yield self._instant(
                row.at,
                _("Hold"),
                str(row),
                detail=hold_words(holds[row.hold_id]),
                who=self._name(row.by),
                note=row.note,
            )

    def _shipped(self) -> Iterator[Event]:
        for row in self.shipments:
            units = _units(row.quantity)
            yield Event(
                row.shipped_date, None, _("Shipment"),
                _("%(units)s shipped") % {"units": units}, row.reference,
            )  # fmt: skip
            if row.received_date:
                yield Event(
                    row.received_date, None, _("Shipment"),
                    _("%(units)s received by the customer") % {"units": units}, row.reference,
                )  # fmt: skip

    def _made(self) -> Iterator[Event]:
        for day, units in self.output.items():
            words = _("%(units)s made") % {"units": _units(units)}
            yield Event(day, None, _("Production"), words)

    def _promised(self) -> Iterator[Event]:
        if self.order.received_date and not self.transitions:
            yield Event(self.order.received_date, None, _("Status"), _("Received"))

    def _written(self) -> Iterator[Event]:
        """What was written on the order itself: promises, approval, delay, quantity."""
        for entry in self.entries:
            for kind, words in _changes(entry, self.client):
                who = entry.actor_name if self.with_names else ""
                yield self._instant(entry.occurred_at, kind, words, who=who, note=entry.reason)


def _changes(entry: AuditEntry, client: Client) -> Iterator[tuple[str, str]]:
    changes, is_new = entry.changes, entry.action == AuditEntry.Kind.INSERT
    for name, first, later in (
        ("promised_date", _("Promised for %(new)s"), _("Promise moved from %(old)s to %(new)s")),
        ("required_date", _("Required for %(new)s"),
         _("Required date moved from %(old)s to %(new)s")),
    ):  # fmt: skip
        if name in changes and not (is_new and changes[name][1] is None):
            old, new = (_day(each, client) for each in changes[name])
            words = {"old": old, "new": new}
            yield _("Promise"), (first if changes[name][0] is None else later) % words
    if is_new:
        return
    if "planned_quantity" in changes:
        old, new = changes["planned_quantity"]
        words = {"old": _units(int(old)), "new": _units(int(new))}
        yield _("Quantity"), _("Ordered quantity changed from %(old)s to %(new)s") % words
    if "qc_approved_at" in changes:
        given = changes["qc_approved_at"][1] is not None
        yield _("Quality"), _("QC approval given") if given else _("QC approval withdrawn")
    if {"delay_class", "delay_reason"} & changes.keys():
        yield _("Delay"), _delay(changes)


def _delay(changes: Mapping[str, Sequence[Any]]) -> str:
    new_class = changes.get("delay_class", ("", ""))[1]
    reason = changes.get("delay_reason", ("", ""))[1]
    if not (new_class or reason):
        return _("Class of the delay taken back")
    words = [str(DelayClass(new_class).label)] if new_class else []
    words += [str(DelayReason(reason).label)] if reason else []
    return _("Delay classified: %(words)s") % {"words": ", ".join(words)}


def _day(text: Any, client: Client) -> str:
    if not text:
        return _("no day")
    return day_of(datetime.date.fromisoformat(str(text)[:10]), client.date_format)


def _units(number: int) -> str:
    return ngettext("%(n)s unit", "%(n)s units", number) % {"n": count_of(number)}


def _after(took: datetime.timedelta | None) -> str:
    if not took:
        return ""
    hours = written(round(took.total_seconds() / 3600, 1), 1)
    return _("after %(hours)s h") % {"hours": hours}


def _by_itself(source: str) -> str:
    return _("by itself") if source == MoveSource.AUTOMATIC else ""


def hold_words(hold: WIPHold) -> str:
    """What the hold covers and why."""
    reason = hold.hold_reason.name if hold.hold_reason else _("no reason given")
    if hold.quantity is not None:
        return f"{_units(hold.quantity)}: {reason}"
    return f"{hold.job.code}: {reason}" if hold.job else reason


def entries_of(order: WorkOrder) -> Sequence[AuditEntry]:
    rows = AuditEntry.objects.filter(
        client_id=order.client_id, table_name=order._meta.db_table, row_id=order.pk
    )
    return list(rows.order_by("-occurred_at", "-pk")[:MOST_ENTRIES])


def by_day(rows: Iterable[tuple[datetime.date, int | None, int]]) -> dict[datetime.date, int]:
    """Σ units a day, of (day, job, units)."""
    found: dict[datetime.date, int] = {}
    for day, _job, units in rows:
        found[day] = found.get(day, 0) + units
    return found


def by_job(rows: Iterable[tuple[datetime.date, int | None, int]]) -> dict[int | None, int]:
    found: dict[int | None, int] = {}
    for _day, job, units in rows:
        found[job] = found.get(job, 0) + units
    return found
