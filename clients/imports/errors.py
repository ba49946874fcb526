"""What can be wrong with a file, a row or a cell, in words and as a code."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError


class Refused(Exception):
    """The whole submit is refused, in one sentence; nothing is stored."""

    def __init__(self, sentence: str, code: str = "file") -> None:
        super().__init__(sentence)
        self.code = code


class UnknownEntity(KeyError):
    """No app takes rows of this name."""

    def __str__(self) -> str:
        return f"Unknown entity “{self.args[0]}”."


class Unreadable(ValueError):
    """One cell that cannot be read as what its column holds."""

    def __init__(self, code: str, reason: str, suggestion: str = "") -> None:
        super().__init__(reason)
        self.code, self.reason, self.suggestion = code, reason, suggestion


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong with a row; `row` counts as the spreadsheet does."""

    row: int
    column: str
    value: str
    code: str
    reason: str
    suggestion: str = ""
    header: str = ""

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


# Django's words for what a field or validator found, and ours.
CODES = {
    "required": "required",
    "null": "required",
    "blank": "required",
    "max_length": "too_long",
    "min_value": "out_of_range",
    "max_value": "out_of_range",
    "max_digits": "out_of_range",
    "max_decimal_places": "out_of_range",
    "max_whole_digits": "out_of_range",
    "limit_value": "out_of_range",
    "out_of_range": "out_of_range",
    "invalid_choice": "choice",
    "choice": "choice",
    "unknown_code": "unknown_code",
    "future_date": "future_date",
    "locked": "locked",
    "taken": "taken",
    "inconsistent": "inconsistent",
}
NEEDS_A_VALUE = "This column needs a value."


def told_by(error: ValidationError) -> list[tuple[str, str, str]]:
    """(field, code, sentence) of everything that a model found wrong; field "" is the row."""
    by_field = (
        error.error_dict if hasattr(error, "error_dict") else {NON_FIELD_ERRORS: error.error_list}
    )
    told = []
    for name, errors in by_field.items():
        for each in errors:
            code = CODES.get(str(each.code), "inconsistent")
            sentence = NEEDS_A_VALUE if code == "required" and each.code != "required" else ""
            field = "" if name == NON_FIELD_ERRORS else name
            told.append((field, code, sentence or " ".join(each.messages)))
    return told
