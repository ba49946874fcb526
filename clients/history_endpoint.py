"""The history of a row below its address in the API."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from clients.bodies import HistoryAnswer
from clients.history import history_of, page_asked, told_by
from clients.schema import BEFORE


class HistoryEndpoint(GenericAPIView):
    """For view sets of client rows: who may read a row may read how it came to be."""

    @extend_schema(parameters=[BEFORE], responses={200: HistoryAnswer})
    @action(detail=True, methods=["get"], filterset_class=None, pagination_class=None)
    def history(self, request: Request, **kwargs: Any) -> Response:
        """Who changed the row, when, how and why, newest first; a hundred changes at a time.

        Values that your role may not see are masked.
        """
        row = self.get_object()
        before = page_asked(request.query_params.get("before"))
        told = told_by(self.get_serializer(row))
        found = history_of(row, row.hidden_fields(), shown=told, before=before)
        return Response(HistoryAnswer(found).data)
