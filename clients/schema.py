"""What the OpenAPI description says of every endpoint of client rows."""

from __future__ import annotations

from typing import Any, Literal

from django.db.models import GeneratedField
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiExample, OpenApiParameter
from rest_framework import serializers

from clients.fields import EmployeeForeignKey

FAILURE = {"type": "object", "properties": {"detail": {"type": "string"}}, "required": ["detail"]}
FAULTS = {
    "type": "object",
    "description": "Sentences by field; `non_field_errors` for the row as a whole.",
    "additionalProperties": {"type": "array", "items": {"type": "string"}},
}
STALE = {
    "type": "object",
    "properties": {
        "detail": {"type": "string"},
        "current": {"type": "object", "description": "The row as it is stored now."},
        "differences": {
            "type": "object",
            "additionalProperties": {
                "type": "object",
                "properties": {"yours": {}, "current": {}},
            },
        },
    },
    "required": ["detail", "current", "differences"],
}
EXPORT_PARAMETERS = [
    OpenApiParameter("form", str, enum=["csv", "xlsx"], default="csv"),
    OpenApiParameter("ordering", str, description="As for the list."),
]
BEFORE = OpenApiParameter("before", int, description="`older` of the page before this one.")
WRITING = ("create", "update", "partial_update", "destroy", "void", "verify", "bulk")


class ApiTokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "clients.tokens.ApiTokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {
            "type": "apiKey",
            "in": "header",
            "name": "Authorization",
            "description": "`Token <key>`; a platform admin issues keys.",
        }


class TruthfulSchema(AutoSchema):
    """Says of each field of an answer what really comes: what is empty in the table, whom the
    caller's role hides, and times of a day, which have no offset."""

    def _get_serializer_field_meta(self, field: Any, direction: str) -> dict[str, Any]:
        meta = dict(super()._get_serializer_field_meta(field, direction))
        column = _column(field)
        may_be_empty = column is not None and (
            column.null or isinstance(column, EmployeeForeignKey | GeneratedField)
        )
        if direction == "response" and may_be_empty:
            meta["nullable"] = True
        return meta

    def _map_serializer_field(self, field: Any, *args: Any, **kwargs: Any) -> Any:
        schema = super()._map_serializer_field(field, *args, **kwargs)
        if isinstance(field, serializers.TimeField):
            del schema["format"]
            schema["pattern"] = r"^\d\d:\d\d(:\d\d(\.\d+)?)?$"
        column = _column(field)
        if field.read_only and column is not None and column.blank and "enum" in schema:
            schema["enum"] = [*schema["enum"], ""]
        return schema


def _column(field: Any) -> Any:
    """The field of the model that a field of an answer begins with; None if there is none."""
    model = getattr(getattr(field.parent, "Meta", None), "model", None)
    names = {each.name: each for each in model._meta.fields} if model else {}
    return names.get(field.source.partition(".")[0]) if field.source else None


class RefusingSchema(TruthfulSchema):
    """Adds how an endpoint refuses; also a `client` that is not one of the caller's."""

    def _get_response_bodies(
        self, direction: Literal["request", "response"] = "response"
    ) -> dict[str, Any]:
        bodies = dict(super()._get_response_bodies(direction))
        action = getattr(self.view, "action", "")
        refusals = {"400": FAULTS, "401": FAILURE, "403": FAILURE, "404": FAILURE}
        if action in ("update", "partial_update", "void", "verify"):
            refusals["409"] = STALE
        if action == "destroy":
            refusals["409"] = FAILURE
        for status, schema in refusals.items():
            told = bodies.setdefault(
                status,
                {
                    "content": {"application/json": {"schema": schema}},
                    "description": _WORDS[status],
                },
            )["content"]["application/json"]
            if told["schema"] is not schema:
                # It also refuses in a way of its own.
                told["schema"] = {"anyOf": [told["schema"], schema]}
        return bodies


class ClientSchema(RefusingSchema):
    """Adds the `client` parameter and the example that the view names."""

    def get_override_parameters(self) -> list[Any]:
        return [
            OpenApiParameter(
                "client", str, description="Code of one of your clients: narrows, never widens."
            ),
            *super().get_override_parameters(),
        ]

    def get_operation_id(self) -> str:
        """Of many rows, the same word as of one."""
        name = super().get_operation_id()
        is_many = getattr(self.view, "action", "") == "verify_many"
        return name.replace("_verify_create", "_verify_many") if is_many else name

    def get_examples(self) -> list[Any]:
        example = getattr(self.view, "example", None)
        if example and getattr(self.view, "action", "") == "create":
            return [OpenApiExample("A new row", value=example, request_only=True)]
        return list(super().get_examples())


_WORDS = {
    "400": "Something is wrong with what was sent; nothing was stored.",
    "401": "Who are you?",
    "403": "Your role does not allow this.",
    "404": "No such row, or no such client, among yours.",
    "409": "The row was changed meanwhile, or others refer to it; nothing was stored.",
}
