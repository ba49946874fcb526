"""What may happen to a hold: the flow as data, with the sentences of its refusals.

The first state of a hold follows from who asks for it: `first_state`. An order that is cancelled
cancels its holds; that is nobody's action (`holds.moves.cancel_with_order`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db.models import TextChoices
from django.utils import formats

from clients.roles import Action
from holds.states import HoldState

if TYPE_CHECKING:
    from clients.scope import Scope
    from holds.models import WIPHold

ANOTHER_PERSON = "Another person has to decide this hold."
ONLY_THE_REQUESTER = "Only the person who asked for this hold can cancel it."
GIVE_A_NOTE = "Give a note."
IN_THE_FUTURE = "A hold cannot begin in the future."
TOO_OLD = "A hold cannot begin before the year 1900."
ENDS_IN_THE_FUTURE = "A hold cannot end in the future."
ENDS_BEFORE = "The resume lies before the hold."
EXISTS = "An open hold with this reason exists."
NEW_JOB_OR_SAME = "New job or replenish in the same job?"


class HoldAction(TextChoices):
    APPROVE = "approve", "Approve"
    REJECT = "reject", "Reject"
    CANCEL = "cancel", "Cancel the request"
    REQUEST_RESUME = "request_resume", "Ask to resume"
    RESUME = "resume", "Resume"
    SCRAP = "scrap", "Scrap the held quantity"
    RELEASE = "release", "Release as is"


# The row of the role matrix that allows each action. A request is taken back by the person who
# made it and by nobody else.
WHO: dict[HoldAction, Action] = {
    HoldAction.APPROVE: Action.HOLD_DECIDE,
    HoldAction.REJECT: Action.HOLD_DECIDE,
    HoldAction.CANCEL: Action.HOLD_REQUEST,
    HoldAction.REQUEST_RESUME: Action.HOLD_REQUEST,
    HoldAction.RESUME: Action.HOLD_DECIDE,
    HoldAction.SCRAP: Action.HOLD_DISPOSE,
    HoldAction.RELEASE: Action.HOLD_DISPOSE,
}


@dataclass(frozen=True)
class Step:
    """One action in one state. `asked_by` names the field with the person who, where the client
    wants four eyes, is not the one who decides."""

    origin: HoldState
    action: HoldAction
    to: HoldState
    needs_note: bool = False
    asked_by: str = ""


def _steps() -> Iterable[Step]:
    state, action = HoldState, HoldAction
    yield Step(state.PENDING_HOLD, action.APPROVE, state.ON_HOLD, asked_by="requested_by_id")
    yield Step(state.PENDING_HOLD, action.REJECT, state.CANCELLED, needs_note=True)
    yield Step(state.PENDING_HOLD, action.CANCEL, state.CANCELLED)
    yield Step(state.ON_HOLD, action.REQUEST_RESUME, state.PENDING_RESUME)
    yield Step(state.ON_HOLD, action.RESUME, state.RESUMED, asked_by="requested_by_id")
    yield Step(
        state.PENDING_RESUME, action.APPROVE, state.RESUMED, asked_by="resume_requested_by_id"
    )
    yield Step(state.PENDING_RESUME, action.REJECT, state.ON_HOLD, needs_note=True)
    yield Step(state.ON_HOLD, action.SCRAP, state.SCRAPPED)
    yield Step(state.ON_HOLD, action.RELEASE, state.RELEASED, needs_note=True)


STEPS: dict[tuple[str, str], Step] = {(each.origin, each.action): each for each in _steps()}
# Where an action leads when it is possible, for the sentence when it is not.
_LEADS_TO = {each.action: each.to for each in reversed(list(_steps()))}
_DECISIONS = (HoldAction.APPROVE, HoldAction.REJECT)


def first_state(scope: Scope, client_id: int, *, from_inspection: bool = False) -> HoldState:
    """Whoever may decide puts on hold; all others ask for it. With the eye for quality, also
    who inspected the material."""
    decides = scope.may(Action.HOLD_DECIDE, client_id)
    if from_inspection:
        decides = decides or scope.may(Action.HOLD_INSPECTION, client_id)
    return HoldState.ON_HOLD if decides else HoldState.PENDING_HOLD


def never(origin: str, to: str) -> str:
    return f"{HoldState(origin).label} cannot become {HoldState(to).label}."


def step_of(hold: WIPHold, action: HoldAction, *, by: Any, note: str) -> Step:
    """The step that the action takes from here; raises the sentence when there is none.

    The role is the caller's to judge (`WHO`); here it is about the hold.
    """
    step = STEPS.get((hold.state, action))
    if step is None:
        raise ValidationError(_refusal(hold, action), code="locked")
    if step.asked_by and hold.client.hold_four_eyes and _is(by, getattr(hold, step.asked_by)):
        raise ValidationError(ANOTHER_PERSON, code="locked")
    if step.needs_note and not note:
        raise ValidationError({"note": ValidationError(GIVE_A_NOTE, code="required")})
    return step


def _is(person: Any, pk: int | None) -> bool:
    return person is not None and person.pk == pk


def is_requesters(hold: WIPHold, person: Any) -> bool:
    return _is(person, hold.requested_by_id)


def _refusal(hold: WIPHold, action: HoldAction) -> str:
    """Who was faster hears who decided; whoever asks for the impossible, that it is."""
    to = _LEADS_TO[action]
    overtaken = action in _DECISIONS or hold.state == to
    return (decided(hold) if overtaken else "") or never(hold.state, to)


def decided(hold: WIPHold) -> str:
    """“This hold was decided by ana at 2025-12-03 11:30.”; empty while nobody decided."""
    decisions: list[Any] = [
        (hold.hold_decided_at, hold.hold_decided_by),
        (hold.resume_decided_at, hold.resume_decided_by),
    ]
    known = [each for each in decisions if each[0] is not None]
    if not known:
        return ""
    instant, person = max(known, key=lambda each: each[0])
    at = formats.date_format(instant.astimezone(hold.client.zone), "Y-m-d H:i")
    return f"This hold was decided by {person.get_username() if person else 'the system'} at {at}."


def offered(hold: WIPHold, scope: Scope) -> list[HoldAction]:
    """What this person may do with the hold as it stands, for buttons."""
    return [
        step.action
        for step in STEPS.values()
        if step.origin == hold.state
        and not hold.is_voided
        and scope.may(WHO[step.action], hold.client_id)
        and (step.action != HoldAction.CANCEL or is_requesters(hold, scope.user))
    ]
