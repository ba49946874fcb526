from __future__ import annotations

from dataclasses import replace
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from clients.roles import Action
from clients.views import ClientViewSet, VerifiedViewSet
from quality import holding
from quality.filters import DefectFilter, DefectTypeFilter, QualityInspectionFilter
from quality.models import Defect, DefectType, QualityInspection
from quality.serializers import (
    DefectSerializer,
    DefectTypeSerializer,
    HoldMade,
    HoldRequest,
    QualityInspectionSerializer,
)


class DefectTypeViewSet(ClientViewSet):
    queryset = DefectType.objects.all()
    serializer_class = DefectTypeSerializer
    filterset_class = DefectTypeFilter
    ordering_fields = ("sort_order", "code", "name")
    example = {"code": "LOOSE_THREAD", "name": "Loose thread", "severity": "MINOR"}


class QualityInspectionViewSet(VerifiedViewSet):
    queryset = QualityInspection.objects.all()
    serializer_class = QualityInspectionSerializer
    filterset_class = QualityInspectionFilter
    ordering = "-shift_date"
    ordering_fields = ("shift_date", "created_at", "units_inspected")
    example = {
        "shift_date": "2025-12-02",
        "shift": "1ST",
        "line": "L1",
        "units_inspected": 180,
        "units_defective": 9,
    }

    def required_action(self) -> Action:
        return Action.HOLD_REQUEST if self.action == "hold" else super().required_action()

    @extend_schema(request=HoldRequest, responses={201: HoldMade})
    @action(detail=True, methods=["post"])
    def hold(self, request: Request, **kwargs: Any) -> Response:
        """Puts the inspected material on hold, or asks for it, without typing it again."""
        asked = holding.prefilled(self._row_to_change(request))
        given = HoldRequest(data=request.data)
        given.is_valid(raise_exception=True)
        said = given.validated_data
        units = replace(asked.material, quantity=said.get("quantity", asked.material.quantity))
        made = holding.put_on_hold(
            replace(
                asked,
                material=units,
                reason=said["hold_reason"].strip().upper(),
                detail=said["reason_detail"],
                location=said["location"],
                notes=said["notes"],
            )
        )
        return Response(HoldMade(made).data, status=201)


class DefectViewSet(ClientViewSet):
    queryset = Defect.objects.all()
    serializer_class = DefectSerializer
    filterset_class = DefectFilter
    ordering_fields = ("id", "created_at", "quantity")
    example = {"inspection": 1, "defect_type": "STITCH", "quantity": 3}
