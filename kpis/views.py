"""The catalogue and the figures over HTTP, and the endpoints of targets and assumptions."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from clients.models import Client
from clients.permissions import MayInSomeClient
from clients.roles import Action
from clients.schema import RefusingSchema
from clients.scope import current_scope
from clients.views import ClientViewSet
from kpis.asking import day_from, filters_from, period_from
from kpis.dimensions import ALIASES, FILTERS
from kpis.engine import NotOffered, evaluate
from kpis.filters import AssumptionFilter, TargetFilter
from kpis.models import Assumption, Target
from kpis.periods import PeriodError
from kpis.registry import UnknownKey, catalogue
from kpis.serializers import (
    AssumptionSerializer,
    CatalogueEntry,
    FigureEntry,
    TargetSerializer,
)

OWN = ("client", "from", "to", "by", "as_of")
CLIENT = OpenApiParameter(
    "client", str, description="Code of one of your clients; without it all of them together."
)
ASKING = [
    CLIENT,
    OpenApiParameter("from", str, description="First day, YYYY-MM-DD."),
    OpenApiParameter("to", str, description="Last day, included."),
    OpenApiParameter("by", str, description="One dimension of the KPI, or two with a comma."),
    OpenApiParameter(
        "as_of", str, description="As known at the end of this day, in the client's zone."
    ),
    *(
        OpenApiParameter(name, str, description="Code, or - for none; repeatable.")
        for name in FILTERS
    ),
]


class KpiPage(APIView):
    permission_classes = [MayInSomeClient]
    http_method_names = ["get", "head"]
    schema = RefusingSchema()
    allowed: tuple[str, ...] = ("client",)

    def required_action(self) -> Action:
        return Action.VIEW

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        for name in request.query_params:
            if ALIASES.get(name, name) not in (*self.allowed, *OWN[:1]):
                raise ValidationError({name: ["Unknown parameter."]})
            if name in OWN and len(request.query_params.getlist(name)) > 1:
                raise ValidationError({name: ["Name this parameter once."]})


class CatalogueView(KpiPage):
    """All KPIs: what they are made of and what they are known by."""

    @extend_schema(
        operation_id="kpis_catalogue", parameters=[CLIENT], responses=CatalogueEntry(many=True)
    )
    def get(self, request: Request) -> Response:
        return Response(CatalogueEntry(catalogue.kpis(), many=True).data)


class FigureView(KpiPage):
    """A KPI or measure of a period, in total or by a dimension."""

    allowed = (*OWN, *FILTERS)

    @extend_schema(operation_id="kpis_figures", parameters=ASKING, responses=FigureEntry(many=True))
    def get(self, request: Request, key: str) -> Response:
        asked = request.query_params
        try:
            catalogue.find(key)
            as_of = day_from(asked["as_of"]) if asked.get("as_of") else None
            codes = {name: asked.getlist(name) for name in asked if name not in OWN}
            figures = evaluate(
                [key],
                current_scope().ids,
                period_from(asked.get("from"), asked.get("to"), today=as_of or today()),
                filters=filters_from(codes),
                by=[each for each in asked.get("by", "").split(",") if each],
                as_of=as_of,
            )
        except UnknownKey:
            raise NotFound from None
        except (NotOffered, PeriodError) as error:
            raise ValidationError({"detail": [str(error)]}) from error
        return Response([each.as_json() for each in figures])


def today() -> Any:
    """The latest business day among the clients asked for."""
    days = [client.today() for client in Client.objects.filter(pk__in=current_scope().ids)]
    return max(days, default=timezone.now().date())


class TargetViewSet(ClientViewSet):
    """Goals of KPIs. Rows without client hold for all who set none of their own."""

    queryset = Target.objects.all()
    serializer_class = TargetSerializer
    filterset_class = TargetFilter
    ordering_fields = ("kpi_key", "id")
    example = {
        "kpi_key": "fpy", "target": 96, "warning": 92, "critical": 88, "valid_from": "2026-01-01",
    }  # fmt: skip


class Refusal(serializers.Serializer[Any]):
    reason = serializers.CharField(
        max_length=300, error_messages={"required": "Give a reason for the refusal."}
    )


class AssumptionViewSet(ClientViewSet):
    """Rules of the KPI contract: proposed by one person, approved by another."""

    queryset = Assumption.objects.all()
    serializer_class = AssumptionSerializer
    filterset_class = AssumptionFilter
    ordering_fields = ("key", "id")
    example = {
        "key": "yield_rule", "value": "STRICT", "rationale": "Agreed with the customer.",
        "valid_from": "2030-01-01",
    }  # fmt: skip

    def required_action(self) -> Action:
        if self.action in ("approve", "refuse", "retire"):
            return Action.APPROVE_ASSUMPTION
        return super().required_action()

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def approve(self, request: Request, **kwargs: Any) -> Response:
        """Puts the rule in force and ends the value before it."""
        row = self._row_to_change(request)
        row.approve(by=request.user)
        return self._answer(row)

    @extend_schema(request=Refusal)
    @action(detail=True, methods=["post"])
    def refuse(self, request: Request, **kwargs: Any) -> Response:
        """Refuses the proposal, with a reason."""
        row = self._row_to_change(request)
        asked = Refusal(data=request.data)
        asked.is_valid(raise_exception=True)
        row.refuse(by=request.user, reason=asked.validated_data["reason"])
        return self._answer(row)

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def withdraw(self, request: Request, **kwargs: Any) -> Response:
        """The proposer takes the proposal back."""
        row = self._row_to_change(request)
        row.withdraw(by=request.user)
        return self._answer(row)

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def retire(self, request: Request, **kwargs: Any) -> Response:
        """Takes the rule out of force from tomorrow."""
        row = self._row_to_change(request)
        row.retire(by=request.user)
        return self._answer(row)

    def _answer(self, row: Any) -> Response:
        row.refresh_from_db()
        return Response(self.get_serializer(row).data, status=status.HTTP_200_OK)
