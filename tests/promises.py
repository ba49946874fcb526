"""Which test proves which promise: read from the names of the tests, never written by hand.

A test that proves ISO-045 is called `test_iso_045_…`; one that proves several names all of them.
`make security` writes the table of docs/security.md again.
"""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "security.md"
BEGIN, END = "<!-- written by make security -->\n", "<!-- until here -->\n"
NUMBER = re.compile(r"(?<=_)(iso|role|auth)_(\d{3})(?=_|$)")

PROMISES = {
    "ISO-001": "A list shows rows of the own clients only, whatever filters and orders it",
    "ISO-002": "`client=` narrows and never widens; any other value is not found",
    "ISO-003": "A member of several clients sees their union, never a third",
    "ISO-004": "A foreign id is not found, on the page of the row and on all below it",
    "ISO-005": "A filter by a foreign row finds what one by an unknown row finds",
    "ISO-006": "Lists are ordered by listed columns only",
    "ISO-007": "Counts, side lists and suggestions are computed inside the scope",
    "ISO-008": "Codes match whole; `%` and `_` are letters",
    "ISO-009": "Autocompletes and select lists find own rows only",
    "ISO-010": "A new row belongs to a client of the scope",
    "ISO-011": "Every reference refuses a foreign target as an unknown one",
    "ISO-012": "A foreign row is neither changed nor voided",
    "ISO-013": "The client of a row never changes",
    "ISO-014": "One foreign row among the chosen stops a bulk action",
    "ISO-015": "Unique keys are per client and tell nothing of other clients",
    "ISO-016": "Keys of submits are per client",
    "ISO-017": "Cascades, voids and undos stay inside the client",
    "ISO-018": "Moves, approvals and verifications check the client of the row",
    "ISO-019": "A form opened for another client is refused",
    "ISO-020": "A part belongs to the client of its whole, by constraint",
    "ISO-021": "A reference to a person takes own people and the pool only",
    "ISO-022": "Attendance of a floater needs an assignment of the same client, day and shift",
    "ISO-023": "Who has a floater is told to members of that client only",
    "ISO-024": "Assignments elsewhere are invisible; nobody is taken twice at once",
    "ISO-025": "A supervisor makes nobody a floater",
    "ISO-026": "“All present” is about the own roster",
    "ISO-027": "Absence is counted over rows of the own clients only",
    "ISO-028": "A file that names a foreign client or code is refused like an unknown one",
    "ISO-029": "… also where it names a foreign line, order, shift, part, machine or person",
    "ISO-030": "Previews, error files and mappings stay inside the client",
    "ISO-031": "An export gives no more than the list",
    "ISO-032": "Names, sheets and properties of files carry no foreign name",
    "ISO-033": "“All clients” means the own clients, never mixed",
    "ISO-034": "Rows of another client change no byte of any figure",
    "ISO-035": "History, defaults and habits come from the own client",
    "ISO-036": "Ranks and comparisons cover the own clients only",
    "ISO-037": "What all clients share is changed by platform admins only",
    "ISO-038": "The admin obeys the rules of lists, references and writes",
    "ISO-039": "History and audit of another client are out of reach",
    "ISO-040": "Saved views are checked again when they are applied",
    "ISO-041": "Menus, labels and choices name the own clients only",
    "ISO-042": "Nobody acts on behalf of somebody else",
    "ISO-043": "Files come from views that check, as attachments",
    "ISO-044": "What is kept is kept by scope; browsers keep nothing",
    "ISO-045": "Work in the background runs for a named client and leaves no scope behind",
    "ISO-046": "A job for one client does nothing to a row of another",
    "ISO-047": "Subscriptions and links check again when they act",
    "ISO-048": "Alerts of a client are made from its rows only",
    "ISO-049": "QR codes hold an opaque id and resolve inside the scope",
    "ISO-050": "A wall board shows one client and needs a token bound to it",
    "ISO-051": "Every table of client rows stands behind the walls",
    "ISO-052": "Raw SQL counts own rows only, and raises without a scope",
    "ISO-053": "A row of another client cannot be written",
    "ISO-054": "No view or function of the owner returns rows",
    "ISO-055": "Demo data obey all rules",
    "ISO-056": "Two clients at once do not mix",
    "ISO-057": "Access that ends during long work ends the work",
    "ISO-058": "An inactive client locks its members out; its code is never used again",
    "ISO-059": "Statuses, texts and sizes are no oracle",
    "ISO-060": "Health, schema and error pages name no client",
    "ISO-061": "Streamed answers are built inside the scope",
    "ISO-062": "Nothing of a marked client is anywhere in the answers to others",
    "ISO-063": "Each wall holds alone, and without the walls the tests are red",
    "ROLE-001": "A viewer writes nothing but the own profile",
    "ROLE-002": "The role in the client of the row decides",
    "ROLE-003": "What no role of a person may do is refused before anything is read",
    "ROLE-004": "404 means: no such row in your clients",
    "ROLE-005": "An unknown or missing role is refused",
    "ROLE-006": "A change of role, flag or activity acts on the next request",
    "ROLE-007": "Platform admins belong to no client",
    "ROLE-008": "Every address is in the table of roles",
    "AUTH-001": "Accounts are made by platform admins",
    "AUTH-002": "Passwords obey the rules and are hashed with argon2id",
    "AUTH-003": "Sign-in and reset tell nothing about accounts",
    "AUTH-004": "Attempts are limited by address and by account",
    "AUTH-005": "Sessions end after idle time and after twelve hours",
    "AUTH-006": "Sign-out, a new password and deactivation end sessions at once",
    "AUTH-007": "The clients of a person are read from the database at each request",
    "AUTH-008": "Tokens are hashed, narrowed and expire",
    "AUTH-009": "Strangers sign in first; cookies and forms are protected",
    "AUTH-010": "Signing in, locks and changes of roles are audited",
}


def proofs() -> dict[str, list[str]]:
    """Number → its tests as `path::name`, in order."""
    found = defaultdict(list)
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        for name in _tests_in(path):
            for kind, number in NUMBER.findall(name):
                where = path.relative_to(ROOT).as_posix()
                found[f"{kind.upper()}-{number}"].append(f"{where}::{name}")
    return found


def _tests_in(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            yield node.name


def table() -> str:
    found = proofs()
    lines = ["| No | Promise | Proven by |", "|---|---|---|"]
    for number, promise in PROMISES.items():
        tests = "<br>".join(f"`{each.removeprefix('tests/')}`" for each in found[number])
        lines.append(f"| {number} | {promise} | {tests} |")
    return "\n".join(lines) + "\n"


def page_with(rows: str) -> str:
    """The page, with these rows in the place of those that it has."""
    before, _, rest = PAGE.read_text().partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}{rows}{END}{after}"


if __name__ == "__main__":
    PAGE.write_text(page_with(table()))
