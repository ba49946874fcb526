"""Who may do what: the role matrix as data.

Each action names the roles that may do it; a role mapped to a flag may do it with that flag only.
Platform admins may do everything and have no membership.
"""

from __future__ import annotations

from enum import Enum

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Role(TextChoices):
    VIEWER = "VIEWER", _("Viewer")
    OPERATOR = "OPERATOR", _("Operator")
    SUPERVISOR = "SUPERVISOR", _("Supervisor")
    MANAGER = "MANAGER", _("Manager")
    ENGINEER = "ENGINEER", _("Engineer")


class Action(Enum):
    VIEW = "view"
    SEE_NAMES = "see names of employees"
    USE_ADMIN = "use the data entry pages"
    ENTRY = "enter shop-floor rows"
    EDIT_ANY = "edit or void any unverified row"
    EDIT_VERIFIED = "edit or void a verified row"
    VERIFY = "verify a row"
    VERIFY_QUALITY = "verify a quality row"
    VERIFY_ATTENDANCE = "verify an attendance row"
    ASSIGN_FLOATERS = "assign floaters, confirm coverage"
    UNDO_ANY_IMPORT = "undo any import"
    ORDERS = "write orders"
    SEE_PLAN = "see orders against their plan"
    QC_APPROVE = "approve the quality of an order"
    CLASSIFY_DELAY = "classify a delay"
    HOLD_REQUEST = "ask for a hold"
    HOLD_DECIDE = "decide a hold"
    HOLD_INSPECTION = "put on hold from an inspection"
    HOLD_DISPOSE = "scrap or release held material"
    MASTERS = "write master data"
    EMPLOYEES = "write employees"
    EMPLOYEES_PROTECTED = "see protected fields of employees"
    SEE_PEOPLE = "see figures by employee"
    SEE_ABSENCE_TYPES = "see absence types of closed shifts, chronic absence and Bradford"
    STANDARDS = "write standards"
    TARGETS = "write targets"
    CLIENT_SETTINGS = "write client settings"
    PROPOSE_ASSUMPTION = "propose a rule of the KPI contract"
    APPROVE_ASSUMPTION = "approve a rule of the KPI contract"
    CLOSE_SHIFT = "close a line-shift"
    REOPEN_SHIFT = "reopen a closed line-shift"
    CHANGE_PLAN = "change the planned minutes of a shift that has started"
    PLATFORM = "administer the platform"


class Flag(Enum):
    NONE = ""
    QUALITY = "quality"
    HR = "hr"


def _grant(letters: str, **flagged: Flag) -> dict[Role, Flag]:
    """Roles by their initial, each without condition; keyword roles with a flag."""
    roles = {role.value[0]: role for role in Role}
    granted = {roles[letter]: Flag.NONE for letter in letters}
    return granted | {roles[letter]: flag for letter, flag in flagged.items()}


# Whoever has the eye for quality, with the flag.
_QUALITY = _grant("SM", O=Flag.QUALITY, E=Flag.QUALITY)
_HR_ONLY = _grant("", S=Flag.HR, M=Flag.HR, E=Flag.HR)

GRANTS: dict[Action, dict[Role, Flag]] = {
    Action.VIEW: _grant("VOSME"),
    Action.SEE_NAMES: _grant("OSME"),
    Action.USE_ADMIN: _grant("OSME"),
    Action.ENTRY: _grant("OSME"),
    Action.EDIT_ANY: _grant("SME"),
    Action.EDIT_VERIFIED: _grant("SM"),
    Action.VERIFY: _grant("SM"),
    Action.VERIFY_QUALITY: _QUALITY,
    Action.VERIFY_ATTENDANCE: _grant("SM", O=Flag.HR, E=Flag.HR),
    Action.ASSIGN_FLOATERS: _grant("SM"),
    Action.UNDO_ANY_IMPORT: _grant("M"),
    Action.ORDERS: _grant("SME"),
    Action.SEE_PLAN: _grant("SME"),
    Action.QC_APPROVE: _QUALITY,
    Action.CLASSIFY_DELAY: _grant("SME"),
    Action.HOLD_REQUEST: _grant("OSME"),
    Action.HOLD_DECIDE: _grant("SME"),
    Action.HOLD_INSPECTION: _grant("SME", O=Flag.QUALITY),
    Action.HOLD_DISPOSE: _QUALITY,
    Action.MASTERS: _grant("SME"),
    Action.EMPLOYEES: _grant("SME"),
    Action.EMPLOYEES_PROTECTED: _HR_ONLY,
    Action.SEE_PEOPLE: _grant("SME"),
    Action.SEE_ABSENCE_TYPES: _HR_ONLY,
    Action.STANDARDS: _grant("E"),
    Action.TARGETS: _grant("ME"),
    Action.CLIENT_SETTINGS: _grant("ME"),
    Action.PROPOSE_ASSUMPTION: _grant("E"),
    Action.APPROVE_ASSUMPTION: _grant("M"),
    Action.CLOSE_SHIFT: _grant("SM"),
    Action.REOPEN_SHIFT: _grant("M"),
    Action.CHANGE_PLAN: _grant("M"),
    Action.PLATFORM: _grant(""),
}


def is_granted(action: Action, role: Role, *, quality: bool = False, hr: bool = False) -> bool:
    flag = GRANTS[action].get(role)
    return flag is Flag.NONE or (flag is Flag.QUALITY and quality) or (flag is Flag.HR and hr)
