"""Targets and proposals of rules from files."""

from __future__ import annotations

import json
from typing import Any
from zoneinfo import ZoneInfo

from clients.imports import Column, EntityImport, register
from clients.imports.entities import with_validity
from clients.imports.rows import FileRow
from clients.imports.values import Date, Kind, Number, Reading, Text
from clients.periods import first_day, last_day
from kpis.models import Assumption, Target

VALID_FROM = Column(
    "valid_from", Date(), required=True, en=("effective_date",), es=("vigente_desde",), field=None,
    reads=("valid",), stated=first_day,
)  # fmt: skip
VALID_TO = Column(
    "valid_to", Date(), es=("vigente_hasta",), field=None, reads=("valid",), stated=last_day
)


class Key(Text):
    """The key of a KPI or rule, in lower case."""

    def parse(self, text: str, cell: Any, reading: Reading) -> str:
        return str(super().parse(text, cell, reading)).lower().replace(" ", "_")


class Value(Kind):
    """A number, a word, or JSON."""

    def read(self, cell: Any, reading: Reading) -> Any:
        return cell if isinstance(cell, (list, dict)) else super().read(cell, reading)

    def parse(self, text: str, cell: Any, reading: Reading) -> Any:
        try:
            return json.loads(text)
        except ValueError:
            return text

    def written(self, value: Any, zone: ZoneInfo) -> Any:
        """A word as it is; in quotes only where it would be read as something else."""
        is_plain = isinstance(value, str) and value and self.parse(value, value, Reading()) == value
        return value if is_plain else json.dumps(value)


@register
class TargetImport(EntityImport):
    model = Target
    may_be_shared = True
    columns = (
        Column("kpi_key", Key(), required=True, en=("kpi", "key"), es=("indicador",)),
        Column("target", Number(), required=True, es=("meta", "objetivo")),
        Column("warning", Number(), required=True, es=("advertencia",)),
        Column("critical", Number(), required=True, es=("critico",)),
        VALID_FROM,
        VALID_TO,
    )

    def fields_of(self, row: FileRow) -> dict[str, Any]:
        return with_validity(super().fields_of(row), row)


@register
class AssumptionImport(EntityImport):
    model = Assumption
    columns = (
        Column("key", Key(), required=True, en=("rule",), es=("regla",)),
        Column("value", Value(), required=True, es=("valor",)),
        Column("rationale", required=True, en=("reason",), es=("justificacion",)),
        Column("finance_note", es=("nota_finanzas",)),
        VALID_FROM,
        VALID_TO,
    )

    def fields_of(self, row: FileRow) -> dict[str, Any]:
        return with_validity(super().fields_of(row), row)
