"""Admin pages of holds: the register, the course of each hold, and its steps as buttons."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.options import ActionLocation
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html

from clients.admin import ClientModelAdmin, ClientTabularInline
from clients.asking import answered, question
from clients.permissions import NOT_HERE, may
from clients.scope import current_scope
from holds import flow, moves
from holds.flow import HoldAction
from holds.models import PEOPLE, HoldReason, HoldTransition, WIPHold
from holds.states import OPEN, PENDING, HoldState
from plant.shopfloor_admin import ShopFloorAdmin


class StepForm(forms.Form):
    note = forms.CharField(
        required=False,
        max_length=500,
        widget=forms.TextInput(attrs={"autofocus": True, "class": "vTextField"}),
    )


class StepWithNoteForm(StepForm):
    note = forms.CharField(
        max_length=500,
        error_messages={"required": flow.GIVE_A_NOTE},
        widget=forms.TextInput(attrs={"autofocus": True, "class": "vTextField"}),
    )


EXPLAINED = {
    HoldAction.APPROVE: "A hold counts from the time for which it was requested, a resume from "
    "now.",
    HoldAction.REJECT: "A hold that is refused never stood; a resume that is refused leaves the "
    "material where it is.",
    HoldAction.CANCEL: "Takes your own request back.",
    HoldAction.REQUEST_RESUME: "The material stands until somebody approves.",
    HoldAction.RESUME: "The material goes on from now.",
    HoldAction.SCRAP: "The held quantity is counted as scrap.",
    HoldAction.RELEASE: "The material goes to the client as it is.",
}
COURSE: Any = ["at", "from_state", "to_state", "by", "note"]
NEEDS_NOTE = {each.action for each in flow.STEPS.values() if each.needs_note}


@admin.register(HoldReason)
class HoldReasonAdmin(ClientModelAdmin):
    list_display = ["code", "name", "sort_order", "active"]
    list_filter = ["active"]
    search_fields = ["code", "name"]
    fieldsets = [(None, {"fields": [("code", "name"), ("sort_order", "active")]})]


class TransitionInline(ClientTabularInline):
    """The course of the hold, for reading."""

    model = HoldTransition
    read_only = True
    fields = readonly_fields = COURSE
    verbose_name_plural = "course"
    show_change_link = False

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("by")


class WaitingFilter(admin.SimpleListFilter):
    title = "standing"
    parameter_name = "standing"
    sets: ClassVar[dict[str, Any]] = {"pending": PENDING, "open": OPEN}

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("pending", "Waiting for a decision"), ("open", "Material that stands")]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        states = self.sets.get(self.value() or "")
        return queryset.filter(state__in=states) if states else queryset


def take(action: HoldAction, description: str) -> Any:
    @admin.action(description=description)
    def chosen(pages: WIPHoldAdmin, request: HttpRequest, queryset: Any) -> HttpResponse | None:
        return pages.ask_and_take(request, queryset, action, description)

    chosen.__name__ = action.value
    return chosen


@admin.register(WIPHold)
class WIPHoldAdmin(ShopFloorAdmin):
    change_form_template = "admin/holds/change_form.html"
    list_display = [
        "held_at", "work_order", "job", "quantity", "hold_reason", "state", "line", "location",
        "hours_held", "asked_by", "decided_by", "expected_resolution_date",
    ]  # fmt: skip
    list_select_related = ["work_order", "job", "hold_reason", "line", "shift", *PEOPLE]
    list_filter = [WaitingFilter, "state", "hold_reason", "line", "shift_date"]
    search_fields = ["work_order__number", "job__code", "location", "reason_detail"]
    readonly_fields = [
        "state", "shift_date", "shift", "requested_by", "hold_decided_by", "hold_decided_at",
        "resume_requested_by", "resume_requested_at", "resume_decided_by", "resume_decided_at",
        "ended_at", "hold_hours", "verified_by", "verified_at", "entry_method",
    ]  # fmt: skip
    fieldsets = [
        (
            "What and why",
            {
                "fields": [
                    ("work_order", "job", "quantity"),
                    ("hold_reason", "reason_detail"),
                ]
            },
        ),
        (
            "Where and when",
            {"fields": [("line", "location"), ("held_at", "expected_resolution_date"), "notes"]},
        ),
    ]
    stamps = [
        ("state", "hold_hours"),
        ("shift_date", "shift"),
        ("requested_by", "hold_decided_by", "hold_decided_at"),
        ("resume_requested_by", "resume_requested_at"),
        ("resume_decided_by", "resume_decided_at", "ended_at"),
        ("verified_by", "verified_at", "entry_method"),
    ]  # fmt: skip
    inlines = [TransitionInline]
    actions: ClassVar[Any] = [
        *(take(each, each.label) for each in HoldAction),
        *ShopFloorAdmin.actions,
    ]

    @staticmethod
    def warn(rows: list[WIPHold]) -> list[list[str]]:
        """What a person who only asked has to know."""
        text = "The hold is requested. It counts once somebody approves it."
        return [[text] if row.state == HoldState.PENDING_HOLD else [] for row in rows]

    def get_inlines(self, request: HttpRequest, obj: Any) -> Any:
        return super().get_inlines(request, obj) if obj else []

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        initial = super().get_changeform_initial_data(request)
        return {key: each for key, each in initial.items() if key not in ("shift", "shift_date")}

    def get_object(self, request: HttpRequest, object_id: str, from_field: Any = None) -> Any:
        if request.method == "POST" and object_id.isdecimal() and len(object_id) < 19:
            # The order before its hold, as everybody who touches both locks them.
            moves.locked_order(int(object_id))
        return super().get_object(request, object_id, from_field)

    def get_actions(
        self, request: HttpRequest, action_location: Any = ActionLocation.CHANGE_LIST
    ) -> dict[str, Any]:
        actions = super().get_actions(request, action_location)
        for each, needed in flow.WHO.items():
            if not current_scope().may(needed):
                actions.pop(each.value, None)
        return actions

    def render_change_form(self, request: Any, context: Any, *args: Any, **kwargs: Any) -> Any:
        row = context.get("original")
        if row is not None:
            context["steps"] = flow.offered(row, current_scope())
        return super().render_change_form(request, context, *args, **kwargs)

    def ask_and_take(
        self, request: HttpRequest, queryset: Any, action: HoldAction, title: str
    ) -> HttpResponse | None:
        """First the question, then the step; each hold is judged on its own."""
        kind = StepWithNoteForm if action in NEEDS_NOTE else StepForm
        rows, form = list(queryset.select_related("client")), answered(kind, request)
        if not form.is_valid():
            return question(self, request, form, rows, title=title, explanation=EXPLAINED[action])
        done = 0
        # Everybody takes the orders in one order, so that nobody waits for somebody who waits.
        for row in sorted(rows, key=lambda each: (each.work_order_id, each.pk)):
            try:
                with transaction.atomic():
                    counted = self._take(request, row, action, form.cleaned_data["note"])
            except (ValidationError, PermissionDenied) as error:
                said = error.messages if isinstance(error, ValidationError) else [str(error)]
                messages.error(request, f"{row}: {' '.join(said)}")
            else:
                done += 1
                if counted:
                    messages.warning(request, ask_for_a_job(row))
        if done:
            messages.success(request, f"{title}: {done}.")
        return None

    def _take(self, request: HttpRequest, row: WIPHold, action: HoldAction, note: str) -> Any:
        if not may(flow.WHO[action], row.client_id):
            raise PermissionDenied(NOT_HERE)
        if action is HoldAction.CANCEL and not flow.is_requesters(row, request.user):
            raise PermissionDenied(flow.ONLY_THE_REQUESTER)
        return moves.move(row, action, by=request.user, note=note)

    @admin.display(description="hours", ordering="hold_hours")
    def hours_held(self, row: WIPHold) -> str:
        if row.state in (HoldState.PENDING_HOLD, HoldState.CANCELLED):
            return "–"
        return f"{row.hours():,.1f}"

    @admin.display(description="requested by")
    def asked_by(self, row: WIPHold) -> Any:
        return row.requested_by or "–"

    @admin.display(description="decided by")
    def decided_by(self, row: WIPHold) -> Any:
        return row.resume_decided_by or row.hold_decided_by or "–"


def ask_for_a_job(row: WIPHold) -> str:
    """Scrapped units are made again: as a new job, or within the same one."""
    address = reverse("admin:plant_job_add")
    job = f"&replaces={row.job_id}&part={row.job.part_id or ''}" if row.job else ""
    query = f"?work_order={row.work_order_id}&quantity={row.quantity}{job}"
    return format_html('{} <a href="{}{}">New job</a>', flow.NEW_JOB_OR_SAME, address, query)
