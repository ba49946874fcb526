"""The caller's own clients, and the submits made for them: read only."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from clients.filters import ClientFilterSet
from clients.imports.batches import may_be_quoted
from clients.imports.entities import registry
from clients.models import Client, ImportBatch
from clients.permissions import clients_where
from clients.roles import Action
from clients.scope import current_scope
from clients.serializers import ClientSerializer
from clients.views import ClientViewSet


class OwnClientSerializer(serializers.ModelSerializer):
    class Meta:
        model = Client
        fields = (
            "id",
            "code",
            "name",
            "client_type",
            "timezone",
            "currency",
            "language",
            "date_format",
            "week_start",
        )
        read_only_fields = fields


class OwnClientViewSet(ClientViewSet):
    """The clients in which you have a role."""

    export = None  # type: ignore[assignment]  # no import reads these
    history = None  # type: ignore[assignment]  # kept by platform admins

    queryset = Client.objects.filter(active=True)
    serializer_class = OwnClientSerializer
    ordering_fields = ("code", "name")
    http_method_names = ["get", "head"]


class ImportBatchSerializer(ClientSerializer):
    class Meta:
        model = ImportBatch
        fields: Any = (
            "kind",
            "entity",
            "file_name",
            "idempotency_key",
            "state",
            "rows_total",
            "rows_new",
            "rows_changed",
            "rows_same",
            "rows_rejected",
            "errors",
            "confirmed_at",
            "undone_at",
        )
        read_only_fields = fields

    def to_representation(self, instance: ImportBatch) -> dict[str, Any]:
        """Refused rows are quoted to those who may import such rows: they can hold what only
        some roles may see."""
        shown = super().to_representation(instance)
        known = any(each.name == instance.entity for each in registry.in_order())
        if not known or not may_be_quoted(instance, current_scope()):
            shown.pop("errors")
        return shown


class ImportBatchFilter(ClientFilterSet):
    class Meta:
        model = ImportBatch
        fields = ("kind", "entity", "state", "created_at")


class ImportBatchViewSet(ClientViewSet):
    """One submit of a file, a sheet or an API call."""

    export = None  # type: ignore[assignment]  # no import reads these
    history = None  # type: ignore[assignment]  # it would quote the rows of the file

    queryset = ImportBatch.objects.all()
    serializer_class = ImportBatchSerializer
    filterset_class = ImportBatchFilter
    ordering = "-created_at"
    ordering_fields = ("created_at", "id")
    # Refused rows are quoted as they were typed, codes of people included.
    view_action = Action.ENTRY
    http_method_names = ["get", "head"]

    def get_queryset(self) -> Any:
        return super().get_queryset().filter(client__in=clients_where(self.view_action))
