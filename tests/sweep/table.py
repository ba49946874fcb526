"""Who may open what: one expected answer for every address and every kind of person.

Written by hand from the role matrix, on purpose not taken from the code. An address without a
row here fails the test of roles. Letters: V viewer, O operator, S supervisor, M manager,
E engineer (all of one client, without flags), A platform admin, N a user without membership,
X somebody who is not signed in. Three are told apart by nothing: L, whose memberships have all
lapsed (made inactive, over, or in an inactive client), is answered as N; G, who is gone (an
inactive user with a session), as X.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

ALL = "VOSMEANX"
MEMBERS = "VOSMEA"
ENTRY_PAGES = "OSMEA"
LIKE = {"L": "N", "G": "X"}


@dataclass(frozen=True)
class Answer:
    """Who is answered with `status`; the others with `refused`, strangers with `stranger`.

    People of one client have nothing to choose: some pages send them on.
    """

    letters: str
    status: int = 200
    refused: int = 403
    stranger: int = 302
    of_one_client: int = 0

    def of(self, letter: str) -> int:
        letter = LIKE.get(letter, letter)
        if letter in self.letters:
            return self.of_one_client or self.status if letter in "VOSME" else self.status
        return self.stranger if letter == "X" else self.refused


# -- pages by name ---------------------------------------------------------------------------

PAGES = {
    "healthz": Answer(ALL),
    "readyz": Answer(ALL),
    "login": Answer("X", refused=302),
    "logout": Answer("VOSMEAN", 405),
    "password_change": Answer("VOSMEAN"),
    "password_change_done": Answer("VOSMEAN"),
    "password_reset": Answer(ALL),
    "password_reset_done": Answer(ALL),
    # A link that nobody was sent: it says so, to everybody alike.
    "password_reset_confirm": Answer(ALL),
    "password_reset_complete": Answer(ALL),
    "set_language": Answer(ALL, 302),
    "admin-login-redirect": Answer(ALL, 302),
    "dashboards:portfolio": Answer(MEMBERS, of_one_client=302),
    "dashboards:overview": Answer(MEMBERS),
    "dashboards:people": Answer(MEMBERS),
    "dashboards:orders": Answer(MEMBERS),
    # Without a ticked order one is sent back; who may read several clients chooses one first.
    "dashboards:orders-sheet": Answer("SMEA", 200, of_one_client=302),
    "dashboards:orders-move": Answer(MEMBERS, 405),
    "dashboards:delivery": Answer(MEMBERS),
    "dashboards:order": Answer(MEMBERS),
    "dashboards:order-move": Answer(MEMBERS, 405),
    "dashboards:order-approve": Answer(MEMBERS, 405),
    "dashboards:order-classify": Answer(MEMBERS, 405),
    "dashboards:row": Answer(MEMBERS),
    "dashboards:holds": Answer(MEMBERS),
    "dashboards:hold-approve": Answer(MEMBERS, 405),
    "dashboards:hold-reject": Answer(MEMBERS, 405),
    "dashboards:hold-cancel": Answer(MEMBERS, 405),
    "dashboards:hold-request_resume": Answer(MEMBERS, 405),
    "dashboards:hold-resume": Answer(MEMBERS, 405),
    "dashboards:hold-scrap": Answer(MEMBERS, 405),
    "dashboards:hold-release": Answer(MEMBERS, 405),
    "dashboards:wip": Answer(MEMBERS),
    "dashboards:kpi-list": Answer(MEMBERS),
    "dashboards:kpi": Answer(MEMBERS),
    "dashboards:kpi-explain": Answer(MEMBERS),
    "dashboards:kpi-rows": Answer(MEMBERS),
    "coverage:pool": Answer(ENTRY_PAGES),
    "coverage:pool-assign": Answer(MEMBERS, 405),
    "coverage:pool-confirm": Answer(MEMBERS, 405),
    "coverage:pool-unassign": Answer(MEMBERS, 405),
    "entry:roster": Answer(ENTRY_PAGES),
    "entry:review": Answer(ENTRY_PAGES),
    "admin:index": Answer(ENTRY_PAGES),
    "admin:app_list": Answer(ENTRY_PAGES),
    "admin:login": Answer(ALL, 302),
    "admin:logout": Answer(ENTRY_PAGES, 405),
    "admin:password_change": Answer(ENTRY_PAGES),
    "admin:password_change_done": Answer(ENTRY_PAGES),
    "admin:jsi18n": Answer(ENTRY_PAGES),
    "admin:autocomplete": Answer(ENTRY_PAGES),
    "admin:imports_template": Answer(ENTRY_PAGES),
    "admin:imports_errors": Answer(ENTRY_PAGES),
    "admin-nothing-there": Answer(ENTRY_PAGES, 404),
    "api:schema": Answer(MEMBERS, stranger=401),
    "api:docs": Answer(MEMBERS, stranger=401),
    "api:kpi-list": Answer(MEMBERS, stranger=401),
    "api:kpi-detail": Answer(MEMBERS, stranger=401),
}

# -- rows of the role matrix, by model ---------------------------------------------------------


@dataclass(frozen=True)
class Rights:
    """Letters that see the admin pages, read the API, add rows, and change this row."""

    adds: str
    changes: str
    sees: str = ENTRY_PAGES
    reads: str = MEMBERS
    deletes: str = "A"
    verifies: str = ""
    # Who changes some rows, although not these.
    ever: str = ""


MASTERS = ORDERS = Rights(adds="SMEA", changes="SMEA")
# An operator changes the own rows of the day only, and these are nobody's.
SHOP_FLOOR = Rights(adds="OSMEA", changes="SMEA", verifies="SMA", ever="O")
PLATFORM = Rights(adds="A", changes="A", sees="A", reads="")

RIGHTS = {
    "plant.Line": MASTERS,
    "plant.Shift": MASTERS,
    "plant.ShiftBreak": MASTERS,
    "plant.CalendarDay": MASTERS,
    "plant.Operation": MASTERS,
    "plant.Style": MASTERS,
    "plant.StyleOperation": MASTERS,
    "plant.Part": MASTERS,
    "machines.Machine": MASTERS,
    "attendance.AbsenceType": MASTERS,
    "downtime.DowntimeReason": MASTERS,
    "quality.DefectType": MASTERS,
    "plant.LineAssignment": Rights(adds="SMEA", changes="SMEA", reads="OSMEA"),
    "plant.Employee": Rights(adds="SMEA", changes="SMEA", reads="OSMEA"),
    "plant.LineShift": Rights(adds="SMA", changes="SMA"),
    "plant.Standard": Rights(adds="EA", changes="EA"),
    "plant.WorkOrder": ORDERS,
    "plant.Job": ORDERS,
    "plant.Shipment": ORDERS,
    "plant.OrderTransition": Rights(adds="", changes="", sees="", deletes=""),
    "production.ProductionEntry": SHOP_FLOOR,
    "downtime.DowntimeEvent": SHOP_FLOOR,
    "quality.QualityInspection": SHOP_FLOOR,
    "attendance.AttendanceRecord": SHOP_FLOOR,
    "quality.Defect": Rights(adds="OSMEA", changes="SMEA", ever="O"),
    "coverage.ShiftCoverage": Rights(adds="SMA", changes="SMA"),
    "coverage.StaffingRequirement": MASTERS,
    "holds.HoldReason": MASTERS,
    "holds.WIPHold": SHOP_FLOOR,
    "holds.HoldTransition": Rights(adds="", changes="", sees="", deletes=""),
    "kpis.Target": Rights(adds="MEA", changes="MEA"),
    "kpis.Assumption": Rights(adds="EA", changes="EA"),
    "clients.ImportBatch": Rights(adds="OSMEA", changes="OSMEA", reads="OSMEA", deletes=""),
    "clients.ImportMapping": Rights(adds="", changes="SMEA", reads="", ever="O"),
    "clients.Client": Rights(adds="A", changes="MEA", sees="MEA", deletes=""),
    "clients.User": Rights(adds="A", changes="A", sees="A", reads="", deletes=""),
    "clients.Membership": PLATFORM,
    "clients.ApiToken": PLATFORM,
    "clients.AuditEntry": Rights(adds="", changes="", sees="A", reads="", deletes=""),
}

# -- kinds of addresses: method, whose letters, the answer to an empty body --------------------

ADMIN = {
    ("changelist", "get"): ("sees", 200),
    ("export", "get"): ("sees", 200),
    ("add", "get"): ("adds", 200),
    ("add", "post"): ("adds", 200),
    ("change", "get"): ("sees", 200),
    ("change", "post"): ("changes", 200),
    ("history", "get"): ("sees", 200),
    ("void", "get"): ("changes", 200),
    ("void", "post"): ("changes", 200),
    ("verify", "post"): ("verifies", 302),
    ("delete", "get"): ("deletes", 200),
    ("short", "get"): (ENTRY_PAGES, 302),
}
# A batch has pages of its own: its history is the batch, and it is undone, not voided.
ADMIN_EXCEPTIONS = {
    ("clients.ImportBatch", "change", "post"): ("changes", 400),
    ("clients.ImportBatch", "history", "get"): ("sees", 302),
    ("clients.AuditEntry", "history", "get"): ("sees", 302),
    ("clients.ImportBatch", "void", "get"): ("sees", 404),
    ("clients.ImportBatch", "void", "post"): ("sees", 404),
}
API = {
    ("list", "get"): ("reads", 200),
    ("list", "post"): ("adds", 400),
    ("export", "get"): ("reads", 200),
    ("detail", "get"): ("reads", 200),
    ("detail", "patch"): ("changes", 400),
    ("history", "get"): ("reads", 200),
    ("detail", "delete"): ("A", 404),  # of a row that does not exist
    ("bulk", "post"): ("adds", 400),
    ("void", "post"): ("changes", 400),
    ("verify", "post"): ("verifies", 400),  # by the button just before
    ("verify-many", "post"): ("verifies", 400),
    ("close", "post"): ("SMA", 200),
    ("reopen", "post"): ("MA", 400),
    ("confirm", "post"): ("SMA", 200),
    ("unassign", "post"): ("SMA", 400),  # of an assignment that has ended
    ("approve", "post"): ("MA", 400),
    ("refuse", "post"): ("MA", 400),
    ("retire", "post"): ("MA", 400),
    ("withdraw", "post"): ("EA", 400),
    ("move", "post"): ("changes", 400),
    ("move-many", "post"): ("changes", 400),
    ("qc-approve", "post"): ("SMA", 200),
    ("classify-delay", "post"): ("SMEA", 400),
    ("reject", "post"): ("SMEA", 400),
    # The requester's alone, and this hold was requested by nobody.
    ("cancel", "post"): ("OSMEA", 403),
    ("request-resume", "post"): ("OSMEA", 200),
    # Of a hold whose resume was asked for just before.
    ("resume", "post"): ("SMEA", 400),
    ("scrap", "post"): ("SMA", 400),
    ("release", "post"): ("SMA", 400),
    ("hold", "post"): ("OSMEA", 201),
    ("replan", "post"): ("MA", 400),
    ("not-planned", "post"): ("SMA", 400),
}
# What is approved there is a hold, and it stands already.
API_EXCEPTIONS = {("holds.WIPHold", "approve", "post"): ("SMEA", 400)}
# Read only: whoever could write at all hears that this address takes no such method.
READ_ONLY = {
    "clients.Client": "A",
    "clients.ImportBatch": "OSMEA",
    "plant.OrderTransition": "A",
    "holds.HoldTransition": "A",
}


def admin_answer(model: str, verb: str, method: str) -> Answer:
    letters, status = ADMIN_EXCEPTIONS.get((model, verb, method)) or ADMIN[verb, method]
    return Answer(getattr(RIGHTS[model], letters, letters), status)


def api_answer(model: str, verb: str, method: str) -> Answer:
    letters, status = API_EXCEPTIONS.get((model, verb, method)) or API[verb, method]
    if model in READ_ONLY and method != "get":
        own = "A" if method == "delete" else READ_ONLY[model]
        return Answer(own, 405, stranger=401)
    return Answer(getattr(RIGHTS[model], letters, letters), status, stranger=401)


# -- what pages of figures and of the shop floor send --------------------------------------------


@dataclass(frozen=True)
class Sent:
    """A form: whose row it is about, who may send it, and what it says; KEY is the row's."""

    model: str
    letters: str
    says: dict[str, str] = field(default_factory=dict)
    asks: str = ""
    status: int = 302

    def expected(self, letter: str, *, is_own: bool) -> int:
        letter = LIKE.get(letter, letter)
        if letter == "X":
            return 302
        if letter not in self.letters:
            return 403
        return self.status if is_own else 404


FORMS = {
    "dashboards:order-move": Sent("WorkOrder", "SMEA"),
    "dashboards:order-approve": Sent("WorkOrder", "SMA"),
    "dashboards:order-classify": Sent("WorkOrder", "SMEA"),
    "dashboards:orders-move": Sent("WorkOrder", "SMEA", {"pick": "KEY", "become": "RELEASED"}),
    "dashboards:hold-approve": Sent("WIPHold", "SMEA"),
    "dashboards:hold-reject": Sent("WIPHold", "SMEA"),
    # The requester's alone, and this hold was requested by nobody.
    "dashboards:hold-cancel": Sent("WIPHold", "OSMEA", status=403),
    "dashboards:hold-request_resume": Sent("WIPHold", "OSMEA"),
    "dashboards:hold-resume": Sent("WIPHold", "SMEA"),
    "dashboards:hold-scrap": Sent("WIPHold", "SMA"),
    "dashboards:hold-release": Sent("WIPHold", "SMA"),
    "coverage:pool-assign": Sent("Shift", "SMA", asks="date=2026-03-04&shift=KEY"),
    "coverage:pool-confirm": Sent("ShiftCoverage", "SMA"),
    "coverage:pool-unassign": Sent("ShiftCoverage", "SMA"),
    "entry:review verify": Sent("LineShift", "SMA", {"act": "verify:KEY"}),
    "entry:review close": Sent("LineShift", "SMA", {"act": "close:KEY"}),
    "entry:review reopen": Sent("LineShift", "MA", {"act": "reopen:KEY", "reason": "x"}),
}


# -- rows that are not of the one client --------------------------------------------------------

CHANGING = {
    (cells is API, *key)
    for cells in (ADMIN, API)
    for key, (who, _) in cells.items()
    if who == "changes"
}


def never(address: Any, method: str, answer: Answer, letters: str) -> bool:
    """Whether none of these roles ever opens it: then nothing is looked up (ROLE-003)."""
    ever = RIGHTS[address.label].ever if (address.is_api, address.verb, method) in CHANGING else ""
    return not set(letters) & {*answer.letters, *ever}


def foreign_answer(address: Any, method: str, answer: Answer, letter: str) -> int:
    """A row of a client in which the person has no role, or a row that nobody has."""
    status = answer.of(letter)
    if letter in "XGNL" or status == 405 or never(address, method, answer, letter):
        return status
    return status if address.verb == "short" else 404


# Who looks on in a client sees its rows, but not what names people or quotes what was typed.
NOT_FOR_VIEWERS = {"plant.Employee", "plant.LineAssignment", "clients.ImportBatch"}


def second_answer(address: Any, method: str, answer: Answer, first: str, second: str) -> int:
    """A row of the client in which the person is `second`, and `first` in another one: ROLE-002.

    Pages of the admin open by any role, then the row's client decides; who only looks on there
    opens none of them.
    """
    label, reads = address.label, method == "get" and address.verb not in ("void", "delete")
    if (
        never(address, method, answer, first + second)
        or answer.status in (404, 405)
        or address.verb == "short"
    ):
        return answer.of(first)
    if second == "V" and label and not address.is_api:
        return 403
    if second == "V" and label in NOT_FOR_VIEWERS:
        return 404
    opens_by_any = reads and label not in ("clients.Client", "")
    if opens_by_any or second in answer.letters:
        return answer.status
    return 403
