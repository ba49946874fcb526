"""What the plant's admin pages have in common."""

from __future__ import annotations

from typing import Any

from django.db.models import CharField
from django.forms import Textarea

from clients.admin import ClientModelAdmin

LONG_TEXT = 400


class PlantAdmin(ClientModelAdmin):
    """Long texts get room to write."""

    def formfield_for_dbfield(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        if isinstance(db_field, CharField) and (db_field.max_length or 0) >= LONG_TEXT:
            kwargs["widget"] = Textarea(attrs={"rows": 2, "class": "vLargeTextField"})
        return super().formfield_for_dbfield(db_field, request, **kwargs)
