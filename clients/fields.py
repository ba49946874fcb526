"""Fields that carry the separation of clients."""

from __future__ import annotations

import re
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.db.models.lookups import Exact

CODE = re.compile(r"^[A-Z0-9._/-]+\Z")


class CodeField(models.CharField):
    """A business code: `A–Z 0–9 . _ - /`, no spaces, stored in upper case."""

    default_validators = [
        RegexValidator(CODE, "Use letters A–Z, digits and . _ - / only, without spaces.")
    ]

    def to_python(self, value: Any) -> str | None:
        text = super().to_python(value)
        return text if text is None else text.strip().upper()

    def get_prep_value(self, value: Any) -> Any:
        return self.to_python(super().get_prep_value(value))


class OwnerField(models.ForeignKey):
    """The client of a row. The schema editor raises the database's walls where it finds one."""

    def __init__(self, to: Any = "clients.Client", **kwargs: Any) -> None:
        kwargs.setdefault("on_delete", models.PROTECT)
        kwargs.setdefault("db_index", False)
        kwargs.setdefault("related_name", "+")
        kwargs.setdefault("verbose_name", "client")
        super().__init__(to, **kwargs)


class ClientForeignKey(models.ForeignKey):
    """Wall 2: the one way to point from a client row to a client row.

    One declaration gives the composite foreign key `(client_id, x_id) → (client_id, id)` in the
    database, the same check as a field error, and `client_id = client_id` in every JOIN.
    """

    ties_client = True

    def __init__(self, to: Any, **kwargs: Any) -> None:
        kwargs.setdefault("on_delete", models.PROTECT)
        kwargs.setdefault("db_index", False)
        super().__init__(to, **kwargs)

    def get_extra_restriction(self, alias: str, related_alias: str) -> Any:
        far: Any = self.remote_field.model._meta.get_field("client")
        near: Any = self.model._meta.get_field("client")
        return Exact(far.get_col(alias), near.get_col(related_alias))

    def unknown(self, value: Any) -> ValidationError:
        """One sentence for unknown and for foreign: nobody learns that the row exists."""
        return ValidationError(
            "Unknown %(what)s “%(value)s”.",
            code="unknown_code",
            params={"what": self.remote_field.model._meta.verbose_name, "value": value},
        )

    def validate(self, value: Any, model_instance: Any) -> None:
        if value is None or self.remote_field.parent_link:
            models.Field.validate(self, value, model_instance)
            return
        known = self.get_cached_value(model_instance, default=None)
        if known is None or known.pk != value:
            known = self.remote_field.model._default_manager.filter(pk=value).first()
        if known is None or not self.accepts(known, model_instance):
            raise self.unknown(value)

    def accepts(self, target: Any, row: Any) -> bool:
        return target.client_id == row.client_id

    def formfield(self, **kwargs: Any) -> Any:
        messages = {"invalid_choice": f"Unknown {self.remote_field.model._meta.verbose_name}."}
        return super().formfield(**{"error_messages": messages, **kwargs})


class EmployeeForeignKey(ClientForeignKey):
    """A reference to a person: an employee of the same client, or of the shared pool."""

    ties_client = False
    own_or_shared = True

    def __init__(self, to: Any = "plant.Employee", **kwargs: Any) -> None:
        super().__init__(to, **kwargs)

    def get_extra_restriction(self, alias: str, related_alias: str) -> Any:
        return None

    def accepts(self, target: Any, row: Any) -> bool:
        return target.client_id is None or super().accepts(target, row)
