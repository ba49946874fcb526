"""Pages of a list by keyset: any depth costs the same, and no count tells of other rows."""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError as ModelError
from django.db.models import Q, QuerySet
from rest_framework.exceptions import ValidationError
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import remove_query_param, replace_query_param

from clients.fields import ClientForeignKey
from clients.references import code_name, target_of, text_of


@dataclass(frozen=True)
class Order:
    """One key of the allow-list, with the id behind it as the tie-breaker."""

    key: str
    descending: bool
    path: str

    @classmethod
    def of(cls, text: str, allowed: tuple[str, ...], model: Any) -> Order:
        key = text.removeprefix("-")
        if key not in allowed:
            raise ValidationError(
                {"ordering": [f"Unknown ordering “{key}”. Choose among {', '.join(allowed)}."]}
            )
        field = model._meta.pk if key == "id" else model._meta.get_field(key)
        path = key
        if isinstance(field, ClientForeignKey):
            path = f"{key}__{code_name(target_of(field)) or 'id'}"
        return cls(key, text.startswith("-"), path)

    @classmethod
    def asked_of(cls, view: Any, request: Request, model: Any) -> Order:
        """The key that the caller asks for, or the view's own."""
        allowed = tuple(getattr(view, "ordering_fields", ())) or ("id",)
        asked = request.query_params.get("ordering")
        default = getattr(view, "ordering", None) or allowed[0]
        return cls.of(asked or default, allowed if asked else (*allowed, "id"), model)

    def reversed(self) -> Order:
        return Order(self.key, not self.descending, self.path)

    def apply(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        sign = "-" if self.descending else ""
        return rows.order_by(f"{sign}{self.path}", f"{sign}id")

    def value(self, row: Any) -> Any:
        return getattr(row, self.key) if self.path == self.key else text_of(row, self.key)

    def after(self, value: Any, pk: int) -> Q:
        """Rows behind this one. PostgreSQL puts empty values last, and first when descending."""
        step = "lt" if self.descending else "gt"
        tie = Q(**{f"id__{step}": pk})
        if value is None:
            behind = Q(**{f"{self.path}__isnull": True}) & tie
            return behind | Q(**{f"{self.path}__isnull": False}) if self.descending else behind
        beyond = Q(**{f"{self.path}__{step}": value}) | (Q(**{self.path: value}) & tie)
        return beyond if self.descending else beyond | Q(**{f"{self.path}__isnull": True})


class ClientCursorPagination(BasePagination):
    page_size = 100
    max_page_size = 200

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any]:
        self.url = request.build_absolute_uri()
        self.order = Order.asked_of(view, request, queryset.model)
        self.size = self._size(request)
        self.cursor = self._cursor(request)
        backwards = bool(self.cursor and self.cursor["back"])
        order = self.order.reversed() if backwards else self.order
        rows = order.apply(self._from_cursor(queryset, order))
        found = list(rows[: self.size + 1])
        self.is_more = len(found) > self.size
        page = found[: self.size]
        self.page = page[::-1] if backwards else page
        self.has_next = True if backwards else self.is_more
        self.has_previous = self.is_more if backwards else self.cursor is not None
        return self.page

    def _size(self, request: Request) -> int:
        text = request.query_params.get("page_size", str(self.page_size))
        if text.isdecimal() and len(text) < 4 and 1 <= int(text) <= self.max_page_size:
            return int(text)
        raise ValidationError(
            {"page_size": [f"The page size is a whole number from 1 to {self.max_page_size}."]}
        )

    def _cursor(self, request: Request) -> dict[str, Any] | None:
        text = request.query_params.get("cursor")
        if text is None:
            return None
        try:
            cursor = json.loads(base64.urlsafe_b64decode(text.encode()))
            fits = cursor["order"] == [self.order.key, self.order.descending]
            if fits and isinstance(cursor["id"], int) and {"value", "back"} <= set(cursor):
                return dict(cursor)
        except (ValueError, KeyError, TypeError, binascii.Error):
            pass
        raise self._no_cursor()

    def _from_cursor(self, rows: QuerySet[Any], order: Order) -> QuerySet[Any]:
        if self.cursor is None:
            return rows
        value = self.cursor["value"]
        if not isinstance(value, str | int | float | bool | None) or "\x00" in str(value):
            raise self._no_cursor()
        try:
            return rows.filter(order.after(value, self.cursor["id"]))
        except (ValueError, TypeError, ModelError):
            raise self._no_cursor() from None

    @staticmethod
    def _no_cursor() -> ValidationError:
        return ValidationError({"cursor": ["This cursor does not belong to this list."]})

    def _link(self, row: Any, *, back: bool) -> str:
        value = self.order.value(row)
        if not isinstance(value, int | bool | None):
            value = str(value)
        cursor = {
            "order": [self.order.key, self.order.descending],
            "value": value,
            "id": row.pk,
            "back": back,
        }
        text = base64.urlsafe_b64encode(json.dumps(cursor).encode()).decode()
        return replace_query_param(remove_query_param(self.url, "cursor"), "cursor", text)

    def get_paginated_response(self, data: Any) -> Response:
        has_rows = bool(self.page)
        return Response(
            {
                "next": self._link(self.page[-1], back=False)
                if has_rows and self.has_next
                else None,
                "previous": (
                    self._link(self.page[0], back=True) if has_rows and self.has_previous else None
                ),
                "results": data,
            }
        )

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        link = {"type": ["string", "null"], "format": "uri"}
        return {
            "type": "object",
            "required": ["next", "previous", "results"],
            "properties": {"next": link, "previous": link, "results": schema},
        }

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        keys = tuple(getattr(view, "ordering_fields", ())) or ("id",)
        ways = [f"{sign}{key}" for key in keys for sign in ("", "-")]
        return [
            _parameter("cursor", "From `next` or `previous` of another page.", {"type": "string"}),
            _parameter(
                "page_size",
                "Rows on a page.",
                {"type": "integer", "minimum": 1, "maximum": self.max_page_size, "default": 100},
            ),
            _parameter(
                "ordering", "One key; `-` turns it round.", {"type": "string", "enum": ways}
            ),
        ]


def _parameter(name: str, description: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": name,
        "in": "query",
        "required": False,
        "description": description,
        "schema": schema,
    }
