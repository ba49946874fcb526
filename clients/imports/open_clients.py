"""Clients from a file: platform admins only; each is opened with its own starter catalogues."""

from __future__ import annotations

from typing import Any, ClassVar

from django.core.exceptions import ValidationError

from clients.imports.columns import Column
from clients.imports.entities import EntityImport
from clients.imports.errors import NEEDS_A_VALUE, Refused, Unreadable, told_by
from clients.imports.rows import CHANGED, NEW, SAME, FileRow
from clients.imports.tables import Table, missing_columns
from clients.imports.values import CLEAR, Choice, Code, Number, Reading, Text, Whole, YesNo
from clients.models import Client
from clients.roles import Action


class ClientImport(EntityImport):
    model: ClassVar[Any] = Client
    action = Action.PLATFORM
    columns = (
        Column("code", Code(), required=True, en=("client", "client_code"), es=("cliente",)),
        Column("name", required=True, es=("nombre",)),
        Column("contact_name", es=("contacto",)),
        Column("email", es=("correo",)),
        Column("phone", es=("telefono",)),
        Column("location", es=("ubicacion",)),
        Column("client_type", Choice(), en=("type",), es=("tipo",)),
        Column("timezone", Text(), en=("time_zone",), es=("zona_horaria",)),
        Column("currency", Code(), es=("moneda",)),
        Column("language", Choice(), es=("idioma",)),
        Column("date_format", Choice(), es=("formato_fecha",)),
        Column("week_start", Whole(), es=("inicio_semana",)),
        Column("otd_mode", Choice()),
        Column("downtime_entry", Choice()),
        Column("closure_trigger", Choice()),
        Column("order_flow", Choice()),
        Column("hold_four_eyes", YesNo()),
        Column("balance_tolerance_pct", Number()),
        Column("defect_template", Choice()),
        Column("active", YesNo(), es=("activo",)),
    )
    # A code stands for ever, and the zone decides which day a row belongs to.
    fixed: ClassVar[tuple[str, ...]] = ("code", "timezone")


def take_clients(table: Table, entity: ClientImport, *, update: bool) -> list[FileRow]:
    """Open the clients that are not known yet. Runs in the scope of all clients."""
    if sentence := missing_columns(table, entity):
        raise Refused(sentence, "missing_columns")
    rows = []
    stored = {each.code: each for each in Client.objects.all()}
    for number, cells in table.cells():
        row = FileRow(number, cells)
        rows.append(row)
        _read(row, entity)
        if not row.faults:
            _take(row, stored, entity, update)
            stored.setdefault(row.values["code"], row.row)
    return rows


def _read(row: FileRow, entity: ClientImport) -> None:
    for column in entity.columns:
        try:
            value = column.kind.read(row.cells.get(column.name), Reading())
        except Unreadable as error:
            row.unreadable(column.name, error)
            continue
        if value is not None and value is not CLEAR:
            row.values[column.name] = value
        elif column.required:
            row.fault(column.name, "required", NEEDS_A_VALUE)


def _take(row: FileRow, stored: dict[str, Client], entity: ClientImport, update: bool) -> None:
    known = stored.get(row.values["code"])
    try:
        if known is None:
            row.row, row.state = Client.open(**row.values), NEW
        else:
            _compare(row, known, entity, update)
    except ValidationError as error:
        for name, code, sentence in told_by(error):
            row.fault(name, code, sentence)


def _compare(row: FileRow, known: Client, entity: ClientImport, update: bool) -> None:
    row.row, row.state = known, SAME
    for name, value in row.values.items():
        if getattr(known, name) == value:
            continue
        if name in entity.fixed:
            row.fault(name, "locked", "This cannot be changed once the client exists.")
        else:
            row.changes[name], row.state = (str(getattr(known, name)), str(value)), CHANGED
            setattr(known, name, value)
    if row.state == CHANGED and update and not row.faults:
        known.full_clean()
        known.save()
