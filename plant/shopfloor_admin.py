"""The admin page under production rows, stops and inspections."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin, messages
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone

from clients.admin import ClientModelAdmin
from clients.models import Client
from clients.scope import current_scope
from plant.shifts import LOOK_BACK, PlantCalendar, proposed_shift
from plant.shopfloor import ShopFloorRow


class ShopFloorAdmin(ClientModelAdmin):
    """Filters by date, shift and line; times in the client's zone; warnings after the save."""

    date_hierarchy = "shift_date"
    list_filter = ["shift_date", "shift", "line", "entry_method"]
    # What a row is called by, for the autocompletes that name it.
    named_by: ClassVar[tuple[str, ...]] = ("shift", "line", "work_order")
    # What the system wrote on the row, in words; shown once there is a row.
    stamps: ClassVar[list[Any]] = []
    # The sentences about rows that are odd but written; of the app.
    warn: ClassVar[Any]

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> Any:
        rows, distinct = super().get_search_results(request, queryset, search_term)
        return rows.select_related(*self.named_by), distinct

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        fieldsets = super().get_fieldsets(request, obj)
        if obj is None:
            return fieldsets
        return [*fieldsets, ("Filled by the system", {"fields": self.stamps})]

    def changeform_view(
        self, request: Any, object_id: Any = None, form_url: str = "", extra_context: Any = None
    ) -> Any:
        """People type and read the clock on the wall of the plant, not that of the server."""
        with timezone.override(self._zone(request, object_id)), transaction.atomic():
            response = super().changeform_view(request, object_id, form_url, extra_context)
            if not hasattr(response, "render"):
                return response
            if request.method == "POST":
                # Shown again because it was refused: the line-shift it would have needed goes.
                response.render()
                transaction.set_rollback(True)
            return response.render()

    def _zone(self, request: HttpRequest, object_id: Any) -> Any:
        client = self._client(request, object_id)
        return client.zone if client else None

    def _client(self, request: HttpRequest, object_id: Any) -> Client | None:
        if object_id:
            row = self.get_object(request, object_id)
            return row.client if row else None
        chosen = request.POST.get("client", "")
        if chosen.isdecimal() and len(chosen) < 19:
            return Client.objects.filter(pk=int(chosen)).first()
        return Client.objects.first() if len(current_scope().ids) == 1 else None

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """The shift that runs now or, between shifts, the one that ended last."""
        asked = dict(super().get_changeform_initial_data(request))
        client = self._client(request, None)
        if client is None:
            return asked
        now, today = timezone.now(), client.today()
        calendar = PlantCalendar.of(client, today - LOOK_BACK, today)
        if proposed := proposed_shift(calendar, now, client.zone):
            shift, on = proposed
            return {"shift": shift.pk, "shift_date": on, **asked}
        return {"shift_date": today, **asked}

    def save_related(self, request: Any, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        for sentence in type(self).warn([form.instance])[0]:
            messages.warning(request, sentence)

    @admin.display(description="verified", boolean=True)
    def verified(self, row: ShopFloorRow) -> bool:
        return row.verified_at is not None

    @admin.display(description="line-shift")
    def time_base(self, row: ShopFloorRow) -> str:
        place = row.line_shift
        if place is None:
            return "None: a row without a line."
        span = row.span(place.starts_at, place.ends_at)
        return f"{span}, {place.planned_minutes} planned minutes"
