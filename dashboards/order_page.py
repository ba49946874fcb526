"""What the page of one order shows: where it stands, its course, and what may be done now."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.db.models import Sum
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from clients.models import Client
from clients.roles import Action
from clients.scope import current_scope
from dashboards.order_course import Told, by_day, by_job, entries_of
from dashboards.orders import inference, lateness
from holds.intervals import HoldBook, age_days, held_days
from holds.models import HoldTransition, WIPHold
from plant import delivery, order_flow
from plant.models import Job, OrderTransition, Shipment, WorkOrder
from plant.models.orders import DelayClass, DelayReason
from plant.order_flow import Facts
from plant.order_status import FINAL, OrderStatus
from plant.order_warnings import warnings
from production.models import ProductionEntry

SOME_NOTE = "."


class MoveForm(forms.Form):
    """A move by hand, with the version of the order that was read."""

    to = forms.ChoiceField(choices=[(each.value, each.label) for each in order_flow.MOVABLE_TO])
    note = forms.CharField(required=False, max_length=500)
    version = forms.IntegerField(min_value=1)


class ApprovalForm(forms.Form):
    version = forms.IntegerField(min_value=1)


class DelayForm(forms.Form):
    delay_class = forms.ChoiceField(choices=[("", ""), *DelayClass.choices], required=False)
    delay_reason = forms.ChoiceField(choices=[("", ""), *DelayReason.choices], required=False)
    delay_note = forms.CharField(required=False, max_length=1000)
    version = forms.IntegerField(min_value=1)


@dataclass(frozen=True)
class Step:
    """A move that the flow knows from here; `refusal` is why it cannot be made now."""

    to: OrderStatus
    refusal: str
    needs_note: bool
    odd: Sequence[str]
    is_end: bool


@dataclass(frozen=True)
class JobLine:
    """`age` are active days, `held` the days that were held in between; none before the start."""

    job: Job
    made: int | None
    share: Any
    age: int | None
    held: int | None


@dataclass(frozen=True)
class Clock:
    """How the days of an order's jobs are counted: from the order's start to their own end."""

    order: WorkOrder
    book: HoldBook
    on: datetime.date

    @classmethod
    def of(cls, order: WorkOrder, on: datetime.date) -> Clock:
        return cls(order, HoldBook.load([order.pk], at=timezone.now()), on)

    def days(self, job: Job) -> tuple[int | None, int | None]:
        start, zone = self.order.actual_start_date, self.order.client.zone
        ends = [self.order.completed_date, self.order.closed_date if self.order.is_final else None]
        ends += [job.completed_at.astimezone(zone).date() if job.completed_at else None]
        end = min((each for each in ends if each), default=self.on)
        if start is None or end < start:
            return None, None
        spans = self.book.of_job(self.order.pk, job.pk)
        return age_days(spans, start, end, zone), held_days(spans, start, end, zone)


def order_of(pk: int) -> Any:
    """The order with its client; None for an unknown order and for a foreign one."""
    rows = WorkOrder.objects.select_related("client", "style", "line", "qc_approved_by")
    return rows.filter(pk=pk if pk < 2**63 else 0).first()


def shipped(order: Any, on: datetime.date) -> Any:
    """The order with what had left by the day."""
    rows = delivery.with_units_shipped(delivery.with_shipped(WorkOrder.objects, on), on)
    names = ("due", "first_shipped", "wholly_shipped", "units_shipped")
    for name, value in rows.values(*names).get(pk=order.pk).items():
        setattr(order, name, value)
    return order


def order_page(order: Any) -> dict[str, Any]:
    client: Client = order.client
    scope, on = current_scope(), client.today()
    shipped(order, on)
    shipments = list(Shipment.objects.filter(work_order=order).select_related("job"))
    sees_plan, with_names = (
        scope.may(each, client.pk) for each in (Action.SEE_PLAN, Action.SEE_NAMES)
    )
    output = _output(order)
    made = sum(units for _day, _job, units in output)
    holds = list(
        WIPHold.objects.filter(work_order=order).select_related("hold_reason", "job", "line")
    )
    steps = HoldTransition.objects.filter(hold__work_order=order).select_related("by")
    told = Told(
        order,
        client,
        transitions=list(
            OrderTransition.objects.filter(work_order=order).select_related("by").with_elapsed()
        ),
        shipments=shipments,
        holds=holds,
        hold_steps=list(steps) if holds else [],
        entries=entries_of(order),
        output=by_day(output) if sees_plan else {},
        with_names=with_names,
    )
    words, band = lateness(order, order.status, on)
    return {
        "order": order,
        "events": told.events(),
        "lateness": words,
        "band": band,
        "inference": inference(order, client),
        "is_late": order.is_late(on=order.wholly_shipped or on),
        "is_partly_held": order.status != OrderStatus.ON_HOLD and any(h.is_open for h in holds),
        "holds": holds,
        "shipments": shipments,
        "jobs": _jobs(order, by_job(output), Clock.of(order, on), sees_plan=sees_plan),
        "progress": delivery.progress([order], on, made={order.pk: made})[order.pk]
        if sees_plan
        else None,
        "warnings": warnings([order]).get(order.pk, []) if sees_plan else [],
        "with_names": with_names,
        **_deeds(order, Facts(made, len(shipments), SOME_NOTE), scope),
        **_ways(order, scope),
    }


def _output(order: WorkOrder) -> list[tuple[Any, int | None, int]]:
    rows: Any = ProductionEntry.objects.output().filter(work_order=order).order_by()
    return list(rows.values_list("shift_date", "job").annotate(units=Sum("total_units")))


def _jobs(
    order: WorkOrder, made: dict[int | None, int], clock: Clock, *, sees_plan: bool
) -> list[JobLine]:
    jobs = list(Job.objects.filter(work_order=order).select_related("part", "replaces"))
    # What names no job is that of the only one.
    if len(jobs) == 1:
        made = {jobs[0].pk: sum(made.values())}
    lines = []
    for job in jobs:
        units = made.get(job.pk, 0) if sees_plan else None
        share = None if units is None else delivery.Progress(units, job.quantity, None).share
        lines.append(JobLine(job, units, share, *clock.days(job)))
    return lines


# -- what may be done ----------------------------------------------------------------------------


def _deeds(order: WorkOrder, facts: Facts, scope: Any) -> dict[str, Any]:
    client_id = order.client_id
    may_approve = scope.may(Action.QC_APPROVE, client_id) and not order.is_final
    return {
        "steps": steps_of(order, facts) if scope.may(Action.ORDERS, client_id) else [],
        "may_approve": may_approve and not order.qc_approved_at,
        "may_classify": scope.may(Action.CLASSIFY_DELAY, client_id),
        "delay_classes": DelayClass.choices,
        "delay_reasons": DelayReason.choices,
    }


def steps_of(order: WorkOrder, facts: Facts) -> list[Step]:
    """Every move that the client's flow knows from here, in the order of the flow."""
    found = []
    for to in order_flow.MOVABLE_TO:
        refusal = order_flow.refusal(order, to, facts)
        if refusal == order_flow.never(order.status, to):
            continue
        move = order_flow.MOVES[order.status, to]
        odd = [] if refusal else order_flow.oddities(order, to, facts)
        needs_note = order_flow.has_reason in move.guards
        found.append(Step(to, refusal, needs_note, odd, to in FINAL))
    return found


def _ways(order: WorkOrder, scope: Any) -> dict[str, str]:
    """To the data entry pages, for those who may write there."""
    client_id, ways = order.client_id, {}
    asked = urlencode({"client": order.client.code, "work_order": order.pk})
    if scope.may(Action.USE_ADMIN, client_id):
        ways["edit_href"] = reverse("admin:plant_workorder_change", args=[order.pk])
    if scope.may(Action.ORDERS, client_id) and not order.is_final:
        ways["ship_href"] = f"{reverse('admin:plant_shipment_add')}?{asked}"
    if scope.may(Action.HOLD_REQUEST, client_id) and not order.is_final:
        ways["hold_href"] = f"{reverse('admin:holds_wiphold_add')}?{asked}"
        decides = scope.may(Action.HOLD_DECIDE, client_id)
        ways["hold_words"] = _("Put on hold") if decides else _("Ask for a hold")
    return ways
