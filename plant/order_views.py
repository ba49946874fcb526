"""The API of orders: rows, moves and the course they took."""

from __future__ import annotations

from typing import Any

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from clients.permissions import NOT_HERE, may
from clients.roles import Action
from clients.views import ClientViewSet
from plant import filters, order_moves
from plant import order_serializers as orders
from plant.models import Job, OrderTransition, Shipment, WorkOrder
from plant.order_status import MoveSource


class WorkOrderViewSet(ClientViewSet):
    queryset = WorkOrder.objects.all()
    serializer_class = orders.WorkOrderSerializer
    filterset_class = filters.WorkOrderFilter
    ordering_fields = ("number", "received_date", "promised_date", "priority", "status")
    example = {"number": "WO-2025-001", "planned_quantity": 600, "promised_date": "2025-12-12"}
    verb_actions = {"qc_approve": Action.QC_APPROVE, "classify_delay": Action.CLASSIFY_DELAY}

    def required_action(self) -> Action:
        return self.verb_actions.get(self.action) or super().required_action()

    @extend_schema(request=orders.MoveRequest, responses={200: orders.MovedOrder})
    @action(detail=True, methods=["post"])
    def move(self, request: Request, **kwargs: Any) -> Response:
        """Moves the order to another status, where its flow and its rows allow it."""
        row = self._row_to_change(request)
        asked = orders.MoveRequest(data=request.data)
        asked.is_valid(raise_exception=True)
        self._refuse_stale(request, row, required=False)
        to, note = asked.validated_data["to"], asked.validated_data["note"]
        odd = row.move(to, by=request.user, note=note, source=MoveSource.API)
        context = {**self.get_serializer_context(), "warnings": odd}
        return Response(orders.MovedOrder(row, context=context).data)

    @extend_schema(
        operation_id="work_orders_move_many",
        request=orders.BulkMoveRequest,
        responses={200: orders.BulkMoveAnswer},
    )
    @action(
        detail=False,
        methods=["post"],
        url_path="move",
        url_name="move-many",
        filterset_class=None,
        pagination_class=None,
    )
    def move_many(self, request: Request) -> Response:
        """Moves up to 100 orders, each judged on its own; the failures are listed."""
        asked = orders.BulkMoveRequest(data=request.data)
        asked.is_valid(raise_exception=True)
        wanted = set(asked.validated_data["orders"])
        rows = list(WorkOrder.objects.filter(pk__in=wanted).locked())
        if len(rows) < len(wanted):
            raise Http404
        allowed = [row for row in rows if may(Action.ORDERS, row.client_id)]
        done = order_moves.move(
            allowed,
            asked.validated_data["to"],
            by=request.user,
            note=asked.validated_data["note"],
            source=MoveSource.BULK,
        )
        done.refused |= {row.pk: NOT_HERE for row in rows if row not in allowed}
        return Response(_told(rows, done))

    @extend_schema(request=None)
    @action(detail=True, methods=["post"], url_path="qc-approve")
    def qc_approve(self, request: Request, **kwargs: Any) -> Response:
        """Opens the gate to shipping. A later change of an inspection closes it again."""
        row = self._row_to_change(request)
        self._refuse_stale(request, row, required=False)
        row.approve_quality(by=request.user)
        return self._as_stored(row)

    @extend_schema(request=orders.DelayRequest)
    @action(detail=True, methods=["post"], url_path="classify-delay")
    def classify_delay(self, request: Request, **kwargs: Any) -> Response:
        """Says whether a late order is late for a good reason; an empty class takes it back."""
        row = self._row_to_change(request)
        asked = orders.DelayRequest(data=request.data)
        asked.is_valid(raise_exception=True)
        self._refuse_stale(request, row, required=False)
        given = asked.validated_data
        row.classify_delay(
            given["delay_class"], reason=given["delay_reason"], note=given["delay_note"]
        )
        return self._as_stored(row)

    def _as_stored(self, row: WorkOrder) -> Response:
        row.refresh_from_db(fields=["version", "updated_at"])
        return Response(self.get_serializer(row).data)


def _told(rows: list[WorkOrder], done: order_moves.Moved) -> dict[str, Any]:
    # The closing trigger may have carried a moved order on.
    moved = WorkOrder.objects.in_bulk([row.pk for row in done.moved])

    def named(row: WorkOrder) -> dict[str, Any]:
        stored = moved.get(row.pk, row)
        return {"id": row.pk, "number": row.number, "status": stored.status}

    return {
        "moved": [named(row) for row in done.moved],
        "failed": [
            {**named(row), "reason": done.refused[row.pk]} for row in rows if row.pk in done.refused
        ],
        "warnings": [
            {**named(row), "warning": sentence}
            for row in done.moved
            for sentence in done.warnings.get(row.pk, [])
        ],
    }


class JobViewSet(ClientViewSet):
    queryset = Job.objects.all()
    serializer_class = orders.JobSerializer
    filterset_class = filters.JobFilter
    ordering_fields = ("code", "work_order", "part")
    example = {
        "work_order": "WO-2025-001",
        "code": "WO-2025-001-L1",
        "part": "BOOT-ABC123",
        "quantity": 600,
    }


class ShipmentViewSet(ClientViewSet):
    queryset = Shipment.objects.all()
    serializer_class = orders.ShipmentSerializer
    filterset_class = filters.ShipmentFilter
    ordering_fields = ("shipped_date", "work_order", "id")
    example = {
        "work_order": "WO-2025-001",
        "shipped_date": "2025-12-10",
        "quantity": 300,
        "reference": "TRUCK-1",
    }


class OrderTransitionViewSet(ClientViewSet):
    """Every move of every order, as it happened."""

    queryset = OrderTransition.objects.all()
    serializer_class = orders.OrderTransitionSerializer
    filterset_class = filters.OrderTransitionFilter
    ordering_fields = ("at", "work_order", "id")
    http_method_names = ["get", "head"]
    history = None  # type: ignore[assignment]  # it is one, and never changes
    # No file brings a log back, so none is written of it.
    export: Any = None

    def get_queryset(self) -> Any:
        return super().get_queryset().select_related("by").with_elapsed()
