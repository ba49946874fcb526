"""One row and its history: the last step of the way down from a figure.

It tells what the API tells this person of the row, from the same serializer, and no more.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.functional import cached_property

from clients.history import History, Words, history_of, page_asked, told_by
from clients.models import Client
from clients.roles import Action
from clients.scope import current_scope
from clients.views import ClientViewSet

# The head of the page and the history tell these.
TOLD_ELSEWHERE = {"id", "client", "version", "created_at", "updated_at"}
NAMED_BY = ("code", "number", "kpi_key", "work_order", "shift_date", "shift", "line")


@dataclass
class RowPage:
    row: Any
    serializer: Any
    before: int | None

    @classmethod
    def of(cls, request: HttpRequest, entity: str, pk: int) -> RowPage:
        """Raises Http404 for a kind of rows that has no such page and for a row that is not
        there, and before that PermissionDenied where no role of the person reads such rows."""
        kind = ClientViewSet.by_entity.get(entity)
        if kind is None or kind.history is None:
            raise Http404
        if not current_scope().may(kind.view_action):
            raise PermissionDenied
        model: Any = kind.queryset.model
        serializer: Any = kind.serializer_class
        rows = getattr(model, "with_voided", model._default_manager)
        row = rows.filter(pk=pk).select_related(*serializer.references()).first()
        if row is None:
            raise Http404
        if not current_scope().may(kind.view_action, row.client_id):
            raise PermissionDenied
        return cls(row, serializer(row), page_asked(request.GET.get("before")))

    @property
    def client(self) -> Client | None:
        client: Client | None = self.row.client if self.row.client_id else None
        return client

    @property
    def title(self) -> str:
        """The kind of row, and what names it: of that no more than the role may read."""
        said = self.serializer.data
        parts = [str(said[name]) for name in NAMED_BY if said.get(name) is not None]
        return " ".join([str(self.row._meta.verbose_name).capitalize(), *parts])

    @property
    def zone(self) -> datetime.tzinfo:
        return self.client.zone if self.client else timezone.get_default_timezone()

    @property
    def facts(self) -> list[tuple[str, str]]:
        """What the row says, in the order of the API; nothing of fields that are empty."""
        words, fields = Words(zone=self.zone), self.serializer.fields
        columns = {each.name: each for each in self.row._meta.fields}
        said = []
        for name, value in self.serializer.data.items():
            if name in TOLD_ELSEWHERE or value in (None, "", [], {}):
                continue
            column = columns.get(fields[name].source)
            label = column.verbose_name if column else fields[name].label or name
            said.append((str(label), words.of(column, _plain(value))))
        return said

    @cached_property
    def history(self) -> History:
        return history_of(
            self.row,
            self.row.hidden_fields(),
            shown=told_by(self.serializer),
            zone=self.zone,
            before=self.before,
        )

    @property
    def older(self) -> str:
        return "?" + urlencode({"before": self.history.older}) if self.history.older else ""

    @property
    def edit_href(self) -> str:
        """To the form of the row, for those who may open it."""
        if not current_scope().may(Action.USE_ADMIN, self.row.client_id):
            return ""
        meta = self.row._meta
        try:
            return reverse(f"admin:{meta.app_label}_{meta.model_name}_change", args=[self.row.pk])
        except NoReverseMatch:
            return ""


def _plain(value: Any) -> Any:
    """The parts of a row, each by its values alone."""
    if isinstance(value, list):
        return ", ".join(str(_plain(each)) for each in value)
    return " ".join(str(each) for each in value.values()) if isinstance(value, dict) else value
