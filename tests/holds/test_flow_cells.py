"""Every (state, action, person) cell over HTTP: what the table allows works, all else is refused
with the stated status and sentence and changes nothing."""

from __future__ import annotations

from typing import Any

import pytest

from clients.scope import client_scope
from holds.models import HoldTransition, WIPHold
from tests.holds.factories import at, make_hold
from tests.plant.factories import make_order

LABELS = {
    "PENDING_HOLD": "Hold requested", "ON_HOLD": "On hold", "PENDING_RESUME": "Resume requested",
    "RESUMED": "Resumed", "RELEASED": "Released as is", "SCRAPPED": "Scrapped",
    "CANCELLED": "Cancelled",
}  # fmt: skip
# Written by hand from the workflow, on purpose not taken from the code.
ALLOWED = {
    ("PENDING_HOLD", "approve"): "ON_HOLD",
    ("PENDING_HOLD", "reject"): "CANCELLED",
    ("PENDING_HOLD", "cancel"): "CANCELLED",
    ("ON_HOLD", "request-resume"): "PENDING_RESUME",
    ("ON_HOLD", "resume"): "RESUMED",
    ("PENDING_RESUME", "approve"): "RESUMED",
    ("PENDING_RESUME", "reject"): "ON_HOLD",
    ("ON_HOLD", "scrap"): "SCRAPPED",
    ("ON_HOLD", "release"): "RELEASED",
}
LEADS_TO = {
    "approve": "On hold", "reject": "Cancelled", "cancel": "Cancelled",
    "request-resume": "Resume requested", "resume": "Resumed", "scrap": "Scrapped",
    "release": "Released as is",
}  # fmt: skip
# (role, quality flag) → the actions of the role matrix; `cancel` is the requester's alone.
DECIDE, ASK, DISPOSE = {"approve", "reject", "resume"}, {"request-resume"}, {"scrap", "release"}
MATRIX = {
    ("VIEWER", False): set(),
    ("OPERATOR", False): ASK,
    ("OPERATOR", True): ASK | DISPOSE,
    ("SUPERVISOR", False): DECIDE | ASK | DISPOSE,
    ("MANAGER", False): DECIDE | ASK | DISPOSE,
    ("ENGINEER", False): DECIDE | ASK,
    ("ENGINEER", True): DECIDE | ASK | DISPOSE,
    ("PLATFORM", False): DECIDE | ASK | DISPOSE,
}
CELLS = [(state, action) for state in LABELS for action in LEADS_TO]
NEVER, NOT_HERE = (
    "Your role does not allow this.",
    ("Your role in this client does not allow this change."),
)
NOT_THEIRS = "Only the person who asked for this hold can cancel it."


@pytest.fixture
def row(acme: Any) -> WIPHold:
    with client_scope([acme]):
        return make_hold(make_order(acme), held_at=at(3), quantity=40)


def put(row: WIPHold, state: str, requester: Any = None) -> None:
    """The hold as if it had come there; nobody decided anything yet."""
    ended = at(4) if state in ("RESUMED", "RELEASED", "SCRAPPED") else None
    WIPHold.objects.filter(pk=row.pk).update(
        state=state, ended_at=ended, requested_by=requester, hold_decided_at=None,
        hold_decided_by=None, resume_decided_at=None, resume_decided_by=None,
    )  # fmt: skip


def stored(row: WIPHold) -> tuple[str, int]:
    state = WIPHold.objects.values_list("state", flat=True).get(pk=row.pk)
    return state, HoldTransition.objects.filter(hold=row).count()


def sentence(answer: Any) -> str:
    told = answer.json()
    return told.get("detail") or "".join(told.get("non_field_errors", []))


def walk(browser: Any, row: WIPHold, expected: Any, requester: Any = None) -> None:
    wrong = []
    for state, action in CELLS:
        with client_scope([row.client]):
            put(row, state, requester)
            _, count = stored(row)
        path = f"/api/v1/wip-holds/{row.pk}/{action}/"
        answer = browser.post(path, {"note": "because"}, content_type="application/json")
        status, said = expected(state, action)
        to = ALLOWED.get((state, action), state) if status == 200 else state
        with client_scope([row.client]):
            found = answer.status_code, sentence(answer), stored(row)
        if found != (status, said, (to, count + (status == 200))):
            wrong.append((state, action, found))
    assert wrong == []


def by_state(state: str, action: str) -> tuple[int, str]:
    if (state, action) in ALLOWED:
        return 200, ""
    return 400, f"{LABELS[state]} cannot become {LEADS_TO[action]}."


def role_and_flag(each: Any) -> str:
    """A name for each case, the same on every worker: what is allowed is a set."""
    return str(each) if isinstance(each, tuple) else "may"


@pytest.mark.parametrize(("who", "may"), MATRIX.items(), ids=role_and_flag)
def test_the_matrix(acme, row, member, platform_admin, signed_in, who, may):
    role, quality = who
    user = platform_admin if role == "PLATFORM" else member(acme, role=role, quality=quality)

    def expected(state: str, action: str) -> tuple[int, str]:
        if action == "cancel" and role != "VIEWER":
            return 403, NOT_THEIRS
        return by_state(state, action) if action in may else (403, NEVER)

    walk(signed_in(user), row, expected)


@pytest.mark.parametrize("role", ["OPERATOR", "SUPERVISOR"])
def test_the_requester_takes_the_request_back(acme, row, member, signed_in, role):
    user, may = member(acme, role=role), MATRIX[role, False] | {"cancel"}

    def expected(state: str, action: str) -> tuple[int, str]:
        return by_state(state, action) if action in may else (403, NEVER)

    walk(signed_in(user), row, expected, requester=user)


def test_a_supervisor_elsewhere_who_looks_on_here(acme, acme_2, row, member, signed_in):
    """The role in the client of the row decides, not the highest one."""
    user = member(acme_2, role="SUPERVISOR")
    user.memberships.create(client=acme, role="VIEWER", valid=("2020-01-01", None))
    walk(signed_in(user), row, lambda state, action: (403, NOT_HERE))


def test_a_stranger_finds_no_hold(acme_2, row, member, signed_in):
    walk(signed_in(member(acme_2)), row, lambda state, action: (404, "Not found."))


# -- the first state -------------------------------------------------------------------------------

FIRST = {
    ("VIEWER", False): (403, None),
    ("OPERATOR", False): (201, "PENDING_HOLD"),
    ("OPERATOR", True): (201, "PENDING_HOLD"),  # quality decides from an inspection only
    ("SUPERVISOR", False): (201, "ON_HOLD"),
    ("MANAGER", False): (201, "ON_HOLD"),
    ("ENGINEER", False): (201, "ON_HOLD"),
    ("PLATFORM", False): (201, "ON_HOLD"),
}


@pytest.mark.parametrize(("who", "expected"), FIRST.items(), ids=str)
def test_who_asks_and_who_puts_on_hold(acme, row, member, platform_admin, signed_in, who, expected):
    role, quality = who
    user = platform_admin if role == "PLATFORM" else member(acme, role=role, quality=quality)
    given = {"work_order": row.work_order.number, "hold_reason": "OTHER"}
    answer = signed_in(user).post("/api/v1/wip-holds/", given, content_type="application/json")
    told = answer.json()
    assert (answer.status_code, told.get("state")) == expected
    if answer.status_code == 201:
        assert told["requested_by"] == user.username
        direct = told["state"] == "ON_HOLD"
        assert told["hold_decided_by"] == (user.username if direct else None)
    with client_scope([acme]):
        row.work_order.refresh_from_db()
    assert row.work_order.status == ("ON_HOLD" if expected[1] == "ON_HOLD" else "RECEIVED")
