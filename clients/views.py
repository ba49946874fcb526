"""The view set under every endpoint of client rows, and how the API refuses.

    class MachineViewSet(ClientViewSet):
        queryset = Machine.objects.all()
        serializer_class = MachineSerializer
        filterset_class = MachineFilter
        ordering_fields = ("code", "name", "line")
        example = {"code": "M-01", "name": "Press 1"}

and, in the app's urls.py, `api_routes = [("machines", MachineViewSet)]`. The first ordering key is
the default. Who may write is said by the model (`edit_action`), what is valid as well.
"""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from django.core.exceptions import ValidationError as ModelError
from django.db import DataError, IntegrityError, ProgrammingError
from django.db.models import ProtectedError, RestrictedError
from django.http import Http404, HttpResponseBase
from django_filters import MultipleChoiceFilter
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.exceptions import (
    APIException,
    NotFound,
    PermissionDenied,
    ValidationError,
)
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import exception_handler
from rest_framework.viewsets import ModelViewSet

from clients.bodies import (
    BulkAnswer,
    BulkRequest,
    VerifyAnswer,
    VerifyRequest,
    VoidedRow,
    VoidRequest,
)
from clients.constraints import sentence_for
from clients.forms import changed_by
from clients.history_endpoint import HistoryEndpoint
from clients.imports.bulk import write_rows
from clients.imports.entities import registry, snake
from clients.imports.errors import Fault, Refused
from clients.imports.exports import FORMS, Export
from clients.models import Client
from clients.pagination import Order
from clients.permissions import NOT_HERE, MayInSomeClient, may
from clients.references import with_codes
from clients.roles import Action
from clients.schema import EXPORT_PARAMETERS, ClientSchema
from clients.scope import current_scope
from clients.serializers import client_named
from clients.spreadsheets import XLSX_TYPE
from clients.verification import verify_rows

RESERVED = {"client"}
ORDERING = {"ordering"}
PAGING = {*ORDERING, "cursor", "page_size"}
FORM = "form"
LISTS = ("list", "export")
READING = (*LISTS, "retrieve", "history")
OWN_PARAMETERS = {"list": PAGING, "export": {*ORDERING, FORM}, "history": {"before"}}


class Conflict(APIException):
    status_code = status.HTTP_409_CONFLICT

    def __init__(self, detail: Any) -> None:
        # Set as it is: the base class would turn the numbers of the current row into text.
        self.detail = detail


def api_exception_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """Every refusal is a sentence, and whatever was written before it is rolled back."""
    context["request"]._request.has_failed = True
    return exception_handler(_as_api_error(error), context)


def _as_api_error(error: Exception) -> Exception:
    if isinstance(error, Http404):
        return NotFound()
    if isinstance(error, IntegrityError) and not isinstance(
        error, ProtectedError | RestrictedError
    ):
        return ValidationError(_sentences(sentence_for(error)))
    if isinstance(error, ProtectedError | RestrictedError):
        return Conflict({"detail": "Other rows name this one. Void it instead."})
    if isinstance(error, ModelError):
        return ValidationError(_sentences(error))
    if isinstance(error, DataError):
        return ValidationError({"non_field_errors": ["A value is out of range."]})
    if isinstance(error, ProgrammingError) and _sqlstate(error) == "42501":
        return PermissionDenied(NOT_HERE)
    return error


def _sqlstate(error: Exception) -> str:
    return getattr(error.__cause__, "sqlstate", "") or ""


def _sentences(error: ModelError) -> dict[str, list[str]]:
    if hasattr(error, "error_dict"):
        said = dict(error.message_dict)
        if "__all__" in said:
            said["non_field_errors"] = said.pop("__all__")
        return said
    return {"non_field_errors": error.messages}


class ClientViewSet(HistoryEndpoint, ModelViewSet):
    permission_classes = [MayInSomeClient]
    schema = ClientSchema()
    http_method_names = ["get", "post", "put", "patch", "delete", "head"]

    queryset: Any
    filterset_class: Any = None
    view_action: ClassVar[Action] = Action.VIEW
    ordering_fields: ClassVar[tuple[str, ...]] = ("id",)
    example: ClassVar[dict[str, Any]] = {}
    # By the name that files and addresses have for the rows: production_entry.
    by_entity: ClassVar[dict[str, type[ClientViewSet]]] = {}

    def __init_subclass__(cls, **more: Any) -> None:
        super().__init_subclass__(**more)
        if "queryset" in vars(cls):
            ClientViewSet.by_entity[snake(cls.queryset.model.__name__)] = cls

    @property
    def model(self) -> Any:
        return self.queryset.model

    def required_action(self) -> Action:
        if self.action in READING:
            return self.view_action
        if self.action == "destroy":
            return Action.PLATFORM
        return getattr(self.model, "edit_action", Action.PLATFORM)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        self._refuse_strange_parameters(request)

    def _refuse_strange_parameters(self, request: Request) -> None:
        """A misspelt filter would otherwise answer with everything."""
        filters = self._filters() if self.action in LISTS else {}
        own = OWN_PARAMETERS.get(self.action or "", set())
        known = RESERVED | own | set(filters)
        for name, values in request.query_params.lists():
            if name not in known:
                raise ValidationError({name: ["Unknown parameter."]})
            if len(values) > 1 and not isinstance(filters.get(name), MultipleChoiceFilter):
                raise ValidationError({name: ["Name this parameter once."]})
            if not all(each.strip() for each in values):
                raise ValidationError({name: ["Give a value, or leave the parameter out."]})

    def _filters(self) -> dict[str, Any]:
        return dict(self.filterset_class.base_filters) if self.filterset_class else {}

    def filter_queryset(self, queryset: Any) -> Any:
        """One row is named by its key alone: parameters that filter are refused beside it."""
        return queryset if self.detail else super().filter_queryset(queryset)

    def get_queryset(self) -> Any:
        serializer: Any = self.get_serializer_class()
        references = serializer.references() if hasattr(serializer, "references") else []
        rows = super().get_queryset()
        if self.action in READING:
            return with_codes(rows, references)
        judged_by = getattr(self.model, "judged_by", ())
        return rows.select_related(*references, *judged_by).select_for_update(of=("self",))

    # -- files -----------------------------------------------------------------------------

    def perform_content_negotiation(self, request: Request, force: bool = False) -> Any:
        """A file is asked for by `form`; what else the caller would take does not matter."""
        return super().perform_content_negotiation(request, force or self.action == "export")

    @extend_schema(
        parameters=EXPORT_PARAMETERS,
        responses={(200, "text/csv"): OpenApiTypes.BINARY, (200, XLSX_TYPE): OpenApiTypes.BINARY},
    )
    @action(detail=False, methods=["get"], pagination_class=None)
    def export(self, request: Request) -> HttpResponseBase:
        """The rows of the list as a file that an import reads again; of one client.

        Without a parameter about days the last thirty days, where rows have a day; at most three
        years and 100,000 rows.
        """
        entity, form = registry.of(self.model), request.query_params.get(FORM, "csv")
        if entity is None:
            raise NotFound
        if form not in FORMS:
            raise ValidationError({FORM: ["Choose csv or xlsx."]})
        order = Order.asked_of(self, request, self.model)
        rows = order.apply(self.filter_queryset(self.get_queryset()))
        asked = {name: text for name, text in request.query_params.items() if name != FORM}
        words = [(name.replace("_", " "), str(asked[name])) for name in asked if name != "client"]
        try:
            return Export(entity, client_named(None), rows, asked, words).answer(form)
        except Refused as refusal:
            raise _as_refusal(refusal) from refusal

    # -- writing ---------------------------------------------------------------------------

    def _row_to_change(self, request: Request) -> Any:
        """The row, locked; 404 before 403, then the version that the caller has seen."""
        row = self.get_object() if self._may_lock() else None
        if row is None or not may(self.required_action(), row.client_id):
            raise PermissionDenied(NOT_HERE)
        return row

    def _may_lock(self) -> bool:
        """Row-level security hides rows shared by all from those who lock and may not write."""
        model = self.model
        shared = (
            model.objects.filter(client__isnull=True) if _is_shared(model) else model.objects.none()
        )
        return (
            current_scope().reaches_all or not shared.filter(pk=_number(self.kwargs["pk"])).exists()
        )

    def _refuse_locked(self, row: Any) -> None:
        refusal = row.refusal_to_edit(current_scope())
        if refusal:
            raise PermissionDenied(refusal)

    def _refuse_stale(self, request: Request, row: Any, *, required: bool) -> None:
        seen = request.headers.get("If-Match", "").strip().removeprefix("W/").strip('"')
        seen = seen or str(_sent(request).get("version", ""))
        if not seen and not required:
            return
        if not seen.isdecimal():
            raise ValidationError({"version": ["Send the version that you read."]})
        if int(seen) != row.version:
            raise Conflict(self._difference(request, row))

    def _difference(self, request: Request, row: Any) -> dict[str, Any]:
        current = self.get_serializer(row).data
        sent = _sent(request)
        differences = {
            name: {"yours": value, "current": current[name]}
            for name, value in sent.items()
            if name in current and name != "version" and value != current[name]
        }
        return {"detail": changed_by(row), "current": current, "differences": differences}

    def update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        row = self._row_to_change(request)
        self._refuse_locked(row)
        self._refuse_stale(request, row, required=True)
        serializer = self.get_serializer(
            row, data=request.data, partial=kwargs.get("partial", False)
        )
        serializer.is_valid(raise_exception=True)
        serializer.save()
        return Response(serializer.data)

    def destroy(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        self._row_to_change(request).delete()
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(
        request=BulkRequest,
        responses={201: BulkAnswer, 200: BulkAnswer, 400: BulkAnswer},
        parameters=[
            OpenApiParameter(
                "Idempotency-Key",
                OpenApiTypes.UUID,
                OpenApiParameter.HEADER,
                required=True,
                description="A new UUID per submit; sent again it gives the first answer.",
            )
        ],
    )
    @action(detail=False, methods=["post"], filterset_class=None, pagination_class=None)
    def bulk(self, request: Request) -> Response:
        """Many rows of one client in one transaction, all or none, with the errors of files."""
        key = _key(request)
        asked = BulkRequest(data=request.data)
        asked.is_valid(raise_exception=True)
        client = client_named(asked.validated_data.get("client"))
        entity = registry.of(self.model)
        if entity is None:
            raise NotFound
        rows, strangers = _without_client(asked.validated_data["rows"], client)
        if strangers:
            return Response(_refused(entity.name, len(rows), strangers), status=400)
        try:
            done = write_rows(
                entity.name,
                client,
                rows,
                key=key,
                update=asked.validated_data["update"],
                reason=asked.validated_data["change_reason"],
            )
        except Refused as refusal:
            raise _as_refusal(refusal) from refusal
        status_code = 400 if not done.ok else 200 if done.repeated else 201
        return Response(done.as_json(), status=status_code)

    @extend_schema(request=VoidRequest, responses={200: VoidedRow})
    @action(detail=True, methods=["post"])
    def void(self, request: Request, **kwargs: Any) -> Response:
        """Takes the row out of every list and figure; it stays for the history."""
        row = self._row_to_change(request)
        self._refuse_locked(row)
        asked = VoidRequest(data=request.data)
        asked.is_valid(raise_exception=True)
        self._refuse_stale(request, row, required=False)
        row.void(by=request.user, reason=asked.validated_data["reason"])
        return Response(VoidedRow(row).data)


class VerifiedViewSet(ClientViewSet):
    """Rows that a second person confirms."""

    def required_action(self) -> Action:
        if self.action in ("verify", "verify_many"):
            return self.model.verify_action
        return super().required_action()

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def verify(self, request: Request, **kwargs: Any) -> Response:
        """Confirms the row as a second person."""
        row = self._row_to_change(request)
        self._refuse_stale(request, row, required=False)
        if refusal := row.refusal_to_verify(current_scope()):
            raise ValidationError({"non_field_errors": [refusal]})
        row.verify(by=request.user)
        row.refresh_from_db(fields=["version", "updated_at"])
        return Response(self.get_serializer(row).data)

    @extend_schema(request=VerifyRequest, responses={200: VerifyAnswer})
    @action(
        detail=False, methods=["post"], url_path="verify", filterset_class=None,
        pagination_class=None,
    )  # fmt: skip
    def verify_many(self, request: Request) -> Response:
        """Confirms rows as a second person, each judged by itself; with one unknown id, none."""
        asked = VerifyRequest(data=request.data)
        asked.is_valid(raise_exception=True)
        ids = set(asked.validated_data["ids"])
        rows = list(self.get_queryset().filter(pk__in=ids).order_by("pk"))
        if len(rows) != len(ids):
            raise NotFound
        verdict = verify_rows(rows, current_scope())
        return Response(
            {
                "verified": [row.pk for row in verdict.verified],
                "refused": [{"id": row.pk, "reason": said} for row, said in verdict.refused],
            }
        )


def _is_shared(model: Any) -> bool:
    return bool(model._meta.get_field("client").null)


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 19 else 0


def _key(request: Request) -> uuid.UUID:
    try:
        return uuid.UUID(request.headers.get("Idempotency-Key", ""))
    except ValueError:
        raise ValidationError(
            {"Idempotency-Key": ["Send a UUID of your own in this header."]}
        ) from None


def _without_client(
    rows: list[dict[str, Any]], client: Client
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """A row may repeat the client of the submit; any other one is unknown, foreign or not."""
    strangers = [
        Fault(
            place,
            "client",
            str(row["client"]),
            "unknown_code",
            f"Unknown client “{row['client']}”.",
        ).as_json()
        for place, row in enumerate(rows, start=1)
        if row.get("client", client.code) != client.code
    ]
    return [{k: v for k, v in row.items() if k != "client"} for row in rows], strangers


def _refused(entity: str, total: int, errors: list[dict[str, Any]]) -> dict[str, Any]:
    nothing = {"new": 0, "changed": 0, "same": 0, "rejected": len(errors), "written": 0}
    return {
        "entity": entity,
        "batch": None,
        "rows_total": total,
        **nothing,
        "ids": [None] * total,
        "states": ["rejected"] * total,
        "errors": errors,
    }


def _as_refusal(refusal: Refused) -> APIException:
    if refusal.code == "idempotency_key":
        return Conflict({"detail": str(refusal)})
    return ValidationError({"non_field_errors": [str(refusal)]})


def _sent(request: Request) -> dict[str, Any]:
    return request.data if isinstance(request.data, dict) else {}
