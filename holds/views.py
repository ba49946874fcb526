from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from clients.roles import Action
from clients.views import ClientViewSet, VerifiedViewSet
from holds import filters, flow, moves
from holds import serializers as shown
from holds.flow import HoldAction
from holds.models import PEOPLE, HoldReason, HoldTransition, WIPHold


class HoldReasonViewSet(ClientViewSet):
    queryset = HoldReason.objects.all()
    serializer_class = shown.HoldReasonSerializer
    filterset_class = filters.HoldReasonFilter
    ordering_fields = ("sort_order", "code", "name")
    example = {"code": "TOOLING", "name": "Tooling"}


class WIPHoldViewSet(VerifiedViewSet):
    """Holds of whole orders, of jobs and of quantities.

    Whoever may decide puts on hold at once; others ask for it, and it counts from the time they
    asked for once it is approved.
    """

    queryset = WIPHold.objects.all()
    serializer_class = shown.WIPHoldSerializer
    filterset_class = filters.WIPHoldFilter
    ordering = "-held_at"
    ordering_fields = ("held_at", "ended_at", "state", "work_order", "expected_resolution_date")
    example = {
        "work_order": "WO-2025-001",
        "hold_reason": "QUALITY_ISSUE",
        "quantity": 40,
        "held_at": "2025-12-03T16:00:00Z",
    }

    def required_action(self) -> Action:
        for each, needed in flow.WHO.items():
            if self.action == each.value:
                return needed
        return super().required_action()

    def get_queryset(self) -> Any:
        return super().get_queryset().select_related(*PEOPLE)

    def _row_to_change(self, request: Request) -> Any:
        # The order before its hold: whoever cancels the order takes them so as well.
        key = self.kwargs["pk"]
        if key.isdecimal() and len(key) < 19:
            moves.locked_order(int(key))
        return super()._row_to_change(request)

    @extend_schema(request=shown.StepRequest)
    @action(detail=True, methods=["post"])
    def approve(self, request: Request, **kwargs: Any) -> Response:
        """Approves a requested hold, which then counts from the requested time, or a resume."""
        return self._take(request, HoldAction.APPROVE)

    @extend_schema(request=shown.StepWithNote)
    @action(detail=True, methods=["post"])
    def reject(self, request: Request, **kwargs: Any) -> Response:
        """Refuses a requested hold, which then never stood, or a resume: the material stands."""
        return self._take(request, HoldAction.REJECT)

    @extend_schema(request=shown.StepRequest)
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, **kwargs: Any) -> Response:
        """Takes the own request back."""
        return self._take(request, HoldAction.CANCEL)

    @extend_schema(request=shown.StepRequest)
    @action(detail=True, methods=["post"], url_path="request-resume", url_name="request-resume")
    def request_resume(self, request: Request, **kwargs: Any) -> Response:
        """Asks for the material to go on; it stands until somebody approves."""
        return self._take(request, HoldAction.REQUEST_RESUME)

    @extend_schema(request=shown.StepRequest)
    @action(detail=True, methods=["post"])
    def resume(self, request: Request, **kwargs: Any) -> Response:
        """Lets the material go on from now."""
        return self._take(request, HoldAction.RESUME)

    @extend_schema(request=shown.StepRequest, responses={200: shown.ScrappedHold})
    @action(detail=True, methods=["post"])
    def scrap(self, request: Request, **kwargs: Any) -> Response:
        """Scraps the held quantity; a re-inspection counts it."""
        return self._take(request, HoldAction.SCRAP)

    @extend_schema(request=shown.StepWithNote)
    @action(detail=True, methods=["post"])
    def release(self, request: Request, **kwargs: Any) -> Response:
        """Releases the material to the client as it is."""
        return self._take(request, HoldAction.RELEASE)

    def _take(self, request: Request, step: HoldAction) -> Response:
        row = self._row_to_change(request)
        if step is HoldAction.CANCEL and not flow.is_requesters(row, request.user):
            raise PermissionDenied(flow.ONLY_THE_REQUESTER)
        asked = shown.StepRequest(data=request.data)
        asked.is_valid(raise_exception=True)
        self._refuse_stale(request, row, required=False)
        counted = moves.move(row, step, by=request.user, note=asked.validated_data["note"])
        if step is not HoldAction.SCRAP:
            return Response(self.get_serializer(row).data)
        question = flow.NEW_JOB_OR_SAME if counted else ""
        context = {**self.get_serializer_context(), "counted": counted, "question": question}
        return Response(shown.ScrappedHold(row, context=context).data)


class HoldTransitionViewSet(ClientViewSet):
    """Every step of every hold, as it happened."""

    queryset = HoldTransition.objects.all()
    serializer_class = shown.HoldTransitionSerializer
    filterset_class = filters.HoldTransitionFilter
    ordering_fields = ("at", "hold", "id")
    http_method_names = ["get", "head"]
    history = None  # type: ignore[assignment]  # it is one, and never changes
    # No file brings a log back, so none is written of it.
    export: Any = None

    def get_queryset(self) -> Any:
        return super().get_queryset().select_related("by")
