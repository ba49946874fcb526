"""KPIs, targets and assumptions in the API."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from clients.serializers import ClientSerializer
from kpis.models import Assumption, Target


class TargetSerializer(ClientSerializer):
    class Meta:
        model = Target
        fields = ("kpi_key", "target", "warning", "critical", "valid")


class AssumptionSerializer(ClientSerializer):
    class Meta:
        model = Assumption
        fields = (
            "key", "value", "rationale", "finance_note", "valid", "status", "proposed_at",
            "approved_at", "retired_at",
        )  # fmt: skip


class CatalogueEntry(serializers.Serializer[Any]):
    """One KPI as it is declared."""

    key = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    kind = serializers.CharField()
    unit = serializers.CharField()
    decimals = serializers.IntegerField()
    direction = serializers.CharField()
    formula = serializers.CharField()
    iso_formula = serializers.CharField()
    help = serializers.CharField()
    dimensions = serializers.ListField(child=serializers.CharField())


class ExcludedEntry(serializers.Serializer[Any]):
    reason = serializers.CharField()
    count = serializers.IntegerField()


class FigureEntry(serializers.Serializer[Any]):
    """The object of API and command; the figure itself says how it looks."""

    key = serializers.CharField()
    by = serializers.JSONField(
        help_text="Code of the group, a list of two, or null for the figure as a whole."
    )
    client = serializers.CharField(
        allow_null=True,
        help_text="Code of the client whose line, shift … the group is, when several were asked "
        "for together; null otherwise.",
    )
    value = serializers.FloatField(allow_null=True)
    numerator = serializers.FloatField(allow_null=True)
    denominator = serializers.FloatField(allow_null=True)
    unit = serializers.CharField()
    estimated = serializers.BooleanField()
    confidence = serializers.FloatField(allow_null=True)
    grade = serializers.CharField(allow_null=True)
    band = serializers.CharField(allow_null=True)
    reason = serializers.CharField(allow_null=True, help_text="Why there is no value.")
    excluded = ExcludedEntry(many=True)
