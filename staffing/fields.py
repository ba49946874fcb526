"""A reference to a floater."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError

from clients.fields import EmployeeForeignKey


def unknown_floater(code: Any) -> ValidationError:
    """One sentence for a code that nobody has, that of another client's employee, and the own's."""
    return ValidationError(
        "Unknown floating employee “%(value)s”.", code="unknown_code", params={"value": code}
    )


class FloaterForeignKey(EmployeeForeignKey):
    """A person of the shared pool, who works now here, now there."""

    def __init__(self, to: Any = "plant.Employee", **kwargs: Any) -> None:
        kwargs.setdefault("limit_choices_to", {"client__isnull": True, "active": True})
        super().__init__(to, **kwargs)

    def unknown(self, value: Any) -> ValidationError:
        return unknown_floater(value)

    def accepts(self, target: Any, row: Any) -> bool:
        return target.client_id is None

    def formfield(self, **kwargs: Any) -> Any:
        messages = {"invalid_choice": "Unknown floating employee."}
        return super().formfield(**{"error_messages": messages, **kwargs})
