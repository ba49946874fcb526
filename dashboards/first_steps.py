"""What to do where there is nothing to show: first steps, or the last day with rows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.apps import apps
from django.db.models import Model
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from clients.models import Client
from clients.roles import Action
from clients.scope import current_scope
from dashboards.selection import Selection
from kpis.periods import DEFAULT_DAYS, Period
from kpis.registry import catalogue
from plant.models import Line, LineAssignment, Part, Shift, Standard, WorkOrder


@dataclass(frozen=True)
class Step:
    label: str | Promise
    done: bool
    href: str = ""


STEPS: tuple[tuple[str | Promise, Any, Action], ...] = (
    (_("Lines"), Line, Action.MASTERS),
    (_("Shifts"), Shift, Action.MASTERS),
    (_("People on the lines"), LineAssignment, Action.MASTERS),
    (_("Parts"), Part, Action.MASTERS),
    (_("Standards"), Standard, Action.STANDARDS),
    (_("Orders"), WorkOrder, Action.ORDERS),
)


def empty_state(client: Client, selection: Selection) -> dict[str, Any]:
    """Of a client without any row the steps to a first one; else the way to the newest rows."""
    last = last_day(client)
    entry = address_of(apps.get_model("production.ProductionEntry"), client, Action.ENTRY)
    if last is None:
        return {"is_new": True, "steps": [*steps(client), Step(_("First shift"), False, entry)]}
    newest = Period.up_to(last, DEFAULT_DAYS)
    href = "" if last in selection.period else selection.link("overview", period=newest)
    return {"entry_href": entry, "last_period_href": href}


def steps(client: Client) -> list[Step]:
    return [
        Step(label, model.objects.filter(client=client).exists(), address_of(model, client, action))
        for label, model, action in STEPS
    ]


def address_of(model: type[Model], client: Client, action: Action) -> str:
    """The form for a new row, for those who may fill it in."""
    if not current_scope().may(action, client.pk):
        return ""
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_add")


def last_day(client: Client) -> date | None:
    days = [
        apps.get_model(each.model)
        ._default_manager.filter(client=client)
        .order_by("-shift_date")
        .values_list("shift_date", flat=True)
        .first()
        for each in catalogue.activities.values()
    ]
    return max((day for day in days if day), default=None)
