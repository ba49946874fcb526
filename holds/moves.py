"""Moves holds: each locks its order and then itself, so that of two people one wins and the
other hears who decided."""

from __future__ import annotations

import datetime
import json
from contextlib import AbstractContextManager
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from clients.constraints import sentence_for
from clients.scope import because, current_scope, telling
from holds import flow
from holds.flow import HoldAction, Step
from holds.models import HoldReason, WIPHold
from holds.states import HoldState
from plant import material
from plant.material import HoldAsked, Material, Scrapped
from plant.models import WorkOrder

AUDIT_REASON = 300
NO_NOTE = ""
CANCELLED_WITH_ORDER = "The order was cancelled."
VOIDED = "This hold was voided."
MOVED_FIELDS = (
    "state", "hold_decided_by", "hold_decided_at", "resume_requested_by", "resume_requested_at",
    "resume_decided_by", "resume_decided_at", "ended_at",
)  # fmt: skip


def moving(at: datetime.datetime, *, by: Any, note: str) -> AbstractContextManager[None]:
    """What the database writes into the transitions of the block."""
    told = {"at": at.isoformat(), "by": by.pk if by else None, "note": note}
    return telling("kpi.hold", json.dumps(told))


def locked_order(hold_id: int) -> WorkOrder | None:
    """The order before its hold, as everybody who touches both locks them."""
    rows = WorkOrder.objects.select_for_update(of=("self",), no_key=True)
    return rows.filter(wip_holds=hold_id).first()


def lock(hold: WIPHold) -> None:
    """Read anew what the steps change, and keep everybody else from changing it."""
    hold.work_order = locked_order(hold.pk) or hold.work_order
    stored = WIPHold.with_voided.select_for_update(of=("self",)).select_related("client")
    hold.refresh_from_db(
        fields=["client", *MOVED_FIELDS, "held_at", "quantity", "job", "requested_by", "version",
                "voided_at"],
        from_queryset=stored,
    )  # fmt: skip
    if hold.voided_at:
        raise ValidationError(VOIDED, code="locked")


@transaction.atomic
def move(hold: WIPHold, action: HoldAction, *, by: Any, note: str = NO_NOTE) -> Any:
    """Take one step; returns the row that counts the scrap where there is one.

    The caller has judged the role. Raises ValidationError with the sentence; nothing is changed.
    """
    note, now = note.strip(), timezone.now()
    lock(hold)
    step = flow.step_of(hold, action, by=by, note=note)
    if step.to == HoldState.ON_HOLD and (refusal := hold.order_refusal(hold.work_order)):
        raise ValidationError(refusal, code="locked")
    arrive(hold, step, by, now)
    try:
        with transaction.atomic(), moving(now, by=by, note=note), because(note[:AUDIT_REASON]):
            hold.save(update_fields=MOVED_FIELDS)
    except IntegrityError as error:
        raise sentence_for(error) from error
    hold.refresh_from_db(fields=["version", "updated_at", "hold_hours"])
    return _scrap(hold, now, note) if step.to == HoldState.SCRAPPED else None


def arrive(hold: WIPHold, step: Step, by: Any, now: datetime.datetime) -> None:
    """The hold as it stands after the step."""
    hold.state = step.to
    if step.origin == HoldState.PENDING_HOLD:
        hold.hold_decided_by, hold.hold_decided_at = by, now
        return
    if step.action == HoldAction.REQUEST_RESUME:
        hold.resume_requested_by, hold.resume_requested_at = by, now
        hold.resume_decided_by = hold.resume_decided_at = None
        return
    hold.resume_decided_by, hold.resume_decided_at = by, now
    if step.to != HoldState.ON_HOLD:
        hold.ended_at = now


def _scrap(hold: WIPHold, now: datetime.datetime, note: str) -> Any:
    """Held units that are scrapped are counted as such by whoever counts scrap."""
    if hold.quantity is None:
        return None
    units = Material(hold.client, hold.work_order, hold.job, hold.line, hold.quantity)
    return material.scrap(Scrapped(units, now, note))


def cancel_with_order(orders: list[WorkOrder], note: str) -> None:
    """Whatever is still undecided or stands goes with its order."""
    text, by = note or CANCELLED_WITH_ORDER, current_scope().user
    with moving(timezone.now(), by=by, note=text), because(text[:AUDIT_REASON]):
        WIPHold.objects.filter(work_order__in=orders).not_final().update(state=HoldState.CANCELLED)


def hold_material(asked: HoldAsked) -> WIPHold:
    """The hold that an inspection asks for: no second typing, and for the eye of quality no
    second person."""
    units = asked.material
    reason = HoldReason.objects.filter(client=units.client, code=asked.reason).first()
    if reason is None:
        raise ValidationError({"hold_reason": f"Unknown hold reason “{asked.reason}”."})
    hold = WIPHold(
        client=units.client,
        work_order=units.work_order,
        job=units.job,
        line=units.line,
        quantity=units.quantity,
        hold_reason=reason,
        reason_detail=asked.detail,
        location=asked.location,
        notes=asked.notes,
        state=flow.first_state(current_scope(), units.client.pk, from_inspection=True),
    )
    hold.full_clean()
    hold.save()
    return hold
