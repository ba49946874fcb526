"""The API of the plant's rows."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from clients.roles import Action
from clients.views import ClientViewSet
from plant import filters
from plant import serializers as plant
from plant.models import (
    CalendarDay,
    Employee,
    Line,
    LineAssignment,
    LineShift,
    Operation,
    Part,
    Shift,
    ShiftBreak,
    Standard,
    Style,
    StyleOperation,
)
from plant.models.people import clients_with_names


class LineViewSet(ClientViewSet):
    queryset = Line.objects.all()
    serializer_class = plant.LineSerializer
    filterset_class = filters.LineFilter
    ordering_fields = ("code", "name", "department")
    example = {"code": "L1", "name": "Line 1", "stations": 10, "standard_crew": 10}


class ShiftViewSet(ClientViewSet):
    queryset = Shift.objects.all()
    serializer_class = plant.ShiftSerializer
    filterset_class = filters.ShiftFilter
    ordering_fields = ("code", "start_time")
    example = {"code": "1ST", "name": "First shift", "start_time": "07:00", "end_time": "17:00"}


class ShiftBreakViewSet(ClientViewSet):
    queryset = ShiftBreak.objects.all()
    serializer_class = plant.ShiftBreakSerializer
    filterset_class = filters.ShiftBreakFilter
    ordering_fields = ("id", "shift", "start_offset_minutes")
    example = {"shift": "1ST", "name": "Meal", "start_offset_minutes": 300, "duration_minutes": 60}


class CalendarDayViewSet(ClientViewSet):
    queryset = CalendarDay.objects.all()
    serializer_class = plant.CalendarDaySerializer
    filterset_class = filters.CalendarDayFilter
    ordering_fields = ("date", "line")
    example = {"date": "2025-12-25", "kind": "HOLIDAY", "name": "Christmas"}


class PlanChange(serializers.Serializer):
    planned_minutes = serializers.IntegerField(min_value=1, max_value=1500)
    reason = serializers.CharField(max_length=300)


class Reason(serializers.Serializer):
    reason = serializers.CharField(max_length=300)


class LineShiftViewSet(ClientViewSet):
    queryset = LineShift.objects.all()
    serializer_class = plant.LineShiftSerializer
    filterset_class = filters.LineShiftFilter
    ordering_fields = ("shift_date", "line", "shift", "starts_at")
    example = {"line": "L1", "shift": "1ST", "shift_date": "2025-12-02", "planned_units": 320}

    def required_action(self) -> Action:
        own = {"replan": Action.CHANGE_PLAN, "reopen": Action.REOPEN_SHIFT}
        return own.get(self.action or "") or super().required_action()

    @extend_schema(request=PlanChange)
    @action(detail=True, methods=["post"])
    def replan(self, request: Request, **kwargs: Any) -> Response:
        """Changes the planned minutes of a shift that has started; by a manager, with a reason."""
        row = self._row_to_change(request)
        asked = PlanChange(data=request.data)
        asked.is_valid(raise_exception=True)
        row.replan(
            minutes=asked.validated_data["planned_minutes"], reason=asked.validated_data["reason"]
        )
        return self._as_stored(row)

    @extend_schema(request=Reason)
    @action(detail=True, methods=["post"], url_path="not-planned")
    def not_planned(self, request: Request, **kwargs: Any) -> Response:
        """The line did not run and was not meant to; refused while rows exist."""
        row = self._row_to_change(request)
        asked = Reason(data=request.data)
        asked.is_valid(raise_exception=True)
        row.set_not_planned(reason=asked.validated_data["reason"])
        return self._as_stored(row)

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def close(self, request: Request, **kwargs: Any) -> Response:
        """Says that what was recorded is complete; a later change needs a reason."""
        row = self._row_to_change(request)
        row.close(by=request.user)
        return self._as_stored(row)

    @extend_schema(request=Reason)
    @action(detail=True, methods=["post"])
    def reopen(self, request: Request, **kwargs: Any) -> Response:
        """Opens a closed shift again; by a manager, with a reason."""
        row = self._row_to_change(request)
        asked = Reason(data=request.data)
        asked.is_valid(raise_exception=True)
        row.reopen(reason=asked.validated_data["reason"])
        return self._as_stored(row)

    def _as_stored(self, row: LineShift) -> Response:
        row.refresh_from_db(fields=["version", "updated_at"])
        return Response(self.get_serializer(row).data)


class OperationViewSet(ClientViewSet):
    queryset = Operation.objects.all()
    serializer_class = plant.OperationSerializer
    filterset_class = filters.OperationFilter
    ordering_fields = ("sequence", "code", "name")
    example = {"code": "WELDING", "name": "Welding", "sequence": 25}


class StyleViewSet(ClientViewSet):
    queryset = Style.objects.all()
    serializer_class = plant.StyleSerializer
    filterset_class = filters.StyleFilter
    ordering_fields = ("code", "name", "family")
    example = {"code": "ROPER-BOOT", "name": "Roper boot", "family": "boots"}


class StyleOperationViewSet(ClientViewSet):
    queryset = StyleOperation.objects.all()
    serializer_class = plant.StyleOperationSerializer
    filterset_class = filters.StyleOperationFilter
    ordering_fields = ("id", "style", "sequence")
    example = {"style": "ROPER-BOOT", "operation": "SEWING", "sequence": 20}


class PartViewSet(ClientViewSet):
    queryset = Part.objects.all()
    serializer_class = plant.PartSerializer
    filterset_class = filters.PartFilter
    ordering_fields = ("code", "style", "category")
    example = {"code": "BOOT-ABC123", "style": "ROPER-BOOT", "opportunities_per_unit": 47}


class StandardViewSet(ClientViewSet):
    queryset = Standard.objects.all()
    serializer_class = plant.StandardSerializer
    filterset_class = filters.StandardFilter
    ordering_fields = ("id", "part", "style", "line")
    example = {
        "part": "BOOT-ABC123",
        "labour_hours_per_unit": 0.25,
        "cycle_hours_per_unit": 0.025,
        "valid_from": "2025-01-01",
        "reason": "time study",
    }


class EmployeeViewSet(ClientViewSet):
    queryset = Employee.objects.all()
    serializer_class = plant.EmployeeSerializer
    filterset_class = filters.EmployeeFilter
    ordering_fields = ("code", "full_name", "department")
    view_action = Action.SEE_NAMES
    example = {"code": "EMP-001", "full_name": "María José Núñez", "labour_class": "DIRECT"}

    def get_queryset(self) -> Any:
        return super().get_queryset().with_names()


class LineAssignmentViewSet(ClientViewSet):
    queryset = LineAssignment.objects.all()
    serializer_class = plant.LineAssignmentSerializer
    filterset_class = filters.LineAssignmentFilter
    ordering_fields = ("id", "employee", "line")
    view_action = Action.SEE_NAMES
    example = {"employee": "EMP-001", "line": "L1", "valid_from": "2025-01-01"}

    def get_queryset(self) -> Any:
        return super().get_queryset().filter(client__in=clients_with_names())
