"""Reading references of rows that nobody has validated yet."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ObjectDoesNotExist


def known(row: Any, name: str) -> Any:
    """The row behind a reference; None when it is empty, unknown or another client's.

    `prepare` and `clean` run beside the check of the reference itself, which says the sentence.
    """
    try:
        return getattr(row, name)
    except ObjectDoesNotExist:
        return None


def shift_refusal(row: Any) -> str:
    """Why the shift of this row is not one of its line; empty when it is."""
    shift, line = known(row, "shift"), known(row, "line")
    if shift is None or line is None or shift.serves(line.pk):
        return ""
    return f"Shift {shift.code} does not run on line {line.code}."
