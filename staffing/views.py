"""Floater assignments and required heads in the API."""

from __future__ import annotations

from typing import Any

from django.db.models import F
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from clients.bodies import VoidedRow
from clients.views import READING, ClientViewSet
from staffing.filters import ShiftCoverageFilter, StaffingRequirementFilter
from staffing.models import ShiftCoverage, StaffingRequirement
from staffing.serializers import (
    CODE_OF_COVERED,
    ShiftCoverageSerializer,
    StaffingRequirementSerializer,
)


class ShiftCoverageViewSet(ClientViewSet):
    """Where floaters are: one place at a time, among all clients."""

    queryset = ShiftCoverage.objects.all()
    serializer_class = ShiftCoverageSerializer
    filterset_class = ShiftCoverageFilter
    ordering = "-shift_date"
    ordering_fields = ("shift_date", "created_at", "hours")
    example = {"employee": "EMP-015", "shift_date": "2025-12-02", "shift": "1ST", "line": "L1"}

    def get_queryset(self) -> Any:
        rows = super().get_queryset()
        if self.action in READING:
            return rows.annotate(**{CODE_OF_COVERED: F("covers__employee__code")})
        return rows

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def confirm(self, request: Request, **kwargs: Any) -> Response:
        """A supervisor says that the person was there."""
        row = self._row_to_change(request)
        self._refuse_stale(request, row, required=False)
        row.confirm(by=request.user)
        return self._answer(row)

    @extend_schema(request=None, responses={200: VoidedRow})
    @action(detail=True, methods=["post"])
    def unassign(self, request: Request, **kwargs: Any) -> Response:
        """Frees the person from now on; before the start the assignment is taken back."""
        row = self._row_to_change(request)
        self._refuse_stale(request, row, required=False)
        row.unassign(by=request.user)
        return Response(VoidedRow(row).data) if row.is_voided else self._answer(row)

    def _answer(self, row: ShiftCoverage) -> Response:
        row.refresh_from_db(fields=["version", "updated_at"])
        return Response(self.get_serializer(row).data)


class StaffingRequirementViewSet(ClientViewSet):
    """How many people a line needs in a shift."""

    queryset = StaffingRequirement.objects.all()
    serializer_class = StaffingRequirementSerializer
    filterset_class = StaffingRequirementFilter
    ordering_fields = ("line", "id")
    example = {"line": "L1", "shift": "1ST", "required_headcount": 10, "valid_from": "2025-01-01"}
